"""The manifest: one line of JSON for each row of a roster, in its order. It never holds a name or a date of birth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from handouts.errors import InputError, Problem

NAME = "manifest.jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one row."""

    row: int
    """As a person counts it in the roster; the heading is row 1."""
    mrn: str
    drug: str
    locale: str
    packet: str
    """``intake+slip-vi``: in English, after a page that asks for an interpreter in Vietnamese."""
    status: str
    """``made`` or ``refused``."""
    file: str | None = None
    """The name of the packet's file in the folder of the manifest."""
    sha256: str | None = None
    pages: int | None = None
    form: str | None = None
    """The id of the form it was stamped into, 64 hexadecimal digits."""
    edition: int | None = None
    """The number of the edition; none for a form of this machine's own shelf."""
    problems: tuple[str, ...] = ()
    """Why it was refused: ``column: reason``, without the value."""

    def dump(self) -> str:
        """Return the line with its end, in ASCII: whatever a cell holds, it is one line to every program."""
        return json.dumps({key: getattr(self, key) for key in KEYS}) + "\n"


KEYS = tuple(field.name for field in fields(Line))


def read_manifest(path: Path) -> Iterator[Line]:
    """Yield the lines of the manifest ``path``; raises InputError when it is none."""
    try:
        with path.open(encoding="utf-8") as file:
            for text in file:
                data = json.loads(text)
                yield Line(**data | {"problems": tuple(data["problems"])})
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(Problem(path.name, "is not a manifest", "run the batch again")) from None
