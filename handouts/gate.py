"""The one way to paper: documents are typeset only where every text of theirs is translated, and none wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handouts.errors import LanguageError, LayoutError, Problem
from handouts.library import Library
from handouts.press.sheet import Sheet

if TYPE_CHECKING:
    from handouts.press.typeset import Typeset

NO_FORM = Problem("", "the edition has no form for this order", "build an edition that has it")


def set_pages(sheet: Sheet, documents: tuple[str, ...], fields: dict[str, str], library: Library) -> Typeset:
    """Return ``documents`` typeset with ``fields`` in place. Raises what ``write_pages`` raises."""
    return set_written(write_pages(sheet, documents, fields, library), sheet, library)


def set_written(pages: list[tuple[str, str]], sheet: Sheet, library: Library) -> Typeset:
    """Return typeset what ``write_pages`` returned for ``sheet``. Raises LayoutError."""
    if library.templates is None:
        raise LayoutError(NO_FORM)
    from handouts.press.pages import Pages
    from handouts.press.typeset import typeset

    styles = Pages(library.templates).styles(sheet)
    return typeset(pages, styles=styles, templates=library.templates, fonts=library.fonts)


def write_pages(
    sheet: Sheet, documents: tuple[str, ...], fields: dict[str, str], library: Library
) -> list[tuple[str, str]]:
    """Return ``documents`` (name, HTML) with ``fields`` in place.

    This is the one way to paper, so nothing is written in a language with a wrong or missing translation: raises
    LanguageError with every one. Raises LayoutError where only an edition is at hand.
    """
    if library.templates is None:
        raise LayoutError(NO_FORM)
    from handouts.checks.parity import wrong_translations
    from handouts.press.pages import Pages

    pages = Pages(library.templates)
    html: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for language in () if sheet.preview else sheet.languages:
        problems += wrong_translations(language, library)
    for document in documents:
        try:
            html.append((document, pages.html(document, sheet, fields)))
        except LanguageError as error:
            problems += error.problems
    if problems:
        raise LanguageError(*dict.fromkeys(problems))
    return html
