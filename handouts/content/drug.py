"""What a drug file says: the schema of ``drugs/*.toml``.

A drug file holds facts (numbers, dates, codes), each with where it was read and as of when, and the drug's own wording
for patients in plain English.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from handouts.content.facts import Fact, Id, Name, Strict, Words, facts, with_as_of
from handouts.content.regimen import Interval, MinutesRange, Positive, Regimen

Of100 = Annotated[float, Field(ge=0, le=100)]


class Names(Fact):
    generic: Name
    brands: tuple[Name, ...] = ()
    route: Words
    """How it is given: "into a vein"."""


class Product(Fact):
    """A product of this drug, by the code that orders carry. Never printed."""

    rxnorm: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,7}$")]
    """The RxNorm concept (RxCUI) of a clinical or branded drug: what it is, how strong, and how it is given. A code of
    the ingredient alone would also stand for a product under the skin or for another use."""
    name: Name
    """What RxNorm calls it, for people who check the file."""


class Say(Fact):
    """How to say a name."""

    name: Name
    sounds_like: Name


class Phrase(Fact):
    words: Words


class DrugClass(Fact):
    words: Words
    """What kind of medicine it is and what it does, in one or two plain sentences."""


class Use(Fact):
    words: tuple[Words, ...]
    """What it is approved (or used) for."""
    not_for: tuple[Words, ...] = ()
    age: Words | None = None
    """What to say about age limits, where a plain statement would be wrong."""


class Approval(Fact):
    agency: Name
    date: dt.date | None = None
    """The day, where it is known to the day."""
    year: int | None = None
    off_label: bool = False
    """True where the treatment of this disease, or this dose, is not what the label says."""
    words: Words | None = None


class Benefit(Fact):
    words: tuple[Words, ...]
    """What the treatment is meant to do. No promise, no claim of reversal."""
    limits: tuple[Words, ...] = ()
    """What it does not do: "You may not feel a change"."""


class Alternative(Fact):
    words: Words


class Premedication(Fact):
    words: Words
    """What is given, in plain words: "a steroid into the vein (methylprednisolone 100 mg)"."""
    minutes_before: MinutesRange | None = None
    optional: bool = False
    sedating: bool = False
    course_days: tuple[Positive, ...] = ()
    """Only on these days of a course; empty: before every infusion."""


class TestBefore(Fact):
    when: Literal["first", "course", "each"]
    """Before the first infusion, before the first day of each course, before each infusion."""
    kind: Literal["laboratory", "scan", "review"]
    words: Words
    within_days: Annotated[int, Field(ge=0)] = 0
    """At most this many days before; 0: no limit is known."""


class Monitoring(Fact):
    """A test or a review that comes back at an interval."""

    id: Id
    kind: Literal["laboratory", "scan", "review"]
    words: Words
    """The test itself, short: "blood and urine tests"."""
    why: Words | None = None
    counted_from: Literal["start", "last_infusion"] = "start"
    at: tuple[Interval, ...] = ()
    """Single times before the repetition begins."""
    every: Interval | None = None
    until: Interval | None = None
    """How long after the last infusion; none: as long as the treatment goes on."""
    dated: bool = True
    """Whether the plan puts it on the calendar; False: said in words only."""

    @model_validator(mode="after")
    def _has_a_time(self) -> Self:
        if self.dated and not (self.at or self.every):
            raise ValueError("say when: `at`, `every`, or dated = false")
        if self.counted_from == "last_infusion" and self.every and not self.until:
            raise ValueError("a repetition after the last infusion needs `until`")
        return self


class VaccineDeadline(Fact):
    kind: Words
    """Which vaccines: "live vaccines"."""
    weeks_before: Positive
    """Finished at least this many weeks before the first infusion."""


class Vaccines(Fact):
    deadlines: tuple[VaccineDeadline, ...] = ()
    words: tuple[Phrase, ...] = ()


class Observation(Fact):
    """How long the patient is watched after the infusion ends."""

    from_infusion: Positive = 1
    to_infusion: Positive | None = None
    minutes: Positive | None = None
    """None: the clinic decides."""


class Reaction(Fact):
    """The reaction to the infusion itself."""

    of_100: Of100 | tuple[Of100, Of100] | None = None
    within_hours: Positive | None = None
    """Most come within this many hours."""
    signs: tuple[Words, ...]
    words: tuple[Words, ...] = ()


class Effect(Fact):
    words: Words
    of_100: Of100 | tuple[Of100, Of100] | None = None
    """How many of 100 people had it, or the lowest and highest of such figures."""
    compared: Of100 | None = None
    """The same without the drug (placebo or comparison drug)."""
    compared_with: Words | None = None
    """What it was compared with, when not placebo."""
    boxed: bool = False
    """In the label's boxed warning."""
    details: Words | None = None
    """One more sentence: what it can lead to, when it can come."""


class Sign(Fact):
    words: Words
    """A warning sign as the patient would notice it."""


class Pregnancy(Fact):
    words: tuple[Phrase, ...]
    contraception_months: Positive | None = None
    """Birth control during treatment and for this long after the last infusion."""


class Programme(Fact):
    """A restricted programme (REMS) that the patient must be enrolled in."""

    name: Name
    phone: Name | None = None
    words: tuple[Words, ...]
    official_document: Words | None = None
    """The official paper that goes into the packet's slot; this program never imitates it."""


class Rest(Fact):
    when: Literal["center", "tonight", "next_days"]
    words: Words


class Card(Fact):
    """A wallet card for the patient to carry."""

    words: Annotated[tuple[Words, ...], Field(min_length=1, max_length=6)]
    """What a stranger in an emergency room must know."""
    carry_months: Positive | None = None
    """How long after the last infusion."""


class Guide(Fact):
    """The official paper for patients. Our sheet never replaces it and never carries its name as a title."""

    words: Words
    """What it is called: "Medication Guide"."""


class Drug(Strict):
    """Everything a drug file says."""

    id: Id
    as_of: dt.date
    region: Literal["US", "EU"] = "US"
    """Whose label the facts follow."""
    sources: dict[Id, Name]
    """Every place a fact was read, by key."""
    names: Names
    product: tuple[Product, ...] = ()
    say: tuple[Say, ...] = ()
    drug_class: Annotated[DrugClass, Field(alias="class")]
    use: Use
    approval: tuple[Approval, ...]
    benefit: Benefit
    alternatives: tuple[Alternative, ...] = ()
    declining: tuple[Phrase, ...] = ()
    """What may happen without it, said by the patient: "If I say no …"."""
    regimen: Regimen
    premedication: tuple[Premedication, ...] = ()
    tests: tuple[TestBefore, ...] = ()
    monitoring: tuple[Monitoring, ...] = ()
    vaccines: Vaccines | None = None
    medicines: tuple[Phrase, ...] = ()
    """Which of the patient's own medicines to ask about. Never an order to stop one."""
    observation: tuple[Observation, ...]
    reaction: Reaction | None = None
    common: tuple[Effect, ...]
    serious: tuple[Effect, ...]
    call: Annotated[tuple[Sign, ...], Field(min_length=1)]
    """Call the clinic the same day."""
    emergency: Annotated[tuple[Sign, ...], Field(min_length=1)]
    """Call the emergency number now."""
    contraindications: tuple[Phrase, ...] = ()
    pregnancy: Pregnancy | None = None
    breastfeeding: tuple[Phrase, ...] = ()
    programmes: tuple[Programme, ...] = ()
    notice: tuple[Phrase, ...] = ()
    """What a patient may notice and need not fear."""
    bring: tuple[Phrase, ...] = ()
    """Beyond the usual things."""
    driving: tuple[Phrase, ...] = ()
    rest: tuple[Rest, ...] = ()
    card: Card | None = None
    guide: Guide | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_of_for_every_fact(cls, data: object) -> object:
        if isinstance(data, dict) and "as_of" in data:
            return with_as_of(data, data["as_of"])
        return data

    @model_validator(mode="after")
    def _sources_are_listed(self) -> Self:
        used = {key for _, fact in facts(self) for key in fact.source}
        if missing := sorted(used - self.sources.keys()):
            raise ValueError(f"not in [sources]: {', '.join(missing)}")
        if unused := sorted(self.sources.keys() - used):
            raise ValueError(f"[sources] lists what no fact uses: {', '.join(unused)}")
        return self

    @model_validator(mode="after")
    def _the_page_cannot_do_without(self) -> Self:
        for key in ("names", "drug_class", "use", "benefit", "regimen"):
            if not getattr(self, key).verified:
                raise ValueError(f"[{key.removeprefix('drug_')}] must be verified: a page cannot do without it")
        for key in ("observation", "common", "serious", "call", "emergency"):
            if not any(fact.verified for fact in getattr(self, key)):
                raise ValueError(f"[[{key}]] needs at least one verified entry: a page cannot do without it")
        return self

    @property
    def fewest_days(self) -> int | None:
        """The fewest consecutive days an order may ask for; none where the regimen fixes them."""
        order = self.regimen.order
        return order.days[0] if order and order.days else None

    @property
    def brand(self) -> str | None:
        return self.names.brands[0] if self.names.brands else None
