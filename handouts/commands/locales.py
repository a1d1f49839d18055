"""``handouts locales``: the languages, what their catalogs lack, and what is wrong with them."""

from __future__ import annotations

import click

from handouts.commands.settings import settings_of, settings_options, show_json, show_table
from handouts.errors import LanguageError, Problem
from handouts.resources import folder


@click.group()
def locales() -> None:
    """List the languages, check their catalogs, and bring them up to date.

    \b
    handouts locales list
    handouts locales check es
    handouts locales update es
    """


@locales.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@settings_options
@click.pass_context
def list_(ctx: click.Context, as_json: bool, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """List the languages and how much of each is translated."""
    from handouts.checks.catalogs import template, untranslated
    from handouts.content.language import locale_tags, read_language

    library = settings_of(ctx, clinic_file, formularies).library()
    source = template(folder("templates"), library.formulary)
    rows = []
    for tag in locale_tags(folder("locales")):
        language = read_language(tag, folder("locales"))
        missing = len(untranslated(language, source))
        rows.append((language.bcp47, language.file.english_name, len(source) - missing, missing))
    if as_json:
        keys = ("locale", "name", "translated", "missing")
        show_json([dict(zip(keys, row, strict=True)) for row in rows])
        return
    show_table(("locale", "language", "translated", "missing"), [tuple(str(cell) for cell in row) for row in rows])


@locales.command()
@click.argument("what", nargs=-1, metavar="[TAG|FILE.po]…")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@settings_options
@click.pass_context
def check(
    ctx: click.Context, what: tuple[str, ...], as_json: bool, clinic_file: str | None, formularies: tuple[str, ...]
) -> None:
    """Hold translations against the English: numbers, units, names, negations, placeholders and more.

    \b
    handouts locales check
    handouts locales check es
    handouts locales check es.po --json
    """
    from handouts.checks.finding import Severity
    from handouts.checks.proofs import proof, proofs_of

    library = settings_of(ctx, clinic_file, formularies).library()
    found = [finding for item in proofs_of(what, library) for finding in proof(item, library)]
    standing = [finding for finding in found if not finding.waived]
    errors = sum(finding.severity is Severity.ERROR for finding in standing)
    counts = {"errors": errors, "warnings": len(standing) - errors, "waived": len(found) - len(standing)}
    if as_json:
        show_json({**counts, "findings": [finding.row() for finding in found]})
    else:
        if standing:
            rows = [
                (item.where, item.short, f"{item.severity}: {item.rule}", item.what, item.hint) for item in standing
            ]
            show_table(("where", "text", "rule", "what", "what to do"), rows)
        click.echo(", ".join(f"{count} {name}" for name, count in counts.items()) + ".", err=True)
    if errors:
        raise click.exceptions.Exit(LanguageError.exit_code)


@locales.command()
@click.argument("tag", required=False)
@settings_options
@click.pass_context
def update(ctx: click.Context, tag: str | None, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """Bring one catalog, or all of them, up to the texts of today. No translation is ever guessed."""
    from handouts.checks.catalogs import template, updated
    from handouts.content.language import locale_tags, read_language
    from handouts.output import write

    library = settings_of(ctx, clinic_file, formularies).library()
    source = template(folder("templates"), library.formulary)
    known = locale_tags(folder("locales"))
    if tag and tag not in known:
        raise LanguageError(Problem("locale", f"there is no locale {tag!r}", "available: " + ", ".join(known)))
    for name in [tag] if tag else known:
        path = folder("locales") / name / "LC_MESSAGES" / "handouts.po"
        if not path.is_file() and read_language(name, folder("locales")).file.source:
            continue
        before = path.read_bytes() if path.is_file() else None
        write(str(path), updated(before, name, source))
        path.chmod(0o644)
        click.echo(f"{path} is up to date.", err=True)
