"""Dates in words, and the marks that a page sets itself, in every language that is printed."""

from __future__ import annotations

import datetime as dt
import html as markup
import re
import unicodedata
from pathlib import Path

import pytest
from babel import Locale, localedata
from hypothesis import given
from hypothesis import strategies as st
from shipped import FORMULARY, LANGUAGES, LOCALES, documents_of, drug_of, html

from handouts.content.language import DatePatterns, DateWords, Language, LocaleFile, Numbers, read_language, read_locale
from handouts.content.locale_file import draft
from handouts.content.marks import OWN, Marks, ended
from handouts.content.reading import read_toml
from handouts.errors import LanguageError
from handouts.model import Treatment
from handouts.schedule import plan
from handouts.values import outline, plan_values

MONDAY = dt.date(2026, 12, 7)
WORDS = {
    "ar": ("الاثنين", "ديسمبر"),
    "en": ("Monday", "December"),
    "es": ("lunes", "diciembre"),
    "fr": ("lundi", "décembre"),
    "hi": ("सोमवार", "दिसंबर"),
    "ko": ("월요일", "12월"),
    "pt_BR": ("segunda-feira", "dezembro"),
    "ru": ("понедельник", "декабря"),
    "vi": ("thứ hai", "tháng 12"),
    "zh_Hans": ("星期一", "12月"),
}
"""Monday and December, as a reader of each language writes them in a date."""
FIRST = {
    **{"en": "Sunday", "es": "Sunday", "fr": "Sunday", "pt_BR": "Sunday", "hi": "Sunday", "ko": "Sunday"},
    **{"ru": "Monday", "vi": "Monday", "zh_Hans": "Monday", "ar": "Monday"},
}
"""The day a week begins on, by the CLDR territory of each: the United States, Canada (French), the world (Arabic) …"""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WRONG = re.compile(r"\.\.|[。।؟۔]\.|[\u4e00-\u9fff][.;,:](?!\d)|[\u0900-\u097f]\.(\s|$)|[\u0600-\u06ff][,;]")
"""Two points in a row, and the marks of English after letters of another script."""
each = pytest.mark.parametrize("tag", LANGUAGES)
days = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))


UNPINNED = {"dates": DatePatterns(), "date_words": DateWords(), "numbers": Numbers(), "first_weekday": None}
"""What of a ``locale.toml`` leaves dates and numbers to the CLDR."""


def bare(text: str) -> str:
    return " ".join(text.split())


def test_every_language_is_in_the_tables() -> None:
    assert set(WORDS) == set(FIRST) == set(LANGUAGES)


@each
def test_dates_are_in_the_language(tag: str) -> None:
    language, (weekday, month) = LANGUAGES[tag], WORDS[tag]

    assert language.weekday(MONDAY).casefold() == weekday.casefold()
    assert weekday.casefold() in language.full(MONDAY).casefold()
    assert month in language.full(MONDAY)
    assert month in language.long(MONDAY)


@each
@given(day=days)
def test_no_date_is_all_digits(tag: str, day: dt.date) -> None:
    """The month stands in letters or with its word, the year with four digits, and the digits are 0 to 9."""
    language = LANGUAGES[tag]

    for text in (language.full(day), language.long(day), language.medium(day)):
        numbers = re.findall(r"\d+", text)
        assert str(day.year) in numbers
        assert str(day.day) in numbers
        assert text.isascii() or not re.search(r"[^\W\da-zA-Z_]*[^0-9\D]", text)
        assert re.search(r"[^\W\d_]", re.sub(r"\b(г|y)\b", "", text)), "a letter beside the abbreviation for year"
        assert not re.search(r"\d\s*[/.-]\s*\d", text)
    assert language.weekday(day).casefold() in language.full(day).casefold()
    assert str(day.year) in language.month(day)


@each
def test_every_day_of_a_year_has_a_date_of_its_own(tag: str) -> None:
    year = [dt.date(2028, 1, 1) + dt.timedelta(number) for number in range(366)]

    for form in (LANGUAGES[tag].full, LANGUAGES[tag].long, LANGUAGES[tag].medium):
        assert len({form(day) for day in year}) == 366


@each
def test_no_two_languages_share_the_words_of_their_months(tag: str) -> None:
    """A language whose dates are another's would have all twelve in common with it; April is abril in two."""

    def months(language: Language) -> set[str]:
        return {language.long(dt.date(2026, month, 7)) for month in range(1, 13)}

    for other, language in LANGUAGES.items():
        assert other == tag or len(months(language) & months(LANGUAGES[tag])) < 3


@each
def test_the_letters_of_a_date_are_those_of_the_language(tag: str) -> None:
    script = Locale.parse(LANGUAGES[tag].file.cldr).language
    if script in ("ar", "hi", "ko", "ru", "zh"):
        for month in range(1, 13):
            text = LANGUAGES[tag].full(dt.date(2026, month, 7))
            assert not re.search("[A-Za-z]", text)


@each
def test_calendars_begin_the_week_where_the_reader_does(tag: str) -> None:
    assert DAYS[LANGUAGES[tag].first_weekday] == FIRST[tag]


@pytest.mark.parametrize(("cldr", "day"), [("he", "Sunday"), ("ja", "Sunday"), ("fr", "Monday"), ("so", "Monday")])
def test_a_language_without_a_territory_begins_as_where_it_is_spoken_most(cldr: str, day: str) -> None:
    file = read_toml(LOCALES / "en" / "locale.toml", LocaleFile).model_copy(update={"cldr": cldr, **UNPINNED})

    assert DAYS[Language(file, None).first_weekday] == day


# Languages that CLDR has no words for


def begun(tag: str, folder: Path, more: str = "", cldr: str = "") -> Path:
    """Return a folder with a language whose dates are left to the CLDR, but for the words ``more``."""
    place = folder / tag
    (place / "LC_MESSAGES").mkdir(parents=True)
    (place / "LC_MESSAGES" / "handouts.po").write_bytes(b"")
    text = draft(tag).partition("[dates]")[0].replace("first_weekday", "# first_weekday") + "[date_words]" + more
    if cldr:
        text = re.sub('(?m)^cldr = .*"', f'cldr = "{cldr}"', text)
    (place / "locale.toml").write_text(text, encoding="utf-8")
    return folder


HAITIAN = """
months = ["janvye", "fevriye", "mas", "avril", "me", "jen", "jiyè", "out", "septanm", "oktòb", "novanm", "desanm"]
months_short = ["janv", "fev", "mas", "avr", "me", "jen", "jiy", "out", "sept", "okt", "nov", "des"]
weekdays = ["lendi", "madi", "mèkredi", "jedi", "vandredi", "samdi", "dimanch"]
weekdays_narrow = ["L", "M", "M", "J", "V", "S", "D"]
"""


@pytest.mark.skipif(not localedata.exists("ht"), reason="the CLDR 46 does not know Haitian Creole at all")
def test_haitian_creole_is_not_printed_with_french_dates(tmp_path: Path) -> None:
    """The CLDR 47 hands on French words for it, the CLDR 48 has none."""
    borrowed = LANGUAGES["en"].file.model_copy(update={"cldr": "ht", **UNPINNED})
    assert any(word in Language(borrowed, None).long(dt.date(2026, 1, 7)) for word in ("janvier", "M01"))

    with pytest.raises(LanguageError, match="no words of its own for the dates of Haitian Creole"):
        read_language("ht", begun("ht", tmp_path / "without"))
    half = "\n".join(HAITIAN.splitlines()[:3])
    with pytest.raises(LanguageError, match="no words of its own"):
        read_language("ht", begun("ht", tmp_path / "half", half))
    own = read_language("ht", begun("ht", tmp_path / "with", HAITIAN))
    assert "lendi" in own.full(MONDAY).casefold()
    assert "desanm" in own.long(MONDAY)


@pytest.mark.parametrize(
    ("tag", "cldr"), [("so", "en_US"), ("hi", "hi_Latn"), ("nn", "nb"), ("uk", "ru"), ("fr", "root")]
)
def test_a_language_takes_no_dates_from_another(tag: str, cldr: str, tmp_path: Path) -> None:
    with pytest.raises(LanguageError, match="no words of its own"):
        read_language(tag, begun(tag, tmp_path, cldr=cldr))


@pytest.mark.parametrize("tag", ["so", "uk", "fil", "nb", "sw", "zh_Hant", "pt_PT", "sr_Latn", "he", "am"])
def test_a_language_with_words_in_the_cldr_needs_none(tag: str, tmp_path: Path) -> None:
    folder = begun(tag, tmp_path)

    assert read_locale(tag, folder).date_words == DateWords()
    assert read_language(tag, folder).file.whole


# What a page joins


@pytest.mark.parametrize(
    ("tag", "marks"),
    [
        ("en", (".", ", ", "; ", ": ")),
        ("zh_Hans", ("。", "，", "；", "：")),
        ("hi", ("।", ", ", "; ", ": ")),
        ("ar", (".", "، ", "؛ ", ": ")),
        ("fr", (".", ", ", "\u202f; ", "\u00a0: ")),
        ("ru", (".", ", ", "; ", ": ")),
    ],
)
def test_marks_are_the_language_s(tag: str, marks: tuple[str, ...]) -> None:
    assert LANGUAGES[tag].marks == marks


def test_a_locale_file_may_say_otherwise() -> None:
    file = LANGUAGES["hi"].file.model_copy(update={"full_stop": ".", "comma": " , "})

    assert Language(file, LANGUAGES["hi"].catalog).marks == Marks(".", " , ", "; ", ": ")


@pytest.mark.parametrize("text", ["Yes.", "2026 г.", "Yes?", "好。", "हाँ।", "“Yes.”", "(Yes.)", "نعم؟", "Well…"])
def test_what_has_an_end_gets_no_other(text: str) -> None:
    assert ended(text)


@pytest.mark.parametrize("text", ["", "Yes", "好", "“Yes”", "No (not yet)", "12,5", "a:"])
def test_what_has_no_end_gets_one(text: str) -> None:
    assert not ended(text)


def test_every_full_stop_is_an_end() -> None:
    assert all(ended(f"x{marks.full_stop}") for marks in OWN.values())


def shown(tag: str, name: str, document: str) -> str:
    page = html(drug_of(name), document, language=LANGUAGES[tag])
    lines = re.sub("<(?!/?(span|strong))[^>]+>", "\n", page)
    return bare(markup.unescape(re.sub("<[^>]+>", "", lines)))


@each
@pytest.mark.parametrize("name", FORMULARY.ids())
def test_no_sentence_ends_twice_or_in_english(tag: str, name: str) -> None:
    for document in documents_of("intake", drug_of(name)):
        text = shown(tag, name, document)
        found = [text[max(0, match.start() - 20) : match.end() + 10] for match in WRONG.finditer(text)]
        assert found == []


def test_a_date_that_ends_in_a_point_ends_its_sentence() -> None:
    text = shown("ru", "ocrelizumab", "handout")

    assert re.search(r"\d{4} г\. [А-Я]", unicodedata.normalize("NFKC", text))


@each
def test_closed_days_are_one_sentence(tag: str) -> None:
    drug, language = drug_of("ocrelizumab"), LANGUAGES[tag]
    third = plan(drug, Treatment(start=MONDAY)).infusions[2].date
    dated = plan(drug, Treatment(start=MONDAY), closed=lambda day: day == third)
    text = plan_values(drug, dated, outline(drug, dated), language.translator())["plan.closed"]

    assert language.medium(third).rstrip(".") in text
    assert ".." not in text
    assert ended(text)
