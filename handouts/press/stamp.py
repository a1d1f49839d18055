"""Form + values -> one patient's PDF. No layout, no WeasyPrint, no Pango, no Jinja, no PDF parser."""

from __future__ import annotations

import functools
import hashlib
import itertools
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from handouts.errors import LayoutError, Problem
from handouts.press.embedding import OBJECTS, font_objects, stream
from handouts.press.fitting import Placed, advance, along, set_lines
from handouts.press.fonts import describe
from handouts.press.form import ENTRY, Field, Form, is_own
from handouts.press.shaping import JOINERS, Faces, Glyph, Run

BLANK = "0" * 32
BLOCK = struct.Struct("<BHH")
"""The head of a deflate block that is not compressed: that it is the last one, its length, and the same inverted."""
MIRRORED = str.maketrans("()[]{}<>", ")(][}{><")
"""Signs that are drawn the other way round in a text that runs from right to left (UAX #9, L4)."""
KEPT = 256
"""How many plans a stamp remembers as they are drawn: patients share dates, and nothing else."""


class DoesNotFit(Exception):
    """Values that are too wide for their fields at the smallest size: this packet must be set in full."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


@dataclass(frozen=True, slots=True)
class _Foreign:
    """A value in its field, with a glyph that the form's own fonts lack."""

    runs: tuple[Placed, ...]
    """Size, and where the run begins: from the left of the field, and over its first baseline."""
    before: bytes
    after: bytes
    """What stands around the runs: the paths of a drawing."""


_Drawn = bytes | _Foreign | None
"""A value in its field: the finished object, or what becomes one with more fonts; None when it does not fit."""


@dataclass(frozen=True, slots=True)
class _Objects:
    """Objects as they follow the form's own in the file."""

    data: bytes
    entries: list[bytes]
    """Their cross-reference entries, by place; empty for what follows later."""
    digest: hashlib._Hash
    """The SHA-256 of the file up to here."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What patients of one plan share, as it is drawn."""

    drawn: dict[int, _Drawn]
    """By the place of the field in the form."""
    objects: _Objects | None
    """None where the form's own fonts lack a glyph, or a value does not fit."""


class Stamp:
    """A form that is ready for patients."""

    def __init__(self, form: Form, faces: Faces) -> None:
        self.form = form
        self.faces = faces
        self._names = [field.name for field in form.fields]
        self._fonts = {name: f"A{at}" for at, name in enumerate(form.fonts)}
        resources = "".join(f"/{self._fonts[name]} {number} 0 R" for name, number in form.fonts.items())
        self._resources = f"/Resources<</Font<<{resources}>>>>"
        self._head = [f"/Type/XObject/Subtype/Form{_extent(field)}" for field in form.fields]
        self._tail = f"/Type/XRef/W[1 4 2]/Root {form.root} 0 R/Info {form.info} 0 R/Filter/FlateDecode"
        self._digest = hashlib.sha256(form.body)
        self._glyphs = {name: frozenset(texts) for name, texts in form.glyphs.items()}
        self._own = [(place, name) for place, name in enumerate(self._names) if is_own(name)]
        self._shared = [(place, name) for place, name in enumerate(self._names) if not is_own(name)]
        self._drawn_plan = functools.lru_cache(maxsize=KEPT)(self._draw_plan)

    def pdf(self, values: Mapping[str, str]) -> bytes:
        """Return the patient's PDF.

        Same form and values, same bytes. Raises DoesNotFit, LayoutError (a character that no font has), or KeyError (a
        field without a value).
        """
        return b"".join(self.parts(values))

    def parts(self, values: Mapping[str, str]) -> tuple[bytes, ...]:
        """Return the same PDF in pieces, the first of which is the form's own: a file can be written from them."""
        plan = self._drawn_plan(tuple([values[name] for _, name in self._shared]))
        own = {place: self._draw(place, values[name]) for place, name in self._own}
        finished = {place: part for place, part in own.items() if isinstance(part, bytes)}
        if plan.objects and len(finished) == len(own):
            return self._file(plan.objects, finished)
        drawn = plan.drawn | own
        if unfit := {self._names[place] for place, part in drawn.items() if part is None}:
            raise DoesNotFit(sorted(unfit))
        return self._file(self._laid({}), self._with_more_fonts(drawn))

    def sha256(self, parts: tuple[bytes, ...]) -> str:
        """Return the SHA-256 of the file of ``parts``; what is the form's own was counted before."""
        digest = self._digest.copy()
        for part in parts[1:]:
            digest.update(part)
        return digest.hexdigest()

    def _with_more_fonts(self, drawn: dict[int, _Drawn]) -> dict[int, bytes]:
        """Return the objects of ``drawn``, and of a subset of each font that the form's own do not cover, by place."""
        extra = self._extra([part for part in drawn.values() if isinstance(part, _Foreign)])
        place = len(self._names)
        fonts = self._fonts | {f"+{name}": f"X{at}" for at, name in enumerate(extra)}
        first = self.form.objects + 1 + place
        more = "".join(f"/X{at} {first + OBJECTS * at} 0 R" for at in range(len(extra)))
        resources = self._resources.replace(">>>>", more + ">>>>")
        parts: dict[int, bytes] = {}
        for at, part in sorted(drawn.items()):
            if isinstance(part, _Foreign):
                shown = content(part.runs, fonts, self.form.glyphs, extra)
                parts[at] = self._part(at, part.before + shown + part.after, resources)
            elif part is not None:
                parts[at] = part
        for name, texts in extra.items():
            number = self.form.objects + 1 + place
            for body in font_objects(self.faces.face(name), texts, number):
                parts[place] = numbered(self.form.objects + 1 + place, body)
                place += 1
        return parts

    def _part(self, place: int, drawn: bytes, resources: str) -> bytes:
        """Return the object of the field at ``place``, as it stands in the file."""
        return numbered(self.form.objects + 1 + place, stream(drawn, self._head[place] + resources))

    def _draw_plan(self, values: tuple[str, ...]) -> _Plan:
        """Return ``values`` in the fields that patients of one plan share."""
        drawn = {place: self._draw(place, value) for (place, _), value in zip(self._shared, values, strict=True)}
        finished = {place: part for place, part in drawn.items() if isinstance(part, bytes)}
        return _Plan(drawn, self._laid(finished) if len(finished) == len(drawn) else None)

    def _draw(self, place: int, value: str) -> _Drawn:
        """Return ``value`` in the field at ``place``."""
        field = self.form.fields[place]
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
        before, after = spoken(paths, says)
        if not all([self._has(run) for *_, run in runs]):
            return _Foreign(runs, before, after)
        return self._part(place, before + content(runs, self._fonts, self.form.glyphs, {}) + after, self._resources)

    def _drawn(self, field: Field, value: str) -> tuple[tuple[Placed, ...], str, str]:
        """Return the texts and the paths of a drawing, and what it says."""
        from handouts.press.drawing import draw

        try:
            drawing = draw(field.kind, value, field.width, field.height)
        except ValueError as error:
            raise LayoutError(Problem(field.name, f"cannot be drawn: {error}", "use letters and digits")) from None
        placed: list[Placed] = []
        for label in drawing.labels:
            runs = self.faces.shape(label.text, field.weight)
            placed += along(runs, label.size, label.x - advance(runs, label.size) / 2, label.y)
        return tuple(placed), drawing.paths, drawing.says

    def _has(self, run: Run) -> bool:
        """Whether the form's own fonts draw ``run``."""
        return run.numbers <= self._glyphs.get(run.face, frozenset())

    def _extra(self, drawings: list[_Foreign]) -> dict[str, dict[int, str]]:
        """Return, by face, the glyphs of the runs that the form's own fonts cannot draw, with the text of each."""
        extra: dict[str, dict[int, str]] = {}
        for drawing in drawings:
            for *_, run in drawing.runs:
                if not self._has(run):
                    texts = extra.setdefault(run.face, {})
                    for glyph in run.glyphs:
                        texts.setdefault(glyph.number, glyph.text)
        return dict(sorted(extra.items()))

    def _laid(self, parts: dict[int, bytes]) -> _Objects:
        """Return the objects ``parts``, by place, as they follow the form's own."""
        data, digest = b"".join(parts.values()), self._digest.copy()
        digest.update(data)
        entries = [b""] * len(self._names)
        offsets = itertools.accumulate(map(len, parts.values()), initial=len(self.form.body))
        for place, offset in zip(parts, offsets, strict=False):
            entries[place] = ENTRY.pack(1, offset, 0)
        return _Objects(data, entries, digest)

    def _file(self, laid: _Objects, parts: dict[int, bytes]) -> tuple[bytes, bytes, bytes, bytes]:
        """Return the static part, the objects that are ``laid`` and ``parts``, by place, and a cross-reference stream
        (ISO 32000-1, 7.5.8)."""
        form = self.form
        entries = laid.entries + [b""] * (len(parts) - len(laid.entries))
        end = len(form.body) + len(laid.data)
        for place, part in parts.items():
            entries[place] = ENTRY.pack(1, end, 0)
            end += len(part)
        own = b"".join([*entries, ENTRY.pack(1, end, 0)])
        # The static entries were compressed once, up to a whole block; a last block follows as it is (RFC 1951, 3.2.4).
        block = BLOCK.pack(1, len(own), len(own) ^ 0xFFFF) + own
        table = b"x\x9c" + form.table + block + zlib.adler32(own, form.checksum).to_bytes(4, "big")
        objects = b"".join(parts.values())
        number = form.objects + len(entries) + 1
        identifier = f"/ID[<{form.id[:32]}><{BLANK}>]"
        last = numbered(number, stream(table, f"{self._tail}/Size {number + 1}{identifier}"))
        last += b"startxref\n%d\n%%%%EOF\n" % end
        digest = laid.digest.copy()
        digest.update(objects)
        digest.update(last)
        return form.body, laid.data, objects, last.replace(BLANK.encode(), fingerprint(digest).encode(), 1)


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
        if not run.numbers <= texts.keys():
            texts, font = extra[run.face], fonts[f"+{run.face}"]
        shown = f"1 0 0 1 {x:.4f} {y:.4f} Tm {run.shown}" if run.shown else _placed(run.glyphs, size, x, y)
        drawn = f"BT /{font} {size:g} Tf {shown} ET"
        if _misleads([texts[glyph.number] for glyph in run.glyphs], run):
            actual = ("\ufeff" + run.text).encode("utf-16-be").hex()
            drawn = f"/Span <</ActualText <{actual}>>> BDC {drawn} EMC"
        parts.append(drawn)
    return " ".join(parts).encode()


def _placed(glyphs: tuple[Glyph, ...], size: float, x: float, y: float) -> str:
    """Return the operators that show ``glyphs`` from (x, y) on; marks stand over or under their letters."""
    parts: list[str] = []
    shown: list[str] = []
    pen = x
    for glyph in glyphs:
        if glyph.shown:
            shown.append(glyph.shown)
            pen += glyph.advance * size / 1000
            continue
        if shown:
            parts.append(f"[{''.join(shown)}] TJ")
        place = pen + glyph.x * size / 1000
        parts.append(f"1 0 0 1 {place:.4f} {y + glyph.y * size / 1000:.4f} Tm <{glyph.number:04x}> Tj")
        pen += glyph.advance * size / 1000
        parts.append(f"1 0 0 1 {pen:.4f} {y:.4f} Tm")
        shown = []
    if shown:
        parts.append(f"[{''.join(shown)}] TJ")
    return f"1 0 0 1 {x:.4f} {y:.4f} Tm {' '.join(parts)}"


def _misleads(said: list[str], run: Run) -> bool:
    """Whether ``said``, glyph by glyph, is not the text of ``run``, which is then told in full.

    Viewers put a mark that is placed by itself after the word, and a glyph that adds nothing still says something. A
    text that runs from right to left is told by its glyphs where that can be: viewers turn it round, and some of them
    (poppler, pdfium) turn round what is told in full, too.
    """
    if not (run.shown and all(said)):
        return True
    told = "".join(said)
    if told == run.text:
        return False
    written = "".join(char for char in run.text if char not in JOINERS)
    return told not in (written, written[::-1], written[::-1].translate(MIRRORED))


def _extent(field: Field) -> str:
    """Return the bounding box of a field's drawing; it clips, so it leaves room for every script's marks."""
    down = field.size + field.leading * (field.lines - 1)
    up = max(2 * field.size, field.height)
    return f"/BBox[{-field.size:g} {-down:g} {field.width + field.size:g} {up:g}]"


def fingerprint(digest: hashlib._Hash) -> str:
    """Return the 32 hexadecimal digits by which a file is known as it was made, itself counted as ``BLANK``."""
    return digest.hexdigest()[:32]
