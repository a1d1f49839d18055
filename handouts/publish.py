"""Which forms an edition holds: every drug, language and packet, in every shape that a plan can have."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import itertools
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import NamedTuple

from handouts.content.clinic import Clinic
from handouts.content.drug import Drug
from handouts.content.facts import printable
from handouts.content.language import source_tag
from handouts.editions.edition import Edition, Entry
from handouts.errors import HandoutError, InputError, Problem, Refused
from handouts.forms import Prepared, typeset_part
from handouts.library import Library
from handouts.model import Approval, Dress, Order, Patient, Treatment
from handouts.packet import Desk, typesetting
from handouts.press.form import Origin
from handouts.press.part import load
from handouts.schedule import plan
from handouts.values import Outline, outline

NOBODY = Patient("", dt.date(1900, 1, 1), "")
"""A form holds no patient."""
STARTS = tuple(dt.date(2027, month, 4) for month in (1, 4, 7, 10))
"""Days to try: where two visits fall near each other, how many of them a plan has can depend on the season."""
AFTER = range(0, 801, 10)
"""Days from the first infusion to the last one given: which tests are still to come depends on it."""
MOST = 60
"""Infusions given already, at the most, for which shapes are looked for."""


class Pair(NamedTuple):
    """A drug in a language, or in that of the texts behind a slip."""

    drug: str
    language: str


@dataclass(frozen=True, slots=True)
class Built:
    """The forms of an edition, and why there are none of some drugs in some languages."""

    entries: list[Entry]
    parts: dict[str, bytes]
    """Their documents as the bytes of files, by key."""
    faults: dict[Pair, HandoutError]


def shapes(drug: Drug) -> list[Treatment]:
    """Return one treatment for every outline that a plan of ``drug`` can have."""
    found: dict[Outline, Treatment] = {}
    for treatment in _treatments(drug):
        try:
            found.setdefault(outline(drug, plan(drug, treatment)), treatment)
        except Refused:
            continue
    return list(found.values())


def _treatments(drug: Drug) -> Iterator[Treatment]:
    order = drug.regimen.order
    lengths: Sequence[int | None] = range(order.days[0], order.days[1] + 1) if order and order.days else [None]
    watched = max((item.from_infusion for item in drug.observation), default=1)
    given = min(max(watched, len(drug.regimen.steps), 12) + drug.regimen.page_infusions, MOST)
    for days in lengths:
        for start in STARTS:
            yield Treatment(start=start, days=days)
            for done in range(1, given + 1):
                yield Treatment(done=done, last=start, days=days)
        for done, after in itertools.product(range(1, given + 1), AFTER):
            yield Treatment(STARTS[0], done, STARTS[0] + dt.timedelta(after), days)


def orders(
    library: Library,
    drugs: Sequence[str],
    locales: Sequence[str],
    packets: Sequence[str],
    sizes: Sequence[str],
    slips: Sequence[str] = (),
) -> Iterator[Order]:
    """Yield an order without a patient for every form that an edition is to hold.

    ``slips``: the languages of the interpreter slips that packets in the language of the texts are to have, too.
    """
    source = source_tag(library.locales) if slips else ""
    languages = [*((locale, None) for locale in locales), *((source, slip) for slip in slips)]
    for name in drugs:
        treatments = shapes(printable(library.formulary.drug(name)))
        for (locale, slip), packet, size in itertools.product(languages, packets, sizes):
            for treatment in treatments:
                yield Order(NOBODY, name, treatment, locale, packet, None, size, slip=slip)


def build_forms(
    wanted: Sequence[Order],
    clinic: Clinic,
    library: Library,
    *,
    before: Edition | None,
    jobs: int,
    progress: Callable[[int, int], None],
) -> Built:
    """Return a form for each of ``wanted``; a document that several packets have is typeset once.

    ``jobs`` processes typeset. What ``before`` has with the same content is taken from it, with its approval; whatever
    changed is a draft again. A drug has all of its forms in a language, or none: where one cannot be made, the others
    are left out, too.
    """
    faults: dict[Pair, HandoutError] = {}
    wanted_forms: dict[Origin, tuple[Prepared, Order]] = {}
    desk = typesetting(clinic, library)
    for order in wanted:
        if _pair(order) not in faults:
            try:
                prepared = desk.prepare(order)
                wanted_forms[prepared.origin] = prepared, order
            except HandoutError as error:
                faults[_pair(order)] = error
    needed = _needed(wanted_forms.values(), faults)
    parts = {key: before.part_file(key) for key in needed if before and before.has_part(key)}
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        missing = {key: needed[key] for key in needed if key not in parts}
        sent = {key: pool.submit(_typeset, clinic, library, *item) for key, item in missing.items()}
        for number, (key, future) in enumerate(sent.items(), start=len(parts) + 1):
            try:
                parts[key] = future.result()
            except HandoutError as error:
                faults.setdefault(_pair(missing[key][0]), error)
            progress(number, len(needed))
    made = [
        (prepared, order)
        for prepared, order in wanted_forms.values()
        if _pair(order) not in faults and parts.keys() >= set(prepared.form.parts)
    ]
    pages = {key: len(load(data).pages) for key, data in parts.items()}
    entries = [_entry(prepared, order, pages, before) for prepared, order in made]
    kept = {key: parts[key] for entry in entries for key in entry.parts}
    return Built(sorted(entries, key=attrgetter("form")), kept, faults)


def _needed(
    forms: Iterable[tuple[Prepared, Order]], faults: Mapping[Pair, HandoutError]
) -> dict[str, tuple[Order, str]]:
    """Return every part of ``forms`` by key: an order that has it, and which document it is."""
    found: dict[str, tuple[Order, str]] = {}
    for prepared, order in forms:
        if _pair(order) not in faults:
            for key, document in zip(prepared.form.parts, prepared.documents, strict=True):
                found.setdefault(key, (order, document))
    return found


def approve(edition: Edition, forms: Sequence[str], approval: Approval) -> list[Entry]:
    """Return the entries of ``edition`` with those of ``forms`` (ids, or how they begin) approved: no longer drafts.

    Nothing is typeset: what is approved is what the edition holds. Raises InputError for an id that no form or several
    forms have.
    """
    chosen = {_only(edition, start) for start in forms}
    return [replace(entry, approval=approval) if entry.form in chosen else entry for entry in edition.entries]


def order_of(entry: Entry) -> Order:
    """Return the order without a patient that ``entry`` was typeset for."""
    return _anyone(entry.origin.drug, entry.treatment, entry.origin.dress)


def _anyone(drug: str, treatment: Treatment, dress: Dress) -> Order:
    interpreter = "-" if dress.interpreter else None
    return Order(
        NOBODY,
        drug,
        treatment,
        dress.locale,
        dress.packet,
        dress.paper,
        dress.size,
        interpreter=interpreter,
        slip=dress.slip,
    )


def current_key(origin: Origin, desk: Desk) -> str | None:
    """Return the id of the form that is made for ``origin`` today; None where no plan has its shape any more.

    Raises InputError, LanguageError or LayoutError where it cannot be made.
    """
    for treatment in shapes(printable(desk.library.formulary.drug(origin.drug))):
        prepared = desk.prepare(_anyone(origin.drug, treatment, origin.dress))
        if prepared.origin == origin:
            return prepared.key
    return None


def _pair(order: Order) -> Pair:
    return Pair(order.drug, f"{order.locale} (slip {order.slip})" if order.slip else order.locale or "")


def _only(edition: Edition, start: str) -> str:
    found = [entry.form for entry in edition.entries if entry.form.startswith(start.lower())]
    if len(found) != 1:
        problem = f"{len(found)} forms begin with {start!r}"
        raise InputError(Problem("form", problem, "see handouts edition list"))
    return found[0]


def _typeset(clinic: Clinic, library: Library, order: Order, document: str) -> bytes:
    return typeset_part(typesetting(clinic, library).prepare(order), document, library).dump()


def _entry(prepared: Prepared, order: Order, pages: Mapping[str, int], before: Edition | None) -> Entry:
    shape, form = prepared.sheet.outline, prepared.form
    known = before.entry(prepared.origin) if before else None
    approval = known.approval if known and known.form == form.key else None
    return Entry(
        form.key,
        prepared.origin,
        sum(pages[key] for key in form.parts),
        len(shape.slots),
        shape.begun,
        form.parts,
        form.fields,
        order.treatment,
        approval,
    )
