"""Beginning, updating, signing and listing a language, as a translator does it."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from babel import localedata
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from running import made, refused
from shipped import FORMULARY, TEMPLATES

from handouts.checks.catalogs import template, updated
from handouts.content.catalog import read_texts
from handouts.content.language import DateWords, Language, LocaleFile, read_locale
from handouts.content.locale_file import draft
from handouts.content.reading import read_toml

SOURCE = template(TEMPLATES, FORMULARY)
SIGN = ("locales", "sign", "es", "--by", 'Sample "Sam" Translator', "--role", "medical translator")


@pytest.mark.parametrize(
    ("tag", "own", "direction", "forms"),
    [
        ("it", "italiano", "ltr", 2),
        ("pt-PT", "português (Portugal)", "ltr", 2),
        ("fa", "فارسی", "rtl", 1),
        ("uk", "українська", "ltr", 3),
        ("zh_Hant", "中文 (繁體)", "ltr", 1),
    ],
)
def test_a_new_language_has_everything_to_translate(
    locales: Path, tag: str, own: str, direction: str, forms: int
) -> None:
    said = made("locales", "new", tag).err
    name = tag.replace("-", "_")
    catalog = (locales / name / "LC_MESSAGES" / "handouts.po").read_bytes()
    about = read_toml(locales / name / "locale.toml", LocaleFile)
    found = [message for message in read_po(io.BytesIO(catalog), locale=name) if message.id]

    assert "Poedit" in said
    assert (about.name, about.direction) == (own, direction)
    assert about.negation == (), "the translator lists them"
    assert read_texts(catalog, name, "").plurals == forms
    assert {(item.id, item.context) for item in found} == {(item.id, item.context) for item in SOURCE if item.id}
    assert not any(any(item.string) if isinstance(item.string, tuple) else item.string for item in found)
    assert all(item.auto_comments for item in found)
    assert all(item.python_format == ("python-format" in item.flags) for item in found)
    assert b"#, python-format" in catalog
    assert b'msgctxt "page n of m"' in catalog
    assert f"Language: {name}".encode() in catalog


def test_a_new_catalog_is_one_that_gettext_reads(locales: Path) -> None:
    made("locales", "new", "uk")
    file = locales / "uk" / "LC_MESSAGES" / "handouts.po"
    msgfmt = shutil.which("msgfmt")
    if msgfmt is None:
        pytest.skip("gettext is not installed")

    assert subprocess.run([msgfmt, "--check-format", "-o", "/dev/null", file], check=False).returncode == 0


@pytest.mark.parametrize("tag", ["es", "en", "xx", "FR", "../fr", "en_XA", "fr fr", ""])
def test_no_language_is_begun_twice_or_without_a_tag(locales: Path, tag: str) -> None:
    before = sorted(path.name for path in locales.iterdir())

    assert "TAG" in refused(2, "locales", "new", tag)
    assert sorted(path.name for path in locales.iterdir()) == before


def test_nothing_is_printed_in_a_language_that_was_only_begun(locales: Path, tmp_path: Path) -> None:
    made("locales", "new", "it")
    order = ("--name", "Sample Patient", "--dob", "1980-01-02", "--mrn", "1", "--start", "2026-12-07", "--locale", "it")

    assert "no words of negation" in refused(4, "make", "ocrelizumab", *order, "-o", tmp_path / "p.pdf")


def changed_source(old: str, new: str) -> Catalog:
    source = Catalog(charset="utf-8", fuzzy=False)
    for message in SOURCE:
        if message.id:
            text = new if message.id == old else message.id
            source.add(text, locations=message.locations, auto_comments=message.auto_comments, context=message.context)
    return source


def test_a_changed_text_shows_what_it_was(locales: Path, tmp_path: Path) -> None:
    """The translator sees both, and decides; no translation is carried over."""
    old, new = "Fewer relapses", 'Fewer "relapses" ' + "and a long line of words " * 8
    catalog = (locales / "es" / "LC_MESSAGES" / "handouts.po").read_bytes()
    once = updated(catalog, "es", changed_source(old, new))
    text = once.decode()
    file = tmp_path / "es.po"
    file.write_bytes(once)

    assert f'#| msgid "{old}"\nmsgid ""\n"Fewer \\"relapses\\"' in text
    assert '#~ msgid "Fewer relapses"\n#~ msgstr "Menos recaídas"' in text
    assert "fuzzy" not in text
    assert updated(once, "es", changed_source(old, new)).decode() == text
    if msgfmt := shutil.which("msgfmt"):
        assert subprocess.run([msgfmt, "-o", "/dev/null", file], check=False).returncode == 0

    back = updated(once, "es", changed_source(new, old)).decode()
    assert "#|" not in back


def test_the_former_text_goes_when_the_new_one_is_translated(locales: Path) -> None:
    source = changed_source("Fewer relapses", "Fewer attacks")
    once = updated((locales / "es" / "LC_MESSAGES" / "handouts.po").read_bytes(), "es", source).decode()
    done = once.replace('msgid "Fewer attacks"\nmsgstr ""', 'msgid "Fewer attacks"\nmsgstr "Menos ataques"')

    assert done != once
    assert "#|" not in updated(done.encode(), "es", source).decode()


def test_waivers_outlive_an_update(locales: Path) -> None:
    catalog = (locales / "es" / "LC_MESSAGES" / "handouts.po").read_bytes()

    assert catalog.count(b"# waive: ") == updated(catalog, "es", SOURCE).count(b"# waive: ") > 0


def test_a_signature_is_for_what_was_read(locales: Path) -> None:
    made(*SIGN)
    (row,) = (row for row in json.loads(made("locales", "list", "--json").out) if row["locale"] == "es")
    assert row["reviewed"] is True
    assert row["reviewers"] == [f'Sample "Sam" Translator (medical translator), {dt.date.today()}']

    catalog = locales / "es" / "LC_MESSAGES" / "handouts.po"
    text = catalog.read_text(encoding="utf-8")
    catalog.write_text(text.replace('msgstr "Firma"', 'msgstr "Su firma"'), encoding="utf-8")
    (row,) = (row for row in json.loads(made("locales", "list", "--json").out) if row["locale"] == "es")
    assert row["reviewed"] is False
    assert "not reviewed" in made("locales", "list").text

    made(*SIGN)
    assert len(read_locale("es", locales).reviewers) == 2


def test_nobody_signs_what_is_wrong_or_missing(locales: Path) -> None:
    catalog = locales / "es" / "LC_MESSAGES" / "handouts.po"
    right = catalog.read_text(encoding="utf-8")
    for wrong in ('msgstr "Cura la EM."', 'msgstr ""'):
        catalog.write_text(right.replace('msgstr "No cura la EM."', wrong), encoding="utf-8")
        assert "cure MS" in refused(4, *SIGN)
    assert read_locale("es", locales).reviewers == ()


def test_the_hash_is_that_of_the_translations_in_any_order(locales: Path) -> None:
    catalog = (locales / "es" / "LC_MESSAGES" / "handouts.po").read_bytes()
    shuffled = read_po(io.BytesIO(catalog), locale="es")
    messages = list(shuffled)
    random.Random(7).shuffle(messages)
    other = Catalog(locale="es", fuzzy=False)
    other.mime_headers = [("Plural-Forms", shuffled.plural_forms)]
    for message in messages:
        if message.id:
            other.add(message.id, message.string, context=message.context, user_comments=["a comment"])
    written = io.BytesIO()
    write_po(written, other)
    signed = read_texts(catalog, "es", "").content_hash()

    assert read_texts(written.getvalue(), "es", "").content_hash() == signed
    assert read_texts(catalog.replace(b'"Firma"', b'"firma"'), "es", "").content_hash() != signed


def test_the_last_change_is_what_the_catalog_says(locales: Path) -> None:
    catalog = locales / "es" / "LC_MESSAGES" / "handouts.po"
    listed = {row["locale"]: row["changed"] for row in json.loads(made("locales", "list", "--json").out)}
    assert listed["es"] == ""

    said = b'"PO-Revision-Date: 2026-11-02 10:00+0000\\n"\n"Language: es\\n"'
    catalog.write_bytes(catalog.read_bytes().replace(b'"Language: es\\n"', said))
    made("locales", "update", "es")
    listed = {row["locale"]: row["changed"] for row in json.loads(made("locales", "list", "--json").out)}
    assert listed["es"].startswith("2026-11-02")


@pytest.mark.skipif(not localedata.exists("ht"), reason="the CLDR 46 does not know Haitian Creole at all")
def test_words_for_dates_can_be_the_language_s_own(tmp_path: Path) -> None:
    """CLDR has no Haitian Creole months, and gives French ones."""
    months = ("janvye", "fevriye", "mas", "avril", "me", "jen", "jiyè", "out", "septanm", "oktòb", "novanm", "desanm")
    weekdays = ("lendi", "madi", "mèkredi", "jedi", "vandredi", "samdi", "dimanch")
    (tmp_path / "locale.toml").write_text(draft("ht"), encoding="utf-8")
    plain = read_toml(tmp_path / "locale.toml", LocaleFile)
    short = tuple(month[:3] for month in months)
    own = plain.model_copy(
        update={"source": True, "date_words": DateWords(months=months, months_short=short, weekdays=weekdays)}
    )
    language = Language(own, None)

    for month in range(1, 13):
        day = dt.date(2026, month, 7)
        for text in (language.full(day), language.long(day), language.month(day)):
            assert months[month - 1] in text.casefold()
            assert str(day.year) in text
        assert short[month - 1] in language.medium(day)
        assert language.weekday(day).casefold() == weekdays[day.weekday()]
        assert weekdays[day.weekday()] in language.full(day).casefold()
