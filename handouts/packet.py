"""From an order to a packet: the one place that knows the whole way."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from handouts.content.clinic import Clinic, Fallback
from handouts.content.facts import printable
from handouts.content.language import Language, read_language, read_staff_language, source_tag
from handouts.content.slip import Slip, find_slip, read_slips
from handouts.errors import LanguageError, LayoutError, Problem
from handouts.gate import NO_FORM, set_pages, write_pages
from handouts.library import Library
from handouts.model import Order, Treatment
from handouts.press.fonts import Coverage, describe
from handouts.press.form import PLACEHOLDER, WITH_SLIP, Form, Forms, Origin, is_own, kind_of
from handouts.press.shaping import Faces
from handouts.press.sheet import Sheet
from handouts.press.stamp import DoesNotFit, Stamp
from handouts.schedule import plan
from handouts.values import Outline, outline, patient_values, plan_values, specimens

SHOWN = 10
"""How many digits of a form's id stand at the foot of a page."""
SLIP = "slip"
"""The document that asks for an interpreter."""
LINE_MAY_END = "\u200b"
"""Between words of languages that write no spaces; it has no ink and needs no glyph."""
PLANS = 1024
"""How many plans a desk remembers: the patients of a day share drugs and dates."""
STAMPS = 32
"""How many forms a desk has at hand."""
CHARACTERS = "".join(
    map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x2013, 0x2014, 0x2018, 0x2019, *range(0xFB00, 0xFB05)])
)
"""What a form's own fonts carry beside the letters of its language: Latin letters of Europe and the Americas, and the
ligatures that shaping makes of them (the fi of Sofia). Other names bring their own subset."""


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """An order with everything that is needed to print it: what the form says, and what goes into its fields."""

    sheet: Sheet
    documents: tuple[str, ...]
    values: dict[str, str]
    origin: Origin
    key: str
    """The id of the form: SHA-256 of everything that goes into it, 64 hexadecimal digits."""
    untranslated: tuple[str, ...] = ()
    """Texts of the values that the catalog lacks."""


class Desk:
    """One clinic with one library, where orders become packets. What orders share is worked out once."""

    def __init__(
        self,
        clinic: Clinic,
        library: Library,
        shelf: Forms | None = None,
        *,
        ground: str | None = None,
        language: Language | None = None,
        fallback: Fallback = "refuse",
    ) -> None:
        """``shelf``: where forms come from, and where new ones go. ``ground`` is the library's, where it is known.

        ``language`` is that of a preview, instead of the orders' own. ``fallback`` says what becomes of an order that
        cannot be printed in its language.
        """
        self.clinic, self.library, self.shelf, self.fallback = clinic, library, shelf, fallback
        self._faces = functools.cache(lambda locale: Faces(library.fonts, locale))
        self._ground = functools.cache(lambda: ground or library.ground())
        self._missing_glyphs = Coverage(library.fonts).missing
        self._drug = functools.cache(lambda name: printable(library.formulary.drug(name)))
        self.language = functools.cache(lambda tag: language or read_language(tag, library.locales))
        self._staff = functools.cache(lambda: read_staff_language(clinic.locale, library.locales))
        self._slips = functools.cache(lambda: read_slips(library.locales))
        self._origin = functools.cache(self._find_origin)
        self._planned = functools.lru_cache(PLANS)(self._plan)
        self._key = functools.lru_cache(PLANS)(_key)
        self._faults: dict[str, tuple[Problem, ...]] = {}
        self._stamps: dict[str, Stamp] = {}

    @property
    def edition(self) -> int | None:
        """The number of the edition that this desk prints from; none for a shelf."""
        return self.shelf.number if self.shelf else None

    def served(self, order: Order) -> Order:
        """Return ``order`` as it is printed: where its language cannot be, and the desk falls back, in English with a
        slip. What is returned is printed alike at every desk.

        Raises what ``prepare`` raises.
        """
        if order.slip or self.fallback == "refuse":
            return order
        try:
            prepared = self._prepared(order)
            problems = () if prepared.sheet.language.file.source else self._faults_of(prepared)
            if not problems:
                return order
        except LanguageError as error:
            problems = error.problems
        slip = self._slip_instead(order.locale or self.clinic.locale, problems)
        return replace(order, locale=source_tag(self.library.locales), slip=slip)

    def prepare(self, order: Order) -> Prepared:
        """Return what ``order`` prints.

        Raises InputError or Refused, with every problem found, LanguageError where there is no such language or slip,
        and LayoutError where no font has a date's characters.
        """
        return self._prepared(self.served(order))

    def _prepared(self, order: Order) -> Prepared:
        planned = self._planned(order.drug, order.treatment, *_kind(order, self.clinic))
        return replace(planned, values=planned.values | patient_values(order, planned.sheet.language))

    def origin(self, order: Order) -> Origin:
        """Return what the form of ``order`` comes from; ``order`` is one that was ``served``.

        Raises InputError or LanguageError.
        """
        return self._origin(order.drug, *_kind(order, self.clinic))[0]

    def approvals(self, origin: Origin) -> str:
        """Return what stands for the approvals of the forms of ``origin``: another text, other pages."""
        return self.shelf.approvals(origin.source) if self.shelf else ""

    def packet(self, order: Order) -> Packet:
        """Return the packet for ``order``: stamped into its form, or set in full where a value does not fit its field.

        A form that is not on the shelf is typeset and put there. Raises InputError (the order or a file), Refused (the
        order must not be served), LanguageError (no complete translation) or LayoutError (a character that no font
        has, a template that is broken), each with every problem found.
        """
        prepared = self.prepare(order)
        self._refuse_missing_glyphs({name: text for name, text in prepared.values.items() if is_own(name)})
        stamp = self._stamp(prepared)
        if prepared.untranslated:
            raise LanguageError(*_not_translated(prepared))
        return stamped(prepared, stamp, self.library)

    def refuse_language(self, tag: str) -> None:
        """Raise LanguageError where a reader of ``tag`` gets nothing: no translation, and no slip to fall back on."""
        try:
            self.language(tag)
        except LanguageError as error:
            self._slip_instead(tag, error.problems)

    def _faults_of(self, prepared: Prepared) -> tuple[Problem, ...]:
        """Return why ``prepared`` cannot be printed in its language: texts that are missing or wrong, or no approval.

        A form that is there already has been through this.
        """
        if prepared.key not in self._faults:
            self._faults[prepared.key] = tuple(self._find_faults(prepared))
        return self._faults[prepared.key]

    def _find_faults(self, prepared: Prepared) -> Sequence[Problem]:
        if prepared.untranslated:
            return _not_translated(prepared)
        form = self.shelf.get(prepared.key) if self.shelf else None
        if unusable := self._unusable(prepared, form):
            return [unusable]
        if form:
            return ()
        try:
            write_pages(prepared.sheet, prepared.documents, dict.fromkeys(prepared.values, PLACEHOLDER), self.library)
        except LanguageError as error:
            return error.problems
        return ()

    def unusable(self, prepared: Prepared) -> Problem | None:
        """Return why no form can be had for ``prepared``: the edition has none, or it is a draft."""
        return self._unusable(prepared, self.shelf.get(prepared.key) if self.shelf else None)

    def _unusable(self, prepared: Prepared, form: Form | None) -> Problem | None:
        if form is None and self.library.templates is None:
            return NO_FORM
        if self.clinic.unapproved == "refuse" and not (form and form.approved):
            problem = f"form {prepared.key[:SHOWN]} is not approved, and the clinic prints no drafts"
            return Problem("", problem, "approve it: handouts edition approve")
        return None

    def _slip_instead(self, tag: str, problems: tuple[Problem, ...]) -> str:
        """Return the tag of the slip for a reader of ``tag``, whose language has ``problems``.

        Raises LanguageError with them where the desk does not fall back, or cannot.
        """
        if self.fallback == "refuse":
            raise LanguageError(*problems)
        try:
            return self._slip(tag).tag
        except LanguageError as error:
            raise LanguageError(*problems, *error.problems) from None

    def _slip(self, tag: str) -> Slip:
        slip = find_slip(tag, self._slips())
        if missing := self._missing_glyphs(slip.words.replace(LINE_MAY_END, "")):
            problem = f"no font in this installation can print the slip in {slip.english_name}"
            raise LanguageError(Problem("locale", f"{problem}: {describe(missing[0])}", "call an interpreter"))
        return slip

    def _plan(
        self,
        drug_id: str,
        treatment: Treatment,
        locale: str,
        slip: str | None,
        packet: str,
        paper: str,
        size: str,
        interpreter: bool,
    ) -> Prepared:
        """Return what all orders print that differ in nothing but the patient."""
        drug, language = self._drug(drug_id), self.language(locale)
        origin, documents = self._origin(drug_id, locale, slip, packet, paper, size, interpreter)
        dated = plan(drug, treatment, closed=self.clinic.is_closed)
        shape = outline(drug, dated)
        texts = language.translator()
        values = plan_values(drug, dated, shape, texts)
        self._refuse_missing_glyphs(values)
        key = self._key(origin.source, shape)
        first = self._slip(slip) if slip else None
        sheet = Sheet(
            drug, self.clinic, shape, language, self._staff(), paper, size, key[:SHOWN], interpreter, slip=first
        )
        return Prepared(sheet, documents, values, origin, key, texts.missing)

    def _find_origin(
        self, drug_id: str, locale: str, slip: str | None, packet: str, paper: str, size: str, interpreter: bool
    ) -> tuple[Origin, tuple[str, ...]]:
        drug, language = self._drug(drug_id), self.language(locale)
        documents = self.library.documents(packet, drug)
        clinic = self.clinic.model_dump_json(exclude={"fallback"})  # which form is taken changes none of them
        content = [drug.model_dump_json(exclude={"product"}), clinic, language.file.model_dump_json()]
        content.append(language.catalog_hash)
        if (staff := self._staff()).tag != language.tag:
            content += [staff.tag, staff.catalog_hash]
        if slip:
            first = self._slip(slip)
            packet, documents = f"{packet}{WITH_SLIP}{first.bcp47}", (SLIP, *documents)
            content.append(first.model_dump_json())
        source = _digest(self._ground(), *content, *documents, paper, size, str(interpreter))
        return Origin(drug.id, language.bcp47, packet, paper, size, interpreter, source), documents

    def source_of(self, origin: Origin) -> str:
        """Return what ``origin.source`` would be today: where it differs, the form is superseded."""
        today, _ = self._origin(
            origin.drug, origin.locale, origin.slip, origin.asked, origin.paper, origin.size, origin.interpreter
        )
        return today.source

    def _stamp(self, prepared: Prepared) -> Stamp:
        """Return the form of ``prepared``, ready for patients; those used longest ago are let go of."""
        stamp = self._stamps.pop(prepared.key, None) or self._opened(prepared)
        self._stamps[prepared.key] = stamp
        if len(self._stamps) > STAMPS:
            del self._stamps[next(iter(self._stamps))]
        return stamp

    def _opened(self, prepared: Prepared) -> Stamp:
        return Stamp(self._form(prepared), self._faces(prepared.origin.locale))

    def _form(self, prepared: Prepared) -> Form:
        form = self.shelf.get(prepared.key) if self.shelf else None
        if unusable := self._unusable(prepared, form):
            raise LayoutError(unusable) if unusable is NO_FORM else LanguageError(unusable)
        if form is None:
            form = typeset_form(prepared, self.library)
            if self.shelf:
                self.shelf.put(form)
        return form

    def _refuse_missing_glyphs(self, values: Mapping[str, str]) -> None:
        """Raise LayoutError for every field with a character that no bundled font has."""
        problems = [
            Problem(name, f"no font in this installation has {describe(character)}", "write the name in another script")
            for name, text in values.items()
            for character in self._missing_glyphs(text)
        ]
        if problems:
            raise LayoutError(*problems)


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
    origin, slip = prepared.origin, prepared.sheet.slip
    return Packet(parts, sha256, stamp.form.pages, prepared.documents, origin.locale, prepared.key, fits, slip)


def typeset_form(prepared: Prepared, library: Library) -> Form:
    """Return the form of ``prepared``, typeset once for every patient whose packet says the same."""
    return _form(prepared, prepared.sheet, dict.fromkeys(prepared.values, PLACEHOLDER), library)


def set_in_full(prepared: Prepared, library: Library) -> Form:
    """Return one patient's packet with the texts in place, which may take more lines; drawings are left to stamp."""
    return with_texts(prepared, replace(prepared.sheet, full=True), library)


def with_texts(prepared: Prepared, sheet: Sheet, library: Library) -> Form:
    """Return ``prepared`` typeset with its texts in place."""
    drawn = {name: PLACEHOLDER for name in prepared.values if kind_of(name) != "text"}
    return _form(prepared, sheet, prepared.values | drawn, library, values_in_place=True)


def _form(
    prepared: Prepared, sheet: Sheet, fields: dict[str, str], library: Library, *, values_in_place: bool = False
) -> Form:
    from handouts.press.build import build

    return build(
        set_pages(sheet, prepared.documents, fields, library),
        Faces(library.fonts, prepared.origin.locale),
        form=prepared.key,
        origin=prepared.origin,
        documents=prepared.documents,
        characters=CHARACTERS + sheet.language.letters,
        specimens=specimens(sheet.outline, sheet.language),
        texts=not values_in_place,
        approved=sheet.approval is not None,
    )


def _kind(order: Order, clinic: Clinic) -> tuple[str, str | None, str, str, str, bool]:
    """Return locale, slip, packet, paper, size, and whether there is an interpreter."""
    locale, packet = order.locale or clinic.locale, order.packet or "intake"
    return locale, order.slip, packet, order.paper or clinic.paper, order.size, bool(order.interpreter)


def _not_translated(prepared: Prepared) -> list[Problem]:
    where = f"locales/{prepared.sheet.language.tag}"
    return [Problem(where, f"not translated: {text!r}", "translate it") for text in prepared.untranslated]


def _key(source: str, shape: Outline) -> str:
    """Return the id of the form that is made from ``source`` for plans of ``shape``."""
    return _digest(source, json.dumps(asdict(shape), default=str, sort_keys=True))


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()
