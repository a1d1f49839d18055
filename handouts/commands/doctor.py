"""``handouts doctor``: what this machine can and cannot print."""

from __future__ import annotations

import functools
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

import click

from handouts import __version__
from handouts.commands.settings import Settings, settings_of, settings_options
from handouts.errors import HandoutError, InputError, LayoutError, LeftOut, Problem
from handouts.resources import folder

if TYPE_CHECKING:
    from handouts.library import Library

PARTS = ("weasyprint", "jinja2", "babel", "reportlab", "pikepdf", "pydantic")


class Finding(NamedTuple):
    """Something that printing needs, and whether it is in order."""

    line: str
    good: bool = True
    alone: bool = False
    """It is a drug or a language: without it the others can be printed."""

    def __str__(self) -> str:
        return f"{'ok ' if self.good else 'NOT'}  {self.line}"


@click.command()
@settings_options
@click.pass_context
def doctor(ctx: click.Context, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """Say what this machine can and cannot print, and what to do about it.

    Exit code 1 when a drug or a language cannot be printed, and 5 when nothing can.
    """
    faults = []
    for finding in findings(settings_of(ctx, clinic_file, formularies)):
        click.echo(finding)
        if not finding.good:
            faults.append(finding)
    if faults:
        kind = LeftOut if all(finding.alone for finding in faults) else LayoutError
        raise kind(Problem("doctor", f"{len(faults)} of the above are not in order", "see the lines marked NOT"))


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what printing needs, all of it, whatever is wrong with some of it."""
    yield Finding(f"handouts {__version__}, Python {platform.python_version()}")
    yield Finding(", ".join(f"{part} {version(part)}" for part in PARTS))
    yield _pango()
    try:
        library = settings.sound()[0].library()
    except InputError as error:
        yield from (Finding(str(problem), good=False) for problem in error.problems)
    else:
        yield _fonts(library)
        yield from _drugs(settings)
        yield from _languages(library)
    what = f"clinic file {settings.clinic_file}" if settings.clinic_file else "clinic: the built-in sample"
    yield _read(what, settings.clinic)


def _pango() -> Finding:
    try:
        from handouts.press.typeset import pango_version

        return Finding(f"Pango {pango_version()}")
    except OSError:
        hint = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        return Finding(f"Pango is missing: {hint}", good=False)


def _fonts(library: Library) -> Finding:
    from babel import Locale

    from handouts.press.fonts import Coverage

    coverage, names = Coverage(library.fonts), Locale("en").scripts
    scripts = ", ".join(sorted(names.get(script, script) for script in coverage.scripts()))
    return Finding(f"fonts: {len(coverage.characters)} characters in regular and bold: {scripts}", bool(scripts))


def _drugs(settings: Settings) -> Iterator[Finding]:
    formulary = settings.library().formulary
    for name in formulary.ids():
        yield _read(f"drug {name}", functools.partial(formulary.drug, name), alone=True)


def _languages(library: Library) -> Iterator[Finding]:
    from handouts.checks.catalogs import template, untranslated
    from handouts.checks.parity import wrong_translations
    from handouts.content.language import locale_tags, read_language

    source = template(folder("templates"), library.formulary)
    for tag in locale_tags(library.locales):
        try:
            language = read_language(tag, library.locales)
            missing, wrong = len(untranslated(language, source)), len(wrong_translations(language, library))
        except HandoutError as error:
            yield Finding(f"language {tag}: {error}", good=False, alone=True)
            continue
        faults = [f"{missing} texts have no translation"] * bool(missing) + [f"{wrong} errors"] * bool(wrong)
        what = f"{' and '.join(faults)} (handouts locales check {tag})" if faults else "complete"
        yield Finding(f"language {tag}: {what}", not faults, alone=True)


def _read(what: str, read: Callable[[], object], *, alone: bool = False) -> Finding:
    try:
        read()
    except HandoutError as error:
        return Finding(f"{what}: {error}", good=False, alone=alone)
    return Finding(what)
