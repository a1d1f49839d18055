"""File names of packets: a row and a keyed hash, or a clinic's own pattern. Never a path, and never twice the same."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping

from handouts.errors import Problem, UsageError
from handouts.model import Order

USUAL = "{row:05}-{hash}"
KNOWN = ("row", "hash", "mrn", "name", "drug", "start", "locale", "packet")
LENGTH = 180
"""The most bytes of a name in UTF-8, without its ending; file systems take 255."""
AFTER = 40
"""How many of them what stands behind the hash may take."""
RESERVED = frozenset('<>:"/\\|?*')
"""What a file name must not have on Windows."""
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)
"""What it must not be there, whatever its ending."""
WIDTH = re.compile(r"0?[0-9]{0,2}")
"""How a row's number may be written out."""
_Part = tuple[str, str | None, str | None, str | None]
"""Text, and what follows it: a name in braces, how it is written out, and a conversion, of which there is none."""


class Names:
    """File names after one pattern."""

    def __init__(self, pattern: str = USUAL) -> None:
        """Take ``pattern``; raises UsageError for a part that is not known. The hash is added where it is missing."""
        try:
            pattern.encode()
            self._parts = list(string.Formatter().parse(pattern))
            for _, part, spec, conversion in self._parts:
                if part is not None and (part not in KNOWN or conversion or (spec and part != "row")):
                    raise ValueError(part)
                if spec and not WIDTH.fullmatch(spec):
                    raise ValueError(spec)
        except ValueError:
            known = ", ".join("{" + name + "}" for name in KNOWN)
            raise UsageError(Problem("--names", f"{pattern!r} is not a pattern", f"it can have {known}")) from None
        if not any(part == "hash" for _, part, *_ in self._parts):
            self._parts += [("-", "hash", "", None)]
        self.pattern = pattern

    def file(self, row: int, order: Order, packet: str, key: str) -> str:
        """Return the name of the file for ``order`` in ``row``, which becomes ``packet``; ``key`` is the hash."""
        values = {
            "mrn": order.patient.mrn,
            "name": order.patient.name,
            "drug": order.drug,
            "start": (order.treatment.start or order.treatment.last or ""),
            "locale": order.locale or "",
            "packet": packet,
        }
        # Shortened before the hash is put in, which must stay whole.
        at = next(at for at, (_, part, *_) in enumerate(self._parts) if part == "hash")
        literal, *_ = self._parts[at]
        before = _filled(self._parts[:at], row, key, values) + literal
        after = _filled(self._parts[at + 1 :], row, key, values)
        name = _cut(_safe(before), LENGTH - len(key) - AFTER).lstrip(".-") + key + _cut(_safe(after), AFTER)
        return ("_" + name if DEVICES.match(name) else name).rstrip(".") + ".pdf"


def _filled(parts: list[_Part], row: int, key: str, values: Mapping[str, object]) -> str:
    """Return ``parts`` with what they stand for in one row."""
    filled = ""
    for literal, part, spec, _ in parts:
        filled += literal
        if part == "row":
            filled += format(row, spec or "")
        elif part:
            filled += str(values.get(part, key))
    return filled


def _safe(text: str) -> str:
    """Return ``text`` with everything replaced that a file system, a shell or a person could take amiss."""
    return "".join(
        "_" if char in RESERVED or unicodedata.category(char)[0] in "CZ" else char
        for char in unicodedata.normalize("NFC", text)
    )


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")
