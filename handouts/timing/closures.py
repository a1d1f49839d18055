"""Days on which the clinic is closed: where they break a course, and which start would not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from handouts.errors import Problem
from handouts.timing.course import Course
from handouts.timing.days import FIRST_DAY, LAST_DAY, named

SEARCH_DAYS = 60
"""How far from the wanted start another one is looked for, in days."""

Closed = Callable[[dt.date], bool]
Dates = Mapping[int, dt.date]
"""Infusions still to come: number -> day."""


class Clash(NamedTuple):
    """A run of days, or an agreed day, that meets closed days."""

    label: str
    first: dt.date
    last: dt.date
    closed: tuple[dt.date, ...]

    def __str__(self) -> str:
        days = named(self.first) if self.first == self.last else f"{named(self.first)} to {named(self.last)}"
        return f"{self.label} ({days}): the clinic is closed on {', '.join(named(day) for day in self.closed)}"


def clashes(course: Course, dates: Dates, closed: Closed, *, agreed: bool) -> list[Clash]:
    """Return every run of consecutive days that meets a closed day, and the first infusion if its day was chosen.

    Single infusions that were computed are left alone: the plan marks them, and people agree on another day.
    """
    found = []
    first = min(dates, default=0)
    for index, step in enumerate(course.steps):
        days = [day for number, day in dates.items() if course.place(number).step == index]
        if course.lengths[index] == 1:
            days = [dates[first]] if agreed and first and course.place(first).step == index else []
        if shut := tuple(day for day in days if closed(day)):
            found.append(Clash(step.label, days[0], days[-1], shut))
    return found


def closure_problems(
    course: Course,
    dates: Dates,
    closed: Closed,
    *,
    agreed: bool,
    soonest: dt.date | None,
    dates_from: Callable[[dt.date], Dates],
) -> list[Problem]:
    """Return a problem for every clash, each with the nearest start that has none.

    ``soonest`` is the earliest day the regimen allows; ``dates_from`` plans the same infusions from another start.
    """
    found = clashes(course, dates, closed, agreed=agreed)
    if not found:
        return []
    hint = f"no start within {SEARCH_DAYS} days avoids the closed days: check the clinic's calendar"
    for start in _around(min(dates.values()), soonest):
        if not clashes(course, dates_from(start), closed, agreed=True):
            hint = f"start on {start.isoformat()} instead"
            break
    return [Problem("start", str(clash), hint) for clash in found]


def _around(wanted: dt.date, soonest: dt.date | None) -> Iterator[dt.date]:
    """Yield the days around ``wanted``, nearest first; of two the later one, which leaves more time for vaccines."""
    low = max(FIRST_DAY, soonest or FIRST_DAY)
    centre = max(wanted, low)
    for distance in range(SEARCH_DAYS + 1):
        for days in (distance, -distance) if distance else (0,):
            day = centre + dt.timedelta(days=days)
            if low <= day <= LAST_DAY:
                yield day
