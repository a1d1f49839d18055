"""Writing ``locale.toml``: that of a new language, and the name of whoever reviewed one."""

from __future__ import annotations

import json
import re
import tomllib

from babel import Locale, UnknownLocaleError
from pydantic import ValidationError

from handouts.content.language import LocaleFile, Reviewer
from handouts.content.reading import problems_of
from handouts.errors import InputError, Problem, UsageError

TAG = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?")
DRAFT = """\
# {title}: what a page needs to know about the language. Lines with # in front are as they are unless you change them.
tag = {tag}
name = {name}
english_name = {english}
cldr = {cldr} # whose dates and numbers are printed (Unicode CLDR)
direction = {direction}
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

# [units] # words for units of time that `handouts locales check` does not know yet
# hour = []

# [dates] # patterns of CLDR, only where CLDR's own are wrong
# full = "EEEE, d MMMM y"

# [date_words] # only where CLDR's are wrong or missing
# months = []
# weekdays = []
"""


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
    said = {"tag": name, "name": own, "english": english, "cldr": str(locale), "direction": locale.text_direction}
    return DRAFT.format(title=english, **{key: json.dumps(text, ensure_ascii=False) for key, text in said.items()})


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
