"""What every command can be told: which clinic, which formularies. And how a table is shown."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from handouts.errors import HandoutError, InputError, Problem, UsageError

if TYPE_CHECKING:
    from handouts.content.clinic import Clinic, Fallback
    from handouts.content.drug import Drug
    from handouts.editions.edition import Edition
    from handouts.editions.shelf import Shelf
    from handouts.library import Library
    from handouts.packet import Desk

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Settings:
    clinic_file: str | None = None
    formularies: tuple[str, ...] = ()
    usual: bool = False
    """The clinic's file is that of the environment: an edition, which has its own, goes before it."""
    left_out: frozenset[str] = frozenset()
    """Drugs that this run does without (see ``sound``)."""

    def clinic(self) -> Clinic:
        """Return the clinic of this run: its file, or the built-in sample."""
        from handouts.content.clinic import read_clinic, sample_clinic

        return read_clinic(Path(self.clinic_file)) if self.clinic_file else sample_clinic()

    def library(self) -> Library:
        """Return the shipped drugs, templates, catalogs and fonts, with the drug files of ``--formulary`` on top."""
        from handouts import resources
        from handouts.content.formulary import open_formulary
        from handouts.library import shipped

        formulary = open_formulary(resources.drug_folder(), *(Path(folder) for folder in self.formularies))
        return shipped(replace(formulary, files={n: f for n, f in formulary.files.items() if n not in self.left_out}))

    def sound(self) -> tuple[Settings, list[Problem]]:
        """Return the same without the drugs whose files cannot be read, and what is wrong with those.

        Raises InputError with it where none can be read.
        """
        formulary = self.library().formulary
        faults = formulary.faults()
        problems = [problem for error in faults.values() for problem in error.problems]
        if problems and len(faults) == len(formulary.ids()):
            raise InputError(*problems)
        return replace(self, left_out=self.left_out | faults.keys()), problems

    def shelf(self) -> Shelf:
        """Return the user's shelf of forms, in the cache folder of this machine."""
        from platformdirs import user_cache_path

        from handouts.editions.shelf import Shelf

        return Shelf(user_cache_path("handouts", appauthor=False) / "forms")

    def desk(self, edition_file: str | None = None, fallback: Fallback | None = None) -> Desk:
        """Return the desk of this run: an edition's, or that of the clinic with the user's shelf.

        ``fallback`` is the clinic's where it is not given.
        """
        from handouts.packet import at_edition, typesetting

        if not edition_file:
            clinic = self.clinic()
            return typesetting(clinic, self.library(), self.shelf(), fallback=fallback or clinic.fallback)
        from handouts import resources
        from handouts.editions.edition import Edition

        if (self.clinic_file and not self.usual) or self.formularies:
            problem = "brings its own clinic and drug files"
            raise UsageError(Problem("--edition", problem, "leave out --clinic and --formulary, or --edition"))
        edition = Edition(Path(edition_file), resources.folder("fonts"))
        if not multiprocessing.parent_process():
            say_if_older(edition)
        return at_edition(edition, fallback or edition.clinic.fallback)


def say_if_older(edition: Edition) -> None:
    """Say that the forms of ``edition`` are not those that this program would typeset: they are printed as they are."""
    from handouts import resources
    from handouts.editions.edition import is_older

    if is_older(edition, resources.folder("templates")):
        click.echo(
            f"note: edition {edition.number} was typeset by another version of handouts, or from other styles or fonts."
            " Its forms are printed as they are; new ones come from: handouts edition build",
            err=True,
        )


def settings_options(command: Command) -> Command:
    """Give a command ``--clinic`` and ``--formulary``, which may also stand before its name."""
    clinic = click.option("--clinic", "clinic_file", metavar="FILE", help="The clinic's own file (clinic.toml).")
    formulary = click.option(
        "--formulary",
        "formularies",
        metavar="DIR",
        multiple=True,
        help="A folder with more drug files; may be repeated.",
    )
    return clinic(formulary(command))


fallback_option = click.option(
    "--fallback",
    type=click.Choice(["refuse", "interpreter"]),
    help="Without a translation: refuse, or print English after a page that asks for an interpreter.",
)


def settings_of(ctx: click.Context, clinic_file: str | None, formularies: tuple[str, ...]) -> Settings:
    """Return what was said after the command's name, or before it."""
    before = ctx.obj if isinstance(ctx.obj, Settings) else Settings()
    usual = before.usual and not clinic_file
    return Settings(clinic_file or before.clinic_file, (*before.formularies, *formularies), usual)


def today() -> dt.date:
    """The one place that reads the clock."""
    return dt.date.today()


def treatment_options(command: Command) -> Command:
    """Give a command the options that say when a treatment starts and what was given already."""
    options = (
        click.option("--start", metavar="DATE", help="The day of the first infusion, as 2026-12-01."),
        click.option("--done", metavar="N", help="Infusions already given."),
        click.option("--last", metavar="DATE", help="The day of the last infusion given."),
        click.option("--days", metavar="N", help="Consecutive days, where the prescriber decides them."),
        click.option("--dose", metavar="DOSE", help='The ordered daily dose ("1000 mg"), where no label fixes it.'),
    )
    for option in reversed(options):
        command = option(command)
    return command


def show_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on a terminal, and lines of tab-separated values elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        table = Table(*head)
        for row in rows:
            table.add_row(*row)
        Console(markup=False, emoji=False).print(table)
        return
    for row in chain([head], rows):
        click.echo("\t".join(row))


def progress(done: int, total: int, what: str) -> None:
    """Say how far the work is: on a terminal, in one line that is written over; elsewhere nothing."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {total} {what:<60}", err=True, nl=done == total)


def say_left_out(drugs: Iterable[str], pairs: Iterable[tuple[str, str]]) -> None:
    """Say what was not made: ``drugs`` in no language, and ``pairs`` of drug and language, a line for each language."""
    by_language: dict[str, list[str]] = {}
    for drug, language in sorted(set(pairs)):
        by_language.setdefault(language, []).append(drug)
    for drug in sorted(drugs):
        click.echo(f"left out: {drug}", err=True)
    for language, names in sorted(by_language.items()):
        click.echo(f"left out in {language}: {', '.join(names)}", err=True)


def show_json(data: object) -> None:
    """Print ``data``; half a character (a lone surrogate) is printed as JSON's own escape."""
    text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
    click.echo(text.encode("utf-8", "backslashreplace").decode())


def on_a_terminal() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin.isatty() and not os.environ.get("CI")


def treatment_needed(drug: Drug, data: Mapping[str, object]) -> dict[str, str]:
    """Return what this drug's schedule cannot do without, as key and question, given what is known already."""
    needed = {}
    if not (data.get("done") and data.get("last")):
        needed["start"] = "day of the first infusion (YYYY-MM-DD)"
    if drug.regimen.order and drug.regimen.order.days:
        fewest, most = drug.regimen.order.days
        needed["days"] = f"days in a row, {fewest} to {most}, as the prescriber ordered"
    return needed


def ask(data: Mapping[str, object], needed: dict[str, str], *, elsewhere: type[HandoutError]) -> dict[str, object]:
    """Return ``data`` with answers to what is missing; away from a terminal that is an error."""
    missing = {key: text for key, text in needed.items() if not data.get(key)}
    if missing and not on_a_terminal():
        raise elsewhere(*(Problem(key, "is missing", f"give --{key}: {text}") for key, text in missing.items()))
    return dict(data) | {key: click.prompt(text, err=True) for key, text in missing.items()}
