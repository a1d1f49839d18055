"""``handouts batch``: a roster in, packets out."""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handouts.commands.check import SOME_REFUSED, Finding, warn
from handouts.commands.printing import Printing, printing_options
from handouts.commands.settings import Settings, fallback_option, settings_of, settings_options, show_json, today
from handouts.errors import HandoutError, InputError, OutputError, Problem, UsageError

if TYPE_CHECKING:
    from handouts.batch.crew import Crew
    from handouts.batch.names import Names
    from handouts.batch.run import Outcome
    from handouts.content.clinic import Fallback
    from handouts.library import Library
    from handouts.packet import Desk
    from handouts.roster.orders import Judged
    from handouts.roster.table import Roster

OFTEN = 10.0
"""How often a run that is not watched says how far it is, in seconds."""
NAMED = 10
"""How many files are named before the rest is only counted."""


@dataclass(slots=True)
class Tally:
    """What a run has done so far."""

    rows: int = 0
    made: int = 0
    again: int = 0
    """Of those made, how many were there already."""
    refused: int = 0
    slips: int = 0
    """Of those made, how many are in English and begin with an interpreter slip."""
    pages: int = 0
    kept: bool = False
    """Whether problems and warnings are kept, for ``--json``; a long roster may have many."""
    problems: list[dict[str, object]] = field(default_factory=list)
    warnings: list[dict[str, object]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count ``outcome``, and say its warnings."""
        row = outcome.judged.row
        self.rows += 1
        self.refused += outcome.line.status == "refused"
        self.made += outcome.line.status == "made"
        self.again += outcome.again
        self.slips += outcome.slip
        self.pages += outcome.line.pages or 0
        for problem in outcome.judged.warnings:
            warn(Finding(problem, row))
        if self.kept:
            self.problems += [Finding(problem, row).entry() for problem in outcome.problems]
            self.warnings += [Finding(problem, row).entry() for problem in outcome.judged.warnings]


@click.command()
@click.argument("roster_file", metavar="ROSTER")
@click.option("--out", required=True, metavar="DIR", help="The folder for the packets. A stopped run goes on there.")
@click.option("--columns", "columns_file", metavar="FILE", help="What your own headings, values and dates mean (TOML).")
@click.option("--edition", "edition_file", envvar="HANDOUTS_EDITION", metavar="FILE", help="Print from this edition.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="How many processes.  [default: one for each core]")
@click.option("--scheduler", metavar="ADDRESS", help="Make them on this Dask cluster (tls://…); needs --edition.")
@click.option("--names", "pattern", metavar="PATTERN", help='File names, as "{row:05}-{drug}-{hash}".')
@click.option("--shard", metavar="K/N", help="Make only part K of N: each patient is in the same part everywhere.")
@click.option("--redact", metavar="FILE.zip", help="Make nothing: write what a bug report needs, without any value.")
@fallback_option
@printing_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@settings_options
@click.pass_context
def batch(
    ctx: click.Context,
    /,
    roster_file: str,
    out: str,
    columns_file: str | None,
    edition_file: str | None,
    jobs: int | None,
    scheduler: str | None,
    pattern: str | None,
    shard: str | None,
    redact: str | None,
    fallback: Fallback | None,
    print_run: str | None,
    sort: str,
    separators: bool,
    duplex: bool,
    labels: str | None,
    as_json: bool,
    clinic_file: str | None,
    formularies: tuple[str, ...],
) -> None:
    """Make a packet for every row of a roster. Rows with problems are refused by name; all others are made.

    Stopped at any moment, the same command goes on where it was.

    \b
    handouts batch tomorrow.csv --out tomorrow
    handouts batch tomorrow.xlsx --out tomorrow --edition clinic.edition --print-run tomorrow.pdf
    """
    from handouts.batch.names import USUAL, Names

    settings, part, names = settings_of(ctx, clinic_file, formularies), _part(shard), Names(pattern or USUAL)
    open_desk = functools.partial(settings.desk, edition_file, fallback)
    if not out.strip():
        raise UsageError(Problem("--out", "is empty", "name a folder for the packets"))
    if redact:
        desk = open_desk()
        open_run = functools.partial(_opened, Path(roster_file), columns_file, desk, part)
        _report(redact, open_run, settings, desk.library, Path(out))
        return
    tally, printing = Tally(kept=as_json), Printing(print_run, sort, separators, duplex, labels)
    inputs = [Path(name) for name in (roster_file, columns_file, edition_file, settings.clinic_file) if name]
    printing.check(inputs, Path(out))
    open_crew = _crew(jobs, open_desk, scheduler, edition_file)
    try:
        desk = open_desk()
        with open_crew(desk, Path(out)) as workers:
            run = _opened(Path(roster_file), columns_file, desk, part)
            _make(run, Path(out), names, workers, tally, printing)
    except HandoutError as error:
        if not as_json:
            raise
        _show(tally, [Finding(problem).entry() for problem in error.problems])
        raise click.exceptions.Exit(error.exit_code) from None
    if as_json:
        _show(tally, [])
    if tally.refused:
        raise click.exceptions.Exit(SOME_REFUSED)


@dataclass(frozen=True, slots=True)
class Run:
    """A roster that can be read to its end, and who judges it."""

    roster: Roster
    rows: Iterator[Judged]
    count: int | None
    """How many these are; None for a part of a roster."""
    desk: Desk


def _opened(path: Path, columns_file: str | None, desk: Desk, part: tuple[int, int] | None) -> Run:
    """Open the roster, and read it once. Raises InputError where it cannot be read."""
    from handouts.batch.run import in_shard
    from handouts.roster.columns import Columns, read_columns
    from handouts.roster.orders import Judge, identified, judged
    from handouts.roster.reading import open_roster

    judge = Judge(desk, today())
    columns = read_columns(Path(columns_file)) if columns_file else Columns()
    roster = open_roster(path, columns, judge, desk.clinic.time_zone)
    for problem in roster.warnings:
        warn(Finding(problem))
    identities = identified(roster, judge)
    rows = judged(roster, judge, identities)
    if part:
        rows = (found for found in rows if in_shard(found.row.data.get("mrn", ""), *part))
    return Run(roster, rows, None if part else identities.rows, desk)


def _report(target: str, open_run: Callable[[], Run], settings: Settings, library: Library, out: Path) -> None:
    """Write the bundle for a bug report. Raises OutputError."""
    from handouts.batch.support import bundle, redactor, shape, unreadable
    from handouts.commands.doctor import findings
    from handouts.output import write

    hide = redactor(library, secrets.token_bytes(32))
    machine = [str(finding) for finding in findings(replace(settings, clinic_file=None))]
    try:
        run = open_run()
        roster = shape(run.roster, run.rows, hide)
    except InputError as error:
        roster = unreadable(error, hide)
    write(target, bundle(machine, roster, out, hide))
    click.echo(
        f"{target}: for a bug report. It has the headings of the roster, and no value. Nothing was made.", err=True
    )


OpenCrew = Callable[["Desk", Path], AbstractContextManager["Crew"]]
"""Calls those who make packets for a desk into a folder."""


def _crew(jobs: int | None, open_desk: Callable[[], Desk], scheduler: str | None, edition_file: str | None) -> OpenCrew:
    """Return who makes the packets: processes of this machine, or a cluster. Raises UsageError."""
    if not scheduler:
        from handouts.batch.crew import crew

        return functools.partial(crew, jobs or os.cpu_count() or 1, open_desk)
    if not edition_file:
        problem = "needs --edition: it is all that the workers are given"
        raise UsageError(Problem("--scheduler", problem, "build one: handouts edition build"))
    if jobs:
        raise UsageError(Problem("--jobs", "does not go with --scheduler", "leave out one of the two"))
    try:
        from handouts.batch.cluster import cluster
    except ModuleNotFoundError as missing:
        if missing.name not in ("dask", "distributed"):
            raise
        hint = "install it: pip install 'handouts[dask]'"
        raise UsageError(Problem("--scheduler", "Dask is not installed", hint)) from None
    for name in ("distributed.client", "distributed.utils"):  # what goes wrong is said in our own words
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return functools.partial(cluster, scheduler, Path(edition_file))


def _make(run: Run, out: Path, names: Names, workers: Crew, tally: Tally, printing: Printing) -> None:
    """Make everything, and say what was made. Raises OutputError, also where it is stopped."""
    from handouts.batch.folder import Folder
    from handouts.batch.results import REFUSED, Results
    from handouts.batch.run import outcomes

    with Folder(out) as folder, Results(folder, run.roster.columns) as results:
        try:
            found = outcomes(run.rows, run.desk, folder, names, _salt(run.roster.path), workers)
            for outcome in _watched(found, run.count):
                results.add(outcome)
                tally.add(outcome)
                printing.add(outcome, out, run.desk)
            results.finish(run.roster.path)
        except KeyboardInterrupt:
            problem = f"stopped after {_so_far(tally.rows, run.count)}"
            raise OutputError(Problem("", problem, "the same command goes on from there")) from None
        finally:
            workers.stop()
        click.echo(f"{out}: {tally.rows} rows, {tally.made} packets made, {tally.refused} refused.", err=True)
        if tally.slips:
            click.echo(
                f"{tally.slips} of the packets are in English, with a page that asks for an interpreter.", err=True
            )
        if tally.again:
            click.echo(f"{tally.again} of the packets were there already.", err=True)
        if tally.refused:
            click.echo(f"The refused rows, and why: {out / REFUSED}", err=True)
        _say_others(folder.others(printing.is_result(out)))
        printing.finish(out, run.roster.path, run.desk)


def _salt(roster: Path) -> bytes:
    """Return the key of a new folder's hashes: whoever has only the names of the files cannot guess it."""
    try:
        with roster.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise InputError(Problem(str(roster), f"cannot be read: {error.strerror}", "check the path")) from None


def _say_others(others: list[str]) -> None:
    """Say which packets in the folder are not in this roster; they are left alone."""
    if others:
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        shown = ", ".join(others[:NAMED])
        click.echo(f"Not in this roster, and left alone: {len(others)} packets: {shown}{more}", err=True)


def _so_far(number: int, count: int | None) -> str:
    return f"{number} of {count} rows" if count else f"{number} rows"


def _watched(found: Iterator[Outcome], count: int | None) -> Iterator[Outcome]:
    """Yield ``found`` while the progress is shown: a bar on a terminal, a line now and then elsewhere."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task, began = progress.add_task("", total=count, rate=""), time.monotonic()
            for number, outcome in enumerate(found, start=1):
                yield outcome
                rate = f"{number / (time.monotonic() - began):.0f} a second"
                progress.update(task, completed=number, rate=rate)
        return
    said = time.monotonic()
    for number, outcome in enumerate(found, start=1):
        yield outcome
        if time.monotonic() - said > OFTEN:
            said = time.monotonic()
            click.echo(_so_far(number, count), err=True)


def _part(shard: str | None) -> tuple[int, int] | None:
    """Return K and N of ``K/N``; raises UsageError."""
    if shard is None:
        return None
    if found := re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", shard.strip()):
        part, parts = int(found[1]), int(found[2])
        if 1 <= part <= parts:
            return part, parts
    raise UsageError(Problem("--shard", f"{shard!r} is not K/N with K from 1 to N", "write it like 1/4"))


def _show(tally: Tally, problems: list[dict[str, object]]) -> None:
    show_json(
        {
            "rows": tally.rows,
            "made": tally.made,
            "refused": tally.refused,
            "already_made": tally.again,
            "interpreter_slips": tally.slips,
            "pages": tally.pages,
            "problems": tally.problems + problems,
            "warnings": tally.warnings,
        }
    )
