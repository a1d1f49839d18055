"""A typeset document with placeholders into a part of a form.

WeasyPrint writes every text run into marked content of its own (``/Span <</MCID n>> BDC … EMC``). The placeholder's
text operators are replaced by a form XObject, inside that same marked content: the structure tree never changes, and a
screen reader finds the value in its right place (ISO 32000-1, 14.7.4). Then the objects are numbered as a part's.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pikepdf

from handouts.errors import LayoutError, Problem
from handouts.press.form import PLACEHOLDER, Field, Place, kind_of
from handouts.press.opened import stream_of
from handouts.press.part import (
    CATALOGUE,
    DOCUMENT,
    INFO,
    METADATA,
    OUTLINE,
    PAGES,
    PARENTS,
    SHARED,
    TAGS,
    PageFont,
    Part,
    renumbered,
)
from handouts.press.shaping import WEIGHTS, Faces
from handouts.press.typeset import Anchor, Typeset

Instruction = pikepdf.ContentStreamInstruction | pikepdf.ContentStreamInlineImage

_SHARED_ENTRIES = frozenset({"/Type", "/Pages", "/StructTreeRoot", "/Metadata", "/Outlines"})
"""Entries of the catalogue that lead to objects which every file has once."""
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


def build(typeset: Typeset, faces: Faces, *, key: str, document: str, letters: str = "", texts: bool = True) -> Part:
    """Return the part of a document that was typeset with ``PLACEHOLDER`` in every field.

    ``letters`` are those of its pages. Without ``texts`` the texts are in place already, and only drawings are left to
    stamp. Raises LayoutError when a field cannot be found on its page.
    """
    pdf = _compact(typeset.pdf, faces)
    _name_cells(pdf, document)
    own = len(pdf.objects)
    numbers: dict[Field, int] = {}
    places: list[Place] = []
    for at, (page, on_page) in enumerate(zip(pdf.pages, typeset.anchors, strict=True), start=1):
        shown = [anchor for anchor in on_page if texts or kind_of(anchor.name) != "text"]
        places += _clear(page, at, shown, numbers, faces)
    holders = [pdf.make_indirect(pikepdf.Dictionary()) for _ in numbers]
    for page in pdf.pages:
        if "/XObject" not in page.Resources:
            page.Resources.XObject = pikepdf.Dictionary()
    for place in places:
        pdf.pages[place.page - 1].Resources.XObject[f"/F{place.field}"] = holders[place.field]
    return _part(pdf, own, faces, key, document, letters, tuple(numbers), tuple(places))


def _fonts(pdf: pikepdf.Pdf, faces: Faces) -> Iterator[tuple[pikepdf.Object, str]]:
    """Yield the fonts of ``pdf`` that are ours, and the face of each."""
    for font in pdf.objects:
        is_font = isinstance(font, pikepdf.Dictionary) and font.get("/Subtype") == "/CIDFontType2"
        if is_font and (face := faces.called(str(font.FontDescriptor.FontName).partition("+")[2])):
            yield font, face


def _drawn_glyphs(font: pikepdf.Object) -> Iterator[int]:
    """Yield the glyphs that have a width: a number, and the widths from there on (ISO 32000-1, 9.7.4.3)."""
    for first, following in itertools.pairwise(list(font.W)):
        if isinstance(following, pikepdf.Array):
            yield from range(int(first), int(first) + len(following))


def _name_cells(pdf: pikepdf.Pdf, document: str) -> None:
    """Name table cells after their document, table, row and column: in a file no two are alike (ISO 32000-1, 14.7.2).

    WeasyPrint names them after the number of an object, which is another one in each file.
    """
    elements = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item]
    tables: dict[str, int] = {}

    def named(cell: pikepdf.Object) -> pikepdf.String:
        table, place = str(cell).split("-", 1)
        return pikepdf.String(f"{document}-{tables.setdefault(table, len(tables) + 1)}-{place}")

    for element in elements:
        if "/ID" in element:
            element.ID = named(element.ID)
    for element in elements:
        if "/Headers" in (attributes := element.get("/A", pikepdf.Dictionary())):
            attributes.Headers = pikepdf.Array(map(named, attributes.Headers))


def _compact(data: bytes, faces: Faces) -> pikepdf.Pdf:
    """Return the PDF with its objects numbered from 1 without gaps, none of them packed.

    The files of fonts that are ours are left out: one of each face does for all documents of a packet, as WeasyPrint
    keeps the numbers of glyphs when it subsets a font.
    """
    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if "/Names" in pdf.Root and all(
            str(name).startswith("field:") for name in list(pdf.Root.Names.Dests.Names)[::2]
        ):
            del pdf.Root.Names  # the anchors by which fields were found; nothing leads to them
        for font, _ in _fonts(pdf, faces):
            del font.FontDescriptor.FontFile2
        entries = pdf.Root.StructTreeRoot.ParentTree.Nums
        for at in range(1, len(entries), 2):
            entries[at] = pdf.make_indirect(entries[at])
        pdf.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    packed.seek(0)
    return pikepdf.open(packed)


def _part(
    pdf: pikepdf.Pdf,
    own: int,
    faces: Faces,
    key: str,
    document: str,
    letters: str,
    fields: tuple[Field, ...],
    places: tuple[Place, ...],
) -> Part:
    """Return the objects of ``pdf``, of which the first ``own`` are its own and the others stand for fields."""
    root = pdf.Root
    tags, parents, outline = root.StructTreeRoot, root.StructTreeRoot.ParentTree, root.get("/Outlines")
    (element,) = tags.K if isinstance(tags.K, pikepdf.Array) else (tags.K,)
    once = {
        root.objgen[0]: CATALOGUE,
        pdf.trailer["/Info"].objgen[0]: INFO,
        root.Metadata.objgen[0]: METADATA,
        root.Pages.objgen[0]: PAGES,
        tags.objgen[0]: TAGS,
        element.objgen[0]: DOCUMENT,
        parents.objgen[0]: PARENTS,
    }
    if outline is not None:
        once[outline.objgen[0]] = OUTLINE
    others = [number for number in range(1, len(pdf.objects) + 1) if number not in once]
    numbers = once | {old: new for new, old in enumerate(others, start=SHARED + 1)}

    def number_of(item: pikepdf.Object) -> int:
        return numbers[item.objgen[0]]

    def as_bytes(item: pikepdf.Object) -> bytes:
        body = stream_of(item) if isinstance(item, pikepdf.Stream) else item.unparse(resolved=True)
        return renumbered(body, numbers.__getitem__)

    kept = {name: value for name, value in root.items() if name not in _SHARED_ENTRIES}
    info = pdf.trailer["/Info"]
    return Part(
        key=key,
        document=document,
        title=str(info.get("/Title", "")),
        producer=str(info.get("/Producer", "")),
        letters=letters,
        fields=fields,
        places=places,
        fonts=tuple(
            PageFont(number_of(font.FontDescriptor), face, tuple(_drawn_glyphs(font)))
            for font, face in _fonts(pdf, faces)
        ),
        pages=tuple(number_of(page.obj) for page in pdf.pages),
        kids=tuple(number_of(kid) for kid in element.K),
        parents=tuple(number_of(entry) for entry in list(parents.Nums)[1::2]),
        bookmarks=None if outline is None else (number_of(outline.First), number_of(outline.Last), int(outline.Count)),
        catalogue=_entries(as_bytes(pikepdf.Dictionary(kept))),
        metadata=as_bytes(root.Metadata),
        objects=tuple(as_bytes(pdf.get_object(old, 0)) for old in others if old <= own),
    )


def _entries(dictionary: bytes) -> bytes:
    """Return what stands within ``<<`` and ``>>``."""
    return dictionary.strip().removeprefix(b"<<").removesuffix(b">>").strip()


def _clear(page: pikepdf.Page, at: int, anchors: list[Anchor], numbers: dict[Field, int], faces: Faces) -> list[Place]:
    """Replace the placeholders of page ``at`` by its fields' XObjects; return where they stand."""
    instructions = list(pikepdf.parse_content_stream(page))
    glyphs = {weight: faces.shape(PLACEHOLDER, weight)[0].glyphs[0].number.to_bytes(2, "big") for weight in WEIGHTS}
    texts = [text for text in _texts(page, instructions) if text.shown == glyphs[text.weight]]
    cuts: dict[int, tuple[int, list[Instruction]]] = {}
    places = []
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
        places.append(Place(number, at, *(round(side, 3) for side in anchor[1:])))
        for text in inside:
            cuts[text.start] = (text.end, [])
        base = first.y if item.kind == "text" else anchor.bottom
        cuts[first.start] = (first.end, _drawing(anchor.left, base, number))
    page.Contents.write(pikepdf.unparse_content_stream(_replaced(instructions, cuts)))
    return places


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
