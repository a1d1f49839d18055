"""What a schedule shows: its timeline and its months, and what they leave out; doses; closed days."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import FORMULARY, LANGUAGES, drug_of, html
from stamping import LIBRARY, form_of, order, prepared
from treatments import plans

from handouts.content.clinic import sample_clinic
from handouts.model import Kind, Month, Plan, Treatment
from handouts.press.shaping import Faces
from handouts.press.stamp import Stamp
from handouts.schedule import plan
from handouts.values import MONTHS, TIMELINE, listed_infusions, outline, plan_values

ENGLISH = LANGUAGES["en"]
DAY = dt.timedelta(days=1)
MORE = "More dates are under"
every_drug = pytest.mark.parametrize("drug", FORMULARY.ids())
many = settings(deadline=None, max_examples=50)


def values_of(drug: str, dated: Plan) -> dict[str, str]:
    return plan_values(drug_of(drug), dated, outline(drug_of(drug), dated), ENGLISH.translator())


def stops(drug: str, dated: Plan) -> list[dt.date]:
    """Return the dates of the timeline."""
    days = {ENGLISH.medium(visit.date): visit.date for visit in dated.visits}
    found = values_of(drug, dated)
    return [days[found[f"stop.{at}.date"]] for at in range(1, outline(drug_of(drug), dated).stops + 1)]


@every_drug
@given(data=st.data())
@many
def test_no_infusion_falls_between_two_stops(drug: str, data: st.DataObject) -> None:
    dated = data.draw(plans(drug))
    shown, infusions = stops(drug, dated), {visit.date for visit in dated.infusions}

    assert shown == sorted(shown)
    assert len(shown) <= TIMELINE
    begins_here = {day for day in infusions if day - DAY not in infusions}
    assert {day for day in begins_here if shown and day <= shown[-1]} <= set(shown)


@every_drug
@given(data=st.data())
@many
def test_nothing_stands_after_infusions_that_are_not_listed(drug: str, data: st.DataObject) -> None:
    dated = data.draw(plans(drug))
    listed, shape = listed_infusions(drug_of(drug), dated), outline(drug_of(drug), dated)

    if listed and not shape.complete:
        assert all(day <= listed[-1].date for day in stops(drug, dated))


@every_drug
@given(data=st.data())
@many
def test_the_next_infusion_is_marked(drug: str, data: st.DataObject) -> None:
    dated = data.draw(plans(drug))
    values, shown = values_of(drug, dated), stops(drug, dated)
    marked = [day for at, day in enumerate(shown, start=1) if values[f"stop.{at}.next"]]

    assert marked == [visit.date for visit in dated.infusions[:1]]


@every_drug
@given(data=st.data())
@many
def test_a_month_shows_all_of_its_visits(drug: str, data: st.DataObject) -> None:
    dated = data.draw(plans(drug))
    values = values_of(drug, dated)
    grids = [Month.load(values[f"calendar.{at}"]) for at in range(1, MONTHS + 1) if values[f"calendar.{at}"]]

    shown = [(grid.year, grid.month) for grid in grids]
    visits = [
        visit for visit in dated.visits if visit.kind is Kind.INFUSION or (visit.series and visit.kind is not Kind.END)
    ]
    assert shown == sorted({(visit.date.year, visit.date.month) for visit in visits})[: len(shown)]
    for grid in grids:
        inside = [visit for visit in dated.visits if (visit.date.year, visit.date.month) == (grid.year, grid.month)]
        ringed = {visit.date.day for visit in inside if visit.kind is Kind.INFUSION}
        assert set(grid.infusions) == ringed
        assert (
            set(grid.tests)
            == {visit.date.day for visit in inside if visit.series and visit.kind is not Kind.END} - ringed
        )


@pytest.mark.parametrize(("drug", "more"), [("natalizumab", True), ("alemtuzumab", True), ("ocrelizumab", False)])
def test_a_timeline_says_when_it_is_not_all(drug: str, more: bool) -> None:
    assert (MORE in html(drug_of(drug), "handout")) is more


@pytest.mark.parametrize("typed", ["1000", "1,000mg", "1000.00 MG", " 1000 mg"])
def test_an_ordered_dose_says_its_unit(typed: str) -> None:
    drug = drug_of("methylprednisolone")
    treatment = Treatment(start=dt.date(2026, 12, 7), days=3, dose=typed)
    for document in ("handout", "schedule", "consent"):
        page = html(drug, document, treatment=treatment)
        assert "1000\u00a0mg" in page.replace(" mg", "\u00a0mg")
        assert typed.strip() in "1000 mg" or typed not in page


def test_a_consent_asks_for_one_programme() -> None:
    page = html(drug_of("natalizumab"), "consent")
    assert page.count("I must be enrolled in") == 1
    assert "TOUCH" in page and "TYRUKO REMS" in page


@pytest.mark.parametrize("locale", ["en", "es", "ru", "vi", "zh_Hans"])
def test_closed_days_fit_where_an_edition_prints_them(locale: str) -> None:
    """Every infusion is on a Sunday, and the clinic is closed then."""
    clinic = sample_clinic().model_copy(update={"closed_weekdays": ("sunday",)})
    wanted = prepared(
        order("natalizumab", Treatment(done=3, last=dt.date(2026, 11, 1)), locale=locale, packet="handout"),
        ("handout", "schedule"),
        clinic,
    )

    assert wanted.values["plan.closed"] and wanted.values["visit.1.closed"]
    assert Stamp(form_of(wanted), Faces(LIBRARY.fonts)).pdf(wanted.values)


def test_a_review_on_a_closed_day_is_said() -> None:
    clinic = sample_clinic().model_copy(update={"closed_weekdays": ("saturday", "sunday")})
    dated = plan(drug_of("natalizumab"), Treatment(start=dt.date(2026, 12, 7)), closed=clinic.is_closed)
    shut = {visit.date for visit in dated.visits if visit.closed}

    assert dt.date(2027, 3, 7) in shut, "three months after the first infusion, a Sunday"
    assert {visit.kind for visit in dated.visits if visit.closed} <= {Kind.INFUSION, Kind.REVIEW}
    assert "Mar 7, 2027" in values_of("natalizumab", dated)["plan.closed"]
