"""Languages: a catalog of translations and the words for dates and numbers, strict about what is missing."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import gettext
import hashlib
import io
from pathlib import Path
from typing import Annotated, Literal

from babel import Locale
from babel.core import get_global
from babel.dates import DateTimeFormat, get_date_format, match_skeleton, parse_pattern
from babel.numbers import format_decimal
from pydantic import Field

from handouts.content.facts import Name, Strict
from handouts.content.marks import OWN, Marks
from handouts.content.reading import File, read_toml
from handouts.content.tags import lookup, parse, same_language
from handouts.errors import InputError, LanguageError, Problem

BINARY = "handouts.mo"
"""A compiled catalog. It is read in editions only, where it stands beside the text that it was compiled from."""
READ_AS = b"2"
"""How catalogs are read; it counts in the id of every form with translations. Forms of 1 may hold English where a form
of a plural was empty, and what a stray ``handouts.mo`` said."""
DAYS = 4096
"""How many days are remembered in words, of each kind: the patients of a roster share them."""
NUMBERS = 256
"""How many numbers are remembered as they are written."""
NEVER = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
"""When a catalog says it was made: same texts, same bytes."""
UnitOfTime = Literal["minute", "hour", "day", "week", "month", "year"]


class DatePatterns(Strict):
    """CLDR patterns (Unicode TS 35), only where CLDR's own are wrong or missing for this locale."""

    weekday: str | None = None
    full: str | None = None
    long: str | None = None
    medium: str | None = None


class DateWords(Strict):
    """Words for dates, only where CLDR's are wrong or missing; as they stand within a date."""

    months: Annotated[tuple[Name, ...], Field(min_length=12, max_length=12)] | None = None
    """From January."""
    months_short: Annotated[tuple[Name, ...], Field(min_length=12, max_length=12)] | None = None
    weekdays: Annotated[tuple[Name, ...], Field(min_length=7, max_length=7)] | None = None
    """From Monday."""
    weekdays_narrow: Annotated[tuple[Name, ...], Field(min_length=7, max_length=7)] | None = None


class Reviewer(Strict):
    """Somebody who read every translation against the English, and signed what they read."""

    name: Name
    role: Name
    date: dt.date
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """The content hash of the catalog that was read (see ``content.catalog``)."""


class LocaleFile(Strict):
    """What ``locale.toml`` says."""

    tag: Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?$")]
    """The folder's name: a BCP 47 tag with underscores."""
    name: Name
    """The language's name for itself."""
    english_name: Name
    cldr: Name
    """The CLDR locale that formats dates and numbers."""
    direction: Literal["ltr", "rtl"]
    source: bool = False
    """The language that templates and drug files are written in: it needs no catalog."""
    dates: DatePatterns = DatePatterns()
    date_words: DateWords = DateWords()
    digits: Literal["latn"] = "latn"
    """The digits on paper: 0 to 9, as on labels and telephones."""
    paper: Literal["letter", "a4"] | None = None
    """The paper that is usual where the language is read; previews are made on it."""
    quotes: Annotated[tuple[Name, ...], Field(max_length=4)] = ()
    """Quotation marks: opening and closing, and those within them."""
    list_separator: str = ", "
    """What stands between names in a row."""
    full_stop: Name | None = None
    """What ends a sentence; this and the next three where they are not the language's own (``content.marks``)."""
    comma: str | None = None
    """What stands between parts of a sentence, with its space."""
    semicolon: str | None = None
    colon: str | None = None
    readability: Literal["flesch-kincaid", "not measurable"] = "not measurable"
    """The formula that measures how hard a text of this language is to read, where there is one."""
    negation: tuple[Name, ...] = ()
    """Words that negate; with * what a word begins or ends with, with $ only at the end of a sentence, with … and
    words between. The parity check looks for them."""
    negation_like: tuple[Name, ...] = ()
    """Words that hold a negation which English may say with "not" (irregular), but need not."""
    not_negation: tuple[Name, ...] = ()
    """Phrases with such a word in them that negate nothing."""
    frozen: tuple[Name, ...] = ()
    """Names that are never translated, beside those of the formulary; in the source language, those of every
    language."""
    names: dict[Name, tuple[Name, ...]] = Field(default_factory=dict)
    """How this language writes a name of the formulary, where a reader knows it better so."""
    units: dict[UnitOfTime, tuple[Name, ...]] = Field(default_factory=dict)
    """Words for units of time that CLDR does not list, such as other cases."""
    reviewers: tuple[Reviewer, ...] = ()


class _Missing(gettext.NullTranslations):
    """Stands behind a catalog and notes what was asked for in vain, so that English is never printed in silence."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def gettext(self, message: str) -> str:
        self.messages.append(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.messages.append(msgid1)
        return msgid1 if n == 1 else msgid2

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


class Language:
    """One locale: its catalog, and its words for dates and numbers."""

    def __init__(self, file: LocaleFile, catalog: bytes | None, binary: bytes | None = None) -> None:
        """``catalog`` is the text of a ``.po`` file; none only for the source language. ``binary`` is it compiled."""
        self.file = file
        self.tag = file.tag
        self.bcp47 = file.tag.replace("_", "-")
        self.direction = file.direction
        self.cldr = Locale.parse(file.cldr)
        self.catalog = catalog or b""
        self.weekday = functools.lru_cache(DAYS)(self._weekday)
        self.full = functools.lru_cache(DAYS)(self._full)
        self.long = functools.lru_cache(DAYS)(self._long)
        self.medium = functools.lru_cache(DAYS)(self._medium)
        self.number = functools.lru_cache(NUMBERS)(self._number)
        self._binary = binary
        self._missing = _Missing()

    @functools.cached_property
    def translations(self) -> gettext.NullTranslations:
        """The catalog, compiled when a text is first asked for; in an edition it is compiled already.

        Raises LanguageError when the catalog is broken.
        """
        if self.file.source:
            return gettext.NullTranslations()
        translations = gettext.GNUTranslations(io.BytesIO(self._binary or compiled(self.catalog, self.tag)))
        translations.add_fallback(self._missing)
        return translations

    def gettext(self, message: str) -> str:
        """Return the translation of ``message``; what is missing is noted (see ``untranslated``)."""
        return self.translations.gettext(message)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the translation in the plural form for ``number``; what is missing is noted."""
        return self.translations.ngettext(one, many, number)

    @functools.cached_property
    def catalog_hash(self) -> str:
        """SHA-256 of the catalog and of how it is read, 64 hexadecimal digits; the source language has no catalog."""
        return hashlib.sha256(READ_AS + b"\0" + self.catalog if self.catalog else b"").hexdigest()

    @functools.cached_property
    def marks(self) -> Marks:
        """The marks between what a page joins."""
        usual = OWN.get(self.cldr.language, Marks())
        return Marks(*(given or mark for given, mark in zip(self._given_marks, usual, strict=True)))

    @property
    def _given_marks(self) -> tuple[str | None, ...]:
        return self.file.full_stop, self.file.comma, self.file.semicolon, self.file.colon

    @property
    def first_weekday(self) -> int:
        """The day a week begins on, 0 is Monday: that of the territory of ``cldr``, or of where it is spoken most."""
        if (self.cldr.territory or "001").isalpha():  # 001 is the world
            return int(self.cldr.first_week_day)
        likely = get_global("likely_subtags").get(str(self.cldr), str(self.cldr))
        return int(Locale.parse(likely).first_week_day)

    @functools.cached_property
    def letters(self) -> str:
        """The letters that its texts are written with, small and capital, in the order of their code points."""
        text = self.catalog.decode("utf-8", "ignore")
        return "".join(sorted({char for char in text + text.upper() + text.lower() if char.isalpha()}))

    @functools.cached_property
    def reviewed(self) -> bool:
        """Whether somebody signed the translations as they are now; those of the source language need nobody."""
        if self.file.source or not self.file.reviewers:
            return self.file.source
        from handouts.content.catalog import read_texts

        signed = {reviewer.hash for reviewer in self.file.reviewers}
        return read_texts(self.catalog, self.tag, catalog_of(self.tag)).content_hash() in signed

    def untranslated(self) -> list[str]:
        """Return the messages that were asked for since the last call and are not in the catalog."""
        messages, self._missing.messages = list(dict.fromkeys(self._missing.messages)), []
        return messages

    def _weekday(self, day: dt.date) -> str:
        """ "Tuesday": the day of the week, as it stands at the head of a line."""
        return _headed(self._date(day, self.file.dates.weekday or "EEEE"))

    def _full(self, day: dt.date) -> str:
        """ "Tuesday, December 1, 2026": weekday, month in letters, four-digit year."""
        return _headed(self._date(day, self.file.dates.full or get_date_format("full", self.cldr).pattern))

    def _long(self, day: dt.date) -> str:
        """ "December 1, 2026"."""
        return self._date(day, self.file.dates.long or get_date_format("long", self.cldr).pattern)

    def _medium(self, day: dt.date) -> str:
        """ "Dec 1, 2026": for narrow places; still with the month in letters."""
        return self._date(day, self.file.dates.medium or self._pattern("yMMMd"))

    def month(self, day: dt.date) -> str:
        """ "December 2026": the head of a month grid."""
        return _headed(self._date(day, self._pattern("yMMMM")))

    def _pattern(self, skeleton: str) -> str:
        """Return the pattern of CLDR that has the parts of ``skeleton``, or is nearest to it."""
        known = self.cldr.datetime_skeletons
        return str(known[skeleton if skeleton in known else match_skeleton(skeleton, known)].pattern)

    def _date(self, day: dt.date, pattern: str) -> str:
        return parse_pattern(pattern) % _Words(day, self.cldr, self.file.date_words)

    def dates(self) -> set[str]:
        """Return every day of a leap year in every form; all words and digits of dates are in them."""
        days = [dt.date(2028, 1, 1) + dt.timedelta(days=number) for number in range(366)]
        ways = (self.weekday, self.full, self.long, self.medium, self.month)
        return {way(day) for day in days for way in ways}

    def weekdays(self) -> tuple[str, ...]:
        """Return the shortest names of the days of the week, from Monday."""
        names = self.cldr.days["stand-alone"]["narrow"]
        return self.file.date_words.weekdays_narrow or tuple(names[day] for day in range(7))

    def _number(self, value: float) -> str:
        return format_decimal(value, locale=self.cldr)


class _Words(DateTimeFormat):
    """The parts of a date in words: the locale's own where ``locale.toml`` has them, and otherwise CLDR's."""

    def __init__(self, day: dt.date, cldr: Locale, own: DateWords) -> None:
        super().__init__(day, cldr)
        self._day, self._own = day, own

    def format_month(self, char: str, num: int) -> str:
        own = {3: self._own.months_short, 4: self._own.months}.get(num)
        return own[self._day.month - 1] if own else super().format_month(char, num)

    def format_weekday(self, char: str = "E", num: int = 4) -> str:
        own = self._own.weekdays if num == 4 else None
        return own[self._day.weekday()] if own else super().format_weekday(char, num)


def _headed(text: str) -> str:
    return text[:1].upper() + text[1:]


def compiled(catalog: bytes, tag: str) -> bytes:
    """Return a ``.po`` as a ``.mo``; what is not translated whole is left out, so it counts as missing.

    Babel would fill the empty form of a plural with English. Raises LanguageError when the catalog cannot be read.
    """
    from babel.messages.mofile import write_mo

    from handouts.content.catalog import is_translated, read_catalog

    entries = read_catalog(catalog, tag, catalog_of(tag))
    entries.creation_date = entries.revision_date = NEVER
    for message in entries:
        if not is_translated(message):
            message.string = ""
    binary = io.BytesIO()
    write_mo(binary, entries)
    return binary.getvalue()


def catalog_of(tag: str) -> str:
    """Return how messages name the catalog of the language ``tag``."""
    return f"locales/{tag}/LC_MESSAGES/handouts.po"


def _borrows_dates(file: LocaleFile) -> bool:
    """Whether dates would be printed in another language: CLDR has none of the words, or hands on those of its parent
    (French for Haitian Creole), and ``locale.toml`` does not have them all."""
    if None not in file.date_words.model_dump().values():
        return False
    cldr = Locale.parse(file.cldr)
    months = dict(cldr.months["format"]["wide"])
    if months[1] == "M01" or not same_language(file.tag, str(cldr)):
        return True
    parents = get_global("parent_exceptions")
    parent = parents.get(str(cldr)) or parents.get(cldr.language)
    if parent is None or same_language(parent, file.tag):
        return False
    return dict(Locale.parse(parent).months["format"]["wide"]) == months


def locale_tags(folder: File) -> list[str]:
    """Return the tags of the locales in ``folder``."""
    return sorted(path.name for path in folder.iterdir() if (path / "locale.toml").is_file())


def source_tag(folder: File) -> str:
    """Return the tag of the language that the texts are written in. Raises LanguageError where it is not there.

    A file of another language that cannot be read is that language's fault alone.
    """
    for tag in locale_tags(folder):
        with contextlib.suppress(InputError):
            if read_toml(folder / tag / "locale.toml", LocaleFile).source:
                return tag
    problem = "the language that the texts are written in is not here"
    raise LanguageError(Problem("locales", problem, "build an edition that has it"))


def read_locale(tag: str, folder: File) -> LocaleFile:
    """Return ``locale.toml`` for ``tag`` from ``folder``; what it means, ``content.tags`` says.

    Raises LanguageError when it is not a tag, or there is none for it.
    """
    wanted, known = parse(tag), locale_tags(folder)
    if isinstance(wanted, Problem):
        raise LanguageError(wanted)
    name = lookup(wanted, known)
    if name is None:
        shown = f"{tag!r} ({wanted.name})" if wanted.name else repr(tag)
        hint = "available: " + ", ".join(known)
        raise LanguageError(Problem("locale", f"there is no translation for {shown}", hint))
    return read_toml(folder / name / "locale.toml", LocaleFile)


def read_staff_language(tag: str, folder: File) -> Language:
    """Return the language for ``tag``, a clinic's own; that of the source where there is no translation into it."""
    try:
        return read_language(tag, folder)
    except LanguageError:
        return read_language(source_tag(folder), folder)


def read_language(tag: str, folder: File) -> Language:
    """Return the language for ``tag`` from ``folder``, as ``read_locale`` finds it.

    Raises LanguageError when there is none, or when its catalog is missing.
    """
    file = read_locale(tag, folder)
    if _borrows_dates(file):
        problem = f"the CLDR has no words of its own for the dates of {file.english_name}"
        hint = "write months, months_short, weekdays and weekdays_narrow under [date_words]"
        raise LanguageError(Problem(f"locales/{file.tag}/locale.toml", problem, hint))
    if file.source:
        return Language(file, None)
    catalog = folder / file.tag / "LC_MESSAGES" / "handouts.po"
    if not catalog.is_file():
        hint = "translate it, or use another locale"
        raise LanguageError(Problem(f"locales/{file.tag}", "has no catalog LC_MESSAGES/handouts.po", hint))
    binary = folder / file.tag / "LC_MESSAGES" / BINARY
    if isinstance(folder, Path) or not binary.is_file():  # on a disk, an editor wrote it (Poedit does on every save)
        return Language(file, catalog.read_bytes())
    return Language(file, catalog.read_bytes(), binary.read_bytes())
