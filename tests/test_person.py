"""What people type about a patient: hostile names, exact record numbers, dates in one way only."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handouts.content.person import BLANKS, DIRECTION, KEYS, LINE_BREAKS, parse_date, read_order, read_treatment
from handouts.errors import InputError, Problem
from handouts.model import Order, Patient, Treatment

TODAY = dt.date(2026, 11, 21)
LEAST: dict[str, object] = {
    "name": "Ana Ruiz",
    "dob": "1980-05-06",
    "mrn": "0042",
    "drug": "ocrelizumab",
    "start": "2026-12-01",
}


def everything(text: str) -> list[str]:
    """A font that prints every character."""
    return []


def read(changes: Mapping[str, object] | None = None) -> Order:
    return read_order({**LEAST, **(changes or {})}, TODAY, everything)


def problems(changes: Mapping[str, object]) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read(changes)
    return list(caught.value.problems)


def problem(key: str, value: object) -> Problem:
    """Return the only problem with ``value`` under ``key``; it is at the key."""
    (found,) = problems({key: value})
    assert found.where == key
    assert found.hint
    return found


def test_the_least_order() -> None:
    assert read() == Order(
        patient=Patient("Ana Ruiz", dt.date(1980, 5, 6), "0042"),
        drug="ocrelizumab",
        treatment=Treatment(start=dt.date(2026, 12, 1)),
    )


def test_the_fullest_order() -> None:
    order = read(
        {
            **{"done": "3", "last": " 2026-06-01 ", "days": 5, "dose": "1000  mg", "locale": "es_MX", "with": " "},
            **{"packet": "intake", "sex": "Female", "size": "LARGE", "paper": "A4"},
            **{"prescriber": "Dr. Łukasz  Żółć", "interpreter": "Eva #12"},
        }
    )
    assert order == Order(
        patient=Patient("Ana Ruiz", dt.date(1980, 5, 6), "0042", "f"),
        drug="ocrelizumab",
        treatment=Treatment(dt.date(2026, 12, 1), 3, dt.date(2026, 6, 1), 5, "1000 mg"),
        locale="es-MX",
        packet="intake",
        paper="a4",
        size="large",
        prescriber="Dr. Łukasz Żółć",
        interpreter="Eva #12",
    )


def test_empty_values_are_no_values() -> None:
    blank = {key: "" for key in KEYS if key not in LEAST}
    assert read(blank) == read({key: None for key in blank}) == read()


def test_every_problem_at_once() -> None:
    wrong = {
        **{"name": "Ana\nRuiz", "dob": "06/05/80", "mrn": "", "drug": "", "start": "soon", "done": "three"},
        **{"last": "2026-02-30", "days": 0, "locale": "Spanish", "with": "es", "packet": "../x", "sex": "?"},
        **{"size": "huge", "paper": "a5", "prescriber": "\x07", "interpreter": "\u202e", "nmae": "x", "dose": 1.5},
    }
    assert {found.where for found in problems(wrong)} == wrong.keys()


def test_unknown_keys_have_a_near_name() -> None:
    assert problem("DOB", "1980-05-06").hint == "did you mean dob?"
    assert problem("prescribed", "Dr. Lee").hint == "did you mean prescriber?"
    assert problem("shoe", "x").hint.startswith("known: name, dob")


def test_required_keys_are_missed_by_name() -> None:
    with pytest.raises(InputError) as caught:
        read_order({}, TODAY, everything)
    assert [found.where for found in caught.value.problems] == ["name", "dob", "mrn", "drug", "start"]


def test_a_treatment_under_way_needs_no_start() -> None:
    assert read({"start": "", "done": 2, "last": "2026-06-01"}).treatment.start is None
    assert problem("start", "").message == "the day of the first infusion is missing"
    assert [found.where for found in problems({"start": "", "done": "two"})] == ["done"]


def test_a_treatment_without_a_patient() -> None:
    assert read_treatment({"start": "2026-12-01", "days": "5"}) == Treatment(dt.date(2026, 12, 1), days=5)
    with pytest.raises(InputError) as caught:
        read_treatment({"start": "12/1/2026", "done": "one", "last": "2026-02-30", "dose": "\x07"})
    assert [found.where for found in caught.value.problems] == ["start", "done", "last", "dose"]


@pytest.mark.parametrize("value", [1.0, True, [], {}, dt.date(1980, 5, 6), b"Ana"])
@pytest.mark.parametrize("key", [key for key in KEYS if key != "with"])
def test_values_are_text_or_whole_numbers(key: str, value: object) -> None:
    assert "must be text" in problem(key, value).message


def test_a_second_language_has_to_wait() -> None:
    assert problem("with", "es").message == "bilingual pages are not available yet"


def test_names_are_composed_and_their_spaces_collapsed() -> None:
    assert read({"name": "  Jose\u0301 \u00a0 Nu\u0301n\u0303ez\u3000 "}).patient.name == "José Núñez"
    assert read({"name": "محمد‌رضا"}).patient.name == "محمد‌رضا"


@pytest.mark.parametrize(
    "name", ["<b>Ana</b> & Co", "{{ 7*7 }}", "Robert'); DROP TABLE", "%(name)s", "O’Neil-Ng, J. (Jo)", "R2"]
)
def test_markup_is_only_text(name: str) -> None:
    assert read({"name": name}).patient.name == name


@pytest.mark.parametrize(
    ("char", "code", "reason"),
    [
        ("\n", "U+000A", "line break"),
        ("\u2028", "U+2028 LINE SEPARATOR", "line break"),
        ("\t", "U+0009", "control"),
        ("\x00", "U+0000", "control"),
        ("\x9b", "U+009B", "control"),
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE", "direction"),
        ("\u2066", "U+2066 LEFT-TO-RIGHT ISOLATE", "direction"),
        ("\u061c", "U+061C ARABIC LETTER MARK", "direction"),
        ("\u200b", "U+200B ZERO WIDTH SPACE", "invisible"),
        ("\ufeff", "U+FEFF ZERO WIDTH NO-BREAK SPACE", "invisible"),
        ("\u00ad", "U+00AD SOFT HYPHEN", "invisible"),
        ("\u2800", "U+2800 BRAILLE PATTERN BLANK", "invisible"),
        ("\u3164", "U+3164 HANGUL FILLER", "invisible"),
        ("\U000e0041", "U+E0041 TAG LATIN CAPITAL LETTER A", "invisible"),
        ("\ufffd", "U+FFFD REPLACEMENT CHARACTER", "damaged"),
        ("\ud83d", "U+D83D", "surrogate"),
        ("\ue000", "U+E000", "private-use"),
        ("\U0010fffd", "U+10FFFD", "private-use"),
        ("\u0378", "U+0378", "not assigned"),
        ("\ufdd0", "U+FDD0", "not assigned"),
    ],
)
@pytest.mark.parametrize("key", ["name", "mrn", "prescriber", "interpreter", "drug", "dose"])
def test_characters_are_refused_by_code_point_and_name(key: str, char: str, code: str, reason: str) -> None:
    found = problem(key, f"Zoe{char}Quist{char}")
    assert code in found.message
    assert reason in found.message
    assert "Zoe" not in str(found) + found.hint


@pytest.mark.parametrize("name", ["\u102d0 Ka", "Ana \u0301lvarez", "Ka-\u093e", "Ana \u200d\u093e"])
def test_a_mark_without_a_letter_is_refused(name: str) -> None:
    assert "stands on no letter" in problem("name", name).message


@pytest.mark.parametrize("name", ["Ade\u0301ba\u0323\u0300", "क्‍ष कुमारी", "ကျော်", "สมหญิง", "מָשֶׁה", "محمّد"])
def test_a_mark_on_a_letter_is_read(name: str) -> None:
    assert read({"name": name}).patient.name == unicodedata.normalize("NFC", name)


def test_a_name_has_letters_and_an_end() -> None:
    assert problem("name", " \u00a0 ").message
    assert problem("name", "— ’ \u200d").message == "has no letter in it"
    assert read({"name": "é" * 120}).patient.name == "é" * 120
    assert read({"name": "e\u0301" * 120}).patient.name == "é" * 120
    assert "120" in problem("name", "a" * 121).message


def test_missing_glyphs_are_refused_by_character_and_code_point() -> None:
    def no_chinese(text: str) -> list[str]:
        return [char for char in text if char > "\u2fff" or char == "\u0301"]

    with pytest.raises(InputError) as caught:
        read_order({**LEAST, "name": "Wu 輸", "prescriber": "q\u0301", "mrn": "液1"}, TODAY, no_chinese)
    assert [(found.where, found.message) for found in caught.value.problems] == [
        ("name", "no font in this installation has U+8F38 CJK UNIFIED IDEOGRAPH-8F38 (輸)"),
        ("mrn", "no font in this installation has U+6DB2 CJK UNIFIED IDEOGRAPH-6DB2 (液)"),
        ("prescriber", "no font in this installation has U+0301 COMBINING ACUTE ACCENT (◌\u0301)"),
    ]


@pytest.mark.parametrize("mrn", ["0", "000042", "A-00 12/7", "e\u0301", "É1", "0" * 40])
def test_record_numbers_are_kept_exactly(mrn: str) -> None:
    assert read({"mrn": mrn}).patient.mrn == mrn


@pytest.mark.parametrize(
    "mrn", [" 42", "42 ", "4\u00a02", "\u300042", "0" * 41, 10**40, pytest.param(-(10**5000), id="enormous")]
)
def test_record_numbers_that_would_not_be_exact_are_refused(mrn: object) -> None:
    found = problem("mrn", mrn)
    assert "42" not in found.message


@pytest.mark.parametrize("mrn", ["1.23457E+11", "1E+05", "12345.0", "12345.00", "'000123"])
def test_a_record_number_that_a_spreadsheet_changed_is_refused(mrn: str) -> None:
    assert problem("mrn", mrn).message == "is a number as a spreadsheet writes it, not the record number"


@pytest.mark.parametrize("mrn", ["12E5", "1.5", "E+05", "A'12", "12.0.1"])
def test_other_record_numbers_look_a_little_like_it(mrn: str) -> None:
    assert read({"mrn": mrn}).patient.mrn == mrn


def test_a_record_number_may_be_a_number() -> None:
    assert read({"mrn": 42}).patient.mrn == "42"


@pytest.mark.parametrize("key", ["done", "days"])
@pytest.mark.parametrize("value", ["3.0", "three", "-1", -1, "1e3", "٣", "3 4", "10000", 10**50, "9" * 99])
def test_counts_are_whole_numbers(key: str, value: object) -> None:
    assert problem(key, value).message


def test_counts_from_text_and_numbers() -> None:
    treatment = read({"done": " 03 ", "days": 5}).treatment
    assert (treatment.done, treatment.days) == (3, 5)
    assert read({"done": 0}).treatment.done == 0
    assert problem("days", "0").message == "is not a whole number from 1 to 9999"


@pytest.mark.parametrize(
    ("typed", "sex"), [("f", "f"), ("M", "m"), ("x", "x"), ("male", "m"), ("FEMALE ", "f"), ("", None), (None, None)]
)
def test_sex(typed: object, sex: str | None) -> None:
    assert read({"sex": typed}).patient.sex == sex


@pytest.mark.parametrize("locale", ["en", "es-MX", "zh-Hant-TW", "es-419", "hmn"])
def test_locales(locale: str) -> None:
    assert read({"locale": locale}).locale == locale


@pytest.mark.parametrize("locale", ["Spanish", "e", "es-", "../en", "es MX", "en.UTF-8", "é"])
def test_locales_are_tags(locale: str) -> None:
    assert "language tag" in problem("locale", locale).message


def test_lives_that_cannot_be() -> None:
    assert [(found.where, found.message) for found in problems({"dob": "2026-11-22", "last": "2026-01-01"})] == [
        ("dob", "is in the future"),
        ("last", "is before the date of birth"),
    ]
    assert read({"dob": "2026-11-21"}).patient.dob == TODAY
    assert problem("dob", "1899-12-31").message == "is before 1900-01-01"
    assert problem("start", "1980-05-05").message == "is before the date of birth"


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ("03/04/2026", "ambiguous: 03/04/2026 could be 4 March or 3 April", "write 2026-03-04 or 2026-04-03"),
        ("3.4.2026", "ambiguous: 3.4.2026 could be 4 March or 3 April", "write 2026-03-04 or 2026-04-03"),
        ("03-04-2026", "ambiguous: 03-04-2026 could be 4 March or 3 April", "write 2026-03-04 or 2026-04-03"),
        ("13/04/2026", "is not written as YYYY-MM-DD", "write 2026-04-13"),
        ("04/13/2026", "is not written as YYYY-MM-DD", "write 2026-04-13"),
        ("4/4/2026", "is not written as YYYY-MM-DD", "write 2026-04-04"),
        ("13/13/2026", "is not written as YYYY-MM-DD", "write it like 2026-12-01"),
        ("2026/3/4", "is not written as YYYY-MM-DD", "write 2026-03-04"),
        ("2026-3-4", "is not written as YYYY-MM-DD", "write 2026-03-04"),
        ("03/04/26", "has a year of two digits", "write all four digits of the year: YYYY-MM-DD"),
        ("26-03-04", "has a year of two digits", "write all four digits of the year: YYYY-MM-DD"),
        ("2026-13-01", "there is no month 13", "check the date; it is written as YYYY-MM-DD"),
        ("2026-00-01", "there is no month 00", "check the date; it is written as YYYY-MM-DD"),
        (
            "2026-02-30",
            "there is no day 30 in February 2026, which has 28 days",
            "check the date; it is written as YYYY-MM-DD",
        ),
        (
            "2028-02-00",
            "there is no day 00 in February 2028, which has 29 days",
            "check the date; it is written as YYYY-MM-DD",
        ),
        ("0000-01-01", "there is no year 0000", "check the date; it is written as YYYY-MM-DD"),
        ("4 March 2026", "is not a date written as YYYY-MM-DD", "write it like 2026-12-01"),
        ("20260304", "is not a date written as YYYY-MM-DD", "write it like 2026-12-01"),
        ("2026-03-04T00:00", "is not a date written as YYYY-MM-DD", "write it like 2026-12-01"),
        ("٢٠٢٦-٠٣-٠٤", "is not a date written as YYYY-MM-DD", "write it like 2026-12-01"),
        ("", "is not a date written as YYYY-MM-DD", "write it like 2026-12-01"),
    ],
)
def test_dates_are_written_in_one_way_only(typed: str, message: str, hint: str) -> None:
    assert parse_date(typed, "start") == Problem("start", message, hint)


@given(st.dates())
def test_iso_dates_are_read(day: dt.date) -> None:
    assert parse_date(f" {day.isoformat()} ", "start") == day


@given(st.text(max_size=12) | st.from_regex(r"\A[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}\Z"))
def test_no_other_text_is_a_date(text: str) -> None:
    found = parse_date(text, "start")
    assert isinstance(found, Problem) or found.isoformat() == text.strip()


@given(
    st.sampled_from(
        ["{m:02}/{d:02}/{y}", "{d}.{m}.{y}", "{y}/{m}/{d}", "{y}-{m}-{d} x", "{m}/{d}/{y:.2}", "{y}-{m}-39"]
    )
    | st.just("{y}-13-{d:02}"),
    st.dates(dt.date(1900, 1, 1), TODAY),
)
def test_dates_of_birth_are_never_repeated(pattern: str, day: dt.date) -> None:
    typed = pattern.replace("{y:.2}", str(day.year)[2:]).format(y=day.year, m=day.month, d=day.day)
    for where in ("dob", "roster.csv:7:dob"):
        found = parse_date(typed, where)
        assert isinstance(found, Problem)
        said = (found.message + found.hint).replace("2026-12-01", "").replace("01 to 12", "")
        assert not any(char.isdigit() for char in said)


def planes() -> st.SearchStrategy[str]:
    """Text from every plane of Unicode, surrogates and controls included."""
    by_plane = [st.integers(plane << 16, (plane << 16) + 0xFFFF) for plane in range(17)]
    hostile = st.sampled_from(
        sorted({*DIRECTION, *LINE_BREAKS, *BLANKS, *"<>&\"'{}%\\\0\t\x1b\u200d\ufffd\ufeff\u0301"})
    )
    char = st.one_of(st.one_of(*by_plane).map(chr), hostile, st.characters(), st.sampled_from("abc éñŁ محمد 輸"))
    return st.text(char, max_size=20) | st.text("<script>{{ a & b }}'\" ", max_size=60)


@given(planes())
def test_a_name_is_printable_or_refused(name: str) -> None:
    try:
        kept = read({"name": name}).patient.name
    except InputError as error:
        assert {found.where for found in error.problems} == {"name"}
        return
    assert kept == unicodedata.normalize("NFC", kept).strip()
    assert "  " not in kept
    assert 0 < len(kept) <= 120
    categories = {unicodedata.category(char) for char in kept if char not in "\u200c\u200d"}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not set(kept) & (DIRECTION | LINE_BREAKS | BLANKS)
    assert len(kept.splitlines()) == 1
    letters = unicodedata.normalize("NFC", "".join(name.split()))
    assert "".join(kept.split()) == letters


@given(planes())
def test_a_record_number_is_exact_or_refused(mrn: str) -> None:
    try:
        assert read({"mrn": mrn}).patient.mrn == mrn
        assert mrn.isprintable()
    except InputError as error:
        assert {found.where for found in error.problems} == {"mrn"}


@given(
    st.text("QXZJ", min_size=4, max_size=200),
    st.sampled_from(["name", "mrn"]),
    st.sampled_from("\n\u202e\x00\ufffd輸"),
)
def test_names_and_record_numbers_are_never_repeated(text: str, key: str, char: str) -> None:
    with pytest.raises(InputError) as caught:
        read_order({**LEAST, key: text + char, "sex": text}, TODAY, lambda typed: [c for c in typed if c == "輸"])
    for found in caught.value.problems:
        assert text not in str(found) + found.hint


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), st.none() | st.integers() | planes() | st.floats()))
def test_any_mapping_is_an_order_or_problems(data: dict[str, object]) -> None:
    try:
        order = read_order(data, TODAY, everything)
    except InputError as error:
        assert error.problems
        assert {found.where for found in error.problems} <= {*KEYS, *data}
    else:
        assert isinstance(order, Order)
