"""The sheet before a packet in a print run: which row of the roster follows, in letters that are seen from afar."""

from __future__ import annotations

from collections.abc import Iterator

from babel import Locale, UnknownLocaleError

from handouts.batch.manifest import Line
from handouts.press.drawing import Path, code128
from handouts.press.lettering import Lettering

MM = 72 / 25.4
MARGIN = 18 * MM
"""As on the pages of a packet."""
INK, QUIET, RULE, ACCENT, TINT = (
    *(b"0.102 g ", b"0.267 g ", b"0.541 g "),
    *(b"0.043 0.333 0.376 rg ", b"0.933 0.957 0.957 rg "),
)
"""The colours of the theme (templates/theme/page.css) as operators that fill with them."""
NUMBER, TITLE, TEXT, SMALL = 120.0, 24.0, 15.0, 9.5
"""Sizes of type, in points."""
LINE = 30.0
"""From one line of the list to the next."""
MODULE = 0.9
"""The width of the thinnest bar of a barcode, in points: a third of a millimetre."""


def separator(lettering: Lettering, size: tuple[float, float], line: Line, pages: int) -> bytes:
    """Return the drawing of the sheet before the packet of ``line``, which has ``pages``."""
    width, height = size
    room = width - 2 * MARGIN
    top = height - 20 * MM
    parts = [ACCENT, lettering.text(MARGIN, top - TITLE, "Print run", TITLE, "Bold")]
    parts += [QUIET, lettering.text(width - MARGIN, top - TITLE, "Separator sheet: take it out", SMALL, align=1)]
    high = NUMBER + 70
    low = top - TITLE - 24 - high
    parts += [_box(TINT, MARGIN, low, room, high), _box(ACCENT, MARGIN, low, 2.2 * MM, high)]
    parts += [QUIET, lettering.text(MARGIN + 24, low + high - 30, "Row of the roster", TEXT)]
    parts += [INK, _shrunk(lettering, MARGIN + 20, low + 34, str(line.row), NUMBER, room - 40)]
    y = low - 40
    for label, value in _facts(line, pages):
        parts += [QUIET, lettering.text(MARGIN, y, label, SMALL)]
        parts += [INK, _shrunk(lettering, MARGIN + 120, y, value, TEXT, room - 120)]
        parts.append(_box(RULE, MARGIN, y - 9, room, 0.4))
        y -= LINE
    parts.append(INK + _symbol(line.mrn, MARGIN, y - 44, room))
    return b"".join(parts)


def language(tag: str) -> str:
    """Return what the language ``tag`` is called in English, with the tag itself."""
    try:
        name = Locale.parse(tag, sep="-").get_display_name("en")
    except (UnknownLocaleError, ValueError):
        return tag
    return f"{name} ({tag})"


def _facts(line: Line, pages: int) -> Iterator[tuple[str, str]]:
    yield "Record number", line.mrn
    yield "Drug", line.drug
    yield "Language", language(line.locale)
    yield "Packet", line.packet
    yield "Pages", str(pages)
    if line.form:
        yield "Form", line.form[:10] + (f", edition {line.edition}" if line.edition else "")


def _shrunk(lettering: Lettering, x: float, y: float, text: str, size: float, room: float) -> bytes:
    """Return ``text`` in bold letters of ``size``, or as small as it takes to stay within ``room``."""
    natural = lettering.width(text, size, "Bold")
    return lettering.text(x, y, text, size * min(1.0, room / natural), "Bold")


def _symbol(text: str, x: float, y: float, room: float) -> bytes:
    """Return the record number as Code 128, where that can hold it."""
    if not (text.isascii() and text.isprintable()):
        return b""
    paths, _ = code128(text, room, 34, MODULE)
    return f"q 1 0 0 1 {x:.4f} {y:.4f} cm {paths} Q ".encode()


def _box(colour: bytes, x: float, y: float, width: float, height: float) -> bytes:
    path = Path()
    path.rectangle(x, y, width, height)
    return colour + f"{path} f ".encode()
