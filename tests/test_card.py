"""The card to carry: the front is the patient's, the back is for whoever treats the patient."""

from __future__ import annotations

import io
import zipfile

import pytest
from shipped import LANGUAGES, LOCALES, drug_of, html
from stamping import LIBRARY

from handouts.content.clinic import sample_clinic
from handouts.content.language import read_staff_language
from handouts.editions.edition import write_edition

DRUG = drug_of("alemtuzumab")
WORDS = (*DRUG.card.words, "To the doctor or nurse") if DRUG.card else ()


@pytest.mark.parametrize(("staff", "patient"), [("en", "es"), ("es", "en"), ("ar", "fr")])
def test_the_back_is_in_the_clinics_language_and_explained_in_the_patients(staff: str, patient: str) -> None:
    page = html(DRUG, "card", language=LANGUAGES[patient], staff=LANGUAGES[staff])

    direction = LANGUAGES[staff].direction
    before, _, rest = page.partition(f'<div lang="{staff}" dir="{direction}">')
    back, _, after = rest.partition("</div>")
    for words in WORDS:
        assert plain(LANGUAGES[staff].translator().gettext(words)) in plain(back)
        assert plain(LANGUAGES[patient].translator().gettext(words)) in plain(after)
    assert WORDS
    assert LANGUAGES[patient].translator().gettext("Card to carry") in plain(before)


def plain(page: str) -> str:
    return page.replace("\u00a0", " ")


def test_one_language_is_said_once() -> None:
    page = plain(html(DRUG, "card", language=LANGUAGES["es"], staff=LANGUAGES["es"]))

    assert all(page.count(LANGUAGES["es"].translator().gettext(words)) == 1 for words in WORDS)


def test_a_clinic_whose_language_has_no_translation_has_english_on_the_back() -> None:
    assert read_staff_language("fr", LOCALES).tag == "fr"
    assert read_staff_language("de", LOCALES).tag == "en"


def test_an_edition_has_the_clinics_language_for_it() -> None:
    clinic = sample_clinic().model_copy(update={"locale": "fr"})

    with zipfile.ZipFile(io.BytesIO(write_edition(1, clinic, LIBRARY, (), {}))) as edition:
        assert "locales/fr/LC_MESSAGES/handouts.po" in edition.namelist()


@pytest.mark.parametrize(("staff", "patient"), [("es", "en"), ("ar", "fr")])
def test_a_back_that_nobody_reviewed_says_so(staff: str, patient: str) -> None:
    said = LANGUAGES[staff].translator().gettext("This translation has not been reviewed by a qualified translator.")

    assert not LANGUAGES[staff].reviewed
    assert said in html(DRUG, "card", language=LANGUAGES[patient], staff=LANGUAGES[staff])
    assert html(DRUG, "card", language=LANGUAGES[staff], staff=LANGUAGES[staff]).count(said) == 1, "at the foot"
    assert LANGUAGES["en"].translator().gettext(said) not in html(
        DRUG, "card", language=LANGUAGES["en"], staff=LANGUAGES["en"]
    )
