"""Wording: what is negated, which names are kept, what was left in English, and how long a text is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from handouts.checks.figures import PLACEHOLDER
from handouts.checks.finding import Finding, Rule
from handouts.checks.terms import Terms, english_negation, script

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？।؟])\s*(?=\S)")
LABEL = 20
"""An English text of so many letters or fewer, without a full stop, stands in a narrow place."""
LABEL_FLOOR = 24
LABEL_FACTOR = 3
"""How long the translation of a label may be: the floor, or the factor."""
SHORTEST = 0.3
LONGEST = 3.0
SENTENCE = 40
"""From this length on, a translation shorter than SHORTEST or longer than LONGEST has lost or gained something."""
COPIED = 2
"""So many words in lower case, the same as in English, are not a name."""
LEFT_OVER = 3
"""So many English words in a row are a passage that nobody translated, in a language with letters of its own."""


def check(english: str, text: str, terms: Terms) -> Iterator[Finding]:
    """Yield what is wrong with the wording of ``text``, the translation of ``english``."""
    yield from _negation(english, text, terms)
    yield from _names(english, text, terms)
    yield from _untranslated(english, text, terms)
    yield from _length(english, text)


def _negation(english: str, text: str, terms: Terms) -> Iterator[Finding]:
    """Compare sentence by sentence where both sides have as many, and otherwise the whole."""
    negation = terms.negation
    if negation is None:
        return
    asked, told = SENTENCE_END.split(english.strip()), SENTENCE_END.split(text.strip())
    pairs = list(zip(asked, told, strict=True)) if len(asked) == len(told) else [(english, text)]
    for one, other in pairs:
        source = english_negation()
        wanted, given = source.count(one), negation.count(other)
        if negation.count_alike(other) < wanted:
            words = ", ".join(word for word in one.split() if source.count(word))
            what = f"the English negates with: {words}; {given or 'nothing'} of it is here"
            yield Finding(Rule.NEGATION, what, "put the negation back")
        elif given and not source.count_alike(one) and not one.rstrip().endswith("?"):
            yield Finding(Rule.NEGATION, "has a negation that the English does not have", "say it without a negation")


def _names(english: str, text: str, terms: Terms) -> Iterator[Finding]:
    """A name is written the same on both sides, in whatever script the sentence is."""
    for name, ways in terms.names.items():
        wanted = _has(english, name)
        given = any(_has(text, way) for way in ways)
        if wanted and not given:
            yield Finding(Rule.NAMES, f"the name {name} is missing", f"write {' or '.join(ways)}, as on the label")
        elif given and not wanted:
            yield Finding(Rule.NAMES, f"the name {name} does not stand in the English", "take it out")


def _has(text: str, name: str) -> bool:
    """Whether ``name`` stands in ``text`` as a word: no letter of its own script touches it.

    A name in lower case may begin a sentence; TOUCH is a programme, and touch is not.
    """
    if name.islower():
        text = text.casefold()
    at = text.find(name)
    while at >= 0:
        before, after = text[max(at - 1, 0) : at], text[at + len(name) : at + len(name) + 1]
        if not any(char.isalpha() and script(char) == script(name[0]) for char in (before, after) if char):
            return True
        at = text.find(name, at + 1)
    return False


def _untranslated(english: str, text: str, terms: Terms) -> Iterator[Finding]:
    todo = "translate it"
    plain = _bare(english, terms)
    if english.strip() == text.strip() and len(re.findall(r"\b[a-z]{2,}", plain)) >= COPIED:
        yield Finding(Rule.UNTRANSLATED, "is the English text", todo)
        return
    if not terms.latin and (left := _left_over(plain, _bare(text, terms))):
        yield Finding(Rule.UNTRANSLATED, f"{left!r} was left in English", todo)


def _bare(text: str, terms: Terms) -> str:
    """Return ``text`` without placeholders, names that are kept, and what stands in brackets."""
    text = re.sub(r"[(（][^()（）]*[)）]", " ", PLACEHOLDER.sub(" ", text))
    for name in terms.names:
        text = re.sub(rf"\b{re.escape(name)}\b", " ", text, flags=re.IGNORECASE)
    return text


def _left_over(english: str, text: str) -> str:
    """Return the first passage of English words in a row that ``text`` still has."""
    for run in re.findall(rf"[A-Za-z]+(?: [A-Za-z]+){{{LEFT_OVER - 1},}}", text):
        if run.casefold() in english.casefold() and any(word.islower() for word in run.split()):
            return str(run)
    return ""


def width(text: str) -> int:
    """Return how wide ``text`` is, about, in Latin letters: Han, Kana and Hangul take two, marks take nothing."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in PLACEHOLDER.sub("00", text)
    )


def _length(english: str, text: str) -> Iterator[Finding]:
    wide, was = width(text), width(english)
    if was <= LABEL and not english.rstrip().endswith((".", "?", "!")):
        most = max(LABEL_FLOOR, round(LABEL_FACTOR * was))
        if wide > most:
            what = f"is {wide} letters wide where the English has {was}; it stands in a narrow place"
            yield Finding(Rule.LENGTH, what, f"find a shorter word, {most} letters at most")
    elif was >= SENTENCE and wide < SHORTEST * was:
        yield Finding(Rule.LENGTH, f"is {wide} letters wide where the English has {was}", "see what was left out")
    elif was >= SENTENCE and wide > LONGEST * was:
        yield Finding(Rule.LENGTH, f"is {wide} letters wide where the English has {was}", "see what was added")
