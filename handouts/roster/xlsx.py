"""Rosters as Excel workbooks. A cell counts as what it shows; where that cannot be known, it is refused."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handouts.errors import InputError, Problem
from handouts.roster.columns import DATES, SERIAL, Columns, folded
from handouts.roster.table import REQUIRED, Cell, Headings, Roster, Row, Wrong, plain, read_headings, version_of

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How files of Excel 97 begin, and those with a password ([MS-CFB], 2.2)."""
MOST_BYTES = 2 << 30
"""The most that a workbook may unpack to."""
DIGITS = 15
"""How many digits of a number Excel keeps."""
COUNTS = frozenset({"done", "days"})
AT_ONCE = 1000
"""How many rows are taken from the workbook at a time."""
BROKEN = (
    *(AttributeError, EOFError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError),
    *(ET.ParseError, zipfile.BadZipFile, zlib.error),
)
"""What reading a damaged workbook can raise."""
Sheet = Any
"""A sheet that is read row by row, which openpyxl's types do not know."""
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z0-9:]+)")
_ZEROS = re.compile(r"0+")


def open_xlsx(path: Path, columns: Columns) -> Roster:
    """Return the roster on the first visible sheet of ``path``; raises InputError where it cannot be read at all."""
    version = version_of(path)
    _refuse_other_files(path)
    with _workbook(path) as workbook:
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise InputError(Problem(str(path), "has no visible sheet", "show the sheet with the patients"))
        _refuse_merged(path, sheets[0])
        at, found = next(_filled(sheets[0]), (0, []))
        if not at:
            problem = f"the sheet {plain(sheets[0].title)!r} is empty"
            raise InputError(Problem(str(path), problem, "put the patients on the first sheet, under headings"))
        headings = read_headings([_heading(cell) for cell in found], columns, str(path))
        others = [sheet.title for sheet in sheets[1:] if _has_patients(sheet, columns)]

    def rows() -> Iterator[Row]:
        with _workbook(path) as workbook:
            sheet = next(sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible")
            for number, cells in _filled(sheet):
                if number > at and (row := headings.row(number, _cells(cells, headings, workbook.epoch))):
                    yield row

    unread = tuple(
        Problem(
            str(path), f"the sheet {plain(title)!r} looks like a roster, and is not read", "save it as its own file"
        )
        for title in others
    )
    return Roster(path, headings.found, (*unread, *headings.warnings), rows, version)


def _refuse_other_files(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(len(OLE))
        if head == OLE:
            problem = "has a password, or is of Excel 97-2003 (.xls)"
            raise InputError(Problem(str(path), problem, "take the password out and save it as .xlsx or CSV UTF-8"))
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be read: {error.strerror}", "check the path")) from None
    except BROKEN:
        raise InputError(
            Problem(str(path), "is not an Excel workbook, or is damaged", "save it as .xlsx again")
        ) from None
    if size > MOST_BYTES:
        problem = f"unpacks to more than {MOST_BYTES >> 30} GB"
        raise InputError(Problem(str(path), problem, "save it as CSV UTF-8"))


@contextmanager
def _workbook(path: Path) -> Iterator[Workbook]:
    """Open the workbook for reading row by row; damage that shows up meanwhile is an InputError."""
    import openpyxl

    workbook = None
    try:
        workbook = openpyxl.load_workbook(path, read_only=True, keep_links=False)
        yield workbook
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be read: {error.strerror or error}", "check the path")) from None
    except BROKEN:
        raise InputError(
            Problem(str(path), "is not an Excel workbook, or is damaged", "save it as .xlsx again")
        ) from None
    finally:
        if workbook:
            workbook.close()


def _filled(sheet: Sheet) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield the rows with something in them, with their numbers in the sheet."""
    sheet.reset_dimensions()  # other programs write wrong ones
    rows = enumerate(sheet.iter_rows(min_row=1, min_col=1), start=1)
    while taken := _quietly(rows):
        for number, cells in taken:
            if any(cell.value is not None for cell in cells):
                yield number, cells


def _quietly(rows: Iterator[tuple[int, tuple[Any, ...]]]) -> list[tuple[int, tuple[Any, ...]]]:
    """Return the next rows without openpyxl's warnings: they are about what it would not write back."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(islice(rows, AT_ONCE))


def _refuse_merged(path: Path, sheet: Sheet) -> None:
    """Raise InputError where cells of ``sheet`` are merged; openpyxl does not say so when it reads row by row."""
    kept = b""
    with zipfile.ZipFile(path) as archive, archive.open(sheet._worksheet_path) as file:
        while chunk := file.read(1 << 20):
            if found := _MERGED.search(kept + chunk):
                problem = f"the cells {found[1].decode()} are merged; nobody can tell which row they belong to"
                raise InputError(Problem(str(path), problem, "unmerge them, and give each row its own cells"))
            kept = chunk[-100:]


def _has_patients(sheet: Sheet, columns: Columns) -> bool:
    """Whether the first row of ``sheet`` has the headings of a roster."""
    _, found = next(_filled(sheet), (0, ()))
    headings = {folded(_heading(cell)) for cell in found}
    return all(folded(columns.columns.get(key, key)) in headings for key in REQUIRED if key not in columns.defaults)


def _heading(cell: Any) -> str:
    return "" if cell.value is None else str(cell.value)


def _cells(cells: tuple[Any, ...], headings: Headings, epoch: dt.datetime) -> list[Cell]:
    """Return what each cell says; cells that are not in the file are empty."""
    keys = (*headings.keys, *[None] * (len(cells) - len(headings.keys)))
    found = [_said(cell, key, headings.columns, epoch) for cell, key in zip(cells, keys, strict=False)]
    return found + [""] * (len(keys) - len(found))


def _said(cell: Any, key: str | None, columns: Columns, epoch: dt.datetime) -> Cell:
    """Return what ``cell`` says in the column ``key``; None is a column that is not used."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Wrong(
            f"{getattr(value, 'text', value)}", "is a spreadsheet formula", "write the value itself in the cell"
        )
    if cell.data_type == "e":
        return Wrong(str(value), "is an error of the spreadsheet", "write the value itself in the cell")
    if isinstance(value, str):
        return _unescaped(value)
    if isinstance(value, bool):
        return Wrong(str(value).upper(), "is TRUE or FALSE, not text", "write the text itself in the cell")
    if isinstance(value, dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        if key in DATES:
            return day
        return Wrong(value.isoformat(), "is a date: Excel may have changed what was typed", "format the cell as text")
    if isinstance(value, int | float):
        return _number(value, cell.number_format, key, columns, epoch)
    return Wrong(str(value), "is a time of day, not text", "write the text itself in the cell")


def _unescaped(text: str) -> str:
    """Return ``text`` with what XML cannot hold as itself: ``_x000D_`` is a carriage return (ECMA-376, 22.9.2.19)."""
    from openpyxl.utils.escape import unescape

    return str(unescape(text))


def _number(value: float, shape: str, key: str | None, columns: Columns, epoch: dt.datetime) -> Cell:
    """Return a number as it is shown; where it is shown as something else than its digits, it is refused."""
    if key in DATES:
        if columns.dates.get(key) == SERIAL:
            return _day(value, epoch)
        return Wrong(f"{value}", "is a number, not a date", "format the cell as a date, or write it like 2026-12-01")
    if value != int(value):
        return Wrong(f"{value}", "is not a whole number", "format the cell as text, and type it again")
    digits = str(int(value))
    if len(digits.lstrip("-")) > DIGITS:
        hint = "format the cell as text, and type the number again"
        return Wrong(digits, f"is a number of more than {DIGITS} digits, of which Excel has lost some", hint)
    if _ZEROS.fullmatch(shape or ""):
        return digits.zfill(len(shape))
    if shape in ("General", "@", "#") or key in COUNTS or key is None:
        return digits
    return Wrong(
        digits, f"is a number that is shown otherwise ({plain(shape)})", "format the cell as text, and type it again"
    )


def _day(value: float, epoch: dt.datetime) -> Cell:
    from openpyxl.utils.datetime import from_excel

    try:
        day = from_excel(value, epoch)
    except (ValueError, OverflowError):
        day = None
    if isinstance(day, dt.datetime):
        return day.date()
    return Wrong(f"{value}", "is not a day since Excel's first one", "format the cell as a date")
