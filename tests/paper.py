"""Reading a finished PDF back: its words by poppler, its glyphs by pdfium, its structure by pikepdf.

``read`` is right for every script; ``texts`` keeps the spaces between words, and is for what runs from left to right.
"""

from __future__ import annotations

import ctypes
import functools
import math
import re
import subprocess
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

MILLIMETRE = 72 / 25.4
MARGIN = 25 * MILLIMETRE
"""Nothing but the running foot is in the lowest 25 mm of a page."""
LARGE_MARGIN = 36 * MILLIMETRE
"""The same in large print, where nothing is smaller than 12 pt."""
FOOT = 75 * MILLIMETRE
"""All of the running foot is in the lowest 75 mm, however long a name is; nothing else there says it."""
VOWEL_MARKS = "[\u0591-\u05c7\u064b-\u0652\u0670]"
ACTUAL_TEXT = re.compile(rb"/ActualText ?(<[0-9a-f]*>|\((\\.|[^\\)])*\))", re.DOTALL)
DRAWN = (pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_FORM, pdfium_c.FPDF_PAGEOBJ_IMAGE)
"""Kinds of drawings. What is within a form has coordinates of its own; the form has those of the page."""
HYPHEN = "\x02"
"""How pdfium reports a hyphen at the end of a line."""


def spaced(text: str) -> str:
    """Return ``text`` with every run of white space as one space."""
    return " ".join(text.split())


def letters(text: str) -> str:
    """Return ``text`` without white space and hyphens: what is left of it wherever lines are broken.

    Nor does it keep what readers of PDF do not agree about where a line runs from right to left: the marks that say so,
    the vowel marks, and which of a pair of brackets is the first.
    """
    kept = re.sub(r"[\s\u00ad\u2010-\u2012\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff-]", "", text)
    return unicodedata.normalize("NFC", re.sub(r"[()]", "|", re.sub(VOWEL_MARKS, "", kept)))


@functools.cache
def read(pdf: Path) -> tuple[str, ...]:
    """Return the letters of each page in the order of its tags, for any script."""
    return tuple(letters("".join(glyph.text for glyph in page)) for page in glyphs(pdf))


@functools.cache
def read_feet(pdf: Path) -> tuple[str, ...]:
    """Return the letters at the foot of each page in the order of their tags, for any script."""
    found = []
    for told, drawn in zip(glyphs(pdf), inked(pdf), strict=True):
        high = {glyph.tag for glyph in drawn if glyph.top >= FOOT}
        found.append(letters("".join(glyph.text for glyph in told if glyph.tag not in high)))
    return tuple(found)


@functools.cache
def texts(pdf: Path) -> tuple[str, ...]:
    """Return the words of each page, in the order in which they are drawn."""
    return _pdftotext(pdf)


@functools.cache
def feet(pdf: Path) -> tuple[str, ...]:
    """Return the words at the foot of each page."""
    width, height = sizes(pdf)[0]
    return _pdftotext(
        pdf, "-x", "0", "-y", f"{height - FOOT:.0f}", "-W", f"{math.ceil(width)}", "-H", f"{math.ceil(FOOT)}"
    )


def _pdftotext(pdf: Path, *options: str) -> tuple[str, ...]:
    command = ["pdftotext", "-raw", "-enc", "UTF-8", *options, str(pdf), "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    return tuple(spaced(page) for page in done.stdout.decode().split("\f")[:-1])


def whole_text(pdf: Path) -> str:
    return " ".join(texts(pdf))


@functools.cache
def sizes(pdf: Path) -> tuple[tuple[float, float], ...]:
    """Return width and height of each page in points."""
    with closing(pdfium.PdfDocument(pdf)) as document:
        return tuple(page.get_size() for page in document)


class Glyph(NamedTuple):
    """A character with ink, in points from the lower left of its page."""

    text: str
    size: float
    left: float
    bottom: float
    right: float
    top: float
    tag: int
    """The marked content that it is in (ISO 32000-1, 14.6): a line of a text, or a field."""


@functools.cache
def glyphs(pdf: Path) -> tuple[tuple[Glyph, ...], ...]:
    """Return the characters of each page as they are told, in the order of its tags.

    Where ActualText tells them, pdfium gives them places of their own, where no ink is.
    """
    return _tagged(pdf)


@functools.cache
def inked(pdf: Path) -> tuple[tuple[Glyph, ...], ...]:
    """Return the glyphs of each page as they are drawn, in the order of its tags."""
    with TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn.pdf"
        return _tagged(drawn) if _as_drawn(pdf, drawn) else glyphs(pdf)


def _tagged(pdf: Path) -> tuple[tuple[Glyph, ...], ...]:
    with closing(pdfium.PdfDocument(pdf)) as document:
        return tuple(tuple(sorted(_glyphs(page), key=lambda glyph: glyph.tag)) for page in document)


def _glyphs(page: pdfium.PdfPage) -> Iterator[Glyph]:
    """Yield the glyphs of a page; those of one line are in the order in which they are read, whatever the script."""
    tags = {}
    for item in page.get_objects([pdfium_c.FPDF_PAGEOBJ_TEXT], max_depth=4):
        tagged = item
        while tagged.container is not None:
            tagged = tagged.container
        tags[_address(item.raw)] = pdfium_c.FPDFPageObj_GetMarkedContentID(tagged.raw)
    with ExitStack() as stack:
        text = stack.enter_context(closing(page.get_textpage()))
        matrix = pdfium_c.FS_MATRIX()
        for index in range(text.count_chars()):
            char = chr(pdfium_c.FPDFText_GetUnicode(text, index))
            if char.isspace() or pdfium_c.FPDFText_IsGenerated(text, index):
                continue
            assert pdfium_c.FPDFText_GetMatrix(text, index, matrix)
            size = pdfium_c.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
            shown = "-" if char == HYPHEN else char
            tag = tags[_address(pdfium_c.FPDFText_GetTextObject(text, index))]
            yield Glyph(shown, size, *text.get_charbox(index), tag)


def _address(item: object) -> int | None:
    return ctypes.cast(item, ctypes.c_void_p).value  # type: ignore[arg-type]


def size_of(pdf: Path, phrase: str) -> float:
    """Return the biggest size, in points, in which the whole of ``phrase`` is printed; 0 where it is not."""
    (text, sizes), wanted = _printed(pdf), letters(phrase)
    places = [match.start() for match in re.finditer(f"(?={re.escape(wanted)})", text)]
    return round(max((min(sizes[at : at + len(wanted)]) for at in places), default=0), 2)


@functools.cache
def _printed(pdf: Path) -> tuple[str, tuple[float, ...]]:
    """Return the letters of all pages, and the size of each."""
    printed = [(char, glyph.size) for page in glyphs(pdf) for glyph in page for char in letters(glyph.text)]
    return "".join(char for char, _ in printed), tuple(size for _, size in printed)


def outside(pdf: Path, margin: float) -> list[tuple[int, Glyph]]:
    """Return what lies within ``margin`` points of an edge, or beyond it, with its page."""
    found = []
    for number, (page, (width, height)) in enumerate(zip(inked(pdf), sizes(pdf), strict=True), start=1):
        for glyph in page:
            inside = margin <= glyph.left and glyph.right <= width - margin
            if not (inside and margin <= glyph.bottom and glyph.top <= height - margin):
                found.append((number, glyph))
    return found


def collisions(pdf: Path) -> list[tuple[int, str]]:
    """Return the characters that are printed over others, with their page."""
    return [(number, pair) for number, page in enumerate(inked(pdf), start=1) for pair in _collisions(page)]


def _as_drawn(pdf: Path, out: Path) -> bool:
    """Write ``pdf`` without ActualText, and return whether it had any."""
    count = 0
    with pikepdf.open(pdf) as opened:
        pages = {page.obj.Contents.objgen for page in opened.pages}
        for item in opened.objects:
            if isinstance(item, pikepdf.Stream) and (item.get("/Subtype") == "/Form" or item.objgen in pages):
                drawing, told = re.subn(ACTUAL_TEXT, b"", item.read_bytes())
                if told:
                    item.write(drawing)
                    count += told
        if count:
            opened.save(out)
    return bool(count)


def _collisions(page: tuple[Glyph, ...]) -> Iterator[str]:
    """Yield pairs of characters that share ink.

    Neighbours in a word may (ligatures, and a point under an r); and so may the glyphs of one line in scripts whose
    vowels and marks stand around their letters.
    """
    inked = sorted(((glyph, at) for at, glyph in enumerate(page) if _area(glyph) > 0), key=lambda item: item[0].left)
    for index, (glyph, at) in enumerate(inked):
        for other, other_at in inked[index + 1 :]:
            if other.left >= glyph.right:
                break
            width = min(glyph.right, other.right) - other.left
            height = min(glyph.top, other.top) - max(glyph.bottom, other.bottom)
            shared = max(width, 0) * max(height, 0)
            shaped = glyph.tag == other.tag and not (glyph.text.isascii() and other.text.isascii())
            if shared > 0.4 * min(_area(glyph), _area(other)) and abs(at - other_at) > 2 and not shaped:
                yield glyph.text + other.text


def _area(glyph: Glyph) -> float:
    return (glyph.right - glyph.left) * (glyph.top - glyph.bottom)


class Element(NamedTuple):
    """An element of the structure tree: its kind (``TR``, ``H2``) and the pages that it stands on."""

    kind: str
    pages: tuple[int, ...]


@functools.cache
def structure(pdf: Path) -> tuple[Element, ...]:
    """Return the elements of the structure tree (ISO 32000-1, 14.7), in reading order, with or without content."""
    with pikepdf.open(pdf) as document:
        numbers = {page.objgen: number for number, page in enumerate(document.pages, start=1)}
        return tuple(_elements(document.Root.StructTreeRoot, numbers))


def _elements(node: pikepdf.Dictionary, numbers: dict[tuple[int, int], int]) -> Iterator[Element]:
    for child in _children(node):
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            yield Element(str(child.S)[1:], tuple(_pages(child, None, numbers)))
            yield from _elements(child, numbers)


def _pages(node: pikepdf.Dictionary, page: int | None, numbers: dict[tuple[int, int], int]) -> Iterator[int]:
    if "/Pg" in node:
        page = numbers[node.Pg.objgen]
    for child in _children(node):
        if not isinstance(child, pikepdf.Dictionary):
            assert page is not None
            yield page
        elif "/S" in child:
            yield from _pages(child, page, numbers)
        elif child.get("/Type") == pikepdf.Name.MCR:
            yield numbers[child.Pg.objgen]


def _children(node: pikepdf.Dictionary) -> list[object]:
    kids = node.get("/K", [])
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def widowed_headings(pdf: Path) -> list[str]:
    """Return the headings that end a page, with nothing written or drawn below them: each as its kind and page."""
    filled = [element for element in structure(pdf) if element.pages and element.kind not in ("Document", "Sect")]
    found = []
    for number, element in enumerate(filled):
        if element.kind in ("H1", "H2", "H3"):
            after = (other for other in filled[number + 1 :] if other.kind not in ("Span", "NonStruct", "Figure"))
            following, page = next(after, None), element.pages[-1]
            if following and following.pages[0] != page:
                last = min(glyph.bottom for glyph in inked(pdf)[page - 1] if glyph.bottom > _margin(pdf))
                if lowest_ink(pdf)[page - 1] >= last - 9:
                    found.append(f"{element.kind} on page {page}")
    return found


@functools.cache
def lowest_ink(pdf: Path) -> tuple[float, ...]:
    """Return where the lowest text or drawing above the foot of each page ends, in points from the bottom."""
    margin = _margin(pdf)
    with closing(pdfium.PdfDocument(pdf)) as document:
        found = []
        for page, text in zip(document, inked(pdf), strict=True):
            drawn = [item.get_bounds()[1] for item in page.get_objects(DRAWN, max_depth=1)]
            bottoms = [*drawn, *(glyph.bottom for glyph in text)]
            found.append(min((bottom for bottom in bottoms if bottom > margin), default=page.get_height()))
        return tuple(found)


def _margin(pdf: Path) -> float:
    return LARGE_MARGIN if min(glyph.size for page in inked(pdf) for glyph in page) > 11.9 else MARGIN


def strings(pdf: Path) -> list[str]:
    """Return every string, name and plain stream of a PDF that is not the drawing of a page or a font or picture."""
    with pikepdf.open(pdf) as document:
        drawings = {stream.objgen for page in document.pages for stream in _streams(page.obj.get("/Contents"))}
        found = list(_strings(document.trailer, shallow=True))
        for item in document.objects:
            found += _strings(item)
            if isinstance(item, pikepdf.Stream) and item.objgen not in drawings and "/Subtype" in item:
                found += [item.read_bytes().decode("utf-8", "replace")] if item.Subtype == "/XML" else []
        return found


def _streams(contents: pikepdf.Object | None) -> list[pikepdf.Object]:
    return list(contents) if isinstance(contents, pikepdf.Array) else [contents] if contents is not None else []


def _strings(item: object, *, shallow: bool = False) -> Iterator[str]:
    """Yield what is written in an object itself; references are not followed: they are objects of their own."""
    if isinstance(item, pikepdf.String | pikepdf.Name):
        yield str(item)
    elif isinstance(item, pikepdf.Array | pikepdf.Dictionary | pikepdf.Stream):
        parts = item if isinstance(item, pikepdf.Array) else [*item.keys(), *item.values()]
        for part in parts:
            if not (isinstance(part, pikepdf.Object) and part.is_indirect):
                yield from [part] if isinstance(part, str) else _strings(part)


def runs_of_pages(numbers: list[tuple[int, int]]) -> list[int]:
    """Return the length of each document, from "page n of m" of every page; [] where the numbers do not count up."""
    lengths = [total for number, total in numbers if number == 1]
    counted = [(number, total) for total in lengths for number in range(1, total + 1)]
    return lengths if counted == numbers else []


def heights(pdf: Path) -> list[float]:
    """Return how much of each page is used, from its first text down to the last ink above its foot, in points."""
    highest = [max((glyph.top for glyph in page), default=0.0) for page in inked(pdf)]
    return [top - bottom for top, bottom in zip(highest, lowest_ink(pdf), strict=True)]
