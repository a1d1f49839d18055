"""What people type about a patient: checked, made uniform, and refused by name where a page could go wrong.

The same keys stand in a roster's columns, in ``--patient`` JSON and behind the options of ``handouts make``. Messages
never repeat a name, a record number or a date of birth: they end up in logs and in other people's mail.
"""

from __future__ import annotations

import calendar
import datetime as dt
import difflib
import functools
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from handouts.content import tags
from handouts.errors import InputError, Problem
from handouts.model import Order, Patient, Treatment

KEYS = (
    *("name", "dob", "mrn", "drug", "start", "done", "last", "days", "dose", "locale", "with"),
    *("packet", "sex", "size", "paper", "prescriber", "interpreter"),
)
PRIVATE = frozenset({"name", "mrn", "dob"})
"""Keys whose values identify a patient."""
NAME_LENGTH = 120
RECORD_LENGTH = 40
COUNT_LIMIT = 9999
FIRST_BIRTH = dt.date(1900, 1, 1)

SEXES = {"f": "f", "female": "f", "m": "m", "male": "m", "x": "x"}
SIZES = {"standard": "standard", "large": "large"}
PAPERS = {"letter": "letter", "a4": "a4"}

LINE_BREAKS = frozenset("\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""UAX #9, section 2: marks, embeddings, overrides and isolates. They can show a name in an order it does not have."""
JOINERS = frozenset("\u200c\u200d")
"""Needed to spell names in Persian and in Indic scripts."""
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc")
"""Count as letters or symbols but show nothing; a braille blank also marks the fields of a form."""
DAMAGED = "\ufffd"

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{2}")
_BY_A_SPREADSHEET = re.compile(r"'.*|[0-9](?:\.[0-9]+)?E\+[0-9]+|[0-9]+\.0+")
"""Digits that were lost (1.23457E+11), a point that was added (12345.0), the sign for text ('000123)."""
_ID = re.compile(r"[a-z][a-z0-9_-]*")


def read_order(data: Mapping[str, object], today: dt.date, missing_glyphs: Callable[[str], list[str]]) -> Order:
    """Return the order in ``data``; raises InputError with every problem, each at the key it stands under.

    Values are text or whole numbers; an empty text is the same as no value. ``missing_glyphs`` returns the characters
    of a text that no font can print. What only the regimen can judge (dose, number of days, dates that do not fit it)
    is left to the schedule.
    """
    typed = _Typed(data, missing_glyphs)
    typed.refuse_unknown_keys()
    name = typed.words("name", required=True)
    dob = typed.date("dob", required=True)
    mrn = typed.record("mrn")
    drug = typed.words("drug", required=True, printed=False)
    treatment = typed.treatment()
    locale = typed.language("locale")
    packet = typed.shaped("packet", _ID, "is not the name of a packet", "use small letters, digits, - and _")
    sex = typed.choice("sex", SEXES, "write f, m or x, or leave it empty")
    size = typed.choice("size", SIZES, "write standard or large")
    paper = typed.choice("paper", PAPERS, "write letter or a4")
    prescriber, interpreter = typed.words("prescriber"), typed.words("interpreter")
    typed.refuse_second_language()
    typed.refuse_impossible_lives(today, dob, {"start": treatment.start, "last": treatment.last})
    if typed.problems or name is None or dob is None or mrn is None or drug is None:
        raise InputError(*typed.problems)
    return Order(
        patient=Patient(name, dob, mrn, sex),
        drug=drug,
        treatment=treatment,
        locale=str(locale) if locale else None,
        packet=packet,
        paper=paper,
        size=size or "standard",
        prescriber=prescriber,
        interpreter=interpreter,
    )


def read_treatment(data: Mapping[str, object]) -> Treatment:
    """Return what an order says about dates and doses; raises InputError with every problem, each at its key."""
    typed = _Typed(data, lambda text: [])
    treatment = typed.treatment()
    if typed.problems:
        raise InputError(*typed.problems)
    return treatment


def doubts(treatment: Treatment, today: dt.date) -> tuple[Problem, ...]:
    """Return what a person should look at: an infusion that was given, and is to come."""
    if treatment.last is None or treatment.last <= today:
        return ()
    return (Problem("last", "is the day of an infusion that was given, and is after today", "check the year"),)


def parse_date(text: str, where: str) -> dt.date | Problem:
    """Return the date in ``text``, written as YYYY-MM-DD (ISO 8601) and in no other way, or what is wrong with it.

    No order of day and month is ever guessed. Dates of birth (``where`` ends in ``dob``) are not repeated.
    """
    shown = "" if where.rpartition(":")[2] in PRIVATE else text.strip()
    if found := _ISO.fullmatch(text.strip()):
        year, month, day = (int(part) for part in found.groups())
        return _date(year, month, day) or Problem(where, *_impossible(year, month, day, bool(shown)))
    if found := _YEAR_LAST.fullmatch(text.strip()):
        first, second, year = (int(part) for part in found.groups())
        return Problem(where, *_unclear(first, second, year, shown))
    if _SHORT_YEAR.fullmatch(text.strip()):
        return Problem(where, "has a year of two digits", "write all four digits of the year: YYYY-MM-DD")
    if shown and (found := _YEAR_FIRST.fullmatch(shown)) and (day_meant := _date(*(int(n) for n in found.groups()))):
        return Problem(where, "is not written as YYYY-MM-DD", f"write {day_meant.isoformat()}")
    return Problem(where, "is not a date written as YYYY-MM-DD", "write it like 2026-12-01")


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _impossible(year: int, month: int, day: int, shown: bool) -> tuple[str, str]:
    """Return which part of an ISO date cannot be, and what to do."""
    hint = "check the date; it is written as YYYY-MM-DD"
    if year == 0:
        return "there is no year 0000", hint
    if not 1 <= month <= 12:
        return f"there is no month {month:02}" if shown else "the month is not one of 01 to 12", hint
    if not shown:
        return "the month does not have that day", hint
    last = calendar.monthrange(year, month)[1]
    return f"there is no day {day:02} in {_MONTHS[month - 1]} {year}, which has {last} days", hint


def _unclear(first: int, second: int, year: int, shown: str) -> tuple[str, str]:
    """Return what an all-digit date with the year last could mean, and what to do; ``shown`` is empty if private."""
    readings = [day for day in (_date(year, first, second), _date(year, second, first)) if day]
    if not shown:
        return "the order of day and month cannot be told", "write the year first: YYYY-MM-DD"
    if len(set(readings)) == 2:
        this, that = (f"{day.day} {_MONTHS[day.month - 1]}" for day in readings)
        hint = f"write {readings[0].isoformat()} or {readings[1].isoformat()}"
        return f"ambiguous: {shown} could be {this} or {that}", hint
    return (
        "is not written as YYYY-MM-DD",
        f"write {readings[0].isoformat()}" if readings else "write it like 2026-12-01",
    )


@functools.lru_cache(maxsize=4096)
def _refusal(char: str) -> str | None:
    """Return why ``char`` must not stand in a line of print, or None."""
    if char in LINE_BREAKS:
        return "a line break"
    if char in DIRECTION:
        return "an invisible control for the direction of text"
    if char == DAMAGED:
        return "the mark of damaged text"
    category = unicodedata.category(char)
    if char in BLANKS or (category == "Cf" and char not in JOINERS):
        return "an invisible character"
    kinds = {
        "Cc": "a control character",
        "Cs": "a surrogate, half of a character",
        "Co": "a private-use character",
        "Cn": "not assigned to any character",
    }
    return kinds.get(category)


def _code(char: str) -> str:
    """Return ``U+202E RIGHT-TO-LEFT OVERRIDE``; controls and their like have no name in Unicode's own list."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()


def _spaced(text: str) -> str:
    """Return ``text`` in NFC (UAX #15) with every run of spaces as one space, and none at the ends."""
    composed = unicodedata.normalize("NFC", text)
    parts = "".join(" " if unicodedata.category(char) == "Zs" else char for char in composed).split(" ")
    return " ".join(part for part in parts if part)


def _lone_mark(text: str) -> str | None:
    """Return the first mark (an accent, a vowel sign) that stands on no letter, and would print on a dotted circle."""
    before = ""
    for char in text:
        kind = unicodedata.category(char)[0]
        if kind == "M" and before not in ("L", "M"):
            return char
        if char not in JOINERS:
            before = kind
    return None


@dataclass(slots=True)
class _Typed:
    """Values by key; every reader notes its problems and returns None where there is no good value."""

    data: Mapping[str, object]
    missing_glyphs: Callable[[str], list[str]]
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> set[str]:
        return {problem.where for problem in self.problems}

    def refuse(self, where: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(where, message, hint))

    def raw(self, key: str, *, required: bool = False, numbers: bool = False) -> str | None:
        """Return the text as typed; None where it is empty."""
        value = self.data.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and numbers:
            if abs(value) >= 10**RECORD_LENGTH:
                self.refuse(key, f"has more than {RECORD_LENGTH} digits", "check the number")
                return None
            value = str(value)
        if value is not None and not isinstance(value, str):
            self.refuse(key, f"must be {'text or a whole number' if numbers else 'text'}", "put it in quotes")
            return None
        if value is not None and value.strip(" "):
            return value
        if required:
            self.refuse(key, "is missing", f"give {key}")
        return None

    def words(self, key: str, *, required: bool = False, numbers: bool = False, printed: bool = True) -> str | None:
        """Return one line of text in NFC, its runs of spaces collapsed."""
        raw = self.raw(key, required=required, numbers=numbers)
        if raw is None or self._refuse_characters(key, raw):
            return None
        text = _spaced(raw)
        if not any(unicodedata.category(char)[0] in "LN" for char in text):
            self.refuse(key, "has no letter in it", f"give {key} in letters")
        elif len(text) > NAME_LENGTH:
            self.refuse(key, f"is longer than {NAME_LENGTH} characters", "shorten it")
        elif mark := _lone_mark(text):
            self.refuse(key, f"contains {_code(mark)}, a mark that stands on no letter", "type the word again by hand")
        elif not (printed and self._refuse_glyphs(key, text)):
            return text
        return None

    def treatment(self) -> Treatment:
        start, done, last = self.date("start"), self.whole("done", 0), self.date("last")
        if start is None and not done and not {"start", "done"} & self.refused:
            self.refuse("start", "the day of the first infusion is missing", "give start")
        return Treatment(start, done or 0, last, self.whole("days", 1), self.words("dose", numbers=True))

    def record(self, key: str) -> str | None:
        """Return a record number exactly as typed, or nothing: leading zeros, case and inner spaces count."""
        raw = self.raw(key, required=True, numbers=True)
        if raw is None or self._refuse_characters(key, raw):
            return None
        if len(raw) > RECORD_LENGTH:
            self.refuse(key, f"is longer than {RECORD_LENGTH} characters", "check the record number")
        elif raw != raw.strip():
            self.refuse(key, "begins or ends with a space", "take the space out")
        elif _BY_A_SPREADSHEET.fullmatch(raw):
            self.refuse(key, "is a number as a spreadsheet writes it, not the record number", "type it again as text")
        elif not raw.isprintable():
            self.refuse(key, "has a character that cannot be seen", "type the record number again")
        elif not self._refuse_glyphs(key, raw):
            return raw
        return None

    def date(self, key: str, *, required: bool = False) -> dt.date | None:
        if (raw := self.raw(key, required=required)) is None:
            return None
        found = parse_date(raw, key)
        if isinstance(found, Problem):
            self.problems.append(found)
            return None
        return found

    def whole(self, key: str, least: int) -> int | None:
        """Return a whole number, typed as 3 or "3"."""
        if (raw := self.raw(key, numbers=True)) is None:
            return None
        if re.fullmatch(r"[0-9]{1,4}", raw.strip()) and int(raw) >= least:
            return int(raw)
        self.refuse(key, f"is not a whole number from {least} to {COUNT_LIMIT}", "write it in digits: 3")
        return None

    def choice(self, key: str, words: Mapping[str, str], hint: str) -> str | None:
        if (raw := self.raw(key)) is None:
            return None
        if (found := words.get(raw.strip().casefold())) is None:
            self.refuse(key, f"is none of {', '.join(dict.fromkeys(words.values()))}", hint)
        return found

    def shaped(self, key: str, shape: re.Pattern[str], message: str, hint: str) -> str | None:
        if (raw := self.raw(key)) is None or shape.fullmatch(raw.strip()):
            return raw.strip() if raw else None
        self.refuse(key, message, hint)
        return None

    def language(self, key: str) -> tags.Tag | None:
        if (raw := self.raw(key)) is None:
            return None
        found = tags.parse(raw, key)
        if isinstance(found, Problem):
            self.problems.append(found)
            return None
        return found

    def refuse_unknown_keys(self) -> None:
        for key in sorted(self.data.keys() - set(KEYS)):
            near = difflib.get_close_matches(key.strip().casefold(), KEYS, n=1, cutoff=0.6)
            self.refuse(key, "is not known", f"did you mean {near[0]}?" if near else f"known: {', '.join(KEYS)}")

    def refuse_second_language(self) -> None:
        if self.data.get("with") not in (None, "") and str(self.data["with"]).strip():
            self.refuse("with", "bilingual pages are not available yet", "leave it empty")

    def refuse_impossible_lives(self, today: dt.date, dob: dt.date | None, days: Mapping[str, dt.date | None]) -> None:
        """Note what cannot be between a date of birth, today and the days of treatment."""
        if dob is None:
            return
        if dob > today:
            self.refuse("dob", "is in the future", "check the date of birth")
        if dob < FIRST_BIRTH:
            self.refuse("dob", f"is before {FIRST_BIRTH.isoformat()}", "check the year of birth")
        for key, day in days.items():
            if day and day < dob:
                self.refuse(key, "is before the date of birth", "check both dates")

    def _refuse_characters(self, key: str, text: str) -> bool:
        before = len(self.problems)
        for char in dict.fromkeys(text):
            if reason := _refusal(char):
                self.refuse(key, f"contains {_code(char)}: {reason}", "type it again by hand")
        return len(self.problems) > before

    def _refuse_glyphs(self, key: str, text: str) -> bool:
        missing = self.missing_glyphs(text)
        for char in missing:
            shown = f"◌{char}" if unicodedata.category(char).startswith("M") else char
            self.refuse(key, f"no font in this installation has {_code(char)} ({shown})", "write it in another script")
        return bool(missing)
