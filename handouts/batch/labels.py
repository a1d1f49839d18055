"""Sheets of labels: who it is, what for, and the record number as a barcode.

A label is for the staff: it is in English, and the barcode holds the record number exactly.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from handouts.batch.folder import LEFT
from handouts.errors import LayoutError, Problem
from handouts.output import replacing
from handouts.press.drawing import code128
from handouts.press.lettering import Lettering
from handouts.press.printfile import PrintFile, Size
from handouts.press.shaping import Faces

NAME, FLOOR = 10.0, 8.0
"""The size of a name and how small it may become; everything else is of the smaller size. Points, as all lengths."""
LEADING = 1.25
"""The height of a line, in sizes of its type."""
SIDE, TOP = 9.0, 5.0
"""The empty edge of a label, so that a sheet that lies a little askew loses nothing."""
AFTER, GAP = 2.0, 4.0
"""The space below a name, for scripts that go deep, and above the barcode."""
BARS = 28.0
"""The height of a barcode at the most. Two lines of a name leave 5 mm on the smallest label, which scanners find."""
MODULE, MODULE_LEAST = 0.9, 0.5
"""The thinnest bar of a barcode: a third of a millimetre, and what office printers and scanners still tell apart."""
QUIET = 10
"""The empty space beside the bars, in thin bars."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BY_HAND = "write this label by hand"


@dataclass(frozen=True, slots=True)
class Stock:
    """A kind of label sheet, in points from its upper left corner."""

    paper: Size
    columns: int
    rows: int
    width: float
    height: float
    left: float
    """Where the first column begins."""
    top: float
    across: float
    """From one column to the next."""
    down: float


LETTER, A4 = (612.0, 792.0), (595.276, 841.89)
STOCKS = {
    "avery5160": Stock(LETTER, 3, 10, width=189, height=72, left=13.5, top=36, across=198, down=72),
    "avery5161": Stock(LETTER, 2, 10, width=288, height=72, left=11.25, top=36, across=301.5, down=72),
    "l7160": Stock(A4, 3, 7, width=180, height=108, left=20.44, top=42.95, across=187.2, down=108),
}
"""Sizes and distances from the templates of gLabels (avery-us and avery-iso), read 2026-11-21, with two corrections: an
L7160 has its nominal 63.5 x 38.1 mm and lies in the middle of the sheet; a 5160 has 3/16 inch at the left and 1/8 inch
between columns, as in earlier templates, 1/32 inch from the newer ones. The empty edge of a label allows both."""


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says."""

    row: int
    name: str
    dob: dt.date
    mrn: str
    drug: str
    visit: dt.date | None
    """The day of the first visit."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a file of labels holds."""

    labels: int
    sheets: int
    problems: tuple[Problem, ...]
    """The rows that have no label, and why; without their values."""


def write_labels(target: str, labels: Iterable[Label], stock: Stock, faces: Faces) -> Labelled:
    """Write sheets of ``labels``, in their order from left to right, into the file ``target``; say what it holds.

    What does not fit on a label is never cut off: its row is a problem, and the others are printed. Same labels, same
    bytes. Raises OutputError.
    """
    problems: list[Problem] = []
    count, on_sheet = 0, stock.columns * stock.rows
    drawn: list[bytes] = []
    with replacing(target, LEFT) as opened:
        file = PrintFile(opened, faces)
        for label in labels:
            try:
                face = _face(file.lettering, label, stock)
            except LayoutError as error:
                problems += [replace(problem, where=f"row {label.row}") for problem in error.problems]
                continue
            drawn.append(_at(stock, len(drawn), face))
            count += 1
            if len(drawn) == on_sheet:
                file.draw(stock.paper, b"".join(drawn))
                drawn = []
        if drawn or not count:
            file.draw(stock.paper, b"".join(drawn))
        file.finish("Patient labels", f"{count} labels for the printer", duplex=False)
        return Labelled(count, file.pages.count, tuple(problems))


def _at(stock: Stock, place: int, face: bytes) -> bytes:
    """Return ``face`` moved to its place on the sheet."""
    row, column = divmod(place, stock.columns)
    x = stock.left + column * stock.across
    y = stock.paper[1] - stock.top - row * stock.down - stock.height
    return b"q 1 0 0 1 %.4f %.4f cm %b Q " % (x, y, face)


def _face(lettering: Lettering, label: Label, stock: Stock) -> bytes:
    """Return the drawing of a label from its lower left corner. Raises LayoutError where something does not fit."""
    room = stock.width - 2 * SIDE
    problems = []
    name = lettering.fitted(label.name, (NAME, FLOOR), room, "Bold", lines=2)
    if not name:
        problems.append(Problem("", "the name does not fit on a label", BY_HAND))
    size, lines = name or (NAME, [])
    pairs = (
        ("record number", f"born {_day(label.dob)}", f"MRN {label.mrn}"),
        ("name of the drug", label.drug, _day(label.visit) if label.visit else ""),
    )
    for what, left, right in pairs:
        if lettering.width(left, FLOOR) + 2 * GAP + lettering.width(right, FLOOR, "Bold") > room:
            problems.append(Problem("", f"the {what} does not fit on a label", BY_HAND))
    text = (len(lines) * size + len(pairs) * FLOOR) * LEADING + AFTER
    high = min(BARS, stock.height - 2 * TOP - text - GAP)
    bars, module = b"", MODULE
    try:
        paths, module = code128(label.mrn, stock.width, high, MODULE)
        bars = paths.encode()
    except ValueError:
        problems.append(Problem("", "the record number has a character that a barcode cannot hold", BY_HAND))
    if module < MODULE_LEAST:
        problems.append(Problem("", "the record number is too long for a barcode on a label", "choose larger labels"))
    if problems:
        raise LayoutError(*problems)
    y = (stock.height + text + GAP + high) / 2 - size
    parts = []
    for line in lines:
        parts.append(lettering.text(SIDE, y, line, size, "Bold"))
        y -= size * LEADING
    y += (size - FLOOR) * LEADING - AFTER
    for _, left, right in pairs:
        parts.append(lettering.text(SIDE, y, left, FLOOR))
        parts.append(lettering.text(stock.width - SIDE, y, right, FLOOR, "Bold", align=1))
        y -= FLOOR * LEADING
    y += FLOOR * (LEADING - 0.25) - GAP - high
    parts.append(b"q 1 0 0 1 %.4f %.4f cm %b Q" % (max(SIDE, QUIET * module), y, bars))
    return b"".join(parts)


def _day(day: dt.date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"
