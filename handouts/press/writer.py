"""A PDF written from front to back into a file, however long it is: objects, page tree, cross-reference stream.

What is kept in memory is where each object lies (11 bytes), the pages' numbers, and ``KEPT`` hashes.
"""

from __future__ import annotations

import hashlib
import itertools
import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO

from handouts.errors import OutputError, Problem
from handouts.press.embedding import stream
from handouts.press.layout import HEADER, PER_STREAM, object_stream

ENTRY = struct.Struct(">BQH")
"""A cross-reference entry as in ``form.ENTRY``, with room for offsets beyond 4 GB."""
FAN = 64
"""How many children a node of the page tree has at most; viewers find a page in few steps."""
KEPT = 50_000
"""Of how many objects it is remembered what they say, so that they are written once."""
MOST = 4_000_000
"""Objects in one file; pdfium reads no more than 4 x 2^20."""


class Writer:
    """The objects of a file. What is no stream is packed into object streams (ISO 32000-1, 7.5.7)."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0
        self._digest = hashlib.sha256()
        self._entries = bytearray(ENTRY.pack(0, 0, 65535))
        self._plain: list[tuple[int, bytes]] = []
        self._shared: dict[bytes, int] = {}
        self._put(HEADER)

    def reserve(self) -> int:
        """Return the number of an object that is to come. Raises OutputError where a file cannot hold more."""
        number = len(self._entries) // ENTRY.size
        if number > MOST:
            raise OutputError(Problem("", "these are too many pages for one file", "make several files"))
        self._entries += ENTRY.pack(0, 0, 0)
        return number

    def add(self, body: bytes, number: int | None = None) -> int:
        """Write an object as it stands between ``obj`` and ``endobj``; return its number."""
        number = self.reserve() if number is None else number
        if body.endswith(b"endstream"):
            self._enter(number, 1, self._at, 0)
            self._put(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        else:
            self._plain.append((number, body))
            if len(self._plain) == PER_STREAM:
                self._pack()
        return number

    def share(self, body: bytes) -> int:
        """Return the number of the object that says ``body``; it is written when it has not been said lately."""
        key = hashlib.sha256(body).digest()
        number = self._shared.pop(key, None)
        if number is None:
            number = self.add(body)
            if len(self._shared) == KEPT:
                del self._shared[next(iter(self._shared))]
        self._shared[key] = number
        return number

    def finish(self, root: bytes, info: bytes) -> None:
        """Write the document catalogue, the information dictionary and the cross-reference stream."""
        first, second = self.add(root), self.add(info)
        self._pack()
        number = self.reserve()
        self._enter(number, 1, self._at, 0)
        identifier = self._digest.hexdigest()[:32]
        entries = (
            f"/Type/XRef/W[1 8 2]/Size {number + 1}/Root {first} 0 R/Info {second} 0 R"
            f"/ID[<{identifier}><{identifier}>]/Filter/FlateDecode"
        )
        end = self._at
        self._put(b"%d 0 obj\n%b\nendobj\n" % (number, stream(zlib.compress(self._entries, 9), entries)))
        self._put(b"startxref\n%d\n%%%%EOF\n" % end)

    def _pack(self) -> None:
        if self._plain:
            waiting, self._plain = self._plain, []
            number = self.add(object_stream(waiting))
            for index, (inside, _) in enumerate(waiting):
                self._enter(inside, 2, number, index)

    def _enter(self, number: int, kind: int, where: int, index: int) -> None:
        ENTRY.pack_into(self._entries, number * ENTRY.size, kind, where, index)

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._at += len(data)


class Pages:
    """The page tree of a file (ISO 32000-1, 7.7.3)."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._leaves: list[tuple[int, list[int]]] = []
        self.count = 0

    def add(self, entries: bytes) -> int:
        """Write a page with ``entries`` (media box, resources, contents); return its number."""
        if self.count % FAN == 0:
            self._leaves.append((self._writer.reserve(), []))
        parent, kids = self._leaves[-1]
        kids.append(self._writer.add(b"<</Type/Page/Parent %d 0 R%b>>" % (parent, entries)))
        self.count += 1
        return kids[-1]

    def finish(self) -> int:
        """Write the nodes; return the number of the uppermost."""
        level = [(number, kids, len(kids)) for number, kids in self._leaves] or [(self._writer.reserve(), [], 0)]
        while len(level) > 1:
            above = []
            for start in range(0, len(level), FAN):
                nodes = level[start : start + FAN]
                parent = self._writer.reserve()
                for node in nodes:
                    self._node(*node, b"/Parent %d 0 R" % parent)
                above.append((parent, [number for number, *_ in nodes], sum(count for *_, count in nodes)))
            level = above
        self._node(*level[0], b"")
        return level[0][0]

    def _node(self, number: int, kids: list[int], count: int, parent: bytes) -> None:
        listed = b" ".join(b"%d 0 R" % kid for kid in kids)
        self._writer.add(b"<</Type/Pages/Kids[%b]/Count %d%b>>" % (listed, count, parent), number)


def outline(writer: Writer, marks: Sequence[tuple[str, int]]) -> int:
    """Write bookmarks, each a title and the number of a page; return the number of the outline (12.3.3)."""
    root = writer.reserve()
    numbers = [writer.reserve() for _ in marks]
    around = itertools.zip_longest(numbers, [0, *numbers[:-1]], numbers[1:], fillvalue=0)
    for (title, page), (number, before, after) in zip(marks, around, strict=True):
        links = (b"/Prev %d 0 R" % before if before else b"") + (b"/Next %d 0 R" % after if after else b"")
        body = b"<</Title %b/Parent %d 0 R/Dest[%d 0 R/Fit]%b>>" % (text_string(title), root, page, links)
        writer.add(body, number)
    ends = b"/First %d 0 R/Last %d 0 R" % (numbers[0], numbers[-1]) if numbers else b""
    writer.add(b"<</Type/Outlines/Count %d%b>>" % (len(numbers), ends), root)
    return root


def text_string(text: str) -> bytes:
    """Return ``text`` as a string of a PDF (ISO 32000-1, 7.9.2.2)."""
    return b"<feff%b>" % text.encode("utf-16-be").hex().encode()
