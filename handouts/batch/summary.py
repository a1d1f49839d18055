"""The summary sheet of a run: what was made, what was refused and why, and a box to tick for each packet.

It is for the staff who hand the packets out, in English, and names nobody: patients are rows and record numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from handouts.batch.folder import LEFT
from handouts.batch.ledger import Column, Ledger
from handouts.batch.manifest import Line
from handouts.batch.separator import language
from handouts.output import replacing
from handouts.press.shaping import Faces

BY_DRUG = (Column("Drug", 40), Column("Language", 32), Column("Packets", 14, True), Column("Pages", 14, True))
REFUSED = (Column("Row", 10), Column("Drug", 25), Column("Why", 65))
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
    """The summary of a run. Its list of packets is drawn while they are made, and stands after what is known last."""

    def __init__(self, faces: Faces, paper: str = "letter") -> None:
        """``paper`` is letter or a4."""
        self._ledger = Ledger(faces, paper, "Summary of a run")
        self._packets, self._pages = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        self._refused = 0

    def add(self, line: Line) -> None:
        """Put the next ``line`` on the list, or count it where it was refused."""
        if line.status != "made":
            self._refused += 1
            return
        if not self._packets:
            self._ledger.begin_last()
            self._ledger.section("Packets")
            self._ledger.table(PACKETS)
        self._packets[line.drug, line.locale] += 1
        self._pages[line.drug, line.locale] += line.pages or 0
        told = (str(line.row), line.mrn, line.drug, line.locale, str(line.pages or ""), line.file or "")
        self._ledger.row(("", *told), box=True)

    def write(self, target: str, about: About, lines: Callable[[], Iterable[Line]]) -> int:
        """Write the sheet into the file ``target``; return its number of pages. Nothing can be added afterwards.

        ``lines`` gives those that were added once more, where some were refused: none are kept. Same lines, same bytes.
        Raises OutputError.
        """
        ledger, made = self._ledger, self._packets.total()
        if made:
            ledger.end_last()
        ledger.title("Summary of a run")
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
        if self._refused:
            ledger.section("Refused: correct these rows and run them again")
            ledger.table(REFUSED)
            for line in lines():
                if line.status != "made":
                    ledger.row((str(line.row), line.drug, "; ".join(line.problems)))
        with replacing(target, LEFT) as file:
            return ledger.finish(file, f"{made} packets made, {self._refused} rows refused")
