"""The patient of a FHIR R4 bundle: who it is, and in which language."""

from __future__ import annotations

from handouts.roster.bundle import Node, Value
from handouts.roster.columns import Columns, folded

RECORD_NUMBER = ("http://terminology.hl7.org/CodeSystem/v2-0203", "MR")
TAGS = (
    *("urn:ietf:bcp:47", ""),
    *("urn:oid:2.16.840.1.113883.6.99", "urn:oid:2.16.840.1.113883.6.100"),
    *("http://id.loc.gov/vocabulary/iso639-1", "http://id.loc.gov/vocabulary/iso639-2"),
)
"""Where codes of languages come from, the best first: BCP 47, then ISO 639-1 and 639-2."""
INTERPRETER = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
INTERPRETER_NEEDED = "interpreter needed"
"""What stands in the interpreter's place until there is a name."""
SEXES = {"male": "m", "female": "f", "other": "x"}
NAME_USES = ("official", "usual", "")
"""Which of a patient's names is taken, the best first; nicknames, old and maiden names are not."""


def person(patient: Node, columns: Columns) -> dict[str, Value]:
    """Return what a bundle says of ``patient``, by column."""
    needed = any(
        item["url"].text == INTERPRETER and item["valueBoolean"].value is True for item in patient["extension"]
    )
    return {
        "mrn": _record_number(patient),
        "name": _name(patient),
        "dob": Value(patient["birthDate"].text, patient["birthDate"].path),
        "locale": _language(patient, columns),
        "sex": Value(SEXES.get(patient["gender"].text, ""), patient["gender"].path),
        "interpreter": Value(INTERPRETER_NEEDED if needed else "", patient["extension"].path),
    }


def _record_number(patient: Node) -> Value:
    """Return the identifier of type MR that is in use."""
    found = {}
    for item in patient["identifier"]:
        types = {(coding["system"].text, coding["code"].text) for coding in item["type"]["coding"]}
        if RECORD_NUMBER in types and item["use"].text != "old":
            value = item["value"].value
            found[value if isinstance(value, str) else ""] = item["value"].path
    if len(found) == 1:
        return Value(*found.popitem())
    if found:
        path = patient["identifier"].path
        return Value("", path, "there is more than one record number (type MR)", 'give those not in use "use": "old"')
    return Value("", patient["identifier"].path, "there is no record number (identifier of type MR)", "export it")


def _name(patient: Node) -> Value:
    """Return the name in use: official before usual; its text, or its parts in order."""
    for use in NAME_USES:
        names = [name for name in patient["name"] if name["use"].text == use and not name["period"]["end"].text]
        written = {_written(name): name.path for name in names}
        if len(written) > 1:
            return Value(
                "", patient["name"].path, f"there are two {use or 'different'} names", "end the one not in use"
            )
        if written:
            return Value(*written.popitem())
    return Value("", patient["name"].path, "there is no official or usual name", "export the patient's name")


def _written(name: Node) -> str:
    given, suffix = ([part.text for part in name[key]] for key in ("given", "suffix"))
    return name["text"].text or " ".join(part for part in (*given, name["family"].text, *suffix) if part)


def _language(patient: Node, columns: Columns) -> Value:
    """Return the preferred language; one that is only spoken is not preferred, and none is not English."""
    spoken = patient["communication"]
    found: dict[str, Value] = {}
    for item in spoken:
        if item["preferred"].value is True:
            found |= _meant(item["language"], columns)
    if len(found) > 1:
        return Value("", spoken.path, "there are two preferred languages", "ask the patient")
    if found:
        return found.popitem()[1]
    if spoken.value:
        return Value("", spoken.path, "no language is marked as preferred", "ask the patient, and mark it")
    return Value("", spoken.path)


def _meant(language: Node, columns: Columns) -> dict[str, Value]:
    """Return what ``language`` says, by what that stands for: its best code, or words that the columns file knows."""
    codes = [(coding["system"].text, coding["code"].text) for coding in language["coding"]]
    ranked = [(TAGS.index(system), code) for system, code in codes if system in TAGS and code]
    words = [
        text for text in (language["text"].text, *(coding["display"].text for coding in language["coding"])) if text
    ]
    said = [code for rank, code in ranked if rank == min(ranked)[0]]
    said = said or [text for text in words if columns.meaning("locale", text) != text]
    if said:
        return {folded(columns.meaning("locale", text)): Value(text, language.path) for text in said}
    message = "the preferred language has no code that is known"
    shown = words[0] if words else ""
    return {folded(shown): Value(shown, language.path, message, "map it in [values.locale], or add a BCP 47 code")}
