"""From rows to orders: what refuses a row, what refuses it beside the others, and what is only said."""

from __future__ import annotations

import datetime as dt
import tracemalloc
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rosters import HEADINGS, LEAST, as_csv, calm, judge, outcome, patient, problems, said, saved
from test_person import planes

from handouts.content.person import KEYS, PRIVATE
from handouts.errors import HandoutError
from handouts.model import Order, Patient, Treatment
from handouts.packet import typesetting
from handouts.roster.identity import Identities
from handouts.roster.orders import identified, judged
from handouts.roster.table import Row

DAY = dt.date(2026, 12, 7)


def row(number: int, **changes: str) -> Row:
    data = {**LEAST, **changes}
    return Row(number, data, tuple(data.values()), data, {})


def test_a_row_becomes_an_order(tmp_path: Path) -> None:
    (found,) = outcome(saved(tmp_path, as_csv([{**LEAST, "drug": "OCREVUS", "locale": "es_MX"}])))

    assert found.problems == found.warnings == ()
    assert found.order == Order(
        Patient("Sample Patient", dt.date(1980, 1, 2), "000123"), "ocrelizumab", Treatment(DAY), locale="es-MX"
    )


def test_the_wording_of_another_country_is_said() -> None:
    (warning,) = judge().order(row(2, locale="pt-PT")).warnings

    assert "pt-PT is printed as pt-BR, Brazilian Portuguese" in warning.message
    assert judge().order(row(2, locale="pt")).warnings == ()


def test_two_tags_of_one_language_are_the_same_order(tmp_path: Path) -> None:
    found = outcome(saved(tmp_path, as_csv([{**LEAST, "locale": tag} for tag in ("es", "es_MX", "spa", "en")])))

    assert [one.order is None for one in found] == [False, True, True, False]


def test_every_problem_of_every_row_at_once(tmp_path: Path) -> None:
    wrong = {
        **{"mrn": " 7", "name": "", "dob": "1/2/80", "drug": "aspirin", "start": "2026-12-07", "last": "2026-12-01"},
        **{"locale": "tlh", "packet": "all", "sex": "?", "size": "huge"},
    }
    columns = (*HEADINGS, "last", "packet", "sex", "size")
    rows = [wrong, patient(1), {**wrong, "drug": "ocrelizumab", "packet": "handout", "locale": ""}]
    found = outcome(saved(tmp_path, as_csv(rows, columns)))

    first = {where for number, where in problems(found) if number == 2}
    assert first == {"mrn", "name", "dob", "drug", "locale", "sex", "size"}
    assert problems(found[1:2]) == []
    third = {where for number, where in problems(found) if number == 4}
    assert third == {"mrn", "name", "dob", "done", "locale", "sex", "size"}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        pytest.param({"drug": "aspirin"}, "drug", id="unknown drug"),
        pytest.param({"locale": "tlh"}, "locale", id="unknown language"),
        pytest.param({"locale": "zh-TW"}, "locale", id="another script"),
        pytest.param({"locale": "en-XA"}, "locale", id="a made-up language"),
        pytest.param({"packet": "all"}, "packet", id="unknown packet"),
        pytest.param({"done": "3"}, "last", id="half a history"),
        pytest.param({"drug": "alemtuzumab", "start": "2026-12-07", "days": "9"}, "days", id="not its days"),
        pytest.param({"drug": "methylprednisolone"}, "days", id="days from the prescriber"),
        pytest.param({"drug": "mitoxantrone", "done": "99", "last": "2026-09-01"}, "done", id="beyond a lifetime"),
        pytest.param({"name": "Sample ꆈ"}, "name", id="no glyph"),
    ],
)
def test_what_would_refuse_a_packet_refuses_the_row(changes: dict[str, str], where: str) -> None:
    found = judge().order(row(2, **changes))

    assert found.order is None
    assert where in {problem.where for problem in found.problems}
    assert all(problem.hint for problem in found.problems)


def test_no_language_is_not_english() -> None:
    (problem,) = judge().order(row(2, locale=" ")).problems

    assert (problem.where, problem.message) == ("locale", "no language is given")


# Beside the others


def beside(*rows: Row) -> list[tuple[int, str, str]]:
    """Return row, column and message of every problem."""
    found = judged(rows, judge(), identified(rows, judge()))
    return [(one.row.number, p.where, p.message) for one in found for p in one.problems]


@pytest.mark.parametrize("changes", [{"name": "Sample Person"}, {"dob": "1980-02-01"}])
def test_one_record_number_with_two_people_refuses_both(changes: dict[str, str]) -> None:
    rows = [
        row(2),
        row(3, mrn="4", name="Other Person"),
        row(4, start="2026-12-08", **changes),
        row(5, start="2027-01-04"),
    ]
    message = "row {} has the same record number with another name or date of birth"

    assert beside(*rows) == [(n, "mrn", message.format(other)) for n, other in ((2, 4), (4, 2), (5, 4))]


def test_one_person_may_come_twice() -> None:
    assert beside(row(2), row(3, name="SAMPLE  patient", start="2026-12-08"), row(4, drug="natalizumab")) == []


def test_the_later_of_two_equal_orders_is_refused() -> None:
    rows = [row(2), row(3, drug="Ocrevus", packet="intake"), row(4, locale="es"), row(5, packet="handout"), row(6)]

    assert [(number, where) for number, where, _ in beside(*rows)] == [(3, ""), (6, "")]
    assert "as row 2" in beside(*rows)[-1][2]


def test_record_numbers_are_compared_exactly() -> None:
    assert beside(row(2, mrn="42"), row(3, mrn="0042", name="Other Person"), row(4, mrn="42a", name="Third")) == []


# Names that look alike


def alerts(*people: tuple[str, str], days: tuple[dt.date, ...] = ()) -> list[str]:
    """Return what is said about each of these names and record numbers, in turn."""
    identities = Identities()
    when = days or (DAY,) * len(people)
    for number, ((name, mrn), day) in enumerate(zip(people, when, strict=True), start=2):
        identities.note(number, {"name": name, "dob": "1980-01-02", "mrn": mrn}, ("x",), day)
    identities.settle()
    found = []
    for number, ((name, mrn), day) in enumerate(zip(people, when, strict=True), start=2):
        found.append(" ".join(said(warning) for warning in identities.alerts(number, name, mrn, day)))
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana Ruiz", "Ana Ruiz"),
        ("Ana Ruiz", "Ruiz, Ana"),
        ("Ana Ruiz", "ANA RUÍZ"),
        ("Ana Ruiz", "Anna Ruiz"),
        ("Ana Ruiz", "Ana Ruis"),
        ("Ana Ruiz", "Ana Riuz"),
        ("Ana Ruiz", "Ána-Ruiz"),
        ("Wu", "wu"),
        ("محمد علي", "محمد على"),
    ],
)
def test_names_that_look_alike_on_one_day(one: str, other: str) -> None:
    first, second = alerts((one, "1"), (other, "2"))

    assert first == ""
    assert "row 2 is another patient with a name like this one, on 2026-12-07" in second
    assert one not in second


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ana Ruiz", "Ana Perez"), ("Wu", "Wo"), ("Sample A 12", "Sample A 13"), ("Ana Ruiz", "Eva Diaz")],
)
def test_names_that_do_not(one: str, other: str) -> None:
    assert alerts((one, "1"), (other, "2")) == ["", ""]


@pytest.mark.parametrize(("last", "doubted"), [("2026-11-21", False), ("2026-11-22", True), ("2062-06-08", True)])
def test_an_infusion_that_was_given_after_today_is_doubted(tmp_path: Path, last: str, doubted: bool) -> None:
    row = {**LEAST, "start": "", "done": "3", "last": last}
    (found,) = outcome(saved(tmp_path, as_csv([row], tuple(row))))

    assert found.order
    assert [warning.where for warning in found.warnings] == ["last"] * doubted


def test_a_refused_row_has_its_alert_too(tmp_path: Path) -> None:
    """Corrected, it is run again without the others."""
    rows = [LEAST, {**LEAST, "name": "Sample Patiens", "mrn": "000124", "dob": "x"}]
    first, second = outcome(saved(tmp_path, as_csv(rows)))

    assert first.order and not first.warnings
    assert second.order is None
    assert ["row 2" in warning.message for warning in second.warnings] == [True]


def test_one_person_twice_is_no_alert_and_neither_is_another_day() -> None:
    assert alerts(("Ana Ruiz", "1"), ("Ana Ruiz", "1")) == ["", ""]
    assert alerts(("Ana Ruiz", "1"), ("Ana Ruiz", "2"), days=(DAY, DAY + dt.timedelta(1))) == ["", ""]


letters = st.text("abcdeé", min_size=5, max_size=12)


@calm
@given(letters, st.data())
def test_a_slip_of_one_letter_is_always_found(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    slip = data.draw(
        st.sampled_from([name[:at] + "x" + name[at:], name[:at] + "x" + name[at + 1 :], name[:at] + name[at + 1 :]])
    )

    if len(slip) >= 5:
        assert alerts((name, "1"), (slip, "2"))[1]


@calm
@given(st.lists(st.tuples(st.sampled_from(["Ana Ruiz", "Ana Ruis", "Eva Diaz", "Eva Dias"]), st.sampled_from("1234"))))
def test_whoever_has_a_double_is_named_in_an_alert(people: list[tuple[str, str]]) -> None:
    found = alerts(*people)
    for name, _ in people:
        alike = {other for written, other in people if written[:7] == name[:7]}
        if len(alike) > 1:
            assert any(text for text, (written, _) in zip(found, people, strict=True) if written[:7] == name[:7])


@calm
@given(st.lists(st.tuples(st.sampled_from("12"), st.sampled_from("AB"), st.sampled_from("xyz")), max_size=8))
def test_what_repeats_is_found_as_a_plain_reading_finds_it(people: list[tuple[str, str, str]]) -> None:
    identities = Identities()
    for number, (mrn, name, order) in enumerate(people):
        identities.note(number, {"name": name, "dob": "1980-01-02", "mrn": mrn}, (order,), None)
    identities.settle()

    for number, (mrn, name, _) in enumerate(people):
        clash = any(other == mrn and called != name for other, called, _ in people)
        twice = people[number] in people[:number]
        assert [problem.where for problem in identities.problems(number)] == ["mrn"] * clash + [""] * twice


def test_a_row_leaves_little_behind() -> None:
    def kept(rows: int) -> int:
        tracemalloc.start()
        identities = Identities()
        for number in range(2, rows):
            identities.note(number, patient(number), ("x",), DAY)
        identities.settle()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert kept(20_000) - kept(5_000) < 15_000 * 160


# Hostile rows

HOSTILE = st.one_of(
    planes(),
    st.sampled_from(
        ["=cmd|' /C calc'!A0", "../../etc/passwd", "..\\x", "{{ 7*7 }}", "{% raw %}", "<script>", "a" * 1000]
    ),
    st.sampled_from([*LEAST.values(), "2026-12-01", "03/04/2026", "3", "es", "intake", "large"]),
)


@calm
@given(st.dictionaries(st.sampled_from(KEYS), HOSTILE))
def test_any_row_is_an_order_or_has_problems(data: dict[str, str]) -> None:
    found = judge().order(row(2, **data))

    assert (found.order is None) == bool(found.problems)
    assert {problem.where for problem in found.problems} <= {*KEYS, "locales/es"}


@calm
@given(st.lists(st.dictionaries(st.sampled_from(HEADINGS), HOSTILE, max_size=2), max_size=6))
def test_any_roster_is_read_to_its_end(tmp_path_factory, changes: list[dict[str, str]]) -> None:
    rows = [
        {key: value.replace("\0", "").encode("utf-8", "ignore").decode() for key, value in {**LEAST, **change}.items()}
        for change in changes
    ]
    found = outcome(saved(tmp_path_factory.mktemp("any"), as_csv(rows)))

    assert len(found) == len(rows)
    assert all(one.row.number < other.row.number for one, other in pairwise(found))
    for written, item in zip(rows, found, strict=True):
        assert (item.order is None) == bool(item.problems)
        if item.order:
            assert item.order.patient.mrn == written["mrn"]
            assert item.order.patient.name.split() == unicodedata.normalize("NFC", written["name"]).split()


@calm
@given(st.dictionaries(st.sampled_from(sorted(PRIVATE)), st.text("QXZJ\n\u202e輸=", min_size=6, max_size=60)))
def test_a_problem_repeats_no_name_and_no_number(data: dict[str, str]) -> None:
    found = judge().order(row(2, **data))

    for problem in found.problems:
        assert not any(value in said(problem) for value in data.values())


@calm
@given(st.dictionaries(st.sampled_from(KEYS), HOSTILE))
def test_what_passes_can_be_prepared(data: dict[str, str]) -> None:
    found = judge().order(row(2, **data))
    if found.order:
        try:
            typesetting(judge().clinic, judge().library).prepare(found.order)
        except HandoutError as error:
            raise AssertionError(found.order) from error
