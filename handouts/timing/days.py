"""Days of the calendar: how to step over them, and how a message names one."""

from __future__ import annotations

import datetime as dt

from dateutil.relativedelta import relativedelta

from handouts.content.regimen import Interval
from handouts.errors import Problem, Refused

FIRST_DAY = dt.date(1950, 1, 1)
LAST_DAY = dt.date(2199, 12, 31)
"""No order of this program lies outside: a year 0206 or 2206 is a slip of the finger."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""English, as messages are; ``strftime("%A")`` would follow the process locale."""


def named(day: dt.date) -> str:
    """Return ``day`` for a message: "Saturday 2026-12-05"."""
    return f"{WEEKDAYS[day.weekday()]} {day.isoformat()}"


def shift(day: dt.date, *, months: int = 0, days: int = 0) -> dt.date:
    """Return the day that many months and then days later (earlier, when negative).

    Months go to the same day of the month, or to the last one where that is missing (30 November + 3 months is
    29 February). Raises Refused where the calendar ends.
    """
    try:
        return (day + relativedelta(months=months) if months else day) + dt.timedelta(days=days)
    except (OverflowError, ValueError) as error:
        message = f"dates counted from {day.isoformat()} run past the end of the calendar"
        raise Refused(Problem("start", message, "check the dates and the number of infusions done")) from error


def later(day: dt.date, interval: Interval, times: int = 1) -> dt.date:
    """Return ``day`` plus ``times`` intervals, multiplied before they are added, so that month ends do not drift."""
    return shift(day, months=times * interval.months, days=times * days_in(interval))


def days_in(interval: Interval) -> int:
    """Return an interval of days or weeks in days (0 for one in months)."""
    return interval.days + 7 * interval.weeks
