"""A catalog as it lies in a ``.po`` file: every entry with its line, its comments and its translations."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser

from handouts.content import plurals
from handouts.errors import LanguageError, Problem

CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
"""What a header may call the encoding; a catalog is always UTF-8."""
CHARSET = re.compile(r"^Content-Type:.*charset=([^;\s]*)", re.IGNORECASE | re.MULTILINE)
SHOWN = 40
"""How much of a line or a text a message repeats."""
LINE = re.compile(r"(?P<keyword>msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)?\s*(?P<text>.*)")
QUOTED = re.compile(r'"(?:[^"\\]|\\[\\trn"])*"')
"""A text with the escapes that Babel knows."""
BEGINNINGS = frozenset({"msgctxt", "msgid"})
NEXT = {"msgctxt": ("msgid",), "msgid": ("msgid_plural", "msgstr"), "msgid_plural": ("msgstr[0]",)}
"""What has to follow a keyword."""
MessageId: TypeAlias = str | list[str] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """One translation of a message: the only one, or one of its plurals."""

    english: str
    """What it has to say: of a plural, the singular for a form that stands for 1, the plural for the others."""
    text: str
    numbers: tuple[int, ...] = ()
    """The numbers that a page can print for which this plural form stands; none for a message without plural."""
    used: bool = True
    """False: a plural form that no page asks for (of a fraction, of whole millions). It may be empty."""


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
        """Whether it is printed: every form that is used has a text, and nobody only guessed it."""
        return not self.fuzzy and all(form.text.strip() for form in self.forms if form.used)

    @property
    def said(self) -> str:
        """Its text; of a plural, that of the last form which is used."""
        return next((form.text for form in reversed(self.forms) if form.used), "")


@dataclass(frozen=True, slots=True)
class Texts:
    """The entries of one ``.po`` file, in its order."""

    entries: tuple[Entry, ...]
    plurals: int
    """How many plural forms its header declares."""
    plural: str
    """Which numbers have which form: the C expression of its header."""
    changed: str
    """When it was last changed (PO-Revision-Date), as its header says; empty where it does not."""
    language: str
    """The tag in its header (Language), or that of the folder where it has none; empty where it is empty."""
    header: int
    """The line of the header; 0 where there is none."""

    def content_hash(self) -> str:
        """Return the SHA-256 of what is printed: same translations, same hash, in whatever order and with whatever
        comments. 64 hexadecimal digits."""
        said = sorted(
            (entry.context or "", entry.english, [form.text for form in entry.forms if form.used])
            for entry in self.entries
            if entry.translated
        )
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


class Messages(Catalog):
    """Keeps every message in the order of the file; Babel's own drops the second of two that are alike."""

    def __init__(self, tag: str) -> None:
        """A catalog whose header has no ``Plural-Forms`` has those of the language ``tag``."""
        super().__init__(locale=tag)
        self.mime_headers = [("Plural-Forms", plurals.usual(tag))]
        self.everything: list[Message] = []

    @property
    def encoding(self) -> str:
        """What the header calls its encoding, in small letters; UTF-8 where it does not say."""
        header = next((str(message.string) for message in self.everything if not message.id), "")
        said = CHARSET.search(header)
        return said[1].lower() if said else "utf-8"

    def __setitem__(self, id: MessageId, message: Message) -> None:
        self.everything.append(message)
        super().__setitem__(id, message)


def read_texts(catalog: bytes, tag: str, where: str) -> Texts:
    """Return the texts of a ``.po`` file in the language ``tag``. Raises LanguageError, naming ``where``."""
    found = read_catalog(catalog, tag, where)
    numbers = plurals.numbers(found.plural_expr, found.num_plurals)
    headers = {key.casefold(): value for key, value in found.mime_headers}
    begun = next((message.lineno or 0 for message in found.everything if not message.id), 0)
    return Texts(
        tuple(_entry(message, numbers) for message in found.everything if message.id),
        found.num_plurals,
        found.plural_expr,
        _stated(catalog, headers.get("po-revision-date", "")),
        headers.get("language", ""),
        begun,
    )


def read_catalog(catalog: bytes, tag: str, where: str) -> Messages:
    """Return a ``.po`` file in the language ``tag`` as Babel has it, and nothing that Babel would read over.

    A byte order mark is left out. Raises LanguageError, naming ``where`` and the line of every fault.
    """
    lines = _decoded(catalog, where).split("\n")
    if faults := list(_faults(lines, where)):
        raise LanguageError(*faults)
    found = Messages(tag)
    try:
        PoFileParser(found, abort_invalid=True).parse("" if _is_former(line) else line for line in lines)
    except PoFileError as error:
        what = str(error).removesuffix(f" on {error.lineno}")
        hint = "mend the entry that begins there; Poedit shows it"
        raise LanguageError(Problem(f"{where}:{error.lineno + 1}", f"cannot be read: {what}", hint)) from None
    except (AttributeError, TypeError, ValueError) as error:  # what Babel says of a header that is none
        raise LanguageError(_header(where, _line_of(lines, 'msgid ""'), error)) from None
    try:
        plurals.numbers(found.plural_expr, found.num_plurals)
    except (ValueError, ArithmeticError) as error:
        raise LanguageError(_header(where, _line_of(lines, '"Plural-Forms:'), error)) from None
    if found.encoding not in CHARSETS:
        raise LanguageError(_not_utf8(where, f"the header says charset={found.encoding}"))
    found.charset = "utf-8"
    if faults := list(_repeated(found, where)):
        raise LanguageError(*faults)
    return found


def _decoded(catalog: bytes, where: str) -> str:
    try:
        return catalog.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = catalog.count(b"\n", 0, error.start) + 1
        raise LanguageError(_not_utf8(f"{where}:{line}", "has bytes that are not UTF-8")) from None


def _not_utf8(where: str, what: str) -> Problem:
    return Problem(where, what, "save the catalog as UTF-8, and write charset=UTF-8 into its header")


def _stated(catalog: bytes, date: str) -> str:
    """Return ``date`` where the file itself says it: Babel puts the present there otherwise."""
    return date if b'"PO-Revision-Date: ' + date.encode() in catalog else ""


def _header(where: str, line: int, error: Exception) -> Problem:
    hint = "mend it; a right header comes from: handouts locales new"
    return Problem(f"{where}:{line}", f"the header cannot be read: {error}", hint)


def _line_of(lines: Sequence[str], start: str) -> int:
    """Return the number of the first line that begins with ``start``; 1 where none does."""
    return next((number for number, line in enumerate(lines, start=1) if line.startswith(start)), 1)


def _is_former(line: str) -> bool:
    """Whether a line is the former English of an obsolete entry, which Babel does not know."""
    return line.lstrip().startswith("#~|")


def _faults(lines: Sequence[str], where: str) -> Iterator[Problem]:
    """Yield every line that cannot stand where it does: Babel reads over most of them, and prints half of an entry."""
    last, at, was_obsolete = "", 0, False
    for number, raw in enumerate(lines, start=1):
        line, place = raw.strip(), f"{where}:{number}"
        obsolete = line.startswith("#~")
        if not line or _is_former(line):
            continue
        if line.startswith("#") and not obsolete:
            if last in NEXT:
                yield Problem(place, "a comment within an entry", "put it above the entry")
            else:
                last = ""
            continue
        found = LINE.fullmatch(line.removeprefix("#~").lstrip())
        keyword, text = (found["keyword"] or "", found["text"]) if found else ("", "")
        if not keyword and not text.startswith('"'):
            hint = "mend the line; where two versions were merged, keep one of them"
            yield Problem(place, f"cannot be read: {line[:SHOWN]!r}", hint)
            continue
        if not QUOTED.fullmatch(text):
            hint = 'put one " before and one after the text; within it, write \\" and \\\\'
            yield Problem(place, f"the quotation marks or backslashes are wrong: {text[:SHOWN]!r}", hint)
        begins = keyword in BEGINNINGS and last not in NEXT
        if not begins and (obsolete != was_obsolete or not (keyword in _next(last) if keyword else last)):
            hint = "an entry is msgid and msgstr; or msgid, msgid_plural, msgstr[0], msgstr[1] and so on, each once"
            yield Problem(place, f"{keyword or 'a text'} stands in the wrong place", hint)
        last, at, was_obsolete = keyword or last, number, obsolete
    if last in NEXT:
        yield Problem(f"{where}:{at}", "ends within an entry", "add what is missing after the last msgid")


def _next(keyword: str) -> tuple[str, ...]:
    """Return the keywords that continue an entry after ``keyword``."""
    if keyword.startswith("msgstr["):
        return (f"msgstr[{int(keyword[7:-1]) + 1}]",)
    return NEXT.get(keyword, ())


def _repeated(found: Messages, where: str) -> Iterator[Problem]:
    """Yield every entry that stands in the file already, and a header that is not at its head."""
    lines: dict[tuple[str, str | None], int] = {}
    for message in found.everything:
        text = message.id if isinstance(message.id, str) else message.id[0]
        line = message.lineno or 0
        first = lines.setdefault((text, message.context), line)
        if first != line:
            what = f"{text[:SHOWN]!r} stands in line {first} already"
            yield Problem(f"{where}:{line}", what, "keep the right one of the two entries")
        elif not text and len(lines) > 1:
            yield Problem(f"{where}:{line}", "the header is not the first entry", "move it to the top")


def printed(message: Message, catalog: Catalog) -> str | tuple[str, ...]:
    """Return what is printed of ``message``, one text or that of every plural form; empty where it is not translated.

    It is where every form that a page can ask for has a text (Babel makes missing ones empty), and nobody only guessed
    it. A form that no page asks for says, where it is empty, what the last one says.
    """
    if isinstance(message.string, str):
        return "" if message.fuzzy or not message.string.strip() else message.string
    stand_for = plurals.numbers(catalog.plural_expr, catalog.num_plurals)
    texts = list(zip(message.string or (), stand_for, strict=False))
    used = [text for text, numbers in texts if numbers]
    if message.fuzzy or not used or not all(text.strip() for text in used):
        return ""
    return tuple(text if text.strip() else used[-1] for text, _ in texts)


def _entry(message: Message, numbers: Sequence[tuple[int, ...]]) -> Entry:
    if isinstance(message.id, str):
        english: tuple[str, ...] = (message.id,)
        forms: tuple[Form, ...] = (Form(message.id, str(message.string)),)
    else:
        english = tuple(message.id)
        forms = tuple(
            Form(
                english[0] if 1 in stands_for and len(numbers) > 1 else english[-1], text, stands_for, bool(stands_for)
            )
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
