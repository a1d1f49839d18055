"""Rosters as text: every way a desk writes them, and what no way of reading could get right."""

from __future__ import annotations

import codecs
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rosters import HEADINGS, LEAST, as_csv, calm, opened, outcome, patient, problems, read, saved

from handouts.errors import InputError
from handouts.roster.columns import Columns
from handouts.roster.csv import CHUNK

ROWS = [
    {**LEAST, "name": 'Zoë "Zo" Ñuñez, Jr', "mrn": "0007"},
    {**LEAST, "name": "محمد‌رضا", "mrn": " 42; 7", "start": ""},
]


def refusal(path: Path, columns: Columns | None = None) -> str:
    """Return why the roster cannot be read; there is a remedy for each reason."""
    with pytest.raises(InputError) as caught:
        read(path, columns)
    assert all(problem.hint for problem in caught.value.problems)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_way_to_write_text(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    path = saved(tmp_path, as_csv(ROWS, delimiter=delimiter, end=end).encode(encoding))

    assert [dict(row.data) for row in read(path)] == ROWS
    assert opened(path).warnings == ()


def test_a_tsv_has_tabs(tmp_path: Path) -> None:
    path = saved(tmp_path, as_csv(ROWS, delimiter="\t"), "roster.tsv")

    assert [dict(row.data) for row in read(path)] == ROWS


def test_big_endian(tmp_path: Path) -> None:
    path = saved(tmp_path, codecs.BOM_UTF16_BE + as_csv(ROWS).encode("utf-16-be"))

    assert [dict(row.data) for row in read(path)] == ROWS


def test_windows_text_is_read_with_a_warning_wherever_its_first_accent_is(tmp_path: Path) -> None:
    rows = [{**LEAST, "prescriber": "x" * 100}] * (CHUNK // 100) + [{**LEAST, "name": "José Peña – “Pepe”"}]
    path = saved(tmp_path, as_csv(rows, (*HEADINGS, "prescriber")).encode("cp1252"))
    roster = opened(path)

    assert [warning.message for warning in roster.warnings] == ["is not UTF-8; it was read as Windows text (cp1252)"]
    *_, last = roster
    assert last.data["name"] == "José Peña – “Pepe”"


def test_the_delimiter_is_that_of_the_headings_whatever_the_rows_hold(tmp_path: Path) -> None:
    rows = [{**LEAST, "name": "a,b,c,d,e,f,g,h"}] * 20

    assert [dict(row.data) for row in read(saved(tmp_path, as_csv(rows, delimiter=";")))] == rows


def test_rows_are_counted_as_a_person_counts_them(tmp_path: Path) -> None:
    first, second = as_csv([{**LEAST, "interpreter": "two\nlines"}, LEAST], (*HEADINGS, "interpreter")).split("\r\n")[
        1:3
    ]
    head = as_csv([], (*HEADINGS, "interpreter"))
    path = saved(tmp_path, f"\r\n{head}{first}\r\n\r\n,,,,,,\r\n{second}\r\n")

    assert [row.number for row in read(path)] == [3, 6]
    assert read(path)[0].data["interpreter"] == "two\nlines"


def test_headings_in_any_order_and_case(tmp_path: Path) -> None:
    path = saved(tmp_path, "START , Drug,\tDOB,Name, Mrn \n2026-12-07,ocrelizumab,1980-01-02,Sample Patient,1\n")
    roster = opened(path)

    assert roster.columns == ("START ", " Drug", "\tDOB", "Name", " Mrn ")
    (row,) = roster
    assert row.data["mrn"] == "1"
    assert row.places["dob"] == "DOB"
    assert row.cells == ("2026-12-07", "ocrelizumab", "1980-01-02", "Sample Patient", "1")


def test_what_is_not_known_is_said_once_and_refuses_no_row(tmp_path: Path) -> None:
    rows = [{**patient(n), "Room": "3", "Prescribed": "Dr. Lee", "reason": "x"} for n in range(3)]
    path = saved(tmp_path, as_csv(rows, (*HEADINGS, "Room", "Prescribed", "reason", "")))
    roster = opened(path, Columns(ignore=("room",)))

    assert [warning.message for warning in roster.warnings] == ["the column 'Prescribed' is not known and not used"]
    assert problems(outcome(path)) == []
    assert len(list(roster)) == 3


def test_required_headings_are_missed_by_name(tmp_path: Path) -> None:
    said = refusal(saved(tmp_path, "mrn,name,birth date,drug\n1,Sample Patient,1980-01-02,ocrelizumab\n"))

    assert "no column is headed 'dob'" in said
    assert "no column is headed 'start'" in said


def test_a_first_row_that_may_be_a_patient_is_not_repeated(tmp_path: Path) -> None:
    assert "Sample" not in refusal(saved(tmp_path, "7,Sample Patient,1980-01-02,ocrelizumab,2026-12-07\n"))
    assert "Sample" not in refusal(saved(tmp_path, "mrn,Sample Patient,1980-01-02,ocrelizumab,2026-12-07\n"))


def test_the_same_heading_twice(tmp_path: Path) -> None:
    assert "columns 1 and 6 have the same heading" in refusal(saved(tmp_path, "mrn,name,dob,drug,start, MRN\n"))


@pytest.mark.parametrize(
    ("line", "where"),
    [
        pytest.param('2,"Sample,1980-01-02,ocrelizumab,2026-12-07', "line 3", id="open"),
        pytest.param('2,"Sample" x,1980-01-02,ocrelizumab,2026-12-07', "line 3", id="inside"),
        pytest.param("2,Sam\0ple,1980-01-02,ocrelizumab,2026-12-07", "line 3", id="zero byte"),
    ],
)
def test_rows_that_cannot_be_told_apart(tmp_path: Path, line: str, where: str) -> None:
    head = "mrn,name,dob,drug,start\n1,Sample Patient,1980-01-02,ocrelizumab,2026-12-07\n"
    said = refusal(saved(tmp_path, f"{head}{line}\n3,Sample Patient,1980-01-02,ocrelizumab,2026-12-07\n"))

    assert where in said
    assert "Sam" not in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("roster.csv", b""),
        ("roster.csv", b"\xef\xbb\xbf\r\n,,\r\n"),
        ("roster.csv", "mrn,name,dob,drug,start\nÄ".encode("cp1252") + b" \x81\n"),
        ("roster.csv", as_csv(ROWS).encode("utf-16-le")),
        ("roster.csv", as_csv(ROWS).encode("utf-32")),
        ("roster.csv", b"\xff\xfem\0r\0n\0\xd8"),
        ("roster.docx", b"mrn,name"),
        ("roster", b"mrn,name"),
    ],
)
def test_what_is_no_roster(tmp_path: Path, name: str, content: bytes) -> None:
    assert name in refusal(saved(tmp_path, content, name))


def test_no_file_and_no_right(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    assert "cannot be read" in refusal(tmp_path / "folder.csv")


def test_a_file_that_changes_under_our_hands(tmp_path: Path) -> None:
    path = saved(tmp_path, as_csv([patient(1), patient(2)]))
    rows = iter(opened(path))
    next(rows)
    saved(tmp_path, as_csv([patient(1), patient(3), patient(4)]))

    with pytest.raises(InputError, match="was changed"):
        list(rows)


def test_too_many_or_too_few_cells_are_a_problem_of_that_row(tmp_path: Path) -> None:
    good = "1,Sample Patient,1980-01-02,ocrelizumab,2026-12-07,en"
    path = saved(tmp_path, f"mrn,name,dob,drug,start,locale\n{good},,\n2,Ruiz, Ana,{good}\n3,Ana\n")
    found = outcome(path)

    assert problems(found) == [(3, ""), (4, "")]
    assert found[1].problems[0].message == "has 9 cells, but there are 6 headings"
    assert found[1].row.cells[:3] == ("2", "Ruiz", " Ana")
    assert found[0].order


@pytest.mark.parametrize("key", HEADINGS)
@pytest.mark.parametrize("cell", ["=1+1", ' ="000123"', "=cmd|' /C calc'!A0"])
def test_formulas_are_refused(tmp_path: Path, key: str, cell: str) -> None:
    assert problems(outcome(saved(tmp_path, as_csv([{**LEAST, key: cell}])))) == [(2, key)]


@calm
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_rows_or_a_reason(tmp_path_factory, content: bytes, headed: bool) -> None:
    path = saved(tmp_path_factory.mktemp("any"), (as_csv([]).encode() if headed else b"") + content)
    try:
        rows = read(path)
    except InputError as error:
        assert error.problems
    else:
        assert all(len(row.cells) >= len(row.data) for row in rows)


def test_a_long_roster_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = saved(tmp_path, as_csv(patient(n) for n in range(rows)))
        tracemalloc.start()
        assert sum(1 for _ in opened(path)) == rows
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    short = peak(20_000)  # more than one chunk
    assert peak(60_000) < 1.1 * short + 100_000
