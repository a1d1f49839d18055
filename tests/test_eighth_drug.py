"""A new drug is a new file: an eighth one, made up, from a folder of its own, and no line of code knows its name."""

from __future__ import annotations

import ast
import datetime as dt
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from paper import letters, runs_of_pages, whole_text
from running import PATIENT, START, made, refused, run
from stamping import GROUND, LIBRARY, MONDAY, order
from verapdf import FailedRule

import handouts
from handouts.content.clinic import sample_clinic
from handouts.content.facts import words
from handouts.content.formulary import open_formulary, read_drug
from handouts.model import Treatment
from handouts.packet import typesetting
from handouts.resources import drug_folder, folder

SAMPLEMAB = (Path(__file__).parent / "resources" / "formulary" / "samplemab.toml").read_text(encoding="utf-8")
UNVERIFIED = "Growing a purple tail"
FIVE_MISTAKES = {
    "year = 2026": ("yaer = 2026", "approval[0].yaer"),
    "plan_infusions = 4": ('plan_infusions = "four"', "regimen.plan_infusions"),
    "of_100 = [11, 13]": ("of_100 = 111", "common[0].of_100"),
    'words = "Your breath turns purple"\n': ("", "emergency[0].words"),
    'when = "tonight"': ('when = "tomorrow"', "rest[1].when"),
}


@pytest.fixture(scope="session")
def formulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one drug file, complete in every part."""
    path = tmp_path_factory.mktemp("formulary")
    (path / "samplemab.toml").write_text(SAMPLEMAB, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def packet(formulary: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its whole packet in English."""
    path = tmp_path_factory.mktemp("eighth") / "packet.pdf"
    said = made("make", "samplemab", "--formulary", formulary, *PATIENT, "--start", START, "-o", path).err
    assert "handout, schedule, consent, card" in said
    return path


def test_the_file_uses_every_part_of_the_schema(formulary: Path) -> None:
    drug = read_drug(formulary / "samplemab.toml")

    assert [name for name in type(drug).model_fields if not getattr(drug, name)] == []


def test_a_code_changes_no_form(formulary: Path, tmp_path: Path) -> None:
    with_code = SAMPLEMAB.replace("99999901", "99999902")
    (tmp_path / "samplemab.toml").write_text(with_code, encoding="utf-8")
    with_word = SAMPLEMAB.replace("through a make-believe tube", "through a make-believe hose")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "samplemab.toml").write_text(with_word, encoding="utf-8")
    before, coded, worded = (id_of_form(path) for path in (formulary, tmp_path, tmp_path / "other"))

    assert coded == before
    assert worded != before


def id_of_form(formulary: Path) -> str:
    """Return the id of a form of the drug in ``formulary``."""
    library = replace(LIBRARY, formulary=open_formulary(formulary))
    wanted = order("dexamethasone", Treatment(MONDAY), locale="en")
    return typesetting(sample_clinic(), library, ground=GROUND).prepare(replace(wanted, drug="samplemab")).key


def test_it_is_checked_and_listed(formulary: Path) -> None:
    said = made("drugs", "check", formulary / "samplemab.toml").err
    listed = made("drugs", "list", "--formulary", formulary).text.splitlines()
    listed_before = made("--formulary", formulary, "drugs", "list").text.splitlines()
    as_json = json.loads(made("drugs", "list", "--json", "--formulary", formulary).out)

    assert "no problems" in said
    assert "samplemab\tExemplar\t2026-11-21" in listed
    assert listed == listed_before
    assert len(listed) == 1 + 8 == 1 + len(as_json)
    assert len(made("drugs", "list").text.splitlines()) == 1 + 7
    assert "Invented for this test" in made("drugs", "show", "Exemplar", "--formulary", formulary).text


def test_it_has_a_schedule(formulary: Path) -> None:
    plan = json.loads(made("schedule", "samplemab", "--start", START, "--json", "--formulary", formulary).out)
    infusions = [visit for visit in plan["visits"] if visit["kind"] == "infusion"]
    first = dt.date.fromisoformat(START)

    assert [visit["date"] for visit in infusions] == [
        (first + dt.timedelta(weeks=4 * number)).isoformat() for number in range(4)
    ]
    assert {(visit["dose"], visit["minutes"], visit["observe_minutes"]) for visit in infusions} == {("42 mg", 60, 30)}


def test_its_packet_says_everything_that_its_file_says(formulary: Path, packet: Path) -> None:
    printed = letters(whole_text(packet))
    drug = read_drug(formulary / "samplemab.toml")
    told = [text for _, text in words(drug)]

    assert len(told) > 40
    assert [text for text in told if letters(text) not in printed] == []
    assert letters(UNVERIFIED) not in printed
    for text in ("SAM-pul-mab", "PURPLE PROGRAM", "555-0142", "about 11 to 13 of 100 people", "42 mg", "Exemplar"):
        assert letters(text) in printed
    for day in ("Monday, December 7, 2026", "Monday, January 4, 2027", "Monday, February 1, 2027"):
        assert letters(day) in printed
    assert letters("March 1, 2027") not in printed, "the file says that a page lists three infusions"


def test_its_packet_is_accessible(packet: Path, verapdf: Callable[..., dict[Path, list[FailedRule]]]) -> None:
    assert verapdf([packet]) == {packet: []}
    numbers = re.findall(r"page (\d+) of (\d+)", whole_text(packet))
    assert len(runs_of_pages([(int(number), int(total)) for number, total in numbers])) == 4


def test_in_a_language_that_lacks_its_words_it_is_refused_with_every_word(formulary: Path, tmp_path: Path) -> None:
    out = tmp_path / "packet.pdf"
    said = refused(
        4, "make", "samplemab", "--formulary", formulary, *PATIENT, "--start", START, "--locale", "es", "-o", out
    )
    catalog = (folder("locales") / "es/LC_MESSAGES/handouts.po").read_text(encoding="utf-8")
    told = [text for _, text in words(read_drug(formulary / "samplemab.toml")) if f'msgid "{text}"' not in catalog]

    assert not out.exists()
    assert UNVERIFIED not in said
    assert len(told) > 40
    assert [text for text in told if text not in said] == []


def test_all_five_mistakes_are_named_with_their_keys(tmp_path: Path) -> None:
    text = SAMPLEMAB
    for right, (wrong, _) in FIVE_MISTAKES.items():
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    path = tmp_path / "samplemab.toml"
    path.write_text(text, encoding="utf-8")
    keys = [f"{path}:{key}" for _, key in FIVE_MISTAKES.values()]

    said = refused(3, "drugs", "check", path)
    as_json = run("drugs", "check", "--json", path)
    problems = json.loads(as_json.out)["problems"]

    assert [key for key in keys if f"error: {key}: " not in said] == []
    assert as_json.code == 3
    assert [problem for problem in problems if not any(key.startswith(problem["where"]) for key in keys)] == []
    assert [problem for problem in problems if not (problem["message"] and problem["hint"])] == []


def test_a_file_that_is_not_named_like_its_drug_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(SAMPLEMAB, encoding="utf-8")

    said = refused(3, "drugs", "check", path)

    assert f"{path}:id" in said
    assert "samplemab" in said


def test_problems_of_several_files_are_all_said(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("id = ", encoding="utf-8")

    said = refused(3, "drugs", "check", broken, tmp_path / "missing.toml")

    assert str(broken) in said
    assert str(tmp_path / "missing.toml") in said


def names() -> list[str]:
    """Return the generic and the brand names of the formulary."""
    shipped = open_formulary(drug_folder())
    known = [shipped.drug(name).names for name in shipped.ids()]
    return [*shipped.ids(), *(name for drug in known for name in (drug.generic, *drug.brands))]


def code(path: Path) -> str:
    """Return what a program says without its docstrings: those of commands are help, and give examples."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not _is_docstring(part)] or [ast.Pass()]
    return ast.unparse(tree)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def test_no_code_and_no_template_names_a_drug() -> None:
    package = Path(handouts.__file__).parent
    sources = {path: code(path) for path in package.rglob("*.py")}
    sources |= {path: path.read_text(encoding="utf-8") for path in folder("templates").rglob("*") if path.is_file()}
    known = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names()), re.IGNORECASE)
    found = {(path.name, name) for path, text in sources.items() for name in known.findall(text)}

    assert len(sources) > 50
    assert len(names()) > 12
    assert found == set()


def test_the_example_is_no_real_drug() -> None:
    assert not {"samplemab", "exemplar"} & {name.casefold() for name in names()}
    assert tomllib.loads(SAMPLEMAB)["id"] == "samplemab"
