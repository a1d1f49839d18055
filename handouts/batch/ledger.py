"""Pages of text and rules for the staff, drawn with ReportLab: a head, a foot with page n of m, lines of cells.

Noto Sans is text; what it lacks is drawn as the outlines of its own font, shaped by HarfBuzz, and what no font has is
written as its code point. Lengths are points.
"""

from __future__ import annotations

import functools
import io
import itertools
import zlib
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

from fontTools.pens.basePen import BasePen
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFName, PDFStream
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from handouts.press.shaping import PRIMARY, WEIGHTS, Faces, Run

MM = 72 / 25.4
SIDE, TOP, FOOT = 18 * MM, 14 * MM, 25 * MM
"""The margins of a packet's pages; the foot stands in the last."""
INK, QUIET, RULE, ACCENT, DANGER, TINT = (
    HexColor(code) for code in ("#1a1a1a", "#444444", "#8a8a8a", "#0b5560", "#a3180f", "#eef4f4")
)
"""The colours of the theme (templates/theme/page.css)."""
TITLE, SECTION, TEXT, SMALL = 24.0, 15.0, 9.5, 9.0
LINE, PADDING = 12.0, 4.0
"""From one line of a cell to the next, and what is empty above and below in all."""
KEPT = 4096
"""How many texts are remembered."""
PAGES = "pages"
"""The drawing that says how many pages there are; it is made last and stands on every page."""
ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "()\\"})
"""How a literal string has what would end it (ISO 32000-1, 7.3.4.2)."""
PAPERS = {"letter": (612.0, 792.0), "a4": (595.276, 841.89)}


class Column(NamedTuple):
    """A column of a table."""

    heading: str
    share: float
    """Of the width of the page, in hundredths."""
    right: bool = False
    """Numbers end at the right."""


class Piece(NamedTuple):
    """A part of a text in one font."""

    text: str
    face: str
    width: float
    """At a size of one point."""
    run: Run | None
    """Its glyphs, where it is drawn as outlines; otherwise it is text of Noto Sans."""


class _Canvas(Canvas):
    """Compresses a drawing as soon as it is finished: those of a long list wait for the end of the run."""

    def endForm(self, **attributes: Any) -> None:
        drawn = "\n".join([self._preamble, *self._code]).encode("ascii")  # type: ignore[attr-defined]
        stream = PDFStream(PDFDictionary({"Filter": PDFName("FlateDecode")}), zlib.compress(drawn))
        super().endForm(Contents=stream, stream=b"", **attributes)


class Ledger:
    """Such pages, which become a file when all are drawn.

    Pages that stand last may be drawn first, as soon as what they say is known: between ``begin_last`` and
    ``end_last``.
    """

    def __init__(self, faces: Faces, paper: str, title: str) -> None:
        """``paper`` is letter or a4."""
        for weight in WEIGHTS:
            name = f"{PRIMARY}-{weight}"
            pdfmetrics.registerFont(TTFont(name, str(faces.folder / f"{name}.ttf"), asciiReadable=True))
        self._faces = faces
        self._width, self._height = PAPERS[paper]
        self._bytes = io.BytesIO()
        self._canvas = _Canvas(self._bytes, pagesize=PAPERS[paper], invariant=1, pageCompression=1, lang="en-US")
        self._canvas.setTitle(title)
        for say in (self._canvas.setAuthor, self._canvas.setCreator, self._canvas.setProducer):
            say("handouts")
        self._foot = title
        self._page = 1
        self._y = self._highest = self._height - TOP
        self._last: list[float] = []
        """The heights of the drawings that stand last; they begin at the top, and are called by their number."""
        self._drawing_last = False
        self._columns: Sequence[Column] = ()
        self._places: list[tuple[float, float]] = []
        self._cell = functools.lru_cache(maxsize=KEPT)(self._broken)
        self._pieces = functools.lru_cache(maxsize=KEPT)(self._found_pieces)
        self._has = functools.cache(self._found)
        self._opening = functools.cache(self._found_opening)
        self._fill: Color | None = None
        self.room = self._width - 2 * SIDE

    def begin_last(self) -> None:
        """Draw what stands last. Nothing else is drawn before ``end_last``."""
        self._drawing_last = True
        self._canvas.beginForm(str(len(self._last)))
        self._to_the_top()

    def end_last(self) -> None:
        """Draw what stands before it, from the top of the first page on."""
        self._end_drawing()
        self._drawing_last = False
        self._columns = ()
        self._to_the_top()

    def finish(self, file: BinaryIO, subject: str) -> int:
        """Write the ``file``; return how many pages it has."""
        self._columns = ()
        for name, height in enumerate(self._last):
            self._need(height)
            self._canvas.saveState()
            self._canvas.translate(0, self._y - self._highest)
            self._canvas.doForm(str(name))
            self._canvas.restoreState()
            self._y -= height
        self._end_page()
        self._canvas.beginForm(PAGES, 0, -5, 40, 15)
        self._fill = None
        self._write(0, 0, str(self._page), SMALL)
        self._canvas.endForm()
        self._canvas.setSubject(subject)
        self._canvas.save()
        file.write(self._bytes.getbuffer())
        return self._page

    def title(self, text: str) -> None:
        self._y -= TITLE
        self._write(SIDE, self._y, text, TITLE, "Bold", ACCENT)
        self._y -= 8

    def section(self, text: str) -> None:
        """Begin a part of the page under a heading, with room for some lines below it."""
        self._columns = ()
        self._need(SECTION * 2 + 6 * LINE)
        self._y -= SECTION * 1.9
        self._write(SIDE, self._y, text, SECTION, "Bold", ACCENT)
        self._y -= 6

    def line(self, text: str) -> None:
        """Write a paragraph."""
        for part in self._cell(text, self.room, "Regular"):
            self._need(LINE + 2)
            self._y -= LINE + 2
            self._write(SIDE, self._y, part, TEXT, colour=QUIET)

    def figures(self, figures: Sequence[tuple[str, str, bool]]) -> None:
        """Draw boxes side by side, each with a number, what it counts, and whether it must be looked at."""
        width, height = (self.room - 10 * (len(figures) - 1)) / len(figures), 46.0
        self._y -= height + 12
        for at, (number, label, alarm) in enumerate(figures):
            x = SIDE + at * (width + 10)
            self._fill = None
            self._canvas.setFillColor(TINT)
            self._canvas.rect(x, self._y, width, height, stroke=0, fill=1)
            self._canvas.setFillColor(DANGER if alarm else ACCENT)
            self._canvas.rect(x, self._y, 2.2 * MM if alarm else 1.1 * MM, height, stroke=0, fill=1)
            self._write(x + 14, self._y + 20, number, 20, "Bold", DANGER if alarm else INK)
            self._write(x + 14, self._y + 8, label, SMALL, colour=QUIET)

    def table(self, columns: Sequence[Column]) -> None:
        """Begin a table; its headings come again on each page."""
        self._columns = columns
        self._places = self._placed()
        self._need(4 * LINE)
        self._headings()

    def row(self, cells: Sequence[str], *, box: bool = False) -> None:
        """Write a line of the table, each cell on as many lines as it takes; with a ``box`` to tick in the first."""
        self._lines([self._cell(text, width, "Regular") for text, (_, width) in zip(cells, self._places, strict=True)])
        if box:
            self._canvas.setStrokeColor(INK)
            self._canvas.setLineWidth(0.8)
            self._canvas.rect(SIDE, self._top - LINE - 1, 9, 9, stroke=1, fill=0)

    def _placed(self) -> list[tuple[float, float]]:
        """Where each column begins and how wide it is; there is some space between two."""
        places, x = [], SIDE
        for column in self._columns:
            width = self.room * column.share / 100
            places.append((x, width - 8))
            x += width
        return places

    def _headings(self) -> None:
        """Write the headings of the table."""
        y = self._y - LINE
        self._across([column.heading for column in self._columns], y, "Bold", QUIET)
        self._y = y - PADDING
        self._rule(INK, 0.6)

    def _lines(self, cells: Sequence[tuple[str, ...]]) -> None:
        """Write the lines of each cell; a cell longer than the page goes on after it."""
        height = max(map(len, cells)) * LINE + PADDING
        if height < self._height / 3:
            self._need(height)
        self._top = self._y
        for line in itertools.zip_longest(*cells, fillvalue=""):
            if self._need(LINE + PADDING):
                self._top = self._y
            self._y -= LINE
            self._across(line, self._y, "Regular", INK)
        self._y -= PADDING
        self._rule(RULE, 0.4)

    def _across(self, texts: Sequence[str], y: float, weight: str, colour: Color) -> None:
        """Write a text into each column."""
        self._colour(colour)
        shown = [
            (x + width - self._measure(text, TEXT, weight) if column.right else x, text)
            for column, (x, width), text in zip(self._columns, self._places, texts, strict=True)
        ]
        if all(map(str.isascii, texts)):
            cells = "".join(f"1 0 0 1 {x:.2f} {y:.2f} Tm ({text.translate(ESCAPED)}) Tj " for x, text in shown)
            self._canvas.addLiteral(f"{self._opening(weight)}{cells}ET")
            return
        written = self._canvas.beginText()
        for x, text in shown:
            self._show(written, x, y, text, TEXT, weight)
        self._canvas.drawText(written)

    def _found_opening(self, weight: str) -> str:
        """Return how ReportLab begins a text of Noto Sans: its own way takes a row of ASCII four times as long."""
        sample = self._canvas.beginText()
        sample.setFont(f"{PRIMARY}-{weight}", TEXT)
        sample.textOut("x")
        return str(sample.getCode()).partition("(x)")[0]

    def _rule(self, colour: Color, thickness: float) -> None:
        self._canvas.setStrokeColor(colour)
        self._canvas.setLineWidth(thickness)
        self._canvas.line(SIDE, self._y, self._width - SIDE, self._y)

    def _need(self, height: float) -> bool:
        """Begin a new page where there is less room than ``height``; return whether it was so."""
        if self._y - height >= FOOT:
            return False
        if self._drawing_last:
            self._end_drawing()
            self._canvas.beginForm(str(len(self._last)))
        else:
            self._end_page()
            self._canvas.showPage()
            self._page += 1
        self._to_the_top()
        if self._columns:
            self._headings()
        return True

    def _end_drawing(self) -> None:
        self._canvas.endForm()
        self._last.append(self._highest - self._y)

    def _to_the_top(self) -> None:
        self._y, self._fill = self._highest, None

    def _end_page(self) -> None:
        y = FOOT - 8 * MM
        self._canvas.setStrokeColor(RULE)
        self._canvas.setLineWidth(0.6)
        self._canvas.line(SIDE, y + 13, self._width - SIDE, y + 13)
        said = f"Page {self._page} of "
        self._write(SIDE, y, said, SMALL)
        self._canvas.saveState()
        self._canvas.translate(SIDE + self._measure(said, SMALL, "Regular"), y)
        self._canvas.doForm(PAGES)
        self._canvas.restoreState()
        self._write(self._width - SIDE - self._measure(self._foot, SMALL, "Regular"), y, self._foot, SMALL)

    def _broken(self, text: str, width: float, weight: str) -> tuple[str, ...]:
        """Return the lines of ``text`` within ``width``: broken at spaces, and within a word that is longer."""
        lines, line = [], ""
        for word in self._printable(text).split(" "):
            longer = f"{line} {word}" if line else word
            if self._measure(longer, TEXT, weight) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            line = word
            while self._measure(line, TEXT, weight) > width and len(line) > 1:
                cut = next(at for at in range(len(line) - 1, 0, -1) if at == 1 or self._fits(line[:at], width, weight))
                lines.append(line[:cut])
                line = line[cut:]
        return (*lines, line)

    def _fits(self, text: str, width: float, weight: str) -> bool:
        return self._measure(text, TEXT, weight) <= width

    def _printable(self, text: str) -> str:
        """Return ``text`` with what no font has, and what cannot be seen, as its code point."""
        if text.isascii() and text.isprintable():
            return text
        return "".join(char if char.isprintable() and self._has(char) else f"[U+{ord(char):04X}]" for char in text)

    def _found(self, char: str) -> bool:
        try:
            return all(self._faces.face_for(char, weight) for weight in WEIGHTS)
        except LookupError:
            return False

    def _found_pieces(self, text: str, weight: str) -> list[Piece]:
        """Return the pieces of ``text``, from left to right."""
        primary = f"{PRIMARY}-{weight}"
        if text.isascii():
            return [Piece(text, primary, pdfmetrics.stringWidth(text, primary, 1), None)] if text else []
        return [
            Piece(run.text, primary, pdfmetrics.stringWidth(run.text, primary, 1), None)
            if run.face == primary
            else Piece(run.text, run.face, run.advance / 1000, run)
            for run in self._faces.shape(text, weight)
        ]

    def _measure(self, text: str, size: float, weight: str) -> float:
        return sum([piece.width for piece in self._pieces(text, weight)]) * size

    def _write(self, x: float, y: float, text: str, size: float, weight: str = "Regular", colour: Color = INK) -> None:
        """Write ``text`` from (x, y) on."""
        written = self._canvas.beginText()
        self._colour(colour)
        self._show(written, x, y, text, size, weight)
        self._canvas.drawText(written)

    def _colour(self, colour: Color) -> None:
        if colour is not self._fill:
            self._canvas.setFillColor(colour)
            self._fill = colour

    def _show(self, written: PDFTextObject, x: float, y: float, text: str, size: float, weight: str) -> None:
        """Add ``text`` to what is ``written``, from (x, y) on; what Noto Sans lacks is drawn at once."""
        for piece in self._pieces(text, weight):
            if piece.run:
                self._outlines(piece.run, x, y, size)
            else:
                written.setFont(piece.face, size)
                written.setTextOrigin(x, y)
                written.textOut(piece.text)
            x += piece.width * size

    def _outlines(self, run: Run, x: float, y: float, size: float) -> None:
        font = self._faces.face(run.face).font
        scale = size / self._faces.face(run.face).upem
        for glyph in run.glyphs:
            path = self._canvas.beginPath()
            place = (x + glyph.x * size / 1000, y + glyph.y * size / 1000)
            font.draw_glyph_with_pen(glyph.number, _Pen(path, *place, scale))
            self._canvas.drawPath(path, stroke=0, fill=1)
            x += glyph.advance * size / 1000


class _Pen(BasePen):  # type: ignore[misc]
    """Draws the outline of a glyph as a path of ReportLab."""

    def __init__(self, path: Any, x: float, y: float, scale: float) -> None:
        super().__init__()
        self._path, self._x, self._y, self._scale = path, x, y, scale

    def _moveTo(self, to: tuple[float, float]) -> None:
        self._path.moveTo(*self._placed(to))

    def _lineTo(self, to: tuple[float, float]) -> None:
        self._path.lineTo(*self._placed(to))

    def _curveToOne(self, one: tuple[float, float], two: tuple[float, float], to: tuple[float, float]) -> None:
        self._path.curveTo(*self._placed(one), *self._placed(two), *self._placed(to))

    def _closePath(self) -> None:
        self._path.close()

    def _placed(self, point: tuple[float, float]) -> tuple[float, float]:
        return self._x + point[0] * self._scale, self._y + point[1] * self._scale
