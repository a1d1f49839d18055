"""Which characters the bundled fonts can print. What they cannot print is refused by name, never shown as a box."""

from __future__ import annotations

import functools
import unicodedata
from collections import defaultdict
from pathlib import Path

import uharfbuzz as hb

WEIGHTS = frozenset({"Regular", "Bold"})
"""The weights that pages use; a character counts only where a family has it in both."""
JOINERS = "\u200c\u200d"
"""ZWNJ and ZWJ steer the shaping of their neighbours and have no ink (Unicode, Default_Ignorable_Code_Point)."""


class Coverage:
    """The characters of the fonts in one folder; the files are opened when first asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @functools.cached_property
    def characters(self) -> frozenset[int]:
        """The code points that at least one family has in every weight it comes in, regular and bold among them.

        Files are named ``<family>-<weight>.ttf``. A family without one of the two weights counts for nothing, since a
        heading in it would fall back to another font or to a box.
        """
        families: defaultdict[str, dict[str, Path]] = defaultdict(dict)
        for path in sorted(self.folder.glob("*.ttf")):
            family, _, weight = path.stem.rpartition("-")
            families[family][weight] = path
        complete = [weights for weights in families.values() if weights.keys() >= WEIGHTS]
        return frozenset[int]().union(
            *(frozenset.intersection(*(_mapped(path) for path in weights.values())) for weights in complete)
        )

    def missing(self, text: str) -> list[str]:
        """Return the characters of ``text`` that no bundled family can print, each once, in order of appearance.

        Joiners need no glyph; a space does, or it would print as a box.
        """
        return [char for char in dict.fromkeys(text) if _has_ink(char) and ord(char) not in self.characters]


@functools.lru_cache(maxsize=256)
def _mapped(path: Path) -> frozenset[int]:
    """Return the code points of a font file (``cmap``, OpenType 1.9)."""
    return frozenset(hb.Face(hb.Blob.from_file_path(str(path))).unicodes)


def _has_ink(char: str) -> bool:
    return char not in JOINERS


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
