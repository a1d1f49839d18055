"""Forms, values and stamps without the command line: an order, what it prints, and its form, typeset once."""

from __future__ import annotations

import datetime as dt
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from paper import letters
from running import DOB, MRN, NAME, START
from shipped import FORMULARY

from handouts.content.clinic import Clinic, sample_clinic
from handouts.forms import Prepared, identity_of, typeset_form
from handouts.library import shipped
from handouts.model import Order, Patient, Treatment
from handouts.packet import typesetting
from handouts.press.fitting import advance
from handouts.press.fonts import Coverage
from handouts.press.form import Field, Form
from handouts.press.shaping import Faces
from handouts.press.stamp import Stamp

LIBRARY = shipped(FORMULARY)
FACES = Faces(LIBRARY.fonts)
COVERAGE = Coverage(LIBRARY.fonts)
GROUND = LIBRARY.ground()
MONDAY = dt.date.fromisoformat(START)
_FORMS: dict[tuple[str, tuple[str, ...]], Form] = {}


def order(
    drug: str = "dexamethasone", treatment: Treatment | None = None, name: str = NAME, mrn: str = MRN, **rest: str
) -> Order:
    """Return an order of the sample patient; a course that the prescriber sets has its fewest days."""
    days = FORMULARY.drug(drug).fewest_days
    patient = Patient(name, dt.date.fromisoformat(DOB), mrn)
    return Order(patient, drug, treatment or Treatment(start=MONDAY, days=days), **{"packet": "consent", **rest})


def prepared(wanted: Order, documents: tuple[str, ...] = (), clinic: Clinic | None = None) -> Prepared:
    """Return what ``wanted`` prints; ``documents`` instead of those of its packet."""
    found = typesetting(clinic or sample_clinic(), LIBRARY, ground=GROUND).prepare(wanted)
    if not documents:
        return found
    found = replace(found, documents=documents)
    return replace(found, form=identity_of(found, LIBRARY, GROUND))


def form_of(wanted: Prepared) -> Form:
    """Return the form of ``wanted``; each is typeset once for all tests."""
    key = wanted.key, wanted.documents
    if key not in _FORMS:
        _FORMS[key] = typeset_form(wanted, LIBRARY)
    return _FORMS[key]


def stamped(form: Form, values: Mapping[str, str]) -> bytes:
    """Return the PDF as a process makes it that has stamped nothing before."""
    return Stamp(form, Faces(LIBRARY.fonts)).pdf(values)


def name_fields(form: Form) -> list[Field]:
    """Return the fields of the patient's name, the smallest type first: the foot, the card, the head."""
    return sorted((field for field in form.fields if field.name == "patient.name"), key=lambda field: field.size)


def width(text: str, field: Field, size: float) -> float:
    """Return how wide ``text`` is in the weight of ``field``."""
    return advance(FACES.shape(text, field.weight), size)


def streams(data: bytes) -> Iterator[bytes]:
    """Yield everything that is packed in a PDF or a form, unpacked, without a parser that could overlook something."""
    for start in re.finditer(rb"stream\r?\n", data):
        packed = zlib.decompressobj()
        try:
            yield packed.decompress(data[start.end() :])
        except zlib.error:
            continue


def told(data: bytes, words: str) -> bool:
    """Whether ``words`` can be found in the bytes of a file, packed or not, in any encoding that a PDF may use."""
    ways = [words.encode(), words.encode("utf-16-be"), words.encode("utf-16-le")]
    ways += [way.hex().encode() for way in ways] + [way.hex().upper().encode() for way in ways]
    ways.append(letters(words).encode())
    return any(way in part for part in (data, *streams(data)) for way in ways)
