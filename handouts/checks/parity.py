"""Parity: what a wrong translation can do to a patient, looked for in every string before anything is printed.

A finding that is right after all is waived in the catalog, by a translator's comment on the message that names the
rule and says why::

    # waive: numbers: "one" is written as a word in Vietnamese
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from handouts.checks import figures, marks, wording
from handouts.checks.finding import FINAL, Finding, Rule, Severity
from handouts.checks.terms import Terms, terms_of
from handouts.content import plurals
from handouts.content.catalog import Entry, Texts, read_texts
from handouts.content.language import Language, LocaleFile, catalog_of, read_locale, source_tag
from handouts.content.tags import Tag, lookup, parse
from handouts.errors import Problem
from handouts.library import Library

WAIVER = re.compile(r"waive:\s*(?P<rule>[\w-]*)\s*(?::\s*(?P<reason>.*\S))?", re.IGNORECASE)
SAME_WORDS = 3
"""English texts of so many words that differ in nothing but marks have one translation."""


@dataclass(frozen=True, slots=True)
class Waiver:
    rule: str
    reason: str


def findings(catalog: bytes, file: LocaleFile, names: Collection[str], where: str) -> list[Finding]:
    """Return what is wrong with the translations of a ``.po`` file, in its order; waived findings say why.

    ``names`` are never translated (see ``names_everywhere``); ``where`` is the file's name. What is not translated at
    all is none of these. Raises LanguageError when the file cannot be read.
    """
    texts, terms = read_texts(catalog, file.tag, where), terms_of(file, names)
    return list(_findings(texts, file, terms, where))


def wrong_translations(language: Language, library: Library) -> list[Problem]:
    """Return what blocks ``language``: every error that nobody waived. The source language has none."""
    if language.file.source:
        return []
    found = _blocking(language.catalog, language.file.model_dump_json(), names_everywhere(library))
    return [item.problem() for item in found]


@functools.lru_cache(maxsize=32)
def _blocking(catalog: bytes, file: str, names: frozenset[str]) -> tuple[Finding, ...]:
    """Return the findings that block a locale; a catalog is read once in a process."""
    locale = LocaleFile.model_validate_json(file)
    found = findings(catalog, locale, names, catalog_of(locale.tag))
    return tuple(item for item in found if item.severity is Severity.ERROR and not item.waived)


def names_everywhere(library: Library) -> frozenset[str]:
    """Return the names that no language translates: drugs, brands, programmes, and what the source language keeps."""
    found = set(read_locale(source_tag(library.locales), library.locales).frozen)
    for name in library.formulary.ids():
        drug = library.formulary.drug(name)
        programmes = [re.sub(r"\s*\(.*\)", "", programme.name) for programme in drug.programmes]
        found |= {drug.names.generic, *drug.names.brands, *programmes}
    return frozenset(found)


def _findings(texts: Texts, file: LocaleFile, terms: Terms, where: str) -> Iterator[Finding]:
    if what := _wrong_plurals(texts, file.tag):
        todo = f"write {plurals.usual(file.tag)} after Plural-Forms, and as many forms into each entry"
        yield Finding(Rule.PLURALS, what, todo, where, texts.header)
    if texts.language and not _is_of(texts.language, file.tag):
        what = f"the header says Language: {texts.language}, the folder is that of {file.tag}"
        todo = f"put the catalog into its own folder; or, if it is right here, write Language: {file.tag}"
        yield Finding(Rule.LANGUAGE, what, todo, where, texts.header)
    if not file.negation:
        todo = 'list the words that say "not", "never", "no", "without": negation = ["…"]'
        yield Finding(Rule.NEGATION, "the language has no words of negation", todo, f"locales/{file.tag}/locale.toml")
    unlike = _told_apart(texts.entries)
    for entry in texts.entries:
        if not entry.translated:
            continue
        found = [*check_entry(entry, terms), *unlike.get(entry.line, ())]
        yield from (
            replace(item, file=where, line=entry.line, english=entry.english[0]) for item in _weighed(entry, found)
        )


def _wrong_plurals(texts: Texts, tag: str) -> str:
    """Return what is wrong with the plural rule of ``texts``: numbers of which the language speaks otherwise, or a form
    that its rule never gives. Nothing is wrong with one that is finer than it has to be."""
    if pair := plurals.merged(texts.plural, tag):
        return f"the header has one plural form for {pair[0]} and {pair[1]}, the language has two"
    if never := plurals.unnamed(texts.plural, texts.plurals):
        return f"the header declares {texts.plurals} plural forms, and its rule never gives form {never[0]}"
    return ""


def _is_of(header: str, tag: str) -> bool:
    """Whether ``header`` says the language of the folder ``tag``, in the same script; the country may be another."""
    said = parse(header)
    return isinstance(said, Tag) and lookup(said, [tag]) is not None


def check_entry(entry: Entry, terms: Terms) -> list[Finding]:
    """Return what is wrong with the translation of one message, each finding once."""
    found: dict[Finding, None] = {}
    for form in entry.forms:
        if not form.used and not form.text.strip():
            continue
        found |= dict.fromkeys(marks.check(form.english, form, entry.english[-1], terms))
        found |= dict.fromkeys(figures.check(_figures_of(entry, form.text, form.english), form.text, terms))
        found |= dict.fromkeys(wording.check(form.english, form.text, terms))
    return list(found)


def _figures_of(entry: Entry, text: str, english: str) -> str:
    """Return the English whose figures ``text`` repeats: the plural, where it gives the number as that does."""
    placeholders = figures.PLACEHOLDER.findall(text)
    return entry.english[-1] if placeholders and not figures.PLACEHOLDER.findall(english) else english


def waivers(entry: Entry) -> list[Waiver]:
    """Return the waivers among the comments of ``entry``."""
    found = (WAIVER.match(comment) for comment in entry.comments)
    return [Waiver(match["rule"].casefold(), match["reason"] or "") for match in found if match]


def _weighed(entry: Entry, found: list[Finding]) -> Iterator[Finding]:
    """Yield ``found`` with the reasons for which they are waived, and waivers that waive nothing."""
    written = waivers(entry)
    reasons = {waiver.rule: waiver.reason for waiver in written if waiver.reason}
    for item in found:
        yield item if item.rule in FINAL else replace(item, waived=reasons.get(item.rule, ""))
    broken = {item.rule.value for item in found}
    for waiver in written:
        if waiver.rule not in set(Rule):
            what, todo = f"there is no rule {waiver.rule!r} to waive", f"write one of: {', '.join(sorted(Rule))}"
        elif waiver.rule in FINAL:
            what, todo = f"the rule {waiver.rule} cannot be waived", "mend the translation"
        elif not waiver.reason:
            what, todo = "a waiver without a reason", f"write # waive: {waiver.rule}: and why the translation is right"
        elif waiver.rule not in broken:
            what, todo = f"the waiver of {waiver.rule} waives nothing", "take it out"
        else:
            continue
        yield Finding(Rule.WAIVER, what, todo)


def _told_apart(entries: Iterable[Entry]) -> dict[int, list[Finding]]:
    """Return, by line, messages with the same English and no context that are translated differently."""
    same: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.translated and entry.context is None:
            same[_words(entry.english[0])].append(entry)
    found: dict[int, list[Finding]] = {}
    for first, *others in same.values():
        for entry in others:
            alike = entry.english == first.english or len(_words(entry.english[0]).split()) >= SAME_WORDS
            if alike and _words(entry.said) != _words(first.said):
                what = f"is translated otherwise than in line {first.line}: {first.said!r}"
                todo = "translate both alike, or ask for a context"
                found.setdefault(entry.line, []).append(Finding(Rule.CONSISTENCY, what, todo))
    return found


def _words(text: str) -> str:
    kept = (char if unicodedata.category(char)[0] in "LMNS" or char in "%()" else " " for char in text.casefold())
    return " ".join("".join(kept).split())
