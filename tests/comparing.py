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
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pikepdf
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
    """Return the elements of the structure tree, one to a line, each with the text that its glyphs stand for.

    A text is one line here, though it has a ``Span`` for each line on the page, while a field has one for all. What
    says nothing is left out: an empty field has a ``Span``, and nobody hears it.
    """
    with pikepdf.open(pdf) as document:
        told = {page.objgen: said(page) for page in document.pages}
        return _joined(_tagged(document.Root.StructTreeRoot, told, {}, 0))


@functools.cache
def tree_by_poppler(pdf: Path) -> tuple[str, ...]:
    """Return the same as poppler reads it out, which takes seconds, and knows no characters but by its own lights."""
    done = subprocess.run(["pdfinfo", "-struct-text", "-enc", "UTF-8", str(pdf)], capture_output=True, check=True)
    assert done.stderr == b""
    return _joined(_elements(done.stdout.decode()))


def _joined(elements: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    said = "\n".join(_audible(list(elements)))
    while (joined := LINES.sub(r'\n\1  "\2 ', said)) != said:
        said = joined
    return tuple(said.splitlines())


_Part = tuple[int | None, str]
Told = dict[tuple[int, int], dict[int, str]]
"""What the marked contents of each page say, by the page's object and their own number."""


def _tagged(node: pikepdf.Object, told: Told, place: dict[int, str], depth: int) -> Iterator[tuple[int, str]]:
    """Yield depth and kind of each element below ``node``, and of each text with what it says, in reading order."""
    for kid in _kids(node):
        if isinstance(kid, int):
            if text := spaced(place[kid]):
                yield depth, f'"{text}"'
        elif "/S" in kid:
            kind = "Span (inline)" if kid.S == "/Span" else str(kid.S)[1:]
            yield depth, kind
            yield from _tagged(kid, told, told[kid.Pg.objgen] if "/Pg" in kid else place, depth + 2)
        elif kid.get("/Type") == pikepdf.Name.MCR and (text := spaced(told[kid.Pg.objgen][int(kid.MCID)])):
            yield depth, f'"{text}"'


def _kids(node: pikepdf.Object) -> list[pikepdf.Object]:
    kids = node.get("/K", [])
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def said(page: pikepdf.Page) -> dict[int, str]:
    """Return what each marked content of a page says, fields that are drawn in it included (ISO 32000-1, 14.6)."""
    found: dict[int, str] = defaultdict(str)
    for number, text in _shown(page, page.Resources, None):
        if number is not None:
            found[number] += text
    return found


def _shown(drawing: pikepdf.Page | pikepdf.Object, resources: pikepdf.Object, within: int | None) -> Iterator[_Part]:
    """Yield each text, with the number of the marked content that it is in; ActualText instead of what is shown."""
    marks: list[tuple[int | None, bool]] = [(within, False)]
    font: dict[bytes, str] = {}
    for step in pikepdf.parse_content_stream(drawing):
        operands, operator = step.operands, str(step.operator)
        number, instead = marks[-1]
        if operator in ("BDC", "BMC"):
            about = operands[1] if operator == "BDC" else {}
            number = int(about["/MCID"]) if "/MCID" in about else number
            marks.append((number, instead or "/ActualText" in about))
            if "/ActualText" in about:
                yield number, str(about["/ActualText"])
        elif operator == "EMC":
            marks.pop()
        elif operator == "Tf":
            font = _characters(resources.Font[operands[0]])
        elif operator in ("Tj", "TJ") and not instead:
            strings = [operands[0]] if operator == "Tj" else operands[0]
            shown = b"".join(bytes(part) for part in strings if isinstance(part, pikepdf.String))
            yield number, "".join(font[shown[at : at + 2]] for at in range(0, len(shown), 2))
        elif operator == "Do" and resources.XObject[operands[0]].Subtype == "/Form":
            form = resources.XObject[operands[0]]
            yield from _shown(form, form.get("/Resources", resources), number)


def _characters(font: pikepdf.Object) -> dict[bytes, str]:
    """Return what each glyph of a font stands for, by its number in two bytes (ISO 32000-1, 9.10.3)."""
    table = font.ToUnicode.read_bytes()
    assert b"beginbfrange" not in table
    return {
        bytes.fromhex(glyph.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in re.findall(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]*)>", table)
    }


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
