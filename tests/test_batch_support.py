"""``handouts batch --redact``: what a bug report needs, and no value of any cell."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rosters import LEAST, TODAY, as_csv, calm, opened, patient, saved
from running import made, refused, run

from handouts.batch.crew import crew
from handouts.batch.folder import Folder
from handouts.batch.names import Names
from handouts.batch.results import Results
from handouts.batch.run import outcomes
from handouts.batch.support import bundle, redactor, shape
from handouts.editions.edition import Edition
from handouts.packet import at_edition
from handouts.resources import folder as resource
from handouts.roster.orders import Judge, identified, judged

HEADINGS = (*LEAST, "packet", "done", "last", "prescriber", "Room")
KEY = b"thrown away"
PLACEHOLDERS = frozenset("#…")
HASH = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")

near = st.sampled_from(
    ["03/04/1980", "4.5.2026", "19800102", "ocrelizumb", "it_IT", "intakes", "=A1&B1", "???", 'O\'Quux "Zyx" Foobaz']
)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=130)
names = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Zs"]), min_size=3, max_size=30)
cell = st.one_of(words, names, near, st.from_regex(r"[0-9]{3,9}", fullmatch=True))


@st.composite
def row(draw: st.DrawFn) -> dict[str, str]:
    """A row that could be served, with some of its cells replaced."""
    start = (
        dict.fromkeys(HEADINGS, "")
        | LEAST
        | {"packet": "consent", "mrn": draw(st.from_regex(r"[A-Z0-9]{6,9}", fullmatch=True))}
    )
    return start | draw(st.dictionaries(st.sampled_from(HEADINGS), cell, max_size=4))


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("edition") / "clinic.edition"
    made("edition", "build", "--out", path, "--drug", "ocrelizumab", "--locale", "en", "--packet", "consent")
    return path


@pytest.fixture(scope="module")
def judge(edition: Path) -> Judge:
    found = Edition(edition, resource("fonts"))
    return Judge(at_edition(found), TODAY)


def batched(path: Path, out: Path, judge: Judge) -> bytes:
    """Make the roster with names and numbers in its file names, and return the bundle about it."""
    roster, desk = opened(path), judge.desk
    with Folder(out) as folder, Results(folder, roster.columns) as results, crew(1, lambda: desk, desk, out) as alone:
        rows = judged(roster, judge, identified(roster, judge))
        for outcome in outcomes(rows, desk, folder, Names("{name}-{mrn}"), KEY, alone):
            results.add(outcome)
        results.finish(path)
    hide = redactor(judge.library, KEY)
    return bundle([], shape(roster, judged(roster, judge, identified(roster, judge)), hide), out, hide)


def members(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def texts(data: object) -> Iterator[str]:
    """Yield every text in JSON ``data``; numbers are counts and sizes."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from texts(value)
    elif isinstance(data, str):
        yield data


def said(data: bytes) -> str:
    """Return all texts of a bundle but its hashes."""
    found = members(data)
    parsed = [json.loads(found["roster.json"]), json.loads(found["journal.json"])]
    parsed += [json.loads(line) for line in found["manifest.jsonl"].splitlines()]
    return "\n".join(text for each in parsed for text in texts(each) if not HASH.fullmatch(text))


def telling(value: str, allowed: frozenset[str]) -> set[str]:
    """Return what a cell says that a bundle could not say by itself: all of it, and each of its words."""
    tokens = re.findall(r"[^\W\d_]+|\d+", value)
    if allowed.issuperset(tokens) and tokens:
        return set()
    return {
        part for part in (value, *tokens) if len(part) >= 3 and part not in allowed and not PLACEHOLDERS & set(part)
    }


@settings(calm, max_examples=60)
@given(rows=st.lists(row(), min_size=1, max_size=4))
def test_no_cell_is_in_the_bundle(
    tmp_path_factory: pytest.TempPathFactory, judge: Judge, rows: list[dict[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("support")
    data = batched(saved(folder, as_csv(rows, HEADINGS)), folder / "out", judge)
    hide, text = redactor(judge.library, KEY), said(data)

    values = {value for each in rows for value in (*each.values(), *map(str.strip, each.values()))} - hide.ids
    assert not [part for value in values for part in telling(value, hide.words) if part in text]
    assert json.loads(members(data)["roster.json"])["rows"] == len(rows)
    assert len(members(data)["manifest.jsonl"].splitlines()) == len(rows)


def test_shape_and_rules_are_told(tmp_path: Path, judge: Judge) -> None:
    rows = [patient(number, packet="consent") for number in range(4)]
    rows[1] |= {"drug": "ocrelizumb", "name": "Ана"}
    rows[2] |= {"start": "04/05/2026", "dob": ""}
    roster = json.loads(
        members(batched(saved(tmp_path, as_csv(rows, HEADINGS)), tmp_path / "out", judge))["roster.json"]
    )

    columns = {column["heading"]: column for column in roster["columns"]}
    rules = {(rule["column"], rule["message"]): rule for rule in roster["problems"]}
    assert (roster["rows"], roster["refused"]) == (4, 2)
    assert columns["name"]["scripts"] == {"LATIN": 3, "CYRILLIC": 1}
    assert (columns["dob"]["empty"], columns["mrn"]["shortest"], columns["mrn"]["kinds"]) == (1, 6, {"Nd": 4})
    assert rules["drug", "no drug is called …"]["hint"] == "did you mean ocrelizumab?"
    assert rules["start", "ambiguous: #/#/# could be # … or # …"]["rows"] == 1


def test_equal_numbers_stay_equal_in_one_bundle_alone(tmp_path: Path, judge: Judge) -> None:
    rows = [
        patient(1, packet="consent"),
        patient(2, packet="consent"),
        patient(1, packet="consent", start="2027-06-07"),
    ]
    path = saved(tmp_path, as_csv(rows, HEADINGS))
    batched(path, tmp_path / "out", judge)

    def numbers(key: bytes) -> list[str]:
        data = bundle([], {}, tmp_path / "out", redactor(judge.library, key))
        return [json.loads(line)["mrn"] for line in members(data)["manifest.jsonl"].splitlines()]

    first, other, again = numbers(b"one")
    assert first == again != other
    assert not {first, other} & set(numbers(b"two"))


def test_the_command_makes_nothing(tmp_path: Path, edition: Path) -> None:
    roster = saved(tmp_path, as_csv([patient(1, packet="consent"), patient(2, packet="consent", dob="")], HEADINGS))
    target, out = tmp_path / "report.zip", tmp_path / "out"
    made("batch", roster, "--out", out, "--edition", edition, "--redact", target)

    assert not out.exists()
    assert target.stat().st_mode & 0o777 == 0o600
    found = members(target.read_bytes())
    assert "handouts" in found["machine.txt"]
    assert json.loads(found["journal.json"]) == {"journal": "none"}

    run("batch", roster, "--out", out, "--edition", edition)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    made("batch", roster, "--out", out, "--edition", edition, "--redact", target)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert json.loads(members(target.read_bytes())["journal.json"])["packets_by_run"] == {"1": 1}


def test_a_roster_that_cannot_be_read_is_reported_too(tmp_path: Path, edition: Path) -> None:
    roster = saved(tmp_path, "Sample Patient,000123,1980-01-02\n")
    target = tmp_path / "report.zip"
    made("batch", roster, "--out", tmp_path / "out", "--edition", edition, "--redact", target)

    (rule,) = json.loads(members(target.read_bytes())["roster.json"])["unreadable"]
    assert rule["message"] == "has none of the headings of a roster in its first row"


def test_a_bundle_that_cannot_be_written_is_said(tmp_path: Path, edition: Path) -> None:
    roster = saved(tmp_path, as_csv([patient(1, packet="consent")], HEADINGS))
    refused(
        6, "batch", roster, "--out", tmp_path, "--edition", edition, "--redact", tmp_path / "nowhere" / "report.zip"
    )
