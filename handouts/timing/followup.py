"""Dated visits around the infusions: last days for vaccines, tests and reviews, the end of follow-up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from handouts.content.drug import Drug, Monitoring
from handouts.model import Kind, Visit
from handouts.timing.closures import Closed
from handouts.timing.days import later, shift

END = "End of follow-up"
"""The label of the day until which a test comes back."""


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a treatment that a plan covers."""

    begin: dt.date
    """Infusion 1; the last infusion given where that is not known."""
    end: dt.date
    """The last infusion of the whole regimen where it is known; otherwise the last one listed."""
    ends: bool
    """Whether ``end`` is the last infusion of the whole regimen."""
    after: dt.date | None
    """Nothing is listed on or before this day: the last infusion given."""


def monitoring_visits(drug: Drug, span: Span, closed: Closed) -> list[Visit]:
    """Return the dated tests and reviews; for a regimen that ends also the day until which each of them goes on.

    Reviews are at the clinic: one on a day on which it is ``closed`` is marked.
    """
    visits = []
    for entry in drug.monitoring:
        if not (entry.verified and entry.dated):
            continue
        days = [day for day in sorted(set(_days(entry, span))) if span.after is None or day > span.after]
        kind = Kind(entry.kind)
        here = kind is Kind.REVIEW
        visits += [Visit(kind, day, entry.words, series=entry.id, closed=here and closed(day)) for day in days]
        if entry.until and span.ends and days:
            visits.append(Visit(Kind.END, later(span.end, entry.until), END, series=entry.id))
    return visits


def _days(entry: Monitoring, span: Span) -> Iterator[dt.date]:
    """Yield the days of one series, those of ``at`` and those of ``every``; some may be the same."""
    after_treatment = entry.counted_from == "last_infusion"
    if after_treatment and not span.ends:
        return
    begin = span.end if after_treatment else span.begin
    end = later(span.end, entry.until) if entry.until and span.ends else span.end
    for interval in entry.at:
        day = later(begin, interval)
        # After the last infusion a single time without `until` bounds itself.
        if day <= end or (after_treatment and not entry.until):
            yield day
    if entry.every:
        times = 1
        while (day := later(begin, entry.every, times)) <= end:
            yield day
            times += 1


def vaccine_visits(drug: Drug, start: dt.date) -> list[Visit]:
    """Return the last day for each group of vaccines: whole weeks before the first infusion."""
    if drug.vaccines is None or not drug.vaccines.verified:
        return []
    return [
        Visit(Kind.VACCINATION, shift(start, days=-7 * deadline.weeks_before), deadline.kind)
        for deadline in drug.vaccines.deadlines
        if deadline.verified
    ]
