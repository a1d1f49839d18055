"""Rosters for tests: what a row says, and how it is written down in every kind of file."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from handouts.content.clinic import sample_clinic
from handouts.content.formulary import open_formulary
from handouts.errors import Problem
from handouts.library import shipped
from handouts.resources import drug_folder
from handouts.roster.columns import Columns
from handouts.roster.orders import Judge, Judged, judged
from handouts.roster.reading import open_roster
from handouts.roster.table import Row

TODAY = dt.date(2026, 11, 21)
LEAST = {
    "mrn": "000123",
    "name": "Sample Patient",
    "dob": "1980-01-02",
    "drug": "ocrelizumab",
    "start": "2026-12-07",
    "locale": "en",
}
HEADINGS = tuple(LEAST)


@cache
def judge() -> Judge:
    return Judge(sample_clinic(), shipped(open_formulary(drug_folder())), TODAY)


def patient(number: int, **changes: str) -> dict[str, str]:
    """Return a row of a person of their own: no two of them are alike."""
    words = "".join(chr(ord("a") + int(digit)) for digit in f"{number * 7919 % 10**8:08}")
    return {**LEAST, "mrn": f"{number:06}", "name": f"Sample {words}", **changes}


def as_csv(
    rows: Iterable[Mapping[str, str]], headings: Sequence[str] = HEADINGS, delimiter: str = ",", end: str = "\r\n"
) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(headings)
    writer.writerows([row.get(heading, "") for heading in headings] for row in rows)
    return text.getvalue()


def saved(folder: Path, content: str | bytes, name: str = "roster.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path


def read(path: Path, columns: Columns | None = None) -> list[Row]:
    return list(open_roster(path, columns or Columns()))


def outcome(path: Path, columns: Columns | None = None) -> list[Judged]:
    return list(judged(open_roster(path, columns or Columns()), judge()))


def problems(found: Iterable[Judged]) -> list[tuple[int, str]]:
    """Return the row and the column of every problem."""
    return [(item.row.number, problem.where) for item in found for problem in item.problems]


def said(problem: Problem) -> str:
    return f"{problem.where} {problem.message} {problem.hint}"
