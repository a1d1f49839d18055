"""The Unicode CLDR, as Babel has it: the one place that asks it how a language writes dates and numbers.

It answers what a ``locale.toml`` leaves out, and what a new one begins with. The languages that are shipped leave out
nothing, since every edition of the CLDR changes a word or two: an update would change their pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import get_date_format, match_skeleton
from babel.units import format_unit

from handouts.content.dates import unknown
from handouts.content.language import (
    DAYS_OF_THE_WEEK,
    UNITS_OF_TIME,
    DatePatterns,
    DateWords,
    LocaleFile,
    Numbers,
    UnitOfMeasure,
    UnitOfTime,
)
from handouts.content.tags import same_language
from handouts.errors import LanguageError, Problem

UNGROUPED = 100
"""What Babel calls the size of a group where a language has none is more than this."""
ERA = re.compile("G+")
NAMED_DAY = re.compile("EEEE?|E|cccc?")
"""The day of the week: on a page it is in full."""
MEASURES: dict[UnitOfMeasure, str] = {
    "mg": "mass-milligram",
    "g": "mass-gram",
    "µg": "mass-microgram",
    "kg": "mass-kilogram",
    "mL": "volume-milliliter",
    "L": "volume-liter",
    "°C": "temperature-celsius",
    "°F": "temperature-fahrenheit",
    "cm": "length-centimeter",
    "mm": "length-millimeter",
}
"""Units of measure, and what the CLDR calls them."""
COUNTED = (0, 1, 2, 3, 5, 11, 100)
"""Numbers that bring out every plural form of the CLDR."""
STEM = {True: 3, False: 2}
"""The shortest stem that stands for all forms of a word: in ASCII letters, and in others."""


def completed(file: LocaleFile) -> LocaleFile:
    """Return ``file`` with everything that is printed or looked for; what it says itself stays.

    Raises LanguageError where the CLDR does not know its locale, or has a pattern that cannot be printed.
    """
    cldr = _locale(file)
    dates = DatePatterns.model_validate(_patterns(file, cldr) | _given(file.dates))
    words = DateWords.model_validate(_words(file, cldr) | _given(file.date_words))
    numbers = Numbers.model_validate(_numbers(file, cldr) | _given(file.numbers))
    first = file.first_weekday or DAYS_OF_THE_WEEK[_first_weekday(cldr)]
    units = _units(cldr) | file.unit_words
    return file.model_copy(
        update={
            **{"dates": dates, "date_words": words, "numbers": numbers},
            **{"first_weekday": first, "unit_words": units},
        }
    )


def borrows_dates(file: LocaleFile) -> bool:
    """Whether dates would be printed in another language: the CLDR has none of the words, or hands on those of its
    parent (French for Haitian Creole), and ``file`` does not have them all."""
    own = file.date_words
    if None not in (own.months, own.months_short, own.weekdays, own.weekdays_narrow):
        return False
    cldr = _locale(file)
    months = dict(cldr.months["format"]["wide"])
    if months[1] == "M01" or not same_language(file.tag, str(cldr)):
        return True
    parents = get_global("parent_exceptions")
    parent = parents.get(str(cldr)) or parents.get(cldr.language)
    if parent is None or same_language(parent, file.tag):
        return False
    return dict(Locale.parse(parent).months["format"]["wide"]) == months


def _locale(file: LocaleFile) -> Locale:
    try:
        return Locale.parse(file.cldr)
    except (UnknownLocaleError, ValueError):
        what, hint = f"the Unicode CLDR does not know {file.cldr!r}", "write a locale that it has: fr_CA"
        raise LanguageError(Problem(f"locales/{file.tag}/locale.toml:cldr", what, hint)) from None


def _given(own: DatePatterns | DateWords | Numbers) -> dict[str, object]:
    return {name: value for name, value in own if value is not None}


def _patterns(file: LocaleFile, cldr: Locale) -> dict[str, object]:
    found = {
        "weekday": "EEEE",
        "full": str(get_date_format("full", cldr).pattern),
        "long": str(get_date_format("long", cldr).pattern),
        "medium": _nearest("yMMMd", cldr),
        "month": _nearest("yMMMM", cldr),
    }
    patterns = {key: _printable(pattern, cldr) for key, pattern in found.items()}
    if odd := [key for key, pattern in patterns.items() if unknown(pattern) and not getattr(file.dates, key)]:
        what = f"the CLDR's pattern {patterns[odd[0]]!r} has a part that is not printed"
        hint = f"write {odd[0]} under [dates], with y, MMMM, d and EEEE"
        raise LanguageError(Problem(f"locales/{file.tag}/locale.toml", what, hint))
    return {**patterns}


def _nearest(skeleton: str, cldr: Locale) -> str:
    """Return the pattern that has the parts of ``skeleton``, or is nearest to it."""
    known = cldr.datetime_skeletons
    return str(known[skeleton if skeleton in known else match_skeleton(skeleton, known)].pattern)


def _printable(pattern: str, cldr: Locale) -> str:
    """Return ``pattern`` with the era as a word, and with the day of the week in full."""
    era = str(cldr.eras["abbreviated"][1]).replace("'", "''")
    parts = re.split("('[^']*')", pattern)
    parts[::2] = [ERA.sub(lambda _: f"'{era}'", NAMED_DAY.sub("EEEE", part)) for part in parts[::2]]
    return "".join(parts)


def _words(file: LocaleFile, cldr: Locale) -> dict[str, object]:
    asks = file.dates.full or str(get_date_format("full", cldr).pattern)
    week = cldr.days["stand-alone" if "cccc" in asks else "format"]["wide"]
    months = _year(cldr, "format", "wide")
    return {
        "months": months,
        "months_alone": file.date_words.months or _year(cldr, "stand-alone", "wide"),
        "months_short": _year(cldr, "format", "abbreviated"),
        "weekdays": tuple(week[day] for day in range(7)),
        "weekdays_narrow": tuple(cldr.days["stand-alone"]["narrow"][day] for day in range(7)),
    }


def _year(cldr: Locale, context: str, width: str) -> tuple[str, ...]:
    return tuple(cldr.months[context][width][month] for month in range(1, 13))


def _first_weekday(cldr: Locale) -> int:
    """Return the day a week begins on, 0 is Monday: that of the territory, or of where the language is spoken most."""
    if (cldr.territory or "001").isalpha():  # 001 is the world
        return int(cldr.first_week_day)
    likely = get_global("likely_subtags").get(str(cldr), str(cldr))
    return int(Locale.parse(likely).first_week_day)


def _numbers(file: LocaleFile, cldr: Locale) -> dict[str, object]:
    symbols = cldr.number_symbols[file.digits]
    last, before = cldr.decimal_formats[None].grouping
    sizes = (last,) if before in (last, 0) else (last, before)
    groups = sizes if last < UNGROUPED else ()
    return {"decimal": str(symbols["decimal"]), "group": str(symbols["group"]), "groups": groups}


def _units(cldr: Locale) -> dict[UnitOfTime | UnitOfMeasure, tuple[str, ...]]:
    found: dict[UnitOfTime | UnitOfMeasure, tuple[str, ...]] = {}
    for measure, name in MEASURES.items():
        found[measure] = _longest_first(_forms(name, cldr, ("long", "short")))
    for unit in UNITS_OF_TIME:
        found[unit] = _times(f"duration-{unit}", cldr)
    return found


def _times(name: str, cldr: Locale) -> tuple[str, ...]:
    """Return what words for a unit of time begin with: the stem they share, and every form of the CLDR."""
    forms = _forms(name, cldr, ("long",)) or _forms(name, cldr, ("short",))
    shared = takewhile(lambda letters: len(set(letters)) == 1, zip(*(form.casefold() for form in forms), strict=False))
    stem = "".join(letters[0] for letters in shared)
    stems = [stem] if len(stem) >= STEM[stem.isascii()] else []
    return _longest_first({*stems, *(form.casefold() for form in forms)})


def _forms(name: str, cldr: Locale, lengths: tuple[str, ...]) -> set[str]:
    """Return how the CLDR writes a unit before or after a number; nothing where it does not know, or writes it around
    the number."""
    found = {format_unit(number, name, length=length, locale=cldr) for number in COUNTED for length in lengths}  # type: ignore[arg-type]
    bare = {re.sub(r"^[\d\s]+|[\d\s]+$", "", form).strip() for form in found if name not in form}
    return {form for form in bare if form and not re.search(r"\d", form)}


def _longest_first(forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))
