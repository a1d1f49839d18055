"""Writing ``locale.toml``: that of a new language, that of an edition, and the name of whoever reviewed one."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Iterable

from babel import Locale, UnknownLocaleError
from pydantic import ValidationError

from handouts.content.cldr import borrows_dates, completed
from handouts.content.language import LocaleFile, Reviewer
from handouts.content.reading import File, problems_of, read_toml
from handouts.errors import InputError, Problem, UsageError

BARE = re.compile("[A-Za-z0-9_-]+")
"""A key of TOML that needs no quotation marks."""
NO_BREAK = "\u00a0\u202f"
TAG = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?")
DRAFT = """\
# {title}: what a page needs to know about the language. Lines with # in front are as they are unless you change them.
tag = {tag}
name = {name}
english_name = {english_name}
cldr = {cldr} # where dates and numbers below come from (Unicode CLDR)
direction = {direction}
first_weekday = {first_weekday} # the day a week begins on, in English
# digits = "latn" # 0 to 9 in every language, as on labels and telephones
# paper = "letter" # or "a4": what previews are made on
# quotes = ["“", "”"]
# list_separator = ", "
# full_stop = "." # what a page joins: sentences, and their parts (with the space that goes with each)
# comma = ", "
# semicolon = "; "
# colon = ": "
# readability = "not measurable"

# The words that say "not", "no", "never", "without". A * stands for the rest of a word, … for words between,
# and $ for the end of a sentence. Without them nothing is printed: `handouts locales check` looks for every lost "not".
negation = []
# Words that hold a negation which English may say with "not", as "irregular" does for "not even".
negation_like = []
# Phrases with such a word in them that negate nothing.
not_negation = []
# frozen = [] # names to keep as they are, beside those of drugs and programs

# [names] # how your language writes a drug, where the label does so, too
# generic-name = ["its name in your language"]

# [units] # further words for units of time, beside those of unit_words below
# hour = []

"""
PATTERNS = "# y year, MMMM month (MMM short, LLLL by itself), d day, EEEE day of the week, other words in '…'"
WORDS = "# as they stand within a date, from January and from Monday; months_alone over the grid of a month"
NONE = """\
# The CLDR has no words of this language; without them nothing is printed:
# months = []
# months_alone = []
# months_short = []
# weekdays = []
# weekdays_narrow = []
"""
MARKS = "# groups: the sizes of groups of digits, from the right"
UNITS = "# what units are called, or what their words begin with: `handouts locales check` looks for them"
WIDTH = 120
"""The longest line."""


def draft(tag: str) -> str:
    """Return the ``locale.toml`` of the new language ``tag``, with its names and direction from CLDR.

    Raises UsageError where ``tag`` is none, or CLDR does not know the language.
    """
    name = tag.strip().replace("-", "_")
    hint = "write it as fr, pt_BR or zh_Hans: language, script and country as in BCP 47"
    if not TAG.fullmatch(name):
        raise UsageError(Problem("TAG", f"{tag!r} is not the tag of a language", hint))
    try:
        locale = Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        raise UsageError(Problem("TAG", f"the Unicode CLDR does not know {tag!r}", hint)) from None
    own, english = locale.get_display_name(locale) or name, locale.get_display_name("en") or name
    said = {"tag": name, "name": own, "english_name": english, "cldr": str(locale), "direction": locale.text_direction}
    begun = LocaleFile.model_validate(said)
    whole = completed(begun)
    said["first_weekday"] = str(whole.first_weekday)
    head = DRAFT.format(title=english, **{key: json.dumps(text, ensure_ascii=False) for key, text in said.items()})
    return head + pins(whole, words=not borrows_dates(begun))


def pins(file: LocaleFile, *, words: bool = True) -> str:
    """Return the tables that say how dates, numbers and units are written, as ``file`` has them.

    Without ``words``, the words for dates are left to the translator.
    """
    return "\n".join(
        (
            f"[dates] {PATTERNS}\n{_rows(file.dates)}",
            f"[date_words] {WORDS}\n{_rows(file.date_words) if words else NONE}",
            f"[numbers] {MARKS}\n{_rows(file.numbers)}",
            f"[unit_words] {UNITS}\n{_rows(file.unit_words.items())}",
        )
    )


def whole_text(path: File) -> bytes:
    """Return the ``locale.toml`` at ``path`` for an edition: as it is, or with everything that it leaves to the CLDR,
    so that another CLDR at a desk changes no date."""
    file = read_toml(path, LocaleFile)
    return path.read_bytes() if file.whole else _dumped(completed(file)).encode()


def _rows(table: Iterable[tuple[str, object]]) -> str:
    return "".join(f"{_row(key, value)}\n" for key, value in table if value is not None)


def _row(name: str, value: object) -> str:
    key = name if BARE.fullmatch(name) else _value(name)
    line = f"{key} = {_value(value)}"
    if len(line) <= WIDTH or not isinstance(value, tuple):
        return line
    half = (len(value) + 1) // 2
    parts = (", ".join(map(_value, part)) for part in (value[:half], value[half:]) if part)
    return f"{key} = [\n" + "".join(f"  {part},\n" for part in parts) + "]"


def _value(value: object) -> str:
    """Return ``value`` in TOML; a space that does not break, which nobody sees, by its number."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_value(key)} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, dt.date):
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False)
    return "".join(f"\\u{ord(char):04x}" if char in NO_BREAK else char for char in text)


def _dumped(file: LocaleFile) -> str:
    """Return ``file`` as TOML, every table on one line."""
    return _rows(file.model_dump(exclude_none=True).items())


def signed(text: str, reviewer: Reviewer) -> str:
    """Return ``text``, a ``locale.toml``, with ``reviewer`` at its end. Raises InputError where it takes none."""
    said = reviewer.model_dump(mode="json")
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in said.items() if key != "date"]
    entry = "\n".join(["", "[[reviewers]]", *lines, f"date = {reviewer.date.isoformat()}", ""])
    try:
        LocaleFile.model_validate(tomllib.loads(text.rstrip("\n") + "\n" + entry))
    except ValidationError as error:
        raise InputError(*problems_of(error, "locale.toml")) from None
    except tomllib.TOMLDecodeError:
        hint = "write every reviewer as a table of its own: [[reviewers]]"
        raise InputError(Problem("locale.toml", "takes no further reviewer", hint)) from None
    return text.rstrip("\n") + "\n" + entry
