"""Spaces as print wants them: a number keeps its unit, and Chinese has no space after its own marks.

Sentences, labels and values meet in templates with a space between them, and translators type plain spaces.
"""

from __future__ import annotations

import re

NO_BREAK = "\u00a0"
HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff"
WIDE_MARKS = "\u3001\u3002\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
"""The marks of Chinese and Japanese that have their space in them."""
_AT_THE_END = re.compile(
    r"[ \t\r\n]+(?=(?:</(?:span|strong|b|em|i)>[ \t\r\n]*)*"
    r"(?:</(?:p|li|div|td|th|h[1-6]|section)>|<(?:br|p|div|ul|ol|table|section)\b))"
)
"""White space that no line shows. WeasyPrint (70) counts it, and breaks a last line that just fits after any word."""
_TAG = re.compile(r"(<[^>]*>)")
_INLINE = re.compile(r"</?(?:span|strong|b|em|i)\b")
_AFTER_NUMBER = re.compile(r"(?<=[0-9½]) (?=[^\W\d_])")
_DANDA = re.compile(r"(?<=[0-9A-Za-z])(?=।)")
_AMOUNT = re.compile(r"[0-9][0-9.,]*(?:½|[ \u00a0](?:mg|mL|g|kg|mcg)(?:/[a-z]+²?)?(?![A-Za-z]))")
_IN_CHINESE = re.compile(f"(?<=[{WIDE_MARKS}])\\s+|(?<=[{HAN}])\\s+(?=[{HAN}{WIDE_MARKS}])")


def composed(html: str, direction: str) -> str:
    """Return ``html`` with these spaces; what stands in the head and in fields is left as it is.

    White space at the end of a block is taken out. A number is not parted from the word behind it. A danda (।) keeps
    off a letter or digit that it would be read with. On a page that runs from right to left (``direction`` is ``rtl``)
    an amount keeps its own direction, since the parts of 2½ and of 140 mg/m² would change places (UAX #9).
    """
    head, body, page = html.partition("<body")
    parts = _TAG.split(_AT_THE_END.sub("", body + page))
    before, in_field = "", False
    for at, part in enumerate(parts):
        if at % 2:
            before = before if _INLINE.match(part) else ""
            in_field = 'class="field' in part or (in_field and not part.startswith("</span"))
        elif part and not in_field:
            # What stands before decides, even where a tag is between.
            text = _IN_CHINESE.sub("", _DANDA.sub(NO_BREAK, _AFTER_NUMBER.sub(NO_BREAK, before + part)))
            parts[at] = text.removeprefix(before)
            before = text[-1:] if text.strip() else before
            if direction == "rtl":
                parts[at] = _AMOUNT.sub(r'<span dir="ltr">\g<0></span>', parts[at])
        elif part:
            before = ""
    return head + "".join(parts)
