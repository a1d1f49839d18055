"""An empty roster to begin with: the headings, one sample patient, and in a workbook lists to choose from."""

from __future__ import annotations

import csv
import datetime as dt
import io
from itertools import count

from handouts.content.clinic import Clinic
from handouts.content.drug import Drug
from handouts.content.language import locale_tags
from handouts.content.person import PAPERS, SEXES, SIZES
from handouts.errors import Refused
from handouts.library import Library
from handouts.model import Treatment
from handouts.schedule import plan

EXPLAINED = {
    "mrn": "Record number, exactly as it is in your system. Required.",
    "name": "The patient's name as it is to be printed. Required.",
    "dob": "Date of birth: 1980-01-02. Required.",
    "drug": "Generic or brand name. Required.",
    "start": "Day of the first infusion, or of the next one agreed: 2026-12-01. Required without done and last.",
    "done": "How many infusions were given already. Empty: none.",
    "last": "Day of the last infusion given: 2026-06-01. Goes with done.",
    "days": "Days in a row, where the prescriber decides them.",
    "dose": "Daily dose, where the prescriber decides it: 1000 mg.",
    "locale": "The patient's language: en, es. Never left to chance: empty means your clinic's stated default, if any.",
    "packet": "handout, consent or intake. Empty: intake, which is all of it.",
    "sex": "f, m or x, for your own records.",
    "size": "standard or large (18 pt).",
    "paper": "letter or a4. Empty: the clinic's.",
    "prescriber": "Who prescribed it; stands on the consent.",
    "interpreter": "Name or number; adds a block to the consent. Leave it empty where nobody interprets.",
}
"""The columns of a roster, in order."""
TEXT = ("mrn", "dob", "start", "last")
"""Columns that a spreadsheet would change if it took them for numbers or dates."""
ROWS = 1000
"""How many rows of a workbook have lists to choose from."""
AHEAD = 14
"""In how many days the sample patient comes at the soonest."""


def sample_row(clinic: Clinic, library: Library, today: dt.date) -> dict[str, str]:
    """Return an order that ``check`` accepts, on a day when the clinic is open."""
    known = [library.formulary.drug(name) for name in library.formulary.ids()]
    days = (today + dt.timedelta(days=AHEAD + wait) for wait in count())
    pairs = ((drug, day) for day in days for drug in known if drug.regimen.order is None)
    drug, start = next((drug, day) for drug, day in pairs if _can_start(drug, day, clinic))
    return {
        **{"mrn": "000123", "name": "Sample Patient", "dob": "1980-01-02", "drug": drug.id},
        **{"start": start.isoformat(), "packet": "intake", "size": "standard"},
        "locale": clinic.locale if clinic.locale in _choices(library)["locale"] else "en",
    }


def _can_start(drug: Drug, day: dt.date, clinic: Clinic) -> bool:
    try:
        plan(drug, Treatment(day), closed=clinic.is_closed)
    except Refused:
        return False
    return True


def csv_template(sample: dict[str, str]) -> bytes:
    """Return a CSV file that Excel opens as UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, EXPLAINED, lineterminator="\r\n")
    writer.writeheader()
    writer.writerow(sample)
    return text.getvalue().encode("utf-8-sig")


def xlsx_template(sample: dict[str, str], library: Library) -> bytes:
    """Return a workbook with lists to choose from; record numbers and dates are text and stay as they are typed."""
    import openpyxl
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    workbook = openpyxl.Workbook()
    roster = workbook.worksheets[0]
    roster.title = "Roster"
    roster.append(list(EXPLAINED))
    roster.append([sample.get(key) for key in EXPLAINED])
    roster.freeze_panes = "A2"
    columns = workbook.create_sheet("Columns")
    columns.append(["column", "what it says"])
    for line in EXPLAINED.items():
        columns.append(line)
    columns.column_dimensions["A"].width, columns.column_dimensions["B"].width = 14, 100
    lists = workbook.create_sheet("Lists")
    lists.sheet_state = "hidden"
    choices = _choices(library)
    for at, key in enumerate(EXPLAINED, start=1):
        letter = get_column_letter(at)
        roster.column_dimensions[letter].width = max(14, len(key) + 4)
        if key in TEXT:
            roster.column_dimensions[letter].number_format = "@"
            for row in range(2, ROWS + 1):
                roster.cell(row, at).number_format = "@"
        if values := choices.get(key):
            for row, value in enumerate(values, start=1):
                lists.cell(row, at, value)
            listed = DataValidation("list", formula1=f"Lists!${letter}$1:${letter}${len(values)}", allow_blank=True)
            listed.error, listed.errorTitle = f"Choose one of: {', '.join(values)}"[:255], key
            listed.add(f"{letter}2:{letter}{ROWS}")
            roster.add_data_validation(listed)
    for sheet in (roster, columns):
        for cell in sheet[1]:
            cell.font, cell.alignment = Font(bold=True), Alignment(horizontal="left")
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def _choices(library: Library) -> dict[str, list[str]]:
    """Return what there is to choose from, by column."""
    return {
        "drug": library.formulary.ids(),
        "locale": [tag.replace("_", "-") for tag in locale_tags(library.locales)],
        "packet": library.packet_names(),
        "sex": list(dict.fromkeys(SEXES.values())),
        "size": list(SIZES),
        "paper": list(PAPERS),
    }
