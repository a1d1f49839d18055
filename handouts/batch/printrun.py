"""One PDF for the printer: finished packets one after the other, each on sheets of its own.

What packets have in common is there once: objects are copied with everything they refer to, the innermost first, and
those that say the same are one. A print run is for paper: it has no structure tree and no links (the packets have), and
the properties of the document name no patient.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from handouts.batch.folder import LEFT
from handouts.batch.manifest import Line
from handouts.batch.separator import INK, separator
from handouts.errors import InputError, LanguageError, Problem
from handouts.output import replacing
from handouts.press.opened import stream_of
from handouts.press.printfile import PrintFile, Size
from handouts.press.shaping import Faces
from handouts.press.writer import Writer

REFERENCE = re.compile(rb"\((?:[^()\\]|\\.)*+\)|<[0-9A-Fa-f]*>|\b([0-9]+) 0 R\b", re.DOTALL)
"""A reference to another object; strings, which could look like one, are matched first (ISO 32000-1, 7.3)."""
PAGE = ("/MediaBox", "/Resources", "/Contents")
"""What a page has, and what it may have besides, that shows on paper."""
ALSO = ("/CropBox", "/Rotate", "/UserUnit", "/Group")
UNTAGGED = frozenset({"/StructParent", "/StructParents", "/Metadata", "/PieceInfo"})
BLANK_SIZE = 12, 9
"""The size of the words on a blank back and how small they may become, in points."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What a print run holds."""

    packets: int
    pages: int
    """Sides of paper, with separators and blank backs."""
    sheets: int


def write_print_run(
    target: str,
    lines: Iterable[Line],
    folder: Path,
    faces: Faces,
    blank: Callable[[str], str],
    *,
    duplex: bool = True,
    separators: bool = True,
) -> Printed:
    """Write the packets of ``lines`` that were made, in their order, into the file ``target``; say what it holds.

    The packets' files are in ``folder``. Printed on both sides (``duplex``), each packet begins on a front side: an odd
    one ends with a back on which ``blank`` of its locale stands ("This page is blank on purpose."). A separator sheet
    goes before each packet; it is of the packet's own size, as are all pages. Same packets, same bytes.

    Raises InputError with every packet that is not there or is not the one that was made, LanguageError where ``blank``
    has no translation, and OutputError.
    """
    problems: list[Problem] = []
    untranslated: list[Problem] = []
    with replacing(target, LEFT) as file:
        run = _Run(PrintFile(file, faces), blank, duplex)
        for line in lines:
            if line.status == "made":
                try:
                    run.add(line, _packet(line, folder), separate=separators)
                except InputError as error:
                    problems += error.problems
                except LanguageError as error:
                    untranslated += error.problems
        if untranslated and not problems:
            raise LanguageError(*dict.fromkeys(untranslated))
        if not problems and not run.packets:
            problems.append(Problem("print run", "no packet was made that could be printed", "correct the roster"))
        if problems:
            raise InputError(*problems)
        return run.finish()


def _packet(line: Line, folder: Path) -> bytes:
    """Return the file of ``line``, byte for byte as it was made."""
    name = line.file or ""
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise InputError(_again(line, f"cannot be read: {error.strerror}")) from None
    if hashlib.sha256(data).hexdigest() != line.sha256:
        raise InputError(_again(line, "was changed since it was made"))
    return data


def _again(line: Line, message: str) -> Problem:
    return Problem(f"row {line.row}", f"its packet {message}", "run the batch again")


class _Run:
    """A print run while it is written."""

    def __init__(self, file: PrintFile, blank: Callable[[str], str], duplex: bool) -> None:
        self._file = file
        self._blank = blank
        self._duplex = duplex
        self._marks: list[tuple[str, int]] = []
        self._sheets = 0

    def add(self, line: Line, data: bytes, *, separate: bool) -> None:
        """Add a packet. Raises InputError, before any of its pages is written, when it is no packet of ours."""
        try:
            with pikepdf.open(io.BytesIO(data)) as pdf:
                source = _Source(pdf, self._file.writer)
                pages = [(_size(page.obj), source.page(page.obj)) for page in pdf.pages]
        except (pikepdf.PdfError, ValueError):
            raise InputError(_again(line, "is not a packet of this program")) from None
        first = self._file.pages.count
        numbers = []
        if separate:
            size = pages[0][0]
            drawn = separator(self._file.lettering, size, line, len(pages))
            numbers.append(self._file.draw(size, drawn))
            self._fill(first, size, line.locale)
        start = self._file.pages.count
        numbers += [self._file.pages.add(page) for _, page in pages]
        self._fill(start, pages[-1][0], line.locale)
        self._marks.append((f"Row {line.row} - {line.mrn}", numbers[0]))
        count = self._file.pages.count - first
        self._sheets += count // 2 if self._duplex else count

    @property
    def packets(self) -> int:
        return len(self._marks)

    def finish(self) -> Printed:
        """Write what holds the pages together."""
        subject = f"{self.packets} patient packets for the printer"
        self._file.finish("Print run", subject, duplex=self._duplex, marks=self._marks)
        return Printed(self.packets, self._file.pages.count, self._sheets)

    def _fill(self, first: int, size: Size, locale: str) -> None:
        """Add a blank back when the pages from ``first`` on end on a front side."""
        if self._duplex and (self._file.pages.count - first) % 2:
            words = self._blank(locale)
            width, height = size
            fitted = self._file.lettering.fitted(words, BLANK_SIZE, width * 0.8, lines=20)
            type_size, lines = fitted or (BLANK_SIZE[1], [words])
            drawn = [INK] + [
                self._file.lettering.text(width / 2, height * 0.55 - at * type_size * 1.6, text, type_size, align=0.5)
                for at, text in enumerate(lines)
            ]
            self._file.draw(size, b"".join(drawn))


def _size(page: pikepdf.Object) -> Size:
    """Return width and height of ``page``, as it lies in the printer."""
    if "/MediaBox" not in page:
        raise ValueError("a page without a size")
    left, low, right, high = (float(edge) for edge in page.MediaBox)
    return right - left, high - low


class _Source:
    """A packet, and the numbers that its objects have in the print run."""

    def __init__(self, pdf: pikepdf.Pdf, writer: Writer) -> None:
        self._pdf = pdf
        self._writer = writer
        self._numbers: dict[int, int | None] = {}

    def page(self, page: pikepdf.Object) -> bytes:
        """Return the entries of ``page``; what they refer to is copied. Raises ValueError where one is missing."""
        if any(key not in page for key in PAGE):
            raise ValueError("a page without a size, resources or contents")
        kept = {key: page[key] for key in (*PAGE, *ALSO) if key in page}
        return self._copied(pikepdf.Dictionary(kept).unparse()).removeprefix(b"<<").removesuffix(b">>")

    def _number(self, number: int) -> int:
        """Return what the object ``number`` is called in the print run. Raises ValueError for one within itself."""
        if number not in self._numbers:
            self._numbers[number] = None
            item = self._pdf.get_object(number, 0)
            body = stream_of(item, UNTAGGED) if isinstance(item, pikepdf.Stream) else item.unparse(resolved=True)
            self._numbers[number] = self._writer.share(self._copied(body))
        if (found := self._numbers[number]) is None:
            raise ValueError("an object that refers to itself")
        return found

    def _copied(self, body: bytes) -> bytes:
        """Return ``body`` with the numbers that the objects it refers to have in the print run."""
        head, keyword, data = body.partition(b"stream\n")
        return REFERENCE.sub(self._renumbered, head) + keyword + data

    def _renumbered(self, found: re.Match[bytes]) -> bytes:
        return b"%d 0 R" % self._number(int(found[1])) if found[1] else found[0]
