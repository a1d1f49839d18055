"""Text into glyphs: bidirectional runs, a font for each run, HarfBuzz shaping.

Only for values that are stamped; everything else was typeset before. Units are font units (1000 or more to the em, see
``Face.upem``) until a size is known.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import uharfbuzz as hb
from bidi import algorithm as bidi

KEPT = 4096
"""How many texts, and glyphs of a face, are remembered."""
WEIGHTS = ("Regular", "Bold")
BACKWARDS = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"})
"""Classes of characters (UAX #9, table 4) without which a text runs from left to right throughout."""
JOINERS = "\u200c\u200d"
"""ZWNJ and ZWJ steer the shaping of their neighbours and have no ink (Unicode, Default_Ignorable_Code_Point)."""
BEYOND_LATIN = "\u0250"
"""All letters before this one are Latin."""
PRIMARY = "NotoSans"
"""The family that is tried first; the others follow, small files first, so that a name opens few of them."""


class Glyph(NamedTuple):
    """A glyph to draw: its number in the font, how far to move on, and where to draw it, in thousandths of an em."""

    number: int
    advance: float
    width: float
    """The font's own advance, from which kerning differs."""
    x: float
    y: float
    text: str
    """The characters it stands for; empty for the second glyph of a cluster."""
    shown: str
    """Its part of the operator TJ (ISO 32000-1, 9.4.3), at any size; empty where it is placed by itself."""


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs of one font, in the order in which they are drawn."""

    face: str
    """``NotoSans-Bold``: a font file without its ending."""
    glyphs: tuple[Glyph, ...]
    text: str
    """The characters of the run in reading order."""
    advance: float
    """How wide it is, in thousandths of an em."""
    numbers: frozenset[int]
    """The numbers of its glyphs."""
    shown: str
    """The operator that shows it at any size; empty where a glyph is placed by itself."""


def families(folder: Path) -> list[str]:
    """Return the families in ``folder``, in the order in which they are tried."""
    sizes = {path.stem.rpartition("-")[0]: path.stat().st_size for path in folder.glob("*-Regular.ttf")}
    return sorted(sizes, key=lambda family: (family != PRIMARY, sizes[family], family))


@functools.lru_cache(maxsize=4096)
def script_of(char: str) -> str:
    """Return the script of ``char`` (ISO 15924: ``Latn``); empty for what many scripts share (UAX #24)."""
    buffer = hb.Buffer()
    buffer.add_str(char)
    buffer.language = "und"
    buffer.guess_segment_properties()
    return buffer.script or ""


class Face:
    """One font file."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.blob = hb.Blob.from_file_path(str(path))
        self.face = hb.Face(self.blob)
        self.font = hb.Font(self.face)
        self.upem: int = self.face.upem
        self.characters = frozenset(self.face.unicodes)
        self.has_ascii = self.characters.issuperset(range(0x20, 0x7F))
        self.scale = 1000 / self.upem
        self.space: int | None = self.font.get_nominal_glyph(0x20)
        self.glyph = functools.lru_cache(maxsize=KEPT)(self._glyph)

    def _glyph(self, number: int, advance: int, x: int, y: int, text: str) -> Glyph:
        """Return a glyph from what HarfBuzz says of it, in the font's own units."""
        width = self.font.get_glyph_h_advance(number)
        shown = ""
        if not (y or (x and not advance)):
            before, after = round(-x * self.scale, 3), round((width - advance + x) * self.scale, 3)
            shown = f"{f'{before:g}' if before else ''}<{number:04x}>{f'{after:g}' if after else ''}"
        return Glyph(number, advance * self.scale, width * self.scale, x * self.scale, y * self.scale, text, shown)


class Faces:
    """The fonts of one folder, opened when they are needed."""

    def __init__(self, folder: Path, language: str = "und") -> None:
        """``language`` is that of the page (BCP 47): some letters have another form in some languages."""
        self.folder = folder
        self.language = language
        self.families = families(folder)
        self._faces: dict[str, Face] = {}
        self.shape = functools.lru_cache(maxsize=KEPT)(self._shape)

    def face(self, name: str) -> Face:
        """Return the face called ``name``, such as NotoSans-Bold."""
        if name not in self._faces:
            self._faces[name] = Face(self.folder / f"{name}.ttf")
        return self._faces[name]

    def called(self, name: str) -> str | None:
        """Return the face that a PDF calls ``name`` (``Noto-Sans-CJK-SC-Bold``); None where it is none of these."""
        wanted = name.replace("-", "").casefold()
        faces = [(family, weight) for family in self.families for weight in WEIGHTS]
        known = {(family + weight.removeprefix("Regular")).casefold(): f"{family}-{weight}" for family, weight in faces}
        return known.get(wanted.removesuffix("regular"))

    def face_for(self, char: str, weight: str) -> str:
        """Return the face that prints ``char``; raises LookupError where none does."""
        for family in self.families:
            name = f"{family}-{weight}"
            if ord(char) in self.face(name).characters:
                return name
        raise LookupError(char)

    def _shape(self, text: str, weight: str) -> tuple[Run, ...]:
        """Return ``text`` as runs from left to right.

        The paragraph's direction follows the text (UAX #9, P2 and P3), as a field is a paragraph of its own.
        """
        primary = f"{self.families[0]}-{weight}"
        if text.isascii() and text.isprintable() and text and self.face(primary).has_ascii:
            return (self._run(text, primary, rtl=False),)
        runs = []
        for piece, rtl in _directions(text):
            parts = self._by_face(piece, weight)
            for name, part in reversed(parts) if rtl else parts:
                runs.append(self._run(part, name, rtl))
        return tuple(runs)

    def _by_face(self, text: str, weight: str) -> list[tuple[str, str]]:
        """Return pieces of ``text`` in one script each, with their faces.

        Marks, spaces and what is common to many scripts stay with what precedes them, where its face has them; but
        spaces go to what follows them in the same script where its family is tried earlier, as in typeset text (Pango
        1.50).
        """
        primary = f"{self.families[0]}-{weight}"
        if text and max(text) < BEYOND_LATIN and self.face(primary).characters.issuperset(map(ord, text)):
            return [(primary, text)]
        pieces: list[tuple[str, str]] = []
        script = ""
        for char in text:
            own = "" if char.isascii() and not char.isalpha() else script_of(char)
            known = pieces and (char.isspace() or ord(char) in self.face(pieces[-1][0]).characters)
            if known and (not own or not script or own == script):
                pieces[-1] = (pieces[-1][0], pieces[-1][1] + char)
                script = script or own
            else:
                name = self.face_for(char, weight)
                same_script = not own or not script or own == script
                if pieces and same_script and self._tried(name) < self._tried(pieces[-1][0]):
                    last = pieces[-1][1].rstrip()
                    char = pieces[-1][1][len(last) :] + char
                    pieces[-1:] = [(pieces[-1][0], last)] if last else []
                pieces.append((name, char))
                script = own
        return pieces

    def _tried(self, name: str) -> int:
        """Return when the family of the face ``name`` is tried: 0 is first."""
        return self.families.index(name.rpartition("-")[0])

    def _run(self, text: str, name: str, rtl: bool) -> Run:
        face = self.face(name)
        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.language = self.language  # or HarfBuzz takes the machine's
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if rtl else "ltr"
        hb.shape(face.font, buffer)
        infos = buffer.glyph_infos
        texts = _texts([info.cluster for info in infos], text, rtl)
        glyphs = tuple(
            [
                face.glyph(info.codepoint, position.x_advance, position.x_offset, position.y_offset, said)
                for info, position, said in zip(infos, buffer.glyph_positions, texts, strict=True)
                if info.codepoint != face.space or position.x_advance  # otherwise a joiner, which has done its work
            ]
        )
        parts = [glyph.shown for glyph in glyphs]
        return Run(
            face=name,
            glyphs=glyphs,
            text=text,
            advance=sum([glyph.advance for glyph in glyphs]),
            numbers=frozenset([glyph.number for glyph in glyphs]),
            shown=f"[{''.join(parts)}] TJ" if all(parts) else "",
        )


def _texts(clusters: list[int], text: str, rtl: bool) -> list[str]:
    """Return what each glyph stands for.

    Where a cluster has as many glyphs as characters, one each, the last character first in a text that runs from right
    to left; otherwise the first glyph has all of them.
    """
    if clusters == list(range(len(text))):
        return list(text)
    ends = dict(itertools.pairwise([*sorted(set(clusters)), len(text)]))
    texts: list[str] = []
    for cluster, group in itertools.groupby(clusters):
        count, said = len(list(group)), text[cluster : ends[cluster]]
        each = said[::-1] if rtl else said
        texts += list(each) if count == len(said) else [said, *[""] * (count - 1)]
    return texts


def runs_backwards(text: str) -> bool:
    """Whether ``text`` by itself runs from right to left, as its first letter does (UAX #9, P2 and P3)."""
    return bool(bidi.get_base_level(text))


def _directions(text: str) -> list[tuple[str, bool]]:
    """Return ``text`` as pieces of one direction, from left to right on the page, and whether each runs backwards."""
    if not any([unicodedata.bidirectional(char) in BACKWARDS for char in text]):
        return [(text, False)]
    levels = _levels(text)
    pieces = [
        (level, "".join(char for char, _ in group))
        for level, group in itertools.groupby(zip(text, levels, strict=True), key=lambda pair: pair[1])
    ]
    for level in range(max(levels, default=0), 0, -1):  # UAX #9, L2: reverse each run at this level or above
        start = 0
        while start < len(pieces):
            end = start
            while end < len(pieces) and pieces[end][0] >= level:
                end += 1
            pieces[start:end] = pieces[start:end][::-1]
            start = max(end, start + 1)
    return [(piece, bool(level % 2)) for level, piece in pieces]


def _levels(text: str) -> list[int]:
    """Return the embedding level of every character (UAX #9); odd levels run from right to left."""
    storage = bidi.get_empty_storage()
    storage["base_level"] = bidi.get_base_level(text)
    storage["base_dir"] = "LR"[storage["base_level"]]
    bidi.get_embedding_levels(text, storage)
    bidi.explicit_embed_and_overrides(storage)
    bidi.resolve_weak_types(storage)
    bidi.resolve_neutral_types(storage, False)
    bidi.resolve_implicit_levels(storage, False)
    # Joiners are boundary neutrals, which the algorithm leaves out (X9): they go with what precedes them.
    kept = iter(storage["chars"])
    levels: list[int] = []
    following = next(kept, None)
    for char in text:
        if following is not None and following["ch"] == char:
            levels.append(int(following["level"]))
            following = next(kept, None)
        else:
            levels.append(levels[-1] if levels else int(storage["base_level"]))
    return levels
