"""Which forms an edition holds: every drug, language and packet, in every shape that a plan can have."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import itertools
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from handouts.content.clinic import Clinic
from handouts.content.drug import Drug
from handouts.content.facts import printable
from handouts.content.language import source_tag
from handouts.errors import HandoutError, InputError, Problem, Refused
from handouts.library import Library
from handouts.model import Order, Patient, Treatment
from handouts.packet import Desk, Prepared, typeset_form
from handouts.press.edition import Edition, Entry
from handouts.press.form import Form
from handouts.press.sheet import Approval
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


class Built(NamedTuple):
    """The forms of an edition, and why there are none of some drugs in some languages."""

    forms: list[tuple[Entry, Form]]
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
    """Return a form for each of ``wanted``, typeset in ``jobs`` processes.

    What ``before`` has with the same content is taken from it, with its approval; whatever changed is a draft again.
    A drug has all of its forms in a language, or none: where one cannot be made, the others are left out, too.
    """
    faults: dict[Pair, HandoutError] = {}
    approvals = {entry.form: entry.approval for entry in before.entries} if before else {}
    found: dict[str, tuple[Entry, Form]] = {}
    missing: dict[str, Order] = {}
    pairs: dict[str, Pair] = {}
    desk = Desk(clinic, library)
    for order in wanted:
        if _pair(order) in faults:
            continue
        try:
            prepared = desk.prepare(order)
        except HandoutError as error:
            faults[_pair(order)] = error
            continue
        form = before.get(prepared.key) if before else None
        if form:
            found[prepared.key] = (_entry(prepared, order, form, approvals.get(prepared.key)), form)
        else:
            missing.setdefault(prepared.key, order)
        pairs[prepared.key] = _pair(order)
    missing = {key: order for key, order in missing.items() if _pair(order) not in faults}
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        sent = {key: pool.submit(_typeset, order, clinic, library) for key, order in missing.items()}
        for number, (key, future) in enumerate(sent.items(), start=1):
            try:
                found[key] = future.result()
            except HandoutError as error:
                faults.setdefault(pairs[key], error)
            progress(len(pairs) - len(missing) + number, len(pairs))
    return Built([found[key] for key in sorted(found) if pairs[key] not in faults], faults)


def approve(
    edition: Edition, forms: Sequence[str], approval: Approval, clinic: Clinic, library: Library
) -> list[tuple[Entry, Form]]:
    """Return the forms of ``edition`` with those in ``forms`` (ids, or how they begin) approved: no longer drafts.

    Raises InputError for an id that no form or several forms have, and where the content has changed since.
    """
    chosen = {_only(edition, start) for start in forms}
    desk = Desk(clinic, library)
    result = []
    for entry in edition.entries:
        form = edition.get(entry.form)
        if form is None:
            raise InputError(Problem("edition", f"form {entry.form[:10]} is not in the file", "build it again"))
        if entry.form in chosen:
            order = order_of(entry)
            prepared = desk.prepare(order)
            if prepared.key != entry.form:
                problem = f"form {entry.form[:10]} has changed since the edition was built"
                raise InputError(Problem("edition", problem, "build the edition again, read it, then approve"))
            form = typeset_form(replace(prepared, sheet=replace(prepared.sheet, approval=approval)), library)
            entry = replace(entry, approval=approval)
        result.append((entry, form))
    return result


def order_of(entry: Entry) -> Order:
    """Return the order without a patient that ``entry`` was typeset for."""
    origin = entry.origin
    return Order(
        NOBODY,
        origin.drug,
        entry.treatment,
        origin.locale,
        origin.asked,
        origin.paper,
        origin.size,
        interpreter="-" if origin.interpreter else None,
        slip=origin.slip,
    )


def _pair(order: Order) -> Pair:
    return Pair(order.drug, f"{order.locale} (slip {order.slip})" if order.slip else order.locale or "")


def _only(edition: Edition, start: str) -> str:
    found = [entry.form for entry in edition.entries if entry.form.startswith(start.lower())]
    if len(found) != 1:
        problem = f"{len(found)} forms begin with {start!r}"
        raise InputError(Problem("form", problem, "see handouts edition list"))
    return found[0]


def _typeset(order: Order, clinic: Clinic, library: Library) -> tuple[Entry, Form]:
    prepared = Desk(clinic, library).prepare(order)
    form = typeset_form(prepared, library)
    return _entry(prepared, order, form, None), form


def _entry(prepared: Prepared, order: Order, form: Form, approval: Approval | None) -> Entry:
    shape = prepared.sheet.outline
    return Entry(prepared.key, prepared.origin, form.pages, len(shape.slots), shape.begun, order.treatment, approval)
