"""Schedules: the regimens' own examples, treatments under way, limits, closed days, and what always holds."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from handouts.content.drug import Drug
from handouts.content.formulary import open_formulary
from handouts.errors import Problem, Refused
from handouts.model import Kind, Plan, Treatment
from handouts.resources import drug_folder
from handouts.schedule import plan, schedule_json

FORMULARY = open_formulary(drug_folder())
SHIPPED = FORMULARY.ids()


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def build(steps: list[dict[str, Any]], *, ahead: int = 6, regimen: dict[str, Any] | None = None, **rest: Any) -> Drug:
    """Return a drug with nothing but a regimen and what else is given."""
    fact = {"source": ["s"]}
    table = {
        "id": "testdrug",
        "as_of": "2026-11-21",
        "sources": {"s": "made up for tests"},
        "names": {"generic": "testdrug", "route": "into a vein", **fact},
        "class": {"words": "A made-up medicine.", **fact},
        "use": {"words": ["MS with relapses"], **fact},
        "approval": [],
        "benefit": {"words": ["Fewer relapses"], **fact},
        "regimen": {
            "summary": ["As in the steps."],
            "steps": [{"label": f"Step {n}", "dose": mg(100)} | step | fact for n, step in enumerate(steps, 1)],
            "plan_infusions": ahead,
            "page_infusions": 1,
            **fact,
            **(regimen or {}),
        },
        "observation": [{"minutes": 60, **fact}],
        **{key: [{"words": "Something", **fact}] for key in ("common", "serious", "call", "emergency")},
        **rest,
    }
    return Drug.model_validate(table)


def mg(amount: float, unit: str = "mg") -> dict[str, Any]:
    return {"amount": amount, "unit": unit}


def fact(**values: Any) -> dict[str, Any]:
    return {"source": ["s"], **values}


START_THEN_REPEAT = [
    {"dose": mg(300), "minutes": 150},
    {"dose": mg(300), "after": {"days": 14}},
    {"dose": mg(600), "after": {"weeks": 24}, "every": {"weeks": 24}, "minutes": [120, 210]},
]
FOUR_WEEKLY = [{"dose": mg(300), "every": {"weeks": 4}}]
THREE_MONTHLY = [{"dose": mg(12, "mg/m²"), "every": {"months": 3}}]
TWO_COURSES = [{"dose": mg(12), "days": 5}, {"dose": mg(12), "days": 3, "after": {"months": 12}}]
ORDERED = [{"dose": None, "days": "order"}]
LIFETIME = {"lifetime": fact(limit=mg(140, "mg/m²"), words="There is a limit for life.")}
ORDER = {"order": fact(days=[3, 5], dose_unit="mg", dose=[500, 1000])}
MONTHLY_TESTS = fact(
    id="blood", kind="laboratory", words="Blood and urine tests", every={"months": 1}, until={"months": 48}
)


def ocrelizumab() -> Drug:
    return build(START_THEN_REPEAT, ahead=5)


def alemtuzumab(**rest: Any) -> Drug:
    return build(TWO_COURSES, ahead=8, **rest)


def steroid() -> Drug:
    return build(ORDERED, ahead=5, regimen=ORDER)


REGIMENS = {
    "start, then repeat": (START_THEN_REPEAT, None),
    "four-weekly": (FOUR_WEEKLY, None),
    "three-monthly": (THREE_MONTHLY, LIFETIME),
    "two courses": (TWO_COURSES, None),
    "half-yearly after a month": (
        [{}, {"after": {"months": 1}}, {"after": {"months": 6}, "every": {"months": 6}}],
        None,
    ),
}


def dates(made: Plan, kind: Kind = Kind.INFUSION, series: str | None = None) -> list[str]:
    return [visit.date.isoformat() for visit in made.visits if visit.kind is kind and series in (None, visit.series)]


def refused(drug: Drug, treatment: Treatment, closed: Callable[[dt.date], bool] | None = None) -> tuple[Problem, ...]:
    with pytest.raises(Refused) as caught:
        plan(drug, treatment, **({"closed": closed} if closed else {}))
    return caught.value.problems


def weekend(date: dt.date) -> bool:
    return date.weekday() >= 5


# The regimens' own examples


@pytest.mark.parametrize("drug", [ocrelizumab(), FORMULARY.drug("ocrelizumab")], ids=["built", "shipped"])
def test_two_half_doses_then_full_ones_counted_from_the_first(drug: Drug) -> None:
    made = plan(drug, Treatment(start=day("2026-12-01")))
    assert [(v.dose, v.date.isoformat()) for v in made.infusions[:4]] == [
        ("300 mg", "2026-12-01"),
        ("300 mg", "2026-12-15"),
        ("600 mg", "2027-05-18"),
        ("600 mg", "2027-11-02"),
    ]
    assert [(v.number, v.step) for v in made.infusions] == [(1, 0), (2, 1), (3, 2), (4, 2), (5, 2)]
    assert not made.complete
    assert (made.infusions[0].minutes, made.infusions[0].minutes_at_least) == (150, None)
    assert (made.infusions[2].minutes, made.infusions[2].minutes_at_least) == (210, 120)


def test_every_four_weeks_over_a_leap_day() -> None:
    made = plan(build(FOUR_WEEKLY), Treatment(start=day("2028-02-01")))
    assert dates(made)[:3] == ["2028-02-01", "2028-02-29", "2028-03-28"]


def test_month_ends_do_not_drift() -> None:
    made = plan(build(THREE_MONTHLY, ahead=5), Treatment(start=day("2027-11-30")))
    assert dates(made) == ["2027-11-30", "2028-02-29", "2028-05-30", "2028-08-30", "2028-11-30"]
    made = plan(build([{"every": {"months": 1}}], ahead=5), Treatment(start=day("2027-01-31")))
    assert dates(made) == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]


def test_five_days_then_three_a_year_later() -> None:
    made = plan(alemtuzumab(), Treatment(start=day("2027-12-06")))
    assert dates(made) == [
        *("2027-12-06", "2027-12-07", "2027-12-08", "2027-12-09", "2027-12-10"),
        *("2028-12-06", "2028-12-07", "2028-12-08"),
    ]
    assert made.complete
    assert [v.label for v in made.infusions] == ["Step 1"] * 5 + ["Step 2"] * 3


@pytest.mark.parametrize("days", [3, 4, 5])
def test_the_order_decides_days_and_dose(days: int) -> None:
    made = plan(steroid(), Treatment(start=day("2026-12-30"), days=days, dose="1,000mg"))
    assert dates(made) == ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03"][:days]
    assert {v.dose for v in made.infusions} == {"1000 mg"}
    assert made.complete


@pytest.mark.parametrize("written", ["1000", "1000mg", "1000 MG", "1,000 mg", " 1000.0  mg "])
def test_a_dose_is_written_one_way(written: str) -> None:
    made = plan(steroid(), Treatment(start=day("2026-12-01"), days=3, dose=written))
    assert made.infusions[0].dose == "1000 mg"


def test_no_ordered_dose_leaves_a_line_to_write_on() -> None:
    assert plan(steroid(), Treatment(start=day("2026-12-01"), days=3)).infusions[0].dose is None


def test_units_compare_whatever_way_the_square_is_typed() -> None:
    drug = build([{"dose": None}], regimen={"order": fact(dose_unit="mg/m²")})
    assert plan(drug, Treatment(start=day("2026-12-01"), dose="62.5 mg/m2")).infusions[0].dose == "62.5 mg/m²"


def test_observation_ends_with_the_twelfth_infusion() -> None:
    entries = [fact(from_infusion=1, to_infusion=12, minutes=60), fact(from_infusion=13)]
    made = plan(build(FOUR_WEEKLY, ahead=14, observation=entries), Treatment(start=day("2026-12-01")))
    assert [v.observe_minutes for v in made.infusions] == [60] * 12 + [None, None]
    later = plan(build(FOUR_WEEKLY, ahead=2, observation=entries), Treatment(done=11, last=day("2026-12-01")))
    assert [(v.number, v.observe_minutes) for v in later.infusions] == [(12, 60), (13, None)]


def test_unverified_observation_is_not_used() -> None:
    entries = [fact(to_infusion=2, minutes=120, verified=False), fact(from_infusion=3, minutes=60)]
    made = plan(build(FOUR_WEEKLY, ahead=3, observation=entries), Treatment(start=day("2026-12-01")))
    assert [v.observe_minutes for v in made.infusions] == [None, None, 60]


def test_days_for_vaccines_come_before_the_first_infusion_only() -> None:
    deadlines = [
        fact(kind="Live vaccines", weeks_before=4),
        fact(kind="Other vaccines", weeks_before=2),
        fact(kind="Unsure", weeks_before=1, verified=False),
    ]
    drug = build(FOUR_WEEKLY, vaccines=fact(deadlines=deadlines))
    made = plan(drug, Treatment(start=day("2026-12-01")))
    assert [(v.date.isoformat(), v.label) for v in made.visits if v.kind is Kind.VACCINATION] == [
        ("2026-11-03", "Live vaccines"),
        ("2026-11-17", "Other vaccines"),
    ]
    assert made.visits[0].kind is Kind.VACCINATION
    under_way = plan(drug, Treatment(start=day("2026-12-01"), done=1, last=day("2026-12-01")))
    assert dates(under_way, Kind.VACCINATION) == []


# Tests and reviews


def test_tests_go_on_for_48_months_after_the_last_dose() -> None:
    drug = alemtuzumab(monitoring=[MONTHLY_TESTS, MONTHLY_TESTS | {"id": "thyroid", "every": {"months": 3}}])
    made = plan(drug, Treatment(start=day("2026-12-31")))
    tests = dates(made, Kind.LABORATORY, "blood")
    assert (len(tests), tests[0], tests[1], tests[-1]) == (60, "2027-01-31", "2027-02-28", "2031-12-31")
    assert len(dates(made, Kind.LABORATORY, "thyroid")) == 20
    # The last dose is on 2028-01-02; each series says until when it goes on.
    assert [(v.date.isoformat(), v.label, v.series) for v in made.visits if v.kind is Kind.END] == [
        ("2032-01-02", "End of follow-up", "blood"),
        ("2032-01-02", "End of follow-up", "thyroid"),
    ]
    assert made.visits[-1].kind is Kind.END


def test_tests_are_bounded_by_the_real_last_dose_even_when_it_is_not_listed() -> None:
    drug = build(TWO_COURSES, ahead=5, monitoring=[MONTHLY_TESTS])
    made = plan(drug, Treatment(start=day("2026-12-07")))
    assert not made.complete
    assert dates(made, Kind.LABORATORY)[-1] == "2031-12-07"


def test_after_the_last_infusion_only_tests_are_left() -> None:
    drug = alemtuzumab(monitoring=[MONTHLY_TESTS])
    for start in (day("2026-12-07"), None):
        made = plan(drug, Treatment(start=start, done=8, last=day("2027-12-09")))
        assert made.infusions == () and made.complete
        assert dates(made, Kind.LABORATORY)[0] == "2028-01-07"
        assert dates(made, Kind.LABORATORY)[-1] == "2031-12-07"
        assert dates(made, Kind.END) == ["2031-12-09"]


def test_reviews_of_an_endless_treatment_stop_with_the_last_listed_infusion() -> None:
    reviews = fact(
        id="review",
        kind="review",
        words="Visit with your doctor",
        at=[{"months": 3}, {"months": 6}],
        every={"months": 6},
        until={"months": 6},
    )
    stopped = fact(
        id="after", kind="scan", words="Scan", counted_from="last_infusion", every={"months": 6}, until={"months": 6}
    )
    drug = build(FOUR_WEEKLY, ahead=14, monitoring=[reviews, stopped])
    made = plan(drug, Treatment(start=day("2026-12-01")))
    assert made.infusions[-1].date == day("2027-11-30")
    assert dates(made, Kind.REVIEW) == ["2027-03-01", "2027-06-01"]
    assert dates(made, Kind.SCAN) == dates(made, Kind.END) == []

    under_way = plan(drug, Treatment(start=day("2026-12-01"), done=8, last=day("2027-06-15")))
    assert dates(under_way, Kind.REVIEW) == ["2027-12-01", "2028-06-01"]
    unknown_start = plan(drug, Treatment(done=8, last=day("2027-06-15")))
    assert dates(unknown_start, Kind.REVIEW) == ["2027-09-15", "2027-12-15", "2028-06-15"]


def test_what_counts_from_the_last_infusion_waits_for_it() -> None:
    heart = fact(
        id="heart",
        kind="scan",
        words="Heart scan",
        counted_from="last_infusion",
        every={"months": 12},
        until={"months": 24},
    )
    once = fact(id="once", kind="review", words="Review", counted_from="last_infusion", at=[{"weeks": 6}])
    drug = build(THREE_MONTHLY, ahead=4, regimen=LIFETIME, monitoring=[heart, once])
    assert dates(plan(drug, Treatment(start=day("2026-12-01"))), Kind.SCAN) == []
    made = plan(drug, Treatment(done=9, last=day("2026-12-01")))
    assert dates(made) == ["2027-03-01", "2027-06-01"] and made.complete
    assert dates(made, Kind.SCAN) == ["2028-06-01", "2029-06-01"]
    assert dates(made, Kind.END) == ["2029-06-01"]
    assert dates(made, Kind.REVIEW) == ["2027-07-13"]


def test_monitoring_that_is_unverified_or_only_in_words_is_not_dated() -> None:
    said = fact(id="said", kind="laboratory", words="Said only", dated=False)
    unsure = fact(id="unsure", kind="laboratory", words="Unsure", every={"months": 1}, verified=False)
    made = plan(build(FOUR_WEEKLY, monitoring=[said, unsure]), Treatment(start=day("2026-12-01")))
    assert {v.kind for v in made.visits} == {Kind.INFUSION}


# Already in treatment


def test_a_late_repeated_infusion_restarts_the_clock() -> None:
    made = plan(ocrelizumab(), Treatment(start=day("2026-12-01"), done=3, last=day("2027-06-01")))
    assert dates(made)[:2] == ["2027-11-16", "2028-05-02"]
    assert [v.number for v in made.infusions] == [4, 5, 6, 7, 8]


def test_a_late_single_infusion_leaves_the_later_ones_where_they_were() -> None:
    made = plan(ocrelizumab(), Treatment(start=day("2026-12-01"), done=2, last=day("2026-12-21")))
    assert dates(made)[0] == "2027-05-18"


def test_without_a_start_the_regimen_counts_back_from_the_last_infusion() -> None:
    made = plan(ocrelizumab(), Treatment(done=2, last=day("2026-12-15")))
    assert dates(made)[0] == "2027-05-18"
    made = plan(ocrelizumab(), Treatment(done=3, last=day("2027-05-18")))
    assert dates(made)[0] == "2027-11-02"
    made = plan(alemtuzumab(), Treatment(done=4, last=day("2026-12-10")))
    assert dates(made) == ["2026-12-11", "2027-12-07", "2027-12-08", "2027-12-09"]


@pytest.mark.parametrize("start", ["2026-12-01", "2026-11-20"])
def test_the_first_infusion_was_on_the_day_it_was_given(start: str) -> None:
    made = plan(ocrelizumab(), Treatment(start=day(start), done=1, last=day("2026-12-01")))
    assert dates(made)[:2] == ["2026-12-15", "2027-05-18"]


def test_an_interrupted_course_goes_on_day_by_day() -> None:
    made = plan(alemtuzumab(), Treatment(start=day("2026-12-07"), done=3, last=day("2026-12-10")))
    assert dates(made) == ["2026-12-11", "2026-12-12", "2027-12-07", "2027-12-08", "2027-12-09"]


def test_a_start_after_the_last_infusion_is_the_day_of_the_next_one() -> None:
    made = plan(ocrelizumab(), Treatment(start=day("2027-11-09"), done=3, last=day("2027-05-18")))
    assert dates(made)[:2] == ["2027-11-09", "2028-04-25"]
    made = plan(ocrelizumab(), Treatment(start=day("2026-12-17"), done=1, last=day("2026-12-01")))
    assert dates(made)[:2] == ["2026-12-17", "2027-05-20"]
    made = plan(alemtuzumab(), Treatment(start=day("2026-12-14"), done=3, last=day("2026-12-09")))
    assert dates(made) == ["2026-12-14", "2026-12-15", "2027-12-11", "2027-12-12", "2027-12-13"]


def test_an_agreed_day_at_a_month_end_does_not_drift() -> None:
    steps = [{}, {"after": {"months": 1}}, {"after": {"months": 2}, "every": {"months": 2}}]
    made = plan(build(steps, ahead=3), Treatment(start=day("2027-03-31"), done=1, last=day("2027-02-28")))
    assert dates(made) == ["2027-03-31", "2027-04-30", "2027-06-30"]


def test_an_agreed_day_may_not_be_too_early() -> None:
    (problem,) = refused(ocrelizumab(), Treatment(start=day("2027-10-04"), done=3, last=day("2027-05-18")))
    assert problem == Problem(
        "start",
        "Monday 2027-10-04 is too early for infusion 4, 139 days after the last one",
        "start on 2027-11-02 or later",
    )


def test_a_delay_that_overtakes_the_regimen_is_refused() -> None:
    (problem,) = refused(ocrelizumab(), Treatment(start=day("2026-12-01"), done=2, last=day("2027-06-01")))
    assert problem.where == "last"
    assert "infusion 3" in problem.message and "Tuesday 2027-05-18" in problem.message
    assert problem.hint == "give the day agreed for infusion 3 as start, 2027-11-02 or later"
    followed = plan(ocrelizumab(), Treatment(start=day("2027-11-02"), done=2, last=day("2027-06-01")))
    assert dates(followed)[0] == "2027-11-02"


FULL = {"after": {"weeks": 24}, "every": {"weeks": 24}, "no_sooner": {"weeks": 20}}
SPACED = [{"dose": mg(300)}, {"dose": mg(300), "after": {"days": 14}}, {"dose": mg(600), **FULL}]
"""Like a drug whose first dose is given in two halves, with a shortest distance to what follows."""


@pytest.mark.parametrize(("given", "after"), [("2026-12-29", 140), ("2026-12-30", None), ("2027-05-17", None)])
def test_a_late_second_half_must_leave_the_shortest_distance(given: str, after: int | None) -> None:
    treatment = Treatment(start=day("2026-12-01"), done=2, last=day(given))
    if after:
        assert dates(plan(build(SPACED), treatment))[0] == (day(given) + dt.timedelta(after)).isoformat()
        return
    (problem,) = refused(build(SPACED), treatment)
    soonest = (day(given) + dt.timedelta(weeks=20)).isoformat()
    assert problem.where == "last"
    assert problem.hint == f"give the day agreed for infusion 3 as start, {soonest} or later"


def test_an_agreed_day_may_come_as_soon_as_the_shortest_distance() -> None:
    last = day("2027-05-18")
    agreed = last + dt.timedelta(weeks=20)
    assert dates(plan(build(SPACED), Treatment(start=agreed, done=3, last=last)))[0] == agreed.isoformat()
    (problem,) = refused(build(SPACED), Treatment(start=agreed - dt.timedelta(1), done=3, last=last))
    assert problem.hint == f"start on {agreed.isoformat()} or later"


def test_days_in_a_row_have_no_distance() -> None:
    with pytest.raises(ValidationError, match="no_sooner"):
        build([{"days": 5, "no_sooner": {"weeks": 1}}])


@pytest.mark.parametrize(("done", "last"), [(13, "2027-03-01"), (3, "2026-12-05"), (4, "2027-01-10")])
def test_more_infusions_than_the_time_allows_are_a_slip(done: int, last: str) -> None:
    (problem,) = refused(build(FOUR_WEEKLY), Treatment(start=day("2026-12-01"), done=done, last=day(last)))
    assert (problem.where, problem.hint) == ("last", "check done, start and last")


# Limits


def test_the_lifetime_limit_ends_the_plan() -> None:
    drug = build(THREE_MONTHLY, ahead=12, regimen=LIFETIME)
    made = plan(drug, Treatment(start=day("2026-12-01")))
    assert len(made.infusions) == 11 and made.complete
    nearly = plan(drug, Treatment(done=10, last=day("2026-12-01")))
    assert [v.number for v in nearly.infusions] == [11] and nearly.complete


@pytest.mark.parametrize(("done", "said"), [(11, "12 full doses would be 144"), (14, "14 full doses would be 168")])
def test_over_the_lifetime_limit_is_refused(done: int, said: str) -> None:
    (problem,) = refused(build(THREE_MONTHLY, regimen=LIFETIME), Treatment(done=done, last=day("2026-12-01")))
    assert problem == Problem(
        "done",
        f"{said} mg/m², over the lifetime limit of 140 mg/m²",
        "no more than 11 full doses in a lifetime: ask the prescriber",
    )


def test_the_lifetime_limit_adds_up_different_doses() -> None:
    steps = [{"dose": mg(50)}, {"dose": mg(20), "after": {"weeks": 4}, "every": {"weeks": 4}}]
    drug = build(steps, ahead=9, regimen={"lifetime": fact(limit=mg(100), words="A limit.")})
    assert len(plan(drug, Treatment(start=day("2026-12-01"))).infusions) == 3
    (problem,) = refused(drug, Treatment(done=3, last=day("2026-12-01")))
    assert problem.message == "4 full doses would be 110 mg, over the lifetime limit of 100 mg"


def test_a_lifetime_limit_can_stop_a_regimen_that_ends_by_itself() -> None:
    drug = alemtuzumab(monitoring=[MONTHLY_TESTS])
    whole = drug.regimen.model_copy(update={"lifetime": build(THREE_MONTHLY, regimen=LIFETIME).regimen.lifetime})
    limit = whole.lifetime.model_copy(update={"limit": drug.regimen.steps[0].dose.model_copy(update={"amount": 60})})
    cut = drug.model_copy(update={"regimen": whole.model_copy(update={"lifetime": limit})})
    made = plan(cut, Treatment(start=day("2026-12-07")))
    assert len(made.infusions) == 5 and made.complete
    assert dates(made, Kind.END) == ["2030-12-11"]


@pytest.mark.parametrize(
    ("unit", "dose", "said"),
    [("g", "1000", "a dose in mg cannot be held against"), ("mg", None, "cannot be checked without the dose")],
)
def test_a_lifetime_limit_that_cannot_be_counted_is_refused(unit: str, dose: str | None, said: str) -> None:
    drug = build(ORDERED, regimen=ORDER | {"lifetime": fact(limit=mg(9, unit), words="A limit.")})
    (problem,) = refused(drug, Treatment(start=day("2026-12-01"), days=3, dose=dose))
    assert problem.where == "dose" and said in problem.message


def test_no_more_infusions_can_be_done_than_there_are() -> None:
    (problem,) = refused(alemtuzumab(), Treatment(done=9, last=day("2026-12-01")))
    assert (problem.where, problem.message) == ("done", "9 infusions are more than this regimen has (8)")


def test_a_day_cannot_be_agreed_for_an_infusion_that_does_not_exist() -> None:
    (problem,) = refused(alemtuzumab(), Treatment(start=day("2028-12-07"), done=8, last=day("2027-12-09")))
    assert problem.where == "start" and "has only 8" in problem.message


@pytest.mark.parametrize(
    ("drug", "treatment", "where"),
    [
        (ocrelizumab(), Treatment(), ["start"]),
        (ocrelizumab(), Treatment(start=day("2026-12-01"), done=2), ["last"]),
        (ocrelizumab(), Treatment(start=day("2026-12-01"), last=day("2026-12-01")), ["done"]),
        (ocrelizumab(), Treatment(start=day("2026-12-01"), done=-1), ["done"]),
        (ocrelizumab(), Treatment(start=day("0206-12-01")), ["start"]),
        (ocrelizumab(), Treatment(start=dt.date.max), ["start"]),
        (ocrelizumab(), Treatment(done=1, last=dt.date.min), ["last"]),
        (ocrelizumab(), Treatment(start=day("2026-12-01"), done=4, last=day("2026-12-02")), ["last"]),
        (ocrelizumab(), Treatment(done=10**9, last=day("2026-12-02")), ["last"]),
        (ocrelizumab(), Treatment(start=day("2026-12-01"), days=3), ["days"]),
        (ocrelizumab(), Treatment(start=day("2026-12-01"), dose="300 mg"), ["dose"]),
        (steroid(), Treatment(start=day("2026-12-01")), ["days"]),
        (steroid(), Treatment(start=day("2026-12-01"), days=2), ["days"]),
        (steroid(), Treatment(start=day("2026-12-01"), days=6), ["days"]),
        *(
            (steroid(), Treatment(start=day("2026-12-01"), days=3, dose=dose), ["dose"])
            for dose in (
                "1 g",
                "499",
                "1001 mg",
                "1.000 mg",
                "1,0000",
                "0",
                "",
                "mg",
                "a lot",
                "-500",
                "5e2",
                "500 mg/kg",
            )
        ),
        (steroid(), Treatment(done=-1, days=9, dose="1 kg"), ["days", "dose", "done"]),
        (steroid(), Treatment(done=2, days=3, dose="1 kg"), ["dose", "last"]),
        (build(ORDERED, regimen=ORDER | LIFETIME), Treatment(days=3, dose="500"), ["start", "dose"]),
        (build([{"every": {"months": 90000}}]), Treatment(start=day("2026-12-01")), ["start"]),
        (build([{"every": {"days": 10**12}}]), Treatment(start=day("2026-12-01")), ["start"]),
        (build([{"days": 5}, {"after": {"days": 3}}]), Treatment(start=day("2026-12-01")), ["start"]),
    ],
)
def test_every_refusal_names_its_field_and_says_what_to_do(drug: Drug, treatment: Treatment, where: list[str]) -> None:
    problems = refused(drug, treatment)
    assert [problem.where for problem in problems] == where
    assert all(problem.message and problem.hint for problem in problems)


def test_the_range_of_days_and_dose_is_named() -> None:
    assert refused(steroid(), Treatment(start=day("2026-12-01")))[0].hint == "give days: 3 to 5"
    (problem,) = refused(steroid(), Treatment(start=day("2026-12-01"), days=3, dose="1200 mg"))
    assert problem.message == "'1200 mg' is outside 500 to 1000 mg a day"


def test_problems_of_dates_and_of_doses_are_found_together() -> None:
    problems = refused(steroid(), Treatment(start=day("2026-12-04"), days=3, dose="2000"), weekend)
    assert [problem.where for problem in problems] == ["dose", "start"]


# Closed days


def test_a_course_on_a_closed_day_is_refused_with_a_start_that_works() -> None:
    first, second = refused(alemtuzumab(), Treatment(start=day("2026-12-03")), weekend)
    assert first == Problem(
        "start",
        "Step 1 (Thursday 2026-12-03 to Monday 2026-12-07): "
        "the clinic is closed on Saturday 2026-12-05, Sunday 2026-12-06",
        "start on 2026-11-30 instead",
    )
    assert second.message.startswith("Step 2 (Friday 2027-12-03 to Sunday 2027-12-05)")
    assert second.hint == first.hint
    for problem in refused(alemtuzumab(), Treatment(start=day("2026-12-04")), weekend):
        assert problem.hint == "start on 2026-12-07 instead"


def test_the_hint_looks_at_every_course() -> None:
    def closed(date: dt.date) -> bool:
        return weekend(date) or date == day("2027-12-08")

    (problem,) = refused(alemtuzumab(), Treatment(start=day("2026-12-07")), closed)
    assert problem.message == (
        "Step 2 (Tuesday 2027-12-07 to Thursday 2027-12-09): the clinic is closed on Wednesday 2027-12-08"
    )
    assert problem.hint == "start on 2026-12-14 instead"
    assert plan(alemtuzumab(), Treatment(start=day("2026-12-14")), closed=closed).complete


def test_a_single_start_on_a_closed_day_is_refused_and_later_ones_are_marked() -> None:
    def closed(date: dt.date) -> bool:
        return date in (day("2026-12-01"), day("2026-12-02"), day("2026-12-29"))

    (problem,) = refused(build(FOUR_WEEKLY), Treatment(start=day("2026-12-01")), closed)
    assert problem == Problem(
        "start",
        "Step 1 (Tuesday 2026-12-01): the clinic is closed on Tuesday 2026-12-01",
        "start on 2026-11-30 instead",
    )
    for treatment in (
        Treatment(start=day("2026-12-01"), done=1, last=day("2026-12-01")),
        Treatment(done=1, last=day("2026-12-01")),
    ):
        made = plan(build(FOUR_WEEKLY), treatment, closed=closed)
        assert [v.closed for v in made.infusions[:2]] == [True, False]


def test_an_agreed_day_on_a_closed_day_is_never_moved_too_early() -> None:
    treatment = Treatment(start=day("2026-12-29"), done=1, last=day("2026-12-01"))
    (problem,) = refused(build(FOUR_WEEKLY), treatment, lambda date: date == day("2026-12-29"))
    assert problem.hint == "start on 2026-12-30 instead"


def test_the_rest_of_a_course_on_a_closed_day_is_refused() -> None:
    drug = build([{"days": 5}])
    (problem,) = refused(drug, Treatment(start=day("2026-12-08"), done=4, last=day("2026-12-11")), weekend)
    assert problem.message == "Step 1 (Saturday 2026-12-12): the clinic is closed on Saturday 2026-12-12"
    assert problem.hint == "start on 2026-12-14 instead"
    followed = plan(drug, Treatment(start=day("2026-12-14"), done=4, last=day("2026-12-11")), closed=weekend)
    assert dates(followed) == ["2026-12-14"]


def test_the_rest_of_a_course_is_moved_until_the_next_course_fits_too() -> None:
    treatment = Treatment(start=day("2026-12-08"), done=4, last=day("2026-12-11"))
    (problem,) = refused(alemtuzumab(), treatment, weekend)
    assert problem.hint == "start on 2026-12-17 instead"
    followed = plan(alemtuzumab(), Treatment(start=day("2026-12-17"), done=4, last=day("2026-12-11")), closed=weekend)
    assert dates(followed) == ["2026-12-17", "2027-12-13", "2027-12-14", "2027-12-15"]


def test_a_clinic_that_never_opens_is_said_to_be_so() -> None:
    (problem,) = refused(steroid(), Treatment(start=day("2026-12-01"), days=3), lambda date: True)
    assert problem.hint == "no start within 60 days avoids the closed days: check the clinic's calendar"


def test_messages_name_days_in_english_and_iso() -> None:
    problems = refused(steroid(), Treatment(start=day("2026-12-03"), days=3), weekend)
    assert "Saturday 2026-12-05" in problems[0].message


# For machines


def test_json_has_the_same_keys_for_every_visit() -> None:
    drug = alemtuzumab(monitoring=[MONTHLY_TESTS], vaccines=fact(deadlines=[fact(kind="All vaccines", weeks_before=6)]))
    told = json.loads(json.dumps(schedule_json(plan(drug, Treatment(start=day("2026-12-07"))))))
    assert (told["drug"], told["complete"]) == ("testdrug", True)
    assert {tuple(visit)[:6] for visit in told["visits"]} == {
        ("kind", "date", "dose", "minutes", "observe_minutes", "label")
    }
    assert next(visit for visit in told["visits"] if visit["kind"] == "infusion") == {
        "kind": "infusion",
        "date": "2026-12-07",
        "dose": "12 mg",
        "minutes": None,
        "observe_minutes": 60,
        "label": "Step 1",
        "number": 1,
        "minutes_at_least": None,
        "series": None,
        "closed": False,
    }
    assert [visit["date"] for visit in told["visits"]] == sorted(visit["date"] for visit in told["visits"])


# What always holds

days = st.dates(dt.date(1990, 1, 1), dt.date(2120, 12, 31))
regimens = st.sampled_from(sorted(REGIMENS))
sizes = st.integers(1, 30)
calm = settings(deadline=None)
"""A busy machine is no failure."""


def regimen_of(name: str, ahead: int) -> Drug:
    steps, more = REGIMENS[name]
    return build(steps, ahead=ahead, regimen=more)


@calm
@given(name=regimens, start=days, ahead=sizes)
def test_infusions_only_go_forward_from_the_start(name: str, start: dt.date, ahead: int) -> None:
    made = plan(regimen_of(name, ahead), Treatment(start=start))
    assert made.infusions[0].date == start
    assert all(one.date < other.date for one, other in pairwise(made.infusions))
    assert [v.number for v in made.infusions] == list(range(1, len(made.infusions) + 1))
    assert len(made.infusions) == ahead or made.complete


@calm
@given(start=days, ahead=sizes)
def test_weeks_are_exact_over_leap_days_year_ends_and_clock_changes(start: dt.date, ahead: int) -> None:
    made = plan(build(FOUR_WEEKLY, ahead=ahead), Treatment(start=start))
    assert {(b.date - a.date).days for a, b in pairwise(made.infusions)} <= {28}
    made = plan(build(START_THEN_REPEAT, ahead=ahead), Treatment(start=start))
    assert [(v.date - start).days for v in made.infusions] == [0, 14, *range(168, 168 * ahead, 168)][:ahead]


@calm
@given(start=days)
def test_months_keep_the_day_or_take_the_last_one(start: dt.date) -> None:
    for visit in plan(build(THREE_MONTHLY, ahead=12), Treatment(start=start)).infusions:
        assert visit.date.day == start.day or (visit.date + dt.timedelta(days=1)).day == 1
        assert (visit.date.year - start.year) * 12 + visit.date.month - start.month == 3 * (visit.number - 1)


@calm
@given(name=regimens, start=days, done=st.integers(1, 20))
def test_a_treatment_on_schedule_goes_on_as_planned(name: str, start: dt.date, done: int) -> None:
    whole = plan(regimen_of(name, 30), Treatment(start=start)).infusions
    assume(done < len(whole))
    rest = plan(regimen_of(name, 30), Treatment(start=start, done=done, last=whole[done - 1].date)).infusions
    assert rest[: len(whole) - done] == whole[done:]


@calm
@given(name=st.sampled_from(["start, then repeat", "four-weekly"]), start=days, done=st.integers(1, 20))
def test_weeks_and_days_need_no_start_to_go_on(name: str, start: dt.date, done: int) -> None:
    whole = plan(regimen_of(name, 30), Treatment(start=start)).infusions
    rest = plan(regimen_of(name, 30), Treatment(done=done, last=whole[done - 1].date)).infusions
    assert rest[: len(whole) - done] == whole[done:]


@calm
@given(name=regimens, last=days, done=st.integers(1, 7), delay=st.integers(-400, 400))
def test_what_follows_an_infusion_comes_after_it_or_is_refused(name: str, last: dt.date, done: int, delay: int) -> None:
    treatment = Treatment(start=last + dt.timedelta(days=delay), done=done, last=last)
    try:
        made = plan(regimen_of(name, 9), treatment)
    except Refused as refusal:
        assert {problem.where for problem in refusal.problems} <= {"start", "last"}
        return
    assert made.infusions[0].number == done + 1
    assert all(one < other for one, other in pairwise([last, *(v.date for v in made.infusions)]))
    if delay > 0:
        assert made.infusions[0].date == treatment.start


@calm
@given(start=days, dose=st.integers(1, 200), ahead=sizes, done=st.integers(0, 40))
def test_no_plan_exceeds_the_lifetime_limit(start: dt.date, dose: int, ahead: int, done: int) -> None:
    drug = build([{"dose": mg(dose, "mg/m²"), "every": {"months": 3}}], ahead=ahead, regimen=LIFETIME)
    try:
        made = plan(drug, Treatment(start=None if done else start, done=done, last=start if done else None))
    except Refused:
        assert (done + 1) * dose > 140
        return
    given_in_all = (done + len(made.infusions)) * dose
    assert given_in_all <= 140
    assert made.complete == (given_in_all + dose > 140)


@calm
@given(start=days, number=st.integers(1, 400))
def test_a_shifted_start_shifts_and_does_nothing_else(start: dt.date, number: int) -> None:
    shift = dt.timedelta(days=number)
    for steps in (START_THEN_REPEAT, FOUR_WEEKLY):
        one = plan(build(steps), Treatment(start=start)).infusions
        other = plan(build(steps), Treatment(start=start + shift)).infusions
        assert [v.date + shift for v in one] == [v.date for v in other]
        assert [(v.number, v.step, v.dose, v.label) for v in one] == [
            (v.number, v.step, v.dose, v.label) for v in other
        ]


@calm
@given(
    name=regimens,
    start=days,
    done=st.integers(0, 7),
    late=st.integers(0, 9),
    shut=st.sets(st.integers(-80, 480), max_size=60),
    agreed=st.booleans(),
)
def test_the_hint_about_closed_days_works_when_followed(
    name: str, start: dt.date, done: int, late: int, shut: set[int], agreed: bool
) -> None:
    drug = regimen_of(name, 8)
    last = None
    if done:
        last = plan(drug, Treatment(start=start)).infusions[done - 1].date + dt.timedelta(days=late)
    treatment = Treatment(start=start, done=done, last=last)
    centre = last or start
    holidays = {centre + dt.timedelta(days=number) for number in shut}
    if agreed and last:
        treatment = Treatment(start=last + dt.timedelta(days=late + 168), done=done, last=last)

    def closed(date: dt.date) -> bool:
        return weekend(date) or date in holidays

    try:
        made = plan(drug, treatment, closed=closed)
    except Refused as refusal:
        hints = {problem.hint for problem in refusal.problems if problem.hint.endswith("instead")}
        assume(hints)
        (hint,) = hints
        better = day(hint.split()[2])
        made = plan(drug, Treatment(start=better, done=done, last=last), closed=closed)
        assert made.infusions[0].date == better and not made.infusions[0].closed
    courses = [visit for visit in made.infusions if drug.regimen.steps[visit.step].days != 1]
    assert not any(visit.closed for visit in courses)


# The formulary that is shipped


def shipped_treatment(drug: Drug, start: dt.date) -> Treatment:
    order = drug.regimen.order
    return Treatment(start=start, days=order.days[0] if order and order.days else None)


@pytest.mark.parametrize("drug", [FORMULARY.drug(name) for name in SHIPPED], ids=SHIPPED)
@calm
@given(start=days)
def test_every_shipped_drug_can_be_planned(drug: Drug, start: dt.date) -> None:
    made = plan(drug, shipped_treatment(drug, start))
    assert made.drug == drug.id and made.infusions[0].date == start
    assert all(one.date < other.date for one, other in pairwise(made.infusions))
    assert [v.date for v in made.visits] == sorted(v.date for v in made.visits)
    assert all(visit.label for visit in made.visits)


def shipped(name: str) -> Drug:
    if name not in SHIPPED:
        pytest.skip(f"{name} is not in the formulary yet")
    return FORMULARY.drug(name)


def test_shipped_natalizumab_is_watched_twelve_times() -> None:
    made = plan(shipped("natalizumab"), Treatment(start=day("2028-02-01"), done=11, last=day("2028-11-07")))
    assert [v.observe_minutes for v in made.infusions[:2]] == [60, None]
    assert dates(plan(shipped("natalizumab"), Treatment(start=day("2028-02-01"))))[1:3] == [
        "2028-02-29",
        "2028-03-28",
    ]


def test_shipped_mitoxantrone_ends_after_eleven_doses() -> None:
    drug = shipped("mitoxantrone")
    assert dates(plan(drug, Treatment(start=day("2027-11-30"))))[1:3] == ["2028-02-29", "2028-05-30"]
    assert plan(drug, Treatment(done=10, last=day("2028-05-30"))).complete
    assert "144 mg/m²" in refused(drug, Treatment(done=11, last=day("2028-05-30")))[0].message


def test_shipped_alemtuzumab_is_followed_for_48_months() -> None:
    made = plan(shipped("alemtuzumab"), Treatment(start=day("2026-12-07")))
    assert dates(made)[4:6] == ["2026-12-11", "2027-12-07"] and len(made.infusions) == 8
    assert set(dates(made, Kind.END)) == {"2031-12-09"}
