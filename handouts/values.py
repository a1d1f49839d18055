"""From a plan to a page: the outline that a form is typeset from, and the values that are set into its fields.

The outline has no date and no patient in it: how many visits of which kind, their doses and how long they take. Two
patients with the same outline share one form. Everything that differs from patient to patient is a value.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from operator import itemgetter

from handouts.content.drug import Drug, Monitoring
from handouts.content.language import Language, Translator
from handouts.content.regimen import Interval
from handouts.model import Approval, Kind, Month, Order, Plan, Visit

MONTHS = 3
"""How many month grids a schedule has."""
CODE_LENGTH = 20
"""The longest record number whose Code 128 a scanner reads in the room there is; a longer one has no barcode."""
PAGE_ROWS = 9
"""The most rows of a schedule that leave room on one page for everything else."""
TIMELINE = 6
"""The most stops of a timeline that can be read at arm's length."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One infusion as a form knows it. ``field`` is the prefix of its fields: ``visit.3``."""

    field: str
    label: str
    dose: str | None
    minutes: int | None
    minutes_at_least: int | None
    observe_minutes: int | None
    visit_minutes: int | None
    """The whole visit at the longest: medicines before, infusion, watching. None: cannot be said."""


@dataclass(frozen=True, slots=True)
class Run:
    """Infusions on consecutive days, or a single one. ``first`` and ``last`` are prefixes of fields."""

    label: str
    first: str
    last: str | None
    """None for a single day."""
    days: int
    dose: str | None
    """None: the dose comes from the order."""


@dataclass(frozen=True, slots=True)
class Series:
    """Tests or reviews that come back: ``<field>.first``, ``.second`` and ``.last`` are prefixes of date fields."""

    field: str
    monitoring: Monitoring
    times: int
    """1: a single date; 2: a date and a repetition; 3: two dates, and a repetition that counts differently."""
    every: Interval | None
    bounded: bool
    """It ends on the date of ``<field>.last``; otherwise it goes on as long as the treatment."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day for a vaccine."""

    field: str
    label: str


@dataclass(frozen=True, slots=True)
class Outline:
    """The shape of a plan."""

    slots: tuple[Slot, ...]
    rows: tuple[Run, ...]
    """The slots again, as the schedule lists them: consecutive days as one, where the page is full otherwise."""
    series: tuple[Series, ...]
    deadlines: tuple[Deadline, ...]
    stops: int
    """How many stops the timeline has. Which of them are infusions and which are tests depends on the dates."""
    more: bool
    """The schedule lists dates that the timeline has no stop for."""
    begun: bool
    """Infusions were given already: what comes before the first one is not on the page."""
    complete: bool
    """The last slot is the last infusion there will be."""

    def digest(self) -> str:
        """Return the SHA-256 of the shape, 64 hexadecimal digits; a test in it counts by its id, not by its words."""
        return hashlib.sha256(json.dumps(asdict(self), default=_named, sort_keys=True).encode()).hexdigest()


def _named(part: object) -> str:
    return part.id if isinstance(part, Monitoring) else str(part)


def listed_infusions(drug: Drug, plan: Plan) -> tuple[Visit, ...]:
    """Return the infusions that a page lists: as many as the drug file says."""
    return plan.infusions[: drug.regimen.page_infusions]


def outline(drug: Drug, plan: Plan) -> Outline:
    """Return the shape of ``plan``; ``drug`` has no unverified facts."""
    infusions = listed_infusions(drug, plan)
    slots = tuple(_slot(drug, index, visit) for index, visit in enumerate(infusions, start=1))
    runs = _runs(slots, infusions)
    series = tuple(_series(plan, monitoring) for monitoring in drug.monitoring if _dated(plan, monitoring))
    deadlines = tuple(
        Deadline(f"deadline.{index}", visit.label)
        for index, visit in enumerate(_of_kind(plan, Kind.VACCINATION), start=1)
    )
    complete = plan.complete and len(infusions) == len(plan.infusions)
    stops = _stops(plan, infusions, runs, series, complete=complete)
    return Outline(
        slots=slots,
        rows=runs if len(slots) + len(series) + len(deadlines) > PAGE_ROWS else _runs(slots, infusions, together=False),
        series=series,
        deadlines=deadlines,
        stops=len(stops),
        more=len(stops) < len(runs) + len(series) or any(item.times > 1 for item in series),
        begun=not infusions or infusions[0].number != 1,
        complete=complete,
    )


FORM_FIELDS = ("form.state", "form.id", "form.slip")
"""The fields that say of a form what it is: the same for everyone who gets it."""
OWN_FIELDS = (
    *("patient.name", "patient.dob", "patient.mrn", "order.prescriber", "order.interpreter", "code.mrn", "qr.mrn"),
)
"""The fields that are one patient's own, whatever the plan."""


def patient_values(order: Order, language: Language) -> dict[str, str]:
    """Return the text of every field that is the patient's own, by field name."""
    patient = order.patient
    mrn = patient.mrn
    return {
        "patient.name": patient.name,
        "patient.dob": language.medium(patient.dob),
        "patient.mrn": mrn,
        "order.prescriber": order.prescriber or "",
        "order.interpreter": order.interpreter or "",
        "code.mrn": mrn if mrn.isascii() and mrn.isprintable() and len(mrn) <= CODE_LENGTH else "",
        "qr.mrn": mrn,
    }


def form_values(
    number: str, slip: str | None, approval: Approval | None, texts: Translator, *, sample: bool
) -> dict[str, str]:
    """Return the text of the fields of a form's own, by name: the ``number`` that it is known by on paper, the language
    of its interpreter slip, and its state.

    Without ``approval`` it is a draft, and ``sample`` says that its clinic is no real one. Raises LanguageError with
    every text that has no translation.
    """
    words, language = _form_words(texts), texts.language
    texts.refuse_missing()
    state = words["draft"]
    if approval:
        state = words["approved"] % {"edition": language.number(approval.edition), "day": language.medium(approval.on)}
    if sample:
        state = f"{state} · {words['sample']}"
    return {"form.state": state, "form.id": number, "form.slip": f"+{slip}" if slip else ""}


def plan_values(drug: Drug, plan: Plan, shape: Outline, texts: Translator) -> dict[str, str]:
    """Return the text of every field that depends on dates and the ordered dose alone, by name.

    ``shape`` is the outline of ``plan``. What has no translation is English in what is returned, and ``texts`` says so.
    """
    language, infusions = texts.language, listed_infusions(drug, plan)
    found = {"plan.closed": _closed_days(drug, plan, texts), "order.dose": _ordered_dose(drug, plan)}
    found |= _months(plan, language)
    found |= _timeline(shape, plan, infusions, texts)
    for index, visit in enumerate(infusions, start=1):
        found |= _date_values(f"visit.{index}", visit, language)
        point = "." if language.direction == "ltr" else ""  # by itself it would stand on the wrong side
        found[f"visit.{index}.number"] = language.number(visit.number or index) + point
        found[f"visit.{index}.closed"] = _closed_day(texts) if visit.closed else ""
    for monitoring in drug.monitoring:
        if visits := _dated(plan, monitoring):
            found |= _date_values(f"series.{monitoring.id}.first", visits[0], language)
            found |= _date_values(f"series.{monitoring.id}.second", visits[min(1, len(visits) - 1)], language)
            found |= _date_values(f"series.{monitoring.id}.last", visits[-1], language)
    for index, visit in enumerate(_of_kind(plan, Kind.VACCINATION), start=1):
        found |= _date_values(f"deadline.{index}", visit, language)
    return found


def specimens(shape: Outline, language: Language) -> tuple[str, ...]:
    """Return texts with every word and digit that the values of plans of ``shape`` are made of, in order.

    Only what is said of days on which a clinic is closed is not among them; that is seldom. Raises LanguageError with
    every one that has no translation.
    """
    texts = language.translator()
    words = {_stop_label(run, texts) for run in shape.rows}
    words |= {_test_word(Kind(series.monitoring.kind), texts) for series in shape.series}
    words |= {_stop_word("next", texts), _next(texts), *([_stop_word("test", texts)] if shape.series else [])}
    words |= {*_form_words(texts).values()}
    numbers = {language.number(number) for number in range(32)}
    texts.refuse_missing()
    return tuple(sorted(words | numbers | language.dates() | set(language.weekdays())))


def notices(language: Language) -> tuple[str, str]:
    """Return what is said of days on which a clinic is closed, in English where it is not translated."""
    texts = language.translator()
    return _closed_day(texts), _closed_days_are(texts)


def _closed_day(texts: Translator) -> str:
    return texts.gettext("We are closed on this day. Call us for another day.")


def _closed_days_are(texts: Translator) -> str:
    return texts.gettext("We are closed on: %(days)s. Call us for another day.")


def blank_back(language: Language) -> str:
    """Return what stands on the back of a packet's last sheet, where a print run leaves it empty.

    Raises LanguageError where it has no translation.
    """
    texts = language.translator()
    said = texts.gettext("This page is blank on purpose.")
    texts.refuse_missing()
    return said


def _months(plan: Plan, language: Language) -> dict[str, str]:
    """Return the grids of the first months with an infusion or a test, listed on the page or not; the ones left over
    stay empty."""
    infusions = {visit.date for visit in plan.infusions}
    tests = {visit.date for visit in plan.visits if visit.series and visit.kind is not Kind.END} - infusions
    firsts = sorted({day.replace(day=1) for day in infusions | tests})[:MONTHS]
    found = dict.fromkeys((f"calendar.{index}" for index in range(1, MONTHS + 1)), "")
    for index, first in enumerate(firsts, start=1):
        inside = sorted(day for day in infusions | tests if day.replace(day=1) == first)
        found[f"calendar.{index}"] = Month(
            title=language.month(first),
            year=first.year,
            month=first.month,
            first_weekday=language.first_weekday,
            weekdays=language.weekdays(),
            infusions=tuple(day.day for day in inside if day in infusions),
            tests=tuple(day.day for day in inside if day in tests),
            rtl=language.direction == "rtl",
            says=language.marks.semicolon.join(language.full(day) for day in inside),
        ).dump()
    return found


def _closed_days(drug: Drug, plan: Plan, texts: Translator) -> str:
    """Return which of the listed infusions and reviews meet a day on which the clinic is closed; mostly nothing."""
    reviews = [visit for monitoring in drug.monitoring for visit in _dated(plan, monitoring)[:2]]
    shut = sorted({visit.date for visit in (*listed_infusions(drug, plan), *reviews) if visit.closed})
    if not shut:
        return ""
    text = _closed_days_are(texts)
    said = texts.language.marks.semicolon.join(texts.language.medium(day) for day in shut)
    if said.endswith("."):  # the point of an abbreviation ends the sentence, too
        text = text.replace("%(days)s.", "%(days)s")
    return text % {"days": said}


def _date_values(field: str, visit: Visit, language: Language) -> dict[str, str]:
    return {
        f"{field}.weekday": language.weekday(visit.date),
        f"{field}.full": language.full(visit.date),
        f"{field}.long": language.long(visit.date),
        f"{field}.medium": language.medium(visit.date),
    }


def _of_kind(plan: Plan, kind: Kind) -> list[Visit]:
    return [visit for visit in plan.visits if visit.kind is kind]


def _dated(plan: Plan, monitoring: Monitoring) -> list[Visit]:
    return [visit for visit in plan.visits if visit.series == monitoring.id]


def _slot(drug: Drug, index: int, visit: Visit) -> Slot:
    return Slot(
        field=f"visit.{index}",
        label=visit.label,
        dose=visit.dose if _dose_is_fixed(drug, visit) else None,
        minutes=visit.minutes,
        minutes_at_least=visit.minutes_at_least,
        observe_minutes=visit.observe_minutes,
        visit_minutes=_whole_visit(drug, visit),
    )


def _dose_is_fixed(drug: Drug, visit: Visit) -> bool:
    return visit.step is not None and drug.regimen.steps[visit.step].dose is not None


def _ordered_dose(drug: Drug, plan: Plan) -> str:
    """Return the dose that the order sets, with its unit however it was typed; empty where it sets none."""
    return next((visit.dose for visit in plan.infusions if visit.dose and not _dose_is_fixed(drug, visit)), "")


def _whole_visit(drug: Drug, visit: Visit) -> int | None:
    """Return the minutes to plan for: what a source says, or medicines before + infusion + watching.

    Rounded up to half hours, since nobody plans to the minute.
    """
    stated = drug.regimen.steps[visit.step].visit_minutes if visit.step is not None else None
    if stated is not None:
        return stated if isinstance(stated, int) else stated[1]
    if visit.minutes is None:
        return None
    lead = [
        m if isinstance(m := item.minutes_before, int) else m[1] for item in drug.premedication if item.minutes_before
    ]
    total = max(lead, default=0) + visit.minutes + (visit.observe_minutes or 0)
    return math.ceil(total / 30) * 30


def _series(plan: Plan, monitoring: Monitoring) -> Series:
    visits = _dated(plan, monitoring)
    return Series(
        field=f"series.{monitoring.id}",
        monitoring=monitoring,
        times=min(len(visits), 3 if monitoring.at else 2),
        every=monitoring.every,
        bounded=monitoring.until is not None and plan.complete,
    )


def _stops(
    plan: Plan, infusions: tuple[Visit, ...], runs: tuple[Run, ...], series: tuple[Series, ...], *, complete: bool
) -> list[tuple[dt.date, Run | Series]]:
    """Return what the timeline shows, in order of date: runs of infusions, and the first date of each series.

    It leaves nothing out between two stops: there are no more of them than can be read, and none after the last listed
    infusion where others follow that one.
    """
    days = {f"visit.{index}": visit.date for index, visit in enumerate(infusions, start=1)}
    stops: list[tuple[dt.date, Run | Series]] = [(days[run.first], run) for run in runs]
    end = dt.date.max if complete or not infusions else infusions[-1].date
    firsts = [(_dated(plan, item.monitoring)[0].date, item) for item in series]
    stops += [(day, item) for day, item in firsts if day <= end]
    return sorted(stops, key=itemgetter(0))[:TIMELINE]


def _timeline(shape: Outline, plan: Plan, infusions: tuple[Visit, ...], texts: Translator) -> dict[str, str]:
    """Return the stops of the timeline in order of date; a run of consecutive days is one stop."""
    runs = _runs(shape.slots, infusions)
    stops = _stops(plan, infusions, runs, shape.series, complete=shape.complete)
    upcoming = runs[0] if runs else None
    found: dict[str, str] = {}
    for index, (day, stop) in enumerate(stops, start=1):
        if isinstance(stop, Run):
            shown = "next" if stop is upcoming else "infusion"
            label = _stop_label(stop, texts)
        else:
            shown, label = "test", _test_word(Kind(stop.monitoring.kind), texts)
        found[f"mark.{index}"] = f"{shown}:{_stop_word(shown, texts)}"
        found[f"stop.{index}.next"] = _next(texts) if shown == "next" else ""
        found[f"stop.{index}.date"] = texts.language.medium(day)
        found[f"stop.{index}.label"] = label
    return found


def _stop_word(shown: str, texts: Translator) -> str:
    """Return what a stop of the timeline is, for someone who cannot see its mark."""
    return texts.gettext("Infusion") if shown != "test" else texts.gettext("Test or visit")


def _next(texts: Translator) -> str:
    """Return what stands over the next infusion."""
    return texts.gettext("next")


def _form_words(texts: Translator) -> dict[str, str]:
    """Return what the foot of a page says of its form: a draft, or who approved it, or of a clinic that is none."""
    return {
        "draft": texts.gettext("DRAFT: not approved yet"),
        "approved": texts.gettext("Edition %(edition)s, approved %(day)s"),
        "sample": texts.gettext("SAMPLE"),
    }


def _test_word(kind: Kind, texts: Translator) -> str:
    if kind is Kind.LABORATORY:
        return texts.gettext("Blood or urine test")
    return texts.gettext("Scan") if kind is Kind.SCAN else texts.gettext("Clinic visit")


def _stop_label(run: Run, texts: Translator) -> str:
    if run.days == 1:
        return texts.gettext(run.label)
    text = texts.ngettext("%(days)s day in a row", "%(days)s days in a row", run.days)
    return text % {"days": texts.language.number(run.days)}


def _runs(slots: tuple[Slot, ...], infusions: tuple[Visit, ...], *, together: bool = True) -> tuple[Run, ...]:
    """Return the slots as runs; ``together``: consecutive days of one step are one run."""
    runs: list[Run] = []
    before: Visit | None = None
    for slot, visit in zip(slots, infusions, strict=True):
        if together and before and before.step == visit.step and (visit.date - before.date).days == 1:
            runs[-1] = replace(runs[-1], last=slot.field, days=runs[-1].days + 1)
        else:
            runs.append(Run(slot.label, slot.field, None, 1, slot.dose))
        before = visit
    return tuple(runs)
