"""Catalogs: which texts there are to translate, where each stands, and which a locale still lacks."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po

from handouts import values
from handouts.calendar_file import TITLES
from handouts.content.catalog import Texts, read_texts
from handouts.content.facts import words
from handouts.content.formulary import Formulary
from handouts.content.language import Language
from handouts.press import pages

PYTHON = dict.fromkeys(("_gettext", "_ngettext", "gettext"))
"""What messages in the program itself are marked with."""


def template(templates: Path, formulary: Formulary) -> Catalog:
    """Return every text that reaches a page, without translations.

    Comments say in which document or drug file, and under which key, a text stands. The order is that of the
    documents, then of the drug files.
    """
    catalog = Catalog(project="handouts", charset="utf-8", fuzzy=False)
    for file, line, context, text, plural, comments in pages.template_messages(templates):
        where = f"templates/{file}"
        _add(catalog, text, plural, context, (where, line), [f"In the document or part: {file}", *comments])
    for module, comment in ((pages, "A number in words"), (values, "The text of a field")):
        source = io.BytesIO(Path(str(module.__file__)).read_bytes())
        for line, _, found, _ in extract_python(source, PYTHON, ["TRANSLATORS:"], {}):
            text, *others = [found] if isinstance(found, str) else [part for part in found or () if part]
            place = (f"{module.__name__.replace('.', '/')}.py", line)
            _add(catalog, text, others[0] if others else None, None, place, [comment])
    for title in TITLES.values():
        _add(catalog, title, None, None, ("handouts/calendar_file.py", 0), ["The title of an event in a calendar"])
    for name in formulary.ids():
        drug = formulary.drug(name)
        for key, text in words(drug):
            where = f"handouts/drugs/{name}.toml"
            _add(catalog, text, None, None, (where, 0), [f"{drug.names.generic}: {key}"])
    return catalog


def _add(
    catalog: Catalog, text: str, plural: str | None, context: str | None, place: tuple[str, int], comments: list[str]
) -> None:
    known = catalog.get(text, context)
    if known is not None:
        comments = [comment for comment in comments if comment not in known.auto_comments][:3]
    catalog.add(
        (text, plural) if plural else text,
        locations=[place] if place[1] else [(place[0], 1)],
        auto_comments=comments,
        context=context,
    )


def updated(catalog: bytes | None, tag: str, source: Catalog) -> bytes:
    """Return the ``.po`` of the locale ``tag`` brought up to ``source``: new texts empty, changed ones never guessed.

    A translation whose English is gone is kept at the end as obsolete (``#~``).
    """
    current = read_po(io.BytesIO(catalog), locale=tag) if catalog else Catalog(locale=tag, fuzzy=False)
    current.update(source, no_fuzzy_matching=True, update_header_comment=False)
    current.fuzzy = False
    return _written(current)


def _written(catalog: Catalog) -> bytes:
    """Return ``catalog`` as text, without the clock: same texts in, same bytes out."""
    text = io.BytesIO()
    write_po(text, catalog, width=100, include_lineno=False, sort_by_file=False)
    lines = text.getvalue().decode().splitlines()
    kept = [line for line in lines if not line.startswith(('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By'))]
    return ("\n".join(kept) + "\n").encode()


def untranslated(language: Language, source: Catalog) -> list[str]:
    """Return the texts of ``source`` that ``language`` has no translation for; fuzzy ones count as none."""
    if language.file.source:
        return []
    texts = read_texts(language.catalog, language.tag, f"locales/{language.tag}")
    return [english for _, english in missing(texts, source)]


def missing(texts: Texts, source: Catalog) -> list[tuple[int, str]]:
    """Return what ``texts`` does not translate of ``source``: the line where it stands (0: nowhere), and the text."""
    known = {(entry.english[0], entry.context): entry for entry in texts.entries}
    found = []
    for message in source:
        if message.id:
            english = message.id if isinstance(message.id, str) else message.id[0]
            entry = known.get((english, message.context))
            if entry is None or not entry.translated:
                found.append((entry.line if entry else 0, english))
    return found
