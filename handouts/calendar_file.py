"""A plan as an iCalendar file (RFC 5545) for the patient's own telephone or computer.

A calendar is read over shoulders, on lock screens and by employers: unless a drug is named on purpose, nothing in the
file says which drug, disease or test it is about. Nothing in it names the patient.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

from icalendar import Calendar, Event

from handouts.model import Kind, Plan, Visit

TITLES = {
    Kind.INFUSION: "Infusion center visit",
    Kind.LABORATORY: "Blood or urine test",
    Kind.SCAN: "Scan",
    Kind.REVIEW: "Clinic visit",
    Kind.VACCINATION: "Vaccine: last day",
    Kind.END: "End of follow-up",
}
"""What an event is called in English."""

_AT_THE_CLINIC = (Kind.INFUSION, Kind.REVIEW)


def title(visit: Visit) -> str:
    """Return a title that names neither drug nor disease."""
    return TITLES[visit.kind]


def calendar(
    plan: Plan,
    *,
    clinic_name: str,
    time_zone: str,
    titles: Callable[[Visit], str] = title,
    drug_name: str | None = None,
) -> bytes:
    """Return ``plan`` as the bytes of an ``.ics`` file: one all-day event for each visit.

    ``time_zone`` (an IANA name) only tells the reader where the days are; all-day events have no hour. ``titles``
    gives the words of another language. With ``drug_name``, infusions also say the drug and the dose.
    """
    file = Calendar()
    file.add("prodid", "-//handouts//plan of visits//EN")
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    file.add("method", "PUBLISH")
    file.add("x-wr-timezone", time_zone)
    if clinic_name:
        file.add("x-wr-calname", clinic_name)
    for visit in plan.visits:
        file.add_component(_event(plan.drug, visit, _summary(visit, titles(visit), drug_name), clinic_name))
    content: bytes = file.to_ical()
    return content


def _summary(visit: Visit, words: str, drug_name: str | None) -> str:
    if drug_name is None or visit.kind is not Kind.INFUSION:
        return words
    return f"{words}: {drug_name} {visit.dose}" if visit.dose else f"{words}: {drug_name}"


def _event(drug: str, visit: Visit, summary: str, clinic_name: str) -> Event:
    event = Event()
    event.add("uid", _uid(drug, visit))
    # RFC 5545 asks for the moment of writing; the visit's own day keeps the file the same on every run.
    event.add("dtstamp", dt.datetime(visit.date.year, visit.date.month, visit.date.day, tzinfo=dt.UTC))
    event.add("dtstart", visit.date)
    event.add("dtend", visit.date + dt.timedelta(days=1))
    event.add("summary", summary)
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE" if visit.kind is Kind.INFUSION else "TRANSPARENT")
    if visit.closed:
        event.add("status", "TENTATIVE")
    if clinic_name and visit.kind in _AT_THE_CLINIC:
        event.add("location", clinic_name)
    return event


def _uid(drug: str, visit: Visit) -> str:
    """Return an identifier that stays the same as long as the visit does, so that a second import adds nothing."""
    which = visit.number or visit.series or visit.label
    key = "\n".join((drug, visit.kind.value, str(which), visit.date.isoformat()))
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@handouts"
