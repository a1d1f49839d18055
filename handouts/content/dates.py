"""Dates in words: a pattern of the Unicode CLDR (TS 35, part 4) filled in with the words of a language.

Only what stands in a date on a page is read: the day, the month and the year of the Gregorian calendar, and the day of
the week in full. Everything that is printed comes from the pattern and the words, so that no library changes a page.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Protocol

PART = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<part>(?P<letter>[A-Za-z])(?P=letter)*)")
"""A text in quotation marks, which is printed as it is, or one letter as often as it stands there."""


class Words(Protocol):
    """The words of a language for dates."""

    @property
    def months(self) -> tuple[str, ...] | None:
        """From January."""

    @property
    def months_alone(self) -> tuple[str, ...] | None: ...

    @property
    def months_short(self) -> tuple[str, ...] | None: ...

    @property
    def weekdays(self) -> tuple[str, ...] | None:
        """From Monday."""


PARTS: dict[str, Callable[[dt.date, Words], str]] = {
    "y": lambda day, words: str(day.year),
    "yyyy": lambda day, words: f"{day.year:04}",
    "M": lambda day, words: str(day.month),
    "MM": lambda day, words: f"{day.month:02}",
    "MMM": lambda day, words: (words.months_short or ())[day.month - 1],
    "MMMM": lambda day, words: (words.months or ())[day.month - 1],
    "LLLL": lambda day, words: (words.months_alone or words.months or ())[day.month - 1],
    "d": lambda day, words: str(day.day),
    "dd": lambda day, words: f"{day.day:02}",
    "EEEE": lambda day, words: (words.weekdays or ())[day.weekday()],
}
"""What a pattern may ask for."""


def unknown(pattern: str) -> list[str]:
    """Return the parts of ``pattern`` that are not known."""
    return [found["part"] for found in PART.finditer(pattern) if found["part"] and found["part"] not in PARTS]


def written(day: dt.date, pattern: str, words: Words) -> str:
    """Return ``day`` by ``pattern``, whose parts are all known."""

    def part(found: re.Match[str]) -> str:
        if found["part"]:
            return PARTS[found["part"]](day, words)
        return found["quoted"].replace("''", "'") or "'"

    return PART.sub(part, pattern)
