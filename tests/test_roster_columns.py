"""The columns file: a clinic's own headings, values and ways to write a date."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rosters import LEAST, as_csv, calm, opened, outcome, problems, read, saved
from running import PROGRAM

from handouts.errors import InputError
from handouts.roster.columns import Columns, read_columns, read_date, write_date
from handouts.roster.template import EXPLAINED

FILE = """
ignore = ["Room"]

[columns]
mrn = "Patient ID"
name = "Patient"
dob = "Birth date"
start = "Appointment"

[dates]
dob = "MM/DD/YYYY"
start = "D.M.YYYY"

[values.drug]
"Ocrevus 600" = "ocrelizumab"

[values.interpreter]
no = ""

[defaults]
locale = "es"
"""
TEXT = "Patient ID;PATIENT;Birth date;drug;Appointment;locale;interpreter;Room\n"


def columns(folder: Path, text: str = FILE) -> Columns:
    return read_columns(saved(folder, text, "columns.toml"))


def test_a_clinic_s_own_words(tmp_path: Path) -> None:
    row = "007;Ana Ruiz;01/02/1980; ocrevus 600 ;7.12.2026;;NO;3\n"
    path = saved(tmp_path, TEXT + row)
    (found,) = outcome(path, columns(tmp_path))

    assert found.problems == ()
    assert found.row.data == {
        **{"mrn": "007", "name": "Ana Ruiz", "dob": "1980-01-02", "drug": "ocrelizumab", "start": "2026-12-07"},
        **{"locale": "es", "interpreter": ""},
    }
    assert found.row.places["mrn"] == "Patient ID"
    assert found.row.written["start"] == "7.12.2026"
    assert opened(path, columns(tmp_path)).warnings == ()


@pytest.mark.parametrize("written", ["1980-01-02", "1/2/1980", "02/30/1980", "13/01/1980", "01/02/80", "soon"])
def test_a_date_written_otherwise_is_a_problem(tmp_path: Path, written: str) -> None:
    found = outcome(saved(tmp_path, f"{TEXT}7;Ana Ruiz;{written};Ocrevus;7.12.2026;;;\n"), columns(tmp_path))

    assert problems(found) == [(2, "dob")]
    assert written not in found[0].problems[0].message


def test_headings_that_the_columns_file_names_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(saved(tmp_path, as_csv([LEAST])), columns(tmp_path))
    said = {problem.message for problem in caught.value.problems}

    assert said == {f"no column is headed '{name}'" for name in ("Patient ID", "Patient", "Birth date", "Appointment")}


def test_a_default_stands_in_for_a_column(tmp_path: Path) -> None:
    everyone = columns(tmp_path, '[defaults]\ndrug = "natalizumab"\nlocale = "en"\n')
    path = saved(tmp_path, "mrn,name,dob,start\n7,Ana Ruiz,1980-01-02,2026-12-07\n")
    (found,) = outcome(path, everyone)

    assert found.order
    assert (found.order.drug, found.order.locale) == ("natalizumab", "en")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[columns]\nmnr = "ID"', "columns.mnr"),
        ('[dates]\nname = "MM/DD/YYYY"', "dates.name"),
        *((f'[dates]\ndob = "{pattern}"', "dates.dob") for pattern in ("MM/DD/YY", "DD/YYYY", "MDYYYY", "YYYYDMM")),
        *((f'[dates]\ndob = "{pattern}"', "dates.dob") for pattern in ("MMM DD YYYY", "MM/DD/YYYY YYYY", ".*", "")),
        ('[defaults]\nmrn = "7"', "defaults.mrn"),
        ('[values.mnr]\na = "b"', "values.mnr"),
        ('[values.drug]\nA = "b"\na = "c"', "columns.toml"),
        ('[columns]\nmrn = "ID"\nname = "id"', "columns.toml"),
        ('colums = "x"', "colums"),
    ],
)
def test_mistakes_in_the_columns_file_are_named(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(InputError) as caught:
        columns(tmp_path, text)
    assert where in str(caught.value)


PATTERNS = {
    "MM/DD/YYYY": "{0.month:02}/{0.day:02}/{0.year}",
    "M/D/YYYY": "{0.month}/{0.day}/{0.year}",
    "DD.MM.YYYY": "{0.day:02}.{0.month:02}.{0.year}",
    "D. M. YYYY": "{0.day}. {0.month}. {0.year}",
    "YYYYMMDD": "{0.year}{0.month:02}{0.day:02}",
}


@calm
@given(st.dates(dt.date(1900, 1, 1)), st.sampled_from(sorted(PATTERNS)), st.sampled_from(sorted(PATTERNS)))
def test_dates_are_read_as_they_are_declared(day: dt.date, pattern: str, other: str) -> None:
    written = PATTERNS[pattern].format(day)

    assert read_date(f" {written} ", pattern) == day
    if pattern.strip("MDY") != other.strip("MDY") and "/" in written and "/" not in other:
        assert read_date(written, other) is None


@calm
@given(st.text("0123456789-/. ", max_size=12), st.sampled_from(sorted(PATTERNS)))
def test_any_text_is_a_date_or_not(text: str, pattern: str) -> None:
    found = read_date(text, pattern)

    assert (
        found is None
        or sorted(map(int, text.replace(".", "/").replace("/", " ").split()))
        == sorted((found.day, found.month, found.year))
        or pattern == "YYYYMMDD"
    )


@calm
@given(st.dates(dt.date(1900, 1, 1)), st.sampled_from(sorted(PATTERNS)))
def test_dates_are_written_as_they_are_declared(day: dt.date, pattern: str) -> None:
    assert write_date(day, pattern) == PATTERNS[pattern].format(day)
    assert read_date(write_date(day, "serial"), "serial") == day


def test_the_documentation_s_example_is_read_as_it_says(tmp_path: Path) -> None:
    text = (PROGRAM.parent / "docs" / "clinics.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n# columns.toml")[2].partition("```")[0]

    assert columns(tmp_path, example).meaning("drug", "OCREVUS 600") == "ocrelizumab"


def test_the_documentation_names_every_column_of_the_template() -> None:
    text = (PROGRAM.parent / "docs" / "clinics.md").read_text(encoding="utf-8")
    table = text.partition("### Columns")[2].partition("### Files")[0]
    named = [key for line in table.splitlines() for key in re.findall("`([a-z]+)`", [*line.split("|"), "", ""][1])]

    assert set(named) == set(EXPLAINED)
