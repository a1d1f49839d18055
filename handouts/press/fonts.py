"""Which characters the bundled fonts can print. What they cannot print is refused by name, never shown as a box."""

from __future__ import annotations

import functools
import unicodedata
from pathlib import Path

import uharfbuzz as hb

from handouts.press.shaping import JOINERS, WEIGHTS, families, script_of


class Coverage:
    """The characters of the fonts in one folder; a file is opened when a character asks for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._printed: set[str] = set()
        """The characters that were found so far."""

    @functools.cached_property
    def families(self) -> tuple[str, ...]:
        """The families that come in regular and bold. One without the other counts for nothing, since a heading in it
        would fall back to another font or to a box."""
        files = {path.stem for path in self.folder.glob("*.ttf")}
        return tuple(
            family for family in families(self.folder) if all(f"{family}-{weight}" in files for weight in WEIGHTS)
        )

    @property
    def characters(self) -> frozenset[int]:
        """The code points that at least one family has in regular and bold."""
        return frozenset[int]().union(*(_characters(self.folder, family) for family in self.families))

    def missing(self, text: str) -> list[str]:
        """Return the characters of ``text`` that no bundled family can print, each once, in order of appearance.

        Joiners need no glyph; a space does, or it would print as a box.
        """
        if self._printed.issuperset(text):
            return []
        missing = [char for char in dict.fromkeys(text) if not self._prints(char)]
        self._printed.update(char for char in text if char not in missing)
        return missing

    def scripts(self) -> list[str]:
        """Return the scripts whose letters can be printed (ISO 15924: ``Latn``), in order of name."""
        letters = (char for char in map(chr, self.characters) if unicodedata.category(char).startswith("L"))
        return sorted({script for char in letters if (script := script_of(char))})

    def _prints(self, char: str) -> bool:
        return char in JOINERS or any(ord(char) in _characters(self.folder, family) for family in self.families)


@functools.lru_cache(maxsize=256)
def _characters(folder: Path, family: str) -> frozenset[int]:
    """Return the code points that ``family`` has in every weight (``cmap``, OpenType 1.9)."""
    paths = (folder / f"{family}-{weight}.ttf" for weight in WEIGHTS)
    return frozenset.intersection(*(frozenset(hb.Face(hb.Blob.from_file_path(str(path))).unicodes) for path in paths))


def describe(char: str) -> str:
    """Return ``U+8F38 CJK UNIFIED IDEOGRAPH-8F38 (輸)``.

    What cannot be shown by itself is left out of the brackets: controls, surrogates, unassigned code points. A
    combining mark stands on a dotted circle, so that it does not land on the bracket.
    """
    category = unicodedata.category(char)
    kinds = {"Cc": "CONTROL", "Cs": "SURROGATE", "Co": "PRIVATE USE", "Cn": "UNASSIGNED"}
    text = f"U+{ord(char):04X} {unicodedata.name(char, kinds.get(category, 'UNNAMED'))}"
    if not char.isprintable() or char.isspace():
        return text
    return f"{text} ({'◌' if category.startswith('M') else ''}{char})"
