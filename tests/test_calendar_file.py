"""Calendar files: read back by the icalendar library, the same on every run, and silent about the drug."""

from __future__ import annotations

import datetime as dt

import pytest
from icalendar import Calendar, Event

from handouts.calendar_file import calendar
from handouts.model import Kind, Plan, Visit

DAY = dt.date(2026, 12, 1)
PLAN = Plan(
    "ocrelizumab",
    (
        Visit(Kind.VACCINATION, dt.date(2026, 11, 3), "Live vaccines for ocrelizumab"),
        Visit(Kind.VACCINATION, dt.date(2026, 11, 3), "Other vaccines"),
        Visit(Kind.INFUSION, DAY, "First half dose of ocrelizumab", number=1, step=0, dose="300 mg", minutes=150),
        Visit(Kind.LABORATORY, dt.date(2026, 12, 15), "Blood test for ocrelizumab", series="blood"),
        Visit(Kind.REVIEW, dt.date(2026, 12, 15), "Review", series="review"),
        Visit(Kind.INFUSION, dt.date(2026, 12, 31), "Second dose", number=2, step=1, closed=True),
        Visit(Kind.SCAN, dt.date(2028, 2, 29), "Brain scan for MS", series="scan"),
        Visit(Kind.END, dt.date(2028, 2, 29), "End of follow-up"),
    ),
)


def made(plan: Plan = PLAN, **options: object) -> bytes:
    settings: dict[str, object] = {"clinic_name": "Elm Street Infusion", "time_zone": "America/New_York"}
    return calendar(plan, **(settings | options))  # type: ignore[arg-type]


def events(content: bytes) -> list[Event]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def test_every_visit_is_one_all_day_event() -> None:
    read = events(made())
    assert [event.decoded("dtstart") for event in read] == [visit.date for visit in PLAN.visits]
    assert {event.decoded("dtend") - event.decoded("dtstart") for event in read} == {dt.timedelta(days=1)}
    assert not any(isinstance(event.decoded("dtstart"), dt.datetime) for event in read)


def test_titles_are_plain() -> None:
    assert [str(event["summary"]) for event in events(made())] == [
        "Vaccine: last day",
        "Vaccine: last day",
        "Infusion center visit",
        "Blood or urine test",
        "Clinic visit",
        "Infusion center visit",
        "Scan",
        "End of follow-up",
    ]


def test_the_drug_is_named_nowhere_unless_asked() -> None:
    content = made().replace(b"\r\n ", b"").decode().casefold()
    assert all(word not in content for word in ("ocrelizumab", "300 mg", "dose", "brain", "description"))


def test_with_the_drug_infusions_say_name_and_dose() -> None:
    summaries = [str(event["summary"]) for event in events(made(drug_name="ocrelizumab"))]
    assert summaries[2] == "Infusion center visit: ocrelizumab 300 mg"
    assert summaries[5] == "Infusion center visit: ocrelizumab"
    assert summaries[3] == "Blood or urine test"


def test_titles_can_be_in_another_language() -> None:
    content = made(titles=lambda visit: f"Cita número {visit.number}; sala «á», " + "x" * 80)
    assert str(events(content)[2]["summary"]).startswith("Cita número 1; sala «á», xxx")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert made() == made()
    assert {event.decoded("dtstamp") for event in events(made())} == {
        dt.datetime.combine(visit.date, dt.time(), dt.UTC) for visit in PLAN.visits
    }


def test_identifiers_are_distinct_and_do_not_depend_on_words_around_them() -> None:
    uids = [str(event["uid"]) for event in events(made())]
    assert len(set(uids)) == len(uids)
    other = made(titles=lambda visit: "Cita", drug_name="x", clinic_name="", time_zone="Asia/Tokyo")
    assert [str(event["uid"]) for event in events(other)] == uids
    alone = [str(event["uid"]) for event in events(made(Plan("ocrelizumab", PLAN.visits[2:3])))]
    assert alone == uids[2:3]
    assert [str(event["uid"]) for event in events(made(Plan("natalizumab", PLAN.visits[2:3])))] != alone


def test_places_and_closed_days() -> None:
    read = events(made())
    assert [str(event.get("location", "")) for event in read[2:5]] == [
        "Elm Street Infusion",
        "",
        "Elm Street Infusion",
    ]
    assert [event.get("status") for event in read[2:6]] == [None, None, None, "TENTATIVE"]
    assert all("location" not in event for event in events(made(clinic_name="")))


def test_the_file_keeps_to_the_standard() -> None:
    content = made()
    assert content.startswith(b"BEGIN:VCALENDAR\r\n") and content.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    read = Calendar.from_ical(content)
    assert (str(read["version"]), str(read["x-wr-timezone"])) == ("2.0", "America/New_York")
    assert read["prodid"]
    assert not any(event.errors for event in events(content))


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_title(kind: Kind) -> None:
    (event,) = events(made(Plan("x", (Visit(kind, DAY, "label"),))))
    assert str(event["summary"])


def test_a_plan_without_visits_is_still_a_calendar() -> None:
    assert events(made(Plan("x", ()))) == []
