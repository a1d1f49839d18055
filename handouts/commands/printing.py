"""What a batch sends to the printer: the print run, labels, the summary sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from handouts.errors import Problem, UsageError

if TYPE_CHECKING:
    from handouts.batch.labels import Label
    from handouts.batch.manifest import Line
    from handouts.batch.run import Outcome
    from handouts.batch.summary import SummarySheet
    from handouts.packet import Desk

Command = TypeVar("Command", bound=Callable[..., Any])
SORTS = ("row", "mrn", "drug", "locale", "pages")
SUMMARY, LABELS = "summary.pdf", "labels.pdf"


@dataclass(slots=True)
class Printing:
    """What was asked for, and what is kept of each row for it."""

    print_run: str | None
    sort: str
    separators: bool
    duplex: bool
    labels: str | None
    """The kind of label sheet."""
    _labels: list[Label] = field(default_factory=list)
    _summary: SummarySheet | None = None

    def check(self, inputs: Iterable[Path], folder: Path) -> None:
        """Raise UsageError for a kind of label sheet that is not known, and for a print run that would take the place
        of one of the ``inputs``, or of what else is written into ``folder``."""
        if self.print_run:
            from handouts.batch.manifest import NAME
            from handouts.batch.results import REFUSED

            used = [*inputs, *(folder / name for name in (NAME, REFUSED, SUMMARY, LABELS))]
            if Path(self.print_run).resolve() in {path.resolve() for path in used}:
                problem = "would take the place of another file of this run"
                raise UsageError(Problem("--print-run", problem, "name another"))
        if self.labels:
            from handouts.batch.labels import STOCKS

            if self.labels not in STOCKS:
                hint = "known: " + ", ".join(sorted(STOCKS))
                raise UsageError(Problem("--labels", f"there are no label sheets called {self.labels!r}", hint))

    def add(self, outcome: Outcome, folder: Path, desk: Desk) -> None:
        """Put the row on the summary in ``folder``, and keep what a label says. Raises OutputError."""
        self._sheet(folder, desk).add(outcome.line)
        order = outcome.judged.order
        if self.labels and order and outcome.line.status == "made":
            from handouts.batch.labels import Label

            treatment, patient = order.treatment, order.patient
            visit = treatment.start if not treatment.done else None
            self._labels.append(Label(outcome.line.row, patient.name, patient.dob, patient.mrn, order.drug, visit))

    def is_result(self, folder: Path) -> Callable[[str], bool]:
        """Return a function that says whether a file of this name in ``folder`` is written here, and is no packet."""
        from handouts.batch.summary import PARTS

        print_run, own = Path(self.print_run or ""), {SUMMARY, LABELS}
        if print_run.parent.resolve() == folder.resolve():
            own.add(print_run.name)
        return lambda name: name in own or PARTS.fullmatch(name) is not None

    def finish(self, folder: Path, roster: Path, desk: Desk) -> None:
        """Write the summary, and what was asked for, from what is in ``folder``. Raises InputError or OutputError."""
        self._write_summary(folder, roster, desk)
        if self.labels:
            self._write_labels(folder, desk)
        if self.print_run:
            self._write_print_run(folder, desk)

    def _sheet(self, folder: Path, desk: Desk) -> SummarySheet:
        """Return the summary; ReportLab is loaded for it when there is a first row, while workers are busy with it."""
        if self._summary is None:
            from handouts.batch.summary import SummarySheet
            from handouts.press.shaping import Faces

            self._summary = SummarySheet(folder / SUMMARY, Faces(desk.library.fonts), desk.clinic.paper)
        return self._summary

    def _write_summary(self, folder: Path, roster: Path, desk: Desk) -> None:
        from handouts.batch.manifest import NAME, read_manifest
        from handouts.batch.summary import About

        about = About(roster.name, desk.edition)
        self._sheet(folder, desk).write(about, lambda: read_manifest(folder / NAME))

    def _write_labels(self, folder: Path, desk: Desk) -> None:
        from handouts.batch.labels import STOCKS, write_labels
        from handouts.press.shaping import Faces

        target = str(folder / LABELS)
        written = write_labels(target, self._labels, STOCKS[str(self.labels)], Faces(desk.library.fonts))
        click.echo(f"{target}: {written.labels} labels on {written.sheets} sheets.", err=True)
        for problem in written.problems:
            click.echo(f"{click.style('warning:', fg='yellow', bold=True)} no label for {problem}", err=True)

    def _write_print_run(self, folder: Path, desk: Desk) -> None:
        from handouts.batch.manifest import NAME, read_manifest
        from handouts.batch.printrun import write_print_run
        from handouts.press.shaping import Faces
        from handouts.values import blank_back

        lines: list[Line] = [line for line in read_manifest(folder / NAME) if line.status == "made"]
        if not lines:
            click.echo("Nothing was made, so there is no print run.", err=True)
            return
        lines.sort(key=lambda line: (getattr(line, self.sort), line.row))
        written = write_print_run(
            str(self.print_run),
            lines,
            folder,
            Faces(desk.library.fonts),
            lambda tag: blank_back(desk.reader.language(tag)),
            duplex=self.duplex,
            separators=self.separators,
        )
        click.echo(f"{self.print_run}: {written.packets} packets on {written.sheets} sheets.", err=True)


def printing_options(command: Command) -> Command:
    """Give a command the options for the printer."""
    options = (
        click.option("--print-run", metavar="FILE", help="Also write one PDF for the printer, all packets in order."),
        click.option("--sort", type=click.Choice(SORTS), default="row", show_default=True, help="The order in it."),
        click.option("--separators/--no-separators", default=True, help="A sheet before each packet in it, or none."),
        click.option("--duplex/--simplex", default=True, help="Print it on both sides of the paper, or on one."),
        click.option("--labels", metavar="KIND", help=f"Also write {LABELS}: patient labels (avery5160, l7160 …)."),
    )
    for option in reversed(options):
        command = option(command)
    return command
