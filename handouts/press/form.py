"""Form and Field: a typeset packet with empty fields, and how it lies on disk.

A form is the bytes of a PDF up to its fields: everything static, laid out first. A patient's file is these bytes, the
small field objects, and one cross-reference stream. Nothing of it needs a PDF parser.
"""

from __future__ import annotations

import functools
import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from handouts.errors import InputError, Problem
from handouts.model import Dress

ENTRY = struct.Struct(">BIH")
"""A cross-reference entry: type, offset or object stream, generation or index (ISO 32000-1, 7.5.8.3)."""
PLACEHOLDER = "0"
"""What a field holds while a form is typeset. It is in every font, and is taken out again."""
KINDS = {"code": "code128", "qr": "qr", "calendar": "calendar", "mark": "mark"}
"""What a field is when its name begins so; everything else is text (dates are text, written out before)."""
OWN = frozenset({"patient", "order", "code", "qr"})
"""How the name of a field begins that is one patient's own; what other fields say follows from the plan alone."""
MAGIC = b"handouts form 4\n"


@dataclass(frozen=True, slots=True)
class Field:
    """A place for one value: one form XObject (ISO 32000-1, 8.10), which may be drawn on many pages."""

    name: str
    weight: str
    """``Regular`` or ``Bold``."""
    size: float
    """CSS px, as everything here."""
    width: float
    align: str
    """``left``, ``center`` or ``right``."""
    leading: float
    """The distance from one line to the next."""
    lines: int
    kind: str
    """``text``, or one of the drawings in ``KINDS``."""
    height: float
    """Of the whole box; a drawing fills it, a text stands on its baseline."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands on a page, in CSS px from the top left."""

    field: int
    """Which field it is, counted from 0."""
    page: int
    """From 1."""
    left: float
    top: float
    right: float
    bottom: float


def kind_of(name: str) -> str:
    """Return the kind of the field ``name``: what its name begins with says it."""
    return KINDS.get(name.partition(".")[0], "text")


@functools.cache
def is_own(name: str) -> bool:
    """Whether what the field ``name`` says is one patient's own."""
    return name.partition(".")[0] in OWN


@dataclass(frozen=True)
class Origin:
    """What a form was made for; it stands in the PDF's information dictionary, and holds no patient.

    Of one edition, or of one day's texts and facts, no two forms have the same.
    """

    drug: str
    dress: Dress
    shape: str
    """The SHA-256 of the outline of its plans (``values.Outline.digest``), 64 hexadecimal digits."""

    def said(self) -> dict[str, str]:
        """Return it as entries of an information dictionary (ISO 32000-1, 14.3.3), without their prefix."""
        flat = {"drug": self.drug, **asdict(self.dress), "shape": self.shape}
        return {name.capitalize(): "" if value is None else str(value) for name, value in flat.items()}

    @classmethod
    def read(cls, said: Mapping[str, str]) -> Origin:
        """Return the origin that ``said`` has. Raises KeyError where an entry is missing."""
        dress = Dress(
            said["Locale"],
            said["Packet"],
            said["Paper"],
            said["Size"],
            said["Interpreter"] == "True",
            said["Slip"] or None,
        )
        return cls(said["Drug"], dress, said["Shape"])

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Origin:
        """Return the origin that ``asdict`` made ``data`` of. Raises KeyError or TypeError where it did not."""
        return cls(data["drug"], Dress(**data["dress"]), data["shape"])


@dataclass(frozen=True, slots=True)
class Form:
    """A typeset packet with empty fields."""

    id: str
    """SHA-256 of what its pages say and of what typeset them (``forms.key_of``), 64 hexadecimal digits."""
    origin: Origin
    approved: bool
    """Its pages say by which edition; otherwise they say that it is a draft."""
    documents: tuple[str, ...]
    pages: int
    fields: tuple[Field, ...]
    places: tuple[Place, ...]
    """Where the fields stand; ``Place.field`` counts in ``fields``."""
    fonts: dict[str, int]
    """The object number of the embedded field font of each face."""
    glyphs: dict[str, dict[int, str]]
    """The glyphs of each of these fonts, and the character each stands for."""
    objects: int
    """How many objects are static; the fields' objects follow, one each, in their order."""
    root: int
    """The number of the document catalogue."""
    info: int
    """The number of the information dictionary."""
    table: bytes
    """The cross-reference entries of the static objects: whole deflate blocks, to be continued."""
    checksum: int
    """The Adler-32 of these entries before compression."""
    body: bytes
    """The static part of the PDF."""

    def dump(self) -> bytes:
        """Return the form as the bytes of a file."""
        head = {key: value for key, value in asdict(self).items() if key not in ("table", "body")}
        packed = json.dumps(head, ensure_ascii=False).encode()
        sizes = struct.pack(">III", len(packed), len(self.table), len(self.body))
        payload = sizes + packed + self.table + self.body
        return MAGIC + hashlib.sha256(payload).digest() + payload


def load(data: bytes) -> Form:
    """Return the form in ``data``; raises InputError when it is not one, or not whole."""
    start = len(MAGIC) + 32
    if not data.startswith(MAGIC) or hashlib.sha256(data[start:]).digest() != data[len(MAGIC) : start]:
        problem = "this is not a form of this version, or the file is damaged"
        raise InputError(Problem("form", problem, "build the edition again"))
    head_size, table_size, _ = struct.unpack(">III", data[start : start + 12])
    start += 12
    head = json.loads(data[start : start + head_size])
    head["fields"] = tuple(Field(**field) for field in head["fields"])
    head["places"] = tuple(Place(**place) for place in head["places"])
    head["glyphs"] = {
        name: {int(glyph): text for glyph, text in texts.items()} for name, texts in head["glyphs"].items()
    }
    head["origin"] = Origin.load(head["origin"])
    head["documents"] = tuple(head["documents"])
    table = data[start + head_size : start + head_size + table_size]
    return Form(**head, table=table, body=data[start + head_size + table_size :])
