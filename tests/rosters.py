"""Rosters for tests: what a row says, and how it is written down in every kind of file."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import openpyxl
from hypothesis import settings

from handouts.content.clinic import sample_clinic
from handouts.content.formulary import open_formulary
from handouts.errors import Problem
from handouts.library import shipped
from handouts.packet import Desk
from handouts.resources import drug_folder
from handouts.roster.columns import Columns
from handouts.roster.orders import Judge, Judged, identified, judged
from handouts.roster.patient import RECORD_NUMBER
from handouts.roster.reading import open_roster
from handouts.roster.table import Roster, Row

calm = settings(deadline=None)
"""How long a property takes is no matter here."""
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
    return Judge(Desk(sample_clinic(), shipped(open_formulary(drug_folder()))), TODAY)


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


def opened(path: Path, columns: Columns | None = None) -> Roster:
    return open_roster(path, columns or Columns(), judge(), judge().clinic.time_zone)


def read(path: Path, columns: Columns | None = None) -> list[Row]:
    return list(opened(path, columns))


def outcome(path: Path, columns: Columns | None = None) -> list[Judged]:
    roster = opened(path, columns)
    return list(judged(roster, judge(), identified(roster, judge())))


def problems(found: Iterable[Judged]) -> list[tuple[int, str]]:
    """Return the row and the column of every problem."""
    return [(item.row.number, problem.where) for item in found for problem in item.problems]


def said(problem: Problem) -> str:
    return f"{problem.where} {problem.message} {problem.hint}"


def as_xlsx(rows: Iterable[Mapping[str, object]], headings: Sequence[str] = HEADINGS) -> bytes:
    """Return a workbook with a cell for every value, as openpyxl writes a value of its type."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(list(headings))
    for row in rows:
        sheet.append([row.get(heading) for heading in headings])
    return xlsx_bytes(workbook)


def xlsx_bytes(workbook: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def as_bundle(*resources: Mapping[str, object], **bundle: object) -> str:
    """Return a FHIR bundle of ``resources``, without those that are None."""
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries, **bundle})


def fhir_patient(row: Mapping[str, str] = LEAST, number: int = 1) -> dict[str, object]:
    tag = {"coding": [{"system": "urn:ietf:bcp:47", "code": row["locale"]}]}
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [
            {"system": "urn:example:insurance", "value": "not this"},
            {"type": {"coding": [{"system": RECORD_NUMBER[0], "code": "MR"}]}, "value": row["mrn"]},
        ],
        "name": [{"use": "nickname", "text": "Sam"}, {"use": "official", "text": row["name"]}],
        "birthDate": row["dob"],
        "communication": [{"language": tag, "preferred": True}] if row["locale"] else [],
    }


def fhir_request(row: Mapping[str, str] = LEAST, number: int = 1) -> dict[str, object]:
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{number}",
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/p{number}"},
        "medicationCodeableConcept": {"text": row["drug"]},
    }


def fhir_visit(row: Mapping[str, str] = LEAST, number: int = 1) -> dict[str, object]:
    return {
        "resourceType": "Appointment",
        "id": f"a{number}",
        "status": "booked",
        "start": f"{row['start']}T23:30:00-06:00",
        "participant": [{"actor": {"reference": f"Patient/p{number}"}, "status": "accepted"}],
    }


def fhir_given(row: Mapping[str, str], number: int, day: str) -> dict[str, object]:
    return {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "subject": {"reference": f"Patient/p{number}"},
        "medicationCodeableConcept": {"text": row["drug"]},
        "effectiveDateTime": day,
    }
