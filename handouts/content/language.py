"""Languages: a catalog of translations and the words for dates and numbers, strict about what is missing.

A ``Language`` is the same for everybody who uses it, also from several threads. Its texts are had from a
``Translator``, one for each page or purpose, which says afterwards what the catalog lacks.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import gettext
import hashlib
import io
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, PositiveInt

from handouts.content.dates import unknown, written
from handouts.content.facts import Name, Strict
from handouts.content.marks import OWN, Marks
from handouts.content.reading import File, read_toml
from handouts.content.tags import lookup, parse
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
UnitOfMeasure = Literal["mg", "g", "µg", "kg", "mL", "L", "°C", "°F", "cm", "mm"]
UNITS_OF_TIME: tuple[UnitOfTime, ...] = get_args(UnitOfTime)
UNITS_OF_MEASURE: tuple[UnitOfMeasure, ...] = get_args(UnitOfMeasure)
DayOfTheWeek = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS_OF_THE_WEEK: tuple[DayOfTheWeek, ...] = get_args(DayOfTheWeek)


def _pattern(text: str) -> str:
    if odd := unknown(text):
        raise ValueError(f"{odd[0]} is no part of a date; write y, MMMM, MMM, LLLL, d, EEEE, and other words in '…'")
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
"""A pattern of the CLDR (see ``content.dates``)."""
Year = Annotated[tuple[Name, ...], Field(min_length=12, max_length=12)]
"""Words for the months, from January."""
Week = Annotated[tuple[Name, ...], Field(min_length=7, max_length=7)]
"""Words for the days of the week, from Monday."""


class DatePatterns(Strict):
    """How a date is written. What is not here is the CLDR's."""

    weekday: Pattern | None = None
    """ "Tuesday"."""
    full: Pattern | None = None
    """ "Tuesday, December 1, 2026"."""
    long: Pattern | None = None
    """ "December 1, 2026"."""
    medium: Pattern | None = None
    """ "Dec 1, 2026"."""
    month: Pattern | None = None
    """ "December 2026"."""


class DateWords(Strict):
    """Words for dates, as they stand within a date. What is not here is the CLDR's."""

    months: Year | None = None
    months_alone: Year | None = None
    """As they stand without a day, over the grid of a month; those within a date where a language has no others."""
    months_short: Year | None = None
    weekdays: Week | None = None
    weekdays_narrow: Week | None = None


class Numbers(Strict):
    """How a number is written. What is not here is the CLDR's."""

    decimal: str | None = None
    """The mark before a fraction."""
    group: str | None = None
    """The mark between groups of digits."""
    groups: tuple[PositiveInt, ...] | None = None
    """The sizes of groups, from the right, the last of them again and again; none: digits are not grouped."""


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
    """The CLDR locale that dates and numbers are written by, as far as this file does not say it itself."""
    direction: Literal["ltr", "rtl"]
    source: bool = False
    """The language that templates and drug files are written in: it needs no catalog."""
    dates: DatePatterns = DatePatterns()
    date_words: DateWords = DateWords()
    numbers: Numbers = Numbers()
    first_weekday: DayOfTheWeek | None = None
    """The day a week begins on."""
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
    """Further words for units of time, such as other cases."""
    unit_words: dict[UnitOfTime | UnitOfMeasure, tuple[Name, ...]] = Field(default_factory=dict)
    """What units are called, or what their words begin with. A unit that is not here is called as in the CLDR."""
    reviewers: tuple[Reviewer, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it says itself how all dates, numbers and units are written."""
        said = (value for part in (self.dates, self.date_words, self.numbers) for _, value in part)
        units = set(self.unit_words) == {*UNITS_OF_TIME, *UNITS_OF_MEASURE}
        return units and self.first_weekday is not None and None not in list(said)


class _Untranslated(str):
    """A text that a catalog does not have."""


class _Behind(gettext.NullTranslations):
    """Stands behind a catalog and marks what was asked for in vain, so that English is never printed in silence."""

    def gettext(self, message: str) -> str:
        return _Untranslated(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return _Untranslated(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return _Untranslated(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


class Translator(gettext.NullTranslations):
    """The texts of one page, or for one purpose, in a language; it remembers which of them the catalog lacks."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.language = language
        self._texts = language.translations
        self._missing: dict[str, None] = {}

    @property
    def missing(self) -> tuple[str, ...]:
        """The English of what was asked for and has no translation, in the order in which it was asked for."""
        return tuple(self._missing)

    @property
    def problems(self) -> list[Problem]:
        """The same as problems."""
        where, hint = f"locales/{self.language.tag}", "translate it in the catalog"
        return [Problem(where, f"not translated: {message!r}", hint) for message in self._missing]

    def refuse_missing(self) -> None:
        """Raise LanguageError with everything that was asked for and has no translation."""
        if self._missing:
            raise LanguageError(*self.problems)

    def gettext(self, message: str) -> str:
        return self._noted(self._texts.gettext(message), message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._noted(self._texts.ngettext(msgid1, msgid2, n), msgid1)

    def pgettext(self, context: str, message: str) -> str:
        return self._noted(self._texts.pgettext(context, message), message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self._noted(self._texts.npgettext(context, msgid1, msgid2, n), msgid1)

    def _noted(self, text: str, message: str) -> str:
        if isinstance(text, _Untranslated):
            self._missing[message] = None
        return text


class Language:
    """One locale: its catalog, and its words for dates and numbers. Only what it has worked out is added to it."""

    def __init__(self, file: LocaleFile, catalog: bytes | None, binary: bytes | None = None) -> None:
        """``catalog`` is the text of a ``.po`` file; none only for the source language. ``binary`` is it compiled.

        What ``file`` leaves out about dates and numbers is the CLDR's. Raises LanguageError where that has none.
        """
        self.file = file if file.whole else _completed(file)
        self.tag = file.tag
        self.bcp47 = file.tag.replace("_", "-")
        self.direction = file.direction
        self.catalog = catalog or b""
        self.weekday = functools.lru_cache(DAYS)(self._weekday)
        self.full = functools.lru_cache(DAYS)(self._full)
        self.long = functools.lru_cache(DAYS)(self._long)
        self.medium = functools.lru_cache(DAYS)(self._medium)
        self.number = functools.lru_cache(NUMBERS)(self._number)
        self._binary = binary

    @functools.cached_property
    def translations(self) -> gettext.NullTranslations:
        """The catalog, compiled when a text is first asked for; in an edition it is compiled already.

        Raises LanguageError when the catalog is broken.
        """
        if self.file.source:
            return gettext.NullTranslations()
        translations = gettext.GNUTranslations(io.BytesIO(self._binary or compiled(self.catalog, self.tag)))
        translations.add_fallback(_Behind())
        return translations

    def translator(self) -> Translator:
        """Return what a page, or whatever else is printed, has its texts from; each has one of its own."""
        return Translator(self)

    @functools.cached_property
    def catalog_hash(self) -> str:
        """SHA-256 of the catalog and of how it is read, 64 hexadecimal digits; the source language has no catalog."""
        return hashlib.sha256(READ_AS + b"\0" + self.catalog if self.catalog else b"").hexdigest()

    @functools.cached_property
    def marks(self) -> Marks:
        """The marks between what a page joins."""
        usual = OWN.get(self.file.cldr.partition("_")[0], Marks())
        return Marks(*(given or mark for given, mark in zip(self._given_marks, usual, strict=True)))

    @property
    def _given_marks(self) -> tuple[str | None, ...]:
        return self.file.full_stop, self.file.comma, self.file.semicolon, self.file.colon

    @property
    def first_weekday(self) -> int:
        """The day a week begins on; 0 is Monday."""
        return DAYS_OF_THE_WEEK.index(self.file.first_weekday or "monday")

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

    def _weekday(self, day: dt.date) -> str:
        """ "Tuesday": the day of the week, as it stands at the head of a line."""
        return _headed(self._date(day, self.file.dates.weekday))

    def _full(self, day: dt.date) -> str:
        """ "Tuesday, December 1, 2026": weekday, month in letters, four-digit year."""
        return _headed(self._date(day, self.file.dates.full))

    def _long(self, day: dt.date) -> str:
        """ "December 1, 2026"."""
        return self._date(day, self.file.dates.long)

    def _medium(self, day: dt.date) -> str:
        """ "Dec 1, 2026": for narrow places; still with the month in letters."""
        return self._date(day, self.file.dates.medium)

    def month(self, day: dt.date) -> str:
        """ "December 2026": the head of a month grid."""
        return _headed(self._date(day, self.file.dates.month))

    def _date(self, day: dt.date, pattern: str | None) -> str:
        return written(day, pattern or "", self.file.date_words)

    def dates(self) -> set[str]:
        """Return every day of a leap year in every form; all words and digits of dates are in them."""
        days = [dt.date(2028, 1, 1) + dt.timedelta(days=number) for number in range(366)]
        ways = (self.weekday, self.full, self.long, self.medium, self.month)
        return {way(day) for day in days for way in ways}

    def weekdays(self) -> tuple[str, ...]:
        """Return the shortest names of the days of the week, from Monday."""
        return self.file.date_words.weekdays_narrow or ()

    def _number(self, value: float) -> str:
        """Return ``value`` with three decimals at the most; those that are 0 are left out."""
        own = self.file.numbers
        digits, _, fraction = f"{value:.3f}".rstrip("0").partition(".")
        return _grouped(digits, own) + (f"{own.decimal}{fraction}" if fraction else "")


def _completed(file: LocaleFile) -> LocaleFile:
    from handouts.content.cldr import completed

    return completed(file)


def _grouped(digits: str, own: Numbers) -> str:
    """Return a whole number with its marks between groups."""
    sizes, groups = list(own.groups or ()), []
    while sizes and len(digits) > sizes[0]:
        groups.append(digits[-sizes[0] :])
        digits = digits[: -sizes[0]]
        sizes = sizes[1:] or sizes
    return (own.group or "").join([digits, *reversed(groups)])


def _headed(text: str) -> str:
    return text[:1].upper() + text[1:]


def compiled(catalog: bytes, tag: str) -> bytes:
    """Return a ``.po`` as a ``.mo``; what is not translated whole is left out, so it counts as missing.

    Babel would fill the empty form of a plural with English. Raises LanguageError when the catalog cannot be read.
    """
    from babel.messages.mofile import write_mo

    from handouts.content.catalog import printed, read_catalog

    entries = read_catalog(catalog, tag, catalog_of(tag))
    entries.creation_date = entries.revision_date = NEVER
    for message in entries:
        if message.id:
            message.string = printed(message, entries)
    binary = io.BytesIO()
    write_mo(binary, entries)
    return binary.getvalue()


def catalog_of(tag: str) -> str:
    """Return how messages name the catalog of the language ``tag``."""
    return f"locales/{tag}/LC_MESSAGES/handouts.po"


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
    known, exactly = locale_tags(folder), tag.replace("-", "_")
    if exactly in known:
        return read_toml(folder / exactly / "locale.toml", LocaleFile)
    wanted = parse(tag)
    if isinstance(wanted, Problem):
        raise LanguageError(wanted)
    name = lookup(wanted, known)
    if name is None:
        shown = f"{tag!r} ({wanted.name})" if wanted.name else repr(tag)
        hint = "available: " + ", ".join(known)
        raise LanguageError(Problem("locale", f"there is no translation for {shown}", hint))
    return read_toml(folder / name / "locale.toml", LocaleFile)


def _refuse_borrowed_dates(file: LocaleFile) -> None:
    from handouts.content.cldr import borrows_dates

    if borrows_dates(file):
        problem = f"the CLDR has no words of its own for the dates of {file.english_name}"
        hint = "write months, months_short, weekdays and weekdays_narrow under [date_words]"
        raise LanguageError(Problem(f"locales/{file.tag}/locale.toml", problem, hint))


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
    if not file.whole:
        _refuse_borrowed_dates(file)
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
