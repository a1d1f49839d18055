"""What travels between the stages: orders, plans and visits. All of it is frozen and free of paths and options.

What goes to other processes (orders, and what they consist of) has no slots: pickle takes four times as long with them.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a visit is for."""

    INFUSION = "infusion"
    LABORATORY = "laboratory"
    SCAN = "scan"
    REVIEW = "review"
    VACCINATION = "vaccination"
    """The last day for a vaccine."""
    END = "end"
    """The end of follow-up."""


@dataclass(frozen=True)
class Patient:
    """The person the packet is for. Two identifiers besides the name stand on every page."""

    name: str
    dob: dt.date
    mrn: str
    sex: str | None = None


@dataclass(frozen=True)
class Treatment:
    """What an order says about dates and doses: enough for a schedule, without the patient."""

    start: dt.date | None = None
    """The day of infusion 1; with ``done``, it may instead be the day agreed for the next infusion."""
    done: int = 0
    """Infusions already given."""
    last: dt.date | None = None
    """The day of the last infusion given."""
    days: int | None = None
    """Consecutive days, where the regimen leaves them to the prescriber."""
    dose: str | None = None
    """The ordered daily dose ("1000 mg"), where the regimen leaves it to the prescriber."""


@dataclass(frozen=True)
class Order:
    """One patient's prescription, and how it is to be printed."""

    patient: Patient
    drug: str
    treatment: Treatment
    locale: str | None = None
    packet: str | None = None
    paper: str | None = None
    size: str = "standard"
    prescriber: str | None = None
    interpreter: str | None = None
    slip: str | None = None
    """The language of the interpreter slip that comes before the packet."""


@dataclass(frozen=True)
class Dress:
    """How a packet is dressed: all that its pages depend on beside the drug, the plan and the patient."""

    locale: str
    """The language of its texts, as a BCP 47 tag."""
    packet: str
    paper: str
    """``letter`` or ``a4``."""
    size: str
    """``standard`` (12 pt) or ``large`` (18 pt, re-flowed)."""
    interpreter: bool = False
    """An interpreter takes part: consent has a block to sign."""
    slip: str | None = None
    """The language of the interpreter slip that is its first page; mostly none."""

    @property
    def title(self) -> str:
        """What lists call the packet: "intake", or "intake+slip-so" behind an interpreter slip."""
        return f"{self.packet}+slip-{self.slip}" if self.slip else self.packet


@dataclass(frozen=True, slots=True)
class Approval:
    """Who let a form be handed out, and when."""

    by: str
    role: str
    on: dt.date
    edition: int
    """The number of the edition in which it was approved."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One dated entry of a plan. Words are the drug file's English; pages translate them."""

    kind: Kind
    date: dt.date
    label: str
    number: int | None = None
    """Which infusion this is, counted from the first one ever given."""
    step: int | None = None
    """Which step of the regimen it belongs to (0 is the first)."""
    series: str | None = None
    """The id of the monitoring it belongs to."""
    dose: str | None = None
    minutes: int | None = None
    """How long the infusion runs at the longest, in minutes."""
    minutes_at_least: int | None = None
    """How long it runs at the shortest, where that differs."""
    observe_minutes: int | None = None
    """How long the patient is watched afterwards; None: the clinic decides (or nothing is infused)."""
    closed: bool = False
    """The clinic is closed on this day; another one must be agreed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The dated visits of an order, in order of date."""

    drug: str
    visits: tuple[Visit, ...]
    complete: bool = False
    """No further infusion follows the last one listed: the regimen, or the lifetime limit, ends there."""

    @property
    def infusions(self) -> tuple[Visit, ...]:
        return tuple(visit for visit in self.visits if visit.kind is Kind.INFUSION)


@dataclass(frozen=True, slots=True)
class Month:
    """A month grid as the value of a field."""

    title: str
    year: int
    month: int
    first_weekday: int
    """The day a week begins on; 0 is Monday."""
    weekdays: tuple[str, ...]
    """Their short names, from Monday."""
    infusions: tuple[int, ...]
    """Days of the month."""
    tests: tuple[int, ...]
    rtl: bool
    """The first day of the week is on the right."""
    says: str
    """The same for someone who cannot see it."""

    def dump(self) -> str:
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def load(cls, value: str) -> Month:
        return cls(**json.loads(value))
