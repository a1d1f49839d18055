"""From an order to a packet: the one place that knows the whole way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from handouts import __version__
from handouts.content.clinic import Clinic
from handouts.content.drug import Drug, Id, Strict, printable
from handouts.content.formulary import Formulary
from handouts.content.language import Language, read_language
from handouts.content.reading import read_toml
from handouts.errors import InputError, LayoutError, Problem
from handouts.model import Order
from handouts.press.edition import Shelf
from handouts.press.fonts import Coverage, describe
from handouts.press.form import Form
from handouts.press.shaping import Faces
from handouts.press.sheet import Sheet
from handouts.press.stamp import DoesNotFit, Stamp
from handouts.schedule import plan
from handouts.values import Outline, outline, values

if TYPE_CHECKING:
    from handouts.press.typeset import Typeset

SHOWN = 10
"""How many digits of a form's id stand at the foot of a page."""
CHARACTERS = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x2013, 0x2014, 0x2018, 0x2019]))
"""What a form's own fonts carry: Latin letters of Europe and the Americas. Other names bring their own subset."""


@dataclass(frozen=True, slots=True)
class Library:
    """What packets are made from: the formulary and the folders of templates, catalogs and fonts."""

    formulary: Formulary
    templates: Path
    locales: Path
    fonts: Path


@dataclass(frozen=True, slots=True)
class Packet:
    """One patient's finished packet."""

    pdf: bytes
    pages: int
    documents: tuple[str, ...]
    locale: str
    form: str
    """The id of the form: the same for every patient whose packet says the same."""


class Item(Strict):
    document: Id
    when: Id | None = None
    """A part of the drug file; the document is in the packet when the drug has it."""


class PacketFile(Strict):
    """What ``packets/*.toml`` says."""

    documents: tuple[Item, ...]


def packet_names(templates: Path) -> list[str]:
    """Return the packets that can be asked for."""
    return sorted(path.stem for path in (templates / "packets").glob("*.toml"))


def documents_of(name: str, drug: Drug, templates: Path) -> tuple[str, ...]:
    """Return the documents of the packet ``name`` for ``drug``, in order."""
    path = templates / "packets" / f"{name}.toml"
    if name not in packet_names(templates):
        raise InputError(
            Problem("packet", f"no packet is called {name!r}", "known packets: " + ", ".join(packet_names(templates)))
        )
    items = read_toml(path, PacketFile).documents
    if wrong := [item.when for item in items if item.when and item.when not in Drug.model_fields]:
        raise InputError(
            Problem(f"{path}:documents", f"a drug file has no part called {wrong[0]!r}", "see drugs schema")
        )
    if not (documents := tuple(item.document for item in items if not item.when or getattr(drug, item.when))):
        raise InputError(
            Problem("packet", f"{drug.names.generic} has nothing for the packet {name!r}", "ask for another packet")
        )
    return documents


@dataclass(frozen=True, slots=True)
class Prepared:
    """An order with everything that is needed to print it: what the form says, and what goes into its fields."""

    sheet: Sheet
    documents: tuple[str, ...]
    values: dict[str, str]
    key: str
    """The id of the form: SHA-256 of everything that goes into it, 64 hexadecimal digits."""


def prepare(order: Order, clinic: Clinic, library: Library) -> Prepared:
    """Return what ``order`` prints. Raises InputError or Refused, with every problem found."""
    drug = printable(library.formulary.drug(order.drug))
    language = read_language(order.locale or clinic.locale, library.locales)
    documents = documents_of(order.packet or "intake", drug, library.templates)
    dated = plan(drug, order.treatment, closed=clinic.is_closed)
    shape = outline(drug, dated)
    paper, size, interpreter = order.paper or clinic.paper, order.size, bool(order.interpreter)
    options = [*documents, paper, size, str(interpreter)]
    key = form_key(drug, clinic, language, shape, library, options)
    sheet = Sheet(drug, clinic, shape, language, paper, size, key[:SHOWN], interpreter)
    return Prepared(sheet, documents, values(order, drug, dated, language), key)


def make(order: Order, clinic: Clinic, library: Library, shelf: Shelf | None = None) -> Packet:
    """Return the packet for ``order``: stamped into its form, or set in full where a value does not fit its field.

    A form that is not on the ``shelf`` is typeset and put there. Raises InputError (the order or a file), Refused (the
    order must not be served), LanguageError (no complete translation) or LayoutError (a character that no font has, a
    template that is broken), each with every problem found.
    """
    prepared = prepare(order, clinic, library)
    language = prepared.sheet.language
    refuse_missing_glyphs(prepared.values, Coverage(library.fonts))
    form = shelf.get(prepared.key) if shelf else None
    if form is None:
        form = typeset_form(prepared, library)
        if shelf:
            shelf.put(form)
    try:
        pdf = Stamp(form, Faces(library.fonts)).pdf(prepared.values)
        pages = form.pages
    except DoesNotFit:
        whole = set_in_full(prepared, library)
        pdf, pages = whole.pdf, len(whole.anchors)
    return Packet(pdf, pages, prepared.documents, language.bcp47, prepared.key[:SHOWN])


def typeset_form(prepared: Prepared, library: Library) -> Form:
    """Return the form of ``prepared``, typeset once for every patient whose packet says the same."""
    from handouts.press.build import build
    from handouts.press.pages import PLACEHOLDER

    typeset = set_pages(prepared.sheet, prepared.documents, dict.fromkeys(prepared.values, PLACEHOLDER), library)
    return build(
        typeset,
        Faces(library.fonts),
        form=prepared.key,
        locale=prepared.sheet.language.bcp47,
        documents=prepared.documents,
        characters=CHARACTERS,
    )


def set_in_full(prepared: Prepared, library: Library) -> Typeset:
    """Return one patient's packet typeset with the values in place, which may take more lines than their fields."""
    return set_pages(replace(prepared.sheet, full=True), prepared.documents, prepared.values, library)


def set_pages(sheet: Sheet, documents: tuple[str, ...], fields: dict[str, str], library: Library) -> Typeset:
    """Return ``documents`` typeset with ``fields`` in place."""
    from handouts.press.pages import Pages
    from handouts.press.typeset import typeset

    pages = Pages(library.templates)
    html = [(document, pages.html(document, sheet, fields)) for document in documents]
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


def form_key(
    drug: Drug, clinic: Clinic, language: Language, shape: Outline, library: Library, options: Iterable[str]
) -> str:
    """Return the id of a form: the SHA-256 of everything that goes into it.

    Drug facts, clinic profile, catalog, templates, fonts, options, the outline of the plan and the versions of the
    typesetter. No patient, no date.
    """
    digest = hashlib.sha256()
    for part in (
        __version__,
        version("weasyprint"),
        drug.model_dump_json(),
        clinic.model_dump_json(),
        language.file.model_dump_json(),
        json.dumps(asdict(shape), default=str, sort_keys=True),
        *options,
    ):
        digest.update(part.encode() + b"\0")
    digest.update(language.catalog)
    for folder in (library.templates, library.fonts):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
