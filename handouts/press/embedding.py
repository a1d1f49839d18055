"""Fonts into PDF: a subset of a font file and the objects that describe it (ISO 32000-1, 9.7)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

import uharfbuzz as hb

from handouts.press.shaping import Face

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PER_STREAM = 400
"""Objects to one object stream."""
OBJECTS = 5
"""How many objects an embedded font takes; the first one is what a page refers to."""
FILE = 3
"""Which of them is the font file, from 0."""


ZERO_WIDTH_SPACE = "\u200b"
UNUSED = (b"GSUB", b"GPOS", b"GDEF", b"name", b"DSIG", b"STAT", b"MATH")
"""Tables that only shaping needs, and shaping is done."""


def subset(face: Face, glyphs: Iterable[int]) -> bytes:
    """Return the font file with only ``glyphs``, which keep their numbers, so that a shaped text stays as it is."""
    wanted = hb.SubsetInput()
    wanted.glyph_set.update({0, *glyphs})
    wanted.flags = hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NO_LAYOUT_CLOSURE
    wanted.drop_table_tag_set.update(int.from_bytes(tag, "big") for tag in UNUSED)
    data: bytes = hb.subset(face.face, wanted).blob.data
    return data


def font_objects(face: Face, texts: Mapping[int, str], first: int, more: Iterable[int] = ()) -> list[bytes]:
    """Return the ``OBJECTS`` objects of an embedded subset: Type 0 font, CIDFont, descriptor, font file, ToUnicode.

    ``texts`` are the glyphs to keep and the characters each stands for; ``first`` is the number of the first object.
    The font file, ``FILE`` objects further on, has ``more`` glyphs for other fonts that share it.
    Codes are glyph numbers (Identity-H), widths in thousandths of an em.
    """
    glyphs = sorted(texts)
    file = subset(face, {*glyphs, *more})
    packed = zlib.compress(file, 9)
    name = f"{_tag(packed)}+{face.name}"
    scale = 1000 / face.upem
    widths = " ".join(f"{glyph} [{_number(face.font.get_glyph_h_advance(glyph) * scale)}]" for glyph in glyphs)
    extents = face.font.get_font_extents("ltr")
    ascent, descent = _number(extents.ascender * scale), _number(extents.descender * scale)
    table = zlib.compress(_to_unicode(texts), 9)
    return [
        (
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H"
            f"/DescendantFonts[{first + 1} 0 R]/ToUnicode {first + 4} 0 R>>"
        ).encode(),
        (
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDToGIDMap/Identity"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {first + 2} 0 R/DW 0/W[{widths}]>>"
        ).encode(),
        (
            f"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[-600 -600 3000 1200]/ItalicAngle 0"
            f"/Ascent {ascent}/Descent {descent}/CapHeight 714/StemV {140 if 'Bold' in face.name else 90}"
            f"/FontFile2 {first + FILE} 0 R>>"
        ).encode(),
        stream(packed, f"/Filter/FlateDecode/Length1 {len(file)}"),
        stream(table, "/Filter/FlateDecode"),
    ]


def stream(data: bytes, entries: str = "") -> bytes:
    """Return a stream object's body with ``data`` as it is and more ``entries`` in its dictionary."""
    return f"<<{entries}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"


def object_stream(objects: list[tuple[int, bytes]]) -> bytes:
    """Return an object stream (ISO 32000-1, 7.5.7)."""
    heads, bodies, offset = [], [], 0
    for number, body in objects:
        heads.append(f"{number} {offset}")
        bodies.append(body)
        offset += len(body) + 1
    head = (" ".join(heads) + "\n").encode()
    data = zlib.compress(head + b"\n".join(bodies), 9)
    return stream(data, f"/Type/ObjStm/N {len(objects)}/First {len(head)}/Filter/FlateDecode")


def _tag(data: bytes) -> str:
    """Return six capital letters that depend on the subset (ISO 32000-1, 9.6.4)."""
    number = zlib.crc32(data)
    letters = ""
    for _ in range(6):
        number, rest = divmod(number, 26)
        letters += chr(ord("A") + rest)
    return letters


def _to_unicode(texts: Mapping[int, str]) -> bytes:
    """Return a ToUnicode CMap (ISO 32000-1, 9.10.3)."""
    # A glyph that adds nothing to the text of its cluster still needs a character (ISO 14289-1, 7.21.7).
    written = {glyph: (text or ZERO_WIDTH_SPACE).encode("utf-16-be").hex().upper() for glyph, text in texts.items()}
    lines = [f"<{glyph:04X}> <{code}>" for glyph, code in sorted(written.items())]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{body}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
