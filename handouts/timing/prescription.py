"""What the order decides and must not exceed: days, daily dose, number of infusions, lifetime limit."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from handouts.content.regimen import Amount, Lifetime, Regimen
from handouts.errors import Problem
from handouts.timing.course import Course

_DOSE = re.compile(r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?P<part>\.[0-9]{1,2})?\s*(?P<unit>\D.*)?")
"""A comma groups thousands. No three digits after a point: "1.000" is one to some and 1000 to others."""


def ordered_days(regimen: Regimen, days: int | None) -> tuple[int | None, list[Problem]]:
    """Return the consecutive days that were ordered (1 where the regimen fixes them; None with a problem)."""
    limits = regimen.order.days if regimen.order else None
    if limits is None or not any(step.days == "order" for step in regimen.steps):
        if days is None:
            return 1, []
        return None, [Problem("days", "this regimen fixes the number of days", "leave days out")]
    fewest, most = limits
    if days is None:
        message = "this regimen needs the number of consecutive days from the order"
        return None, [Problem("days", message, f"give days: {fewest} to {most}")]
    if not fewest <= days <= most:
        return None, [Problem("days", f"{days} days is outside {fewest} to {most} days", "check the order")]
    return days, []


def ordered_dose(regimen: Regimen, dose: str | None) -> tuple[Amount | None, list[Problem]]:
    """Return the daily dose that was ordered; None where none was given, where it is fixed, or with a problem."""
    if dose is None:
        return None, []
    unit = regimen.order.dose_unit if regimen.order else None
    if unit is None or all(step.dose for step in regimen.steps):
        return None, [Problem("dose", "this regimen fixes the dose", "leave dose out")]
    match = _DOSE.fullmatch(dose.strip())
    written = (match["unit"] or unit) if match else ""
    number = Decimal(match["number"].replace(",", "") + (match["part"] or "")) if match else Decimal(0)
    if _folded(written) != _folded(unit) or not number:
        return None, [Problem("dose", f"{dose!r} is not a dose in {unit}", f'write it like "1000 {unit}"')]
    if regimen.order and regimen.order.dose:
        least, most = regimen.order.dose
        if not least <= number <= most:
            return None, [Problem("dose", f"{dose!r} is outside {least} to {most} {unit} a day", "check the order")]
    return Amount(amount=number, unit=unit), []


def _folded(unit: str) -> str:
    """Return ``unit`` so that "mg/m2" and "MG/M²" compare equal."""
    return unicodedata.normalize("NFKC", unit).casefold()


def most_infusions(
    course: Course, lifetime: Lifetime | None, ordered: Amount | None
) -> tuple[int | None, list[Problem]]:
    """Return how many full doses stay within the lifetime limit (None: no limit, or the whole regimen does).

    The limit binds even while it is unverified: a refusal prints nothing on a patient's page.
    """
    if lifetime is None:
        return None, []
    if problem := _not_countable(course, lifetime.limit, ordered):
        return None, [problem]
    left, count = lifetime.limit.amount, 0
    for dose, length, every in _doses(course, ordered):
        fit = int(left // dose.amount)
        if every or fit < length:
            return count + fit, []
        left -= length * dose.amount
        count += length
    return None, []


def _not_countable(course: Course, limit: Amount, ordered: Amount | None) -> Problem | None:
    for step in course.steps:
        dose = step.dose or ordered
        if dose is None:
            return Problem("dose", f"the lifetime limit of {limit} cannot be checked without the dose", "give dose")
        if dose.unit != limit.unit:
            message = f"a dose in {dose.unit} cannot be held against the lifetime limit of {limit}"
            return Problem("dose", message, "write both in one unit in the drug file")
    return None


def _doses(course: Course, ordered: Amount | None) -> list[tuple[Amount, int, bool]]:
    """Return dose, consecutive days, and whether it repeats, for each step."""
    pairs = zip(course.steps, course.lengths, strict=True)
    return [(dose, length, bool(step.every)) for step, length in pairs if (dose := step.dose or ordered)]


def count_problems(
    course: Course, done: int, most: int | None, lifetime: Lifetime | None, ordered: Amount | None
) -> list[Problem]:
    """Return why ``done`` infusions cannot be, or cannot be followed by another."""
    if course.total is not None and done > course.total:
        message = f"{done} infusions are more than this regimen has ({course.total})"
        return [Problem("done", message, "check how many infusions were given")]
    if lifetime and most is not None and done >= most:
        count = max(done, most + 1)
        amount = Amount(amount=_together(course, count, ordered), unit=lifetime.limit.unit)
        message = f"{count} full doses would be {amount}, over the lifetime limit of {lifetime.limit}"
        return [Problem("done", message, f"no more than {most} full doses in a lifetime: ask the prescriber")]
    return []


def _together(course: Course, count: int, ordered: Amount | None) -> Decimal:
    """Return the sum of the first ``count`` doses."""
    total = Decimal(0)
    for dose, length, every in _doses(course, ordered):
        taken = count if every else min(count, length)
        total += taken * dose.amount
        count -= taken
    return total
