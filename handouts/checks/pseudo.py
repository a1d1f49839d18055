"""Pseudo-locales: English in a shape that shows what a layout cannot take, before there is a translation.

``en_XA`` has accents, brackets and some 40 % more letters: what is cut off, or is no message at all, is seen at once.
``ar_XB`` runs from right to left, as Unicode CLDR makes it. Both are made in memory, for previews and tests; no patient
can be given one.
"""

from __future__ import annotations

import functools
import gettext
import itertools
import re
from collections.abc import Callable, Collection

from handouts.content.language import Language, LocaleFile

TAGS = ("en_XA", "ar_XB")
ACCENTS = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽåƀçðéƒĝĥîĵķļḿñöþǫŕšţûṽŵẋýž",
)
LONGER = 0.4
"""How much longer a text becomes."""
FILLING = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
KEPT = re.compile(r"%\(\w+\)s|<[^>]*>|&#?\w+;|%+|\d[\d.,]*")
"""What stays as it is: placeholders, markup and numbers."""
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
RLM, RLO, PDF = "\u200f", "\u202e", "\u202c"


def accented(text: str, names: Collection[str]) -> str:
    """Return ``text`` with accents and brackets, and longer; placeholders, markup, numbers and names are as before."""
    said = _changed(text, names, lambda part: part.translate(ACCENTS))
    for word in itertools.cycle(FILLING):
        if len(said) >= (1 + LONGER) * len(text):
            break
        said += f" {word}"
    return f"[{said}]"


def backwards(text: str, names: Collection[str]) -> str:
    """Return ``text`` with every word read from right to left; what a real translation keeps in Latin letters is as
    before."""
    return _changed(text, names, lambda part: WORD.sub(lambda word: f"{RLM}{RLO}{word[0]}{PDF}{RLM}", part))


def _changed(text: str, names: Collection[str], change: Callable[[str], str]) -> str:
    """Return ``text`` with everything changed except what is kept."""
    named = "|".join(rf"\b{re.escape(name)}\b" for name in sorted(names, key=len, reverse=True))
    kept = re.compile(f"{KEPT.pattern}|{named}" if named else KEPT.pattern)
    said, at = [], 0
    for found in kept.finditer(text):
        said += [change(text[at : found.start()]), found[0]]
        at = found.end()
    return "".join([*said, change(text[at:])])


class _Changed(gettext.NullTranslations):
    """Translates by a rule."""

    def __init__(self, change: Callable[[str], str]) -> None:
        super().__init__()
        self._change = change

    def gettext(self, message: str) -> str:
        return self._change(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._change(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self._change(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


class Pseudo(Language):
    """A language whose texts are made from the English ones by a rule."""

    def __init__(self, file: LocaleFile, change: Callable[[str], str]) -> None:
        super().__init__(file, None)
        self._change = change

    @functools.cached_property
    def translations(self) -> gettext.NullTranslations:
        return _Changed(self._change)


def pseudo_language(tag: str, names: Collection[str]) -> Language:
    """Return the pseudo-locale ``tag``, one of ``TAGS``, which leaves ``names`` as they are."""
    accents = tag == "en_XA"
    file = LocaleFile(
        tag=tag,
        name="[Éñĝļîšĥ]" if accents else "English",
        english_name="English with accents" if accents else "English from right to left",
        cldr="en_US",
        direction="ltr" if accents else "rtl",
    )
    change = accented if accents else backwards
    return Pseudo(file, lambda text: change(text, names))
