"""Previews for translators: every document of every drug, with what is not translated marked instead of refused.

Nothing here can be handed out: the word PREVIEW stands across every page, and the patient is a sample.
"""

from __future__ import annotations

import datetime as dt
import functools
import gettext
import importlib.util
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from handouts.checks.parity import names_everywhere
from handouts.checks.pseudo import TAGS, pseudo_language
from handouts.content.clinic import Clinic
from handouts.content.language import Language, compiled, read_language
from handouts.errors import InputError, Problem, Refused, UsageError
from handouts.forms import Prepared, with_texts
from handouts.gate import set_pages, write_pages
from handouts.library import Library
from handouts.model import Order, Patient, Treatment
from handouts.packet import Desk
from handouts.press.shaping import Faces
from handouts.press.stamp import Stamp
from handouts.press.typeset import Anchor

PATIENT = Patient("Sample Patient", dt.date(1980, 1, 2), "000123")
START = dt.date(2026, 12, 7)
"""A Monday, so that a course of five days fits a week."""
GIVEN = 2
"""Infusions that the second sample patient has had."""
SPOT = "spot"
"""The name under which a text is found on its page."""
ROOM = 60
"""What a picture shows around a text, in CSS px."""
SCALE = 2
PX = 0.75
"""A CSS px in points."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample patient of one drug: new, or in treatment."""

    drug: str
    begun: bool
    order: Order

    @property
    def title(self) -> str:
        return f"{self.drug}, in treatment" if self.begun else self.drug

    def file(self, tag: str) -> str:
        return f"{self.drug}{'-begun' if self.begun else ''}-{tag}.pdf"


class _Shown(gettext.NullTranslations):
    """Shows what has no translation, so that it is seen on the page."""

    def gettext(self, message: str) -> str:
        return f"[EN: {message}]"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


class Spotted(gettext.NullTranslations):
    """Marks where one message stands on a page."""

    def __init__(self, texts: gettext.NullTranslations, wanted: str) -> None:
        super().__init__()
        self._texts, self._wanted, self.count = texts, wanted, 0

    def _spot(self, text: str, *messages: str) -> str:
        if self._wanted not in messages:
            return text
        self.count += 1
        return Markup("<span id='field:{}:{}'>{}</span>").format(SPOT, self.count, escape(text))

    def gettext(self, message: str) -> str:
        return self._spot(self._texts.gettext(message), message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._spot(self._texts.ngettext(msgid1, msgid2, n), msgid1, msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self._spot(self._texts.pgettext(context, message), message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self._spot(self._texts.npgettext(context, msgid1, msgid2, n), msgid1, msgid2)


class Previewed(Language):
    """A language as a translator sees it: nothing is missing, and one message can be found."""

    def __init__(self, language: Language, texts: gettext.NullTranslations) -> None:
        super().__init__(language.file, language.catalog)
        self._texts = texts

    @functools.cached_property
    def translations(self) -> gettext.NullTranslations:
        return self._texts


def previewed(tag: str, library: Library, wanted: str = "") -> Language:
    """Return the language ``tag`` for a preview, also a pseudo-locale, with the message ``wanted`` to be found."""
    name = tag.replace("-", "_")
    if name in TAGS:
        language = pseudo_language(name, names_everywhere(library))
        return Previewed(language, _spotted(language.translations, wanted))
    language = read_language(tag, library.locales)
    texts: gettext.NullTranslations = gettext.NullTranslations()
    if not language.file.source:
        texts = gettext.GNUTranslations(io.BytesIO(compiled(language.catalog, language.tag)))
        texts.add_fallback(_Shown())
    return Previewed(language, _spotted(texts, wanted))


def _spotted(texts: gettext.NullTranslations, wanted: str) -> gettext.NullTranslations:
    return Spotted(texts, wanted) if wanted else texts


def samples(library: Library) -> Iterator[Sample]:
    """Yield a new patient and one in treatment of every drug, with an interpreter, so that every text has its page."""
    for name in library.formulary.ids():
        drug = library.formulary.drug(name)
        days = drug.fewest_days
        for begun in (False, True):
            given = Treatment(done=GIVEN, last=START, days=days) if begun else Treatment(start=START, days=days)
            order = Order(PATIENT, name, given, packet="intake", prescriber="Sample Prescriber", interpreter="Sample")
            yield Sample(name, begun, order)


def pdf(sample: Sample, language: Language, clinic: Clinic, library: Library) -> bytes | None:
    """Return the packet of ``sample`` in ``language``; None where nobody is in treatment with a drug at this point."""
    prepared = _prepared(sample, language, clinic, library)
    if prepared is None:
        return None
    form = with_texts(prepared, prepared.sheet, library)
    return Stamp(form, Faces(library.fonts)).pdf(prepared.values)


def _prepared(sample: Sample, language: Language, clinic: Clinic, library: Library) -> Prepared | None:
    order = replace(sample.order, paper=language.file.paper or clinic.paper)
    try:
        return Desk(clinic, library, language=language).prepare(order)
    except Refused:
        return None


def picture(wanted: str, tag: str, clinic: Clinic, library: Library) -> tuple[str, bytes]:
    """Return which sample has the message ``wanted`` on a page, and a PNG of the page around it.

    Raises UsageError when pypdfium2 is not installed, and InputError when no page has the message.
    """
    if importlib.util.find_spec("pypdfium2") is None:
        problem = "needs pypdfium2, which is not installed here"
        raise UsageError(Problem("--msgid", problem, 'pip install "handouts[preview]"'))
    language = previewed(tag, library, wanted)
    for sample in samples(library):
        if prepared := _prepared(sample, language, clinic, library):
            written = write_pages(prepared.sheet, prepared.documents, prepared.values, library)
            if not any(f"field:{SPOT}:" in page for _, page in written):
                continue
            typeset = set_pages(prepared.sheet, prepared.documents, prepared.values, library)
            for number, anchors in enumerate(typeset.anchors):
                for anchor in anchors:
                    if anchor.name == SPOT:
                        return sample.title, _cropped(typeset.pdf, number, anchor)
    raise InputError(Problem("--msgid", f"no page has {wanted!r}", "copy the English text as it stands in the catalog"))


def _cropped(pdf: bytes, number: int, anchor: Anchor) -> bytes:
    """Return a PNG of the part of page ``number`` around ``anchor``, which has a frame."""
    import pypdfium2
    from PIL import ImageDraw

    with pypdfium2.PdfDocument(pdf) as document:
        image = document[number].render(scale=SCALE / PX).to_pil()
    box = [SCALE * side for side in (anchor.left - 2, anchor.top - 2, anchor.right + 2, anchor.bottom + 2)]
    ImageDraw.Draw(image).rectangle(box, outline="#a3180f", width=SCALE)
    top, bottom = max(0, box[1] - SCALE * ROOM), min(image.height, box[3] + SCALE * ROOM)
    written = io.BytesIO()
    image.crop((0, round(top), image.width, round(bottom))).save(written, "PNG")
    return written.getvalue()


PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Preview of {name}</title>
<style>
body {{ font: 16px sans-serif; margin: 1em }} summary {{ font-size: 1.2em; margin: 0.5em 0; cursor: pointer }}
.pair {{ display: flex; gap: 1em }} iframe {{ flex: 1; height: 85vh; border: 1px solid #888 }}
</style>
<h1>Preview of {name}, with the English beside it</h1>
<p>Sample patients, for translators only. What has no translation is marked [EN: …].</p>
{rows}
</html>
"""
ROW = """<details><summary>{title}</summary>
<p><a href="{own}">{own}</a> · <a href="{english}">{english}</a></p>
<div class="pair"><iframe loading="lazy" src="{own}" title="{title} in {name}"></iframe>
<iframe loading="lazy" src="{english}" title="{title} in English"></iframe></div></details>
"""


def index(language: Language, shown: list[Sample]) -> str:
    """Return the page that lists ``shown``, in ``language`` and in English, side by side."""
    name = language.file.english_name
    rows = "".join(
        ROW.format(title=escape(sample.title), own=sample.file(language.tag), english=sample.file("en"), name=name)
        for sample in shown
    )
    return PAGE.format(name=escape(name), rows=rows)
