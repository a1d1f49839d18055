"""A FHIR R4 bundle in memory: its resources, where each stands, and what refers to what."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from handouts.errors import InputError, Problem
from handouts.roster.table import plain

MOST_BYTES = 50 << 20
"""The largest bundle that is read: its resources refer to each other, so that all of it is in memory at once."""
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:.]+([+-][0-9]{2}:[0-9]{2}))?")
_UNIVERSAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-]00:00)")


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a bundle and its path, as ``entry[3].resource.name[0]``. What is not there is empty."""

    value: Any
    path: str

    def __getitem__(self, key: str) -> Node:
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(value, f"{self.path}.{key}")

    def __iter__(self) -> Iterator[Node]:
        """Yield the items of a list."""
        for at, item in enumerate(self.value if isinstance(self.value, list) else ()):
            yield Node(item, f"{self.path}[{at}]")

    @property
    def text(self) -> str:
        return self.value.strip() if isinstance(self.value, str) else ""

    @property
    def entry(self) -> int:
        """Which entry of the bundle it is in."""
        return int(self.path.removeprefix("entry[").partition("]")[0])


@dataclass(frozen=True, slots=True)
class Value:
    """What a bundle says of a column, and where; or why it cannot be taken."""

    text: str
    path: str
    message: str = ""
    hint: str = ""


def day_of(time: Node, time_zone: str) -> Value:
    """Return the day of ``time`` as it is written, or at the clinic where it is universal time."""
    try:
        if _UNIVERSAL.fullmatch(time.text):
            day = dt.datetime.fromisoformat(time.text).astimezone(ZoneInfo(time_zone)).date()
            return Value(day.isoformat(), time.path)
        if found := _TIME.fullmatch(time.text):
            return Value(dt.date.fromisoformat(found[1]).isoformat(), time.path)
    except (ValueError, OverflowError):  # the 32nd, and the first day of all in the west
        pass
    return Value(time.text, time.path, "is not a date, or a time with its offset", "write 2026-12-01T09:00:00-06:00")


class Bundle:
    """The resources of a bundle."""

    def __init__(self, path: Path) -> None:
        """Raises InputError where ``path`` is no bundle, or not all of one."""
        root = Node(_loaded(path), "")
        if root["resourceType"].text != "Bundle":
            hint = 'a roster is an array of objects, [{"mrn": "…"}], or a FHIR bundle; JSON Lines are called .jsonl'
            raise InputError(Problem(str(path), "is neither an array of objects nor a FHIR bundle", hint))
        if any(link["relation"].text == "next" for link in root["link"]):
            problem = "is one page of a longer answer"
            raise InputError(Problem(str(path), problem, "save all pages in one bundle: some patients are missing"))
        entries = root.value.get("entry")
        self.resources: list[Node] = []
        self._named: dict[str, Node] = {}
        self._placed: set[str] = set()
        """The paths of the resources whose entry has a fullUrl."""
        problems = []
        for at, entry in enumerate(Node(entries, "entry")):
            resource = Node(entry["resource"].value, f"entry[{at}].resource")
            self.resources.append(resource)
            if entry["fullUrl"].text:
                self._placed.add(resource.path)
            names = {entry["fullUrl"].text, f"{resource['resourceType'].text}/{resource['id'].text}"}
            for name in sorted(name for name in names if name and not name.endswith("/")):
                if (other := self._named.setdefault(name, resource)) is not resource:
                    message = f"is the same resource as {other.path}"
                    problems.append(Problem(resource.path, message, "keep the one that is current"))
        if problems:
            raise InputError(*dict.fromkeys(problems))

    def of(self, *kinds: str) -> list[Node]:
        """Return the resources of these types."""
        return [resource for resource in self.resources if resource["resourceType"].text in kinds]

    def target(self, reference: Node) -> Node | None:
        """Return the resource that ``reference`` points to, if it is in the bundle.

        A reference to a server is one to a resource that has this very fullUrl, or none.
        """
        named = reference["reference"].text.partition("/_history/")[0]
        if found := self._named.get(named):
            return found
        found = self._named.get("/".join(named.split("/")[-2:]))
        return None if found and "://" in named and found.path in self._placed else found

    def part(self, node: Node, reference: Node) -> Node | None:
        """Return what ``reference`` in ``node`` points to: a resource that ``node`` contains, or one of the bundle."""
        if not (named := reference["reference"].text).startswith("#"):
            return self.target(reference)
        found = [item for item in node["contained"] if item["id"].text and f"#{item['id'].text}" == named]
        return found[0] if len(found) == 1 else None


def _loaded(path: Path) -> object:
    try:
        if path.stat().st_size > MOST_BYTES:
            problem = f"is larger than {MOST_BYTES >> 20} MB, which is more than a bundle is read of"
            raise InputError(Problem(str(path), problem, "ask for one day at a time"))
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be read: {error.strerror}", "check the path")) from None
    except _Twice as error:
        raise InputError(Problem(str(path), f"has an object with {error} twice", "save it again")) from None
    except (ValueError, RecursionError) as error:
        where = f"{path}:line {error.lineno}" if isinstance(error, json.JSONDecodeError) else str(path)
        raise InputError(Problem(where, "is not valid JSON", "save it again")) from None


class _Twice(Exception):
    """A key that an object has twice."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Twice(repr(plain(next(key for key in keys if keys.count(key) > 1))))
    return found
