"""A PDF for the printer: pages of our own drawing, beside others, and how they are to be printed.

It is not tagged: what is read out is never made so. Its properties say what it is, and name no patient.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import BinaryIO

from handouts.press.embedding import stream
from handouts.press.lettering import Lettering
from handouts.press.shaping import Faces
from handouts.press.writer import Pages, Writer, outline, text_string

Size = tuple[float, float]
"""Width and height of a page, in points."""


class PrintFile:
    """The writer of such a file, its pages and its texts."""

    def __init__(self, file: BinaryIO, faces: Faces) -> None:
        self.writer = Writer(file)
        self.pages = Pages(self.writer)
        self.lettering = Lettering(self.writer, faces)

    def draw(self, size: Size, drawn: bytes) -> int:
        """Add a page with the drawing ``drawn``, whose texts are of ``lettering``; return its number."""
        contents = self.writer.share(stream(zlib.compress(drawn, 9), "/Filter/FlateDecode"))
        box = f"/MediaBox[0 0 {size[0]:.9g} {size[1]:.9g}]"
        shown = f"/Resources {self.lettering.resources} 0 R/Contents {contents} 0 R"
        return self.pages.add((box + shown).encode())

    def finish(self, title: str, subject: str, *, duplex: bool, marks: Sequence[tuple[str, int]] = ()) -> None:
        """Write what holds the pages together, with bookmarks (title and page) where there are ``marks``."""
        self.lettering.finish()
        sides = "DuplexFlipLongEdge" if duplex else "Simplex"
        root = (
            f"<</Type/Catalog/Pages {self.pages.finish()} 0 R/Lang(en-US)"
            f"/ViewerPreferences<</Duplex/{sides}/PickTrayByPDFSize true/PrintScaling/None/DisplayDocTitle true>>"
        )
        if marks:
            root += f"/Outlines {outline(self.writer, marks)} 0 R/PageMode/UseOutlines"
        info = b"<</Title %b/Subject %b/Producer(handouts)>>" % (text_string(title), text_string(subject))
        self.writer.finish(root.encode() + b">>", info)
