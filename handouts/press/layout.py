"""The objects of a PDF one after the other, and the cross-reference entries that find them (ISO 32000-1, 7.5)."""

from __future__ import annotations

import zlib
from collections.abc import Container

import pikepdf

from handouts.press.embedding import stream
from handouts.press.form import ENTRY

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PER_STREAM = 400
"""Objects to one object stream."""


def object_streams(pdf: pikepdf.Pdf, more: int) -> int:
    """Return at most how many object streams the objects of ``pdf`` and ``more`` others take."""
    return -(-(len(pdf.objects) + more) // PER_STREAM)


class Layout:
    """Lays out objects. What is no stream is packed into object streams, which take the last numbers."""

    def __init__(self) -> None:
        self.body = bytearray(HEADER)
        self._entries: dict[int, bytes] = {0: ENTRY.pack(0, 0, 65535)}
        self._plain: list[tuple[int, bytes]] = []

    def add_objects(self, pdf: pikepdf.Pdf, count: int) -> None:
        """Add the objects 1 to ``count`` of ``pdf``."""
        for number in range(1, count + 1):
            item = pdf.get_object(number, 0)
            if isinstance(item, pikepdf.Stream):
                self.add(number, stream_of(item))
            else:
                self.add(number, item.unparse(resolved=True))

    def add(self, number: int, body: bytes) -> None:
        """Add the object ``number``, as it stands between ``obj`` and ``endobj``."""
        if body.endswith(b"endstream"):
            self._entries[number] = ENTRY.pack(1, len(self.body), 0)
            self.body += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        else:
            self._plain.append((number, body))

    def entries(self, static: int) -> bytes:
        """Pack what is left and return the entries of the objects 0 to ``static``."""
        streams = -(-len(self._plain) // PER_STREAM)
        for at in range(streams):
            number = static - streams + 1 + at
            objects = self._plain[at * PER_STREAM : (at + 1) * PER_STREAM]
            for index, (packed, _) in enumerate(objects):
                self._entries[packed] = ENTRY.pack(2, number, index)
            self.add(number, object_stream(objects))
        free = ENTRY.pack(0, 0, 0)
        return b"".join(self._entries.get(number, free) for number in range(static + 1))


def stream_of(item: pikepdf.Stream, without: Container[str] = ()) -> bytes:
    """Return the body of a stream object, packed where it was not, ``without`` some entries of its dictionary."""
    data = item.read_raw_bytes()
    kept = {key: value for key, value in item.stream_dict.items() if key != "/Length" and key not in without}
    entries = pikepdf.Dictionary(kept)
    if "/Filter" not in entries:
        data = zlib.compress(data, 9)
        entries["/Filter"] = pikepdf.Name.FlateDecode
    inside = entries.unparse(resolved=True).strip().removeprefix(b"<<").removesuffix(b">>")
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (inside, len(data), data)


def object_stream(objects: list[tuple[int, bytes]]) -> bytes:
    """Return an object stream (ISO 32000-1, 7.5.7)."""
    heads, bodies, offset = [], [], 0
    for number, body in objects:
        heads.append(f"{number} {offset}")
        bodies.append(body)
        offset += len(body) + 1
    head = (" ".join(heads) + "\n").encode()
    data = zlib.compress(head + b"\n".join(bodies), 9)
    return stream(data, f"/Type/ObjStm/N {len(objects)}/First {len(head)}/Filter/FlateDecode")
