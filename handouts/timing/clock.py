"""From which days the next infusions count: a first plan, a treatment under way, a delay, a new agreed day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from handouts.errors import Problem, Refused
from handouts.model import Treatment
from handouts.timing.course import Course, Known
from handouts.timing.days import FIRST_DAY, LAST_DAY, later, named

SHORTEST = 0.75
"""Which part of the time that a regimen takes its infusions have taken at the least; in less, a number is wrong."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The known days that the next infusions count from."""

    course: Course
    run: Known
    """What the rest of its own run of days (or its repetition) counts from."""
    steps: Known
    """What the steps after that count from."""
    anchor: dt.date | None
    """The day of infusion 1; None where it cannot be known."""

    def date(self, number: int) -> dt.date:
        """Return the day of an infusion that is still to come."""
        same = self.course.in_one_run(number, self.run.number)
        return self.course.date(number, self.run if same else self.steps)


def history_problems(treatment: Treatment) -> list[Problem]:
    """Return what is missing or contradictory in start, done and last, before any regimen is looked at."""
    problems = []
    start, done, last = treatment.start, treatment.done, treatment.last
    if done < 0:
        problems.append(Problem("done", f"{done} infusions cannot have been given", "give 0 or more"))
    if done == 0 and start is None:
        problems.append(Problem("start", "the day of the first infusion is missing", "give start"))
    if done > 0 and last is None:
        problems.append(Problem("last", "the day of the last infusion is missing", "give last together with done"))
    if done == 0 and last is not None:
        message = "the day of the last infusion is given, but not how many were done"
        problems.append(Problem("done", message, "give done together with last"))
    for where, day in (("start", start), ("last", last)):
        if day and not FIRST_DAY <= day <= LAST_DAY:
            message = f"{day.isoformat()} cannot be right"
            problems.append(Problem(where, message, f"give a year from {FIRST_DAY.year} to {LAST_DAY.year}"))
    return problems


def set_clock(course: Course, treatment: Treatment) -> Clock:
    """Return what to count from; ``treatment`` has no :func:`history_problems`, nor more done than there is."""
    start, done, last = treatment.start, treatment.done, treatment.last
    if start and last is None:
        return _counted_from(course, Known(1, start), start)
    assert last is not None, "history_problems asks for start or last"
    given = Known(done, last)
    # A repeating infusion may have been late before: nothing tells which day was the first.
    first_day = None if course.repeats(done) else course.date(1, given)
    if start is None:
        return _counted_from(course, given, first_day)
    if start > last:
        return _counted_from(course, Known(done + 1, start), first_day)
    if done == 1:
        return _counted_from(course, given, last)
    first = Known(1, start)
    if course.date(done, first) == last:
        return _counted_from(course, first, start)
    if course.repeats(done):
        return _counted_from(course, given, start)
    return Clock(course, run=given, steps=first, anchor=start)


def _counted_from(course: Course, known: Known, anchor: dt.date | None) -> Clock:
    return Clock(course, run=known, steps=known, anchor=anchor)


def earliest(course: Course, treatment: Treatment) -> dt.date | None:
    """Return the first day that the regimen allows for the next infusion, counted from the last one given; None before
    the first, and after the last."""
    if treatment.last is None or treatment.done == course.total:
        return None
    if shortest := course.step(treatment.done + 1).no_sooner:
        return later(treatment.last, shortest)
    return course.date(treatment.done + 1, Known(treatment.done, treatment.last))


def past_problems(course: Course, treatment: Treatment) -> list[Problem]:
    """Return where the days given cannot be, or the agreed next day comes too early for the regimen."""
    start, done, last = treatment.start, treatment.done, treatment.last
    if last is None:
        return []
    begin = start if start and start <= last else FIRST_DAY
    if done - 1 > (last - begin).days or (begin == start and _too_fast(course, done, begin, last)):
        message = f"{done} infusions do not fit between {begin.isoformat()} and {last.isoformat()}"
        return [Problem("last", message, "check done, start and last")]
    if start is None or start <= last:
        return []
    if done == course.total:
        message = f"{named(start)} is after the last infusion, but the regimen has only {course.total}"
        return [Problem("start", message, "give the day of infusion 1, or leave start out")]
    soonest = earliest(course, treatment)
    if soonest and start < soonest:
        message = f"{named(start)} is too early for infusion {done + 1}, {(start - last).days} days after the last one"
        return [Problem("start", message, f"start on {soonest.isoformat()} or later")]
    return []


def _too_fast(course: Course, done: int, first: dt.date, last: dt.date) -> bool:
    """Whether ``done`` infusions from ``first`` to ``last`` are more than a regimen can give."""
    try:
        return last - first < SHORTEST * (course.date(done, Known(1, first)) - first)
    except Refused:  # the calendar ends before
        return True


def order_problems(course: Course, treatment: Treatment, dates: Mapping[int, dt.date]) -> list[Problem]:
    """Return the first infusion that would come too soon after the one before it: a delay has overtaken the regimen."""
    before = treatment.last
    for number, day in dates.items():
        shortest = course.step(number).no_sooner
        if before and (day <= before or (shortest and day < later(before, shortest))):
            gap = (day - before).days
            which = (
                f"not after {named(before)}" if gap <= 0 else f"{gap} day{'s' if gap > 1 else ''} after the last one"
            )
            message = f"infusion {number} counted from the start would be on {named(day)}, {which}"
            soonest = earliest(course, treatment)
            if soonest is None:
                return [Problem("start", message, "the steps of the regimen overlap: check the drug file")]
            agreed = f"give the day agreed for infusion {treatment.done + 1} as start"
            return [Problem("last", message, f"{agreed}, {soonest.isoformat()} or later")]
        before = day
    return []
