"""Plural rules are right or wrong by what they do to the numbers that pages print, not by how many forms they have."""

from __future__ import annotations

import gettext
import io
import json
import re
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.plurals import PLURALS
from hypothesis import given
from hypothesis import strategies as st
from running import made, run
from shipped import FORMULARY, LANGUAGES, TEMPLATES

from handouts.checks.catalogs import missing, template, updated
from handouts.checks.finding import Rule
from handouts.checks.parity import findings
from handouts.content import plurals
from handouts.content.catalog import read_texts
from handouts.content.language import compiled

TRANSLATED = sorted(set(LANGUAGES) - {"en"})
SOURCE = template(TEMPLATES, FORMULARY)
ROMANCE = ("es", "fr", "pt", "pt_BR", "it", "ca")
ONE_OR_MANY = "nplurals=2; plural=(n != 1);"
ONE_OR_NONE = "nplurals=2; plural=(n > 1);"
TRANSIFEX = "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;"
WEBLATE = "nplurals=3; plural=(n == 0 || n == 1) ? 0 : ((n != 0 && n % 1000000 == 0) ? 1 : 2);"
RUSSIAN = (
    "nplurals=4; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1"
    " : n%10==0 || (n%10>=5 && n%10<=9) || (n%100>=11 && n%100<=14) ? 2 : 3);"
)
MILLIONS = {TRANSIFEX: 1, WEBLATE: 1, RUSSIAN: 3}
"""Headers with a form that no printed number has, and which it is."""


def entry(*forms: str) -> str:
    said = "".join(f'msgstr[{at}] "{text}"\n' for at, text in enumerate(forms))
    return f'msgid "%(number)s hour"\nmsgid_plural "%(number)s hours"\n{said}'


def po(tag: str, header: str, entries: str = "") -> bytes:
    says = f'"Language: {tag}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {header}\\n"\n'
    return f'msgid ""\nmsgstr ""\n{says}\n{entries}'.encode()


def wrong(tag: str, header: str) -> bool:
    """Whether the header of a catalog of ``tag`` is found fault with."""
    file = (LANGUAGES.get(tag) or LANGUAGES["es"]).file.model_copy(update={"tag": tag})
    return Rule.PLURALS in [item.rule for item in findings(po(tag, header), file, (), "x.po")]


@pytest.mark.parametrize("tag", ROMANCE)
@pytest.mark.parametrize("header", [ONE_OR_MANY, ONE_OR_NONE, TRANSIFEX, WEBLATE])
def test_two_forms_and_three_are_both_right(tag: str, header: str) -> None:
    assert not wrong(tag, header)


def test_russian_has_three_forms_or_four() -> None:
    assert not wrong("ru", RUSSIAN)
    assert not wrong("ru", plurals.usual("ru"))


@pytest.mark.parametrize("tag", sorted(PLURALS))
def test_what_babel_writes_today_is_right(tag: str) -> None:
    """Whichever version of it is installed: none of its rules puts numbers together that ours tell apart."""
    count, rule = PLURALS[tag][:2]

    assert plurals.merged(rule, tag) is None
    assert plurals.unnamed(rule, count) == []


@pytest.mark.parametrize("tag", [*TRANSLATED, "it", "uk", "pl", "cs", "he", "sl", "ro", "ja", "lt"])
def test_ours_tell_apart_what_the_cldr_tells_apart(tag: str) -> None:
    """Save where the CLDR came to another mind: Vietnamese had one form, and has had another for 0 and 1 since 48."""
    rule, own = Locale.parse(tag).plural_form, plurals.forms(plurals.usual(tag).partition("plural=")[2].rstrip(";"))
    pairs = {(rule(number), own[number]) for number in plurals.COUNTED[:1200]}

    assert tag in ("vi", "he") or len(pairs) == len({named for named, _ in pairs})


@pytest.mark.parametrize(
    ("tag", "header"),
    [
        ("es", "nplurals=1; plural=0;"),
        ("ru", ONE_OR_MANY),
        ("ar", ONE_OR_MANY),
        ("es", plurals.usual("ru")),
        ("es", "nplurals=2; plural=(n > 2);"),
        ("es", "nplurals=3; plural=(n != 1);"),
        ("pl", plurals.usual("ru")),
    ],
)
def test_a_rule_that_puts_numbers_together_is_wrong(tag: str, header: str) -> None:
    assert wrong(tag, header)


@given(tag=st.sampled_from(sorted({name for _, names in plurals.RULES for name in names.split()})))
def test_every_number_has_a_form_by_the_rule_of_a_new_catalog(tag: str) -> None:
    header = plurals.usual(tag)
    count, rule = int(header[9]), header.partition("plural=")[2].rstrip(";")
    numbers = plurals.numbers(rule, count)

    assert sorted(number for form in numbers for number in form) == list(plurals.PRINTED)
    assert all(numbers), "no form that nobody needs"
    assert plurals.merged(rule, tag) is None


def of_three(text: str, header: str) -> str:
    """Return a catalog of two forms as a translator has it from a tool with another header, the new form empty."""
    text = re.sub(r'"Plural-Forms: [^"]*"', f'"Plural-Forms: {header}\\\\n"', text)
    return re.sub(r"(?m)^msgstr\[1\]", 'msgstr[1] ""\nmsgstr[2]', text)


@pytest.mark.parametrize("tag", ["es", "fr", "pt_BR"])
@pytest.mark.parametrize("header", [TRANSIFEX, WEBLATE])
def test_a_form_for_whole_millions_may_be_empty(tag: str, header: str) -> None:
    """The catalog prints the same, is signed by the same hash, and misses nothing."""
    before = LANGUAGES[tag].catalog
    after = of_three(before.decode(), header).encode()
    texts, old = read_texts(after, tag, "x.po"), read_texts(before, tag, "x.po")
    found = findings(after, LANGUAGES[tag].file, {"FDA"}, "x.po")
    two, three = (gettext.GNUTranslations(io.BytesIO(compiled(catalog, tag))) for catalog in (before, after))

    assert missing(texts, SOURCE) == []
    assert texts.content_hash() == old.content_hash()
    assert [item.rule for item in found if item.rule in (Rule.PLURALS, Rule.MISSING, Rule.PLACEHOLDERS)] == []
    counted = [item.english for item in old.entries if len(item.english) == 2]
    assert counted
    for english in counted:
        for number in (1, 2, 3, 21, 100, 10_000):
            assert three.ngettext(*english, number) == two.ngettext(*english, number)
        assert three.ngettext(*english, 1_000_000) == two.ngettext(*english, 2), "nor is there English for a million"


@pytest.mark.parametrize("header", MILLIONS)
def test_only_that_form_may_be_empty(header: str) -> None:
    tag, unused = ("ru" if header == RUSSIAN else "es"), MILLIONS[header]
    count = int(header[9])
    for gap in range(count):
        forms = ["" if at in (gap, unused) else f"%(number)s x{at}" for at in range(count)]
        (read,) = read_texts(po(tag, header, entry(*forms)), tag, "x.po").entries
        assert read.translated == (gap == unused)


@pytest.mark.parametrize(("tag", "header"), [("es", TRANSIFEX), ("fr", WEBLATE), ("ru", RUSSIAN), ("es", ONE_OR_MANY)])
def test_an_update_leaves_the_header_as_it_is(tag: str, header: str) -> None:
    """A translator's tool would write its own again, and so on for ever."""
    count = int(header[9])
    forms = [f"%(number)s x{at}" for at in range(count)]
    once = updated(po(tag, header, entry(*forms)), tag, SOURCE)
    texts = read_texts(once, tag, "x.po")

    assert (texts.plurals, texts.plural) == (count, header.partition("plural=")[2].rstrip(";"))
    assert updated(once, tag, SOURCE) == once
    assert not any(item.fuzzy for item in texts.entries)
    kept = next(item for item in texts.entries if item.english[0] == "%(number)s hour")
    assert [form.text for form in kept.forms] == forms


@pytest.mark.parametrize("tag", ["it", "fa", "uk", "zh_Hant", "pt_PT", "de", "xh"])
def test_a_new_catalog_has_the_usual_rule(tag: str) -> None:
    texts = read_texts(updated(None, tag, SOURCE), tag, "x.po")

    assert f"nplurals={texts.plurals}; plural={texts.plural};" == plurals.usual(tag)


def test_a_catalog_without_a_rule_has_that_of_its_language() -> None:
    head = b'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'

    assert read_texts(head, "es", "x.po").plurals == 2
    assert read_texts(head, "ru", "x.po").plurals == 3


def test_what_to_do_about_a_wrong_rule_can_be_done(locales: Path) -> None:
    """The rule is named; to begin the language anew, which is refused, would be no way out."""
    path = locales / "es" / "LC_MESSAGES" / "handouts.po"
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace(ONE_OR_MANY, "nplurals=2; plural=(n > 2);"), encoding="utf-8")
    said = json.loads(run("locales", "check", "es", "--json").out)
    (found,) = (item for item in said["findings"] if item["rule"] == "plurals")

    assert "one plural form for 1 and 2" in found["what"]
    assert ONE_OR_MANY in str(found)
    path.write_text(right, encoding="utf-8")
    assert "0 errors" in made("locales", "check", "es").err
