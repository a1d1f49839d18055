"""Form + values -> one patient's PDF. No layout, no WeasyPrint, no Pango, no Jinja, no PDF parser."""

from __future__ import annotations

import functools
import hashlib
import itertools
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from handouts.errors import LayoutError, Problem
from handouts.press.embedding import OBJECTS, font_objects, stream
from handouts.press.fitting import Placed, advance, set_lines
from handouts.press.fonts import describe
from handouts.press.form import ENTRY, Field, Form
from handouts.press.shaping import JOINERS, Faces, Glyph, Run

BLANK = "0" * 32
KEPT = 4096
"""How many drawn values a stamp remembers: dates come again, names do not."""


class DoesNotFit(Exception):
    """Values that are too wide for their fields at the smallest size: this packet must be set in full."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A value in its field."""

    runs: tuple[Placed, ...]
    """Size, and where the run begins: from the left of the field, and over its first baseline."""
    before: bytes
    after: bytes
    """What stands around the runs: the paths of a drawing."""
    part: bytes | None
    """The finished object; None where the form's own fonts lack a glyph."""


class Stamp:
    """A form that is ready for patients."""

    def __init__(self, form: Form, faces: Faces) -> None:
        self.form = form
        self.faces = faces
        self._fonts = {name: f"A{at}" for at, name in enumerate(form.fonts)}
        resources = "".join(f"/{self._fonts[name]} {number} 0 R" for name, number in form.fonts.items())
        self._resources = f"/Resources<</Font<<{resources}>>>>"
        self._head = [f"/Type/XObject/Subtype/Form{_extent(field)}" for field in form.fields]
        self._tail = f"/Type/XRef/W[1 4 2]/Root {form.root} 0 R/Info {form.info} 0 R/Filter/FlateDecode"
        self._digest = hashlib.sha256(form.body)
        self._drawing = functools.lru_cache(maxsize=KEPT)(self._draw)

    def pdf(self, values: Mapping[str, str]) -> bytes:
        """Return the patient's PDF.

        Same form and values, same bytes. Raises DoesNotFit, LayoutError (a character that no font has), or KeyError (a
        field without a value).
        """
        drawings: list[_Drawing] = []
        unfit = []
        for index, field in enumerate(self.form.fields):
            drawing = self._drawing(index, values[field.name])
            if drawing is None:
                unfit.append(field.name)
            else:
                drawings.append(drawing)
        if unfit:
            raise DoesNotFit(sorted(set(unfit)))
        if any(drawing.part is None for drawing in drawings):
            return self._with_more_fonts(drawings)
        return self._file([drawing.part or b"" for drawing in drawings])

    def _with_more_fonts(self, drawings: list[_Drawing]) -> bytes:
        """Return the PDF with a subset of each font that the form's own do not cover."""
        extra = self._extra(drawings)
        first = self.form.objects + len(self.form.fields) + 1
        fonts = self._fonts | {f"+{name}": f"X{at}" for at, name in enumerate(extra)}
        more = "".join(f"/X{at} {first + OBJECTS * at} 0 R" for at in range(len(extra)))
        resources = self._resources.replace(">>>>", more + ">>>>")
        parts = []
        for index, drawing in enumerate(drawings):
            drawn = content(drawing.runs, fonts, self.form.glyphs, extra)
            parts.append(self._part(index, drawing.before + drawn + drawing.after, resources))
        for at, (name, texts) in enumerate(extra.items()):
            number = first + OBJECTS * at
            bodies = font_objects(self.faces.face(name), texts, number)
            parts += [numbered(number + place, body) for place, body in enumerate(bodies)]
        return self._file(parts)

    def _part(self, index: int, drawn: bytes, resources: str) -> bytes:
        """Return the object of the field ``index``, as it stands in the file."""
        return numbered(self.form.objects + 1 + index, stream(drawn, self._head[index] + resources))

    def _draw(self, index: int, value: str) -> _Drawing | None:
        """Return ``value`` in the field ``index``; None when it does not fit."""
        field = self.form.fields[index]
        paths, says = "", ""
        try:
            if field.kind == "text":
                runs = set_lines(field, value, self.faces)
            else:
                runs, paths, says = self._drawn(field, value)
        except LookupError as error:
            found = describe(str(error.args[0]))
            raise LayoutError(Problem(field.name, f"no font in this installation has {found}")) from None
        if runs is None:
            return None
        glyphs = self.form.glyphs
        own = all(glyph.number in glyphs.get(run.face, ()) for *_, run in runs for glyph in run.glyphs)
        before, after = spoken(paths, says)
        part = None
        if own:
            part = self._part(index, before + content(runs, self._fonts, glyphs, {}) + after, self._resources)
        return _Drawing(runs, before, after, part)

    def _drawn(self, field: Field, value: str) -> tuple[tuple[Placed, ...], str, str]:
        """Return the texts and the paths of a drawing, and what it says."""
        from handouts.press.drawing import draw

        try:
            drawing = draw(field.kind, value, field.width, field.height)
        except ValueError as error:
            raise LayoutError(Problem(field.name, f"cannot be drawn: {error}", "use letters and digits")) from None
        placed = []
        for label in drawing.labels:
            runs = self.faces.shape(label.text, field.weight)
            x = label.x - advance(runs, label.size) / 2
            for run in runs:
                placed.append((label.size, x, label.y, run))
                x += run.advance * label.size / 1000
        return tuple(placed), drawing.paths, drawing.says

    def _extra(self, drawings: list[_Drawing]) -> dict[str, dict[int, str]]:
        """Return, by face, the glyphs of the runs that the form's own fonts cannot draw, with the text of each."""
        extra: dict[str, dict[int, str]] = {}
        for drawing in drawings:
            if drawing.part is None:
                for *_, run in drawing.runs:
                    own = self.form.glyphs.get(run.face, {})
                    if any(glyph.number not in own for glyph in run.glyphs):
                        texts = extra.setdefault(run.face, {})
                        for glyph in run.glyphs:
                            texts.setdefault(glyph.number, glyph.text)
        return dict(sorted(extra.items()))

    def _file(self, parts: list[bytes]) -> bytes:
        """Return the static part, the objects ``parts``, and a cross-reference stream (ISO 32000-1, 7.5.8)."""
        form = self.form
        *offsets, end = itertools.accumulate(map(len, parts), initial=len(form.body))
        own = b"".join(ENTRY.pack(1, offset, 0) for offset in [*offsets, end])
        # The static entries were compressed once, up to a whole block; the deflate stream goes on from there.
        compressor = zlib.compressobj(1, zlib.DEFLATED, -15)
        table = b"x\x9c" + form.table + compressor.compress(own) + compressor.flush()
        table += zlib.adler32(own, form.checksum).to_bytes(4, "big")
        objects = b"".join(parts)
        number = form.objects + len(parts) + 1
        identifier = f"/ID[<{form.id[:32]}><{BLANK}>]"
        last = numbered(number, stream(table, f"{self._tail}/Size {number + 1}{identifier}"))
        last += b"startxref\n%d\n%%%%EOF\n" % end
        digest = self._digest.copy()
        digest.update(objects)
        digest.update(last)
        return b"".join((form.body, objects, last.replace(BLANK.encode(), fingerprint(digest).encode(), 1)))


def numbered(number: int, body: bytes) -> bytes:
    """Return an indirect object (ISO 32000-1, 7.3.10)."""
    return b"%d 0 obj\n%b\nendobj\n" % (number, body)


def spoken(paths: str, says: str) -> tuple[bytes, bytes]:
    """Return what stands before and after the texts of a drawing, so that it is read as ``says``."""
    if not paths and not says:
        return b"", b""
    actual = ("\ufeff" + says).encode("utf-16-be").hex()
    return f"/Span <</ActualText <{actual}>>> BDC q {paths} Q ".encode(), b" EMC"


def content(
    runs: tuple[Placed, ...],
    fonts: Mapping[str, str],
    own: Mapping[str, Mapping[int, str]],
    extra: Mapping[str, Mapping[int, str]],
) -> bytes:
    """Return the drawing of ``runs``; the colour is that of the page around the field."""
    parts = []
    for size, x, y, run in runs:
        texts = own.get(run.face, {})
        font = fonts.get(run.face, "")
        if any(glyph.number not in texts for glyph in run.glyphs):
            texts, font = extra[run.face], fonts[f"+{run.face}"]
        drawn = f"BT /{font} {size:g} Tf {_glyphs(run.glyphs, size, x, y)} ET"
        if _misleads([texts[glyph.number] for glyph in run.glyphs], run):
            actual = ("\ufeff" + run.text).encode("utf-16-be").hex()
            drawn = f"/Span <</ActualText <{actual}>>> BDC {drawn} EMC"
        parts.append(drawn)
    return " ".join(parts).encode()


def _glyphs(glyphs: tuple[Glyph, ...], size: float, x: float, y: float) -> str:
    """Return the operators that show ``glyphs`` from (x, y) on, each where HarfBuzz put it."""
    parts: list[str] = []
    shown: list[str] = []
    pen = x
    for glyph in glyphs:
        if _stands_apart(glyph):
            if shown:
                parts.append(f"[{''.join(shown)}] TJ")
            place = pen + glyph.x * size / 1000
            parts.append(f"1 0 0 1 {place:.4f} {y + glyph.y * size / 1000:.4f} Tm <{glyph.number:04x}> Tj")
            pen += glyph.advance * size / 1000
            parts.append(f"1 0 0 1 {pen:.4f} {y:.4f} Tm")
            shown = []
            continue
        if glyph.x:
            shown.append(f"{-round(glyph.x, 3):g}")
        shown.append(f"<{glyph.number:04x}>")
        if kern := round(glyph.width - glyph.advance + glyph.x, 3):
            shown.append(f"{kern:g}")
        pen += glyph.advance * size / 1000
    if shown:
        parts.append(f"[{''.join(shown)}] TJ")
    return f"1 0 0 1 {x:.4f} {y:.4f} Tm {' '.join(parts)}"


def _misleads(said: list[str], run: Run) -> bool:
    """Whether ``said``, glyph by glyph, is not the text of ``run``, which is then told in full.

    Viewers put a mark that is placed by itself after the word, and a glyph that adds nothing still says something. A
    text that runs from right to left is told by its glyphs where that can be: viewers turn it round, and some of them
    (poppler, pdfium) turn round what is told in full, too.
    """
    written = "".join(char for char in run.text if char not in JOINERS)
    told = all(said) and "".join(said) in (written, written[::-1])
    return not told or any(_stands_apart(glyph) for glyph in run.glyphs)


def _stands_apart(glyph: Glyph) -> bool:
    """Whether it is a mark over or under its letter, which is placed by itself; what is only kerned is not."""
    return bool(glyph.y or (glyph.x and not glyph.advance))


def _extent(field: Field) -> str:
    """Return the bounding box of a field's drawing; it clips, so it leaves room for every script's marks."""
    down = field.size + field.leading * (field.lines - 1)
    up = max(2 * field.size, field.height)
    return f"/BBox[{-field.size:g} {-down:g} {field.width + field.size:g} {up:g}]"


def fingerprint(digest: hashlib._Hash) -> str:
    """Return the 32 hexadecimal digits by which a file is known as it was made, itself counted as ``BLANK``."""
    return digest.hexdigest()[:32]
