"""What a run leaves beside the packets: the manifest, and the refused rows, ready to be corrected and run again."""

from __future__ import annotations

import contextlib
import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from handouts.batch.folder import OWN, PART, Folder, unwritable
from handouts.batch.manifest import NAME, read_manifest
from handouts.batch.run import Outcome
from handouts.content.person import DAMAGED
from handouts.errors import HandoutError, Problem
from handouts.roster.columns import folded
from handouts.roster.table import OTHER_REASON, REASON

REFUSED = "refused.csv"


class Results:
    """The files of a run while it goes on; they take their places when it is finished."""

    def __init__(self, folder: Folder, columns: Sequence[str]) -> None:
        """``columns`` are the headings of the roster. Raises OutputError."""
        self._folder = folder
        self._headings = columns
        self._kept = [at for at, heading in enumerate(columns) if heading not in (REASON, OTHER_REASON)]
        self._columns = [columns[at] for at in self._kept]
        self._reason = OTHER_REASON if REASON in map(folded, self._columns) else REASON
        self._width = len(columns)
        self.refused = 0
        try:
            self._manifest = self._open(NAME, "ascii")
            self._rows = self._open(REFUSED, "utf-8-sig")  # so that Excel knows it for Unicode
        except OSError as error:
            raise unwritable(folder.path, error) from None
        self._writer = csv.writer(self._rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        for file in (self._manifest, self._rows):
            with contextlib.suppress(OSError):  # said already: what is in hand goes to the same full disk
                file.close()

    def add(self, outcome: Outcome) -> None:
        """Write what became of a row. Raises OutputError."""
        try:
            self._manifest.write(outcome.line.dump())
            if outcome.line.status == "refused":
                if not self.refused:
                    self._writer.writerow([*self._columns, self._reason])
                self._writer.writerow(self._refused(outcome))
                self.refused += 1
        except OSError as error:
            raise unwritable(self._folder.path, error) from None

    def finish(self, roster: Path) -> None:
        """Put the files into their places. Raises OutputError.

        A manifest that has packets which this run does not have is kept under a number. Refused rows of an earlier run
        are replaced, or taken away where there are none any more, unless they are the ``roster`` itself.
        """
        folder = self._folder.path
        try:
            for file in (self._manifest, self._rows):
                file.close()
            if self._drops_packets(folder / NAME):
                (folder / NAME).replace(self._free(folder))
            self._part(NAME).replace(folder / NAME)
            if self.refused:
                self._part(REFUSED).replace(folder / REFUSED)
            else:
                self._part(REFUSED).unlink()
                if not _same(folder / REFUSED, roster):
                    (folder / REFUSED).unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from None

    def _refused(self, outcome: Outcome) -> list[str]:
        """Return the row as it is written, with the reason under its heading; what is too much follows.

        What the file itself has wrong, CSV may not: digits that Excel lost, a cell too few, a patient who died. That
        cell is marked as damaged, or for the whole row its record number, so that it is refused until it is mended. A
        cell that nobody reads must not become a formula in the program that opens the file.
        """
        row = outcome.judged.row
        cells = row.cells
        keys = {problem.where or "mrn" for problem in row.problems}
        wrong = keys | {row.places.get(key, key) for key in keys}
        kept, used = [], {*row.places, *row.places.values()}
        for at in self._kept:
            cell = cells[at] if at < len(cells) else ""
            heading = self._headings[at].strip()
            if heading in wrong:
                cell = DAMAGED + cell.lstrip(DAMAGED)
            elif heading not in used and cell.lstrip().startswith(("=", "@")):
                cell = f"'{cell}"
            kept.append(cell)
        return [_whole(cell) for cell in (*kept, reason(outcome), *cells[self._width :])]

    def _drops_packets(self, path: Path) -> bool:
        """Whether the manifest that is there has a packet that this run does not have."""
        if not path.exists():
            return False
        try:
            return any(line.file and not self._folder.journal.has(line.file) for line in read_manifest(path))
        except HandoutError:
            return True

    def _free(self, folder: Path) -> Path:
        number = 1
        while (path := folder / f"manifest-{number}.jsonl").exists():
            number += 1
        return path

    def _part(self, name: str) -> Path:
        return self._folder.path / OWN / f"{name}{PART}"

    def _open(self, name: str, encoding: str) -> IO[str]:
        handle = os.open(self._part(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        return os.fdopen(handle, "w", encoding=encoding, newline="")


def reason(outcome: Outcome) -> str:
    """Return why a row was refused, in one cell: the heading as the roster has it, what, and what to do."""
    places = outcome.judged.row.places
    return "; ".join(_sentence(problem, places.get(problem.where, problem.where)) for problem in outcome.problems)


def _sentence(problem: Problem, place: str) -> str:
    said = f"{place}: {problem.message}" if place else problem.message
    return f"{said} ({problem.hint})" if problem.hint else said


def _whole(cell: str) -> str:
    """Return ``cell`` with U+FFFD for half a character, which no file of text can hold; it is refused again."""
    return cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
