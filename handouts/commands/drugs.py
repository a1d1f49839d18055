"""``handouts drugs``: what the formulary knows, and where each fact was read."""

from __future__ import annotations

from pathlib import Path

import click

from handouts.commands.settings import settings_of, settings_options, show_json, show_table
from handouts.errors import HandoutError, InputError, Problem


@click.group()
def drugs() -> None:
    """List, show and check the drugs that are known.

    \b
    handouts drugs list
    handouts drugs show ocrelizumab
    handouts drugs check my-drug.toml
    """


@drugs.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@settings_options
@click.pass_context
def list_(ctx: click.Context, as_json: bool, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """List the drugs."""
    formulary = settings_of(ctx, clinic_file, formularies).library().formulary
    known = [formulary.drug(name) for name in formulary.ids()]
    if as_json:
        show_json(
            [
                {
                    "id": drug.id,
                    "generic": drug.names.generic,
                    "brands": drug.names.brands,
                    "region": drug.region,
                    "as_of": drug.as_of,
                }
                for drug in known
            ]
        )
        return
    show_table(
        ("drug", "brands", "facts as of"),
        [(drug.id, ", ".join(drug.names.brands), drug.as_of.isoformat()) for drug in known],
    )


@drugs.command()
@click.argument("drug")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@settings_options
@click.pass_context
def show(ctx: click.Context, drug: str, as_json: bool, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """Show every fact of a drug with its source. Unverified ones are marked; they are never printed."""
    from handouts.content.facts import statements

    found = settings_of(ctx, clinic_file, formularies).library().formulary.drug(drug)
    if as_json:
        show_json(found.model_dump(mode="json", by_alias=True))
        return
    for key, said, fact in statements(found):
        click.echo(f"{key}: {said}")
        if not fact.verified:
            click.echo("    UNVERIFIED: not printed")
        for source in fact.source:
            click.echo(f"    {found.sources[source]} (as of {fact.as_of.isoformat()})")
        if fact.note:
            click.echo(f"    note: {fact.note}")


@drugs.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def check(files: tuple[str, ...], as_json: bool) -> None:
    """Check drug files: every problem of every file, with its key."""
    from handouts.content.formulary import read_drug

    problems: list[Problem] = []
    for file in files:
        try:
            read_drug(Path(file))
        except HandoutError as error:
            problems += error.problems
    if as_json:
        show_json(
            {"problems": [{"where": p.where, "message": p.message, "hint": p.hint} for p in problems]},
        )
        if problems:
            raise click.exceptions.Exit(InputError.exit_code)
        return
    if problems:
        raise InputError(*problems)
    click.echo(f"{len(files)} checked, no problems.", err=True)


@drugs.command()
def schema() -> None:
    """Print the JSON Schema of a drug file, so that an editor can complete it."""
    from handouts.content.drug import Drug

    show_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **Drug.model_json_schema(by_alias=True)})
