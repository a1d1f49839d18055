"""``handouts doctor``: what this machine can and cannot print."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version

import click

from handouts import __version__
from handouts.commands.settings import Settings, settings_of, settings_options
from handouts.errors import HandoutError, LayoutError, Problem
from handouts.resources import folder

PARTS = ("weasyprint", "jinja2", "babel", "reportlab", "pikepdf", "pydantic")


@click.command()
@settings_options
@click.pass_context
def doctor(ctx: click.Context, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """Say what this machine can and cannot print, and what to do about it. Exit code 5 when something cannot."""
    faults = []
    for good, line in findings(settings_of(ctx, clinic_file, formularies)):
        click.echo(f"{'ok ' if good else 'NOT'}  {line}")
        if not good:
            faults.append(line)
    if faults:
        raise LayoutError(Problem("doctor", f"{len(faults)} of the above are not in order", "see the lines marked NOT"))


def findings(settings: Settings) -> Iterator[tuple[bool, str]]:
    """Yield one line for each thing that printing needs, and whether it is in order."""
    yield True, f"handouts {__version__}, Python {platform.python_version()}"
    yield True, ", ".join(f"{part} {version(part)}" for part in PARTS)
    yield _pango()
    try:
        library = settings.library()
        from babel import Locale

        from handouts.press.fonts import Coverage

        coverage = Coverage(library.fonts)
        names = Locale("en").scripts
        scripts = ", ".join(sorted(names.get(script, script) for script in coverage.scripts()))
        yield bool(scripts), f"fonts: {len(coverage.characters)} characters in regular and bold: {scripts}"
        for name in library.formulary.ids():
            yield _said(f"drug {name}", lambda name=name: library.formulary.drug(name))
        from handouts.checks.catalogs import template, untranslated
        from handouts.checks.parity import wrong_translations
        from handouts.content.language import locale_tags, read_language

        source = template(folder("templates"), library.formulary)
        for tag in locale_tags(library.locales):
            language = read_language(tag, library.locales)
            missing, wrong = len(untranslated(language, source)), len(wrong_translations(language, library))
            faults = [f"{missing} texts have no translation"] * bool(missing) + [f"{wrong} errors"] * bool(wrong)
            what = f"{' and '.join(faults)} (handouts locales check {tag})" if faults else "complete"
            yield not faults, f"language {tag}: {what}"
    except HandoutError as error:
        yield False, str(error)
    what = f"clinic file {settings.clinic_file}" if settings.clinic_file else "clinic: the built-in sample"
    yield _said(what, settings.clinic)


def _said(what: str, read: object) -> tuple[bool, str]:
    assert callable(read)
    try:
        read()
    except HandoutError as error:
        return False, f"{what}: {error}"
    return True, what


def _pango() -> tuple[bool, str]:
    try:
        from handouts.press.typeset import pango_version

        return True, f"Pango {pango_version()}"
    except OSError:
        return False, "Pango is missing: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
