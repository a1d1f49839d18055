"""What a page says to those who hear it or search in it: the language of each line, and its letters in their order.

WeasyPrint writes neither into the tags of a PDF. It notes for each glyph the characters that it first stood for, which
in scripts whose vowels are written before or around their consonants is not what they stand for elsewhere. Where
an Arabic mark first stands between lam and alef, it notes all three for the mark.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from handouts.press.shaping import Faces, script_of

REORDERED = frozenset(
    {
        *("Beng", "Deva", "Gujr", "Guru", "Khmr", "Knda", "Laoo", "Mlym", "Mymr", "Orya", "Sinh", "Taml", "Telu"),
        "Thai",
    }
)
"""Scripts whose glyphs do not follow each other as their characters do (ISO 15924)."""
BACKWARDS = frozenset({"R", "AL"})
"""Letters that run from right to left. Viewers turn such a line round, and would turn round its ActualText, too."""
BOLD = 600
"""The font weight from which on the bold face is used."""


def add_tags(document: Any, pdf: Any, faces: Faces) -> None:
    """Complete the tags of a PDF of WeasyPrint's: ``Lang`` where it changes, ``ActualText`` where glyphs mislead.

    ``document`` is WeasyPrint's, ``pdf`` pydyf's before it is written (ISO 32000-1, 14.9.2 and 14.9.4). The texts of a
    page and their elements are in the same order: that in which the element was made. ``faces`` are the fonts of the
    pages: what is written from right to left is shaped again to learn what each glyph stands for.
    """
    backwards: dict[str, dict[int, str]] = defaultdict(dict)
    own = pdf.catalog["Lang"].string
    nums = _at(pdf, _at(pdf, pdf.catalog["StructTreeRoot"])["ParentTree"])["Nums"]
    kids = [pdf.objects[number] for number in pdf.pages["Kids"][::3]]
    for page, kid, references in zip(document.pages, kids, nums[1::2], strict=True):
        elements = (pdf.objects[number] for number in sorted({_number(reference) for reference in references}))
        spans = [element for element in elements if element["S"] == "/Span" and isinstance(element["K"][0], int)]
        said: dict[int, str] = {}
        for box, span in zip(_texts(page._page_box), spans, strict=True):
            if (language := box.style["lang"]) and language != own:
                span["Lang"] = f"({language})"
            if _runs_backwards(box.text):
                for run in faces.shape(box.text, "Bold" if box.style["font_weight"] >= BOLD else "Regular"):
                    backwards[run.face] |= {glyph.number: glyph.text for glyph in run.glyphs if glyph.text}
            elif _misleads(box.text):
                said[span["K"][0]] = ("\ufeff" + box.text).encode("utf-16-be").hex()
        for part in _at(pdf, kid["Contents"]).stream:
            if isinstance(part, dict) and part.get("MCID") in said:
                part["ActualText"] = f"<{said[part['MCID']]}>"
    _tell_letters(pdf, backwards)


def _tell_letters(pdf: Any, backwards: Mapping[str, Mapping[int, str]]) -> None:
    """Put what each glyph stands for, by face, in place of what WeasyPrint noted (ISO 32000-1, 9.10.3)."""
    known = {face.replace("-", "").removesuffix("Regular"): texts for face, texts in backwards.items()}
    for font in pdf.objects:
        if isinstance(font, dict) and "ToUnicode" in font:
            texts = known.get(font["BaseFont"].decode().partition("+")[2].replace("-", ""), {})
            table = _at(pdf, font["ToUnicode"]).stream
            for index, line in enumerate(table):
                entry = re.fullmatch(rb"<([0-9a-f]{4})> <[0-9a-f]*>", line)
                if entry and (text := texts.get(int(entry[1], 16))):
                    table[index] = b"<%b> <%b>" % (entry[1], text.encode("utf-16-be").hex().encode())


def _number(reference: bytes) -> int:
    """Return the number of the object in ``12 0 R``."""
    return int(reference.split()[0])


def _at(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[_number(reference)]


def _texts(box: Any) -> Iterator[Any]:
    """Yield the texts in a box of WeasyPrint's, line by line, as its tags were made."""
    box = getattr(box, "_box", box)  # what is positioned absolutely stands behind a placeholder
    if hasattr(box, "text"):
        yield box
    for child in getattr(box, "children", ()):
        yield from _texts(child)


def _misleads(text: str) -> bool:
    """Whether the characters of ``text`` cannot be told from its glyphs one by one."""
    return not text.isascii() and any(
        script_of(char) in REORDERED or unicodedata.category(char) == "Mn" for char in text
    )


def _runs_backwards(text: str) -> bool:
    """Whether a part of ``text`` runs from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(char) in BACKWARDS for char in text)
