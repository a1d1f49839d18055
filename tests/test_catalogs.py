"""The catalogs that are shipped: complete, up to date, and with the same placeholders as the English."""

from __future__ import annotations

import io
import re
from collections import Counter
from gettext import c2py
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from hypothesis import given, settings
from hypothesis import strategies as st

from handouts.checks.catalogs import template, untranslated, updated
from handouts.content.facts import printable, words
from handouts.content.formulary import open_formulary
from handouts.content.language import LocaleFile, locale_tags, read_language
from handouts.content.reading import read_toml
from handouts.resources import drug_folder, folder

LOCALES = folder("locales")
FORMULARY = open_formulary(drug_folder())
SOURCE = template(folder("templates"), FORMULARY)
TRANSLATED = [tag for tag in locale_tags(LOCALES) if not read_toml(LOCALES / tag / "locale.toml", LocaleFile).source]
PLACEHOLDER = re.compile(r"%\(\w+\)s")
NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")
ENDS = (".", "?", "!", ":", "؟", "।", "。", "？", "！", "：")
NO_BREAK = "\u00a0\u202f"
"""Spaces that keep a number and its unit, or a word and its colon, on one line."""

each_locale = pytest.mark.parametrize("tag", TRANSLATED)


def file(tag: str) -> Path:
    return LOCALES / tag / "LC_MESSAGES" / "handouts.po"


def messages(tag: str) -> list[Message]:
    """Return the messages of a catalog, without its header."""
    return [message for message in read_po(io.BytesIO(file(tag).read_bytes()), locale=tag) if message.id]


def pairs(message: Message, tag: str) -> list[tuple[str, str]]:
    """Return each translation of a message with its English.

    The form of a plural that is for one stands beside the English singular where it leaves out the number as that does.
    """
    if not isinstance(message.id, tuple):
        return [(message.id, message.string)]
    one, many = message.id
    english = [many] * len(message.string)
    first = c2py(read_po(io.BytesIO(file(tag).read_bytes()), locale=tag).plural_expr)(1)
    if not PLACEHOLDER.search(message.string[first]):
        english[first] = one
    return list(zip(english, message.string, strict=True))


def test_spanish_is_shipped_and_english_needs_no_catalog() -> None:
    assert "es" in TRANSLATED
    assert "en" in locale_tags(LOCALES)
    assert "en" not in TRANSLATED
    assert [path for path in LOCALES.rglob("*.mo")] == [], "catalogs are compiled in memory"


@each_locale
def test_everything_is_translated(tag: str) -> None:
    empty = [message.id for message in messages(tag) if not all(text for _, text in pairs(message, tag))]

    assert empty == []
    assert untranslated(read_language(tag, LOCALES), SOURCE) == []


@each_locale
def test_nothing_is_fuzzy(tag: str) -> None:
    assert [message.id for message in messages(tag) if message.fuzzy] == []
    assert "fuzzy" not in file(tag).read_text(encoding="utf-8")


@each_locale
def test_the_catalog_is_up_to_date(tag: str) -> None:
    """``handouts locales update`` would change nothing."""
    before = file(tag).read_bytes()

    assert updated(before, tag, SOURCE).decode() == before.decode()
    assert {(message.id, message.context) for message in messages(tag)} == {
        (message.id, message.context) for message in SOURCE if message.id
    }


@each_locale
def test_placeholders_are_the_same(tag: str) -> None:
    for message in messages(tag):
        for english, text in pairs(message, tag):
            assert Counter(PLACEHOLDER.findall(text)) == Counter(PLACEHOLDER.findall(english)), english
            assert PLACEHOLDER.sub("", text).count("%(") == 0, text


@each_locale
def test_a_plural_has_as_many_forms_as_the_language(tag: str) -> None:
    catalog = read_po(io.BytesIO(file(tag).read_bytes()), locale=tag)

    assert catalog.num_plurals >= 1
    assert [message.id for message in messages(tag) if isinstance(message.id, tuple)]
    for message in messages(tag):
        if isinstance(message.id, tuple):
            assert len(message.string) == catalog.num_plurals


@each_locale
def test_numbers_are_the_same(tag: str) -> None:
    """A dose, a day or a frequency that changes in translation harms someone."""
    changed = [
        (english, text)
        for message in messages(tag)
        for english, text in pairs(message, tag)
        if text and Counter(map(plain, NUMBER.findall(english))) != Counter(map(plain, NUMBER.findall(text)))
    ]

    assert changed == []


def plain(number: str) -> str:
    return re.sub(r"\D", "", number)


@each_locale
def test_no_translation_has_loose_spaces_or_strange_characters(tag: str) -> None:
    for message in messages(tag):
        for english, text in pairs(message, tag):
            assert text == text.strip(), english
            assert "  " not in text, english
            assert [char for char in text if not char.isprintable() and char not in NO_BREAK] == [], english
            assert text.endswith(ENDS) or not english.endswith(ENDS), (english, text)


@pytest.mark.parametrize("name", FORMULARY.ids())
def test_every_printed_word_of_a_drug_file_is_offered_to_translators(name: str) -> None:
    drug = FORMULARY.drug(name)
    offered = {message.id for message in SOURCE if isinstance(message.id, str)}
    verified = [text for _, text in words(printable(drug))]

    assert len(verified) > 40
    assert set(verified) <= offered
    assert all(SOURCE.get(text).locations for text in verified)


def test_translators_are_told_where_a_text_stands() -> None:
    assert [message.id for message in SOURCE if message.id and not message.auto_comments] == []


@given(
    texts=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(str.strip),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
        max_size=6,
    )
)
@settings(deadline=None, max_examples=60)
def test_updating_keeps_translations_and_twice_is_once(texts: dict[str, str]) -> None:
    source, known = Catalog(charset="utf-8", fuzzy=False), Catalog(locale="es", fuzzy=False)
    for english, translation in texts.items():
        source.add(english, locations=[("a.html", 1)])
        known.add(english, translation)
    written = io.BytesIO()
    write_po(written, known)
    once = updated(written.getvalue(), "es", source)
    found = {message.id: message.string for message in read_po(io.BytesIO(once), locale="es") if message.id}

    assert updated(once, "es", source) == once
    assert found == texts


def test_a_changed_text_is_untranslated_and_the_old_one_is_kept_aside() -> None:
    source, known = Catalog(charset="utf-8", fuzzy=False), Catalog(locale="es", fuzzy=False)
    source.add("Drink much water", locations=[("a.html", 1)])
    known.add("Drink water", "Beba agua")
    written = io.BytesIO()
    write_po(written, known)
    text = updated(written.getvalue(), "es", source).decode()

    assert 'msgid "Drink much water"\nmsgstr ""' in text
    assert '#~ msgid "Drink water"\n#~ msgstr "Beba agua"' in text
    assert "fuzzy" not in text
