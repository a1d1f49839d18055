"""The summary sheet of a run: what was made, what was refused and why, and a box to tick for each packet.

It is for the staff who hand the packets out, in English, and names nobody: patients are rows and record numbers.
"""

from __future__ import annotations

import gc
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from handouts.batch.folder import LEFT, unwritable
from handouts.batch.ledger import Column, Ledger
from handouts.batch.manifest import Line
from handouts.batch.separator import language
from handouts.output import replacing
from handouts.press.shaping import Faces

BY_DRUG = (Column("Drug", 40), Column("Language", 32), Column("Packets", 14, True), Column("Pages", 14, True))
REFUSED = (Column("Row", 10), Column("Drug", 25), Column("Why", 65))
TITLE = "Summary of a run"
MOST = 10_000
"""The most packets of a file."""
MOST_REFUSED = 1_000
"""The most refused rows of a summary; the file of refused rows has all of them."""
PARTS = re.compile(r"summary-[0-9]+\.pdf")
"""The names of the files in which a long list goes on; names of packets have a hash in them."""
PACKETS = (
    *(Column("", 4), Column("Row", 8), Column("Record number", 18), Column("Drug", 20)),
    *(Column("Language", 11), Column("Pages", 8, True), Column("File", 31)),
)


@dataclass(frozen=True, slots=True)
class About:
    """What stands on a summary sheet besides the rows."""

    roster: str
    """What the roster is called."""
    edition: int | None
    """The number of the edition that was printed from, if any."""


class SummarySheet:
    """The summary of a run. Its list of packets is drawn while they are made, and stands after what is known last.

    A list longer than ``MOST`` goes on in files of its own, ``summary-2.pdf`` and so on, so that memory does not grow
    with it.
    """

    def __init__(self, target: Path, faces: Faces, paper: str = "letter") -> None:
        """``target`` is the file, beside which the others are; ``paper`` is letter or a4."""
        self._target, self._faces, self._paper = target, faces, paper
        self._first = self._list = Ledger(faces, paper, TITLE)
        self._packets, self._pages = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        self._files = 1
        self._listed = self._refused = 0

    def add(self, line: Line) -> None:
        """Put the next ``line`` on the list, or count it where it was refused. Raises OutputError."""
        if line.status != "made":
            self._refused += 1
            return
        if self._listed == MOST:
            self._end_list()
            self._files += 1
            self._list, self._listed = Ledger(self._faces, self._paper, f"{TITLE}, part {self._files}"), 0
        if not self._listed:
            if self._list is self._first:
                self._first.begin_last()
            self._list.section("Packets")
            self._list.table(PACKETS)
        self._listed += 1
        self._packets[line.drug, line.locale] += 1
        self._pages[line.drug, line.locale] += line.pages or 0
        told = (str(line.row), line.mrn, line.drug, line.locale, str(line.pages or ""), line.file or "")
        self._list.row(("", *told), box=True)

    def write(self, about: About, lines: Callable[[], Iterable[Line]]) -> int:
        """Write the sheet; return the number of pages of its first file. Nothing can be added afterwards.

        ``lines`` gives those that were added once more, where some were refused: none are kept. Same lines, same bytes.
        Files of an earlier, longer list are taken away. Raises OutputError.
        """
        if self._packets:
            self._end_list()
        self._take_away_earlier()
        ledger, made = self._first, self._packets.total()
        ledger.title(TITLE)
        edition = f"edition {about.edition}" if about.edition is not None else "no edition"
        ledger.line(f"{about.roster}, {edition}")
        figures = [
            (f"{made:,}", "packets made", False),
            (f"{self._refused:,}", "rows refused", self._refused > 0),
            (f"{self._pages.total():,}", "pages in all packets", False),
        ]
        ledger.figures(figures)
        if made:
            ledger.section("Drugs and languages")
            ledger.table(BY_DRUG)
            for drug, locale in sorted(self._packets):
                key = drug, locale
                ledger.row((drug, language(locale), f"{self._packets[key]:,}", f"{self._pages[key]:,}"))
        if self._files > 1:
            ledger.line(f"After the first {MOST:,}, the packets are listed in {part(self._target, 2).name} and so on.")
        if self._refused:
            self._list_refused(line for line in lines() if line.status != "made")
        return self._finish(ledger, self._target, f"{made} packets made, {self._refused} rows refused")

    def _take_away_earlier(self) -> None:
        """Take away what an earlier, longer list has left, the last first: a run that is killed leaves no gap."""
        numbered = (part(self._target, number) for number in itertools.count(self._files + 1))
        try:
            for file in reversed(list(itertools.takewhile(Path.exists, numbered))):
                file.unlink()
        except OSError as error:
            raise unwritable(self._target.parent, error) from None

    def _list_refused(self, lines: Iterable[Line]) -> None:
        self._first.section("Refused: correct these rows and run them again")
        self._first.table(REFUSED)
        for line in itertools.islice(lines, MOST_REFUSED):
            self._first.row((str(line.row), line.drug, "; ".join(line.problems)))
        if (more := self._refused - MOST_REFUSED) > 0:
            self._first.line(f"{more:,} more rows were refused: refused.csv has them all.")

    def _end_list(self) -> None:
        if self._list is self._first:
            self._first.end_last()
        else:
            self._finish(self._list, part(self._target, self._files), "")
            self._list = self._first
            gc.collect()  # ReportLab's objects hold each other; all pages of a file would stay until the end

    def _finish(self, ledger: Ledger, path: Path, subject: str) -> int:
        with replacing(str(path), LEFT) as file:
            return ledger.finish(file, subject)


def part(target: Path, number: int) -> Path:
    """Return the file in which the list of the summary ``target`` goes on; the second is the first of them."""
    return target.with_stem(f"{target.stem}-{number}")
