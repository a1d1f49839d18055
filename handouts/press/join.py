"""Parts one after the other into a form: one file with one catalogue, one structure tree, one set of bookmarks.

Nothing of it needs a PDF parser: parts are renumbered, and what a file has once is written anew.
"""

from __future__ import annotations

import contextlib
import itertools
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from handouts.press.embedding import FILE, OBJECTS, font_objects
from handouts.press.form import Field, Form, Origin, Place
from handouts.press.layout import Layout, object_streams
from handouts.press.part import (
    CATALOGUE,
    DOCUMENT,
    INFO,
    METADATA,
    OUTLINE,
    PAGES,
    PARENTS,
    SHARED,
    TAGS,
    Part,
    renumbered,
)
from handouts.press.shaping import PRIMARY, WEIGHTS, Faces
from handouts.press.writer import text_string

LIGATURES = "ﬀﬁﬂﬃﬄ"


def join(
    parts: Sequence[Part],
    faces: Faces,
    *,
    form: str,
    origin: Origin,
    characters: str,
    specimens: Sequence[str] = (),
    approved: bool = False,
) -> Form:
    """Return the form of a packet whose documents are ``parts``, in order.

    ``characters`` are those that the form's own field fonts carry, so that an ordinary name needs no font of its own,
    and ``specimens`` are texts that they can set, so that dates in words need none: in scripts whose letters join, more
    than their characters. A specimen that no font can print is left out.
    """
    fields = tuple(dict.fromkeys(field for part in parts for field in part.fields))
    weights = [weight for weight in WEIGHTS if any(field.weight == weight for field in fields)]
    letters = "".join(sorted({char for part in parts for char in part.letters}))
    glyphs = _all_glyphs(faces, weights, characters + letters, specimens)
    drawn: dict[str, set[int]] = {face: set() for face in glyphs}
    for font in (font for part in parts for font in part.fonts):
        drawn.setdefault(font.face, set()).update(font.glyphs)
    glyphs |= {face: {} for face in sorted(drawn.keys() - glyphs.keys())}
    count = SHARED + sum(len(part.objects) for part in parts)
    fonts = {name: count + 1 + OBJECTS * at for at, name in enumerate(glyphs)}
    static = count + OBJECTS * len(fonts)
    static += object_streams(static)
    moved = list(_moved(parts, fields, static))

    layout = Layout()
    for number, body in _once(parts, moved, origin, form, approved=approved):
        layout.add(number, body)
    for number, body in _linked(moved, {face: first + FILE for face, first in fonts.items()}):
        layout.add(number, body)
    for name, first in fonts.items():
        for at, body in enumerate(font_objects(faces.face(name), glyphs[name], first, drawn[name])):
            layout.add(first + at, body)
    entries = layout.entries(static)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return Form(
        id=form,
        origin=origin,
        approved=approved,
        documents=tuple(part.document for part in parts),
        pages=sum(len(part.pages) for part in parts),
        fields=fields,
        places=tuple(place for each in moved for place in each.places),
        fonts=fonts,
        glyphs=glyphs,
        objects=static,
        root=CATALOGUE,
        info=INFO,
        table=compressor.compress(entries) + compressor.flush(zlib.Z_FULL_FLUSH),
        checksum=zlib.adler32(entries),
        body=bytes(layout.body),
    )


@dataclass(frozen=True, slots=True)
class _Moved:
    """A part with the numbers that it has in the file."""

    bodies: list[tuple[int, bytes]]
    pages: list[int]
    kids: list[int]
    parents: list[int]
    bookmarks: tuple[int, int, int] | None
    fonts: list[tuple[int, str]]
    """The numbers of font descriptors that lack their file, and the face of each."""
    places: tuple[Place, ...]


def _moved(parts: Sequence[Part], fields: Sequence[Field], static: int) -> Iterator[_Moved]:
    """Yield the parts as they follow each other; ``static`` is the last number before those of ``fields``."""
    places_of = {field: static + 1 + at for at, field in enumerate(fields)}
    base, pages, entries = 0, 0, 0
    for part in parts:
        yield _placed(part, base, pages, entries, places_of, static + 1)
        base, pages, entries = base + len(part.objects), pages + len(part.pages), entries + len(part.parents)


def _placed(part: Part, base: int, pages: int, entries: int, numbers: Mapping[Field, int], first_field: int) -> _Moved:
    """Return ``part`` behind ``base`` objects, ``pages`` pages and as many ``entries`` of the parent tree."""
    last = SHARED + len(part.objects)

    def number(old: int) -> int:
        if old <= SHARED:
            return old
        return old + base if old <= last else numbers[part.fields[old - last - 1]]

    first, final, count = part.bookmarks or (0, 0, 0)
    bodies = enumerate((renumbered(body, number, entries) for body in part.objects), start=SHARED + 1 + base)
    return _Moved(
        bodies=list(bodies),
        pages=[number(page) for page in part.pages],
        kids=[number(kid) for kid in part.kids],
        parents=[number(entry) for entry in part.parents],
        bookmarks=(number(first), number(final), count) if part.bookmarks else None,
        fonts=[(number(font.descriptor), font.face) for font in part.fonts],
        places=tuple(
            replace(place, page=place.page + pages, field=numbers[part.fields[place.field]] - first_field)
            for place in part.places
        ),
    )


def _once(
    parts: Sequence[Part], moved: Sequence[_Moved], origin: Origin, form: str, *, approved: bool
) -> Iterator[tuple[int, bytes]]:
    """Yield what a file has once: number and object. Title and language are those of the first document."""
    marks = [each.bookmarks for each in moved if each.bookmarks]
    outline = b"/Outlines %d 0 R" % OUTLINE if marks else b""
    leads = b"/Pages %d 0 R/StructTreeRoot %d 0 R/Metadata %d 0 R%b" % (PAGES, TAGS, METADATA, outline)
    yield CATALOGUE, b"<</Type/Catalog%b%b>>" % (leads, parts[0].catalogue)
    said = {f"Handouts{name}": value for name, value in origin.said().items()}
    said |= {"HandoutsForm": form, "HandoutsApproved": str(approved)}
    said |= {"Title": parts[0].title, "Producer": parts[0].producer}
    yield INFO, b"<<%b>>" % b"".join(b"/%b %b" % (name.encode(), text_string(text)) for name, text in said.items())
    yield METADATA, parts[0].metadata
    pages = [page for each in moved for page in each.pages]
    yield PAGES, b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(pages), _references(pages))
    yield TAGS, b"<</Type/StructTreeRoot/K[%d 0 R]/ParentTree %d 0 R>>" % (DOCUMENT, PARENTS)
    kids = _references(kid for each in moved for kid in each.kids)
    yield DOCUMENT, b"<</Type/StructElem/S/Document/P %d 0 R/K[%b]>>" % (TAGS, kids)
    entries = enumerate(entry for each in moved for entry in each.parents)
    yield PARENTS, b"<</Nums[%b]>>" % b" ".join(b"%d %d 0 R" % item for item in entries)
    first, last, count = (marks[0][0], marks[-1][1], sum(mark[2] for mark in marks)) if marks else (0, 0, 0)
    yield OUTLINE, b"<</First %d 0 R/Last %d 0 R/Count %d>>" % (first, last, count) if marks else b"null"


def _linked(moved: Sequence[_Moved], files: Mapping[str, int]) -> Iterator[tuple[int, bytes]]:
    """Yield the parts' own objects; the bookmarks of one document lead to those of the next, and fonts to ``files``."""
    marks = [each.bookmarks for each in moved if each.bookmarks]
    links: dict[int, bytes] = defaultdict(bytes)
    for (_, last, _), (first, *_) in itertools.pairwise(marks):
        links[last] += b"/Next %d 0 R" % first
        links[first] += b"/Prev %d 0 R" % last
    for number, face in (font for each in moved for font in each.fonts):
        links[number] += b"/FontFile2 %d 0 R" % files[face]
    for each in moved:
        for number, body in each.bodies:
            yield number, body.removesuffix(b">>") + links[number] + b">>" if number in links else body


def _references(numbers: Iterable[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)


def _all_glyphs(
    faces: Faces, weights: Sequence[str], characters: str, specimens: Sequence[str]
) -> dict[str, dict[int, str]]:
    """Return, by face, the glyphs that the form's own fonts carry, and the text each stands for."""
    glyphs = {f"{PRIMARY}-{weight}": _glyphs(faces, f"{PRIMARY}-{weight}", characters) for weight in weights}
    for text, weight in itertools.product(specimens, weights):
        with contextlib.suppress(LookupError):
            for run in faces.shape(text, weight):
                found = glyphs.setdefault(run.face, {})
                for glyph in run.glyphs:
                    found.setdefault(glyph.number, glyph.text)
    return glyphs


def _glyphs(faces: Faces, name: str, characters: str) -> dict[int, str]:
    """Return the glyphs of ``characters`` and the text each stands for; a ligature stands for its letters."""
    found: dict[int, str] = {}
    face = faces.face(name)
    for char in characters:
        if ord(char) in face.characters:
            text = unicodedata.normalize("NFKC", char) if char in LIGATURES else char
            found.setdefault(face.font.get_nominal_glyph(ord(char)), text)
    return found
