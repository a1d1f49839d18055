"""Fields that are drawings: barcodes, QR codes, month grids, marks. The only module that imports reportlab.

A drawing is filled paths in the colour of the page around it, and for a month grid also texts. Lengths are CSS px from
the lower left corner of the field's box.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from reportlab.pdfgen.pathobject import PDFPathObject

from handouts.model import Month

QUIET = {"code128": 10, "qr": 4}
"""The empty space on each side, in modules (ISO/IEC 15417 and 18004)."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text in a drawing, centred on ``x``, with its baseline at ``y``."""

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to paint (PDF path operators), which texts to set, and what it says to someone who cannot see it."""

    paths: str
    labels: tuple[Label, ...]
    says: str


def draw(kind: str, value: str, width: float, height: float) -> Drawing:
    """Return ``value`` drawn into a box of ``width`` by ``height``; an empty value draws nothing.

    Raises ValueError for what the symbol cannot hold.
    """
    if not value:
        return Drawing("", (), "")
    if kind == "calendar":
        return _month(Month.load(value), width, height)
    if kind == "mark":
        return Drawing(_cross(width, height), (), value)
    bars = list(_bars(kind, value))
    return Drawing(_scaled(bars, QUIET[kind], width, height, square=kind == "qr"), (), value)


class Bar(NamedTuple):
    """A dark rectangle of a symbol, in modules."""

    x: float
    y: float
    width: float
    height: float


def _bars(kind: str, value: str) -> Iterator[Bar]:
    """Yield the dark modules of a Code 128 or a QR code (error correction Q)."""
    # The barcodes of ReportLab bring all of it with them, a tenth of a second; month grids do without.
    from reportlab.graphics.barcode import createBarcodeDrawing
    from reportlab.graphics.barcode.qr import QrCodeWidget

    if kind == "code128":
        if not value.isascii() or not value.isprintable():
            raise ValueError("Code 128 holds printable ASCII characters only")
        options: dict[str, object] = {"barWidth": 1, "barHeight": 1, "quiet": False, "humanReadable": False}
        drawing: Any = createBarcodeDrawing("Code128", value=value, **options)  # type: ignore[no-untyped-call]
        for widget in drawing.contents:
            shapes = widget.draw().contents
            yield from (Bar(bar.x, bar.y, bar.width, bar.height) for bar in shapes if bar.fillColor is not None)
        return
    code: Any = QrCodeWidget(value, barLevel="Q", barBorder=0)
    code.qr.make()
    for row, modules in enumerate(reversed(code.qr.modules)):
        for column, dark in enumerate(modules):
            if dark:
                yield Bar(column, row, 1, 1)


def _scaled(bars: list[Bar], quiet: int, width: float, height: float, *, square: bool) -> str:
    """Return the path of ``bars`` with their quiet zone, as large as the box allows."""
    first = min(bar.x for bar in bars)
    across = max(bar.x + bar.width for bar in bars) - first + 2 * quiet
    module = min(width, height) / across if square else width / across
    tall = module if square else height / max(bar.height for bar in bars)
    left, low = quiet * module, quiet * module if square else 0
    path = PDFPathObject()
    for bar in bars:
        path.rect(left + (bar.x - first) * module, low + bar.y * tall, bar.width * module, bar.height * tall)
    return f"{path.getCode()} f"


def _cross(width: float, height: float) -> str:
    side = min(width, height)
    thin = side / 9
    path = PDFPathObject()
    for start, end in (((0.0, 0.0), (side, side)), ((0.0, side), (side, 0.0))):
        (x1, y1), (x2, y2) = start, end
        lean = thin if y2 > y1 else -thin
        path.moveTo(x1, y1 + lean)
        path.lineTo(x2 - thin, y2)
        path.lineTo(x2, y2 - lean)
        path.lineTo(x1 + thin, y1)
        path.close()
    return f"{path.getCode()} f"


def _month(month: Month, width: float, height: float) -> Drawing:
    """Return a month: infusion days ringed, days of tests in a diamond; told apart by shape, not by colour."""
    weeks = calendar.Calendar(month.first_weekday).monthdayscalendar(month.year, month.month)
    column, row = width / 7, height / 8
    size = min(row * 0.62, column * 0.56)
    labels = [Label(month.title, width / 2, height - row * 0.75, size * 1.15)]
    centres = [(place + 0.5) * column for place in range(7)]
    if month.rtl:
        centres.reverse()
    for place, x in enumerate(centres):
        name = month.weekdays[(month.first_weekday + place) % 7]
        labels.append(Label(name, x, height - row * 1.75, size))
    path = PDFPathObject()
    for line, week in enumerate(weeks):
        for x, day in zip(centres, week, strict=True):
            if not day:
                continue
            y = height - row * (line + 2.5)
            labels.append(Label(str(day), x, y - size * 0.36, size))
            radius = min(row, column) * 0.47
            if day in month.infusions:
                path.circle(x, y, radius)
                path.circle(x, y, radius * 0.84)
            elif day in month.tests:
                _diamond(path, x, y, radius * 1.08)
                _diamond(path, x, y, radius * 0.9)
    return Drawing(f"{path.getCode()} f*" if path.getCode() else "", tuple(labels), month.says)


def _diamond(path: PDFPathObject, x: float, y: float, radius: float) -> None:
    path.moveTo(x, y + radius)
    path.lineTo(x + radius, y)
    path.lineTo(x, y - radius)
    path.lineTo(x - radius, y)
    path.close()
