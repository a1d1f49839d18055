"""Language tags: which of our languages a reader is served in, and that it is never another one."""

from __future__ import annotations

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st
from shipped import LOCALES

from handouts.content.language import locale_tags
from handouts.content.tags import Tag, lookup, other_wording, parse
from handouts.errors import Problem

KNOWN = ("ar", "en", "es", "fr", "hi", "ko", "pt_BR", "ru", "vi", "zh_Hans")
SERVED = {
    "ar": "ar ara arb AR ar-EG ar_SA ar-Arab",
    "en": "en eng en-US en_GB en-150 en-UK",
    "es": "es spa es-419 es_MX ES-mx es-Latn es-Latn-MX es-US",
    "fr": "fr fra fre fr-FR fr_CA fr-HT",
    "hi": "hi hin hi-IN hi-Deva",
    "ko": "ko kor ko-KR ko-Kore",
    "pt_BR": "pt pt-BR por pt-PT pt_AO",
    "ru": "ru rus ru-UA ru-Cyrl",
    "vi": "vi vie vi-VN",
    "zh_Hans": "zh zh-CN zho chi cmn zh-cmn cmn-CN zh-Hans zh-Hans-US zh-Hans-TW zh_SG",
}
NOT_SERVED = """
    zh-TW zh-HK zh-MO zh-US zh-Hant zh-Hant-CN yue zh-yue cmn-TW cmn-Hant yue-Hans
    fa prs fa-AF ps ur fil tl he iw id in no nb nn ht sr sh pt-Arab
    en-Arab en-Shaw es-Cyrl hi-Latn ar-Latn ru-Latn ko-Latn
    xx und mul mis zxx art qaa arz ary tlh
"""


def tag(text: str) -> Tag:
    found = parse(text)
    assert isinstance(found, Tag), found
    return found


@pytest.mark.parametrize(("text", "name"), [(text, name) for name, texts in SERVED.items() for text in texts.split()])
def test_a_reader_is_served(text: str, name: str) -> None:
    assert lookup(tag(text), KNOWN) == name


@pytest.mark.parametrize("text", NOT_SERVED.split())
def test_another_language_or_script_serves_nobody(text: str) -> None:
    assert lookup(tag(text), KNOWN) is None


@pytest.mark.parametrize(
    ("text", "known", "name"),
    [
        ("prs", ("fa",), "fa"),
        ("prs", ("fa", "prs"), "prs"),
        ("fa-AF", ("fa", "prs"), "prs"),
        ("fa-IR", ("fa", "prs"), "fa"),
        ("tl", ("fil",), "fil"),
        ("fil", ("tl",), "tl"),
        ("iw", ("he",), "he"),
        ("in", ("id",), "id"),
        ("ji", ("yi",), "yi"),
        ("mo", ("ro",), "ro"),
        ("no", ("nb",), "nb"),
        ("nb", ("no",), "no"),
        ("nn", ("nb",), None),
        ("sh", ("sr",), None),
        ("sh", ("sr", "sr_Latn"), "sr_Latn"),
        ("sr-ME", ("sr", "sr_Latn"), "sr_Latn"),
        ("pa-PK", ("pa",), None),
        ("hat", ("ht",), "ht"),
        ("zh-HK", ("zh_Hans", "zh_Hant"), "zh_Hant"),
        ("yue", ("zh_Hant", "yue"), "yue"),
        ("pt-PT", ("pt_BR", "pt_PT"), "pt_PT"),
        ("pt-AO", ("pt_BR", "pt_PT"), "pt_PT"),
        ("pt", ("pt_BR", "pt_PT"), "pt_BR"),
        ("fr-BE", ("fr_CA", "fr_FR"), "fr_FR"),
        ("en-CA", ("en_AU", "en_NZ"), None),
    ],
)
def test_the_nearest_wording_of_one_language(text: str, known: tuple[str, ...], name: str | None) -> None:
    assert lookup(tag(text), known) == name


@pytest.mark.parametrize("text", ["en_XA", "ar-XB", "en-XX", "en-ZZ", "en-AA", "fr-QM", "es-QQ", "en-Latn-XA"])
def test_a_made_up_country_is_none(text: str) -> None:
    found = parse(text)

    assert isinstance(found, Problem)
    assert "is not a country" in found.message


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("de-CH-1996", "de-CH"),
        ("de_1901", "de"),
        ("ca-valencia", "ca"),
        ("sl-rozaj-solba-1994", "sl"),
        ("es-ES-u-co-trad", "es-ES"),
        ("ar-u-nu-latn", "ar"),
        ("zh-Hant-TW-u-co-stroke-t-en-x-a-1", "zh-Hant-TW"),
        ("en-x-clinic", "en"),
        ("zh-pinyin", "zh-Latn"),
        ("ja-hepburn", "ja-Latn"),
        ("zh-Latn-wadegile", "zh-Latn"),
    ],
)
def test_variants_and_extensions_choose_nothing(text: str, same: str) -> None:
    """RFC 5646, 2.2.5 to 2.2.7."""
    assert str(tag(text)) == same
    assert parse(text.upper().replace("-", "_")) == parse(text)


@pytest.mark.parametrize("text", ["zh-hongkong", "zh-Hans-taiwan", "pt-brazil", "es-spanish"])
def test_a_country_that_is_written_out_is_not_taken_for_a_variant(text: str) -> None:
    """It would be served as if it said no country: simplified characters for a reader of traditional ones."""
    found = parse(text)

    assert isinstance(found, Problem)
    assert "is not a variant" in found.message


@pytest.mark.parametrize(
    "text", ["es-u", "es-x", "es-u-a", "es--1996", "es-ES-", "x-clinic", "es-abcdefghi", "es-123-a"]
)
def test_half_a_tag_is_none(text: str) -> None:
    assert isinstance(parse(text), Problem)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Spanish", "write es"),
        (" vietnamese ", "write vi"),
        ("Spansih", "write es"),
        ("Haitian Creole", "write ht"),
        ("Farsi", "write fa"),
        ("Tagalog", "write fil"),
        ("Dari", "write fa-AF"),
        ("Chinese", "write zh-Hans (simplified) or zh-Hant (traditional): ask what the patient reads"),
        ("Latin American Spanish", "write es-419"),
        ("es MX", "write it like en, es-MX or zh-Hant"),
        ("", "write it like en, es-MX or zh-Hant"),
    ],
)
def test_a_name_is_no_tag_and_is_not_guessed(text: str, hint: str) -> None:
    found = parse(text)

    assert isinstance(found, Problem)
    assert (found.message, found.hint) == ("is not a language tag", hint)


@pytest.mark.parametrize(
    ("text", "name"),
    [("zh-TW", "Traditional Chinese"), ("prs", "Dari"), ("yue", "Cantonese"), ("es", "Spanish"), ("xx", "")],
)
def test_a_language_has_an_english_name(text: str, name: str) -> None:
    assert tag(text).name == name


def test_the_wording_of_another_country_is_said() -> None:
    found = other_wording("pt-PT", "pt-BR")

    assert found is not None
    assert "pt-PT is printed as pt-BR, Brazilian Portuguese" in found.message
    assert [other_wording(*pair) for pair in (("pt", "pt-BR"), ("pt-BR", "pt-BR"), ("es-MX", "es"))] == [None] * 3
    assert other_wording("pt-PT", "en-US") is None, "another language is said elsewhere"


def test_what_is_shipped_is_what_the_table_is_about() -> None:
    assert set(SERVED) <= set(locale_tags(LOCALES))


TAGS = st.from_regex(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", fullmatch=True) | st.sampled_from(
    [text.replace("_", "-") for text in (*KNOWN, *NOT_SERVED.split(), *get_global("likely_subtags").values())]
)


@given(TAGS, st.booleans(), st.booleans(), st.sampled_from(["", " ", "\t"]))
def test_case_separators_and_spaces_change_nothing(text: str, upper: bool, lower_bar: bool, space: str) -> None:
    other = text.upper() if upper else text.lower()
    other = space + (other.replace("-", "_") if lower_bar else other) + space
    found, again = parse(text), parse(other)

    assert isinstance(found, Tag) == isinstance(again, Tag)
    assert isinstance(found, Problem) or found == again


@given(TAGS)
def test_what_is_read_is_written_as_it_is_read(text: str) -> None:
    found = parse(text)

    assert isinstance(found, Problem) or parse(str(found)) == found


@given(TAGS)
def test_nobody_is_served_in_another_script_or_language(text: str) -> None:
    found = parse(text)
    if isinstance(found, Tag) and (name := lookup(found, KNOWN)):
        assert (tag(name).language, tag(name).written) == (found.language, found.written)
        assert found.language not in ("und", "mul", "mis", "zxx")


@given(st.sets(st.sampled_from(KNOWN)), TAGS)
def test_the_order_of_the_known_does_not_matter(known: set[str], text: str) -> None:
    found = parse(text)
    if isinstance(found, Tag):
        assert lookup(found, sorted(known)) == lookup(found, sorted(known, reverse=True))


@given(st.text())
def test_whatever_is_typed_is_a_tag_or_a_problem_with_a_remedy(text: str) -> None:
    found = parse(text)

    assert isinstance(found, Tag) or (found.message and found.hint)
