"""``handouts batch`` as a scheduler sees it: exit codes, JSON, parts, editions, and the same bytes everywhere."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from pathlib import Path

import pytest
from batches import batch, batch_outside, contents, is_packet, made_files, manifest, people, person, roster, stamps
from rosters import LEAST, as_bundle, fhir_patient, fhir_request, fhir_visit, saved
from running import made, run, run_outside
from test_edition import DESK, SITE, build

from handouts.batch.manifest import Line, read_manifest
from handouts.batch.run import in_shard
from handouts.errors import InputError

ROWS = 150


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("edition") / "clinic.edition"
    build(path, "--locale", "en", drugs=("ocrelizumab",))
    return path


# Same in, same out


def troubled(count: int) -> list[dict[str, str]]:
    """Return rows with everything that rows can have between them: one number twice, an order twice, a name alert."""
    rows = people(count)
    rows[5] = {**rows[4], "name": "Sample Other"}
    rows[9] = rows[8]
    rows[11] = {**rows[11], "name": rows[10]["name"]}
    rows[13] = {**rows[13], "name": "Δείγμα Ασθενή"}
    return rows


def test_the_same_bytes_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = roster(tmp_path, troubled(ROWS))
    expected = batch(path, tmp_path / "out").err
    wanted = contents(tmp_path / "out")
    worlds = {
        "two": (2, {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}),
        "three": (3, {"PYTHONHASHSEED": "2", "TZ": "Etc/GMT+12", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}),
        "one": (1, {"PYTHONHASHSEED": "3", "TZ": ":nowhere", "LANGUAGE": "es", "COLUMNS": "20", "NO_COLOR": "1"}),
    }
    for name, (jobs, env) in worlds.items():
        said = batch_outside(path, tmp_path / name, "--jobs", jobs, env=env).err
        assert contents(tmp_path / name) == wanted
        assert said == expected.replace(f"{tmp_path}/out", f"{tmp_path}/{name}")
    monkeypatch.setattr("handouts.commands.batch.today", lambda: dt.date(2031, 2, 28))
    monkeypatch.setattr(time, "time", lambda: 1.0)
    batch(path, tmp_path / "later")
    assert contents(tmp_path / "later") == wanted
    statuses = [line["status"] for line in manifest(tmp_path / "out")]
    assert (statuses[4], statuses[5], statuses[8], statuses[9], statuses[13]) == (
        *["refused"] * 2,
        "made",
        "refused",
        "made",
    )


# What is said


def test_json_says_the_same_as_the_manifest(tmp_path: Path) -> None:
    path, out = roster(tmp_path, troubled(40)), tmp_path / "out"
    said = json.loads(batch(path, out, "--json").text)
    lines = manifest(out)
    counts = {"rows", "made", "refused", "already_made", "interpreter_slips", "pages"}
    assert set(said) == {*counts, "problems", "warnings"}
    assert said["rows"] == len(lines) == 40
    assert said["made"] == len(made_files(out)) == 40 - said["refused"]
    assert said["already_made"] == 0
    assert said["pages"] == sum(int(str(line["pages"])) for line in lines if line["pages"])
    assert {entry["row"] for entry in said["problems"]} == {
        line["row"] for line in lines if line["status"] == "refused"
    }
    assert all(entry["value"] is None for entry in said["problems"] if entry["column"] in ("name", "mrn", "dob"))
    assert said["warnings"][0]["row"] == 13 and said["warnings"][0]["column"] == "name"
    assert json.loads(batch(path, out, "--json").text)["already_made"] == said["made"]


def test_the_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    batch(roster(tmp_path, troubled(40)), out)
    lines = list(read_manifest(out / "manifest.jsonl"))
    assert "".join(line.dump() for line in lines) == (out / "manifest.jsonl").read_text()
    assert Line(2, "\ud800\u2028", "x", "en", "intake", "refused").dump().isascii()
    with pytest.raises(InputError, match="is not a manifest"):
        list(read_manifest(out / "refused.csv"))


@pytest.mark.parametrize("as_json", [False, True])
def test_exit_codes(tmp_path: Path, as_json: bool) -> None:
    good, out = roster(tmp_path, [person(0)], "good.csv"), tmp_path / "out"
    bad = roster(tmp_path, [person(0, dob="x")], "bad.csv")
    unheaded = saved(tmp_path, "a,b\n1,2\n", "unheaded.csv")
    options = ["--jobs", 1, *(["--json"] if as_json else [])]
    expected = [
        (0, "batch", good, "--out", out),
        (1, "batch", bad, "--out", out),
        (2, "batch", good, "--out", ""),
        (2, "batch", good, "--out", out, "--shard", "3/2"),
        (2, "batch", good, "--out", out, "--jobs", "0"),
        (3, "batch", unheaded, "--out", out),
        (3, "batch", tmp_path / "none.csv", "--out", out),
        (3, "batch", good, "--out", out, "--edition", good),
        (6, "batch", good, "--out", good),
    ]
    for code, *words in expected:
        finished = run(*words[:1], *options, *words[1:])
        assert finished.code == code, (words, finished.err)
        if as_json and code != 2:
            said = json.loads(finished.text)
            assert bool(said["problems"]) == (code != 0)
        else:
            assert finished.out == b""
        if code > 1 and "0" not in words and not (as_json and code != 2):
            assert "hint: " in finished.err


def test_a_roster_that_cannot_be_read_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    good, out = roster(tmp_path, people(20)), tmp_path / "out"
    batch(good, out)
    before = contents(out), stamps(out)
    for content in ("", "mrn,name\n1,2\n", b"\xff\xfe\x00"):
        batch(saved(tmp_path, content, "broken.csv"), out, code=3)
    assert (contents(out), stamps(out)) == before


def test_a_roster_that_changes_while_it_is_read_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from handouts.commands import batch as command

    path, out = roster(tmp_path, people(20)), tmp_path / "out"
    salt = command._salt

    def changed(found: Path) -> bytes:
        path.write_bytes(path.read_bytes() + b"\r\n")
        return salt(found)

    monkeypatch.setattr(command, "_salt", changed)
    said = batch(path, out, code=3).err
    assert "was changed while it was read" in said
    assert not (out / "manifest.jsonl").exists()
    monkeypatch.undo()
    batch(path, out)


def test_a_bundle_is_a_roster(tmp_path: Path) -> None:
    rows = [{**LEAST, "mrn": f"00{at}", "name": f"Sample {name}"} for at, name in enumerate(["Alder", "Birch"])]
    parts = [part(row, at) for at, row in enumerate(rows) for part in (fhir_patient, fhir_request, fhir_visit)]
    path, out = saved(tmp_path, as_bundle(*parts), "bundle.json"), tmp_path / "out"
    columns = saved(tmp_path, '[defaults]\npacket = "consent"\n', "columns.toml")
    batch(path, out, "--columns", columns, code=0)
    assert [line["mrn"] for line in manifest(out)] == ["000", "001"]


# Several machines


@pytest.mark.parametrize("shards", [1, 2, 3, 7])
def test_parts_are_disjoint_and_complete(tmp_path: Path, shards: int) -> None:
    path = roster(tmp_path, people(40))
    batch(path, tmp_path / "whole")
    parts = []
    for shard in range(1, shards + 1):
        out = tmp_path / f"{shard}"
        assert run("batch", path, "--out", out, "--jobs", 1, "--shard", f"{shard}/{shards}").code in (0, 1)
        parts.append(manifest(out))
    lines = sorted((line for part in parts for line in part), key=lambda line: int(str(line["row"])))
    assert lines == manifest(tmp_path / "whole")
    packets = {
        name: digest for shard in range(1, shards + 1) for name, digest in contents(tmp_path / f"{shard}").items()
    }
    whole = contents(tmp_path / "whole")
    assert {name for name in packets if is_packet(name)} == {name for name in whole if is_packet(name)}
    assert all(whole[name] == packets[name] for name in packets if is_packet(name))


def test_a_patient_is_in_the_same_part_for_ever() -> None:
    """These numbers are a promise: machines of different versions share a roster."""
    assert [in_shard(f"{number:06}", 1, 2) for number in range(12)] == SHARDS
    for shards in (1, 2, 5):
        for mrn in ("", "7", "é", "\ud800"):
            assert sum(in_shard(mrn, shard, shards) for shard in range(1, shards + 1)) == 1


SHARDS = [bool(int(bit)) for bit in "110100001011"]


def test_a_part_says_how_many_rows_it_has(tmp_path: Path) -> None:
    path = roster(tmp_path, people(40))
    said = run("batch", path, "--out", tmp_path / "out", "--jobs", 1, "--shard", "1/2").err
    found = re.search(r"out: ([0-9]+) rows", said)
    assert found and 0 < int(found[1]) < 40 and int(found[1]) == len(manifest(tmp_path / "out"))


# Editions


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_edition_needs_no_typesetter(edition: Path, tmp_path: Path, jobs: int) -> None:
    path = roster(tmp_path, people(100))
    (tmp_path / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    world = {"PYTHONPATH": str(tmp_path), "BLOCKED": " ".join(DESK), "LOADED": str(tmp_path / "loaded.txt")}
    world["XDG_CACHE_HOME"] = str(tmp_path / "nothing")
    batch_outside(path, tmp_path / "out", "--jobs", jobs, "--edition", edition, env=world)
    batch(path, tmp_path / "here")
    packets = {name: digest for name, digest in contents(tmp_path / "here").items() if is_packet(name)}
    assert packets.items() <= contents(tmp_path / "out").items()
    assert {line["edition"] for line in manifest(tmp_path / "out")} == {1}
    assert {line["edition"] for line in manifest(tmp_path / "here")} == {None}
    assert not set((tmp_path / "loaded.txt").read_text().split()) & set(DESK)


def test_a_worker_without_a_typesetter_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    world = {"PYTHONPATH": str(tmp_path), "BLOCKED": "weasyprint", "LOADED": str(tmp_path / "loaded.txt")}
    world["XDG_CACHE_HOME"] = str(tmp_path / "nothing")
    finished = run_outside("batch", roster(tmp_path, people(3)), "--out", tmp_path / "out", "--jobs", 2, env=world)
    assert finished.code == 1
    assert {line["status"] for line in manifest(tmp_path / "out")} == {"refused"}


def test_what_an_edition_lacks_is_refused(edition: Path, tmp_path: Path) -> None:
    rows = [person(0), person(1, drug="natalizumab"), person(2, locale="es"), person(3, packet="intake")]
    batch(roster(tmp_path, rows), tmp_path / "out", "--edition", edition)
    assert [line["status"] for line in manifest(tmp_path / "out")] == ["made", *["refused"] * 3]


def test_the_folder_can_be_read_by_verify(edition: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    batch(roster(tmp_path, [person(0)]), out, "--edition", edition, code=0)
    made("verify", out / made_files(out)[0], "--edition", edition)
