"""The summary sheet of a run: what was made, what was refused and why, and a box to tick for each packet.

It is for the staff who hand the packets out, in English, and names nobody: patients are rows and record numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
class Summary:
    """What stands on a summary sheet besides the rows."""

    roster: str
    """What the roster is called."""
    edition: int | None
    """The number of the edition that was printed from, if any."""


def write_summary(
    target: str, summary: Summary, lines: Callable[[], Iterable[Line]], faces: Faces, paper: str = "letter"
) -> int:
    """Write the summary of ``lines``, in their order, into the file ``target``; return its number of pages.

    ``lines`` is called three times and gives the same lines each time (``lambda: read_manifest(path)``); none are kept.
    ``paper`` is letter or a4. Same lines, same bytes. Raises OutputError.
    """
    packets, pages = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    refused = 0
    for line in lines():
        if line.status == "made":
            packets[line.drug, line.locale] += 1
            pages[line.drug, line.locale] += line.pages or 0
        else:
            refused += 1
    made = packets.total()
    with replacing(target) as file:
        ledger = Ledger(file, faces, paper, "Summary of a run", f"{made} packets made, {refused} rows refused")
        ledger.title("Summary of a run")
        edition = f"edition {summary.edition}" if summary.edition is not None else "no edition"
        ledger.line(f"{summary.roster}, {edition}")
        figures = [
            (f"{made:,}", "packets made", False),
            (f"{refused:,}", "rows refused", refused > 0),
            (f"{pages.total():,}", "pages in all packets", False),
        ]
        ledger.figures(figures)
        if made:
            ledger.section("Drugs and languages")
            ledger.table(BY_DRUG)
            for drug, locale in sorted(packets):
                key = drug, locale
                ledger.row((drug, language(locale), f"{packets[key]:,}", f"{pages[key]:,}"))
        if refused:
            ledger.section("Refused: correct these rows and run them again")
            ledger.table(REFUSED)
            for line in lines():
                if line.status != "made":
                    ledger.row((str(line.row), line.drug, "; ".join(line.problems)))
        if made:
            ledger.section("Packets")
            ledger.table(PACKETS)
            for line in lines():
                if line.status == "made":
                    told = (str(line.row), line.mrn, line.drug, line.locale, str(line.pages or ""), line.file or "")
                    ledger.row(("", *told), box=True)
        return ledger.finish()
