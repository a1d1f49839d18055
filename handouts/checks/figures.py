"""Figures: numbers, ranges, units and telephone numbers on both sides of a translation."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from handouts.checks.finding import Finding, Rule
from handouts.checks.terms import SPACES, Terms, english_terms, spoken

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
PHONE = re.compile(r"(?<![A-Za-z\d.,])\+?\(?\d[\d()\-‐‑–. \u00a0]{5,}\d(?!\d)")
PHONE_DIGITS = 7
"""A telephone number has this many digits or more; emergency numbers are numbers like others."""
CODE = re.compile(r"\b[A-Za-z]+-?\d+\b", re.ASCII)
"""A name with a number in it: CD4, B12."""
RANGE = re.compile(r"(\d[\d.,]*)\s?(?:to|or|-|–|—)\s?(\d[\d.,]*\d|\d)")
FRACTIONS = {"½": "0.5", "¼": "0.25", "¾": "0.75"}
YEARS = range(1900, 2100)
NUMBER_WORDS = {
    **{"zero": 0, "one": 1, "once": 1, "first": 1, "two": 2, "twice": 2, "second": 2, "three": 3, "third": 3},
    **{"four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12},
}
"""Words that a translation may say with a digit. The other way round, a digit stays a digit."""
WINDOW = 3
"""How far from its number a unit may stand: in words, or in characters where words are not parted by spaces."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text, or a placeholder for one."""

    value: Decimal | str
    start: int
    end: int


def check(english: str, text: str, terms: Terms) -> Iterator[Finding]:
    """Yield what is wrong with the figures of ``text``, the translation of ``english``."""
    yield from _digits(text)
    source_phones, phones = _phones(english), _phones(text)
    if source_phones:
        if source_phones != phones:
            what = f"telephone numbers: {_list(source_phones)} in English, {_list(phones)} here"
            yield Finding(Rule.PHONE, what, "write the telephone number digit by digit as in English")
        english, text = _without(PHONE, english), _without(PHONE, text)
    yield from _codes(english, text)
    english, text = _without(CODE, english), _without(CODE, text)
    source, found = list(numbers(english, english_terms())), list(numbers(text, terms))
    yield from _numbers(english, source, found, terms)
    yield from _ranges(english, found)
    yield from _measures(english, text, source, found, terms)
    yield from _times(english, text, source, found, terms)


def _digits(text: str) -> Iterator[Finding]:
    foreign = sorted({char for char in text if char.isdigit() and unicodedata.decimal(char, None) is not None} - ASCII)
    if foreign:
        what = f"digits {' '.join(foreign)} of another digit system"
        yield Finding(Rule.DIGITS, what, "write 0 to 9, as they stand on labels and telephones")


ASCII = frozenset("0123456789")


def _phones(text: str) -> list[str]:
    found = ("".join(str(unicodedata.digit(c)) for c in match[0] if c.isdigit()) for match in PHONE.finditer(text))
    return sorted(digits for digits in found if len(digits) >= PHONE_DIGITS)


def _without(pattern: re.Pattern[str], text: str) -> str:
    """Return ``text`` with spaces in the place of what ``pattern`` finds; a short run of figures is no telephone."""
    return pattern.sub(
        lambda match: match[0] if pattern is PHONE and len(_figures(match[0])) < PHONE_DIGITS else " " * len(match[0]),
        text,
    )


def _figures(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _codes(english: str, text: str) -> Iterator[Finding]:
    wanted, found = set(CODE.findall(english)), set(CODE.findall(text))
    digits = {_figures(code) for code in wanted}
    for code in sorted(found - wanted):
        if _figures(code) not in digits:
            yield Finding(Rule.NUMBERS, f"{code} does not stand in the English", "take it out, or write it as there")
    for code in sorted(wanted - found):
        if _figures(code) not in {_figures(other) for other in found} and _figures(code) not in text:
            yield Finding(Rule.NUMBERS, f"{code} is missing", f"write {code} as in English")


def numbers(text: str, terms: Terms) -> Iterator[Number]:
    """Yield the numbers of ``text``, read with the decimal mark and the group separators of the language.

    A number with another language's marks falls into pieces, and so differs from what it should be. Digits of every
    system are read.
    """
    marks = re.escape(terms.groups)
    pattern = re.compile(rf"\d{{1,3}}(?:[{marks}]\d{{3}})+(?!\d)|\d+")
    fraction = re.compile(rf"{re.escape(terms.decimal)}(\d+)")
    at = 0
    while at < len(text):
        if placeholder := PLACEHOLDER.match(text, at):
            yield Number(placeholder[1], at, placeholder.end())
            at = placeholder.end()
        elif text[at] in FRACTIONS:
            yield Number(Decimal(FRACTIONS[text[at]]), at, at + 1)
            at += 1
        elif whole := pattern.match(text, at):
            after = fraction.match(text, whole.end())
            end = after.end() if after else whole.end()
            value = _ascii(re.sub(rf"[{marks}{SPACES}]", "", whole[0]))
            yield Number(Decimal(value + ("." + _ascii(after[1]) if after else "")), at, end)
            at = end
        else:
            at += 1


def _ascii(digits: str) -> str:
    return "".join(str(unicodedata.digit(digit)) for digit in digits)


def _values(found: Iterable[Number]) -> Counter[Decimal]:
    return Counter(number.value for number in found if isinstance(number.value, Decimal))


def _numbers(english: str, source: list[Number], found: list[Number], terms: Terms) -> Iterator[Finding]:
    wanted, given = _values(source), _values(found)
    missing, extra = wanted - given, given - wanted
    said = Counter(
        Decimal(NUMBER_WORDS[word]) for word in re.findall(r"[a-z]+", english.casefold()) if word in NUMBER_WORDS
    )
    extra -= said
    if missing or extra:
        parts = [f"{_shown(missing)} missing"] * bool(missing) + [f"{_shown(extra)} not in the English"] * bool(extra)
        group = "a no-break space" if terms.groups == SPACES else repr(terms.groups)
        todo = f"write the numbers of the English, in digits (decimal mark {terms.decimal!r}, thousands with {group})"
        yield Finding(Rule.NUMBERS, f"numbers: {', '.join(parts)}", todo)


def _shown(values: Counter[Decimal]) -> str:
    return ", ".join(f"{value:f}" for value in sorted(values.elements()))


def _list(texts: list[str]) -> str:
    return ", ".join(texts) or "none"


def _ranges(english: str, found: list[Number]) -> Iterator[Finding]:
    """A range keeps its order: 3 to 5, not 5 to 3."""
    ranges = [tuple(Decimal(part.replace(",", "").rstrip(".")) for part in match) for match in RANGE.findall(english)]
    follows = {(one.value, other.value) for one, other in pairwise(found)}
    for low, high in ranges:
        if low != high and (high, low) in follows and (low, high) not in follows:
            yield Finding(Rule.NUMBERS, f"the range {low} to {high} is turned round", "write the smaller number first")


def _measures(english: str, text: str, source: list[Number], found: list[Number], terms: Terms) -> Iterator[Finding]:
    """A number keeps its unit of measure: mg is neither mL nor g. One that is missing was found already."""
    wanted = Counter(pair for number in source if (pair := _measured(english, number, english_terms())))
    given = Counter(pair for number in found if (pair := _measured(text, number, terms)))
    here, there = ({str(number.value) for number in side} for side in (found, source))
    lost = [f"{value} {unit}" for value, unit in sorted(wanted - given) if value in here]
    added = [f"{value} {unit}" for value, unit in sorted(given - wanted) if value in there]
    if lost or added:
        what = f"{_list(lost)} in English, {_list(added)} here"
        yield Finding(Rule.UNITS, what, "write the number with the unit of the English")


AREA = re.compile(r"\s?/\s?(?:m²|m2|м²|м2|㎡|平方米|kg|кг|公斤|h|L|mL|ml)")


def _measured(text: str, number: Number, terms: Terms) -> tuple[str, str] | None:
    """Return the number's value and its unit of measure, with what it is divided by; None without one."""
    rest = text[number.end :].lstrip(" \u00a0\u202f-‑")
    if rest.startswith(("%", "٪", "％")):
        return str(number.value), "%"
    best = max(
        ((form, unit) for unit, forms in terms.measures.items() for form in forms if _begins(rest, form)),
        key=lambda pair: len(pair[0]),
        default=None,
    )
    if best is None:
        return None
    divided = AREA.match(rest, len(best[0]))
    return str(number.value), best[1] + ("/…" if divided else "")


def _begins(rest: str, form: str) -> bool:
    """Whether ``rest`` begins with the unit ``form`` as a word; units are told apart by case (mg, Mg)."""
    if not rest.startswith(form):
        return False
    after = rest[len(form) : len(form) + 1]
    return not (after.isalpha() and after.isascii() == form[-1].isascii() and _cased(form[-1]))


def _cased(char: str) -> bool:
    return char.upper() != char.lower()


Timed = tuple[str, str]
"""A number, and the unit of time that stands with it."""


def _times(english: str, text: str, source: list[Number], found: list[Number], terms: Terms) -> Iterator[Finding]:
    """A number keeps its unit of time, and a text that speaks of weeks does not speak of months."""
    wanted = {pair for number in source if (pair := _timed(english, number, english_terms()))}
    given = {pair for number in found if (pair := _timed(text, number, terms))}
    counted = {value for value, _ in wanted}
    wrong = sorted(pair for pair in given - wanted if pair[0] in counted or pair[1] in {unit for _, unit in wanted})
    lost = sorted(wanted - given)
    if wrong and lost:
        shown, here = (", ".join(f"{value} {unit}" for value, unit in pairs) for pairs in (lost, wrong))
        yield Finding(Rule.UNITS, f"{shown} in English, {here} here", "write the unit of time of the English")
        return
    if not _words_tell(terms):
        return
    spoken_of, speaks = _spoken(english, english_terms()), _spoken(text, terms)
    missing, extra = sorted(spoken_of - speaks), sorted(speaks - spoken_of)
    if missing and extra:
        what = f"speaks of a {' and a '.join(extra)}, the English of a {' and a '.join(missing)}"
        yield Finding(Rule.UNITS, what, "write the unit of time of the English")


def _words_tell(terms: Terms) -> bool:
    """Whether a unit of time is known without its number: in Korean and Chinese one letter has many meanings."""
    return terms.spaced and min(len(form) for forms in terms.times.values() for form in forms) > 1


def _timed(text: str, number: Number, terms: Terms) -> Timed | None:
    """Return the number and its unit of time: the one that follows it, or else the one right before it."""
    if isinstance(number.value, Decimal) and number.value in YEARS:
        return None
    value = f"{number.value}"
    rest = re.split(r"[.,;:()!?、。，；：（）।؛،]", text[number.end :].casefold(), maxsplit=1)[0]
    rest = rest.split("%(")[0]
    rest = re.split(r"\d", rest, maxsplit=1)[0]
    for offset in _starts(rest, terms):
        if unit := _unit(rest[offset:], terms):
            return value, unit
    before = text[: number.start].casefold().rstrip(" \u00a0")
    word = re.split(r"[\s.,;:()]", before)[-1]
    if word and (unit := _unit(word, terms)):
        return value, unit
    return None


def _starts(rest: str, terms: Terms) -> Iterator[int]:
    """Yield where a unit may begin in ``rest``: at each of its first words, or of its first characters."""
    if not terms.spaced:
        yield from range(min(WINDOW, len(rest)))
        return
    for count, match in enumerate(re.finditer(r"[^\s\u00a0\u202f-]+", rest)):
        if count == WINDOW:
            return
        yield match.start()


def _unit(rest: str, terms: Terms) -> str | None:
    """Return the unit of time that ``rest`` begins with; of two, the one with the longer word."""
    word = (rest.split() or [""])[0]
    begins = [(len(form), unit) for unit, forms in terms.times.items() for form in forms if _inflects(form, word)]
    return max(begins)[1] if begins else None


def _inflects(form: str, word: str) -> bool:
    """Whether ``word`` is ``form`` with an ending: a letter in Latin script (hours), more where endings are longer."""
    if not word.startswith(form):
        return False
    more = len(word) - len(form)
    return more <= (1 if form.isascii() else 3) or not _cased(form[-1])


def _spoken(text: str, terms: Terms) -> set[str]:
    """Return the units of time that ``text`` speaks of, in words."""
    return {unit for word in spoken(text).split() if (unit := _unit(word, terms))}
