"""Previews: what a translator sees before anything may be printed, and pseudo-locales that try the layout."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper import texts, whole_text
from PIL import Image
from running import PATIENT, START, made, refused
from shipped import FORMULARY, drug_of
from test_locales import SOURCE
from test_parity import NAMES

from handouts.checks.pseudo import LONGER, TAGS, accented, backwards, pseudo_language
from handouts.content.clinic import sample_clinic
from handouts.library import shipped
from handouts.preview import Sample, pdf, previewed, samples

LIBRARY = shipped(FORMULARY)
MESSAGES = [
    text for message in SOURCE if message.id for text in ([message.id] if isinstance(message.id, str) else message.id)
]
KEPT = re.compile(r"%\(\w+\)s|<[^>]*>|\d+")
each_message = st.sampled_from(MESSAGES)
PREVIEW = ("locales", "preview")


@given(each_message)
def test_accents_change_no_figure_and_no_name(text: str) -> None:
    said = accented(text, NAMES)

    assert Counter(KEPT.findall(said)) == Counter(KEPT.findall(text))
    assert all(name in said for name in NAMES if re.search(rf"\b{re.escape(name)}\b", text))
    assert len(said) >= (1 + LONGER) * len(text)
    assert (said[0], said[-1]) == ("[", "]")


@given(each_message)
def test_words_run_backwards_and_nothing_is_lost(text: str) -> None:
    said = backwards(text, NAMES)

    assert "".join(char for char in said if unicodedata.bidirectional(char) not in ("R", "RLO", "PDF")) == text
    assert said.count("\u202e") == said.count("\u202c")
    assert KEPT.findall(said) == KEPT.findall(text)


@pytest.mark.parametrize("tag", TAGS)
def test_no_patient_is_given_a_pseudo_locale(tag: str, tmp_path: Path) -> None:
    order = ("make", "ocrelizumab", *PATIENT, "--start", START, "--locale", tag, "-o", tmp_path / "p.pdf")

    assert tag not in made("locales", "list").text
    assert "is not a country" in refused(3, *order)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("sample", list(samples(LIBRARY))[:2], ids=["new", "begun"])
def test_every_text_of_a_page_is_a_message(tag: str, sample: Sample, tmp_path: Path) -> None:
    """Typesetting finds no fault with longer texts, or with texts from the right."""
    page = pdf(sample, pseudo_language(tag, NAMES), sample_clinic(), LIBRARY)
    assert page is not None
    (tmp_path / "p.pdf").write_bytes(page)

    for text in texts(tmp_path / "p.pdf"):
        assert "PREVIEW" in text
    if tag == "en_XA":
        english = {word for message in MESSAGES for word in re.findall(r"\b[a-z]{6,}\b", message)}
        printed = set(re.findall(r"\b[a-z]{6,}\b", whole_text(tmp_path / "p.pdf")))
        card = drug_of(sample.order.drug).card  # its back is for other doctors, in the clinic's own language
        back = set(re.findall(r"\w+", " ".join((*card.words, "doctor nurse")).casefold())) if card else set()
        assert printed & english <= {name.casefold() for name in NAMES} | back


def test_what_is_not_translated_is_marked_and_not_refused(locales: Path, tmp_path: Path) -> None:
    catalog = locales / "es" / "LC_MESSAGES" / "handouts.po"
    text = catalog.read_text(encoding="utf-8").replace('msgstr "No cura la EM."', 'msgstr ""')
    catalog.write_text(text.replace('msgstr "Antes de venir"', 'msgstr "Antes de 100 venir"'), encoding="utf-8")
    made(*PREVIEW, "es", "--drug", "mitoxantrone", "--out", tmp_path)
    words = whole_text(tmp_path / "mitoxantrone-es.pdf")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")

    assert "[EN: It does not cure MS.]" in words
    assert "Antes de 100 venir" in words, "what is wrong is shown, too"
    assert "It does not cure MS." in whole_text(tmp_path / "mitoxantrone-en.pdf")
    assert {path.name for path in tmp_path.glob("*.pdf")} == {
        f"mitoxantrone{begun}-{tag}.pdf" for begun in ("", "-begun") for tag in ("en", "es")
    }
    for path in tmp_path.glob("*.pdf"):
        assert f'src="{path.name}"' in page
        assert all("PREVIEW" in text for text in texts(path))
    order = ("make", "mitoxantrone", *PATIENT, "--start", START, "--locale", "es")
    assert "cure MS" in refused(4, *order, "-o", tmp_path / "packet.pdf")


def test_a_preview_is_not_what_patients_get(tmp_path: Path) -> None:
    made("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "handout", "-o", tmp_path / "p.pdf")

    assert "PREVIEW" not in whole_text(tmp_path / "p.pdf")


def test_a_picture_shows_one_text_with_a_frame(tmp_path: Path) -> None:
    said = made(*PREVIEW, "es", "--msgid", "Fewer relapses", "--out", tmp_path).err
    with Image.open(tmp_path / "msgid.png") as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20) or []}
        assert image.width > 2 * image.height

    assert any(drug in said for drug in FORMULARY.ids())
    assert (0xA3, 0x18, 0x0F) in colours


def test_a_text_that_no_page_has(tmp_path: Path) -> None:
    assert "no page has" in refused(3, *PREVIEW, "es", "--msgid", "Nobody says this.", "--out", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_picture_needs_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pypdfium2" else find(name))
    said = refused(2, *PREVIEW, "es", "--msgid", "Fewer relapses", "--out", tmp_path / "none")

    assert 'pip install "handouts[preview]"' in said


def test_a_preview_needs_a_language_that_is_there(tmp_path: Path) -> None:
    refused(4, *PREVIEW, "xx", "--out", tmp_path / "none")
    assert previewed("es", LIBRARY).translator().gettext("A text that is nowhere") == "[EN: A text that is nowhere]"
