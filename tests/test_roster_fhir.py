"""Rosters as FHIR bundles: who is meant, what is in force, and which day is the day."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rosters import (
    LEAST,
    as_bundle,
    calm,
    fhir_given,
    fhir_patient,
    fhir_request,
    fhir_visit,
    opened,
    outcome,
    problems,
    read,
    saved,
)
from shipped import FORMULARY, drug_of

from handouts.errors import InputError
from handouts.roster.columns import Columns
from handouts.roster.dosage import INTRAVENOUS, SNOMED, UCUM
from handouts.roster.fhir import COUNTED, RXNORM
from handouts.roster.orders import Judged
from handouts.roster.patient import INTERPRETER, RECORD_NUMBER

Resource = dict[str, object]


def judged(folder: Path, *resources: Resource, columns: Columns | None = None) -> list[Judged]:
    return outcome(saved(folder, as_bundle(*resources), "roster.json"), columns)


def skipped(folder: Path, *resources: Resource) -> list[tuple[str, str]]:
    """Return where something was skipped, and why; the bundle has no row."""
    path = saved(folder, as_bundle(*resources), "roster.json")
    *warnings, last = opened(path).warnings
    assert last == COUNTED
    assert read(path) == []
    return [(warning.where, warning.message) for warning in warnings]


def whole(
    patient: Resource | None = None, request: Resource | None = None, visit: Resource | None = None
) -> tuple[Resource, Resource, Resource]:
    """Return a bundle of one patient with some things changed."""
    return (
        {**fhir_patient(), **(patient or {})},
        {**fhir_request(), **(request or {})},
        {**fhir_visit(), **(visit or {})},
    )


def only(folder: Path, *resources: Resource, columns: Columns | None = None) -> Judged:
    (found,) = judged(folder, *resources, columns=columns)
    return found


def refused(folder: Path, *resources: Resource) -> tuple[str, str, str]:
    """Return column, path and message of the only problem."""
    found = only(folder, *resources)
    (problem,) = found.problems
    assert problem.hint
    return problem.where, found.row.places.get(problem.where, ""), problem.message


def test_one_row_for_a_request(tmp_path: Path) -> None:
    found = only(tmp_path, *whole())

    assert found.order
    assert (found.row.number, found.row.written["mrn"]) == (2, "000123")
    empty = ("done", "last", "days", "dose", "sex", "interpreter")
    assert found.row.data == {**LEAST, **dict.fromkeys(empty, "")}
    assert found.row.places["dob"] == "entry[0].resource.birthDate"
    assert found.row.places["start"] == "entry[2].resource.start"
    assert found.row.places["drug"] == "entry[1].resource.medicationCodeableConcept"


def test_references_of_every_kind(tmp_path: Path) -> None:
    patient, request, visit = whole()
    entries = [
        {"fullUrl": "urn:uuid:1", "resource": {**patient, "id": None}},
        {"resource": {**request, "subject": {"reference": "urn:uuid:1"}}},
        {"resource": {**visit, "participant": [{"actor": {"reference": "urn:uuid:1"}}]}},
    ]
    assert len(outcome(saved(tmp_path, json.dumps({"resourceType": "Bundle", "entry": entries}), "a.json"))) == 1
    elsewhere = {"reference": "https://ehr.example/fhir/Patient/p1/_history/3"}
    assert only(tmp_path, patient, {**request, "subject": elsewhere}, visit).order


@pytest.mark.parametrize(
    ("reference", "full", "found"),
    [
        ("Patient/p1", "https://ehr.example/fhir/Patient/p1", True),
        ("https://ehr.example/fhir/Patient/p1", "https://ehr.example/fhir/Patient/p1", True),
        ("https://ehr.example/fhir/Patient/p1", "", True),
        ("https://other.example/fhir/Patient/p1", "https://ehr.example/fhir/Patient/p1", False),
        ("https://other.example/fhir/Patient/p1", "urn:uuid:1", False),
    ],
)
def test_the_same_id_on_another_server_is_another_patient(
    tmp_path: Path, reference: str, full: str, found: bool
) -> None:
    patient, request, visit = whole(request={"subject": {"reference": reference}})
    entries = [{"fullUrl": full, "resource": patient}, {"resource": request}, {"resource": visit}]
    (row,) = outcome(saved(tmp_path, json.dumps({"resourceType": "Bundle", "entry": entries}), "a.json"))

    assert bool(row.order) is found
    assert [problem.message for problem in row.problems] == (
        [] if found else ["entry[1].resource.subject is no patient of this bundle"]
    )


# Who


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ([{"given": ["Ana", "María"], "family": "Ruiz"}], "Ana María Ruiz"),
        ([{"given": ["Ana"], "family": "Ruiz", "suffix": ["Jr."]}], "Ana Ruiz Jr."),
        ([{"use": "usual", "text": "Ann"}, {"use": "official", "text": "Ana Ruiz"}], "Ana Ruiz"),
        ([{"use": "maiden", "text": "Ana Diaz"}, {"use": "usual", "text": "Ana Ruiz"}], "Ana Ruiz"),
        (
            [
                {"use": "official", "text": "Ana Diaz", "period": {"end": "2020-01-01"}},
                {"use": "official", "text": "Ana Ruiz"},
            ],
            "Ana Ruiz",
        ),
    ],
)
def test_the_name_in_use(tmp_path: Path, names: list[Resource], name: str) -> None:
    assert only(tmp_path, *whole({"name": names})).row.data["name"] == name


@pytest.mark.parametrize(
    ("change", "key", "path"),
    [
        ({"name": []}, "name", "name"),
        ({"name": [{"use": "old", "text": "Ana"}]}, "name", "name"),
        ({"name": [{"use": "official", "text": "Ana"}, {"use": "official", "text": "Eva"}]}, "name", "name"),
        ({"identifier": [{"value": "7"}]}, "mrn", "identifier"),
        ({"birthDate": "1980"}, "dob", "birthDate"),
        ({"birthDate": None}, "dob", "birthDate"),
        ({"communication": []}, "locale", "communication"),
        ({"active": False}, "", ""),
        ({"deceasedBoolean": True}, "", ""),
        ({"deceasedDateTime": "2026-11-01"}, "", ""),
        ({"id": "other"}, "", ""),
    ],
)
def test_a_patient_who_cannot_be_told(tmp_path: Path, change: Resource, key: str, path: str) -> None:
    where, place, message = refused(tmp_path, *whole(change))

    assert where == key
    assert place == (f"entry[0].resource.{path}" if path else "")
    if not path:
        assert "entry[" in message


def test_the_record_number_is_that_of_type_mr_and_only_one(tmp_path: Path) -> None:
    kind = {"coding": [{"system": RECORD_NUMBER[0], "code": RECORD_NUMBER[1]}]}
    two = [{"type": kind, "value": "1"}, {"type": kind, "value": "2"}]
    ended = [{"type": kind, "value": "1", "use": "old"}, {"type": kind, "value": "2"}]

    assert refused(tmp_path, *whole({"identifier": two}))[0] == "mrn"
    assert only(tmp_path, *whole({"identifier": ended})).row.data["mrn"] == "2"


ISO_639, OWN = "urn:oid:2.16.840.1.113883.6.100", "https://example.org/languages"
BCP_47 = "urn:ietf:bcp:47"


def spoken(*codings: tuple[str, str], text: str = "", preferred: bool = True) -> Resource:
    coded = [{"system": system, "code": code} for system, code in codings]
    return {"language": {"coding": coded, "text": text}, "preferred": preferred}


def test_a_language_in_two_code_systems(tmp_path: Path) -> None:
    """BCP 47 says more than ISO 639, where it says anything."""

    def read(*codings: tuple[str, str]) -> str:
        return only(tmp_path, *whole({"communication": [spoken(*codings)]})).row.data["locale"]

    assert read((OWN, "7"), (ISO_639, "spa"), (BCP_47, "es-MX")) == "es-MX"
    assert read((OWN, "7"), (ISO_639, "spa")) == "spa"
    assert read((BCP_47, ""), (ISO_639, "spa")) == "spa"


@pytest.mark.parametrize("default", ["en", ""])
@pytest.mark.parametrize(
    ("languages", "said"),
    [
        ([spoken(text="Vietnamese")], "has no code that is known"),
        ([spoken((OWN, "es"))], "has no code that is known"),
        ([spoken((BCP_47, ""), text="Vietnamese")], "has no code that is known"),
        ([{"preferred": True}], "has no code that is known"),
        ([spoken((BCP_47, "en")), spoken((BCP_47, "es"))], "two preferred"),
        ([spoken((BCP_47, "en"), (BCP_47, "es"))], "two preferred"),
        ([spoken((BCP_47, "en")), spoken(text="Vietnamese")], "two preferred"),
        ([spoken(text="Vietnamese"), spoken(text="Thai")], "two preferred"),
        ([spoken((BCP_47, "es"), preferred=False)], "no language is marked as preferred"),
        ([spoken(text="Vietnamese", preferred=False)], "no language is marked as preferred"),
    ],
)
def test_a_language_that_is_not_understood_is_not_the_default(
    tmp_path: Path, languages: list[Resource], said: str, default: str
) -> None:
    columns = Columns(defaults={"locale": default} if default else {})
    (problem,) = only(tmp_path, *whole({"communication": languages}), columns=columns).problems

    assert problem.where == "locale"
    assert said in problem.message
    assert problem.hint


def test_a_language_in_the_words_of_the_columns_file(tmp_path: Path) -> None:
    columns = Columns(values={"locale": {"Spanish": "es", "Castellano": "es"}})
    shown = {"language": {"coding": [{"system": OWN, "code": "7", "display": "Spanish"}]}, "preferred": True}

    def read(*languages: Resource) -> str:
        return only(tmp_path, *whole({"communication": list(languages)}), columns=columns).row.data["locale"]

    assert read(spoken(text="spanish")) == "es"
    assert read(shown) == "es"
    assert read(shown, spoken(text="Castellano"), spoken((BCP_47, "es"))) == "es"


def test_a_language_that_is_not_preferred_is_not_taken(tmp_path: Path) -> None:
    both = [spoken((BCP_47, "en"), preferred=False), spoken((BCP_47, "es"))]
    assert only(tmp_path, *whole({"communication": both})).row.data["locale"] == "es"
    stated = Columns(defaults={"locale": "en"})
    assert only(tmp_path, *whole({"communication": []}), columns=stated).row.data["locale"] == "en"


def test_an_interpreter_is_needed(tmp_path: Path) -> None:
    needed = {"extension": [{"url": INTERPRETER, "valueBoolean": True}], "gender": "female"}
    order = only(tmp_path, *whole(needed)).order

    assert order
    assert (order.interpreter, order.patient.sex) == ("interpreter needed", "f")


# What


def test_drugs_by_any_name_and_no_guess(tmp_path: Path) -> None:
    def drug(concept: object, columns: Columns | None = None) -> str | None:
        order = only(tmp_path, *whole(request={"medicationCodeableConcept": concept}), columns=columns).order
        return order.drug if order else None

    code = {"coding": [{"system": RXNORM, "code": "12345", "display": "Ocrevus 300 MG Injection"}]}
    assert drug({"coding": [{"display": "Ocrevus"}, {"display": "x"}]}) == "ocrelizumab"
    assert drug({"text": "ocrelizumab / hyaluronidase"}) is None
    assert drug({"coding": [{"display": "Ocrevus"}], "text": "Tysabri"}) is None
    assert drug(code) is None
    assert drug(code, Columns(values={"drug": {"12345": "ocrelizumab"}})) == "ocrelizumab"
    assert drug(code, Columns(values={"drug": {"ocrevus 300 mg injection": "Ocrevus"}})) == "ocrelizumab"
    assert drug({}) is None


CODES = [(product.rxnorm, name) for name in FORMULARY.ids() for product in drug_of(name).product]


@pytest.mark.parametrize(("code", "drug"), CODES)
def test_a_drug_by_the_code_of_its_product(tmp_path: Path, code: str, drug: str) -> None:
    def found(system: str, columns: Columns | None = None, display: str = "one vial") -> str | None:
        concept = {"coding": [{"system": system, "code": code, "display": display}]}
        request: Resource = {"medicationCodeableConcept": concept, "resourceType": "MedicationRequest"}
        rows = read(saved(tmp_path, as_bundle(*whole(request=request)), "roster.json"), columns)
        return rows[0].data.get("drug") if rows else None

    assert found(RXNORM) == drug
    assert found("http://example.org/own-codes") is None
    assert found(RXNORM, Columns(values={"drug": {code: "natalizumab"}})) == "natalizumab"
    assert found(RXNORM, display="natalizumab") is None, "two names for one request"


def test_codes_belong_to_one_drug() -> None:
    assert {"ocrelizumab", "alemtuzumab", "methylprednisolone"} <= {drug for _, drug in CODES}
    assert len({code for code, _ in CODES}) == len(CODES)


PULSE = {**LEAST, "drug": "methylprednisolone"}
DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}
THREE = {"timing": {"repeat": {**DAILY, "count": 3}}}


def pulse(folder: Path, *others: Resource, row: dict[str, str] = PULSE, **request: object) -> Judged:
    asked: Resource = {**fhir_request(row), **request}
    found, *_ = judged(folder, fhir_patient(row), asked, fhir_visit(row), *others)
    return found


@pytest.mark.parametrize(
    "repeat",
    [
        {**DAILY, "count": 5},
        {**DAILY, "boundsDuration": {"value": 5, "code": "d"}},
        {**DAILY, "boundsDuration": {"value": 5, "unit": "d"}, "count": 5},
        {**DAILY, "boundsPeriod": {"start": "2026-12-07T09:00:00-06:00", "end": "2026-12-11"}},
        {**DAILY, "boundsPeriod": {"start": "2026-12-08T05:00:00Z", "end": "2026-12-12T05:59:59Z"}},
        {**DAILY, "boundsPeriod": {"start": "2026-12-07"}, "count": 5},
        {**DAILY, "boundsDuration": {"value": 5.0, "unit": "days", "system": UCUM, "code": "d"}, "count": 5.0},
        {**DAILY, "frequency": 1.0, "count": 5, "duration": 1, "durationUnit": "h", "timeOfDay": ["09:00:00"]},
    ],
)
def test_a_course_that_the_request_orders(tmp_path: Path, repeat: Resource) -> None:
    quantity = {"doseAndRate": [{"doseQuantity": {"value": 1000.0, "unit": "mg"}}], "asNeededBoolean": False}
    code = {"coding": [{"code": "QD", "display": "every day"}], "text": "Daily"}
    order = pulse(tmp_path, dosageInstruction=[{"timing": {"repeat": repeat, "code": code}, **quantity}]).order

    assert order
    assert (order.treatment.days, order.treatment.dose) == (5, "1000 mg")


@pytest.mark.parametrize(
    ("instructions", "key", "said"),
    [
        ([], "days", "this regimen needs the number of consecutive days"),
        ([THREE, THREE], "days", "more than one instruction"),
        ([{"timing": {"repeat": {**DAILY, "period": 2, "count": 3}}}], "days", "once a day"),
        ([{"timing": {"repeat": {"count": 3}}}], "days", "once a day"),
        ([{"timing": {"repeat": {**DAILY, "boundsDuration": {"value": 1, "code": "wk"}}}}], "days", "a number of days"),
        ([{"timing": {"repeat": {**DAILY, "count": 3.5}}}], "days", "a number of days"),
        ([{"timing": {"repeat": {**DAILY, "count": True}}}], "days", "a number of days"),
        ([{"timing": {"repeat": {**DAILY, "boundsPeriod": {"start": "2026-12"}}}}], "days", "a number of days"),
        (
            [{"timing": {"repeat": {**DAILY, "count": 3, "boundsDuration": {"value": 5, "code": "d"}}}}],
            "days",
            "two different",
        ),
        ([{**THREE, "doseAndRate": [{"doseQuantity": {"value": 1000}}]}], "dose", "a number with a unit"),
        ([{**THREE, "doseAndRate": [{"doseRange": {"low": {"value": 500, "unit": "mg"}}}]}], "dose", "not one dose"),
        ([{**THREE, "doseAndRate": [{"doseQuantity": {"value": 100, "unit": "mg"}}]}], "dose", "is outside"),
    ],
)
def test_a_course_that_is_not_plain_is_refused(
    tmp_path: Path, instructions: list[Resource], key: str, said: str
) -> None:
    found = pulse(tmp_path, dosageInstruction=instructions)

    assert found.order is None
    assert [problem.where for problem in found.problems if said in problem.message] == [key]


def days_refused(folder: Path, **instruction: object) -> str:
    """Return why the course of this instruction is refused; it is otherwise one of three days."""
    found = pulse(folder, dosageInstruction=[{**THREE, **instruction}])
    messages = [problem.message for problem in found.problems if problem.where == "days"]
    assert found.order is None
    assert all(problem.hint for problem in found.problems)
    return messages[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dayOfWeek", ["mon"]),
        ("countMax", 5),
        ("boundsRange", {"high": {"value": 5, "unit": "d"}}),
        ("periodMax", 2),
        ("frequencyMax", 2),
        ("when", ["C"]),
        ("offset", 30),
        ("extension", [{"url": "urn:x"}]),
        ("_count", {"extension": [{"url": "urn:x"}]}),
    ],
)
def test_what_would_change_the_timing_is_refused_by_name(tmp_path: Path, key: str, value: object) -> None:
    repeat = {**DAILY, "count": 3, key: value}
    assert days_refused(tmp_path, timing={"repeat": repeat}) == f"says {key!r}, which is not read"


@pytest.mark.parametrize(
    ("instruction", "said"),
    [
        ({"asNeededBoolean": True}, "as needed"),
        ({"asNeededCodeableConcept": {"text": "pain"}}, "'asNeededCodeableConcept'"),
        ({"modifierExtension": [{"url": "urn:x"}]}, "'modifierExtension'"),
        ({"timing": {**THREE["timing"], "event": ["2026-12-07"]}}, "'event'"),
        ({"timing": {**THREE["timing"], "modifierExtension": [{"url": "urn:x"}]}}, "'modifierExtension'"),
        ({"timing": {**THREE["timing"], "code": {"coding": [{"code": "BID"}]}}}, "once a day"),
        ({"timing": {**THREE["timing"], "code": {"coding": [{"display": "twice a day"}]}}}, "once a day"),
        ({"timing": {**THREE["timing"], "code": {"text": "daily for 5 doses"}}}, "once a day"),
        ({"timing": {"repeat": {**DAILY, "count": 3, "timeOfDay": ["09:00:00", "18:00:00"]}}}, "one time"),
        ({"timing": {"repeat": {**DAILY, "count": 3, "duration": 3, "durationUnit": "d"}}}, "lasts for days"),
        ({"timing": {"repeat": {**DAILY, "frequency": True, "count": 3}}}, "once a day"),
        ({"timing": {"repeat": {**DAILY, "count": [3]}}}, "a number of days"),
        ({"timing": {"repeat": {**DAILY, "count": {}}}}, "a number of days"),
        ({"timing": {"repeat": {**DAILY, "boundsDuration": {"value": {}, "code": "d"}}}}, "a number of days"),
        ({"timing": {"repeat": {**DAILY, "boundsDuration": {"value": 3, "unit": "d", "code": "wk"}}}}, "of days"),
        ({"timing": {"repeat": {**DAILY, "boundsDuration": {"value": 3, "unit": "wk", "code": "d"}}}}, "of days"),
        ({"timing": {"repeat": {**DAILY, "boundsDuration": {"value": 3, "code": "d", "comparator": ">"}}}}, "of days"),
        ({"timing": {"repeat": {**DAILY, "boundsPeriod": {"end": "2026-12-09"}, "count": 3}}}, "of days"),
        ({"timing": {"repeat": {**DAILY, "boundsPeriod": {"start": "2026-12-07"}}}}, "needs the number of"),
        (
            {"timing": {"repeat": {**DAILY, "boundsPeriod": {"start": "2026-12-08", "end": "2026-12-10"}}}},
            "does not begin on the day of the first infusion",
        ),
        (
            {"timing": {"repeat": {**DAILY, "boundsPeriod": {"start": "2026-12-06"}, "count": 3}}},
            "does not begin on the day of the first infusion",
        ),
    ],
)
def test_what_would_change_the_course_is_refused(tmp_path: Path, instruction: Resource, said: str) -> None:
    assert said in days_refused(tmp_path, **instruction)


def test_a_period_begins_with_the_course_not_with_what_is_left_of_it(tmp_path: Path) -> None:
    repeat = {**DAILY, "boundsPeriod": {"start": "2026-12-06", "end": "2026-12-08"}}
    begun = {**fhir_given(PULSE, 1, "2026-12-06"), "request": OF_THIS}
    order = pulse(tmp_path, begun, dosageInstruction=[{"timing": {"repeat": repeat}}]).order

    assert order
    assert (order.treatment.days, order.treatment.done) == (3, 1)


@pytest.mark.parametrize(
    ("quantity", "dose"),
    [
        ({"value": 1000, "unit": "milligram", "code": "mg"}, "1000 mg"),
        ({"value": 1000, "unit": "milligram", "system": UCUM, "code": "mg"}, "1000 mg"),
        ({"value": 1000, "unit": "MG", "code": "mg"}, "1000 mg"),
        ({"value": 1000, "unit": "mg", "system": OWN, "code": "7"}, "1000 mg"),
        ({"value": 1000, "code": "mg"}, "1000 mg"),
        ({"value": 1000, "unit": "mg", "code": "g"}, None),
        ({"value": 1000, "unit": "g", "code": "mg"}, None),
        ({"value": 1000, "unit": "mg/kg", "code": "mg"}, None),
        ({"value": 1000, "system": OWN, "code": "mg"}, None),
        ({"value": 1000, "code": "mg", "comparator": "<"}, None),
        ({"value": float("nan"), "code": "mg"}, None),
        ({"value": 10**400, "code": "mg"}, None),
        ({"value": [1000], "code": "mg"}, None),
        ({"code": "mg"}, None),
    ],
)
def test_the_unit_of_a_dose(tmp_path: Path, quantity: Resource, dose: str | None) -> None:
    found = pulse(tmp_path, dosageInstruction=[{**THREE, "doseAndRate": [{"doseQuantity": quantity}]}])

    assert (found.order.treatment.dose if found.order else None) == dose
    assert {problem.where for problem in found.problems} == (set() if dose else {"dose"})


def snomed(code: str, **more: object) -> Resource:
    return {"coding": [{"system": SNOMED, "code": code}], **more}


@pytest.mark.parametrize(
    ("route", "taken"),
    [
        *((snomed(code), True) for code in sorted(INTRAVENOUS)),
        (snomed("47625008", text="IVPB"), True),
        ({"text": "IV"}, True),
        ({"coding": [{"display": "Intravenous route"}], "text": "Intravenous (peripheral)"}, True),
        (snomed("34206005"), False),
        (snomed("34206005", text="Intravenous"), False),
        (snomed("47625008", text="Subcutaneous"), False),
        ({"text": "subcutaneous"}, False),
        ({"text": "IVT"}, False),
        ({"coding": [{"code": "47625008"}]}, False),
        ({"coding": [{"display": "Intravenous"}], "text": "By mouth"}, False),
        ({}, False),
        ([], False),
    ],
)
@pytest.mark.parametrize("drug", ["ocrelizumab", "methylprednisolone"])
def test_only_a_route_into_a_vein(tmp_path: Path, route: object, taken: bool, drug: str) -> None:
    row = {**LEAST, "drug": drug}
    dosage = {**(THREE if drug == PULSE["drug"] else {}), "route": route}
    found = pulse(tmp_path, row=row, dosageInstruction=[dosage])

    assert bool(found.order) is taken
    assert [(problem.where, problem.message) for problem in found.problems] == (
        [] if taken else [("drug", "is ordered by a route that is not intravenous")]
    )


def test_what_the_regimen_fixes_is_not_asked_of_the_request(tmp_path: Path) -> None:
    half = {"doseAndRate": [{"doseQuantity": {"value": 300, "unit": "mg"}}]}
    order = pulse(tmp_path, row=LEAST, dosageInstruction=[half, half]).order

    assert order
    assert (order.treatment.days, order.treatment.dose) == (None, None)


def test_an_earlier_course_is_no_part_of_this_one(tmp_path: Path) -> None:
    def done(authored: str = "", **given: object) -> int | None:
        earlier = [{**fhir_given(PULSE, 1, f"2024-05-0{day}"), **given} for day in (1, 2, 3)]
        order = pulse(tmp_path, *earlier, dosageInstruction=[THREE], authoredOn=authored).order
        return order.treatment.done if order else None

    assert done() is None, "nothing says that it was another course"
    assert done(authored="2026-11-20T10:00:00Z") == 0
    assert done(request={"reference": "MedicationRequest/of-2024"}) == 0
    assert done(request={"reference": "MedicationRequest/m1"}) is None
    begun = [fhir_given(PULSE, 1, "2026-12-06")]
    order = pulse(tmp_path, *begun, dosageInstruction=[THREE], authoredOn="2026-12-01").order
    assert order
    assert order.treatment.done == 1


EARLIER = {**fhir_visit(), "id": "a0", "status": "fulfilled", "start": "2026-12-06T09:00:00-06:00"}
OF_THIS = {"reference": "MedicationRequest/m1"}


@pytest.mark.parametrize("authored", ["", "2026", "2026-12"])
@pytest.mark.parametrize("earlier", [fhir_given(PULSE, 1, "2026-12-06"), EARLIER])
def test_what_was_given_belongs_to_a_course_or_the_row_is_refused(
    tmp_path: Path, earlier: Resource, authored: str
) -> None:
    found = pulse(tmp_path, earlier, dosageInstruction=[THREE], authoredOn=authored)

    assert found.row.places["done"] == "entry[1].resource.authoredOn"
    (problem,) = found.problems
    assert (problem.where, problem.message) == (
        "done",
        "cannot be told whether what was given belongs to this course",
    )


@pytest.mark.parametrize(
    ("earlier", "authored", "done"),
    [
        ({**fhir_given(PULSE, 1, "2026-12-06"), "request": OF_THIS}, "", "1"),
        ({**fhir_given(PULSE, 1, "2026-12-06"), "request": OF_THIS}, "2026-12-07", "1"),
        (fhir_given(PULSE, 1, "2026-12-06"), "2026-12-07", ""),
        (fhir_given(PULSE, 1, "2026-12-06"), "2026-12-07T03:00:00Z", "1"),
        (fhir_given(PULSE, 1, "2026-12-06"), "2026-12-07T03:00:00+01:00", ""),
        (EARLIER, "2026-12-06", "1"),
        (EARLIER, "2026-12-07", ""),
    ],
)
def test_a_course_begins_on_the_day_it_was_written(tmp_path: Path, earlier: Resource, authored: str, done: str) -> None:
    found = pulse(tmp_path, earlier, dosageInstruction=[THREE], authoredOn=authored)

    assert found.row.data["done"] == done


@pytest.mark.parametrize(("authored", "done"), [("", "1"), ("2026-12-07", "1")])
def test_a_visit_that_names_the_request_is_of_its_course(tmp_path: Path, authored: str, done: str) -> None:
    named: Resource = {"basedOn": [OF_THIS]}
    request = {**fhir_request(PULSE), "dosageInstruction": [THREE], "authoredOn": authored}
    found = only(tmp_path, fhir_patient(PULSE), request, {**fhir_visit(PULSE), **named}, {**EARLIER, **named})

    assert found.row.data["done"] == done


def test_what_was_given_for_the_request_counts_whatever_its_name(tmp_path: Path) -> None:
    given = fhir_given({**LEAST, "drug": "OCREVUS 300 MG/10 ML"}, 1, "2026-06-02")
    found = only(tmp_path, *whole(), {**given, "request": OF_THIS})

    assert (found.row.data["done"], found.row.data["last"]) == ("1", "2026-06-02")


def test_what_is_not_counted_is_said(tmp_path: Path) -> None:
    unknown = fhir_given({**LEAST, "drug": "OCREVUS 300 MG/10 ML"}, 1, "2026-06-02")
    nobody = fhir_given(LEAST, 2, "2026-06-02")
    known = {**fhir_given({**LEAST, "drug": "natalizumab"}, 1, "2026-06-02"), "id": "g"}
    path = saved(tmp_path, as_bundle(*whole(), unknown, nobody, known), "roster.json")
    *warnings, last = opened(path).warnings

    assert last == COUNTED
    assert [(warning.where, warning.message) for warning in warnings] == [
        ("entry[4].resource", "the administration is of no patient of this bundle, and was not counted"),
        ("entry[3].resource", "the administration names no drug that is known, and was not counted"),
    ]
    assert all(warning.hint for warning in warnings)


@pytest.mark.parametrize("earlier", [fhir_given(LEAST, 1, "2026-06-02"), EARLIER])
def test_a_drug_that_is_not_known_is_not_one_of_a_new_patient(tmp_path: Path, earlier: Resource) -> None:
    """The refused row is marked at ``done`` as well: with the drug corrected it would be a first infusion."""
    request: Resource = {"medicationCodeableConcept": {"text": "Ocrevus Zunovo or so"}}

    assert problems(judged(tmp_path, *whole(request=request), earlier)) == [(2, "drug"), (2, "done")]
    assert problems(judged(tmp_path, *whole(request=request))) == [(2, "drug")]


def test_a_drug_as_a_resource_of_its_own(tmp_path: Path) -> None:
    medication: Resource = {"resourceType": "Medication", "id": "d", "code": {"text": "Tysabri"}}
    reference = {"medicationReference": {"reference": "Medication/d"}, "medicationCodeableConcept": None}
    order = only(tmp_path, *whole(request=reference), medication).order

    assert order
    assert order.drug == "natalizumab"


def test_a_drug_that_the_request_contains(tmp_path: Path) -> None:
    def drug(*contained: Resource) -> str | None:
        reference = {"medicationReference": {"reference": "#d"}, "medicationCodeableConcept": None}
        found = only(tmp_path, *whole(request={**reference, "contained": list(contained)}))
        assert found.row.places["drug"].startswith("entry[1].resource.")
        return found.order.drug if found.order else None

    tysabri: Resource = {"resourceType": "Medication", "id": "d", "code": {"text": "Tysabri"}}
    assert drug({**tysabri, "id": "e"}, tysabri) == "natalizumab"
    assert drug({**tysabri, "id": "e"}) is None
    assert drug(tysabri, tysabri) is None, "which of them?"
    assert drug() is None

    given = fhir_given(LEAST, 1, "2026-06-02")
    given |= {"medicationReference": {"reference": "#d"}, "medicationCodeableConcept": None}
    given["contained"] = [{**tysabri, "code": {"text": "Ocrevus"}}]
    assert only(tmp_path, *whole(), given).row.data["done"] == "1"


def test_a_service_request(tmp_path: Path) -> None:
    request = {"resourceType": "ServiceRequest", "code": {"text": "ocrelizumab"}}
    assert only(tmp_path, *whole(request=request)).order
    other = {"resourceType": "ServiceRequest", "code": {"text": "Complete blood count"}}
    where, why = skipped(tmp_path, *whole(request=other))[0]
    assert (where, why) == ("entry[1].resource.code", "the request names no drug that is known, and was skipped")
    for_it = {"basedOn": [{"reference": "ServiceRequest/m1"}]}
    assert refused(tmp_path, *whole(request=other, visit=for_it))[0] == "drug"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        *(({"status": status}, "status") for status in ("cancelled", "stopped", "entered-in-error", "draft")),
        *(({"intent": intent}, "intent") for intent in ("proposal", "plan", "option")),
        ({"doNotPerform": True}, "doNotPerform"),
    ],
)
def test_what_is_not_in_force_is_skipped_and_said(tmp_path: Path, change: Resource, where: str) -> None:
    ((path, message),) = skipped(tmp_path, *whole(request=change))

    assert path == f"entry[1].resource.{where}"
    assert message.endswith(", and was skipped")


@pytest.mark.parametrize("status", ["unknown", None, "Active"])
def test_a_status_that_says_nothing(tmp_path: Path, status: str | None) -> None:
    assert "entry[1].resource.status" in refused(tmp_path, *whole(request={"status": status}))[2]


# When


@pytest.mark.parametrize("status", ["cancelled", "noshow", "entered-in-error"])
def test_appointments_that_will_not_be_are_skipped_and_said(tmp_path: Path, status: str) -> None:
    ((path, message),) = skipped(tmp_path, *whole(visit={"status": status}))

    assert path == "entry[2].resource.status"
    assert message == f"the request has only an appointment that is {status}, and was skipped"


def test_the_next_appointment_after_a_cancelled_one(tmp_path: Path) -> None:
    first = {**fhir_visit(), "id": "a0", "status": "cancelled", "start": "2026-12-01T09:00:00-06:00"}

    assert only(tmp_path, *whole(), first).row.data["start"] == "2026-12-07"


@pytest.mark.parametrize(
    ("start", "day"),
    [
        ("2026-12-07T23:59:59-06:00", "2026-12-07"),
        ("2026-12-07T00:00:00.000+14:00", "2026-12-07"),
        ("2026-12-07T23:59:59Z", "2026-12-07"),
        ("2026-12-08T05:59:59.5Z", "2026-12-07"),
        ("2026-12-08T06:00Z", "2026-12-08"),
        ("2026-12-08T05:59:59+00:00", "2026-12-07"),
        ("2026-12-08T05:59:59-00:00", "2026-12-07"),
        ("2026-12-32", None),
        ("2026-12-32T09:00:00+00:00", None),
        ("2026-07-08T05:00:00Z", "2026-07-08"),
        ("2026-12-32T09:00:00Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("2026-12-07 09:00:00Z", None),
        ("2026-12-07T09:00:00", None),
        ("12/07/2026", None),
        (None, None),
    ],
)
def test_a_day_is_the_one_that_is_written(tmp_path: Path, start: str | None, day: str | None) -> None:
    """Universal time is the clinic's, which is in Chicago."""
    found = only(tmp_path, *whole(visit={"start": start}))

    assert found.row.data.get("start") == day
    assert [problem.where for problem in found.problems] == ([] if day else ["start"])


@pytest.mark.parametrize("status", ["proposed", "pending", "waitlist", "fulfilled"])
def test_an_appointment_that_is_not_booked(tmp_path: Path, status: str) -> None:
    assert f"no appointment is booked: it is '{status}'" in {
        p.message for p in only(tmp_path, *whole(visit={"status": status})).problems
    }


def test_an_appointment_that_the_patient_declined(tmp_path: Path) -> None:
    def visit(day: str, **status: str) -> Resource:
        people = [{"actor": {"reference": f"{kind.title()}/p1"}, "status": said} for kind, said in status.items()]
        return {**fhir_visit(), "id": day, "start": f"{day}T09:00:00-06:00", "participant": people}

    patient, request, _ = whole()
    declined = visit("2026-12-07", patient="declined", practitioner="accepted")
    where, place, message = refused(tmp_path, patient, request, declined)
    assert (where, place) == ("start", "entry[2].resource.participant")
    assert message == "the patient declined the appointment"
    after = visit("2026-12-09", patient="accepted", practitioner="declined")
    assert only(tmp_path, patient, request, declined, after).row.data["start"] == "2026-12-09"


def test_no_appointment(tmp_path: Path) -> None:
    assert refused(tmp_path, *whole()[:2])[2] == "has no appointment in this bundle"


def test_two_requests_need_appointments_that_name_theirs(tmp_path: Path) -> None:
    patient, request, visit = whole()
    second = {**request, "id": "m2", "medicationCodeableConcept": {"text": "natalizumab"}}
    found = judged(tmp_path, patient, request, second, visit)
    assert problems(found) == [(2, "start"), (3, "start")]

    mine = {**visit, "supportingInformation": [{"reference": "MedicationRequest/m1"}]}
    other = {**mine, "id": "a2", "start": "2026-12-09T09:00:00-06:00"}
    other["reasonReference"] = [{"reference": "MedicationRequest/m2"}]
    del other["supportingInformation"]
    found = judged(tmp_path, patient, request, second, mine, other)
    assert [item.row.data["start"] for item in found] == ["2026-12-07", "2026-12-09"]
    assert problems(found) == []

    premedication = {**second, "medicationCodeableConcept": {"text": "acetaminophen"}}
    assert problems(judged(tmp_path, patient, request, premedication, visit)) == [(3, "drug")]


def test_what_was_given_is_counted_by_day_and_drug(tmp_path: Path) -> None:
    past = {**fhir_visit(), "id": "a0", "status": "fulfilled", "start": "2026-06-02T09:00:00-05:00"}
    given = [fhir_given(LEAST, 1, day) for day in ("2025-12-02", "2025-11-18", "2026-06-02T10:00:00-05:00")]
    others = [
        fhir_given({**LEAST, "drug": "natalizumab"}, 1, "2026-01-01"),
        fhir_given(LEAST, 2, "2026-01-01"),
        {**fhir_given(LEAST, 1, "2026-07-01"), "status": "not-done"},
    ]
    found = only(tmp_path, *whole(), past, *given, *others)

    assert (found.row.data["done"], found.row.data["last"]) == ("3", "2026-06-02")
    assert found.order
    assert problems(judged(tmp_path, *whole(), fhir_given(LEAST, 1, "2026-06-02T01:00:00"))) == [(2, "last")]


# The bundle itself


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (as_bundle(link=[{"relation": "next", "url": "x"}]), "is one page of a longer answer"),
        (as_bundle(fhir_patient(), fhir_patient()), "entry[1].resource: is the same resource as entry[0].resource"),
        (json.dumps(fhir_patient()), "neither an array of objects nor a FHIR bundle"),
        ('{"resourceType": "Bundle", "entry": [}', "line 1"),
        ('{"resourceType": "Bundle", "entry": [], "entry": []}', "has an object with 'entry' twice"),
        ('{"resourceType": "Bundle", "a": ' + "[" * 100_000, "is not valid JSON"),
        (b'{"resourceType": "\xff"}', "is not valid JSON"),
    ],
)
def test_what_is_no_whole_bundle(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(saved(tmp_path, content, "roster.json"))
    assert words in str(caught.value)
    assert all(problem.hint for problem in caught.value.problems)


def test_a_bundle_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handouts.roster.bundle.MOST_BYTES", 100)
    with pytest.raises(InputError, match="is larger than"):
        read(saved(tmp_path, as_bundle(*whole()), "roster.json"))


def test_an_empty_bundle_has_no_rows(tmp_path: Path) -> None:
    assert skipped(tmp_path) == []


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["active", "MR", "Patient/p1", "2026-12-07", "en"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["coding", "reference", "text", "code", "system", "value", "use", "actor", "start"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
more = {
    "extension",
    "basedOn",
    "active",
    "dosageInstruction",
    "authoredOn",
    "contained",
    "medicationReference",
    "request",
}
keys = st.sampled_from(sorted({key for resource in whole() for key in resource} | more))


@calm
@given(st.lists(st.dictionaries(keys, anything, max_size=3), min_size=4, max_size=4))
def test_any_bundle_is_rows_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, changes: list[dict[str, object]]
) -> None:
    given = {**fhir_given(LEAST, 1, "2026-06-02"), **changes.pop()}
    try:
        found = judged(tmp_path_factory.mktemp("any"), *whole(*changes), given)
    except InputError as error:
        assert error.problems
    else:
        assert all((item.order is None) == bool(item.problems) for item in found)


numbers = st.floats() | st.integers() | st.just(10**400)
dosages = st.recursive(
    anything | numbers | st.sampled_from([1, 3, 3.0, "d", "mg", "daily", "47625008"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("timing", "repeat", "code", "count", "frequency", "period", "periodUnit", "timeOfDay"),
                    *("boundsDuration", "boundsPeriod", "duration", "durationUnit", "value", "unit", "end", "start"),
                    *("doseAndRate", "doseQuantity", "doseRange", "comparator", "route", "asNeededBoolean", "text"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@calm
@given(
    repeat=st.dictionaries(
        st.sampled_from(["count", "boundsDuration", "boundsPeriod", "timeOfDay", "duration", "durationUnit"]),
        dosages,
        max_size=3,
    ),
    quantity=st.dictionaries(st.sampled_from(["value", "unit", "code", "system", "comparator"]), dosages),
    instruction=st.dictionaries(
        st.sampled_from(["timing", "doseAndRate", "route", "asNeededBoolean", "text", "site"]), dosages, max_size=2
    ),
    other=st.none() | dosages,
)
def test_any_dosage_is_a_course_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory,
    repeat: dict[str, object],
    quantity: dict[str, object],
    instruction: dict[str, object],
    other: object,
) -> None:
    dosage = {
        "timing": {"repeat": {**DAILY, **repeat}},
        "doseAndRate": [{"doseQuantity": quantity}],
        **instruction,
    }
    for said in ([dosage], [dosage, other], other):
        found = pulse(tmp_path_factory.mktemp("any"), dosageInstruction=said)
        assert (found.order is None) == bool(found.problems)
        assert found.order is None or found.order.treatment.days in (3, 4, 5)
