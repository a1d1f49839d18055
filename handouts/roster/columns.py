"""The columns file: a clinic's own headings, values and ways to write a date. Nothing in it is ever guessed."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from handouts.content.facts import Name, Strict
from handouts.content.person import KEYS, PRIVATE
from handouts.content.reading import read_toml

DATES = frozenset({"dob", "start", "last"})
"""The columns that hold dates."""
SERIAL = "serial"
"""Days since Excel's epoch, as an unformatted number; only a workbook says which epoch that is."""
ISO = "YYYY-MM-DD"
_PARTS = re.compile(r"YYYY|MM|DD|M|D|[-/. ]|.")
_DIGITS = {
    "YYYY": "(?P<year>[0-9]{4})",
    "MM": "(?P<month>[0-9]{2})",
    "DD": "(?P<day>[0-9]{2})",
    "M": "(?P<month>[0-9]{1,2})",
    "D": "(?P<day>[0-9]{1,2})",
}


def folded(heading: str) -> str:
    """Return ``heading`` as it is compared: case and runs of spaces do not count."""
    return " ".join(unicodedata.normalize("NFC", heading).casefold().split())


def _known(key: str) -> str:
    if key not in KEYS:
        raise ValueError(f"is not a column; known: {', '.join(KEYS)}")
    return key


def _dated(key: str) -> str:
    if key not in DATES:
        raise ValueError(f"is not a column of dates; these are: {', '.join(sorted(DATES))}")
    return key


def _not_private(key: str) -> str:
    if key in PRIVATE:
        raise ValueError("cannot have a default: it differs from patient to patient")
    return _known(key)


def _pattern(pattern: str) -> str:
    if pattern != SERIAL:
        _compiled(pattern)
    return pattern


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a date ``pattern``; raises ValueError that says what is wrong with it."""
    parts = _PARTS.findall(pattern)
    if sorted(part[0] for part in parts if part in _DIGITS) != ["D", "M", "Y"]:
        raise ValueError("must have YYYY, one of MM or M, and one of DD or D, each once: MM/DD/YYYY")
    if any(part not in _DIGITS and part not in "-/. " for part in parts):
        raise ValueError("has more in it than YYYY, MM, M, DD, D and the signs - / . and space")
    if any(part in _DIGITS and after in _DIGITS and {part, after} & {"M", "D"} for part, after in pairwise(parts)):
        raise ValueError("cannot tell M or D from the digits beside it; put a sign between them, or use MM and DD")
    return re.compile("".join(_DIGITS.get(part, re.escape(part)) for part in parts))


def read_date(text: str, pattern: str) -> dt.date | None:
    """Return the date that ``text`` says, written exactly as ``pattern``; None where it is not.

    Where Excel's days are declared, which no text has, it is written in ISO 8601.
    """
    if not (found := _compiled(ISO if pattern == SERIAL else pattern).fullmatch(text.strip())):
        return None
    try:
        return dt.date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def write_date(day: dt.date, pattern: str) -> str:
    """Return ``day`` so that ``read_date`` reads it again; for Excel's days, which no text has, in ISO 8601."""
    parts = _PARTS.findall(ISO if pattern == SERIAL else pattern)
    said = {"YYYY": f"{day.year:04}", "MM": f"{day.month:02}", "DD": f"{day.day:02}"}
    said |= {"M": str(day.month), "D": str(day.day)}
    return "".join(said.get(part, part) for part in parts)


Column = Annotated[str, AfterValidator(_known)]


class Columns(Strict):
    """Everything a columns file says."""

    columns: dict[Column, Name] = Field(default_factory=dict)
    """The clinic's own heading of a column."""
    dates: dict[Annotated[str, AfterValidator(_dated)], Annotated[Name, AfterValidator(_pattern)]] = Field(
        default_factory=dict
    )
    """How a column writes its dates, such as MM/DD/YYYY; a value written otherwise is a problem."""
    values: dict[Column, dict[Name, str]] = Field(default_factory=dict)
    """What a value of a column stands for: ``"Ocrevus 600" = "ocrelizumab"``."""
    defaults: dict[Annotated[str, AfterValidator(_not_private)], Name] = Field(default_factory=dict)
    """What an empty cell of a column stands for."""
    ignore: tuple[Name, ...] = ()
    """Headings that are known and not used."""

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        headings = [folded(heading) for heading in (*self.columns.values(), *self.ignore)]
        if twice := sorted({heading for heading in headings if headings.count(heading) > 1}):
            raise ValueError(f"names a heading twice: {', '.join(twice)}")
        for key, meanings in self.values.items():
            written = [folded(value) for value in meanings]
            if twice := sorted({value for value in written if written.count(value) > 1}):
                raise ValueError(f"[values.{key}] has a value twice, with or without capitals: {', '.join(twice)}")
        return self

    def meaning(self, key: str, text: str) -> str:
        """Return what ``text`` stands for in the column ``key``; capitals and spaces around it do not count."""
        if not text.strip():
            return self.defaults.get(key, text)
        if meanings := self.values.get(key):
            wanted = folded(text)
            return next((meant for value, meant in meanings.items() if folded(value) == wanted), text)
        return text


def read_columns(path: Path) -> Columns:
    """Return the columns file in ``path``; raises InputError with every problem of the file."""
    return read_toml(path, Columns)
