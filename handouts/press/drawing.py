"""Fields that are drawings: barcodes and QR codes (ReportLab), month grids, marks.

A drawing is filled paths in the colour of the page around it, and for a month grid also texts. Lengths are CSS px from
the lower left corner of the field's box.
"""

from __future__ import annotations

import calendar
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from handouts.model import Month

BEZIER = 0.5523
"""How far the control points of a quarter of a circle stand from its ends, in radii."""
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


class Path:
    """The operators of a path (ISO 32000-1, 8.5.2). ReportLab's own brings an image library with it."""

    def __init__(self) -> None:
        self._operators: list[str] = []

    def __str__(self) -> str:
        return " ".join(self._operators)

    def polygon(self, *points: tuple[float, float]) -> None:
        """Add a closed line through ``points``."""
        self._operators += [f"{x:.4f} {y:.4f} {'l' if at else 'm'}" for at, (x, y) in enumerate(points)]
        self._operators.append("h")

    def rectangle(self, x: float, y: float, width: float, height: float) -> None:
        self._operators.append(f"{x:.4f} {y:.4f} {width:.4f} {height:.4f} re")

    def circle(self, x: float, y: float, radius: float) -> None:
        """Add a circle around (x, y)."""
        arm = radius * BEZIER
        self._operators.append(f"{x + radius:.4f} {y:.4f} m")
        turns = ((1, 0), (0, 1), (-1, 0), (0, -1), (1, 0))
        for (a, b), (c, d) in itertools.pairwise(turns):
            points = (
                *(x + a * radius + c * arm, y + b * radius + d * arm),
                *(x + c * radius + a * arm, y + d * radius + b * arm),
                *(x + c * radius, y + d * radius),
            )
            self._operators.append(" ".join(f"{number:.4f}" for number in points) + " c")
        self._operators.append("h")

    def diamond(self, x: float, y: float, radius: float) -> None:
        self.polygon((x, y + radius), (x + radius, y), (x, y - radius), (x - radius, y))


def draw(kind: str, value: str, width: float, height: float) -> Drawing:
    """Return ``value`` drawn into a box of ``width`` by ``height``; an empty value draws nothing.

    Raises ValueError for what the symbol cannot hold.
    """
    if not value:
        return Drawing("", (), "")
    if kind == "calendar":
        return _month(Month.load(value), width, height)
    if kind == "mark":
        return _mark(value, width, height)
    bars = list(_bars(kind, value))
    return Drawing(_scaled(bars, QUIET[kind], width, height, square=kind == "qr"), (), value)


def code128(text: str, room: float, height: float, module: float) -> tuple[str, float]:
    """Return a Code 128 and the width of its thinnest bar: ``module``, or less where it would be wider than ``room``.

    The symbol begins at 0 with its first bar; the empty space around it, ten thin bars wide, is the caller's to keep,
    and is counted in the ``room``. Raises ValueError for what the symbol cannot hold.
    """
    bars, quiet = list(_bars("code128", text)), QUIET["code128"]
    _, across = _extent(bars, quiet)
    module = min(module, room / across)
    return _scaled(bars, 0, (across - 2 * quiet) * module, height, square=False), module


class Bar(NamedTuple):
    """A dark rectangle of a symbol, in modules."""

    x: float
    y: float
    width: float
    height: float


def _bars(kind: str, value: str) -> Iterator[Bar]:
    """Yield the dark modules of a Code 128 or a QR code (error correction Q)."""
    # The barcodes of ReportLab take a while to import; month grids do without.
    if kind == "code128":
        from reportlab.graphics.barcode.code128 import Code128

        if not value.isascii() or not value.isprintable():
            raise ValueError("Code 128 holds printable ASCII characters only")
        symbol: Any = Code128(value, barWidth=1, barHeight=1, quiet=False, humanReadable=False)
        bars: list[Bar] = []
        symbol.rect = lambda *place: bars.append(Bar(*place))
        symbol.draw()
        yield from bars
        return
    from reportlab.graphics.barcode.qr import QrCodeWidget

    code: Any = QrCodeWidget(value, barLevel="Q", barBorder=0)
    code.qr.make()
    for row, modules in enumerate(reversed(code.qr.modules)):
        for column, dark in enumerate(modules):
            if dark:
                yield Bar(column, row, 1, 1)


def _scaled(bars: list[Bar], quiet: int, width: float, height: float, *, square: bool) -> str:
    """Return the path of ``bars`` with their quiet zone, as large as the box allows."""
    first, across = _extent(bars, quiet)
    module = min(width, height) / across if square else width / across
    tall = module if square else height / max(bar.height for bar in bars)
    left, low = quiet * module, quiet * module if square else 0
    path = Path()
    for bar in bars:
        path.rectangle(left + (bar.x - first) * module, low + bar.y * tall, bar.width * module, bar.height * tall)
    return f"{path} f"


def _extent(bars: list[Bar], quiet: int) -> tuple[float, float]:
    """Return where the first bar begins, and how wide the symbol is with ``quiet`` on both sides."""
    first = min(bar.x for bar in bars)
    return first, max(bar.x + bar.width for bar in bars) - first + 2 * quiet


def _mark(value: str, width: float, height: float) -> Drawing:
    """Return the mark of a stop on a timeline: a disc for an infusion (larger: the next one), a diamond for a test."""
    shape, _, says = value.partition(":")
    x, y, unit = width / 2, height / 2, min(width, height) / 2
    path = Path()
    if shape == "test":
        inside = Path()
        inside.diamond(x, y, unit * 0.75)
        path.diamond(x, y, unit * 0.86)
        path.diamond(x, y, unit * 0.6)
        return Drawing(f"q 1 g {inside} f Q {path} f*", (), says)
    path.circle(x, y, unit * {"infusion": 0.62, "next": 0.92}[shape])
    return Drawing(f"{path} f", (), says)


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
    path = Path()
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
                path.diamond(x, y, radius * 1.08)
                path.diamond(x, y, radius * 0.9)
    return Drawing(f"{path} f*" if str(path) else "", tuple(labels), month.says)
