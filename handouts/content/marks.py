"""The marks between sentences and their parts, for what a page joins itself: each with the space that goes with it."""

from __future__ import annotations

from typing import NamedTuple

CLOSING = "\"'”’»›)）」』】 \u00a0\u202f"
"""What may stand after the end of a sentence and belongs to it."""


class Marks(NamedTuple):
    full_stop: str = "."
    comma: str = ", "
    semicolon: str = "; "
    colon: str = ": "


_ARABIC = Marks(comma="، ", semicolon="؛ ")
_DANDA = Marks("।")
_ETHIOPIC = Marks("።", "፣ ", "፤ ", "፦ ")
OWN = {
    "am": _ETHIOPIC,
    "ar": _ARABIC,
    "bn": _DANDA,
    "fa": _ARABIC,
    "fr": Marks(semicolon="\u202f; ", colon="\u00a0: "),
    "hi": _DANDA,
    "hy": Marks("։"),
    "ja": Marks("。", "、", "；", "："),
    "km": Marks("។"),
    "my": Marks("။"),
    "ne": _DANDA,
    "pa": _DANDA,
    "ps": _ARABIC,
    "ti": _ETHIOPIC,
    "ur": Marks("۔", "، ", "؛ "),
    "yue": Marks("。", "，", "；", "："),
    "zh": Marks("。", "，", "；", "："),
}
"""Languages with other marks than English."""
ENDS = (".", "!", "?", "…", "؟", "！", "？", "．", *sorted({marks.full_stop for marks in OWN.values()} - {"."}))
"""What ends a sentence, also the point of an abbreviation."""


def ended(text: str) -> bool:
    """Whether ``text`` has an end already."""
    return text.rstrip(CLOSING).endswith(ENDS)
