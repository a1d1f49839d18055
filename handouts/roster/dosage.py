"""The course that a FHIR R4 request orders: how many days in a row, and how much on each (Dosage and Timing)."""

from __future__ import annotations

import datetime as dt
import math

from handouts.roster.bundle import Node, Value, day_of
from handouts.roster.table import plain

DAY = "d"
"""The unit of a day (UCUM)."""
UCUM = "http://unitsofmeasure.org"
SPELLED = {
    DAY: frozenset({"d", "day", "days"}),
    "mg": frozenset({"mg", "milligram", "milligrams"}),
    "g": frozenset({"g", "gram", "grams"}),
}
"""How units are written in words, by their UCUM code."""
SNOMED = "http://snomed.info/sct"
INTRAVENOUS = frozenset({"47625008", "418114005", "419993007"})
"""Routes into a vein: any, a central or a peripheral one (SNOMED CT)."""
DAILY = frozenset({"qd", "daily", "every day", "once a day", "once daily"})
"""Codes and texts of a timing that say no more than once a day."""
WITHIN_A_DAY = frozenset({"", "s", "min", "h"})
_DOSAGE = frozenset(
    {
        *("id", "extension", "sequence", "text", "additionalInstruction", "patientInstruction", "timing"),
        *("asNeededBoolean", "site", "route", "method", "doseAndRate"),
        *("maxDosePerPeriod", "maxDosePerAdministration", "maxDosePerLifetime"),
    }
)
_TIMING = frozenset({"id", "extension", "repeat", "code"})
_REPEAT = frozenset(
    {
        *("id", "frequency", "period", "periodUnit", "count", "boundsDuration", "boundsPeriod"),
        *("duration", "durationUnit", "timeOfDay"),
    }
)
_PARTS = "write it as frequency 1, period 1, periodUnit d, with a count, boundsDuration or boundsPeriod"


def course(request: Node, time_zone: str, first_day: str) -> dict[str, Value]:
    """Return ``days`` and ``dose`` of ``request``: empty where it does not say, and a problem where that is not plain.

    Nothing is guessed: a course is one instruction, once a day. ``first_day`` is that of its first infusion (ISO 8601),
    or nothing where that cannot be told; ``time_zone`` is the clinic's.
    """
    instructions = list(request["dosageInstruction"])
    if len(instructions) > 1:
        place = request["dosageInstruction"].path
        unclear = Value("", place, "has more than one instruction", "order the infusions in a request of their own")
        return {"days": unclear}
    if not instructions:
        return {}
    (item,) = instructions
    days = _unread(item) or _days(item["timing"]["repeat"], time_zone, first_day)
    return {"days": days, "dose": _dose(item)}


def other_route(request: Node) -> Node | None:
    """Return the first route of ``request`` that is not plainly into a vein."""
    routes = (instruction["route"] for instruction in request["dosageInstruction"])
    return next((route for route in routes if route.value is not None and not _into_a_vein(route)), None)


def _into_a_vein(route: Node) -> bool:
    """Whether all that ``route`` says is a route into a vein; words beside a code only must not speak against it."""
    codings = list(route["coding"])
    codes = {coding["code"].text for coding in codings if coding["system"].text == SNOMED and coding["code"].text}
    said = [route["text"].text, *(coding["display"].text for coding in codings)]
    words = [text.casefold() for text in said if text]
    if codes:
        return codes <= INTRAVENOUS and all("intravenous" in text or text.startswith("iv") for text in words)
    return bool(words) and all(text == "iv" or text.startswith("intravenous") for text in words)


def _unread(instruction: Node) -> Value | None:
    """Return what could change the course and is not read here."""
    timing = instruction["timing"]
    repeat = timing["repeat"]
    for part, known in ((instruction, _DOSAGE), (timing, _TIMING), (repeat, _REPEAT)):
        said = part.value if isinstance(part.value, dict) else {}
        if key := next((key for key, value in said.items() if key not in known and value not in (None, False)), None):
            return Value("", part.path, f"says {plain(key)!r}, which is not read", _PARTS)
    code = timing["code"]
    texts = [code["text"].text, *(coding[key].text for coding in code["coding"] for key in ("code", "display"))]
    names = {text.casefold() for text in texts if text}
    if code.value is not None and not (names and names <= DAILY):
        return Value("", code.path, "does not say once a day", _PARTS)
    if instruction["asNeededBoolean"].value not in (None, False):
        return Value("", instruction["asNeededBoolean"].path, "is ordered as needed", "order the days")
    times = repeat["timeOfDay"]
    if times.value is not None and len(list(times)) != 1:
        return Value("", times.path, "is not one time of the day", "order one infusion a day")
    if repeat["durationUnit"].text not in WITHIN_A_DAY:
        return Value("", repeat["durationUnit"].path, "lasts for days", "write the number of days as a count")
    return None


def _days(repeat: Node, time_zone: str, first_day: str) -> Value:
    """Return on how many days in a row: a count, a duration in days, or the first and the last day."""
    if repeat.value is None:
        return Value("", repeat.path)
    if (_whole(repeat["frequency"]), _whole(repeat["period"]), repeat["periodUnit"].text) != ("1", "1", DAY):
        return Value("", repeat.path, "does not say once a day", "write it as frequency 1, period 1, periodUnit d")
    bounds = (
        _count(repeat["count"]),
        _duration(repeat["boundsDuration"]),
        _period(repeat["boundsPeriod"], time_zone, first_day),
    )
    said = [days for days in bounds if days]
    if wrong := next((days for days in said if days.message), None):
        return wrong
    if len({days.text for days in said}) > 1:
        return Value("", repeat.path, "says two different numbers of days", "correct the request")
    return said[0] if said else Value("", repeat.path)


def _whole(number: Node) -> str:
    """Return a whole number, which may be written 5.0; nothing where it is none."""
    value = number.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _no_number(path: str) -> Value:
    return Value("", path, "is not a number of days", "write it as a count, or as a duration in d")


def _count(count: Node) -> Value | None:
    if count.value is None:
        return None
    days = _whole(count)
    return Value(days, count.path) if days else _no_number(count.path)


def _duration(duration: Node) -> Value | None:
    if duration.value is None:
        return None
    days = _whole(duration["value"])
    plainly = duration["comparator"].value is None and _unit(duration) == DAY
    return Value(days, duration.path) if days and plainly else _no_number(duration.path)


def _period(period: Node, time_zone: str, first_day: str) -> Value | None:
    """Return how many days ``period`` has, its first and its last one counted; None where it has no end."""
    if period.value is None:
        return None
    first, last = (day_of(period[key], time_zone) for key in ("start", "end"))
    endless = period["end"].value is None
    if first.message or (last.message and not endless):
        return _no_number(period.path)
    if first_day and first.text != first_day:
        hint = "correct the request, or book that day"
        return Value("", period.path, "does not begin on the day of the first infusion", hint)
    if endless:
        return None
    return Value(str((dt.date.fromisoformat(last.text) - dt.date.fromisoformat(first.text)).days + 1), period.path)


def _dose(instruction: Node) -> Value:
    """Return the dose of a day, as ``1000 mg``."""
    said = instruction["doseAndRate"]
    given = list(said)
    if said.value is not None and (len(given) != 1 or given[0]["doseRange"].value is not None):
        return Value("", said.path, "is not one dose", "order one dose for a day")
    quantity = given[0]["doseQuantity"] if given else Node(None, said.path)
    if quantity.value is None:
        return Value("", said.path)
    number, unit = quantity["value"].value, _unit(quantity)
    if not _is_number(number) or not unit:
        message = "is not a number with a unit, or its code says another unit"
        return Value("", quantity.path, message, 'write {"value": 1000, "unit": "mg"}')
    if quantity["comparator"].value is not None:
        return Value("", quantity.path, "is not one dose", "order one dose for a day")
    return Value(f"{number} {unit}".replace(".0 ", " "), quantity.path)


def _is_number(value: object) -> bool:
    """Whether JSON has a number here; Python reads NaN and Infinity as well."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _unit(quantity: Node) -> str:
    """Return the unit of ``quantity`` as its UCUM code where it has one; nothing where its words say another unit."""
    code, words = quantity["code"].text, quantity["unit"].text
    named = next((code for code, names in SPELLED.items() if words.casefold() in names), words)
    if code and quantity["system"].text in (UCUM, ""):
        return code if not words or named.casefold() == code.casefold() else ""
    return named
