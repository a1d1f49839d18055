"""``handouts demo``: sample packets of every drug, to look at."""

from __future__ import annotations

from dataclasses import dataclass

import click

from handouts.commands.settings import progress, settings_of, settings_options, show_table, today

PATIENT = {"name": "Sample Patient", "dob": "1980-01-02", "mrn": "000123", "prescriber": "Sample Prescriber"}
START = "2026-12-07"
"""A Monday, so that a course of five days fits a week."""


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
    """Return what the demo makes: an intake packet of every drug and language, and one each of the other kinds."""
    first, last = drugs[0], drugs[-1]
    return [
        *(Sample(drug, locale) for drug in drugs for locale in locales),
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

    \b
    handouts demo --out demo
    """
    from handouts.content.language import locale_tags
    from handouts.content.person import read_order
    from handouts.output import make_folder, write
    from handouts.packet import Desk

    settings = settings_of(ctx, clinic_file, formularies)
    library, folder = settings.library(), make_folder(out)
    desk = Desk(settings.clinic(), library, settings.shelf())
    rows = []
    wanted = samples(library.formulary.ids(), locale_tags(library.locales))
    for number, sample in enumerate(wanted, start=1):
        progress(number, len(wanted), sample.file)
        drug = library.formulary.drug(sample.drug)
        order = {
            **PATIENT,
            "drug": sample.drug,
            "start": START,
            "locale": sample.locale,
            "packet": sample.packet,
            "size": sample.size,
            "paper": sample.paper,
            **({"days": str(drug.fewest_days)} if drug.fewest_days else {}),
        }
        packet = desk.packet(read_order(order, today(), lambda text: []))
        write(str(folder / sample.file), packet.pdf)
        rows.append((sample.file, sample.drug, sample.locale, ", ".join(packet.documents), str(packet.pages)))
    click.echo(f"{len(wanted)} packets are in {folder}.", err=True)
    show_table(("file", "drug", "language", "documents", "pages"), rows)
