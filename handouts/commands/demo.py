"""``handouts demo``: sample packets of every drug, to look at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handouts.commands.settings import progress, say_left_out, settings_of, settings_options, show_table, today
from handouts.errors import LeftOut

if TYPE_CHECKING:
    from handouts.content.drug import Drug

PATIENT = {"name": "Sample Patient", "dob": "1980-01-02", "mrn": "000123", "prescriber": "Sample Prescriber"}
START = "2026-12-07"
"""A Monday, so that a course of five days fits a week."""
WHOLE = ("en", "es")
"""The languages in which there is a sample of every drug."""


@dataclass(frozen=True, slots=True)
class Sample:
    drug: str
    locale: str
    packet: str = "intake"
    size: str = "standard"
    paper: str = "letter"

    @property
    def file(self) -> str:
        parts = [self.drug, self.locale, self.packet]
        parts += [part for part in (self.size, self.paper) if part not in ("standard", "letter")]
        return "-".join(parts) + ".pdf"


def samples(drugs: list[str], locales: list[str]) -> list[Sample]:
    """Return what the demo makes: an intake packet of every drug in two languages and of every language for two drugs,
    and one each of the other kinds."""
    first, last = drugs[0], drugs[-1]
    wanted = {(drug, locale) for drug in drugs for locale in WHOLE}
    for at, locale in enumerate(locales):  # other drugs for each language
        wanted |= {(drugs[(at + step) % len(drugs)], locale) for step in (0, len(drugs) // 2)}
    return [
        *(Sample(drug, locale) for drug in drugs for locale in locales if (drug, locale) in wanted),
        Sample(first, "en", "handout", size="large"),
        Sample(first, "es", "consent", size="large"),
        Sample(last, "es", "handout", paper="a4"),
        Sample(last, "en", "consent"),
    ]


@click.command()
@click.option("--out", default="demo", show_default=True, metavar="DIR", help="The folder for the samples.")
@settings_options
@click.pass_context
def demo(ctx: click.Context, out: str, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """Make sample packets: every drug, every language, the sample clinic, an invented patient.

    Every drug in English and Spanish, and two drugs in each other language. A drug or a language with a fault is named
    and left out; exit code 1.

    \b
    handouts demo --out demo
    """
    from handouts.batch.crew import Task, crew
    from handouts.batch.folder import Folder
    from handouts.content.language import locale_tags
    from handouts.content.person import read_order

    settings, problems = settings_of(ctx, clinic_file, formularies).sound()
    desk = settings.desk()
    formulary = desk.library.formulary
    wanted = samples(formulary.ids(), locale_tags(desk.library.locales))
    click.echo(f"Making {len(wanted)} sample packets (a minute or two the first time)", err=True)
    rows: list[tuple[str, ...]] = []
    left: list[tuple[str, str]] = []
    with Folder(Path(out)) as folder, crew(os.cpu_count() or 1, settings.desk, desk, folder.path) as workers:
        orders = [read_order(_data(sample, formulary.drug(sample.drug)), today(), lambda text: []) for sample in wanted]
        sent = [workers.send([Task(order, sample.file)]) for sample, order in zip(wanted, orders, strict=True)]
        for number, (sample, result) in enumerate(zip(wanted, sent, strict=True), start=1):
            (done,) = result.result()
            problems += done.problems
            if done.problems:
                left.append((sample.drug, sample.locale))
            else:
                rows.append((sample.file, sample.drug, sample.locale, sample.packet, str(done.pages)))
            progress(number, len(wanted), sample.file)
        if not rows:
            desk.packet(orders[0])  # raises what is wrong with it
    click.echo(f"{len(rows)} packets are in {out}.", err=True)
    say_left_out(settings.left_out, left)
    show_table(("file", "drug", "language", "packet", "pages"), rows)
    if problems:
        raise LeftOut(*dict.fromkeys(problems))


def _data(sample: Sample, drug: Drug) -> dict[str, object]:
    """Return the order of a sample, as a person would type it."""
    given = {name: getattr(sample, name) for name in ("drug", "locale", "packet", "size", "paper")}
    days = {"days": str(drug.fewest_days)} if drug.fewest_days else {}
    return {**PATIENT, "start": START, **given, **days}
