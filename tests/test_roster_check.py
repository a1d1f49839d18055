"""``handouts check`` and ``handouts roster template``: what a nurse sees, and what a machine is told."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rosters import HEADINGS, LEAST, as_bundle, as_csv, fhir_patient, fhir_request, fhir_visit, patient, saved
from running import PROGRAM, made, refused, run
from test_commands import clinic_file

from handouts.commands import settings as command_settings
from handouts.content.language import locale_tags
from handouts.resources import folder

WRONG = [patient(1, dob="03/04/1980", drug="ocrelizumb"), patient(2), patient(3, locale="")]


def checked(code: int, *arguments: object) -> dict[str, Any]:
    """Return what ``check --json`` prints."""
    finished = run("check", *arguments, "--json")
    assert finished.code == code, finished.err
    found: dict[str, Any] = json.loads(finished.text)
    assert found["made"] == 0
    return found


def test_nothing_to_say(tmp_path: Path) -> None:
    finished = made("check", saved(tmp_path, as_csv([patient(n) for n in range(3)])))

    assert finished.out == b""
    assert finished.err.endswith("roster.csv: 3 rows, no problems.\n")


def test_a_table_of_row_column_what_and_what_to_do(tmp_path: Path) -> None:
    finished = run("check", saved(tmp_path, as_csv(WRONG).replace("dob", "DOB", 1)))

    assert finished.code == 1
    lines = [line.split("\t") for line in finished.text.splitlines()]
    assert lines[0] == ["row", "column", "what", "what to do"]
    assert [line[:2] for line in lines[1:]] == [["2", "DOB"], ["2", "drug"], ["4", "locale"]]
    assert ["2", "drug", "no drug is called 'ocrelizumb'", "did you mean ocrelizumab?"] in lines
    assert all(all(line) for line in lines)
    assert "3 rows, 2 with problems" in finished.err


def test_json_keeps_to_itself_what_identifies_a_patient(tmp_path: Path) -> None:
    path = saved(tmp_path, as_csv(WRONG).replace("dob", "DOB", 1))
    found = checked(1, path)

    assert (found["rows"], found["refused"], found["warnings"]) == (3, 2, [])
    assert {key: found["problems"][0][key] for key in ("row", "column", "place", "value")} == {
        **{"row": 2, "column": "dob", "place": "DOB", "value": None},
    }
    assert found["problems"][1]["value"] == "ocrelizumb"
    assert "03/04/1980" not in run("check", path, "--json").text


def on_a_terminal(*arguments: object) -> str:
    """Return what somebody at a terminal sees on it."""
    ours, theirs = pty.openpty()
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env={**os.environ, "COLUMNS": "200"})
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not chunk:
            break
        seen += chunk
    os.close(ours)
    assert process.wait() == 1
    return seen.decode()


def test_the_person_at_the_terminal_sees_the_values(tmp_path: Path) -> None:
    path = saved(tmp_path, as_csv([*WRONG, patient(4, drug="[red]\u202e\x1b[31mx")]))
    seen = on_a_terminal("check", path)

    assert "03/04/1980" in seen
    assert "[red]\\u{202e}\\u{1b}[31mx" in seen
    assert "\u202e" not in seen
    assert '"03/04/1980"' in on_a_terminal("check", path, "--json")


def test_warnings_refuse_nobody(tmp_path: Path) -> None:
    rows = [{**patient(1), "name": "Ana Ruiz", "Room": "3"}, {**patient(2), "name": "Anna Ruiz", "Room": "4"}]
    path = saved(tmp_path, as_csv(rows, (*HEADINGS, "Room")).encode("cp1252") + b"\r\n\x80,\xe9,,,,,\r\n"[:2])
    said = made("check", path).err

    assert "the column 'Room' is not known and not used" in said
    assert "warning: row 3, name: name alert: row 2 is another patient" in said
    assert "Ruiz" not in said
    warnings = checked(0, path)["warnings"]
    assert [(warning["row"], warning["column"], warning["value"]) for warning in warnings] == [
        (None, "headings", None),
        (3, "name", None),
    ]


def test_one_record_number_with_two_people(tmp_path: Path) -> None:
    found = checked(1, saved(tmp_path, as_csv([LEAST, {**LEAST, "dob": "1980-02-01"}, patient(1)])))

    assert [(problem["row"], problem["column"]) for problem in found["problems"]] == [(2, "mrn"), (3, "mrn")]


@pytest.mark.parametrize(
    ("name", "content"), [("roster.csv", "name,dob\n"), ("roster.xls", "x"), ("roster.pdf", ""), ("roster.json", "7")]
)
def test_a_roster_that_cannot_be_read(tmp_path: Path, name: str, content: str) -> None:
    path = saved(tmp_path, content, name)

    assert name in refused(3, "check", path)
    found = checked(3, path)
    assert (found["rows"], found["refused"]) == (0, 0)
    assert all(problem["row"] is None and problem["hint"] for problem in found["problems"])


def test_a_roster_that_breaks_off_makes_no_table(tmp_path: Path) -> None:
    assert "line 3" in refused(3, "check", saved(tmp_path, as_csv([patient(1, locale="")]) + '7,"Sam'))


def test_no_standard_input() -> None:
    assert "hint: " in refused(3, "check", "-", stdin=as_csv([LEAST]))


def test_a_clinic_s_language_is_a_stated_default_and_the_sample_s_is_not(tmp_path: Path) -> None:
    path = saved(tmp_path, as_csv([patient(1, locale="")]))

    assert checked(1, path)["problems"][0]["column"] == "locale"
    assert checked(0, path, "--clinic", clinic_file(tmp_path))["problems"] == []


def test_closed_days_of_the_clinic(tmp_path: Path) -> None:
    path = saved(tmp_path, as_csv([patient(1)]))
    clinic = clinic_file(tmp_path, "closures = [2026-12-07]")

    assert checked(1, path, "--clinic", clinic)["problems"][0]["hint"] == "start on 2026-12-08 instead"


def test_a_columns_file(tmp_path: Path) -> None:
    columns = saved(tmp_path, '[columns]\nmrn = "Patient ID"\n[defaults]\nlocale = "en"\n', "columns.toml")
    path = saved(tmp_path, as_csv(WRONG).replace("mrn", "Patient ID", 1))

    assert [problem["row"] for problem in checked(1, path, "--columns", columns)["problems"]] == [2, 2]
    assert "there is no such file" in refused(3, "check", path, "--columns", tmp_path / "none.toml")


def test_a_bundle_s_problems_name_their_place(tmp_path: Path) -> None:
    bundle = as_bundle({**fhir_patient(), "birthDate": "1980"}, fhir_request(), fhir_visit())
    (problem,) = checked(1, saved(tmp_path, bundle, "roster.json"))["problems"]

    assert (problem["row"], problem["column"], problem["place"]) == (2, "dob", "entry[0].resource.birthDate")


def test_half_a_character_can_be_said(tmp_path: Path) -> None:
    path = saved(tmp_path, json.dumps({**patient(1), "drug": "\ud83d", "\ud83d": 1}), "roster.jsonl")

    assert checked(1, path)["problems"][0]["column"] == "drug"
    assert run("check", path).code == 1


def test_what_the_edition_lacks(tmp_path: Path) -> None:
    edition = tmp_path / "clinic.edition"
    made("edition", "build", "--out", edition, "--packet", "consent", "--drug", "natalizumab", "--locale", "en")
    rows = [
        patient(n, drug="natalizumab", packet="consent", locale=locale, size=size)
        for n, (locale, size) in enumerate([("en", ""), ("en", "large"), ("es", "")])
    ]
    rows.append(patient(7, packet="consent"))
    found = checked(1, saved(tmp_path, as_csv(rows, (*HEADINGS, "packet", "size"))), "--edition", edition)

    assert [(problem["row"], problem["column"]) for problem in found["problems"]] == [
        *((3, None), (4, "locale")),
        (5, "drug"),
    ]


def test_drafts_that_the_clinic_does_not_print(tmp_path: Path) -> None:
    clinic = clinic_file(tmp_path, 'unapproved = "refuse"')
    (problem,) = checked(1, saved(tmp_path, as_csv([LEAST])), "--clinic", clinic)["problems"]

    assert "is not approved" in problem["message"]


# The template


@pytest.mark.parametrize("name", ["roster.csv", "roster.XLSX"])
@pytest.mark.parametrize("closed", ["", 'closed_weekdays = ["monday", "tuesday", "thursday", "saturday", "sunday"]'])
def test_the_template_passes_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, closed: str) -> None:
    monkeypatch.setattr(command_settings, "today", lambda: dt.date(2026, 11, 21))
    clinic = ("--clinic", clinic_file(tmp_path, closed)) if closed else ()
    path = tmp_path / name
    made("roster", "template", path, *clinic)
    found = checked(0, path, *clinic)

    assert (found["rows"], found["warnings"]) == (1, [])
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    assert "is there already" in refused(6, "roster", "template", path)
    assert path.read_bytes() == before


def test_the_templates_have_the_same_columns(tmp_path: Path) -> None:
    made("roster", "template", tmp_path / "roster.csv")
    made("roster", "template", tmp_path / "roster.xlsx")
    text = (tmp_path / "roster.csv").read_bytes().decode("utf-8-sig")
    head, sample = csv.reader(io.StringIO(text))
    sheet = openpyxl.load_workbook(tmp_path / "roster.xlsx")["Roster"]

    assert [cell.value for cell in sheet[1]] == head
    assert [cell.value or "" for cell in sheet[2]] == sample
    assert "Sample Patient" in sample


def test_the_workbook_keeps_what_is_typed_and_offers_what_there_is(tmp_path: Path) -> None:
    made("roster", "template", tmp_path / "roster.xlsx")
    workbook = openpyxl.load_workbook(tmp_path / "roster.xlsx")
    sheet = workbook["Roster"]
    columns = {cell.value: cell.column_letter for cell in sheet[1]}

    assert sheet.freeze_panes == "A2"
    for key in ("mrn", "dob", "start", "last"):
        assert {sheet[f"{columns[key]}{row}"].number_format for row in (2, 3, 500)} == {"@"}
    offered = {}
    for validation in sheet.data_validations.dataValidation:
        name, _, area = validation.formula1.partition("!")
        letter = str(validation.sqref)[0]
        offered[letter] = [cell.value for (cell,) in workbook[name][area.replace("$", "")]]
    assert {key for key, letter in columns.items() if letter in offered} == {
        *("drug", "locale", "packet", "sex", "size", "paper"),
    }
    assert offered[columns["locale"]] == sorted(tag.replace("_", "-") for tag in locale_tags(folder("locales")))
    assert "ocrelizumab" in offered[columns["drug"]]
    explained = [row[0].value for row in workbook["Columns"].iter_rows(min_row=2)]
    assert explained == list(columns)


def test_a_template_is_a_table(tmp_path: Path) -> None:
    assert "neither .csv nor .xlsx" in refused(2, "roster", "template", tmp_path / "roster.ods")
