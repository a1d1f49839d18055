"""When it happens: a drug's regimen and an order make a plan of dated visits.

Pure arithmetic on dates: no clock, no environment, no time of day. Infusions are numbered over the whole regimen,
and their days are counted as the drug file says; what an order may say about the past is in ``timing.clock``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from handouts.content.drug import Drug
from handouts.content.regimen import Amount, MinutesRange
from handouts.errors import Problem, Refused
from handouts.model import Kind, Plan, Treatment, Visit
from handouts.timing.clock import earliest, history_problems, order_problems, past_problems, set_clock
from handouts.timing.closures import Closed, Dates, closure_problems
from handouts.timing.course import Course
from handouts.timing.followup import Span, monitoring_visits, vaccine_visits
from handouts.timing.prescription import count_problems, most_infusions, ordered_days, ordered_dose

_KINDS = tuple(Kind)


def never(day: dt.date) -> bool:
    """Return False: a clinic that is open on every day."""
    return False


def plan(drug: Drug, treatment: Treatment, *, closed: Closed = never) -> Plan:
    """Return the dated visits of ``treatment``; raises Refused with every problem found.

    ``closed`` says on which days the clinic gives no infusions. A problem's ``where`` is the name of the option or
    column: start, done, last, days or dose.
    """
    regimen = drug.regimen
    history = history_problems(treatment)
    days, problems = ordered_days(regimen, treatment.days)
    dose, dose_problems = ordered_dose(regimen, treatment.dose)
    problems += dose_problems + history
    if days is None:
        raise Refused(*problems)
    course = Course.of(regimen, days)
    most, limit_problems = (None, []) if dose_problems else most_infusions(course, regimen.lifetime, dose)
    too_many = count_problems(course, treatment.done, most, regimen.lifetime, dose)
    problems += limit_problems + too_many
    if history or too_many:
        raise Refused(*problems)

    final = min((end for end in (course.total, most) if end is not None), default=None)
    count = regimen.plan_infusions if final is None else min(regimen.plan_infusions, final - treatment.done)
    dates, date_problems = _dates(course, treatment, count, closed)
    problems += date_problems
    if problems:
        raise Refused(*problems)
    visits = [_infusion(drug, course, number, day, dose, closed) for number, day in dates.items()]
    visits += monitoring_visits(drug, _span(course, treatment, dates, final), closed)
    if treatment.start and treatment.done == 0:
        visits += vaccine_visits(drug, treatment.start)
    return Plan(drug.id, tuple(sorted(visits, key=_in_order)), complete=treatment.done + count == final)


def _dates(course: Course, treatment: Treatment, count: int, closed: Closed) -> tuple[Dates, list[Problem]]:
    """Return the days of the next ``count`` infusions by number, or the reasons why they cannot be."""
    if problems := past_problems(course, treatment):
        return {}, problems

    def dates_from(start: dt.date | None) -> Dates:
        clock = set_clock(course, replace(treatment, start=start))
        return {number: clock.date(number) for number in range(treatment.done + 1, treatment.done + count + 1)}

    dates = dates_from(treatment.start)
    if problems := order_problems(course, treatment, dates):
        return {}, problems
    agreed = treatment.last is None or (treatment.start is not None and treatment.start > treatment.last)
    soonest = earliest(course, treatment)
    return dates, closure_problems(course, dates, closed, agreed=agreed, soonest=soonest, dates_from=dates_from)


def _span(course: Course, treatment: Treatment, dates: Dates, final: int | None) -> Span:
    """Return the days between which tests and reviews are listed; ``final`` is the last infusion there can be.

    A treatment without an end ends for the plan only once the lifetime limit is reached in it: most stop earlier.
    """
    clock = set_clock(course, treatment)
    listed = treatment.done + len(dates)
    end = max(dates.values(), default=treatment.last or clock.run.day)
    if course.total is not None and final is not None and final > listed:
        end = clock.date(final)
    begin = clock.anchor or treatment.last or end
    return Span(begin, end, ends=course.total is not None or listed == final, after=treatment.last)


def _infusion(drug: Drug, course: Course, number: int, day: dt.date, ordered: Amount | None, closed: Closed) -> Visit:
    step = course.step(number)
    shortest, longest = _shortest_longest(step.minutes)
    dose = step.dose or ordered
    return Visit(
        Kind.INFUSION,
        day,
        step.label,
        number=number,
        step=course.place(number).step,
        dose=str(dose) if dose else None,
        minutes=longest,
        minutes_at_least=shortest if shortest != longest else None,
        observe_minutes=_observe_minutes(drug, number),
        closed=closed(day),
    )


def _shortest_longest(minutes: MinutesRange | None) -> tuple[int | None, int | None]:
    return minutes if isinstance(minutes, tuple) else (minutes, minutes)


def _observe_minutes(drug: Drug, number: int) -> int | None:
    """Return how long the patient is watched after infusion ``number``; None: the clinic decides."""
    for entry in drug.observation:
        if entry.verified and entry.from_infusion <= number <= (entry.to_infusion or number):
            return entry.minutes
    return None


def _in_order(visit: Visit) -> tuple[dt.date, int, int, str]:
    return visit.date, _KINDS.index(visit.kind), visit.number or 0, visit.series or visit.label


def schedule_json(plan: Plan) -> dict[str, object]:
    """Return ``plan`` for machines: ISO dates, minutes, null where something does not apply."""
    return {"drug": plan.drug, "complete": plan.complete, "visits": [_entry(visit) for visit in plan.visits]}


def _entry(visit: Visit) -> dict[str, object]:
    return {
        "kind": visit.kind.value,
        "date": visit.date.isoformat(),
        "dose": visit.dose,
        "minutes": visit.minutes,
        "observe_minutes": visit.observe_minutes,
        "label": visit.label,
        "number": visit.number,
        "minutes_at_least": visit.minutes_at_least,
        "series": visit.series,
        "closed": visit.closed,
    }
