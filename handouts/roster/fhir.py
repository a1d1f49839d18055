"""Rosters as FHIR R4 bundles: one row for every request of an infusion that is in force.

Patient, Appointment, MedicationRequest and ServiceRequest, Medication and MedicationAdministration are read. What is
cancelled is skipped and said. A day is the one that is written, with its own offset; only universal time (Z) is that of
no place, and its day is the one at the clinic.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from handouts.errors import Problem
from handouts.roster.bundle import Bundle, Node, Value, day_of
from handouts.roster.columns import Columns
from handouts.roster.dosage import course, other_route
from handouts.roster.patient import person
from handouts.roster.table import Roster, Row, plain, version_of

COLUMNS = ("mrn", "name", "dob", "drug", "start", "done", "last", "days", "dose", "locale", "sex", "interpreter")
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
BOOKED = frozenset({"booked", "arrived", "checked-in"})
GIVEN = "fulfilled"
OFF = frozenset({"cancelled", "noshow", "entered-in-error"})
NOT_IN_FORCE = frozenset(
    {"cancelled", "completed", "draft", "ended", "entered-in-error", "on-hold", "revoked", "stopped"}
)
NOT_AN_ORDER = frozenset({"option", "plan", "proposal"})
COUNTED = Problem(
    "done",
    "what was given already is counted from this bundle; a patient of whom it has nothing is taken as new",
    "make sure that it has every infusion given so far, or use a roster with the columns done and last",
)


class Drugs(Protocol):
    """The drugs that are served."""

    def drug_id(self, name: str) -> str | None:
        """Return the id of the drug that goes by ``name``."""
        ...

    def coded(self, rxnorm: str) -> Iterable[str]:
        """Return the ids of the drugs that have a product with this code."""
        ...

    def from_order(self, drug: str) -> Container[str]:
        """Return what the order has to say of this drug, as its regimen leaves it open: ``days``, ``dose``."""
        ...


def open_bundle(path: Path, columns: Columns, drugs: Drugs, time_zone: str) -> Roster:
    """Return the roster in the bundle ``path``; raises InputError where it cannot be read at all.

    A row's number is the place of its request among the entries, from 1. ``time_zone`` is the clinic's (IANA).
    """
    version = version_of(path)
    orders = _Orders(Bundle(path), columns, drugs, time_zone)
    rows = list(orders.rows())
    return Roster(path, COLUMNS, (*orders.skipped, COUNTED), lambda: iter(rows), version)


class _Orders:
    """The requests of a bundle, with all that belongs to each."""

    def __init__(self, bundle: Bundle, columns: Columns, drugs: Drugs, time_zone: str) -> None:
        self.bundle, self.columns, self.served, self.time_zone = bundle, columns, drugs, time_zone
        self.skipped: list[Problem] = []
        self.requests = [node for node in bundle.of("MedicationRequest", "ServiceRequest") if self._in_force(node)]
        self.drugs = {node.path: self._drug(node) for node in self.requests}
        self.visits: defaultdict[str, list[Node]] = defaultdict(list)
        self.given: defaultdict[str, list[Node]] = defaultdict(list)
        for visit in bundle.of("Appointment"):
            for who in {self._target(item["actor"]) for item in visit["participant"]}:
                self.visits[who].append(visit)
        for given in bundle.of("MedicationAdministration"):
            if given["status"].text == "completed":
                self.given[self._target(given["subject"])].append(given)
        self._say_what_is_not_counted()
        known = [request for request in self.requests if not self.drugs[request.path].message]
        self.known = Counter(self._target(request["subject"]) for request in known)
        """How many requests for drugs that are known each patient has."""

    def rows(self) -> Iterator[Row]:
        for request in self.requests:
            if (values := self._values(request)) is not None:
                yield self._row(request, values)

    def _in_force(self, request: Node) -> bool:
        if (status := request["status"]).text in NOT_IN_FORCE:
            return self._skip(status.path, f"is {status.text}")
        if (intent := request["intent"]).text in NOT_AN_ORDER:
            return self._skip(intent.path, f"is only a {intent.text}")
        if (negated := request["doNotPerform"]).value is True:
            return self._skip(negated.path, "says that it must not be done")
        return True

    def _skip(self, path: str, why: str) -> bool:
        self.skipped.append(Problem(path, f"the request {why}, and was skipped"))
        return False

    def _say_what_is_not_counted(self) -> None:
        """Note what was given, but to nobody who is here, or under a name that is no drug's."""
        for given in self.given[""]:
            self._uncounted(given, "is of no patient of this bundle", "export the patients with it")
        for patient in dict.fromkeys(self._target(request["subject"]) for request in self.requests):
            for given in self.given[patient] if patient else ():
                if self._target(given["request"]) not in self.drugs and self._drug(given).message:
                    self._uncounted(given, "names no drug that is known", "map it in [values.drug] if it is one")

    def _uncounted(self, given: Node, why: str, hint: str) -> None:
        self.skipped.append(Problem(given.path, f"the administration {why}, and was not counted", hint))

    def _values(self, request: Node) -> dict[str, Value] | None:
        """Return what the bundle says of this request by key; None where it is skipped."""
        drug = self.drugs[request.path]
        patient = self.bundle.target(request["subject"])
        linked, free = self._visits(request)
        if request["resourceType"].text == "ServiceRequest" and drug.message and not linked:
            self._skip(drug.path, "names no drug that is known")
            return None
        visits = linked or (free if drug.message or self.known[self._target(request["subject"])] == 1 else [])
        ahead = [visit["status"] for visit in visits if visit["status"].text != GIVEN]
        if ahead and all(status.text in OFF for status in ahead):
            self._skip(ahead[0].path, f"has only an appointment that is {ahead[0].text}")
            return None
        values = {"drug": drug, "start": self._start(request, visits, rivals=bool(free) and not visits)}
        from_order = self.served.from_order(drug.text)
        days, untold = self._given(request, drug, visits, own_course="days" in from_order)
        values |= {"done": untold, "last": Value("", untold.path)} if untold else _history(days)
        told = [day.text for day in (values["start"], *days) if not day.message]
        first_day = "" if values["start"].message else min(told)
        ordered = course(request, self.time_zone, first_day)
        values |= {key: value for key, value in ordered.items() if key in from_order}
        if not drug.message and (route := other_route(request)):
            hint = "these handouts are for infusions into a vein: correct the route, or take the request out"
            values["drug"] = Value(drug.text, route.path, "is ordered by a route that is not intravenous", hint)
        if patient is not None:
            values |= person(patient, self.columns)
        return values

    def _row(self, request: Node, values: Mapping[str, Value]) -> Row:
        problems: list[Problem] = []
        data: dict[str, str] = {}
        for key in dict.fromkeys((*COLUMNS, *self.columns.defaults)):
            value = values.get(key, Value("", request.path))
            if value.message:
                problems.append(Problem(key, value.message, value.hint))
            else:
                data[key] = value.text if key == "drug" else self.columns.meaning(key, value.text)
        cells = tuple(values[key].text if key in values else "" for key in COLUMNS)
        places = {key: value.path for key, value in values.items()}
        written = dict(zip(COLUMNS, cells, strict=True))
        return Row(request.entry + 1, data, cells, written, places, tuple(self._whole(request)) or tuple(problems))

    def _whole(self, request: Node) -> Iterator[Problem]:
        """Yield what is wrong with the order as a whole."""
        if request["status"].text != "active":
            message = f"{request.path}.status does not say that the request is active"
            yield Problem("", message, "ask the prescriber whether it is in force")
        patient = self.bundle.target(request["subject"])
        if patient is None or patient["resourceType"].text != "Patient":
            yield Problem("", f"{request.path}.subject is no patient of this bundle", "export the patients with it")
            return
        if patient["deceasedBoolean"].value is True or patient["deceasedDateTime"].text:
            yield Problem("", f"{patient.path} is recorded as deceased", "check the record")
        if patient["active"].value is False:
            yield Problem("", f"{patient.path} is a record that is no longer in use", "find the current record")

    def _drug(self, node: Node) -> Value:
        """Return the drug of a request or an administration: by a name or a code that is one of a drug's own, no less.

        What the columns file says of a code goes before what drug files say.
        """
        concept = node["code"] if node["resourceType"].text == "ServiceRequest" else node["medicationCodeableConcept"]
        if medication := self.bundle.part(node, node["medicationReference"]):
            concept = medication["code"]
        codings = list(concept["coding"])
        written = [concept["text"].text, *(coding["display"].text for coding in codings)]
        codes = [coding["code"].text for coding in codings if coding["system"].text == RXNORM]
        written = [text for text in (*written, *codes) if text]
        meant = {text: self.columns.meaning("drug", text) for text in written}
        known = {drug for name in meant.values() if (drug := self.served.drug_id(name))}
        known |= {drug for code in codes if meant.get(code) == code for drug in self.served.coded(code)}
        shown = written[0] if written else ""
        if len(known) == 1:
            return Value(known.pop(), concept.path)
        if known:
            return Value(shown, concept.path, "names two different drugs", "correct the request")
        if not written:
            return Value("", concept.path, "is missing", "name the drug of the request")
        hint = f'say what it means in a columns file: [values.drug] "{plain(shown)}" = "the id of a drug"'
        return Value(shown, concept.path, f"no drug is called {plain(shown)!r}", hint)

    def _target(self, reference: Node) -> str:
        """Return the path of what ``reference`` points to; nothing where it is not in the bundle."""
        target = self.bundle.target(reference)
        return target.path if target else ""

    def _visits(self, request: Node) -> tuple[list[Node], list[Node]]:
        """Return the patient's appointments for this request, and those that are for no request."""
        linked, free = [], []
        if patient := self._target(request["subject"]):
            for visit in self.visits[patient]:
                wanted = self._wanted(visit)
                if request.path in wanted:
                    linked.append(visit)
                elif not wanted & self.drugs.keys():
                    free.append(visit)
        return linked, free

    def _wanted(self, visit: Node) -> set[str]:
        """Return the paths of what an appointment is for."""
        reasons = [*visit["basedOn"], *visit["reasonReference"], *visit["supportingInformation"]]
        return {self._target(reason) for reason in reasons}

    def _given(
        self, request: Node, drug: Value, visits: list[Node], *, own_course: bool
    ) -> tuple[list[Value], Value | None]:
        """Return the days that the bundle has an infusion on, or why these cannot be told.

        What names this request counts. With ``own_course``, each request is a course by itself: what was given for
        another request, or before this one was written, is none of it.
        """
        patient = self._target(request["subject"])
        if drug.message:
            if not self.given[patient] and all(visit["status"].text != GIVEN for visit in self.visits[patient]):
                return [], None
            message = "what was given already cannot be counted while the drug is not known"
            return [], Value("", drug.path, message, "name the drug first, and read the bundle again")
        own: list[Node] = []
        other: list[Node] = []
        for visit in visits:
            if visit["status"].text == GIVEN:
                (own if request.path in self._wanted(visit) else other).append(visit["start"])
        for given in self.given[patient]:
            once, found = given["effectiveDateTime"], self._drug(given)
            time = once if once.text else given["effectivePeriod"]["start"]
            of_another = own_course and given["request"]["reference"].text
            if self._target(given["request"]) == request.path:
                own.append(time)
            elif not of_another and not found.message and found.text == drug.text:
                other.append(time)
        days = [day_of(time, self.time_zone) for time in own]
        others = [day_of(time, self.time_zone) for time in other]
        if own_course and others:
            written = day_of(request["authoredOn"], self.time_zone)
            if written.message:
                message = "cannot be told whether what was given belongs to this course"
                hint = "let it name its request, or give the request the day it was written on (authoredOn)"
                return [], Value("", written.path, message, hint)
            others = [day for day in others if day.message or day.text >= written.text]
        return days + others, None

    def _start(self, request: Node, visits: list[Node], *, rivals: bool) -> Value:
        """Return the day of the first booked appointment that the patient has not declined."""
        booked = [visit for visit in visits if visit["status"].text in BOOKED]
        patient = self._target(request["subject"])
        kept = [visit for visit in booked if not self._declined(visit, patient)]
        days = [day_of(visit["start"], self.time_zone) for visit in kept]
        if wrong := next((day for day in days if day.message), None):
            return wrong
        if days:
            return min(days, key=lambda day: day.text)
        if booked:
            return Value(
                "", booked[0]["participant"].path, "the patient declined the appointment", "book another first"
            )
        if rivals:
            hint = "let the appointment name its request (basedOn or reasonReference)"
            message = "has appointments that could be for another request of the same patient"
            return Value("", request.path, message, hint)
        if visits:
            status = visits[-1]["status"]
            return Value("", status.path, f"no appointment is booked: it is {plain(status.text)!r}", "book it first")
        return Value("", request.path, "has no appointment in this bundle", "export the appointments with it")

    def _declined(self, visit: Node, patient: str) -> bool:
        own = [item["status"].text for item in visit["participant"] if self._target(item["actor"]) == patient]
        return "declined" in own


def _history(days: list[Value]) -> dict[str, Value]:
    """Return how many infusions were given and when the last one was: one for each day."""
    if not days:
        return {}
    if wrong := next((day for day in days if day.message), None):
        return {"done": Value("", wrong.path), "last": wrong}
    last = max(days, key=lambda day: day.text)
    return {"done": Value(str(len({day.text for day in days})), last.path), "last": last}
