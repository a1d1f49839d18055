"""A typeset PDF with placeholders into a form.

WeasyPrint writes every text run into marked content of its own (``/Span <</MCID n>> BDC … EMC``). The placeholder's
text operators are replaced by a form XObject, inside that same marked content: the structure tree never changes, and a
screen reader finds the value in its right place (ISO 32000-1, 14.7.4). Then the objects are laid out: the static ones
first, the fields' objects last.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pikepdf

from handouts.errors import LayoutError, Problem
from handouts.press.embedding import OBJECTS, font_objects
from handouts.press.form import PLACEHOLDER, Field, Form, Origin, kind_of
from handouts.press.layout import Layout, object_streams
from handouts.press.shaping import PRIMARY, WEIGHTS, Faces
from handouts.press.typeset import Anchor, Typeset

Instruction = pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage

LIGATURES = "ﬀﬁﬂﬃﬄ"
PX = 0.75
"""CSS px in PDF points."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text object of a page: its instructions (from BT to ET), and where its first glyph stands, in CSS px."""

    shown: bytes
    """The glyph numbers, two bytes each."""

    start: int
    end: int
    x: float
    y: float
    size: float
    weight: str


def build(
    typeset: Typeset,
    faces: Faces,
    *,
    form: str,
    origin: Origin,
    documents: tuple[str, ...],
    characters: str,
    specimens: Sequence[str] = (),
    texts: bool = True,
    approved: bool = False,
) -> Form:
    """Return the form of a packet that was typeset with ``PLACEHOLDER`` in every field.

    ``characters`` are those that the form's own field fonts carry, so that an ordinary name needs no font of its own,
    and ``specimens`` are texts that they can set, so that dates in words need none: in scripts whose letters join, more
    than their characters. A specimen that no font can print is left out.
    Without ``texts`` the texts are in place already, and only drawings are left to stamp. Raises LayoutError when a
    field cannot be found on its page.
    """
    pdf = _compact(typeset.pdf)
    numbers: dict[Field, int] = {}
    drawn = [
        _clear(page, [anchor for anchor in page_anchors if texts or kind_of(anchor.name) != "text"], numbers, faces)
        for page, page_anchors in zip(pdf.pages, typeset.anchors, strict=True)
    ]
    weights = [weight for weight in WEIGHTS if any(item.weight == weight for item in numbers)]
    glyphs = _all_glyphs(faces, weights, characters, specimens)

    for key, value in origin.said().items():
        pdf.trailer["/Info"][f"/Handouts{key}"] = value
    pdf.trailer["/Info"]["/HandoutsForm"] = form
    pdf.trailer["/Info"]["/HandoutsApproved"] = str(approved)
    count = len(pdf.objects)
    fonts = {name: count + 1 + OBJECTS * at for at, name in enumerate(glyphs)}
    static = count + OBJECTS * len(fonts)
    static += object_streams(pdf, OBJECTS * len(fonts))
    holders = [pdf.make_indirect(pikepdf.Dictionary()) for _ in range(static - count + len(numbers))][static - count :]
    assert all(holder.objgen[0] == static + 1 + at for at, holder in enumerate(holders))
    for page, on_page in zip(pdf.pages, drawn, strict=True):
        if "/XObject" not in page.Resources:
            page.Resources.XObject = pikepdf.Dictionary()
        for number in on_page:
            page.Resources.XObject[f"/F{number}"] = holders[number]

    layout = Layout()
    layout.add_objects(pdf, count)
    for name, first in fonts.items():
        for at, body in enumerate(font_objects(faces.face(name), glyphs[name], first)):
            layout.add(first + at, body)
    entries = layout.entries(static)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return Form(
        id=form,
        origin=origin,
        approved=approved,
        documents=documents,
        pages=len(pdf.pages),
        fields=tuple(numbers),
        fonts=fonts,
        glyphs=glyphs,
        objects=static,
        root=pdf.Root.objgen[0],
        info=pdf.trailer["/Info"].objgen[0],
        table=compressor.compress(entries) + compressor.flush(zlib.Z_FULL_FLUSH),
        checksum=zlib.adler32(entries),
        body=bytes(layout.body),
    )


def _compact(data: bytes) -> pikepdf.Pdf:
    """Return the PDF with its objects numbered from 1 without gaps, none of them packed."""
    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    packed.seek(0)
    return pikepdf.open(packed)


def _all_glyphs(
    faces: Faces, weights: Sequence[str], characters: str, specimens: Sequence[str]
) -> dict[str, dict[int, str]]:
    """Return, by face, the glyphs that the form's own fonts carry, and the text each stands for."""
    glyphs = {f"{PRIMARY}-{weight}": _glyphs(faces, f"{PRIMARY}-{weight}", characters) for weight in weights}
    for text, weight in itertools.product(specimens, weights):
        with contextlib.suppress(LookupError):
            for run in faces.shape(text, weight):
                found = glyphs.setdefault(run.face, {})
                for glyph in run.glyphs:
                    found.setdefault(glyph.number, glyph.text)
    return glyphs


def _glyphs(faces: Faces, name: str, characters: str) -> dict[int, str]:
    """Return the glyphs of ``characters`` and the text each stands for; a ligature stands for its letters."""
    found: dict[int, str] = {}
    face = faces.face(name)
    for char in characters:
        if ord(char) in face.characters:
            text = unicodedata.normalize("NFKC", char) if char in LIGATURES else char
            found.setdefault(face.font.get_nominal_glyph(ord(char)), text)
    return found


def _clear(page: pikepdf.Page, anchors: list[Anchor], numbers: dict[Field, int], faces: Faces) -> list[int]:
    """Replace the placeholders of a page by its fields' XObjects; return which fields those are."""
    instructions = list(pikepdf.parse_content_stream(page))
    glyphs = {weight: faces.shape(PLACEHOLDER, weight)[0].glyphs[0].number.to_bytes(2, "big") for weight in WEIGHTS}
    texts = [text for text in _texts(page, instructions) if text.shown == glyphs[text.weight]]
    cuts: dict[int, tuple[int, list[Instruction]]] = {}
    drawn = []
    for anchor in anchors:
        inside = sorted((text for text in texts if _contains(anchor, text)), key=lambda text: text.y)
        if not inside:
            raise LayoutError(
                Problem(
                    f"field {anchor.name}", "cannot be found on its page", "give it a box of its own in the template"
                )
            )
        first = inside[0]
        item = Field(
            name=anchor.name,
            weight=first.weight,
            size=first.size,
            width=round(anchor.right - anchor.left, 3),
            align=_alignment(anchor, first, faces),
            leading=round(inside[1].y - first.y, 3) if len(inside) > 1 else 0,
            lines=len(inside),
            kind=kind_of(anchor.name),
            height=round(anchor.bottom - anchor.top, 3),
        )
        number = numbers.setdefault(item, len(numbers))
        drawn.append(number)
        for text in inside:
            cuts[text.start] = (text.end, [])
        base = first.y if item.kind == "text" else anchor.bottom
        cuts[first.start] = (first.end, _drawing(anchor.left, base, number))
    page.Contents.write(pikepdf.unparse_content_stream(_replaced(instructions, cuts)))
    return drawn


def _contains(anchor: Anchor, text: _Text) -> bool:
    return anchor.left - 0.5 <= text.x <= anchor.right + 0.5 and anchor.top <= text.y <= anchor.bottom


def _alignment(anchor: Anchor, text: _Text, faces: Faces) -> str:
    """Return where in its box the placeholder stands."""
    advance = faces.shape(PLACEHOLDER, text.weight)[0].advance * text.size / 1000
    offsets = {
        "left": text.x - anchor.left,
        "right": anchor.right - text.x - advance,
        "center": text.x + advance / 2 - (anchor.left + anchor.right) / 2,
    }
    return min(offsets, key=lambda side: abs(offsets[side]))


def _drawing(x: float, y: float, number: int) -> list[Instruction]:
    """Return the instructions that draw field ``number`` with its origin at the start of its baseline."""
    make = pikepdf.ContentStreamInstruction
    matrix: list[int | Decimal] = [1, 0, 0, -1, Decimal(f"{x:.4f}"), Decimal(f"{y:.4f}")]
    return [
        make([], pikepdf.Operator("q")),
        make(matrix, pikepdf.Operator("cm")),
        make([pikepdf.Name(f"/F{number}")], pikepdf.Operator("Do")),
        make([], pikepdf.Operator("Q")),
    ]


def _replaced(
    instructions: Sequence[Instruction],
    cuts: dict[int, tuple[int, list[Instruction]]],
) -> list[Instruction]:
    result: list[Instruction] = []
    at = 0
    while at < len(instructions):
        if at in cuts:
            end, instead = cuts[at]
            result += instead
            at = end + 1
        else:
            result.append(instructions[at])
            at += 1
    return result


def _texts(page: pikepdf.Page, instructions: Sequence[Instruction]) -> list[_Text]:
    """Return the text objects of a page that stand upright in its own coordinates."""
    height = float(page.mediabox[3])
    matrix, stack = pikepdf.Matrix(), []
    found: list[_Text] = []
    start, font, size, origin, shown = 0, "", 0.0, (0.0, 0.0), b""
    for at, instruction in enumerate(instructions):
        if isinstance(instruction, pikepdf.ContentStreamInlineImage):
            continue
        operands, operator = list(instruction.operands), str(instruction.operator)
        if operator == "q":
            stack.append(matrix)
        elif operator == "Q":
            matrix = stack.pop()
        elif operator == "cm":
            matrix = pikepdf.Matrix(*(float(number) for number in operands)) @ matrix
        elif operator == "BT":
            start, origin, size, shown = at, (0.0, 0.0), 0.0, b""
        elif operator == "Tm":
            origin = (float(operands[4]), float(operands[5]))
        elif operator == "Tf":
            font, size = str(operands[0]), float(operands[1])
        elif operator == "TJ":
            shown += b"".join(bytes(part) for part in operands[0] if isinstance(part, pikepdf.String))
        elif operator == "ET" and size and abs(matrix.a - PX) < 1e-6 and abs(matrix.d + PX) < 1e-6:
            x, y = matrix.transform(origin)
            weight = "Bold" if "Bold" in str(page.Resources.Font[font].BaseFont) else "Regular"
            found.append(_Text(shown, start, at, x / PX, (height - y) / PX, size, weight))
    return found
