"""A value into the box of its field: on one line, on the field's further lines, or a little smaller."""

from __future__ import annotations

import re
from collections.abc import Iterable

from handouts.press.form import Field
from handouts.press.shaping import Faces, Run

FLOOR = 11 / 0.75
"""The smallest size of a value: 11 pt, in CSS px. What is set smaller than this is never made smaller still."""
STEP = 0.5 / 0.75
"""By how much a value that is too wide is made smaller at a time: half a point."""
ROUNDING = 0.05
"""What rounding may cost, in CSS px."""

WORDS = re.compile(r"[^ ，、；：。！？]*[，、；：。！？]* *")
"""A word and what follows it on its line."""

Placed = tuple[float, float, float, Run]
"""Size, distance from the field's left, height over its first baseline, and the run."""


def set_lines(field: Field, text: str, faces: Faces) -> tuple[Placed, ...] | None:
    """Return ``text`` set into ``field``, or None when it does not fit at the smallest size.

    Raises LookupError with the character that no font has.
    """
    size = field.size
    while True:
        lines = broken(text, field.weight, size, field.width, faces)
        if lines is not None and len(lines) <= field.lines:
            placed: list[Placed] = []
            for at, line in enumerate(lines):
                placed += _placed(field, size, at, line, faces)
            return tuple(placed)
        size -= STEP
        if size < FLOOR - 1e-6:
            return None


def broken(text: str, weight: str, size: float, width: float, faces: Faces) -> list[str] | None:
    """Return the lines of ``text``, broken after spaces and after the marks of Chinese, which has no spaces; a space
    stays at the end of its line. None when a word is wider than the box."""

    def fits(line: str) -> bool:
        return advance(faces.shape(line.rstrip(" "), weight), size) <= width + ROUNDING

    if fits(text):
        return [text]
    lines: list[str] = []
    line = ""
    for word in WORDS.findall(text):
        if fits(line + word):
            line += word
            continue
        if not line or not fits(word):
            return None
        lines.append(line)
        line = word
    return [*lines, line]


def advance(runs: tuple[Run, ...], size: float) -> float:
    """Return how wide ``runs`` are at ``size``."""
    return sum(run.advance for run in runs) * size / 1000


def along(runs: Iterable[Run], size: float, x: float, y: float) -> list[Placed]:
    """Return ``runs`` one after the other on the baseline ``y``, the first one at ``x``."""
    placed = []
    for run in runs:
        placed.append((size, x, y, run))
        x += run.advance * size / 1000
    return placed


def _placed(field: Field, size: float, line: int, text: str, faces: Faces) -> list[Placed]:
    """Return the runs of a line; the space it was broken at is kept, so that its words do not run together."""
    written = text.rstrip(" ")
    runs = faces.shape(written, field.weight)
    room = field.width - advance(runs, size)
    x = {"left": 0.0, "center": room / 2, "right": room}[field.align]
    spaces = faces.shape(" ", field.weight) if written != text else ()
    return along((*runs, *spaces), size, x, -line * field.leading)
