"""``handouts clinic``: the clinic's own file."""

from __future__ import annotations

from pathlib import Path

import click

from handouts.commands.settings import Settings, show_json
from handouts.errors import HandoutError, InputError, OutputError, Problem


@click.group()
def clinic() -> None:
    """Write and check the clinic's own file.

    \b
    handouts clinic init
    handouts clinic check clinic.toml
    """


@clinic.command()
@click.argument("file", default="clinic.toml")
def init(file: str) -> None:
    """Write a commented clinic file to fill in. A file that is there already is left alone."""
    from handouts.content.clinic import starter
    from handouts.output import write

    if file != "-" and Path(file).exists():
        raise OutputError(Problem(file, "is there already, and was left as it is", "name another file"))
    write(file, starter().encode())
    click.echo(f"{file} is written. Fill it in, then: handouts clinic check {file}", err=True)


@clinic.command()
@click.argument("file", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@click.pass_context
def check(ctx: click.Context, file: str | None, as_json: bool) -> None:
    """Check a clinic file: every problem, with its key."""
    from handouts.content.clinic import read_clinic

    before = ctx.obj if isinstance(ctx.obj, Settings) else Settings()
    path = file or before.clinic_file or "clinic.toml"
    problems: tuple[Problem, ...] = ()
    try:
        read_clinic(Path(path))
    except HandoutError as error:
        if not as_json:
            raise
        problems = error.problems
    if as_json:
        show_json({"problems": [{"where": p.where, "message": p.message, "hint": p.hint} for p in problems]})
        if problems:
            raise click.exceptions.Exit(InputError.exit_code)
        return
    click.echo(f"{path}: no problems.", err=True)
