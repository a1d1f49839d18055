"""Marks: placeholders, per cent, HTML, bidi controls, spaces, line breaks and punctuation."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from handouts.checks.figures import PLACEHOLDER
from handouts.checks.finding import Finding, Rule
from handouts.checks.terms import Terms, script
from handouts.content.catalog import Form

TAG = re.compile(r"</?[A-Za-z][^<>]*>|&#?\w+;|[<>]")
BULLET = re.compile(r"^\s*[-*•·–◦▪・]\s", re.MULTILINE)
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
JOINERS = frozenset("\u200c\u200d")
JOINED = frozenset({"ARABIC", "DEVANAGARI", "BENGALI", "TAMIL", "GUJARATI", "GURMUKHI", "TELUGU", "KANNADA", "SINHALA"})
"""Scripts in which a joiner changes how letters are written; elsewhere it only hides."""
SPACES = frozenset(" \u00a0\u202f\u2009\u3000")
ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"})
"""Scripts with letters that look like those of another: a word is written in one of them."""
CLOSING = "\"'”’»›)）」』】 \u00a0\u202f"
ENDINGS = {
    "a full stop": ".。．।۔։።។",
    "a question mark": "?？؟;՞፧",
    "an exclamation mark": "!！",
    "a colon": ":：",
    "a comma": ",，،、",
    "dots": "…",
}
ENGLISH_QUOTES = ("“", "”")
QUOTES = frozenset('“”„«»‹›‘‚「」『』"')


def check(english: str, form: Form, plural_english: str, terms: Terms) -> Iterator[Finding]:
    """Yield what is wrong with the marks of one form; ``plural_english`` is the English plural, or the text itself."""
    yield from _placeholders(english, form, plural_english)
    yield from _percent(english, form.text)
    yield from _html(english, form.text)
    yield from _hidden(english, form.text)
    yield from _scripts(form.text)
    yield from _list(english, form.text)
    yield from _spaces(english, form.text)
    yield from _ending(english, form.text)
    yield from _quotes(english, form.text, terms)


def _placeholders(english: str, form: Form, plural: str) -> Iterator[Finding]:
    """A form that stands for one number only need not say it; every other says all that the English plural says."""
    wanted, given = Counter(PLACEHOLDER.findall(plural)), Counter(PLACEHOLDER.findall(form.text))
    if extra := given - wanted:
        what = f"{_named(extra)} does not stand in the English, or once more here than there"
        yield Finding(Rule.PLACEHOLDERS, what, "use exactly the placeholders of the English")
    missing = wanted - given
    if missing and not (_stands_for_one(form) and set(missing) <= {_counted(english, plural)}):
        shown = _named(missing)
        what = f"{shown} is missing" + (f" in the form for {_some(form)}" if form.numbers else "")
        yield Finding(Rule.PLACEHOLDERS, what, f"put {shown} where the value belongs")


def _stands_for_one(form: Form) -> bool:
    """Whether a reader of this form knows the number without being told; nobody counts nothing."""
    return len(set(form.numbers) - {0}) == 1 or form.numbers == (0,)


def _some(form: Form) -> str:
    return ", ".join(map(str, form.numbers[:3])) + (" …" if len(form.numbers) > 3 else "")


def _counted(english: str, plural: str) -> str:
    """Return the placeholder of the number that decides the form; empty where it cannot be told."""
    names = set(PLACEHOLDER.findall(plural))
    left_out = names - set(PLACEHOLDER.findall(english)) or names
    return next(iter(left_out)) if len(left_out) == 1 else ""


def _named(names: Counter[str]) -> str:
    return ", ".join(f"%({name})s" for name in sorted(names.elements()))


def _percent(english: str, text: str) -> Iterator[Finding]:
    """What is left of % beside placeholders: the per cent signs, single or double as in English."""
    wanted, given = (re.findall("%+|٪|％", PLACEHOLDER.sub("", side)) for side in (english, text))
    if sorted(wanted) != sorted(given):
        what = f"{' '.join(given) or 'no %'} here, {' '.join(wanted) or 'no %'} in English, beside the placeholders"
        yield Finding(Rule.PERCENT, what, "write % and the placeholders exactly as in English")


def _html(english: str, text: str) -> Iterator[Finding]:
    wanted, given = Counter(TAG.findall(english)), Counter(TAG.findall(text))
    if wanted != given:
        parts = [f"{' '.join(sorted((wanted - given).elements()))} is missing"] * bool(wanted - given)
        parts += [f"{' '.join(sorted((given - wanted).elements()))} is too much"] * bool(given - wanted)
        yield Finding(Rule.HTML, "; ".join(parts), "keep the markup of the English as it is")
    elif _order(text) != _order(english) and not _nested(text):
        yield Finding(Rule.HTML, "the markup is not closed in the right order", "close what was opened last first")


def _order(text: str) -> list[str]:
    return [tag for tag in TAG.findall(text) if tag.startswith("<")]


def _nested(text: str) -> bool:
    """Whether every element closes inside the one it was opened in."""
    opened: list[str] = []
    for tag in _order(text):
        name = re.sub(r"[</>]|\s.*", "", tag)
        if not tag.startswith("</"):
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return not opened


def _hidden(english: str, text: str) -> Iterator[Finding]:
    """Characters that nobody sees and that change what is read."""
    wanted, given = (sorted(char for char in side if char in BIDI) for side in (english, text))
    if wanted != given:
        what = f"bidi controls ({', '.join(map(_point, given)) or 'none'}) unlike the English"
        yield Finding(Rule.BIDI, what, "take them out; numbers and names are set in their direction by themselves")
    hidden = [
        char
        for at, char in enumerate(text)
        if (unicodedata.category(char) in ("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp") and char not in BIDI | {"\n"})
        and not (char in JOINERS and _joined(text, at))
    ]
    if Counter(hidden) - Counter(english):
        named = ", ".join(dict.fromkeys(map(_point, hidden)))
        yield Finding(
            Rule.INVISIBLE, f"has {named}, which nobody sees", "take it out: delete the word and type it again"
        )


def _point(char: str) -> str:
    return f"U+{ord(char):04X}"


def _joined(text: str, at: int) -> bool:
    before = next((char for char in reversed(text[:at]) if not unicodedata.category(char).startswith("C")), " ")
    return script(before) in JOINED


def _scripts(text: str) -> Iterator[Finding]:
    """A word with letters of two scripts that look alike: somebody's keyboard was wrong, and nothing finds it."""
    for word in re.findall(r"[^\W\d_]{2,}", text):
        mixed = sorted({script(char) for char in word} & ALIKE)
        if len(mixed) > 1:
            what = f"{word!r} mixes {' and '.join(name.capitalize() for name in mixed)} letters"
            yield Finding(Rule.SCRIPT, what, "type the word again in one script")


def _list(english: str, text: str) -> Iterator[Finding]:
    """As many lines, and as many bullets."""
    for what, wanted, given in (
        ("lines", len(english.splitlines()), len(text.splitlines())),
        ("list items", len(BULLET.findall(english)), len(BULLET.findall(text))),
    ):
        if wanted != given:
            found = f"{given} {what} here, {wanted} in English"
            yield Finding(Rule.LIST, found, "keep one line for each of the English")
            return


def _spaces(english: str, text: str) -> Iterator[Finding]:
    for side, wanted, given in (("start", english[:1], text[:1]), ("end", english[-1:], text[-1:])):
        if (wanted in SPACES) != (given in SPACES):
            what = f"a space at the {side} that the English does not have"
            if wanted in SPACES:
                what = f"no space at the {side}, where the English has one"
            yield Finding(Rule.SPACES, what, "begin and end like the English")
    if "  " in text and "  " not in english:
        yield Finding(Rule.SPACES, "two spaces in a row", "leave one")


def _ending(english: str, text: str) -> Iterator[Finding]:
    """A sentence ends, a question asks and a colon announces on both sides, each in its own script."""
    wanted, given = _end(english), _end(text)
    shortened = not wanted and text.endswith(".") and " " not in text
    if wanted != given and not shortened:
        what = f"ends with {given or 'no mark'}, the English with {wanted or 'no mark'}"
        yield Finding(Rule.ENDING, what, "end it like the English, with the mark of the language")


def _end(text: str) -> str:
    last = text.rstrip(CLOSING)[-1:]
    return next((name for name, marks in ENDINGS.items() if last and last in marks), "")


def _quotes(english: str, text: str, terms: Terms) -> Iterator[Finding]:
    """Quotation marks are those of the language, and as many as in English."""
    if not terms.quotes:
        return
    wanted = sum(char in ENGLISH_QUOTES for char in english)
    given = [char for char in text if char in QUOTES]
    if len(given) != wanted or not set(given) <= set("".join(terms.quotes)):
        what = f"{' '.join(given) or 'no quotation marks'} here, {wanted} quotation marks in English"
        yield Finding(Rule.QUOTES, what, f"use {' … '.join(terms.quotes)}")
