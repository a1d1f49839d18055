"""File names of packets: a row and a keyed hash, or a clinic's own pattern. Never a path, and never twice the same."""

from __future__ import annotations

import string
import unicodedata

from handouts.errors import Problem, UsageError
from handouts.model import Order

USUAL = "{row:05}-{hash}"
KNOWN = ("row", "hash", "mrn", "name", "drug", "start", "locale", "packet")
LENGTH = 180
"""The most bytes of a name in UTF-8, without its ending; file systems take 255."""
RESERVED = frozenset('<>:"/\\|?*')
"""What a file name must not have on Windows."""


class Names:
    """File names after one pattern."""

    def __init__(self, pattern: str = USUAL) -> None:
        """Take ``pattern``; raises UsageError for a part that is not known. The hash is added where it is missing."""
        try:
            parts = list(string.Formatter().parse(pattern))
            for _, part, spec, conversion in parts:
                if part is not None and (part not in KNOWN or conversion or (spec and part != "row")):
                    raise ValueError(part)
            "".join(format(0, spec) for _, part, spec, _ in parts if part == "row" and spec)
        except ValueError:
            known = ", ".join("{" + name + "}" for name in KNOWN)
            raise UsageError(Problem("--names", f"{pattern!r} is not a pattern", f"it can have {known}")) from None
        self._parts = frozenset(part for _, part, *_ in parts if part)
        self.pattern = pattern if "hash" in self._parts else pattern + "-{hash}"

    def file(self, row: int, order: Order, key: str) -> str:
        """Return the name of the file for ``order`` in ``row``; ``key`` is the hash, the same for the same packet."""
        values = {
            "mrn": order.patient.mrn,
            "name": order.patient.name,
            "drug": order.drug,
            "start": (order.treatment.start or order.treatment.last or ""),
            "locale": order.locale or "",
            "packet": order.packet or "intake",
        }
        safe = {name: _safe(str(value)) for name, value in values.items() if name in self._parts}
        # Shortened before the hash is put in, which must stay whole.
        before, _, after = self.pattern.partition("{hash}")
        stem, rest = (part.format(row=row, hash=key, **safe) for part in (before, after))
        return _safe(_cut(stem, LENGTH - len(key) - 40) + key + _cut(rest, 40)) + ".pdf"


def _safe(text: str) -> str:
    """Return ``text`` with everything replaced that a file system, a shell or a person could take amiss."""
    kept = "".join(
        "_" if char in RESERVED or unicodedata.category(char)[0] in "CZ" else char
        for char in unicodedata.normalize("NFC", text)
    )
    return kept.lstrip(".-").rstrip(".")


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
