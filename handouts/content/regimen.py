"""What a drug file says of doses and days: the steps of a regimen, their distances, and what the order decides."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from handouts.content.facts import Fact, Name, Strict, Words

Positive = Annotated[int, Field(gt=0)]
MinutesRange = Positive | tuple[Positive, Positive]
"""One number of minutes, or the shortest and the longest."""


class Interval(Strict):
    """A distance in days, weeks or months: exactly one of them."""

    days: int = 0
    weeks: int = 0
    months: int = 0

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if sum(1 for n in (self.days, self.weeks, self.months) if n) != 1:
            raise ValueError("give exactly one of days, weeks or months")
        if min(self.days, self.weeks, self.months) < 0:
            raise ValueError("an interval is positive")
        return self

    @property
    def unit(self) -> Literal["days", "weeks", "months"]:
        return "months" if self.months else "weeks" if self.weeks else "days"

    @property
    def number(self) -> int:
        return self.months or self.weeks or self.days

    def __str__(self) -> str:
        return f"{self.number} {self.unit}"


class Amount(Strict):
    amount: Annotated[Decimal, Field(gt=0)]
    unit: Name

    def __str__(self) -> str:
        return f"{self.amount.normalize():f} {self.unit}"


class Step(Fact):
    """One part of a regimen: an infusion, a course of consecutive days, or a repeated infusion."""

    label: Words
    """What a patient calls it: "first half dose"."""
    dose: Amount | None = None
    """None: the dose comes from the order."""
    after: Interval | None = None
    """How long after infusion 1; none: infusion 1 itself."""
    every: Interval | None = None
    """Repeats at this interval, counted from infusion 1 (or from ``after``)."""
    no_sooner: Interval | None = None
    """The shortest distance from the infusion before it; never printed. None: its own day in the regimen."""
    days: Positive | Literal["order"] = 1
    """Consecutive days; "order": the prescriber decides how many."""
    minutes: MinutesRange | None = None
    """How long the infusion itself runs."""
    visit_minutes: MinutesRange | None = None
    """How long to plan for the whole visit, where a source says it; otherwise it is added up."""

    @model_validator(mode="after")
    def _one_calendar(self) -> Self:
        if self.after and self.every and self.after.unit != self.every.unit:
            raise ValueError("`after` and `every` must count in the same unit, or month ends drift")
        if self.every and self.days != 1:
            raise ValueError("a repeated step has one day; write one step for each course")
        if self.no_sooner and self.days != 1:
            raise ValueError("`no_sooner` is for a step of one day: days in a row have no distance")
        if not self.verified:
            raise ValueError("a regimen cannot rest on an unverified step")
        return self


class FromOrder(Fact):
    """What the prescriber's order must say, because no label fixes it."""

    days: tuple[Positive, Positive] | None = None
    """Fewest and most consecutive days."""
    dose_unit: Name | None = None
    """The unit of the ordered daily dose; none: the regimen fixes the dose."""
    dose: tuple[Positive, Positive] | None = None
    """Smallest and largest daily dose; an order outside is refused."""


class Lifetime(Fact):
    """The most that one person may ever be given."""

    limit: Amount
    words: Words


class Regimen(Fact):
    summary: Annotated[tuple[Words, ...], Field(min_length=1)]
    """The schedule in words."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    missed: Words | None = None
    order: FromOrder | None = None
    lifetime: Lifetime | None = None
    plan_infusions: Positive
    """How many infusions ahead a plan looks."""
    page_infusions: Positive
    """How many of them a page lists."""

    @model_validator(mode="after")
    def _order_is_complete(self) -> Self:
        if any(step.days == "order" for step in self.steps) and not (self.order and self.order.days):
            raise ValueError('a step with days = "order" needs [regimen.order] days = [fewest, most]')
        if any(step.dose is None for step in self.steps) and not (self.order and self.order.dose_unit):
            raise ValueError("a step without a dose needs [regimen.order] dose_unit")
        if any(step.every for step in self.steps[:-1]):
            raise ValueError("only the last step can repeat")
        if self.steps[0].after:
            raise ValueError("the first step is infusion 1; it has no `after`")
        if self.page_infusions > self.plan_infusions:
            raise ValueError("page_infusions cannot be more than plan_infusions")
        return self
