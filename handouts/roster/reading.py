"""Opening a roster, whatever it is written in."""

from __future__ import annotations

from pathlib import Path

from handouts.errors import InputError, Problem
from handouts.roster.columns import Columns
from handouts.roster.csv import open_csv
from handouts.roster.table import Roster

ENDINGS = ".csv, .tsv, .txt"


def open_roster(path: Path, columns: Columns) -> Roster:
    """Return the roster in ``path``; raises InputError where it cannot be read at all, with every reason.

    The ending of the name says what it is. Problems of single rows are in the rows.
    """
    ending = path.suffix.casefold()
    if ending in (".csv", ".txt"):
        return open_csv(path, columns)
    if ending == ".tsv":
        return open_csv(path, columns, "\t")
    raise InputError(Problem(str(path), "is not a kind of file that rosters come in", f"save it as {ENDINGS}"))
