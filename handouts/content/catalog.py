"""A catalog as it lies in a ``.po`` file: every entry with its line, its comments and its translations."""

from __future__ import annotations

import gettext
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser

from handouts.errors import LanguageError, Problem

COUNTS = range(201)
"""The numbers for which the plural forms of a language are looked at."""
MessageId: TypeAlias = str | list[str] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """One translation of a message: the only one, or one of its plurals."""

    english: str
    """What it has to say: of a plural, the singular for a form that stands for 1, the plural for the others."""
    text: str
    numbers: tuple[int, ...] = ()
    """The numbers that this plural form stands for; none for a message without plural."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A message and its translation."""

    line: int
    """Where it stands in the file, from 1."""
    context: str | None
    english: tuple[str, ...]
    """The text, or singular and plural."""
    forms: tuple[Form, ...]
    fuzzy: bool
    comments: tuple[str, ...]
    """What the translator wrote beside it."""
    places: tuple[str, ...]
    """In which document, or at which key of which drug file it stands."""

    @property
    def translated(self) -> bool:
        """Whether it is printed: every form has a text, and nobody only guessed it."""
        return not self.fuzzy and all(form.text for form in self.forms)


@dataclass(frozen=True, slots=True)
class Texts:
    """The entries of one ``.po`` file, in its order; one that stands there twice is there twice."""

    entries: tuple[Entry, ...]
    plurals: int
    """How many plural forms its header declares."""
    changed: str
    """When it was last changed (PO-Revision-Date), as its header says; empty where it does not."""

    def content_hash(self) -> str:
        """Return the SHA-256 of what is printed: same translations, same hash, in whatever order and with whatever
        comments. 64 hexadecimal digits."""
        said = sorted(
            (entry.context or "", entry.english, [form.text for form in entry.forms])
            for entry in self.entries
            if entry.translated
        )
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


class _Everything(Catalog):
    """Keeps every message in the order of the file; Babel's own drops the second of two that are alike."""

    def __init__(self, tag: str) -> None:
        super().__init__(locale=tag)
        self.everything: list[Message] = []

    def __setitem__(self, id: MessageId, message: Message) -> None:
        self.everything.append(message)
        super().__setitem__(id, message)


def read_texts(catalog: bytes, tag: str, where: str) -> Texts:
    """Return the texts of a ``.po`` file in the language ``tag``. Raises LanguageError, naming ``where``."""
    found = _Everything(tag)
    try:
        PoFileParser(found, abort_invalid=True).parse(io.BytesIO(catalog))
        numbers = _numbers(found.num_plurals, gettext.c2py(found.plural_expr))
    except (PoFileError, ValueError) as error:
        hint = "mend the line that is named; Poedit shows where"
        raise LanguageError(Problem(where, f"the catalog cannot be read: {error}", hint)) from None
    headers = {key.casefold(): value for key, value in found.mime_headers}
    return Texts(
        tuple(_entry(message, numbers) for message in found.everything if message.id),
        found.num_plurals,
        _stated(catalog, headers.get("po-revision-date", "")),
    )


def _stated(catalog: bytes, date: str) -> str:
    """Return ``date`` where the file itself says it: Babel puts the present there otherwise."""
    return date if b'"PO-Revision-Date: ' + date.encode() in catalog else ""


def _numbers(plurals: int, form_of: Callable[[int], int]) -> list[tuple[int, ...]]:
    return [tuple(number for number in COUNTS if form_of(number) == form) for form in range(plurals)]


def _entry(message: Message, numbers: list[tuple[int, ...]]) -> Entry:
    if isinstance(message.id, str):
        english: tuple[str, ...] = (message.id,)
        forms: tuple[Form, ...] = (Form(message.id, str(message.string)),)
    else:
        english = tuple(message.id)
        forms = tuple(
            Form(english[0] if 1 in stands_for and len(numbers) > 1 else english[-1], text, stands_for)
            for text, stands_for in zip(message.string or (), numbers, strict=True)
        )
    return Entry(
        message.lineno or 0,
        message.context,
        english,
        forms,
        message.fuzzy,
        tuple(message.user_comments),
        tuple(message.auto_comments),
    )
