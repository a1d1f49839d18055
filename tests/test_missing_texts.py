"""A text without a translation is refused by name wherever it would be printed, whatever was asked for before."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from shipped import LANGUAGES, drug_of, html, lacking
from stamping import FACES, form_of, order, prepared, stamped

from handouts.batch.manifest import Line
from handouts.batch.printrun import write_print_run
from handouts.content.language import Language
from handouts.errors import LanguageError
from handouts.model import Treatment
from handouts.schedule import plan
from handouts.values import blank_back, outline, plan_values, specimens

BLANK = "This page is blank on purpose."
START = dt.date(2026, 12, 7)


def spanish(*texts: str) -> Language:
    """Return Spanish without its translations of ``texts``."""
    return Language(LANGUAGES["es"].file, lacking("es", *texts))


def named(error: LanguageError) -> list[str]:
    return [problem.message for problem in error.problems]


def test_a_blank_back_is_not_blank_in_english() -> None:
    with pytest.raises(LanguageError) as refused:
        blank_back(spanish(BLANK))

    assert named(refused.value) == [f"not translated: {BLANK!r}"]
    assert blank_back(LANGUAGES["es"]) != BLANK


def test_a_print_run_with_such_a_back_is_not_written(tmp_path: Path) -> None:
    wanted = prepared(order(packet="consent", locale="es"))
    data = stamped(form_of(wanted), wanted.values)
    (tmp_path / "a.pdf").write_bytes(data)
    line = Line(
        **{"row": 1, "mrn": "1", "drug": "x", "locale": "es", "packet": "consent", "status": "made"},
        **{"file": "a.pdf", "sha256": hashlib.sha256(data).hexdigest(), "pages": 1},
    )
    target = tmp_path / "run.pdf"

    with pytest.raises(LanguageError) as refused:
        write_print_run(
            str(target), [line, replace(line, row=2)], tmp_path, FACES, lambda tag: blank_back(spanish(BLANK))
        )
    assert named(refused.value) == [f"not translated: {BLANK!r}"]
    assert not target.exists()
    assert write_print_run(str(target), [line], tmp_path, FACES, lambda tag: blank_back(LANGUAGES[tag])).packets == 1


@pytest.mark.parametrize("text", ["Infusion", "next", "Blood or urine test"])
def test_a_form_holds_no_english_words_for_what_its_patients_may_need(text: str) -> None:
    drug = drug_of("alemtuzumab")
    shape = outline(drug, plan(drug, Treatment(start=START, days=drug.fewest_days)))

    with pytest.raises(LanguageError) as refused:
        specimens(shape, spanish(text))
    assert named(refused.value) == [f"not translated: {text!r}"]


def test_words_of_the_fields_are_told_by_the_one_who_was_asked() -> None:
    drug, language = drug_of("ocrelizumab"), spanish("Infusion", "born")
    dated = plan(drug, Treatment(start=START))
    before, texts, after = (language.translator() for _ in range(3))
    before.gettext("born")
    plan_values(drug, dated, outline(drug, dated), texts)

    assert before.missing == ("born",)
    assert texts.missing == ("Infusion",)
    assert after.missing == ()


def test_the_back_of_a_card_is_in_the_language_of_the_clinic_or_refused() -> None:
    drug = next(drug_of(name) for name in ("natalizumab", "alemtuzumab") if drug_of(name).card)
    said = "To the doctor or nurse"
    staff = spanish(said)

    with pytest.raises(LanguageError) as refused:
        html(drug, "card", language=LANGUAGES["fr"], staff=staff)
    assert [(problem.where, problem.message) for problem in refused.value.problems] == [
        ("locales/es", f"not translated: {said!r}")
    ]


def test_a_page_names_everything_it_lacks_and_nothing_else() -> None:
    language = spanish("born", "record", BLANK)
    language.translator().gettext("asked for elsewhere")

    for _ in range(2):
        with pytest.raises(LanguageError) as refused:
            html(drug_of("ocrelizumab"), "schedule", language=language)
        assert set(named(refused.value)) == {"not translated: 'born'", "not translated: 'record'"}
