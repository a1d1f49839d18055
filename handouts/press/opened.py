"""Objects of a PDF that pikepdf has opened, as they stand in another file."""

from __future__ import annotations

import zlib
from collections.abc import Container

import pikepdf


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
