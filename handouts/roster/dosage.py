"""The course that a FHIR R4 request orders: how many days in a row, and how much on each (Dosage and Timing)."""

from __future__ import annotations

import datetime as dt

from handouts.roster.bundle import Node, Value

ONCE_A_DAY = {"frequency": 1, "period": 1, "periodUnit": "d"}
DAY = "d"
"""The unit of a day (UCUM)."""


def course(request: Node) -> dict[str, Value]:
    """Return ``days`` and ``dose`` of ``request``: empty where it does not say, and a problem where that is not plain.

    Nothing is guessed: a course is one instruction, once a day.
    """
    instructions = list(request["dosageInstruction"])
    if len(instructions) > 1:
        place = request["dosageInstruction"].path
        unclear = Value("", place, "has more than one instruction", "order the infusions in a request of their own")
        return {"days": unclear}
    return {key: value for item in instructions for key, value in (("days", _days(item)), ("dose", _dose(item)))}


def _days(instruction: Node) -> Value:
    """Return on how many days in a row: a count, a duration in days, or the first and the last day."""
    repeat = instruction["timing"]["repeat"]
    if repeat.value is None:
        return Value("", instruction["timing"].path)
    if any(repeat[key].value != wanted for key, wanted in ONCE_A_DAY.items()):
        hint = "write it as frequency 1, period 1, periodUnit d"
        return Value("", repeat.path, "does not say once a day", hint)
    duration, period = repeat["boundsDuration"], repeat["boundsPeriod"]
    said = {repeat["count"].path: repeat["count"].value, period.path: _length(period)}
    if duration.value is not None:
        in_days = DAY in (duration["code"].text, duration["unit"].text)
        said[duration.path] = duration["value"].value if in_days else "another unit"
    said = {path: number for path, number in said.items() if number is not None}
    if len(set(said.values())) > 1:
        return Value("", repeat.path, "says two different numbers of days", "correct the request")
    for path, number in said.items():
        if isinstance(number, bool) or not isinstance(number, int):
            return Value("", path, "is not a number of days", "write it as a count, or as a duration in d")
        return Value(str(number), path)
    return Value("", repeat.path)


def _length(period: Node) -> int | str | None:
    """Return how many days ``period`` has, its first and its last one counted; None where there is none."""
    if period.value is None:
        return None
    try:
        first, last = (dt.date.fromisoformat(period[key].text[:10]) for key in ("start", "end"))
    except ValueError:
        return "no dates"
    return (last - first).days + 1


def _dose(instruction: Node) -> Value:
    """Return the dose of a day, as ``1000 mg``."""
    given = list(instruction["doseAndRate"])
    place = instruction["doseAndRate"].path
    if len(given) > 1 or any(item["doseRange"].value is not None for item in given):
        return Value("", place, "is not one dose", "order one dose for a day")
    quantity = given[0]["doseQuantity"] if given else Node(None, place)
    number, unit = quantity["value"].value, quantity["unit"].text or quantity["code"].text
    if number is None:
        return Value("", place)
    if isinstance(number, bool) or not isinstance(number, int | float) or not unit:
        return Value("", quantity.path, "is not a number with a unit", 'write {"value": 1000, "unit": "mg"}')
    return Value(f"{number} {unit}".replace(".0 ", " "), quantity.path)
