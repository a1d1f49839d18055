"""``handouts check``: every problem of every row of a roster, before anything is made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handouts.commands.settings import fallback_option, settings_of, settings_options, show_json, show_table, today
from handouts.errors import HandoutError, Problem

if TYPE_CHECKING:
    from handouts.content.clinic import Fallback
    from handouts.roster.orders import Judged
    from handouts.roster.table import Roster, Row

SOME_REFUSED = 1
"""The exit code where some rows have problems."""


@dataclass(slots=True)
class Tally:
    """How many rows there were, and how many of them have problems."""

    rows: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of one row, or a warning."""

    problem: Problem
    row: Row | None = None
    """None: it is about the file."""

    @property
    def place(self) -> str:
        """The heading as the roster has it."""
        key = self.problem.where
        return self.row.places.get(key, key) if self.row else key

    def value(self) -> str | None:
        """What the cell says; what identifies a patient is for the person at the terminal alone."""
        from handouts.content.person import PRIVATE

        if self.row is None or (self.problem.where in PRIVATE and not sys.stdout.isatty()):
            return None
        return self.row.written.get(self.problem.where)

    def entry(self) -> dict[str, object]:
        return {
            "row": self.row.number if self.row else None,
            "column": self.problem.where or None,
            "place": self.place or None,
            "value": self.value(),
            "message": self.problem.message,
            "hint": self.problem.hint,
        }


@click.command()
@click.argument("roster_file", metavar="ROSTER")
@click.option("--columns", "columns_file", metavar="FILE", help="What your own headings, values and dates mean (TOML).")
@click.option("--edition", "edition_file", envvar="HANDOUTS_EDITION", metavar="FILE", help="Check for this edition.")
@fallback_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@settings_options
@click.pass_context
def check(
    ctx: click.Context,
    /,
    roster_file: str,
    columns_file: str | None,
    edition_file: str | None,
    fallback: Fallback | None,
    as_json: bool,
    clinic_file: str | None,
    formularies: tuple[str, ...],
) -> None:
    """Check a roster: every problem of every row. Nothing is made.

    \b
    handouts check tomorrow.csv
    handouts check tomorrow.xlsx --columns columns.toml --json
    """
    from handouts.roster.columns import Columns, read_columns
    from handouts.roster.orders import Judge, identified, judged
    from handouts.roster.reading import open_roster

    settings = settings_of(ctx, clinic_file, formularies)
    try:
        judge = Judge(settings.desk(edition_file, fallback), today())
        columns = read_columns(Path(columns_file)) if columns_file else Columns()
        roster = open_roster(Path(roster_file), columns, judge, judge.clinic.time_zone)
        rows = _begun(judged(roster, judge, identified(roster, judge)))
    except HandoutError as error:
        if not as_json:
            raise
        found = [Finding(problem).entry() for problem in error.problems]
        show_json({"rows": 0, "made": 0, "refused": 0, "problems": found, "warnings": []})
        raise click.exceptions.Exit(error.exit_code) from None
    tally = (_print_json if as_json else _print)(roster, rows)
    if tally.refused:
        raise click.exceptions.Exit(SOME_REFUSED)


def _begun(rows: Iterator[Judged]) -> Iterator[Judged]:
    """Return ``rows`` with the first one read already: what makes a roster unreadable has come up by then."""
    return chain([first] if (first := next(rows, None)) else [], rows)


def _print_json(roster: Roster, rows: Iterator[Judged]) -> Tally:
    warnings = [Finding(problem) for problem in roster.warnings]
    tally = Tally()
    problems = [finding.entry() for finding in _problems(rows, tally, warnings.append)]
    show_json(
        {
            "rows": tally.rows,
            "made": 0,
            "refused": tally.refused,
            "problems": problems,
            "warnings": [finding.entry() for finding in warnings],
        }
    )
    return tally


def _print(roster: Roster, rows: Iterator[Judged]) -> Tally:
    """Print the problems as a table, and warnings on stderr as they come up."""
    for problem in roster.warnings:
        warn(Finding(problem))
    tally = Tally()
    findings = _problems(rows, tally, warn)
    if first := next(findings, None):
        table = (_line(finding) for finding in chain([first], findings))
        head = ("row", "column", "value", "what", "what to do")
        if sys.stdout.isatty():
            show_table(head, table)
        else:
            show_table((*head[:2], *head[3:]), ((*line[:2], *line[3:]) for line in table))
    what = f"{tally.refused} with problems" if tally.refused else "no problems"
    click.echo(f"{roster.path}: {tally.rows} rows, {what}.", err=True)
    return tally


def _problems(rows: Iterator[Judged], tally: Tally, warn: Callable[[Finding], None]) -> Iterator[Finding]:
    """Yield the problems of all rows, and count the rows; ``warn`` takes the warnings."""
    for found in rows:
        tally.rows += 1
        tally.refused += found.order is None
        for problem in found.warnings:
            warn(Finding(problem, found.row))
        for problem in found.problems:
            yield Finding(problem, found.row)


def _line(finding: Finding) -> tuple[str, ...]:
    from handouts.roster.table import plain

    number = str(finding.row.number) if finding.row else ""
    place, value = plain(finding.place), plain(finding.value() or "")
    return number, place, value, finding.problem.message, finding.problem.hint


def warn(finding: Finding) -> None:
    where = f"row {finding.row.number}, {finding.place}" if finding.row else finding.place
    click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {where}: {finding.problem.message}", err=True)
    if finding.problem.hint:
        click.echo(f"  {click.style('hint:', bold=True)} {finding.problem.hint}", err=True)
