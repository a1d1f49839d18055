"""Language tags: what a person or a record system gives as a language, and which of ours it means, if any.

BCP 47 (RFC 5646) says how a tag is written, RFC 4647 how one is looked up, and the CLDR which tags are the same
language (``iw`` and ``he``, ``spa`` and ``es``) and in which script a language is written where the tag does not say.
The same language in another script is another translation: someone who reads traditional characters is not helped by
simplified ones. The same language of another country is the same translation, unless there is one of that country.
Variants (``de-CH-1996``), extensions and private use (``es-ES-u-co-trad``) choose no other translation.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handouts.errors import Problem

if TYPE_CHECKING:
    from babel import Locale

HINT = "write it like en, es-MX or zh-Hant"
EVERYDAY = {
    "chinese": "zh-Hans (simplified) or zh-Hant (traditional): ask what the patient reads",
    "creole": "ht for Haitian Creole",
    "farsi": "fa",
    "haitian": "ht",
    "mandarin": "zh-Hans (simplified) or zh-Hant (traditional): ask what the patient reads",
    "tagalog": "fil",
}
"""Names that people use and CLDR does not, or not for one tag."""
MADE_UP = re.compile(r"AA|Q[M-Z]|X[A-JL-Z]|ZZ")
"""Countries that are free for private use (ISO 3166-1); XK is Kosovo in CLDR."""
TRIALS = frozenset({"en-XA", "ar-XB"})
"""Languages that are made up to try a layout."""
NORWEGIAN = {"no": "nb"}
"""Where CLDR's canonical tag is one that nobody translates into."""
ROMANIZED = frozenset({"ALALC97", "HEPBURN", "PINYIN", "WADEGILE"})
"""Variants that are written in Latin letters, also where the tag does not say the script."""
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(-(?P<extended>[a-z]{3}))?(-(?P<script>[a-z]{4}))?(-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)(-[a-wyz0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?"
)


@dataclass(frozen=True, slots=True)
class Tag:
    """A language as written somewhere. ``script`` and ``region`` are empty where the tag does not say them."""

    language: str
    """The subtag that CLDR prefers: ``es``, also for ``spa``."""
    script: str = ""
    """ISO 15924: ``Hans``."""
    region: str = ""
    """ISO 3166-1 or UN M.49: ``MX``, ``419``."""

    def __str__(self) -> str:
        return "-".join(part for part in (self.language, self.script, self.region) if part)

    @property
    def written(self) -> str:
        """The script that a reader of this language expects; empty where CLDR does not know."""
        return self.script or self._likely[0]

    @property
    def name(self) -> str:
        """The language's English name, such as "Traditional Chinese"; empty where CLDR does not know one."""
        names = _english().languages
        parts = ((self.language, self.region), (self.language, self.written), (self.language,))
        return next((str(names[key]) for part in parts if (key := "_".join(part)) in names), "")

    @property
    def regions(self) -> Iterator[str]:
        """The regions whose wording suits this reader, the best first; "" is a wording for all of them."""
        yield self.region
        parents = _cldr("parent_exceptions")
        name = str(self).replace("-", "_")
        while (name := parents.get(name, "")).startswith(f"{self.language}_"):
            yield name.rpartition("_")[2]
        yield ""
        yield self._likely[1]

    @property
    def _likely(self) -> tuple[str, str]:
        """The script and the region that CLDR adds to the tag."""
        known = _cldr("likely_subtags")
        keys = (f"{self.language}_{self.region}", f"{self.language}_{self.script}", self.language)
        found = next((known[key] for key in keys if key in known), "")
        _, script, region = found.split("_") if found else ("", "", "")
        return script, region


@functools.lru_cache(maxsize=1024)
def parse(text: str, where: str = "locale") -> Tag | Problem:
    """Return the tag in ``text``, with ``-`` or ``_`` and in any case, or what is wrong with it."""
    found = _TAG.fullmatch(text.strip().replace("_", "-").lower())
    if found is None:
        return Problem(where, "is not a language tag", _hint(text))
    language = found["extended"] or found["language"]  # zh-yue is yue (RFC 5646, 2.2.2)
    script, region = (found["script"] or "").title(), (found["region"] or "").upper()
    variants = found["variants"].upper().split("-")[1:]
    if unknown := [variant for variant in variants if variant not in _english().variants]:
        return Problem(where, f"{unknown[0].lower()} is not a variant of a language", HINT)
    if not script and not ROMANIZED.isdisjoint(variants):
        script = "Latn"
    if alias := _cldr("language_aliases").get(language):
        language, *rest = alias.split("_")
        script = script or next((part for part in rest if len(part) == 4), "")
        region = region or next((part for part in rest if len(part) == 2), "")
    if len(moved := _cldr("territory_aliases").get(region, [])) == 1:
        region = moved[0]
    if region and (MADE_UP.fullmatch(region) or region not in _english().territories):
        shown = text.strip().replace("_", "-")
        hint = f"to try a layout: handouts locales preview {shown}" if shown in TRIALS else HINT
        return Problem(where, f"{shown}: {region} is not a country", hint)
    return Tag(NORWEGIAN.get(language, language), script, region)


def lookup(wanted: Tag, known: Collection[str]) -> str | None:
    """Return which of the tags ``known`` serves a reader of ``wanted``: never another language or another script.

    Another country's wording is taken where there is none of the reader's own, if CLDR prefers it or it is the only
    one: pt-PT is served by pt_BR until there is a pt_PT.
    """
    tags = {name: tag for name in known if isinstance(tag := parse(name), Tag)}
    alike = {tag.region: name for name, tag in tags.items() if _reader(tag) == _reader(wanted)}
    for region in wanted.regions:
        if region in alike:
            return alike[region]
    return next(iter(alike.values())) if len(alike) == 1 else None


def same_language(one: str, other: str) -> bool:
    """Whether two tags are of one language, however it is written."""
    first, second = parse(one), parse(other)
    return isinstance(first, Tag) and isinstance(second, Tag) and first.language == second.language


def other_wording(wanted: str, printed: str) -> Problem | None:
    """Return what to look at where ``printed``, the tag of what is printed, is the wording of another country."""
    if wanted == printed:
        return None
    asked, own = parse(wanted), parse(printed)
    if isinstance(asked, Problem) or isinstance(own, Problem):
        return None
    if "" in (asked.region, own.region) or asked.region == own.region or asked.language != own.language:
        return None
    message = f"{asked} is printed as {own}, {own.name}, since there is no other"
    return Problem("locale", message, "ask whether the patient reads it well")


def _cldr(name: str) -> Mapping[str, Any]:
    """Return a table of the CLDR; it is read when a tag is not one that is known already."""
    from babel.core import get_global

    return get_global(name)  # type: ignore[arg-type]


def _english() -> Locale:
    from babel import Locale

    return Locale("en")


def _reader(tag: Tag) -> tuple[str, str]:
    return tag.language, tag.written


def _hint(text: str) -> str:
    """Return how to write the language that somebody called by its name; nothing is guessed."""
    names = _names()
    near = difflib.get_close_matches(text.strip().casefold(), names, n=1, cutoff=0.85)
    return f"write {names[near[0]]}" if near else HINT


@functools.cache
def _names() -> dict[str, str]:
    """Return the English names of languages, and how each is written as a tag."""
    return {str(name).casefold(): tag.replace("_", "-") for tag, name in _english().languages.items()} | EVERYDAY
