"""The same roster in every kind of file says the same orders."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rosters import as_bundle, as_csv, as_xlsx, calm, fhir_given, fhir_patient, fhir_request, fhir_visit, outcome, saved

from handouts.model import Order

Rows = Sequence[Mapping[str, str]]
HEADINGS = ("mrn", "name", "dob", "drug", "start", "done", "last", "locale")


def bundle(rows: Rows) -> str:
    resources: list[Mapping[str, object]] = []
    for number, row in enumerate(rows):
        resources += [fhir_visit(row, number), fhir_request(row, number), fhir_patient(row, number)]
        if row["done"]:
            last = dt.date.fromisoformat(row["last"])
            days = [last - dt.timedelta(days=200 * back) for back in range(int(row["done"]))]
            resources += [fhir_given(row, number, day.isoformat()) for day in days]
    return as_bundle(*resources)


WRITERS: dict[str, tuple[str, Callable[[Rows], str | bytes]]] = {
    "utf-8": ("roster.csv", lambda rows: as_csv(rows, HEADINGS)),
    "utf-8 with its mark": ("roster.csv", lambda rows: as_csv(rows, HEADINGS).encode("utf-8-sig")),
    "utf-16": ("roster.csv", lambda rows: as_csv(rows, HEADINGS, ";").encode("utf-16")),
    "cp1252": ("roster.csv", lambda rows: as_csv(rows, HEADINGS, ";", "\n").encode("cp1252")),
    "tabs": ("roster.tsv", lambda rows: as_csv(rows, HEADINGS, "\t")),
    "workbook": ("roster.xlsx", lambda rows: as_xlsx(rows, HEADINGS)),
    "workbook with dates": (
        "roster.xlsx",
        lambda rows: as_xlsx(
            [{**row, **{key: dt.date.fromisoformat(row[key]) for key in ("dob", "start")}} for row in rows], HEADINGS
        ),
    ),
    "json": ("roster.json", lambda rows: json.dumps(rows)),
    "json with numbers": (
        "roster.json",
        lambda rows: json.dumps([{**row, "done": int(row["done"] or 0)} for row in rows]),
    ),
    "lines": ("roster.jsonl", lambda rows: "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)),
    "bundle": ("roster.json", bundle),
}

people = st.fixed_dictionaries(
    {
        "name": st.text("ABcdeéñÖŽ’- ,;\"'", min_size=1, max_size=20).filter(lambda name: any(map(str.isalpha, name))),
        "mrn": st.text("0123456789-A", min_size=1, max_size=10),
        "dob": st.dates(dt.date(1930, 1, 1), dt.date(2008, 1, 1)).map(dt.date.isoformat),
        "drug": st.sampled_from(["ocrelizumab", "Ocrevus", "natalizumab"]),
        "start": st.dates(dt.date(2026, 12, 1), dt.date(2027, 1, 31)).map(dt.date.isoformat),
        "locale": st.sampled_from(["en", "es", "es-MX"]),
    }
)
histories = st.sampled_from([{"done": "", "last": ""}, {"done": "2", "last": "2026-06-01"}])
rows = st.lists(
    st.builds(lambda person, history: {**person, **history}, people, histories),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row["mrn"],
)


def orders(folder: Path, kind: str, written: Rows) -> list[Order]:
    name, write = WRITERS[kind]
    found = outcome(saved(folder, write(written), name))
    assert [item.problems for item in found if item.problems] == []
    return [item.order for item in found if item.order]


@calm
@given(rows)
def test_every_kind_of_file_says_the_same_orders(tmp_path_factory: pytest.TempPathFactory, written: Rows) -> None:
    folder = tmp_path_factory.mktemp("formats")
    expected = orders(folder, "utf-8", written)

    assert [order.patient.mrn for order in expected] == [row["mrn"] for row in written]
    for kind in WRITERS:
        if kind == "cp1252" and not _tells_itself(written):
            continue
        assert orders(folder, kind, written) == expected, kind


def _tells_itself(written: Rows) -> bool:
    """Whether this text in cp1252 is not by chance valid UTF-8 too, as ÖŽ is: then nothing can tell."""
    text = as_csv(written, HEADINGS)
    try:
        return text.encode("cp1252").decode() == text
    except UnicodeDecodeError:
        return True
