"""What a roster is: rows under headings, whatever the file they came from."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from handouts.content.person import KEYS
from handouts.errors import InputError, Problem
from handouts.roster.columns import ISO, Columns, folded, read_date, write_date

REQUIRED = ("mrn", "name", "dob", "drug", "start")
"""The columns that every roster has. A cell of ``start`` may be empty where ``done`` and ``last`` are given."""
REASON = "reason"
"""The heading under which a batch says why it refused a row: a file of refused rows can be run again as it is."""
OTHER_REASON = "reason of refusal"
"""The same where the roster has a column of its own that is called so."""
SHOWN = 40
"""The most characters of a heading that a message repeats."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that cannot be taken as text."""

    shown: str
    message: str
    hint: str


Cell = str | dt.date | Wrong


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a roster, not yet judged."""

    number: int
    """As a person counts rows: the heading is row 1, the first patient row 2."""
    data: Mapping[str, str]
    """The values by key, dates as ISO 8601; a value that could not be read is in ``problems`` instead."""
    cells: tuple[str, ...]
    """Every cell as it is written in the file, under the roster's ``columns``."""
    written: Mapping[str, str]
    """The same by key, for the columns that are known."""
    places: Mapping[str, str]
    """Where a key stands: its heading as found, or its path in a FHIR bundle."""
    problems: tuple[Problem, ...] = ()
    """What the file has wrong in this row, each at its key; at no key, the row cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster file that is open for reading: as often as wanted, one row at a time."""

    path: Path
    columns: tuple[str, ...]
    """The headings as found, in order."""
    warnings: tuple[Problem, ...]
    rows: Callable[[], Iterator[Row]]
    version: tuple[int, int]

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows; raises InputError where the file cannot be read on, or is not the one that was opened."""
        yield from self.rows()
        if version_of(self.path) != self.version:
            raise InputError(
                Problem(str(self.path), "was changed while it was read", "save it, close it and try again")
            )


def version_of(path: Path) -> tuple[int, int]:
    """Return the time of the file's last change (ns) and its size (bytes)."""
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be read: {error.strerror}", "check the path")) from None
    return status.st_mtime_ns, status.st_size


@dataclass(frozen=True, slots=True)
class Headings:
    """The first row of a roster: which key each of its columns holds."""

    found: tuple[str, ...]
    keys: tuple[str | None, ...]
    """By position; None for a column that is not used."""
    places: Mapping[str, str]
    columns: Columns
    warnings: tuple[Problem, ...]

    def row(self, number: int, cells: Sequence[Cell]) -> Row | None:
        """Return the row of ``cells``; None where all of them are empty."""
        shown = tuple(cell if isinstance(cell, str) else self._shown(at, cell) for at, cell in enumerate(cells))
        if not any(text.strip() for text in shown):
            return None
        extra = [text for text in shown[len(self.found) :] if text.strip()]
        if len(cells) < len(self.found) or extra:
            message = f"has {len(cells)} cells, but there are {len(self.found)} headings"
            problem = Problem("", message, "look for a missing or an extra separator in this row")
            return Row(number, {}, shown, {}, self.places, (problem,))
        data: dict[str, str] = {}
        written: dict[str, str] = {}
        problems: list[Problem] = []
        for key, cell, text in zip(self.keys, cells, shown, strict=False):
            if key is not None:
                written[key] = text
                value = self._value(key, cell)
                if isinstance(value, Problem):
                    problems.append(value)
                else:
                    data[key] = value
        for key, default in self.columns.defaults.items():
            if key not in written:
                data[key] = default
        return Row(number, data, shown[: len(self.found)], written, self.places, tuple(problems))

    def _shown(self, at: int, cell: dt.date | Wrong) -> str:
        """Return what a cell says as text: in a file of refused rows, it is read again as the same."""
        if isinstance(cell, Wrong):
            return cell.shown
        key = self.keys[at] if at < len(self.keys) else None
        return write_date(cell, self.columns.dates.get(key, ISO) if key else ISO)

    def _value(self, key: str, cell: Cell) -> str | Problem:
        """Return what a cell of the column ``key`` says."""
        if isinstance(cell, Wrong):
            return Problem(key, cell.message, cell.hint)
        if isinstance(cell, dt.date):
            return cell.isoformat()
        if cell.lstrip().startswith("="):
            return Problem(key, "is a spreadsheet formula", "write the value itself in the cell")
        text = self.columns.meaning(key, cell)
        if (pattern := self.columns.dates.get(key)) and text is cell and text.strip():
            if day := read_date(text, pattern):
                return day.isoformat()
            return Problem(key, f"is not a date written as {pattern}", "write it like the others, or change [dates]")
        return text


def read_headings(found: Sequence[str], columns: Columns, where: str) -> Headings:
    """Return what each heading in ``found`` stands for; raises InputError with everything that is wrong with them.

    ``where`` is the name of the file. What is not known is a warning and not repeated where a required heading is
    missing: a first row without headings may be a patient.
    """
    found = tuple(found)
    while found and not found[-1].strip():
        found = found[:-1]
    names = [folded(heading) for heading in found]
    own = {folded(heading): key for key, heading in columns.columns.items()}
    known = {key: key for key in KEYS if key not in columns.columns} | own
    keys = tuple(known.get(name) for name in names)
    missing = [key for key in REQUIRED if key not in keys and key not in columns.defaults]
    missing += [key for key in columns.columns if key not in keys and key not in missing]
    problems = [_missing(key, columns, names, known) for key in missing]
    if not any(keys):
        hint = "the first row must be the headings: " + ", ".join(REQUIRED)
        raise InputError(Problem(where, "has none of the headings of a roster in its first row", hint))
    for name in dict.fromkeys(name for name in names if name and names.count(name) > 1):
        at = [str(index) for index, other in enumerate(names, start=1) if other == name]
        problems.append(Problem(where, f"columns {' and '.join(at)} have the same heading", "take one of them out"))
    if problems:
        raise InputError(*(Problem(where, problem.message, problem.hint) for problem in problems))
    ignored = {OTHER_REASON, *(folded(heading) for heading in columns.ignore)}
    if REASON in found:
        ignored.add(REASON)
    unknown = [
        heading for heading, name, key in zip(found, names, keys, strict=True) if not key and name not in ignored
    ]
    places = {key: heading.strip() for key, heading in zip(keys, found, strict=True) if key}
    return Headings(found, keys, places, columns, tuple(_unknown(heading) for heading in unknown))


def _missing(key: str, columns: Columns, names: Sequence[str], known: Mapping[str, str]) -> Problem:
    heading = columns.columns.get(key, key)
    near = difflib.get_close_matches(folded(heading), [name for name in names if name not in known], n=1, cutoff=0.6)
    hint = f"the columns file names the heading {heading!r}: correct it there" if key in columns.columns else ""
    if near:
        hint = f"is it {plain(near[0])!r}? Then say so in a columns file (--columns): [columns] {key} = {near[0]!r}"
    return Problem(
        "", f"no column is headed {heading!r}", hint or f"add the column {key}, or name yours with --columns"
    )


def _unknown(heading: str) -> Problem:
    if not heading.strip():
        return Problem("headings", "a column without a heading is not used", "give it a heading, or take it out")
    near = difflib.get_close_matches(folded(heading), KEYS, n=1, cutoff=0.75)
    hint = f"did you mean {near[0]}?" if near else "nothing to do; list it under ignore in a columns file to hush this"
    return Problem("headings", f"the column {plain(heading)!r} is not known and not used", hint)


def plain(text: str) -> str:
    """Return ``text`` for a message: short, and nothing in it that a screen would not show."""
    shown = "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in text.strip())
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
