"""Rosters as text: CSV and TSV, as Excel and every other program on a desk writes them."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from handouts.content.person import KEYS
from handouts.errors import InputError, Problem
from handouts.roster.columns import Columns, folded
from handouts.roster.table import Roster, Row, read_headings, version_of

DELIMITERS = ",;\t"
CHUNK = 1 << 20
"""How much is looked at at once to tell the encoding, in bytes."""
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def open_csv(path: Path, columns: Columns, delimiters: str = DELIMITERS) -> Roster:
    """Return the roster in ``path``; raises InputError where it cannot be read at all.

    Records are counted as rows: a line break within quotation marks begins no new row.
    """
    version = version_of(path)
    encoding = _encoding(path)
    warnings = []
    if encoding == "cp1252":
        hint = "look at names with accents, or save the file as CSV UTF-8"
        warnings.append(Problem(str(path), "is not UTF-8; it was read as Windows text (cp1252)", hint))
    delimiter = _delimiter(path, encoding, columns, delimiters)
    at, found = next(_filled(_records(path, encoding, delimiter)), (0, []))
    if not at:
        raise InputError(Problem(str(path), "is empty", "begin with a row of headings: handouts roster template FILE"))
    headings = read_headings(found, columns, str(path))

    def rows() -> Iterator[Row]:
        for number, cells in _filled(_records(path, encoding, delimiter)):
            if number > at and (row := headings.row(number, cells)):
                yield row

    return Roster(path, headings.found, (*warnings, *headings.warnings), rows, version)


def _filled(records: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that are not empty, with their numbers from 1."""
    for number, cells in enumerate(records, start=1):
        if any(cell.strip() for cell in cells):
            yield number, cells


def _encoding(path: Path) -> str:
    """Return how the file is encoded: its mark says so, or all of it is valid UTF-8, or it is cp1252."""
    try:
        with path.open("rb") as file:
            chunk = file.read(CHUNK)
            for mark, name in BOMS.items():
                if chunk.startswith(mark):
                    return name
            decoder = codecs.getincrementaldecoder("utf-8")()
            while chunk:
                decoder.decode(chunk)
                chunk = file.read(CHUNK)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be read: {error.strerror}", "check the path")) from None
    return "utf-8"


def _delimiter(path: Path, encoding: str, columns: Columns, delimiters: str) -> str:
    """Return which delimiter makes the most headings of the first row that are known."""
    known = {folded(heading) for heading in (*KEYS, *columns.columns.values(), *columns.ignore)}
    return max(delimiters, key=lambda delimiter: _headings_known(path, encoding, delimiter, known))


def _headings_known(path: Path, encoding: str, delimiter: str, known: set[str]) -> tuple[int, int]:
    try:
        _, cells = next(_filled(_records(path, encoding, delimiter)), (0, []))
    except InputError:
        return 0, 0
    return sum(1 for cell in cells if folded(cell) in known), len(cells)


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the records of the file; raises InputError where they cannot be told apart."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            reader = csv.reader(_lines(file, path), delimiter=delimiter, strict=True)
            while True:
                begun = reader.line_num + 1
                try:
                    yield next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    problem = "a quotation mark is not closed, or stands in the wrong place"
                    hint = 'a cell with quotation marks in it is written "like ""this"" one"'
                    raise InputError(Problem(f"{path}:line {begun}", problem, hint)) from None
    except UnicodeDecodeError:
        hint = "save it as CSV UTF-8"
        raise InputError(Problem(str(path), "has bytes that are no text in its encoding", hint)) from None
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be read: {error.strerror}", "check the path")) from None


def _lines(lines: Iterator[str], path: Path) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            problem = "has a zero byte (NUL), which no text has"
            raise InputError(Problem(f"{path}:line {number}", problem, "save it as CSV UTF-8 again"))
        yield line
