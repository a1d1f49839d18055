"""The objects of a PDF one after the other, and the cross-reference entries that find them (ISO 32000-1, 7.5)."""

from __future__ import annotations

from handouts.press.embedding import HEADER, PER_STREAM, object_stream
from handouts.press.form import ENTRY


def object_streams(count: int) -> int:
    """Return at most how many object streams ``count`` objects take."""
    return -(-count // PER_STREAM)


class Layout:
    """Lays out objects. What is no stream is packed into object streams, which take the last numbers."""

    def __init__(self) -> None:
        self.body = bytearray(HEADER)
        self._entries: dict[int, bytes] = {0: ENTRY.pack(0, 0, 65535)}
        self._plain: list[tuple[int, bytes]] = []

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
