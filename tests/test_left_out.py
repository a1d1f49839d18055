"""A fault of one drug or language is named once and leaves out nothing else: demo, edition build, doctor."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from running import Finished, made, refused, run
from shipped import FORMULARY, SAMPLEMAB

from handouts import resources
from handouts.commands import demo
from handouts.commands.demo import Sample

SAMPLES = [
    Sample("ocrelizumab", "en", "consent"),
    Sample("ocrelizumab", "ko", "consent"),
    Sample("ublituximab", "ko", "consent"),
    Sample("ocrelizumab", "vi", "consent"),
]
CATALOG = "locales/ko/LC_MESSAGES/handouts.po"
ONLY_OCRELIZUMAB = "A possible higher risk of cancer, including breast cancer"


@pytest.fixture
def languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """English, Korean and Vietnamese, to be damaged. Commands read them in this process."""
    shipped, copy = resources.folder, tmp_path / "locales"
    for tag in ("en", "ko", "vi"):
        shutil.copytree(shipped("locales") / tag, copy / tag)
    monkeypatch.setattr(resources, "folder", lambda name: copy if name == "locales" else shipped(name))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(demo, "samples", lambda drugs, locales: [one for one in SAMPLES if one.drug in drugs])
    return copy


def _unclosed(languages: Path) -> None:
    path = languages / "ko" / "LC_MESSAGES" / "handouts.po"
    path.write_text(path.read_text(encoding="utf-8") + '\nmsgid "Stop', encoding="utf-8")


def _not_toml(languages: Path) -> None:
    (languages / "ko" / "locale.toml").write_text("tag = ", encoding="utf-8")


def _gone(languages: Path) -> None:
    (languages / "ko" / "LC_MESSAGES" / "handouts.po").unlink()


def _lost_a_number(languages: Path) -> None:
    path = languages / "ko" / "LC_MESSAGES" / "handouts.po"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("100명", "1000명"), encoding="utf-8")


FAULTS = {"unclosed": _unclosed, "not TOML": _not_toml, "gone": _gone, "wrong number": _lost_a_number}
each_fault = pytest.mark.parametrize("damage", FAULTS.values(), ids=FAULTS)


def without_one_text(languages: Path) -> None:
    """Take the translation of a text away that only the pages of ocrelizumab say."""
    path = languages / "ko" / "LC_MESSAGES" / "handouts.po"
    before, text, after = path.read_text(encoding="utf-8").partition(f'msgid "{ONLY_OCRELIZUMAB}"\n')
    assert text
    path.write_text(before + text + 'msgstr ""\n' + after[after.index("\n\n") :], encoding="utf-8")


@pytest.fixture
def formulary(tmp_path: Path) -> Path:
    """A folder with a drug file in which a key is spelled wrong."""
    folder = tmp_path / "formulary"
    folder.mkdir()
    text = SAMPLEMAB.read_text(encoding="utf-8")
    (folder / SAMPLEMAB.name).write_text("idd = 1\n" + text, encoding="utf-8")
    return folder


def left_out(finished: Finished) -> list[str]:
    return [line for line in finished.err.splitlines() if line.startswith("left out")]


def errors(finished: Finished) -> list[str]:
    return [line for line in finished.err.splitlines() if line.startswith("error:")]


# demo


def packets(out: Path) -> set[str]:
    return {path.name for path in out.glob("*.pdf")}


@each_fault
def test_a_demo_lacks_one_language(languages: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(languages)

    finished = run("demo", "--out", tmp_path / "demo")

    assert finished.code == 1
    assert packets(tmp_path / "demo") == {"ocrelizumab-en-consent.pdf", "ocrelizumab-vi-consent.pdf"}
    assert packets(tmp_path / "demo") == {line.split("\t")[0] for line in finished.text.splitlines()[1:]}
    assert left_out(finished) == ["left out in ko: ocrelizumab, ublituximab"]
    assert len(errors(finished)) == len(set(errors(finished))) >= 1
    assert all("locales/ko" in line for line in errors(finished))


def test_a_demo_lacks_one_drug(languages: Path, formulary: Path, tmp_path: Path) -> None:
    finished = run("demo", "--out", tmp_path / "demo", "--formulary", formulary)

    assert finished.code == 1
    assert packets(tmp_path / "demo") == {one.file for one in SAMPLES}
    assert left_out(finished) == ["left out: samplemab"]
    assert len(errors(finished)) == 1
    assert "samplemab.toml:idd" in errors(finished)[0]


def test_a_demo_lacks_what_has_no_translation(languages: Path, tmp_path: Path) -> None:
    without_one_text(languages)

    finished = run("demo", "--out", tmp_path / "demo")

    assert finished.code == 1
    assert packets(tmp_path / "demo") == {one.file for one in SAMPLES if one != SAMPLES[1]}
    assert left_out(finished) == ["left out in ko: ocrelizumab"]
    assert [ONLY_OCRELIZUMAB in line for line in errors(finished)] == [True]


def test_a_demo_of_nothing_is_the_fault_itself(
    languages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _unclosed(languages)
    monkeypatch.setattr(demo, "samples", lambda drugs, locales: SAMPLES[1:3])

    assert CATALOG in refused(4, "demo", "--out", tmp_path / "demo")


# edition build


def build(path: Path, *options: object) -> tuple[object, ...]:
    return ("edition", "build", "--out", path, "--packet", "consent", "--drug", "ocrelizumab", *options)


def pairs(path: Path) -> set[tuple[str, str]]:
    listed = json.loads(made("edition", "list", path, "--json").text)
    return {(form["drug"], form["locale"]) for form in listed}


@pytest.mark.parametrize("damage", (_unclosed, _lost_a_number))  # noticed before, and while it is typeset
def test_an_edition_lacks_one_language(languages: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "clinic.edition"
    damage(languages)

    finished = run(*build(path, "--locale", "en", "--locale", "ko"))

    assert finished.code == 1
    assert pairs(path) == {("ocrelizumab", "en")}
    assert left_out(finished) == ["left out in ko: ocrelizumab"]
    assert len(errors(finished)) == len(set(errors(finished))) >= 1
    assert all("locales/ko" in line for line in errors(finished))


def test_an_edition_lacks_one_drug(languages: Path, formulary: Path, tmp_path: Path) -> None:
    path = tmp_path / "clinic.edition"

    finished = run(*build(path, "--locale", "vi", "--drug", "samplemab", "--formulary", formulary))

    assert finished.code == 1
    assert pairs(path) == {("ocrelizumab", "vi")}
    assert left_out(finished) == ["left out: samplemab"]
    assert len(errors(finished)) == 1
    assert "samplemab.toml:idd" in errors(finished)[0]


def test_an_edition_lacks_a_drug_in_the_language_that_lacks_its_text(languages: Path, tmp_path: Path) -> None:
    path = tmp_path / "clinic.edition"
    without_one_text(languages)

    finished = run(*build(path, "--locale", "ko", "--drug", "ublituximab"))

    assert finished.code == 1
    assert pairs(path) == {("ublituximab", "ko")}
    assert left_out(finished) == ["left out in ko: ocrelizumab"]
    assert [ONLY_OCRELIZUMAB in line for line in errors(finished)] == [True]


def test_an_edition_of_nothing_is_the_fault_itself(languages: Path, formulary: Path, tmp_path: Path) -> None:
    path = tmp_path / "clinic.edition"
    _unclosed(languages)

    assert CATALOG in refused(4, *build(path, "--locale", "ko"))
    only = ("edition", "build", "--out", path, "--drug", "samplemab", "--formulary", formulary)
    assert "samplemab.toml:idd" in refused(3, *only)
    assert not path.exists()


# doctor


@each_fault
def test_the_doctor_names_one_language(languages: Path, damage: Callable[[Path], None]) -> None:
    damage(languages)

    finished = run("doctor")

    assert finished.code == 1
    assert [line[:17] for line in finished.text.splitlines() if line.startswith("NOT")] == ["NOT  language ko:"]
    for line in ("language en: complete", "language vi: complete", *(f"drug {name}" for name in FORMULARY.ids())):
        assert f"ok   {line}" in finished.text


def test_the_doctor_names_one_drug(languages: Path, formulary: Path) -> None:
    finished = run("doctor", "--formulary", formulary)

    assert finished.code == 1
    assert [line for line in finished.text.splitlines() if line.startswith("NOT  drug samplemab:")]
    assert finished.text.count("NOT") == 1
    assert "ok   language vi: " in finished.text
