"""Catalogs: which texts there are to translate, where each stands, and which a locale still lacks."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import normalize, write_po

from handouts import values
from handouts.calendar_file import TITLES
from handouts.content import plurals
from handouts.content.catalog import MessageId, Texts, read_catalog, read_texts
from handouts.content.facts import words
from handouts.content.formulary import Formulary
from handouts.content.language import Language, catalog_of
from handouts.press import pages

SECTION = re.compile(
    r"""(?:<h[1-3]\b[^>]*>[^\n]*?|\{\{ head\()\b_\("(?P<heading>[^"]+)"\)"""
    r"""|\{% macro (?P<block>\w+)|\{% endmacro"""
)
"""Where a section of a template begins: a heading, or a block that several places share."""
PYTHON = dict.fromkeys(("_gettext", "_ngettext", "gettext", "ngettext"))
"""What messages in the program itself are marked with."""


def template(templates: Path, formulary: Formulary) -> Catalog:
    """Return every text that reaches a page, without translations.

    Comments say in which document or drug file, and under which key, a text stands. The order is that of the
    documents, then of the drug files.
    """
    catalog = Catalog(project="handouts", charset="utf-8", fuzzy=False)
    for file, line, context, text, plural, comments in pages.template_messages(templates):
        where = f"templates/{file}"
        _add(catalog, text, plural, context, (where, line), [_section(templates / file, file, line, text), *comments])
    for module, comment in ((pages, "A number in words"), (values, "The text of a field")):
        source = io.BytesIO(Path(str(module.__file__)).read_bytes())
        for line, _, found, _ in extract_python(source, PYTHON, ["TRANSLATORS:"], {}):
            texts = [found] if isinstance(found, str) else [part for part in found or () if part]
            if not texts:  # a variable: the words of a drug file, which are messages of their own
                continue
            place = (f"{module.__name__.replace('.', '/')}.py", line)
            _add(catalog, texts[0], texts[1] if len(texts) > 1 else None, None, place, [comment])
    for title in TITLES.values():
        _add(catalog, title, None, None, ("handouts/calendar_file.py", 0), ["The title of an event in a calendar"])
    for name in formulary.ids():
        drug = formulary.drug(name)
        for key, text in words(drug):
            where = f"handouts/drugs/{name}.toml"
            _add(catalog, text, None, None, (where, 0), [f"{drug.names.generic}: {key}"])
    return catalog


def _section(path: Path, file: str, line: int, text: str) -> str:
    """Return where a text of a template stands: its document, and the heading or the block that it is under."""
    heading = block = ""
    for found in SECTION.finditer(_until(path, line, text)):
        heading, block = found["heading"] or heading, found["block"] or ""
    if block:
        return f"In {file}, in the block {block}"
    if heading == text:
        return f"In {file}, as a heading"
    return f"In {file}, under “{heading}”" if heading else f"In {file}"


def _until(path: Path, line: int, text: str) -> str:
    """Return the template up to the end of ``text``, which begins in line ``line``."""
    source = path.read_text(encoding="utf-8")
    start = sum(len(passed) for passed in source.splitlines(keepends=True)[: line - 1])
    found = source.find(f'"{text}"', start)
    return source[: found + len(text) + 3] if found >= 0 else source[:start]


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

    A translation whose English is gone is kept at the end as obsolete (``#~``). Where one text took the place of
    another, the former English stands above it (``#|``).
    """
    current = read_catalog(catalog, tag, catalog_of(tag)) if catalog else _begun(tag)
    former = {_key(message): _taken(message) for message in current if message.id}
    before = {_key(message): message for message in current if message.id}
    current.update(copy.deepcopy(source), no_fuzzy_matching=True, update_header_comment=False)
    current.fuzzy = False
    after = {_key(message): message for message in current if message.id}
    gone = [message for key, message in before.items() if key not in after and message.string]
    new = [message for key, message in after.items() if key not in before]
    for key, message in after.items():
        if not any(message.string if isinstance(message.string, tuple) else [message.string]):
            previous = _replaced(message, gone, new) if message in new else former.get(key, [])
            message.user_comments = [*message.user_comments, *previous]
    return _written(current, dated=bool(catalog) and b'"PO-Revision-Date: 2' in (catalog or b""))


def _begun(tag: str) -> Catalog:
    """Return the empty catalog of a new language."""
    english = Locale.parse(tag).get_display_name("en") or tag
    catalog = Catalog(tag, project="handouts", version="", language_team=english, fuzzy=False)
    catalog.mime_headers = [("Plural-Forms", plurals.usual(tag))]
    catalog.msgid_bugs_address = catalog.last_translator = ""
    catalog.header_comment = f"# {english} catalog of handouts.\n# Not yet reviewed by a qualified human translator."
    return catalog


def _key(message: Message) -> tuple[MessageId, str | None]:
    return message.id, message.context


def _taken(message: Message) -> list[str]:
    """Take the former English out of the comments, where Babel reads it, and return it."""
    former = [comment for comment in message.user_comments if comment.startswith("| ")]
    message.user_comments = [comment for comment in message.user_comments if not comment.startswith("| ")]
    return former


def _replaced(message: Message, gone: list[Message], new: list[Message]) -> list[str]:
    """Return the lines of the former English: the one text that is gone from where only ``message`` is new."""
    for place in message.auto_comments:
        left = [other for other in gone if place in other.auto_comments]
        come = [other for other in new if place in other.auto_comments]
        if len(left) == len(come) == 1:
            texts = [left[0].id] if isinstance(left[0].id, str) else list(left[0].id)
            said = zip(("msgid", "msgid_plural"), texts, strict=False)
            return [f"| {line}" for word, text in said for line in f"{word} {normalize(text, width=90)}".splitlines()]
    return []


def _written(catalog: Catalog, *, dated: bool) -> bytes:
    """Return ``catalog`` as text, without the clock: same texts in, same bytes out. ``dated``: it says when it was last
    changed, and keeps saying it."""
    text = io.BytesIO()
    write_po(text, catalog, width=100, include_lineno=False, sort_by_file=False)
    lines = text.getvalue().decode().removesuffix("\n").split("\n")  # a text may hold other ends of lines (U+2028)
    clock = ('"POT-Creation-Date', '"Generated-By', *(() if dated else ('"PO-Revision-Date',)))
    kept = [line for line in lines if not line.startswith(clock)]
    return ("\n".join(_with_former(kept)) + "\n").encode()


def _with_former(lines: list[str]) -> Iterator[str]:
    """Yield ``lines`` with the former English as gettext has it: right above the text that took its place."""
    former: list[str] = []
    for line in lines:
        if line.startswith("# | "):
            former.append("#" + line.removeprefix("# "))
            continue
        if line.startswith(("msgid ", "msgctxt ")):
            yield from former
            former = []
        yield line


def untranslated(language: Language, source: Catalog) -> list[str]:
    """Return the texts of ``source`` that ``language`` has no translation for; fuzzy ones count as none."""
    if language.file.source:
        return []
    texts = read_texts(language.catalog, language.tag, catalog_of(language.tag))
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
