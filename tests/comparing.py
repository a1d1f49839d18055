"""Two PDFs side by side: the same words, the same structure, the same pixels.

Pixels are compared at 100 dpi as pdfium draws them, within a tolerance: a pixel differs when it lies outside of what
the other page has in the 3 x 3 pixels around it by more than ``TOLERANCE``. The type setter (WeasyPrint) cuts kerning
off to whole thousandths of an em after Pango has rounded it; a stamp does neither. A glyph may so stand a fraction of a
pixel further on, and pdfium, which puts glyphs on whole pixels, may draw it one pixel off.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pypdfium2 as pdfium
from paper import HYPHEN, spaced
from PIL import Image, ImageChops, ImageFilter

HYPHENS = HYPHEN + "\ufffe"
"""How pdfium reports a hyphen at the end of a line, one by one and in a text."""
DPI = 100
LINES = re.compile(r'\n( *)  "(.*)"\n\1Span \(inline\)\n\1  "')
"""Where one line of a text ends and the next begins."""
TOLERANCE = 40
"""Of 255 levels: what anti-aliasing makes of an edge that is moved by a fraction of a pixel."""
THIN_STEMS = 45
"""The same where a stem is as thin as one: an Arabic alef in small type."""


def drawn(pdf: Path | bytes) -> tuple[Image.Image, ...]:
    """Return the pages as pictures."""
    with closing(pdfium.PdfDocument(pdf)) as document:
        return tuple(page.render(scale=DPI / 72).to_pil().convert("RGB") for page in document)


@functools.cache
def read(pdf: Path | bytes) -> tuple[str, ...]:
    """Return the characters of each page as pdfium has them, without white space: where it sees some is a guess."""
    with closing(pdfium.PdfDocument(pdf)) as document:
        found = []
        for page in document:
            with closing(page.get_textpage()) as text:
                found.append("".join(re.sub(f"[{HYPHENS}]", "-", text.get_text_range()).split()))
        return tuple(found)


@functools.cache
def tree(pdf: Path) -> tuple[str, ...]:
    """Return the elements of the structure tree with the text of each, as poppler reads them out, one to a line.

    A text is one line here, though it has a ``Span`` for each line on the page, while a field has one for all. What
    says nothing is left out: an empty field has a ``Span``, and nobody hears it.
    """
    done = subprocess.run(["pdfinfo", "-struct-text", "-enc", "UTF-8", str(pdf)], capture_output=True, check=True)
    assert done.stderr == b""
    said = "\n".join(_audible(list(_elements(done.stdout.decode()))))
    while (joined := LINES.sub(r'\n\1  "\2 ', said)) != said:
        said = joined
    return tuple(said.splitlines())


def _elements(printed: str) -> Iterator[tuple[int, str]]:
    """Yield depth and kind of each element, and of each text with what it says, from what pdfinfo prints."""
    for indent, kind, text in re.findall(r'^( *)(?:([A-Z][^\n]*)|"(.*?)")$', printed, re.MULTILINE | re.DOTALL):
        if kind or text.strip():
            yield len(indent), re.sub(r" *<[-\d]+>", "", kind) or f'"{spaced(text)}"'


def _audible(elements: list[tuple[int, str]]) -> list[str]:
    """Return the elements without each ``Span`` and ``NonStruct`` that has nothing in it."""
    kept: list[str] = []
    after = 0
    for depth, kind in reversed(elements):
        if not kind.startswith(("Span", "NonStruct")) or after > depth:
            kept.append(" " * depth + kind)
            after = depth
    return kept[::-1]


def strayed(one: Image.Image, other: Image.Image) -> int:
    """Return by how much, of 255, a pixel of one picture is outside of what the other has in the pixels around it."""
    box = ImageChops.difference(one, other).getbbox()
    if one.size != other.size:
        return 255
    if box is None:
        return 0
    left, top, right, bottom = box
    around = (left - 2, top - 2, right + 2, bottom + 2)
    first, second = one.crop(around), other.crop(around)
    return max(_outside(first, second), _outside(second, first))


def _outside(one: Image.Image, other: Image.Image) -> int:
    darkest, lightest = other.filter(ImageFilter.MinFilter(3)), other.filter(ImageFilter.MaxFilter(3))
    below, above = ImageChops.subtract(darkest, one), ImageChops.subtract(one, lightest)
    return max(high for _, high in ImageChops.lighter(below, above).getextrema())
