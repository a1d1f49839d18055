"""What the checks of one language need to know: its marks, its words for units, its negations, the names it keeps."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from handouts.content.cldr import completed
from handouts.content.language import UNITS_OF_MEASURE, UNITS_OF_TIME, LocaleFile, UnitOfMeasure, UnitOfTime

SPACES = "\u00a0\u202f\u2009"
"""Spaces that may stand between groups of digits; none of them breaks a line."""
ALIASES = {"mg": ("mg",), "g": ("g",), "µg": ("µg", "μg", "mcg"), "kg": ("kg",), "mL": ("mL", "ml", "cc"), "L": ("L",)}
"""How every language may write them, beside its own ways."""
SPACELESS = frozenset({"zh", "ja", "th", "km", "lo", "my"})
"""Languages that are written without spaces between words."""


@dataclass(frozen=True, slots=True)
class Negation:
    """The negating words of a language."""

    words: re.Pattern[str]
    like: re.Pattern[str]
    """Words that hold a negation which the other language may say with a word of its own, but need not."""
    unlike: re.Pattern[str]
    """Phrases with one of the words in them that negate nothing."""

    def count(self, sentence: str) -> int:
        """Return how often ``sentence`` says that something is not so."""
        return len(self.words.findall(self.unlike.sub(" ", spoken(sentence))))

    def count_alike(self, sentence: str) -> int:
        """Return how often it says so, or something that comes to the same."""
        return self.count(sentence) + len(self.like.findall(spoken(sentence)))


@dataclass(frozen=True, slots=True)
class Terms:
    """The properties of a language that a translation is held against."""

    tag: str
    decimal: str
    groups: str
    """What may stand between groups of three digits."""
    measures: dict[str, tuple[str, ...]]
    """Unit of measure: how it is written."""
    times: dict[UnitOfTime, tuple[str, ...]]
    """Unit of time: its words, or what they begin with."""
    negation: Negation | None
    """None where ``locale.toml`` lists no words."""
    names: dict[str, tuple[str, ...]]
    """Name that is never translated: the ways this language may write it."""
    quotes: tuple[str, ...]
    latin: bool
    """Written in Latin letters."""
    spaced: bool
    """Words are parted by spaces."""


def spoken(text: str) -> str:
    """Return the words of ``text`` in lower case, each with one space on either side, and nothing else."""
    kept = "".join(char if _is_of_a_word(char) else " " for char in unicodedata.normalize("NFC", text).casefold())
    return f" {' '.join(kept.split())} "


def _is_of_a_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN" or char in "\u200c\u200d"


def negation_of(file: LocaleFile) -> Negation:
    """Return the negating words that ``locale.toml`` lists."""
    return Negation(_pattern(file.negation), _pattern(file.negation_like), _pattern(file.not_negation))


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return what finds one of ``phrases`` in a sentence as ``spoken`` returns it; without phrases, nothing.

    A phrase is whole words, or with ``*`` what a word begins or ends with, or with ``$`` the end of the sentence; ``…``
    stands for any words between.
    """
    found = []
    for phrase in sorted(phrases, key=len, reverse=True):
        start = "" if phrase.startswith("*") else "(?<= )"
        end = "" if phrase.endswith("*") else "(?= $)" if phrase.endswith("$") else "(?= )"
        parts = (re.escape(spoken(part).strip()) for part in phrase.strip("*$").split("…"))
        found.append(start + "(?: \\S+)*? ".join(parts) + end)
    return re.compile("|".join(found) or "(?!)")


def terms_of(file: LocaleFile, names: Collection[str]) -> Terms:
    """Return what the language of ``file`` is held against; ``names`` are never translated."""
    whole = file if file.whole else completed(file)
    group = whole.numbers.group or ""
    return Terms(
        tag=file.tag,
        decimal=whole.numbers.decimal or "",
        groups=SPACES if group in SPACES else group,
        measures={unit: _measures(unit, whole.unit_words[unit]) for unit in UNITS_OF_MEASURE},
        times={unit: (*whole.unit_words[unit], *file.units.get(unit, ())) for unit in UNITS_OF_TIME},
        negation=negation_of(file) if file.negation else None,
        names={name: (name, *file.names.get(name, ())) for name in sorted({*names, *file.frozen})},
        quotes=file.quotes,
        latin=script(file.name[0]) == "LATIN",
        spaced=file.cldr.partition("_")[0] not in SPACELESS,
    )


def script(char: str) -> str:
    """Return the script of a letter: the first word of its Unicode name."""
    return unicodedata.name(char, "").split(" ")[0]


ENGLISH = LocaleFile(
    tag="en",
    name="English",
    english_name="English",
    cldr="en_US",
    direction="ltr",
    source=True,
    negation=("not", "no", "never", "without", "cannot", "nor", "none", "neither", "nothing", "nobody", "*n t"),
    negation_like=(
        *("until", "unless", "stop", "stops", "stopped", "avoid", "avoids", "free", "uneven", "unborn", "closed"),
        *("misses", "miss", "stays", "gap", "only", "at most", "fewer", "trouble", "i say", "out of"),
        *("away from", "confused", "off label"),
    ),
    not_negation=("say no",),
)
"""The language that everything is translated from."""


@functools.cache
def english_terms() -> Terms:
    """Return the properties of English."""
    return terms_of(ENGLISH, ())


@functools.cache
def english_negation() -> Negation:
    """Return the negating words of English."""
    return negation_of(ENGLISH)


def _measures(unit: UnitOfMeasure, words: Collection[str]) -> tuple[str, ...]:
    known = {*ALIASES.get(unit, (unit,)), *words}
    return tuple(sorted(known, key=lambda form: (-len(form), form)))
