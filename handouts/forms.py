"""Get a form or typeset it: which form an order needs, whether it may be used, and where it comes from.

A form is made of parts, one for each document, and each is typeset once however many packets it is in. A part is known
by what it says: its key is the SHA-256 of its pages as HTML with empty fields, and of what typesets them
(``press.ground``). Whatever changes no page changes no key.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Protocol

from handouts.errors import Problem
from handouts.gate import NO_FORM, set_written, write_pages
from handouts.library import Library
from handouts.model import Approval
from handouts.press.form import PLACEHOLDER, Form, Origin, kind_of
from handouts.press.ground import sources
from handouts.press.part import Part
from handouts.press.shaping import Faces
from handouts.press.sheet import Sheet
from handouts.values import FORM_FIELDS, OWN_FIELDS, notices, specimens

if TYPE_CHECKING:
    from handouts.editions.edition import Edition
    from handouts.editions.shelf import Shelf

SHOWN = 10
"""How many digits of a form's key stand at the foot of a page."""
CHARACTERS = "".join(
    map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x2013, 0x2014, 0x2018, 0x2019, *range(0xFB00, 0xFB05)])
)
"""What a form's own fonts carry beside the letters of its pages: Latin letters of Europe and the Americas, and the
ligatures that shaping makes of them (the fi of Sofia). Other names bring their own subset."""
_FIELD = re.compile(r'id="field:([^:"]+):')
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Identity:
    """By what a form is known before it is at hand."""

    key: str
    """Its id, 64 hexadecimal digits."""
    parts: tuple[str, ...]
    """The keys of its documents, in order."""
    fields: frozenset[str]
    """The names of the fields on its pages."""

    def dump(self) -> str:
        return json.dumps([self.key, self.parts, sorted(self.fields)])

    @classmethod
    def load(cls, text: str) -> Identity:
        """Return what ``dump`` made ``text`` of. Raises ValueError or TypeError where it did not."""
        key, parts, fields = json.loads(text)
        return cls(str(key), tuple(parts), frozenset(fields))


NO_IDENTITY = Identity("", (), frozenset())
"""There is no form, and none can be typeset."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An order with everything that is needed to print it: what the form says, and what goes into its fields."""

    sheet: Sheet
    documents: tuple[str, ...]
    values: dict[str, str]
    origin: Origin
    form: Identity = NO_IDENTITY
    planned: str = ""
    """The SHA-256 of what the plan puts into the form's fields: the same for every patient of these days and doses."""

    @property
    def key(self) -> str:
        """The id of the form; empty where there is none, and none can be typeset."""
        return self.form.key


class Forms(Protocol):
    """Where a desk has its forms from."""

    @property
    def number(self) -> int | None:
        """The number of the edition; none where forms are typeset."""
        ...

    def identity(self, prepared: Prepared) -> Identity:
        """Return which form ``prepared`` needs; ``NO_IDENTITY`` where there is none.

        Raises LanguageError and LayoutError where its pages cannot be written.
        """
        ...

    def approval(self, prepared: Prepared) -> Approval | None:
        """Return who approved the form of ``prepared``; none for a draft."""
        ...

    def form(self, prepared: Prepared) -> Form:
        """Return the form of ``prepared``, which has a key. Raises InputError where its file is damaged."""
        ...


class FromEdition:
    """Forms of an edition, and no others: an origin has one form there, whatever this program would typeset today."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.number: int | None = edition.number

    def identity(self, prepared: Prepared) -> Identity:
        entry = self.edition.entry(prepared.origin)
        return Identity(entry.form, entry.parts, entry.fields) if entry else NO_IDENTITY

    def approval(self, prepared: Prepared) -> Approval | None:
        entry = self.edition.entry(prepared.origin)
        return entry.approval if entry else None

    def form(self, prepared: Prepared) -> Form:
        parts = [self.edition.part(key) for key in prepared.form.parts]
        return joined(prepared, parts, self.edition.library, approved=self.approval(prepared) is not None)


class Typesetter:
    """Forms of today's texts, typeset when they are first asked for; a shelf keeps them from one run to the next."""

    number = None
    """It is no edition."""

    def __init__(self, library: Library, shelf: Shelf | None = None, ground: str | None = None) -> None:
        """``ground`` is the library's, where it is known."""
        self._library, self._shelf = library, shelf
        self._ground = functools.cache(lambda: ground or library.ground())

    def identity(self, prepared: Prepared) -> Identity:
        """Return which form it is; where a shelf has noted that for the same files, no page is written to know it."""
        if self._shelf is None:
            return identity_of(prepared, self._library, self._ground())
        made_from = self._made_from(prepared)
        with contextlib.suppress(TypeError, ValueError):
            return Identity.load(self._shelf.noted(made_from))
        found = identity_of(prepared, self._library, self._ground())
        self._shelf.note(made_from, found.dump())
        return found

    def _made_from(self, prepared: Prepared) -> str:
        """Return the SHA-256 of every file that can have a part in the pages: quicker than the pages, and too much."""
        sheet, library = prepared.sheet, self._library
        assert library.templates is not None
        said = [
            _sources(),
            str(prepared.origin),
            json.dumps(asdict(sheet.outline), default=str, sort_keys=True),
        ]
        said += [part.model_dump_json() for part in (sheet.drug, sheet.clinic, sheet.slip) if part]
        said += [part for each in sheet.languages for part in (each.file.model_dump_json(), each.catalog_hash)]
        digest = hashlib.sha256(_digest(self._ground(), *said, *prepared.documents).encode())
        for path in sorted(library.templates.rglob("*.*")):
            if path.suffix in (".html", ".css"):
                digest.update(path.read_bytes() + b"\0")
        return digest.hexdigest()

    def approval(self, prepared: Prepared) -> Approval | None:
        return None

    def form(self, prepared: Prepared) -> Form:
        found = self._shelf.get(prepared.key) if self._shelf else None
        if found is None:
            found = joined(prepared, [self._part(prepared, name) for name in prepared.documents], self._library)
            if self._shelf:
                self._shelf.put(found)
        return found

    def _part(self, prepared: Prepared, document: str) -> Part:
        key = prepared.form.parts[prepared.documents.index(document)]
        found = self._shelf.part(key) if self._shelf else None
        if found is None:
            found = typeset_part(prepared, document, self._library)
            if self._shelf:
                self._shelf.put_part(found)
        return found


@functools.cache
def _sources() -> str:
    """Return the SHA-256 of the sources that read what pages are made from."""
    digest = hashlib.sha256()
    for part in sources("content/*.py"):
        digest.update(part)
    return digest.hexdigest()


def unusable(prepared: Prepared, forms: Forms) -> Problem | None:
    """Return why no packet can be made of ``prepared``: there is no form, or the clinic prints no drafts."""
    if not prepared.key:
        return NO_FORM
    if prepared.sheet.clinic.unapproved == "refuse" and forms.approval(prepared) is None:
        problem = f"form {prepared.key[:SHOWN]} is not approved, and the clinic prints no drafts"
        return Problem("", problem, "approve it: handouts edition approve")
    return None


def identity_of(prepared: Prepared, library: Library, ground: str) -> Identity:
    """Return the identity of the form of ``prepared``.

    Raises LanguageError with everything that its pages lack in its language, and LayoutError.
    """
    from handouts.press.pages import Pages

    assert library.templates is not None
    sheet = prepared.sheet
    pages = write_pages(sheet, prepared.documents, _empty(prepared), library)
    styles = Pages(library.templates).styles(sheet)
    parts = tuple(_digest(ground, document, page, *styles) for document, page in pages)
    words = specimens(sheet.outline, sheet.language)
    key = _digest(str(prepared.origin), *parts, *words, *notices(sheet.language))
    return Identity(key, parts, frozenset(name for _, page in pages for name in _FIELD.findall(page)))


def typeset_form(prepared: Prepared, library: Library) -> Form:
    """Return the form of ``prepared``, typeset once for every patient whose packet says the same."""
    return joined(prepared, [typeset_part(prepared, name, library) for name in prepared.documents], library)


def typeset_part(prepared: Prepared, document: str, library: Library) -> Part:
    """Return one document of ``prepared``, typeset with empty fields."""
    key = prepared.form.parts[prepared.documents.index(document)]
    return _part(prepared, prepared.sheet, document, key, _empty(prepared), library)


def set_in_full(prepared: Prepared, library: Library) -> Form:
    """Return one patient's packet with the texts in place, which may take more lines; drawings are left to stamp."""
    return with_texts(prepared, replace(prepared.sheet, full=True), library)


def with_texts(prepared: Prepared, sheet: Sheet, library: Library) -> Form:
    """Return ``prepared`` typeset with its texts in place."""
    drawn = {name: PLACEHOLDER for name in prepared.values if kind_of(name) != "text"}
    fields = prepared.values | drawn
    parts = [_part(prepared, sheet, name, "", fields, library, texts=False) for name in prepared.documents]
    return joined(prepared, parts, library)


def joined(prepared: Prepared, parts: Sequence[Part], library: Library, *, approved: bool = False) -> Form:
    """Return the form of ``prepared``, whose documents are ``parts``."""
    from handouts.press.join import join

    return join(
        parts,
        Faces(library.fonts, prepared.sheet.language.bcp47),
        form=prepared.key,
        origin=prepared.origin,
        characters=CHARACTERS,
        specimens=specimens(prepared.sheet.outline, prepared.sheet.language),
        approved=approved,
    )


def _part(
    prepared: Prepared,
    sheet: Sheet,
    document: str,
    key: str,
    fields: dict[str, str],
    library: Library,
    *,
    texts: bool = True,
) -> Part:
    from handouts.press.build import build

    pages = write_pages(sheet, (document,), fields, library)
    typeset, faces = set_written(pages, sheet, library), Faces(library.fonts, sheet.language.bcp47)
    return build(typeset, faces, key=key, document=document, letters=_letters(pages[0][1]), texts=texts)


def _letters(page: str) -> str:
    """Return the letters that ``page`` is written with, small and capital, in the order of their code points."""
    text = _TAG.sub("", page)
    return "".join(sorted({char for char in text + text.upper() + text.lower() if char.isalpha()}))


def _empty(prepared: Prepared) -> dict[str, str]:
    return dict.fromkeys((*OWN_FIELDS, *FORM_FIELDS, *prepared.values), PLACEHOLDER)


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()
