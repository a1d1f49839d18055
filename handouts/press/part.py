"""A typeset document with empty fields, as objects that can be put behind those of another one.

A part is numbered by itself. What a file has once (its catalogue, the root of its pages and tags) has the first numbers
in every part and is no part's own; the field objects come after its own. ``press.join`` makes a form of parts.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass

from handouts.errors import InputError, Problem
from handouts.press.form import Field, Place

CATALOGUE, INFO, METADATA, PAGES, TAGS, DOCUMENT, PARENTS, OUTLINE = range(1, 9)
"""The numbers of what a file has once: its catalogue, properties, XMP metadata, page tree, structure tree, the element
that holds all others, the parent tree and the bookmarks (ISO 32000-1, 7.7.2, 14.7.2, 14.7.4.4, 12.3.3)."""
SHARED = OUTLINE
"""How many they are."""
MAGIC = b"handouts part 1\n"
BINARY = frozenset({"catalogue", "metadata", "objects"})
_TOKEN = re.compile(rb"\((?:[^()\\]|\\.)*\)|/StructParents?\s+(?P<entry>\d+)|\b(?P<object>\d+) 0 R\b", re.DOTALL)
"""A literal string, in which nothing is renumbered; an entry of the parent tree; a reference to an object."""


@dataclass(frozen=True, slots=True)
class PageFont:
    """A font of the pages whose file is that of the whole packet."""

    descriptor: int
    """The number of its descriptor, which has no file yet (ISO 32000-1, 9.8)."""
    face: str
    glyphs: tuple[int, ...]
    """Those that are drawn."""


@dataclass(frozen=True, slots=True)
class Part:
    """A typeset document with empty fields."""

    key: str
    """SHA-256 of what its pages say and of what typeset them, 64 hexadecimal digits."""
    document: str
    title: str
    producer: str
    letters: str
    """The letters of its pages, small and capital."""
    fields: tuple[Field, ...]
    places: tuple[Place, ...]
    """Where the fields stand; ``Place.field`` counts in ``fields``."""
    fonts: tuple[PageFont, ...]
    pages: tuple[int, ...]
    """The numbers of its page objects, in order."""
    kids: tuple[int, ...]
    """Of the elements directly below ``DOCUMENT``."""
    parents: tuple[int, ...]
    """Of the entries of the parent tree, from 0 on."""
    bookmarks: tuple[int, int, int] | None
    """The first and the last bookmark of the outermost level, and how many there are of all levels."""
    catalogue: bytes
    """Entries of the catalogue that no other object stands for: language, marks, how a viewer shows it."""
    metadata: bytes
    """The stream of XMP metadata."""
    objects: tuple[bytes, ...]
    """Its own objects, from number ``SHARED`` + 1 on, as they stand between ``obj`` and ``endobj``."""

    def dump(self) -> bytes:
        """Return the part as the bytes of a file."""
        binary = (self.catalogue, self.metadata, *self.objects)
        plain = {
            name: value for name, value in asdict(self).items() if name not in ("catalogue", "metadata", "objects")
        }
        head = json.dumps(plain | {"sizes": [len(item) for item in binary]}, ensure_ascii=False).encode()
        payload = zlib.compress(struct.pack(">I", len(head)) + head + b"".join(binary), 6)
        return MAGIC + hashlib.sha256(payload).digest() + payload


def load(data: bytes) -> Part:
    """Return the part in ``data``; raises InputError when it is not one, or not whole."""
    start = len(MAGIC) + 32
    if not data.startswith(MAGIC) or hashlib.sha256(data[start:]).digest() != data[len(MAGIC) : start]:
        problem = "this is no part of a form of this version, or the file is damaged"
        raise InputError(Problem("form", problem, "build the edition again"))
    unpacked = zlib.decompress(data[start:])
    (size,) = struct.unpack(">I", unpacked[:4])
    head, at, binary = json.loads(unpacked[4 : 4 + size]), 4 + size, []
    for length in head.pop("sizes"):
        binary.append(unpacked[at : at + length])
        at += length
    catalogue, metadata, *objects = binary
    lists = {name: tuple(head[name]) for name in ("pages", "kids", "parents")}
    return Part(
        **head
        | lists
        | {
            "fields": tuple(Field(**field) for field in head["fields"]),
            "places": tuple(Place(**place) for place in head["places"]),
            "fonts": tuple(PageFont(item["descriptor"], item["face"], tuple(item["glyphs"])) for item in head["fonts"]),
            "bookmarks": tuple(head["bookmarks"]) if head["bookmarks"] else None,
        },
        catalogue=catalogue,
        metadata=metadata,
        objects=tuple(objects),
    )


def renumbered(body: bytes, number: Callable[[int], int], entry: int = 0) -> bytes:
    """Return an object with every reference to n made one to ``number(n)``, and entries of the parent tree ``entry``
    further on. What stands in a stream is left as it is."""
    plain, stream, rest = body.partition(b"stream\n") if body.endswith(b"endstream") else (body, b"", b"")

    def moved(found: re.Match[bytes]) -> bytes:
        if found["object"]:
            return b"%d 0 R" % number(int(found["object"]))
        if found["entry"]:
            return found[0][: -len(found["entry"])] + b"%d" % (int(found["entry"]) + entry)
        return found[0]

    return _TOKEN.sub(moved, plain) + stream + rest
