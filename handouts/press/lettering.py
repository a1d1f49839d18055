"""Text of any script on pages of our own drawing: shaped, and one subset of each font for the whole file.

Lengths are points from the lower left corner of the page.
"""

from __future__ import annotations

from collections.abc import Sequence

from handouts.errors import LayoutError, Problem
from handouts.press.embedding import OBJECTS, font_objects
from handouts.press.fitting import advance, along, broken
from handouts.press.fonts import describe
from handouts.press.shaping import Faces, Run
from handouts.press.stamp import content
from handouts.press.writer import Writer

STEP = 0.5
"""By how much a text that is too wide is made smaller at a time."""


class Lettering:
    """The texts of one file, and the fonts they take."""

    def __init__(self, writer: Writer, faces: Faces) -> None:
        self._writer = writer
        self._faces = faces
        self._first: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._glyphs: dict[str, dict[int, str]] = {}
        self.resources = writer.reserve()
        """The number of the resources of every page that has such text."""

    def text(self, x: float, y: float, text: str, size: float, weight: str = "Regular", *, align: float = 0.0) -> bytes:
        """Return the drawing of ``text`` on the baseline ``y``.

        It begins at ``x`` with ``align`` 0, is centred there with 0.5, and ends there with 1. Raises LayoutError for a
        character that no font has.
        """
        runs = self._shape(text, weight)
        for run in runs:
            self._keep(run)
        placed = along(runs, size, x - advance(runs, size) * align, y)
        return content(tuple(placed), self._names, self._glyphs, {}) + b" "

    def width(self, text: str, size: float, weight: str = "Regular") -> float:
        """Return how wide ``text`` is."""
        return advance(self._shape(text, weight), size)

    def fitted(
        self, text: str, sizes: tuple[float, float], width: float, weight: str = "Regular", *, lines: int = 1
    ) -> tuple[float, Sequence[str]] | None:
        """Return size and lines of ``text`` within ``width``, or None when it does not fit.

        It is made smaller from the first of ``sizes`` down to the second, and only then broken into ``lines``.
        """
        size, floor = sizes
        natural = self.width(text, 1, weight)
        while size >= floor:
            if natural * size <= width:
                return size, [text]
            size -= STEP
        found = broken(text, weight, floor, width, self._faces)
        return (floor, [line.rstrip(" ") for line in found]) if found and len(found) <= lines else None

    def finish(self) -> None:
        """Write the fonts and the resources."""
        for name, first in self._first.items():
            for at, body in enumerate(font_objects(self._faces.face(name), self._glyphs[name], first)):
                self._writer.add(body, first + at)
        fonts = "".join(f"/{self._names[name]} {first} 0 R" for name, first in self._first.items())
        self._writer.add(f"<</Font<<{fonts}>>>>".encode(), self.resources)

    def _shape(self, text: str, weight: str) -> tuple[Run, ...]:
        try:
            return self._faces.shape(text, weight)
        except LookupError as error:
            found = describe(str(error.args[0]))
            raise LayoutError(Problem("", f"no font in this installation has {found}", "use another script")) from None

    def _keep(self, run: Run) -> None:
        if run.face not in self._first:
            self._names[run.face] = f"A{len(self._names)}"
            self._first[run.face], *_ = [self._writer.reserve() for _ in range(OBJECTS)]
            self._glyphs[run.face] = {}
        texts = self._glyphs[run.face]
        for glyph in run.glyphs:
            texts.setdefault(glyph.number, glyph.text)
