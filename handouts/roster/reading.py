"""Opening a roster, whatever it is written in."""

from __future__ import annotations

from pathlib import Path

from handouts.errors import InputError, Problem
from handouts.roster.columns import Columns
from handouts.roster.csv import open_csv
from handouts.roster.fhir import Drugs, open_bundle
from handouts.roster.json import open_json
from handouts.roster.table import Roster
from handouts.roster.xlsx import open_xlsx

ENDINGS = ".csv, .tsv, .txt, .xlsx, .xlsm, .json, .jsonl or .ndjson"


def open_roster(path: Path, columns: Columns, drugs: Drugs, time_zone: str) -> Roster:
    """Return the roster in ``path``; raises InputError where it cannot be read at all, with every reason.

    The ending of the name says what it is; JSON that begins with an object is a FHIR bundle. ``drugs`` are
    those that are served: a bundle names them in many ways. ``time_zone`` is the clinic's (IANA), for
    bundles in universal time. Problems of single rows are in the rows.
    """
    if str(path) == "-":
        raise InputError(Problem("-", "a roster is read twice, which standard input cannot be", "save it as a file"))
    match path.suffix.casefold():
        case ".csv" | ".txt":
            return open_csv(path, columns)
        case ".tsv":
            return open_csv(path, columns, "\t")
        case ".xlsx" | ".xlsm" | ".xls":
            return open_xlsx(path, columns)
        case ".jsonl" | ".ndjson":
            return open_json(path, columns, lines=True)
        case ".json" if _is_object(path):
            return open_bundle(path, columns, drugs, time_zone)
        case ".json":
            return open_json(path, columns, lines=False)
    raise InputError(Problem(str(path), "is not a kind of file that rosters come in", f"save it as {ENDINGS}"))


def _is_object(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be read: {error.strerror}", "check the path")) from None
