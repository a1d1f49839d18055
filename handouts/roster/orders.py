"""From rows to orders: everything that would refuse a row is found here, before anything is made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from handouts.content.drug import Drug
from handouts.content.facts import printable
from handouts.content.language import read_locale
from handouts.content.person import doubts, read_order, read_treatment
from handouts.content.slip import served_tag
from handouts.content.tags import other_wording
from handouts.errors import HandoutError, InputError, LanguageError, Problem
from handouts.model import Order, Patient, Treatment
from handouts.packet import Desk
from handouts.press.fonts import Coverage
from handouts.roster.identity import Identities
from handouts.roster.table import Row
from handouts.schedule import plan

NO_LANGUAGE = Problem(
    "locale",
    "no language is given",
    "ask the patient, and write it like en or es; a clinic's default stands in its clinic file or columns file",
)
ANYONE = Patient("Sample Patient", dt.date(1980, 1, 2), "0")
TREATMENT = ("start", "done", "last", "days", "dose")
PACKET = "intake"
"""The packet of an order that names none."""
REMEMBERED = 4096
"""How many schedules are kept at once: the patients of a roster share drugs and days."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row and what came of it: an order, or every reason why there is none."""

    row: Row
    order: Order | None
    problems: tuple[Problem, ...] = ()
    """Each at its key; at no key, it is about the whole row."""
    warnings: tuple[Problem, ...] = ()
    """What a person should look at; the order is served."""


class Judge:
    """What one clinic with one library serves."""

    def __init__(self, desk: Desk, today: dt.date) -> None:
        """Judge what ``desk`` would print. Raises InputError where a drug file is broken."""
        self.desk, self._today = desk, today
        self.clinic, self.library = clinic, library = desk.clinic, desk.library
        self._limited = library.templates is None or clinic.unapproved == "refuse"
        self._missing_glyphs = Coverage(library.fonts).missing
        self._drugs = _by_name(printable(library.formulary.drug(name)) for name in library.formulary.ids())
        self._default_locale = None if clinic.sample else clinic.locale
        self._locale_problems = lru_cache(REMEMBERED)(self._find_locale_problems)
        self._locale_warnings = lru_cache(REMEMBERED)(self._find_locale_warnings)
        self._day = lru_cache(REMEMBERED)(self._find_day)
        self._served = lru_cache(REMEMBERED)(lambda tag: served_tag(tag, library.locales))
        self._packet_problems = lru_cache(REMEMBERED)(self._find_packet_problems)
        self._form_problems = lru_cache(REMEMBERED)(self._find_form_problems)
        self._next_infusion = lru_cache(REMEMBERED)(self._find_next_infusion)

    def order(self, row: Row) -> Judged:
        """Return what comes of ``row`` taken by itself."""
        if any(not problem.where for problem in row.problems):
            return Judged(row, None, row.problems)
        problems = list(row.problems)
        unread = {problem.where for problem in problems}
        order = None
        try:
            order = read_order(row.data, self._today, self._missing_glyphs)
        except InputError as error:
            problems += [problem for problem in error.problems if problem.where not in unread]
        treatment = order.treatment if order else None
        problems += self._unserved(row.data, {problem.where for problem in problems}, treatment)
        if problems or order is None:
            return Judged(row, None, tuple(dict.fromkeys(problems)))
        drug = self.drug_id(order.drug) or order.drug
        locale = order.locale or self._default_locale
        if (drug, locale) != (order.drug, order.locale):
            order = replace(order, drug=drug, locale=locale)
        if self._limited and (missing := self._form_problems(_anyone(order))):
            return Judged(row, None, missing)
        warnings = self._locale_warnings(order.locale or self.clinic.locale)
        return Judged(row, order, warnings=(*warnings, *doubts(order.treatment, self._today)))

    def drug_id(self, name: str) -> str | None:
        """Return the id of the drug called ``name``, by id, generic name or brand."""
        drug = self._drugs.get(name.strip().casefold())
        return drug.id if drug else None

    def coded(self, rxnorm: str) -> list[str]:
        """Return the ids of the drugs that have a product with this code."""
        drugs = {drug.id: drug for drug in self._drugs.values()}
        return [name for name, drug in drugs.items() if any(product.rxnorm == rxnorm for product in drug.product)]

    def from_order(self, drug: str) -> set[str]:
        """Return what an order of the drug with this id has to say, as its regimen leaves it open: days, dose."""
        known = self._drugs.get(drug)
        order = known.regimen.order if known else None
        return {key for key, said in (("days", order and order.days), ("dose", order and order.dose_unit)) if said}

    def next_infusion(self, data: Mapping[str, str]) -> dt.date | None:
        """Return the day of the next infusion in ``data``; None where that cannot be told."""
        return self._day(data.get("drug", ""), *(data.get(key, "") for key in TREATMENT))

    def _find_day(self, name: str, *treatment: str) -> dt.date | None:
        drug = self.drug_id(name)
        try:
            found = read_treatment(dict(zip(TREATMENT, treatment, strict=True)))
            return self._next_infusion(drug, found)[0] if drug else None
        except InputError:
            return None

    def day_of(self, order: Order) -> dt.date | None:
        """Return the day of the next infusion of ``order``; None where there is none."""
        return self._next_infusion(order.drug, order.treatment)[0]

    def same_order(self, data: Mapping[str, str], day: dt.date | None) -> tuple[str, ...]:
        """Return what two orders of one patient share where one of them is too many; ``day``: the next infusion."""
        drug = self.drug_id(data.get("drug", "")) or data.get("drug", "")
        packet = data.get("packet", "").strip() or PACKET
        locale = data.get("locale", "").strip() or self._default_locale or ""
        return drug, day.isoformat() if day else data.get("start", ""), packet, self._served(locale)

    def _unserved(self, data: Mapping[str, str], refused: set[str], treatment: Treatment | None) -> list[Problem]:
        """Return why a well-formed order could not be served; keys that are ``refused`` are not looked at again."""
        problems: list[Problem] = []
        locale, packet, drug = (data.get(key, "").strip() for key in ("locale", "packet", "drug"))
        if "locale" not in refused:
            problems += self._locale_problems(locale) if locale or self._default_locale else [NO_LANGUAGE]
        if not drug or "drug" in refused:
            return problems
        if (known := self.drug_id(drug)) is None:
            return [*problems, self._unknown_drug(drug)]
        if "packet" not in refused:
            problems += self._packet_problems(packet or PACKET, known)
        if refused.isdisjoint(TREATMENT):
            problems += self._next_infusion(known, treatment or read_treatment(data))[1]
        return problems

    def _unknown_drug(self, name: str) -> Problem:
        """Return what is wrong with ``name``; it is not repeated where it may be a patient's, in a wrong column."""
        (problem,) = _problems(lambda: self.library.formulary.path(name))
        if self.library.formulary.near(name):
            return problem
        return Problem("drug", "is not the name of a drug that is known here", problem.hint)

    def _find_locale_problems(self, tag: str) -> tuple[Problem, ...]:
        return tuple(_problems(lambda: self.desk.reader.refuse(tag or self._default_locale or "")))

    def _find_locale_warnings(self, tag: str) -> tuple[Problem, ...]:
        try:
            warning = other_wording(tag, read_locale(tag, self.library.locales).tag)
        except HandoutError:
            return ()
        return (warning,) if warning else ()

    def _find_packet_problems(self, packet: str, drug: str) -> tuple[Problem, ...]:
        return tuple(_problems(lambda: self.library.documents(packet, self._drugs[drug])))

    def _find_form_problems(self, order: Order) -> tuple[Problem, ...]:
        """Return why no form can be printed for orders of the same shape."""
        try:
            unusable = self.desk.unusable(self.desk.prepare(order))
        except LanguageError as error:
            return error.problems
        return (unusable,) if unusable else ()

    def _find_next_infusion(self, drug: str, treatment: Treatment) -> tuple[dt.date | None, tuple[Problem, ...]]:
        try:
            infusions = plan(self._drugs[drug], treatment, closed=self.clinic.is_closed).infusions
        except HandoutError as error:
            return None, error.problems
        return (infusions[0].date if infusions else None), ()


def identified(roster: Iterable[Row], judge: Judge) -> Identities:
    """Return what is known of all rows together. Raises InputError where the roster cannot be read to its end."""
    identities = Identities()
    for row in roster:
        day = judge.next_infusion(row.data)
        identities.note(row.number, row.data, judge.same_order(row.data, day), day)
    identities.settle()
    return identities


def judged(roster: Iterable[Row], judge: Judge, identities: Identities) -> Iterator[Judged]:
    """Yield every row of ``roster`` with what came of it; none of them is kept."""
    for row in roster:
        found = judge.order(row)
        if against := identities.problems(row.number):
            found = Judged(row, None, (*found.problems, *against))
        name, mrn = row.data.get("name", ""), row.data.get("mrn", "")
        day = judge.day_of(found.order) if found.order else judge.next_infusion(row.data)
        if name and mrn and day and (alerts := identities.alerts(row.number, name, mrn, day)):
            found = replace(found, warnings=(*found.warnings, *alerts))
        yield found


def _anyone(order: Order) -> Order:
    """Return ``order`` without the patient: what is left is all that its form depends on."""
    interpreter = "present" if order.interpreter else None
    return replace(order, patient=ANYONE, prescriber=None, interpreter=interpreter)


def _by_name(drugs: Iterable[Drug]) -> dict[str, Drug]:
    """Return the drugs by everything they are called; an id comes before another drug's brand."""
    known = list(drugs)
    found: dict[str, Drug] = {}
    for drug in known:
        for name in (drug.names.generic, *drug.names.brands):
            found.setdefault(name.casefold(), drug)
    return found | {drug.id: drug for drug in known}


def _problems(step: Callable[[], object]) -> list[Problem]:
    """Return the problems that ``step`` raises."""
    try:
        step()
    except HandoutError as error:
        return list(error.problems)
    return []
