"""Rosters as workbooks: what a cell shows is what is printed, and everything else is refused."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.datavalidation import DataValidation
from rosters import HEADINGS, LEAST, as_xlsx, opened, outcome, patient, problems, read, saved, xlsx_bytes

from handouts.errors import InputError
from handouts.roster.columns import Columns
from handouts.roster.table import Row


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    assert all(problem.hint for problem in caught.value.problems)
    return str(caught.value)


def one(folder: Path, key: str, value: object, shape: str = "General", columns: Columns | None = None) -> Row:
    """Return the only row of a workbook in which the cell of ``key`` holds ``value``, shown as ``shape``."""
    headings = (*HEADINGS, "done") if key == "done" else HEADINGS
    workbook = openpyxl.load_workbook(io.BytesIO(as_xlsx([{**LEAST, key: value}], headings)))
    workbook.active.cell(2, headings.index(key) + 1).number_format = shape
    (row,) = read(saved(folder, xlsx_bytes(workbook), "roster.xlsx"), columns)
    return row


@pytest.mark.parametrize(
    ("key", "value", "shape", "text"),
    [
        ("mrn", "000123", "@", "000123"),
        ("mrn", 123, "General", "123"),
        ("mrn", 123.0, "General", "123"),
        ("mrn", 123, "000000", "000123"),
        ("mrn", 1234567, "000000", "1234567"),
        ("mrn", 123456789012345, "0", "123456789012345"),
        ("done", 3, "0.00", "3"),
        ("dob", dt.date(1980, 1, 2), "mm-dd-yy", "1980-01-02"),
        ("start", dt.datetime(2026, 12, 7, 9, 30), "d.m.yyyy h:mm", "2026-12-07"),
        ("dob", "1980-01-02", "General", "1980-01-02"),
    ],
)
def test_a_cell_says_what_it_shows(tmp_path: Path, key: str, value: object, shape: str, text: str) -> None:
    row = one(tmp_path, key, value, shape)

    assert row.data[key] == text
    assert row.problems == ()


@pytest.mark.parametrize(
    ("key", "value", "shape", "words"),
    [
        ("mrn", 12.5, "General", "not a whole number"),
        ("mrn", 1234567890123456, "0", "of which Excel has lost some"),
        ("mrn", 123456, "000-000", "shown otherwise (000-000)"),
        ("mrn", 1234, "#,##0", "shown otherwise"),
        ("mrn", dt.date(2026, 3, 4), "d-m", "Excel may have changed what was typed"),
        ("name", dt.date(2026, 3, 4), "mmm d", "Excel may have changed what was typed"),
        ("name", dt.time(9, 30), "h:mm", "time of day"),
        ("name", True, "General", "TRUE or FALSE"),
        ("mrn", "=A1", "General", "formula"),
        ("dob", "=TODAY()", "yyyy-mm-dd", "formula"),
        ("mrn", "#N/A", "General", "error of the spreadsheet"),
        ("start", 46363, "General", "is a number, not a date"),
        ("start", 20261207, "0", "is a number, not a date"),
        ("done", 1.5, "0", "not a whole number"),
    ],
)
def test_a_cell_that_cannot_be_known_is_refused(
    tmp_path: Path, key: str, value: object, shape: str, words: str
) -> None:
    (problem,) = one(tmp_path, key, value, shape).problems

    assert problem.where == key
    assert words in problem.message
    assert problem.hint


@pytest.mark.parametrize("shared", [True, False])
def test_formulas_are_refused_whatever_they_came_to(tmp_path: Path, shared: bool) -> None:
    content = as_xlsx([{**LEAST, "mrn": "=B2&C2"}])
    if shared:  # as Excel writes a formula that was filled down, with what it came to
        content = edited(content, b"<f>B2&amp;C2</f>", b'<f t="shared" ref="A2:A3" si="0">B2</f><v>7</v>')
    found = outcome(saved(tmp_path, content, "roster.xlsx"))

    assert problems(found) == [(2, "mrn")]


def edited(content: bytes, old: bytes, new: bytes, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """Return the workbook with ``old`` in one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == part:
                assert old in data, data
                data = data.replace(old, new)
            after.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_both_of_excel_s_calendars(tmp_path: Path, epoch_1904: bool) -> None:
    workbook = openpyxl.Workbook()
    if epoch_1904:
        workbook.epoch = CALENDAR_MAC_1904
    sheet = workbook.active
    sheet.append(list(HEADINGS))
    sheet.append([dt.date.fromisoformat(LEAST[key]) if key in ("dob", "start") else LEAST[key] for key in HEADINGS])
    (row,) = read(saved(tmp_path, xlsx_bytes(workbook), "roster.xlsx"))

    assert row.data == LEAST


def test_bare_serial_numbers_where_the_columns_file_says_so(tmp_path: Path) -> None:
    serial = Columns(dates={"start": "serial"})

    assert one(tmp_path, "start", 46363, columns=serial).data["start"] == "2026-12-07"
    assert one(tmp_path, "start", dt.date(2026, 12, 7), "yyyy-mm-dd", columns=serial).data["start"] == "2026-12-07"
    assert [problem.where for problem in one(tmp_path, "start", 10**9, columns=serial).problems] == ["start"]
    assert [problem.where for problem in one(tmp_path, "start", "46363", columns=serial).problems] == ["start"]


def test_only_the_first_visible_sheet_is_read_and_a_second_roster_is_said(tmp_path: Path) -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(as_xlsx([LEAST])))
    hidden = workbook.create_sheet("old", 0)
    hidden.append(["mrn"])
    hidden.sheet_state = "hidden"
    workbook.create_sheet("notes").append(["Call the pharmacy"])
    tuesday = workbook.create_sheet("Tuesday")
    tuesday.append(list(HEADINGS))
    path = saved(tmp_path, xlsx_bytes(workbook), "roster.xlsx")

    assert [row.data for row in read(path)] == [LEAST]
    (warning,) = opened(path).warnings
    assert warning.message == "the sheet 'Tuesday' looks like a roster, and is not read"


def test_what_xml_cannot_hold_is_what_it_stands_for(tmp_path: Path) -> None:
    (found,) = outcome(saved(tmp_path, as_xlsx([{**LEAST, "name": "Sample_x000D_ Patient"}]), "roster.xlsx"))
    assert [problem.where for problem in found.problems] == ["name"]
    assert "a line break" in found.problems[0].message


def test_rows_are_numbered_as_in_the_sheet(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row, values in ((3, HEADINGS), (5, patient(1).values()), (9, patient(2).values())):
        for column, value in enumerate(values, start=2):
            sheet.cell(row, column, value)
    path = saved(tmp_path, xlsx_bytes(workbook), "roster.xlsx")

    assert [(row.number, dict(row.data)) for row in read(path)] == [(5, patient(1)), (9, patient(2))]


def test_empty_cells_at_the_end_of_a_row(tmp_path: Path) -> None:
    rows = [{**LEAST, "locale": None}, {key: LEAST[key] for key in ("mrn", "name")}]
    found = read(saved(tmp_path, as_xlsx(rows), "roster.xlsx"))

    assert [row.data["locale"] for row in found] == ["", ""]
    assert [row.problems for row in found] == [(), ()]


def test_dimensions_that_other_programs_write_wrong(tmp_path: Path) -> None:
    content = edited(as_xlsx([patient(1), patient(2)]), b'<dimension ref="A1:F3"', b'<dimension ref="A1:A1"')

    assert len(read(saved(tmp_path, content, "roster.xlsx"))) == 2


def test_merged_cells_are_refused(tmp_path: Path) -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(as_xlsx([patient(n) for n in range(5)])))
    workbook.active.merge_cells("A3:A4")

    assert "A3:A4 are merged" in refusal(saved(tmp_path, xlsx_bytes(workbook), "roster.xlsx"))


def test_what_excel_adds_is_no_matter(tmp_path: Path) -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(as_xlsx([LEAST])))
    workbook.active.add_data_validation(DataValidation("list", formula1='"en,es"', sqref="F2:F9"))
    workbook.active.auto_filter.ref = "A1:F2"
    extension = b'<extLst><ext uri="{CCE6A557-97BC-4B89-ADB6-D9C93CAAB3DF}" /></extLst></worksheet>'
    content = edited(xlsx_bytes(workbook), b"</worksheet>", extension)

    assert [row.data for row in read(saved(tmp_path, content, "roster.xlsx"))] == [LEAST]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "has a password, or is of Excel 97", id="ole"),
        pytest.param(b"mrn,name,dob,drug,start\n", "is not an Excel workbook", id="csv"),
        pytest.param(b"", "is not an Excel workbook", id="empty"),
        pytest.param(as_xlsx([LEAST])[:-200], "is not an Excel workbook", id="cut"),
        pytest.param(edited(as_xlsx([LEAST]), b"</sheetData>", b""), "is damaged", id="broken"),
        pytest.param(xlsx_bytes(openpyxl.Workbook()), "is empty", id="no rows"),
    ],
)
def test_what_is_no_workbook(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in refusal(saved(tmp_path, content, "roster.xlsx"))


def test_a_workbook_of_excel_97(tmp_path: Path) -> None:
    assert "save it as .xlsx" in str(problems_of(saved(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "roster.xls")))


def problems_of(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(path)
    return [problem.hint for problem in caught.value.problems]


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handouts.roster.xlsx.MOST_BYTES", 1000)

    assert "unpacks to more than" in refusal(saved(tmp_path, as_xlsx([LEAST]), "roster.xlsx"))
