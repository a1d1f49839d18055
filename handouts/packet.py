"""From an order to a packet: the one place that knows the whole way."""

from __future__ import annotations

import functools
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handouts.content.clinic import Clinic, Fallback
from handouts.content.facts import printable
from handouts.content.language import Language, Translator, source_tag
from handouts.content.slip import Slip
from handouts.errors import LanguageError, LayoutError, Problem
from handouts.forms import SHOWN, Forms, FromEdition, Identity, Prepared, Typesetter, set_in_full, unusable
from handouts.gate import NO_FORM
from handouts.library import Library
from handouts.model import Dress, Order, Treatment
from handouts.press.fonts import Coverage, describe
from handouts.press.form import Form, Origin, is_own
from handouts.press.shaping import Faces
from handouts.press.sheet import Sheet
from handouts.press.stamp import DoesNotFit, Stamp
from handouts.reader import Reader
from handouts.schedule import plan
from handouts.values import form_values, outline, patient_values, plan_values

if TYPE_CHECKING:
    from handouts.editions.edition import Edition
    from handouts.editions.shelf import Shelf

SLIP = "slip"
"""The document that asks for an interpreter."""
PLANS = 1024
"""How many plans a desk remembers: the patients of a day share drugs and dates."""
STAMPS = 32
"""How many forms a desk has at hand."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One patient's finished packet."""

    parts: tuple[bytes, ...]
    """The PDF in pieces, one after the other."""
    sha256: str
    """Of the whole PDF, 64 hexadecimal digits."""
    pages: int
    documents: tuple[str, ...]
    locale: str
    form: str
    """The id of the form: the same for every patient whose packet says the same."""
    stamped: bool
    """False: a value did not fit its field, and the packet was set in full."""
    slip: Slip | None = None
    """The first page asks for an interpreter, because the packet could not be printed in the patient's language."""

    @property
    def pdf(self) -> bytes:
        return b"".join(self.parts)


class Desk:
    """One clinic with one library, where orders become packets. What orders share is worked out once.

    Several threads may use it at once.
    """

    def __init__(
        self,
        clinic: Clinic,
        library: Library,
        forms: Forms | None = None,
        *,
        language: Language | None = None,
        fallback: Fallback = "refuse",
    ) -> None:
        """``forms``: where forms come from; typeset whenever they are asked for where it is not given.

        ``language`` is that of a preview, instead of the orders' own. ``fallback`` says what becomes of an order that
        cannot be printed in its language.
        """
        self.clinic, self.library = clinic, library
        self.forms: Forms = forms or Typesetter(library)
        coverage = Coverage(library.fonts)
        self.reader = Reader(clinic, library, coverage, fallback)
        self._missing_glyphs = coverage.missing
        self._preview = language
        self._faces = functools.cache(lambda locale: Faces(library.fonts, locale))
        self._drug = functools.cache(lambda name: printable(library.formulary.drug(name)))
        self._planned = functools.lru_cache(PLANS)(self._plan)
        self._known: dict[Origin, Identity] = {}
        self._stamps: dict[str, Stamp] = {}
        self._stamps_lock = threading.Lock()

    @property
    def edition(self) -> int | None:
        """The number of the edition that this desk prints from; none where forms are typeset."""
        return self.forms.number

    def served(self, order: Order) -> Order:
        """Return ``order`` as it is printed: where its language cannot be, and the desk falls back, in English with a
        slip. What is returned is printed alike at every desk.

        Raises what ``prepare`` raises.
        """
        if order.slip or self.reader.fallback == "refuse":
            return order
        try:
            prepared = self._prepared(order)
            if prepared.sheet.language.file.source or not (problem := unusable(prepared, self.forms)):
                return order
            problems: tuple[Problem, ...] = (problem,)
        except LanguageError as error:
            problems = error.problems
        slip = self.reader.slip_instead(order.locale or self.clinic.locale, problems)
        return replace(order, locale=source_tag(self.library.locales), slip=slip)

    def prepare(self, order: Order) -> Prepared:
        """Return what ``order`` prints.

        Raises InputError or Refused, with every problem found, LanguageError where there is no such language or slip or
        a text has no translation or a wrong one, and LayoutError where no font has a date's characters, or a template
        is broken.
        """
        return self._prepared(self.served(order))

    def _prepared(self, order: Order) -> Prepared:
        planned = self._planned(order.drug, order.treatment, dress_of(order, self.clinic))
        return replace(planned, values=planned.values | patient_values(order, planned.sheet.language))

    def unusable(self, prepared: Prepared) -> Problem | None:
        """Return why no form can be had for ``prepared``: the edition has none, or it is a draft."""
        return unusable(prepared, self.forms)

    def packet(self, order: Order) -> Packet:
        """Return the packet for ``order``: stamped into its form, or set in full where a value does not fit its field.

        A form that is not on the shelf is typeset and put there. Raises InputError (the order or a file), Refused (the
        order must not be served), LanguageError (no complete translation) or LayoutError (a character that no font
        has, a template that is broken), each with every problem found.
        """
        prepared = self.prepare(order)
        self._refuse_missing_glyphs({name: text for name, text in prepared.values.items() if is_own(name)})
        if problem := unusable(prepared, self.forms):
            raise LayoutError(problem) if problem is NO_FORM else LanguageError(problem)
        return stamped(prepared, self._stamp(prepared), self.library)

    def _plan(self, drug_id: str, treatment: Treatment, dress: Dress) -> Prepared:
        """Return what all orders print that differ in nothing but the patient."""
        drug, language = self._drug(drug_id), self._preview or self.reader.language(dress.locale)
        documents = self.library.documents(dress.packet, drug)
        slip = self.reader.slip(dress.slip) if dress.slip else None
        dated = plan(drug, treatment, closed=self.clinic.is_closed)
        shape = outline(drug, dated)
        texts = language.translator()
        values = plan_values(drug, dated, shape, texts)
        self._refuse_missing_glyphs(values)
        sheet = Sheet(
            drug,
            self.clinic,
            shape,
            language,
            self.reader.staff,
            dress.paper,
            dress.size,
            dress.interpreter,
            slip=slip,
            preview=self._preview is not None,
        )
        dress = replace(dress, locale=language.bcp47, slip=slip.bcp47 if slip else None)
        origin = Origin(drug.id, dress, shape.digest())
        prepared = Prepared(sheet, (SLIP, *documents) if slip else documents, values, origin)
        prepared = replace(prepared, form=self._identity(prepared, texts))
        number, approval = prepared.key[:SHOWN], self.forms.approval(prepared)
        values |= form_values(number, dress.slip, approval, texts, sample=self.clinic.sample)
        shown = sorted(item for item in values.items() if item[0] in prepared.form.fields)
        return replace(prepared, values=values, planned=hashlib.sha256(json.dumps(shown).encode()).hexdigest())

    def _identity(self, prepared: Prepared, texts: Translator) -> Identity:
        """Return which form ``prepared`` needs.

        Raises LanguageError with what its pages lack, and with what its values, which ``texts`` translated, do.
        """
        if prepared.origin not in self._known:
            try:
                self._known[prepared.origin] = self.forms.identity(prepared)
            except LanguageError as error:
                raise LanguageError(*dict.fromkeys([*error.problems, *texts.problems])) from None
        texts.refuse_missing()
        return self._known[prepared.origin]

    def form(self, order: Order) -> Form:
        """Return the form that the packet of ``order`` is stamped into. Raises what ``packet`` raises."""
        return self._stamp(self.prepare(order)).form

    def _stamp(self, prepared: Prepared) -> Stamp:
        """Return the form of ``prepared``, ready for patients; those used longest ago are let go of."""
        with self._stamps_lock:
            stamp = self._stamps.pop(prepared.key, None) or self._opened(prepared)
            self._stamps[prepared.key] = stamp
            if len(self._stamps) > STAMPS:
                del self._stamps[next(iter(self._stamps))]
        return stamp

    def _opened(self, prepared: Prepared) -> Stamp:
        return Stamp(self.forms.form(prepared), self._faces(prepared.origin.dress.locale))

    def _refuse_missing_glyphs(self, values: Mapping[str, str]) -> None:
        """Raise LayoutError for every field with a character that no bundled font has."""
        problems = [
            Problem(name, f"no font in this installation has {describe(character)}", "write the name in another script")
            for name, text in values.items()
            for character in self._missing_glyphs(text)
        ]
        if problems:
            raise LayoutError(*problems)


def typesetting(
    clinic: Clinic, library: Library, shelf: Shelf | None = None, *, fallback: Fallback = "refuse", ground: str = ""
) -> Desk:
    """Return a desk that typesets what is not on ``shelf``; ``ground`` is the library's, where it is known."""
    return Desk(clinic, library, Typesetter(library, shelf, ground or None), fallback=fallback)


def at_edition(edition: Edition, fallback: Fallback = "refuse") -> Desk:
    """Return a desk that prints from ``edition`` and nothing else, for its clinic."""
    return Desk(edition.clinic, edition.library, FromEdition(edition), fallback=fallback)


def dress_of(order: Order, clinic: Clinic) -> Dress:
    """Return how the packet of ``order`` is dressed: what it does not say, ``clinic`` does."""
    return Dress(
        order.locale or clinic.locale,
        order.packet or "intake",
        order.paper or clinic.paper,
        order.size,
        bool(order.interpreter),
        order.slip,
    )


def stamped(prepared: Prepared, stamp: Stamp, library: Library) -> Packet:
    """Return the packet of ``prepared`` from its form, or set in full where a value does not fit."""
    fits = True
    try:
        parts = stamp.parts(prepared.values)
    except DoesNotFit as error:
        if library.templates is None:
            problem, hint = "is too long for its field", "make this packet where forms are typeset, without --edition"
            raise LayoutError(*(Problem(name, problem, hint) for name in error.fields)) from None
        fits, stamp = False, Stamp(set_in_full(prepared, library), stamp.faces)
        parts = stamp.parts(prepared.values)
    sha256 = stamp.sha256(parts)
    locale, slip = prepared.origin.dress.locale, prepared.sheet.slip
    return Packet(parts, sha256, stamp.form.pages, prepared.documents, locale, prepared.key, fits, slip)
