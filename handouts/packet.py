"""From an order to a packet: the one place that knows the whole way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from handouts import __version__
from handouts.content.clinic import Clinic
from handouts.content.drug import Drug, Id, Strict, printable
from handouts.content.formulary import Formulary
from handouts.content.language import Language, read_language
from handouts.content.reading import read_toml
from handouts.errors import InputError, LayoutError, Problem
from handouts.model import Order
from handouts.press.fonts import Coverage, describe
from handouts.schedule import plan
from handouts.values import Outline, outline, values


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


def make(order: Order, clinic: Clinic, library: Library) -> Packet:
    """Return the packet for ``order``.

    Raises InputError (the order or a file), Refused (the order must not be served), LanguageError (no complete
    translation) or LayoutError (a character no font has, a template that is broken), each with every problem found.
    """
    drug = printable(library.formulary.drug(order.drug))
    language = read_language(order.locale or clinic.locale, library.locales)
    documents = documents_of(order.packet or "intake", drug, library.templates)
    dated = plan(drug, order.treatment, closed=clinic.is_closed)
    shape = outline(drug, dated)
    fields = values(order, drug, dated, language)
    refuse_missing_glyphs(fields, Coverage(library.fonts))

    paper = order.paper or clinic.paper
    form = form_id(
        drug, clinic, language, shape, library, [*documents, paper, order.size, str(bool(order.interpreter))]
    )

    from handouts.press.pages import Pages, Sheet
    from handouts.press.typeset import typeset

    sheet = Sheet(drug, clinic, shape, language, paper, order.size, form, bool(order.interpreter))
    pages = Pages(library.templates)
    html = [(document, pages.html(document, sheet, fields)) for document in documents]
    pdf, count = typeset(html, styles=pages.styles(sheet), templates=library.templates, fonts=library.fonts)
    return Packet(pdf, count, documents, language.bcp47, form)


def refuse_missing_glyphs(fields: dict[str, str], coverage: Coverage) -> None:
    """Raise LayoutError for every field with a character that no bundled font has."""
    problems = [
        Problem(name, f"no font in this installation has {describe(character)}", "write the name in another script")
        for name, text in fields.items()
        for character in coverage.missing(text)
    ]
    if problems:
        raise LayoutError(*problems)


def form_id(
    drug: Drug, clinic: Clinic, language: Language, shape: Outline, library: Library, options: Iterable[str]
) -> str:
    """Return the id of a form: 10 hexadecimal digits of the SHA-256 of everything that went into it.

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
    return digest.hexdigest()[:10]
