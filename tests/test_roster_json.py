"""Rosters as JSON: an array or a line for each patient."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rosters import LEAST, calm, opened, outcome, patient, problems, read, saved

from handouts.errors import InputError


def array(*objects: str) -> str:
    return f"[{', '.join(objects)}]"


def lines(*objects: str) -> str:
    return "\n".join(objects)


both = pytest.mark.parametrize(("name", "write"), [("roster.json", array), ("roster.jsonl", lines)])
Write = Callable[..., str]


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    assert all(problem.hint for problem in caught.value.problems)
    return str(caught.value)


@both
def test_keys_are_columns(tmp_path: Path, name: str, write: Write) -> None:
    second = {"Room": "3", "MRN": 42, **{key: value for key, value in LEAST.items() if key != "mrn"}, "locale": None}
    path = saved(tmp_path, write(json.dumps(second), json.dumps({**second, "done": 0})), name)

    assert opened(path).columns == ("Room", "MRN", "name", "dob", "drug", "start", "locale", "done")
    assert [row.data["mrn"] for row in opened(path)] == ["42", "42"]
    assert [row.data["done"] for row in opened(path)] == ["", "0"]
    assert [row.number for row in opened(path)] == [1, 2]
    assert ["'Room'" in warning.message for warning in opened(path).warnings] == [True]


def test_a_row_of_json_lines_is_numbered_as_its_line(tmp_path: Path) -> None:
    path = saved(tmp_path, f"\ufeff\n{json.dumps(patient(1))}\r\n\n{json.dumps(patient(2))}", "roster.ndjson")

    assert [row.number for row in read(path)] == [2, 4]


@both
@pytest.mark.parametrize("value", [True, 1.0, 1e3, [], {}, [["x"]], {"a": {"b": 1}}, 10**50])
def test_values_are_text_or_whole_numbers(tmp_path: Path, name: str, write: Write, value: object) -> None:
    rows = [{**patient(1), "mrn": value}, patient(2)]
    found = outcome(saved(tmp_path, write(*map(json.dumps, rows)), name))

    assert problems(found) == [(1, "mrn")]


@both
def test_a_key_given_twice_refuses_that_row(tmp_path: Path, name: str, write: Write) -> None:
    twice = json.dumps(patient(1))[:-1] + ', "mrn": "7"}'
    found = outcome(saved(tmp_path, write(twice, json.dumps(patient(2))), name))

    assert problems(found) == [(1, "")]
    assert found[0].problems[0].message == "has the key 'mrn' twice"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("roster.json", ""),
        ("roster.json", "[]"),
        ("roster.json", "[{}]"),
        ("roster.json", "7"),
        ("roster.json", "[7]"),
        ("roster.json", "[[]]"),
        ("roster.json", "[{}, null]"),
        ("roster.json", json.dumps([LEAST])[:-1]),
        ("roster.json", json.dumps([LEAST]) + "{}"),
        ("roster.json", "[" * 100_000),
        ("roster.json", json.dumps([{f"k{n}": "x" for n in range(300)}])),
        ("roster.json", json.dumps(LEAST)),
        ("roster.jsonl", ""),
        ("roster.jsonl", "[]"),
        ("roster.jsonl", "{}\n{"),
        ("roster.jsonl", "[" * 100_000),
        ("roster.jsonl", json.dumps(LEAST) + json.dumps(LEAST)),
        ("roster.json", b'[{"mrn": "\xff"}]'),
        ("roster.jsonl", b'{"mrn": "\xff"}'),
        ("roster.json", '[{"mrn": "1"}]'),
    ],
)
def test_what_is_no_roster(tmp_path: Path, name: str, content: str | bytes) -> None:
    assert name in refusal(saved(tmp_path, content, name))


@both
@calm
@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_value_is_taken_or_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, write: Write, value: object
) -> None:
    content = write(json.dumps({**LEAST, "prescriber": value}))
    try:
        (found,) = outcome(saved(tmp_path_factory.mktemp("any"), content, name))
    except InputError:
        assert "NaN" in content or "Infinity" in content or "\\ud" in content
    else:
        assert (found.order is None) == bool(found.problems)


def test_an_array_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = saved(tmp_path, json.dumps([patient(n) for n in range(rows)]), "roster.json")
        tracemalloc.start()
        assert sum(1 for _ in opened(path)) == rows
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    opened(saved(tmp_path, json.dumps([LEAST]), "roster.json"))
    assert peak(8000) < 1.1 * peak(2000) + 100_000
