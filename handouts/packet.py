"""From an order to a packet: the one place that knows the whole way."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Protocol

from handouts.content.clinic import Clinic
from handouts.content.drug import Drug
from handouts.content.facts import printable
from handouts.content.language import Language, read_language
from handouts.errors import LanguageError, LayoutError, Problem
from handouts.library import Library
from handouts.model import Order
from handouts.press.fonts import Coverage, describe
from handouts.press.form import PLACEHOLDER, Form, Origin, kind_of
from handouts.press.shaping import Faces
from handouts.press.sheet import Sheet
from handouts.press.stamp import DoesNotFit, Stamp
from handouts.schedule import plan
from handouts.values import outline, values

if TYPE_CHECKING:
    from handouts.press.typeset import Typeset

SHOWN = 10
"""How many digits of a form's id stand at the foot of a page."""
CHARACTERS = "".join(
    map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x2013, 0x2014, 0x2018, 0x2019, *range(0xFB00, 0xFB05)])
)
"""What a form's own fonts carry: Latin letters of Europe and the Americas, and the ligatures that shaping makes of them
(the fi of Sofia). Other names bring their own subset."""


class Forms(Protocol):
    """Where forms are kept: the user's shelf, or an edition."""

    def get(self, key: str) -> Form | None: ...

    def put(self, form: Form) -> None: ...


@dataclass(frozen=True, slots=True)
class Packet:
    """One patient's finished packet."""

    pdf: bytes
    pages: int
    documents: tuple[str, ...]
    locale: str
    form: str
    """The id of the form: the same for every patient whose packet says the same."""
    stamped: bool
    """False: a value did not fit its field, and the packet was set in full."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An order with everything that is needed to print it: what the form says, and what goes into its fields."""

    sheet: Sheet
    documents: tuple[str, ...]
    values: dict[str, str]
    origin: Origin
    key: str
    """The id of the form: SHA-256 of everything that goes into it, 64 hexadecimal digits."""


def prepare(
    order: Order, clinic: Clinic, library: Library, ground: str | None = None, language: Language | None = None
) -> Prepared:
    """Return what ``order`` prints. Raises InputError or Refused, with every problem found.

    ``ground`` is the library's, where it is known already; ``language`` is that of a preview, instead of the order's.
    """
    drug = printable(library.formulary.drug(order.drug))
    language = language or read_language(order.locale or clinic.locale, library.locales)
    packet = order.packet or "intake"
    documents = library.documents(packet, drug)
    dated = plan(drug, order.treatment, closed=clinic.is_closed)
    shape = outline(drug, dated)
    paper, size, interpreter = order.paper or clinic.paper, order.size, bool(order.interpreter)
    source = _source(ground or library.ground(), drug, clinic, language, documents, paper, size, interpreter)
    key = _digest(source, json.dumps(asdict(shape), default=str, sort_keys=True))
    origin = Origin(drug.id, language.bcp47, packet, paper, size, interpreter, source)
    sheet = Sheet(drug, clinic, shape, language, paper, size, key[:SHOWN], interpreter)
    return Prepared(sheet, documents, values(order, drug, dated, language), origin, key)


def source_of(origin: Origin, clinic: Clinic, library: Library) -> str:
    """Return what ``origin.source`` would be today: where it differs, the form is superseded."""
    drug = printable(library.formulary.drug(origin.drug))
    language = read_language(origin.locale, library.locales)
    documents = library.documents(origin.packet, drug)
    return _source(library.ground(), drug, clinic, language, documents, origin.paper, origin.size, origin.interpreter)


def make(order: Order, clinic: Clinic, library: Library, shelf: Forms | None = None) -> Packet:
    """Return the packet for ``order``: stamped into its form, or set in full where a value does not fit its field.

    A form that is not on the ``shelf`` is typeset and put there. Raises InputError (the order or a file), Refused (the
    order must not be served), LanguageError (no complete translation) or LayoutError (a character that no font has, a
    template that is broken), each with every problem found.
    """
    prepared = prepare(order, clinic, library)
    refuse_missing_glyphs(prepared.values, Coverage(library.fonts))
    form = shelf.get(prepared.key) if shelf else None
    if clinic.unapproved == "refuse" and (form is None or not form.approved):
        problem = f"form {prepared.key[:SHOWN]} is not approved, and the clinic prints no drafts"
        raise LanguageError(Problem("edition", problem, "approve it: handouts edition approve"))
    if form is None:
        form = typeset_form(prepared, library)
        if shelf:
            shelf.put(form)
    if missing := prepared.sheet.language.untranslated():
        where = f"locales/{prepared.sheet.language.tag}"
        raise LanguageError(*(Problem(where, f"not translated: {text!r}", "translate it") for text in missing))
    return stamped(prepared, form, library)


def stamped(prepared: Prepared, form: Form, library: Library) -> Packet:
    """Return the packet of ``prepared`` from its form, or set in full where a value does not fit."""
    faces = Faces(library.fonts)
    fits = True
    try:
        pdf = Stamp(form, faces).pdf(prepared.values)
    except DoesNotFit as error:
        if library.templates is None:
            problem, hint = "is too long for its field", "make this packet where forms are typeset, without --edition"
            raise LayoutError(*(Problem(name, problem, hint) for name in error.fields)) from None
        fits, form = False, set_in_full(prepared, library)
        pdf = Stamp(form, faces).pdf(prepared.values)
    return Packet(pdf, form.pages, prepared.documents, prepared.origin.locale, prepared.key[:SHOWN], fits)


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
        Faces(library.fonts),
        form=prepared.key,
        origin=prepared.origin,
        documents=prepared.documents,
        characters=CHARACTERS,
        texts=not values_in_place,
        approved=sheet.approval is not None,
    )


def set_pages(sheet: Sheet, documents: tuple[str, ...], fields: dict[str, str], library: Library) -> Typeset:
    """Return ``documents`` typeset with ``fields`` in place.

    This is the one way to paper, so nothing is typeset in a language with a wrong or missing translation: raises
    LanguageError with every one. Raises LayoutError where only an edition is at hand.
    """
    if library.templates is None:
        raise LayoutError(Problem("edition", "has no form for this order", "build an edition that has it"))
    from handouts.checks.parity import wrong_translations
    from handouts.press.pages import Pages
    from handouts.press.typeset import typeset

    pages = Pages(library.templates)
    html: list[tuple[str, str]] = []
    problems = [] if sheet.preview else wrong_translations(sheet.language, library)
    for document in documents:
        try:
            html.append((document, pages.html(document, sheet, fields)))
        except LanguageError as error:
            problems += error.problems
    if problems:
        raise LanguageError(*dict.fromkeys(problems))
    return typeset(html, styles=pages.styles(sheet), templates=library.templates, fonts=library.fonts)


def refuse_missing_glyphs(fields: dict[str, str], coverage: Coverage) -> None:
    """Raise LayoutError for every field with a character that no bundled font has."""
    problems = [
        Problem(name, f"no font in this installation has {describe(character)}", "write the name in another script")
        for name, text in fields.items()
        for character in coverage.missing(text)
    ]
    if problems:
        raise LayoutError(*problems)


def _source(
    ground: str,
    drug: Drug,
    clinic: Clinic,
    language: Language,
    documents: tuple[str, ...],
    paper: str,
    size: str,
    interpreter: bool,
) -> str:
    catalog = hashlib.sha256(language.catalog).hexdigest()
    content = (drug.model_dump_json(), clinic.model_dump_json(), language.file.model_dump_json(), catalog)
    return _digest(ground, *content, *documents, paper, size, str(interpreter))


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()
