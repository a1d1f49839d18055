"""``handouts roster``: an empty roster to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from handouts.commands.settings import settings_of, settings_options, today
from handouts.errors import OutputError, Problem, UsageError

ENDINGS = (".csv", ".xlsx")


@click.group()
def roster() -> None:
    """Begin a roster.

    \b
    handouts roster template tomorrow.xlsx
    handouts check tomorrow.xlsx
    """


@roster.command()
@click.argument("file", metavar="FILE.csv|FILE.xlsx")
@settings_options
@click.pass_context
def template(ctx: click.Context, file: str, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """Write an empty roster with its headings and one sample patient. A file that is there already is left alone.

    A workbook has lists to choose from, explains its columns, and keeps leading zeros and dates as they are typed.
    """
    settings = settings_of(ctx, clinic_file, formularies)
    ending = Path(file).suffix.casefold()
    if ending not in ENDINGS:
        raise UsageError(Problem(file, "is neither .csv nor .xlsx", "name the file roster.csv or roster.xlsx"))
    if Path(file).exists():
        raise OutputError(Problem(file, "is there already, and was left as it is", "name another file"))

    from handouts.output import write
    from handouts.roster.template import csv_template, sample_row, xlsx_template

    library = settings.library()
    sample = sample_row(settings.clinic(), library, today())
    write(file, xlsx_template(sample, library) if ending == ".xlsx" else csv_template(sample))
    click.echo(f"{file} is written. Put your patients in place of the sample, then: handouts check {file}", err=True)
