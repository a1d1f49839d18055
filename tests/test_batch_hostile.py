"""Rows and file names that mean harm, and what must never leave a packet."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import stat
import tempfile
import unicodedata
from pathlib import Path

import pytest
from batches import batch, batch_outside, is_packet, made_files, manifest, people, person, roster, word
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rosters import saved
from running import refused, run
from test_person import planes

from handouts.batch.names import KNOWN, Names
from handouts.content.person import KEYS
from handouts.errors import UsageError
from handouts.model import Order, Patient, Treatment
from handouts.packet import Desk

HOSTILE = (
    *("Robert'); DROP TABLE packets;--", "<script>alert(1)</script>", "<img src=file:///etc/passwd>", "&lt;&amp;"),
    *("{{ 7*7 }}", "{% include '/etc/passwd' %}", "{0.__class__}", "%(name)s", "${HOME}", "$(reboot)", "`id`"),
    *("=1+1", '=HYPERLINK("http://example.org")', "@SUM(A1)", "+1", "-1", "\t=1", "\r\n=1", '"', "'", ";", ","),
    *("../../etc/passwd", "/etc/passwd", "..\\..\\x", "C:\\x", ".", "..", "~", "~root", "-rf", "--out", "CON", "nul"),
    *("\u202eelpmaS", "Sample\u2066x", "\u200f", "\ufeff", "\u200b", "\x00", "\x1b[31m", "a\nb", "\u2028", "\x7f"),
    *("x" * 1000, "é" * 1000, "W" * 120, "\u0301" * 50, "e" + "\u0301" * 200, "\ud800", "\udfff\ud800", "\ufffd"),
    *("محمد", "輸血", "नमूना", "𝒮ample", "👩‍⚕️", "\U000e0041", "\U0010ffff", "\ue000", "ﬁ", "Ǆ", "İ", "ß"),
)
texts = st.sampled_from(HOSTILE) | planes()
columns = st.sampled_from([key for key in KEYS if key != "with"])
rows = st.lists(st.dictionaries(columns, texts, min_size=1, max_size=3), min_size=1, max_size=6)
slow = settings(deadline=None, max_examples=40)


def inside(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def everything_but_packets(out: Path) -> bytes:
    """Return the bytes of manifest and journal and of everything else that stays, and all names of files."""
    kept = [path for path in out.rglob("*") if path.is_file() and path.suffix not in (".pdf", ".csv")]
    return b"\n".join([*(path.read_bytes() for path in kept), *(os.fsencode(path) for path in out.rglob("*"))])


@slow
@given(rows)
@example([{"name": text} for text in HOSTILE])
@example([{"mrn": text, "drug": text, "locale": text} for text in HOSTILE])
@example([{key: text} for key in ("start", "dob", "packet", "size", "prescriber", "done") for text in HOSTILE])
def test_every_row_is_made_or_refused_with_a_reason(changes: list[dict[str, str]]) -> None:
    secrets = [word(at) for at in range(len(changes))]
    wanted = [
        {**person(at), **change, "name": f"{change.get('name', '')} {secrets[at]}"} for at, change in enumerate(changes)
    ]
    with tempfile.TemporaryDirectory() as folder:
        place, out = Path(folder), Path(folder) / "out"
        path = saved(place, "\n".join(map(json.dumps, wanted)), "roster.jsonl")
        finished = run("batch", path, "--out", out, "--jobs", 1)
        lines = manifest(out)
        assert finished.code == int(any(line["status"] == "refused" for line in lines))
        assert [line["row"] for line in lines] == list(range(1, len(wanted) + 1))
        files = [line["file"] for line in lines if line["status"] == "made"]
        for line in lines:
            assert bool(line["problems"]) == (line["status"] == "refused") == (line["file"] is None)
            assert all(len(str(problem)) > 5 for problem in line["problems"])
        own = {f"out/.handouts/{name}" for name in ("journal.sqlite", "journal.sqlite-journal", "lock")}
        made = {f"out/{name}" for name in files}
        assert len(made) == len(files)
        results = {"out/manifest.jsonl", "out/summary.pdf"} | ({"out/refused.csv"} if finished.code else set())
        assert inside(place) == {"roster.jsonl", "out", "out/.handouts"} | own | made | results
        kept = everything_but_packets(out) + finished.err.encode()
        for secret in secrets:
            assert secret.encode() not in kept
        assert run("batch", path, "--out", out, "--jobs", 1).code == finished.code
        assert manifest(out) == lines


# File names

patterns = st.lists(
    st.sampled_from(
        [*(f"{{{part}}}" for part in KNOWN), "{row:05}", "../", "/", "..", ".", "-", "{{", "}}", "{{hash}}"]
    )
    | texts.map(lambda text: text.replace("{", "").replace("}", "")),
    max_size=6,
).map("".join)
BAD = (
    *("{row.__class__}", "{row.__class__.__mro__}", "{mrn[0]}", "{name!r}", "{row!a}", "{}", "{0}", "{dob}", "{", "}"),
    *("{row:999999999}", "{row:99999999999999999999}", "{row:c}", "{row:{row}}", "{name:>9999}", "{hash:5}", "{row:x}"),
    "\udcff{hash}",
)


def order(name: str, mrn: str = "7") -> Order:
    return Order(Patient(name, dt.date(1980, 1, 2), mrn), "ocrelizumab", Treatment())


@settings(deadline=None, max_examples=300)
@given(patterns, texts, texts, st.integers(1, 10**7))
def test_a_file_name_is_never_a_path(pattern: str, name: str, mrn: str, row: int) -> None:
    try:
        names = Names(pattern)
    except UsageError:
        assert any("\ud800" <= char <= "\udfff" for char in pattern)
        return
    key = "0123456789ab"
    file = names.file(row, order(name, mrn), "intake", key)
    assert key in file
    assert file == Path(file).name and file.endswith(".pdf")
    assert 0 < len(os.fsencode(file)) <= 255
    assert file[0] not in ".-" and "/" not in file and "\\" not in file
    assert not {unicodedata.category(char)[0] for char in file} & {"C", "Z"}
    assert not re.match(r"(con|nul|prn|aux|com\d|lpt\d)(\.|$)", file, re.IGNORECASE)
    assert names.file(row, order(name, mrn), "intake", "ba9876543210") != file


@pytest.mark.parametrize("pattern", BAD)
def test_a_bad_pattern_is_refused(tmp_path: Path, pattern: str) -> None:
    path = roster(tmp_path, people(1))
    said = refused(2, "batch", path, "--out", tmp_path / "out", "--names", pattern)
    assert "--names" in said and "is not a pattern" in said and "{row}" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "pattern", ["../../{name}", "/tmp/{hash}", "{{hash}}{{{hash}", "con.{hash}", "", "é" * 300, "{hash}" + "x" * 300]
)
def test_hostile_patterns_stay_in_the_folder(tmp_path: Path, pattern: str) -> None:
    path, out = roster(tmp_path, people(3)), tmp_path / "a" / "out"
    batch(path, out, "--names", pattern, code=0)
    assert len(set(made_files(out))) == 3
    assert {str(name) for name in inside(out) if is_packet(name)} == set(made_files(out))
    assert inside(tmp_path) == {"roster.csv", "a", "a/out", *(f"a/out/{name}" for name in inside(out))}


# One row that this program fails on


def test_a_mistake_of_this_program_refuses_one_row_and_names_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packet = Desk.packet

    def failing(self: Desk, order: Order) -> object:
        if order.patient.mrn == person(3)["mrn"]:
            raise KeyError(order.patient.name)
        return packet(self, order)

    monkeypatch.setattr(Desk, "packet", failing)
    out = tmp_path / "out"
    said = batch(roster(tmp_path, people(10)), out).err
    lines = manifest(out)
    assert [line["status"] for line in lines].count("made") == 9
    assert lines[3]["status"] == "refused" and "KeyError" in str(lines[3]["problems"])
    assert word(3) not in said and word(3).encode() not in everything_but_packets(out)


# Privacy


def test_files_are_the_owners_and_tell_nobody(tmp_path: Path) -> None:
    rows, out = people(40), tmp_path / "out"
    path = roster(tmp_path, rows)
    umask = os.umask(0)
    try:
        said = batch_outside(path, out, "--jobs", 2).err
        said += batch_outside(path, out, "--jobs", 1, "--json").text
    finally:
        os.umask(umask)
    for item in out.rglob("*"):
        assert stat.S_IMODE(item.stat().st_mode) == (0o700 if item.is_dir() else 0o600), item
    kept = everything_but_packets(out) + said.encode()
    for row in rows:
        for secret in (row["name"], word(int(900000 - int(row["mrn"]))), row["dob"] if row["dob"] != "x" else None):
            if secret:
                assert not any(secret.encode(way) in kept for way in ("utf-8", "utf-16-le", "utf-16-be"))
    assert b"Sample" not in kept


def test_names_in_file_names_are_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "out"
    batch(roster(tmp_path, people(3)), out, "--names", "{name}", code=0)
    assert [name.rsplit("-", 1)[0] for name in made_files(out)] == [f"Sample_{word(at)}" for at in range(3)]


def test_the_hash_in_a_file_name_cannot_be_guessed(tmp_path: Path) -> None:
    """Another roster, another key: who knows a patient and the drug cannot tell whether they are in the folder."""
    rows = [person(at) for at in range(3)]
    batch(roster(tmp_path, rows), tmp_path / "one", code=0)
    batch(roster(tmp_path, [*rows, person(3)]), tmp_path / "two", code=0)
    assert not set(made_files(tmp_path / "one")) & set(made_files(tmp_path / "two"))
