"""Where the fields of a stamped packet are, and the packet without one of them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pikepdf
import pypdfium2 as pdfium
from looks import Box, apart, soft
from PIL import Image, ImageChops
from programs import drawn_by_pdfium

OTHER_WORDS = b"/ActualText"
NOTHING = b"q Q"
"""What draws nothing; of a stream without a byte pdf.js would complain."""


class Place(NamedTuple):
    """A value on a page."""

    field: str
    """The name of its XObject."""
    page: int
    box: Box
    """Its ink: what changes on the page when the XObject is empty."""
    ink: float
    """How much that is."""
    without: Image.Image
    """The page without it, blurred."""


def values(pdf: Path) -> dict[str, bytes]:
    """Return the drawings that a stamp adds: the content of each field that is not empty, by name."""
    with pikepdf.open(pdf) as document:
        fields = {name: field for page in document.pages for name, field in _fields(page)}
        return {name: data for name, field in fields.items() if (data := field.read_bytes())}


def places(pdf: Path) -> list[Place]:
    """Return every value on every page; one that leaves no ink fails."""
    found = []
    with closing(pdfium.PdfDocument(pdf)) as whole, pikepdf.open(pdf) as document:
        pages = [drawn_by_pdfium(page) for page in whole]
        drawn = [{name for name, _ in _fields(page)} for page in document.pages]
        for field in values(pdf):
            with _without(document, field) as data, closing(pdfium.PdfDocument(data)) as rest:
                for number in (number for number, names in enumerate(drawn) if field in names):
                    without = drawn_by_pdfium(rest[number])
                    box = ImageChops.difference(pages[number], without).getbbox()
                    assert box, f"{field} cannot be seen on page {number + 1}"
                    ink = apart(soft(pages[number]), soft(without), box)
                    found.append(Place(field, number, box, ink, soft(without)))
    return found


def pages_with_other_words(pdf: Path) -> set[int]:
    """Return the pages with an ActualText: what they say is not the glyphs that they draw (a calendar, say)."""
    with pikepdf.open(pdf) as document:
        drawings = [[pikepdf.unparse_content_stream(pikepdf.parse_content_stream(page))] for page in document.pages]
        for found, page in zip(drawings, document.pages, strict=True):
            found += [field.read_bytes() for _, field in _fields(page)]
        return {number for number, found in enumerate(drawings) if OTHER_WORDS in b"".join(found)}


def write_without(pdf: Path, field: str, path: Path) -> None:
    """Write ``pdf`` with that field's XObject empty to ``path``."""
    with pikepdf.open(pdf) as document, _without(document, field) as data:
        path.write_bytes(data)


@contextmanager
def _without(document: pikepdf.Pdf, name: str) -> Iterator[bytes]:
    field = next(field for page in document.pages for other, field in _fields(page) if other == name)
    content, file = field.read_bytes(), io.BytesIO()
    field.write(NOTHING)
    document.save(file)
    field.write(content)
    yield file.getvalue()


def _fields(page: pikepdf.Page) -> Iterator[tuple[str, pikepdf.Stream]]:
    """Yield the form XObjects that a page draws and that are fields, each named /F and the number of its object.

    The pages of each document of a packet have names of their own for them.
    """
    for operands, operator in pikepdf.parse_content_stream(page, "Do"):
        if str(operator) == "Do" and (name := str(operands[0]))[1:2] == "F":
            field = page.obj.Resources.XObject[name]
            yield f"/F{field.objgen[0]}", field
