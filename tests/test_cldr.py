"""What is printed of dates and numbers is what ``locale.toml`` says, whatever edition of the CLDR is installed."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from babel import Locale, localedata
from babel.dates import DateTimeFormat, get_date_format, parse_pattern
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from running import made
from shipped import LANGUAGES, LOCALES

from handouts.content.cldr import borrows_dates, completed
from handouts.content.dates import unknown, written
from handouts.content.language import DatePatterns, DateWords, Language, LocaleFile, Numbers, read_language, read_locale
from handouts.content.locale_file import draft, whole_text
from handouts.errors import LanguageError

YEAR = [dt.date(2028, 1, 1) + dt.timedelta(number) for number in range(366)]
SAID = {
    "ar": "918f3b23b9ec9a2dff0851b72c5d1397",
    "en": "ca013a88232f1c7297cbf21efebfc258",
    "es": "7dbfcb470514c04e409857afad829397",
    "fr": "547bc50c1afc3924479d83fc15f05470",
    "hi": "e23f9d5d0827ec1044b8a5c9574778b0",
    "ko": "f787f292bbeba413f7780f3df083072f",
    "pt_BR": "8dc79ad6d796be03d50f96f5c2243962",
    "ru": "372036b20568f60b1edeb16c2c17c1e1",
    "vi": "eca9fb228354129e6655df1b7a9e9851",
    "zh_Hans": "7e99dc43a363f84ba884b64bd15abba5",
}
"""SHA-256 of what was printed under Babel 2.18 (CLDR 47), when the shipped files began to say it themselves."""
GAPS = {"dates": DatePatterns(), "date_words": DateWords(), "numbers": Numbers(), "first_weekday": None}
each = pytest.mark.parametrize("tag", LANGUAGES)


def said(language: Language) -> str:
    ways = (language.weekday, language.full, language.long, language.medium, language.month)
    texts = [way(day) for way in ways for day in YEAR]
    texts += [*language.weekdays(), str(language.first_weekday), *map(language.number, range(10_001))]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]


@each
def test_every_day_of_a_year_and_every_number_is_written_as_before(tag: str) -> None:
    assert said(LANGUAGES[tag]) == SAID[tag]


def test_no_shipped_language_asks_the_cldr() -> None:
    """In a process without Babel, all of them say what they say here."""
    program = (
        "import datetime as dt, sys; sys.modules['babel'] = None\n"
        "from pathlib import Path\n"
        "from handouts.content.language import locale_tags, read_language\n"
        "folder = Path(sys.argv[1])\n"
        "for tag in locale_tags(folder):\n"
        "    language = read_language(tag, folder)\n"
        "    print(ascii([tag, sorted(language.dates()), language.weekdays(), language.number(1234)]))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program, LOCALES], capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines() == [
        ascii([tag, sorted(language.dates()), language.weekdays(), language.number(1234)])
        for tag, language in LANGUAGES.items()
    ]


@each
def test_what_is_left_out_is_filled_in_from_the_cldr(tag: str) -> None:
    file = LANGUAGES[tag].file.model_copy(update=GAPS)

    assert not file.whole
    assert completed(file).whole
    assert completed(completed(file)) == completed(file)


ODD = re.compile("no|ki|ki_KE|gsw.*|.*_(CH|LI)")
"""Norwegian by itself is not read by Babel 2.17; the CLDR 48 has years of weeks in the dates of Kikuyu, and an
apostrophe between groups in Switzerland, which Babel 2.19 takes for a quotation mark."""
LOCALE_NAMES = sorted(name for name in localedata.locale_identifiers() if len(name) <= 6 and not ODD.fullmatch(name))


def plain(cldr: str) -> LocaleFile:
    return LocaleFile(tag="en", name="x", english_name="x", cldr=cldr, direction="ltr", source=True)


@given(name=st.sampled_from(LOCALE_NAMES), day=st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)))
def test_a_pattern_is_read_as_babel_reads_it(name: str, day: dt.date) -> None:
    """Everything that Babel makes of a locale's own patterns, this makes of the same words."""
    cldr = Locale.parse(name)
    language = Language(plain(name), None)
    for width, way in (("full", language.full), ("long", language.long)):
        pattern = get_date_format(width, cldr).pattern
        if not unknown(pattern) and "cccc" not in get_date_format("full", cldr).pattern:
            own = str(parse_pattern(pattern) % DateTimeFormat(day, cldr))
            assert way(day) == (own[:1].upper() + own[1:] if width == "full" else own)


@given(name=st.sampled_from(LOCALE_NAMES), number=st.integers(0, 10**9))
def test_numbers_are_grouped_as_babel_groups_them(name: str, number: int) -> None:
    cldr = Locale.parse(name)

    assert Language(plain(name), None).number(number) == format_decimal(number, locale=cldr)
    assert Language(plain(name), None).number(number / 4) == format_decimal(number / 4, locale=cldr)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("EEEE, d MMMM y", "Monday, 7 December 2026"),
        ("dd.MM.yyyy", "07.12.2026"),
        ("d 'o''clock' MMM ''yy''", ""),
        ("d 'o''clock' MMM ''y''", "7 o'clock Dec '2026'"),
        ("LLLL y", "December 2026"),
        ("h:mm", ""),
    ],
)
def test_a_pattern_has_parts_that_are_known(pattern: str, text: str) -> None:
    if not text:
        with pytest.raises(ValidationError, match="no part of a date"):
            DatePatterns(long=pattern)
        return
    assert written(dt.date(2026, 12, 7), DatePatterns(long=pattern).long or "", LANGUAGES["en"].file.date_words) == text


@pytest.mark.parametrize("tag", ["it", "pt_PT", "uk", "de", "ja", "th", "fi", "cs", "he", "fa", "am", "sw"])
def test_a_new_language_says_everything_itself(tag: str, tmp_path: Path) -> None:
    """What the CLDR says today stands in the file, so that an update changes nothing that was reviewed."""
    (tmp_path / tag).mkdir()
    (tmp_path / tag / "locale.toml").write_text(draft(tag), encoding="utf-8")
    file = read_locale(tag, tmp_path)

    assert file.whole
    assert file == completed(file.model_copy(update=GAPS))


@pytest.mark.skipif(not localedata.exists("ht"), reason="the CLDR 46 does not know Haitian Creole at all")
def test_words_that_the_cldr_does_not_have_are_asked_for() -> None:
    text = draft("ht")

    assert "# months = []" in text
    assert 'months = ["janvier"' not in text
    assert borrows_dates(plain("ht").model_copy(update={"tag": "ht"}))


def test_a_locale_that_the_cldr_does_not_know_is_named() -> None:
    with pytest.raises(LanguageError, match="does not know 'xx_XX'"):
        Language(plain("xx_XX"), None)


@pytest.mark.parametrize("tag", ["es", "th"])
def test_an_edition_holds_what_the_locale_file_leaves_out(tag: str, tmp_path: Path) -> None:
    file = completed(LocaleFile(tag=tag, name='A "name"', english_name="x", cldr=tag, direction="ltr", source=True))
    (tmp_path / "locale.toml").write_text(
        f"tag = '{tag}'\nname = 'A \"name\"'\nenglish_name = 'x'\ncldr = '{tag}'\ndirection = 'ltr'\nsource = true\n"
        "[units]\nhour = ['a', 'b']\n[names]\n'a b' = ['\\c']\n"
        f"[[reviewers]]\nname = 'Sample'\nrole = 'x'\ndate = 2026-12-07\nhash = '{'0' * 64}'\n",
        encoding="utf-8",
    )
    (tmp_path / "edition" / tag).mkdir(parents=True)
    (tmp_path / "edition" / tag / "locale.toml").write_bytes(whole_text(tmp_path / "locale.toml"))
    held = read_locale(tag, tmp_path / "edition")

    assert held.whole
    assert said(Language(held, None)) == said(Language(file, None))
    assert (held.units, held.names, len(held.reviewers)) == ({"hour": ("a", "b")}, {"a b": ("\\c",)}, 1)


def test_a_whole_file_is_in_an_edition_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "clinic.edition"
    made("edition", "build", "--out", path, "--drug", "dexamethasone", "--locale", "es", "--packet", "consent")

    assert zipfile.Path(path, "locales/es/locale.toml").read_bytes() == (LOCALES / "es" / "locale.toml").read_bytes()
    assert read_language("es", zipfile.Path(path, "locales/")).file == LANGUAGES["es"].file
