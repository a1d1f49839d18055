"""Rosters as JSON: an array of objects, or one object a line. Keys are the columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from handouts.errors import InputError, Problem
from handouts.roster.columns import Columns
from handouts.roster.table import Cell, Headings, Roster, Row, Wrong, plain, read_headings, version_of

MOST_KEYS = 200
"""The most different keys a roster may have."""
LONGEST = 1 << 20
"""The longest line of JSON Lines, in characters."""
Pairs = list[tuple[str, object]]
"""An object as it is written: a key may stand there twice."""


def open_json(path: Path, columns: Columns, *, lines: bool) -> Roster:
    """Return the roster in ``path``; ``lines``: JSON Lines. Raises InputError where it cannot be read at all.

    Objects of an array are counted from 1; in JSON Lines, a row's number is that of its line.
    """
    version = version_of(path)
    read = _lines if lines else _array
    found: dict[str, None] = {}
    for _, pairs in read(path):
        found |= dict.fromkeys(key for key, _ in pairs)
        if len(found) > MOST_KEYS:
            problem = f"has more than {MOST_KEYS} different keys"
            raise InputError(Problem(str(path), problem, "give every object the same keys, as a table has columns"))
    if not found:
        raise InputError(Problem(str(path), "has no objects in it", 'write [{"mrn": "…", "name": "…"}]'))
    headings = read_headings(list(found), columns, str(path))

    def rows() -> Iterator[Row]:
        for number, pairs in read(path):
            if row := _row(number, pairs, headings):
                yield row

    return Roster(path, headings.found, headings.warnings, rows, version)


def _row(number: int, pairs: Pairs, headings: Headings) -> Row | None:
    keys = [key for key, _ in pairs]
    if len(keys) > len(set(keys)):
        twice = next(key for key in keys if keys.count(key) > 1)
        problem = Problem("", f"has the key {plain(twice)!r} twice", "give it once")
        cells = dict(zip(keys, (_shown(value) for _, value in pairs), strict=True))
        return Row(number, {}, tuple(cells.get(key, "") for key in headings.found), {}, headings.places, (problem,))
    values = dict(pairs)
    return headings.row(number, [_cell(values.get(key)) for key in headings.found])


def _cell(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40:
        return str(value)
    return Wrong(_shown(value), "is neither text nor a whole number", "put it in quotes")


def _shown(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return "…" if isinstance(value, list | dict) or (isinstance(value, int) and abs(value) >= 10**40) else str(value)


def _lines(path: Path) -> Iterator[tuple[int, Pairs]]:
    """Yield the object of every line that is not empty, with the line's number."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            number = 0
            while line := file.readline(LONGEST):
                number += 1
                if line.strip():
                    yield number, _pairs(line, f"{path}:line {number}")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(_unreadable(path, error)) from None


def _pairs(text: str, where: str) -> Pairs:
    try:
        found = json.loads(text, object_pairs_hook=_Object)
    except (ValueError, RecursionError):
        raise InputError(Problem(where, "is not valid JSON", "write one object on one line")) from None
    if not isinstance(found, _Object):
        raise InputError(Problem(where, "is not an object", 'write {"mrn": "…", "name": "…"}'))
    return list(found)


class _Object(list[tuple[str, object]]):
    """An object as it is written; a list in JSON is another type."""


def _array(path: Path) -> Iterator[tuple[int, Pairs]]:
    """Yield the objects of the array that the file is, with their numbers from 1; one is in memory at a time."""
    import ijson
    from ijson.common import IncompleteJSONError, JSONError

    try:
        with path.open("rb") as file:
            mark = file.read(3)
            file.seek(3 if mark == b"\xef\xbb\xbf" else 0)
            yield from _objects(ijson.basic_parse(file), path)
    except (JSONError, IncompleteJSONError, UnicodeDecodeError):
        raise InputError(Problem(str(path), "is not valid JSON, or ends too early", "save it again")) from None
    except OSError as error:
        raise InputError(_unreadable(path, error)) from None


def _objects(events: Iterator[tuple[str, object]], path: Path) -> Iterator[tuple[int, Pairs]]:
    """Yield every object of an array from the events of a parser; what is nested in one becomes an empty list."""
    if next(events, ("", None))[0] != "start_array":
        raise InputError(Problem(str(path), "is not an array of objects", 'write [{"mrn": "…", "name": "…"}]'))
    number, depth, key = 0, 0, ""
    pairs: Pairs = []
    for event, value in events:
        if event in ("start_map", "start_array"):
            depth += 1
            if depth == 1:
                number, pairs = number + 1, []
                if event == "start_array":
                    break
            elif depth == 2:
                pairs.append((key, []))
        elif event in ("end_map", "end_array"):
            depth -= 1
            if depth == 0:
                yield number, pairs
            elif depth < 0:
                next(events, None)  # text after the end is an error of the parser
                return
        elif depth == 0:
            number += 1
            break
        elif depth == 1 and event == "map_key":
            key = str(value)
        elif depth == 1:
            pairs.append((key, value))
    raise InputError(Problem(f"{path}:[{number - 1}]", "is not an object", 'write [{"mrn": "…", "name": "…"}]'))


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> Problem:
    if isinstance(error, OSError):
        return Problem(str(path), f"cannot be read: {error.strerror}", "check the path")
    return Problem(str(path), "is not UTF-8 text", "save it as UTF-8")
