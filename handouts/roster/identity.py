"""Who is who in a roster: one record number with two people, an order that stands there twice, names that look alike.

A roster is read once to learn what repeats. Rows leave numbers behind, no text: 40 bytes, and 4 for each letter of the
name, in plain arrays. Then each row can be asked about in its turn.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from operator import itemgetter

from handouts.errors import Problem

BITS = 2**64 - 1
LEAST_LETTERS = 5
"""Shorter names are alike only when they are the same."""
MOST_LETTERS = 32
"""Only so many letters of a name are looked at for a slip."""
_ASCII_WORD = re.compile("[a-z0-9]+")


def digest(*parts: str) -> int:
    """Return 64 bits that stand for ``parts`` in this process: two of a million agree once in 30 million rosters."""
    return hash(parts) & BITS


class Ledger:
    """Tuples of numbers, sorted by the first when asked; kept in 256 arrays so that sorting takes little room."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._parts = [array("Q") for _ in range(256)]

    def add(self, *numbers: int) -> None:
        self._parts[numbers[0] >> 56].extend(numbers)

    def repeated(self) -> Iterator[list[tuple[int, ...]]]:
        """Yield the entries that share their first number, in order; the ledger is empty afterwards."""
        while self._parts:
            entries = sorted(zip(*[iter(self._parts.pop())] * self._width, strict=True))
            for _, group in groupby(entries, key=itemgetter(0)):
                if len(same := list(group)) > 1:
                    yield same


class Alike:
    """Names on one day that are the same or nearly so, with whom each was seen first.

    A name has a key for every letter; of each, 40 bits are kept until it is known which of them repeat.
    """

    def __init__(self) -> None:
        self._keys = [array("I") for _ in range(256)]
        self._first: list[array[int]] = []
        """Of each key that repeats: all of it, whose name it is, and the row."""

    def note(self, keys: Iterable[int]) -> None:
        for key in keys:
            self._keys[key >> 56].append(key >> 24 & 0xFFFFFFFF)

    def settle(self) -> None:
        """Forget every key that was noted once."""
        for at, keys in enumerate(self._keys):
            repeated = sorted({one for one, other in pairwise(sorted(keys)) if one == other})
            self._keys[at] = array(keys.typecode, repeated)
            self._first.append(array("Q", bytes(3 * 8 * len(repeated))))

    def seen(self, key: int, who: int, row: int) -> int | None:
        """Return the row of another person with this key; the first one is remembered."""
        keys, first = self._keys[key >> 56], self._first[key >> 56]
        wanted = key >> 24 & 0xFFFFFFFF
        at = bisect_left(keys, wanted)
        if at == len(keys) or keys[at] != wanted:
            return None
        place = slice(3 * at, 3 * at + 3)
        if not first[3 * at + 2]:
            first[place] = array("Q", (key, who, row))
        known, other, where = first[place]
        return where if known == key and other != who else None


class Identities:
    """What is known of all rows together. First :meth:`note` every row, then :meth:`settle`, then ask."""

    def __init__(self) -> None:
        self._records, self._orders, self._alike = Ledger(3), Ledger(2), Alike()
        self._clashes: dict[int, int] = {}
        self._first: dict[int, int] = {}
        self.rows = 0
        """How many rows were noted."""

    def note(self, row: int, data: Mapping[str, str], order: tuple[str, ...], day: dt.date | None) -> None:
        """Note who stands in ``row``: ``order`` makes two orders the same; on ``day`` is the next infusion."""
        self.rows += 1
        name, dob, mrn = (data.get(key, "") for key in ("name", "dob", "mrn"))
        if not (name.strip() and dob.strip() and mrn.strip()):
            return
        person = (_spelled(name), dob.strip())
        record = digest(mrn)
        self._records.add(record, row, digest(*person))
        self._orders.add(digest(mrn, *person, *order), row)
        self._alike.note(_keys(name, day))

    def settle(self) -> None:
        """Find what repeats."""
        for group in self._records.repeated():
            _, first_row, first_person = group[0]
            if others := [row for _, row, person in group if person != first_person]:
                for _, row, person in group:
                    self._clashes[row] = others[0] if person == first_person else first_row
        for group in self._orders.repeated():
            (_, first), *later = group
            self._first |= {row: first for _, row in later}
        self._alike.settle()

    def problems(self, row: int) -> list[Problem]:
        """Return why ``row`` cannot stand beside the others."""
        problems = []
        if row in self._clashes:
            message = f"row {self._clashes[row]} has the same record number with another name or date of birth"
            problems.append(Problem("mrn", message, "find out whose number it is, and correct the other row"))
        if row in self._first:
            message = f"says the same as row {self._first[row]}: patient, drug, day, packet and language"
            problems.append(Problem("", message, "take one of the two rows out"))
        return problems

    def alerts(self, row: int, name: str, mrn: str, day: dt.date) -> list[Problem]:
        """Return a warning where another patient of the same day has (nearly) the same name; ask in order of rows."""
        others = [other for key in _keys(name, day) if (other := self._alike.seen(key, digest(mrn), row))]
        if not others:
            return []
        message = f"name alert: row {others[0]} is another patient with a name like this one, on {day.isoformat()}"
        return [Problem("name", message, "tell the two apart by date of birth and record number")]


def _spelled(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _words(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text)
    kept = (char for char in text if not unicodedata.combining(char))
    return "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in kept).split()


def _keys(name: str, day: dt.date | None) -> list[int]:
    """Return numbers of which two names share one where they differ by a letter, by two that changed places, or less.

    Accents, capitals, signs and the order of the words do not count. Two texts differ by a letter at most where they
    become the same by taking at most one letter out of each.
    """
    if day is None:
        return []
    words = _words(unicodedata.normalize("NFKD", name).casefold())
    text = "".join(words)
    shapes = [text, " ".join(sorted(words))]
    if len(text) >= LEAST_LETTERS:
        shapes += [text[:at] + text[at + 1 :] for at, char in enumerate(text[:MOST_LETTERS]) if not char.isdigit()]
    on = day.isoformat()
    return [digest(on, shape) for shape in dict.fromkeys(shapes)]
