"""The infusions of a regimen, numbered from 1, and how far apart they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple, Self

from handouts.content.regimen import Regimen, Step
from handouts.timing.days import days_in, shift


class Place(NamedTuple):
    """Where an infusion stands in its regimen; all three count from 0."""

    step: int
    turn: int
    """Which repetition of the step."""
    day: int
    """Which of the step's consecutive days."""


class Known(NamedTuple):
    """An infusion whose day is known, to count others from."""

    number: int
    day: dt.date


@dataclass(frozen=True, slots=True)
class Course:
    """A regimen in which every step has its number of days."""

    steps: tuple[Step, ...]
    lengths: tuple[int, ...]
    """Consecutive days of each step."""

    @classmethod
    def of(cls, regimen: Regimen, days: int) -> Self:
        """Return ``regimen`` as a course; ``days`` stands where the regimen leaves them to the prescriber."""
        return cls(regimen.steps, tuple(days if step.days == "order" else step.days for step in regimen.steps))

    @property
    def total(self) -> int | None:
        """How many infusions there are; None when the last step repeats without end."""
        return None if self.steps[-1].every else sum(self.lengths)

    def place(self, number: int) -> Place:
        """Return where infusion ``number`` stands; ValueError when the regimen has no such infusion."""
        left = number - 1
        for index, length in enumerate(self.lengths):
            if 0 <= left < length:
                return Place(index, 0, left)
            left -= length
        if left < 0 or self.total is not None:
            raise ValueError(f"the regimen has no infusion {number}")
        return Place(len(self.steps) - 1, left + 1, 0)

    def step(self, number: int) -> Step:
        return self.steps[self.place(number).step]

    def repeats(self, number: int) -> bool:
        """Whether infusion ``number`` belongs to the step that repeats."""
        return self.step(number).every is not None

    def in_one_run(self, one: int, other: int) -> bool:
        """Whether both infusions belong to the same step: a run of consecutive days, or the repeating infusion."""
        return self.place(one).step == self.place(other).step

    def date(self, number: int, known: Known) -> dt.date:
        """Return the day of infusion ``number``, counted from ``known`` as the regimen counts.

        Within months the two offsets are subtracted first and added once; going back to infusion 1 and forward
        again would lose the end of a month (31 March - 1 month + 2 months is 28 April).
        """
        here, there = self.place(known.number), self.place(number)
        months, days = self._offset(here)
        more_months, more_days = self._offset(there)
        return shift(shift(known.day, days=-here.day - days), months=more_months - months, days=more_days + there.day)

    def _offset(self, place: Place) -> tuple[int, int]:
        """Return how long after infusion 1 the run of ``place`` begins, in months and days; one of them is 0."""
        step = self.steps[place.step]
        months = days = 0
        for interval, times in ((step.after, 1), (step.every, place.turn)):
            if interval:
                months += times * interval.months
                days += times * days_in(interval)
        return months, days
