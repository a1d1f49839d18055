"""What is shipped, and one way to a page of it: drugs, languages, templates, and the HTML of a document."""

from __future__ import annotations

import datetime as dt
import io
import tomllib
from pathlib import Path

from babel.messages.pofile import read_po, write_po
from running import DOB, MRN, NAME, START

from handouts.content.clinic import Clinic, sample_clinic
from handouts.content.drug import Drug
from handouts.content.facts import printable
from handouts.content.formulary import open_formulary
from handouts.content.language import Language, locale_tags, read_language
from handouts.model import Order, Patient, Treatment
from handouts.press.pages import Pages
from handouts.press.sheet import Sheet
from handouts.resources import drug_folder, folder
from handouts.schedule import plan
from handouts.values import form_values, outline, patient_values, plan_values

FORMULARY = open_formulary(drug_folder())
TEMPLATES, LOCALES = folder("templates"), folder("locales")
LANGUAGES = {tag: read_language(tag, LOCALES) for tag in locale_tags(LOCALES)}
SAMPLEMAB = Path(__file__).parent / "resources" / "formulary" / "samplemab.toml"
"""The drug file of a medicine that does not exist."""


def lacking(tag: str, *texts: str) -> bytes:
    """Return the catalog of ``tag`` without its translations of ``texts``."""
    catalog = read_po(io.BytesIO(LANGUAGES[tag].catalog), locale=tag)
    for text in texts:
        catalog[text].string = ""
    written = io.BytesIO()
    write_po(written, catalog)
    return written.getvalue()


def drug_of(name: str) -> Drug:
    """Return a drug of the formulary as pages see it."""
    return printable(FORMULARY.drug(name))


def documents_of(packet: str, drug: Drug) -> list[str]:
    """Return the documents of a packet in order."""
    items = tomllib.loads((TEMPLATES / "packets" / f"{packet}.toml").read_text(encoding="utf-8"))["documents"]
    return [item["document"] for item in items if "when" not in item or getattr(drug, item["when"])]


def html(
    drug: Drug,
    document: str,
    *,
    name: str = NAME,
    language: Language = LANGUAGES["en"],
    staff: Language = LANGUAGES["en"],
    clinic: Clinic | None = None,
    treatment: Treatment | None = None,
) -> str:
    """Return the HTML of a document with the sample patient in its fields."""
    treatment = treatment or Treatment(start=dt.date.fromisoformat(START), days=drug.fewest_days)
    clinic = clinic or sample_clinic()
    seen, dated = printable(drug), plan(drug, treatment, closed=clinic.is_closed)
    order = Order(Patient(name, dt.date.fromisoformat(DOB), MRN), drug.id, treatment)
    shape = outline(seen, dated)
    sheet = Sheet(seen, clinic, shape, language, staff, "letter", "standard")
    values = plan_values(seen, dated, shape, language.translator()) | patient_values(order, language)
    values |= form_values("0123456789", None, None, language.translator(), sample=clinic.sample)
    return Pages(TEMPLATES).html(document, sheet, values)
