"""One desk, several threads: the same orders are refused, for the same reasons, and the others are the same bytes."""

from __future__ import annotations

import datetime as dt
import logging
import os
import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from shipped import FORMULARY, LANGUAGES, LOCALES, TEMPLATES, lacking

from handouts.content.clinic import sample_clinic
from handouts.content.language import Language
from handouts.editions.shelf import Shelf
from handouts.errors import LanguageError, LayoutError
from handouts.library import Library, shipped
from handouts.model import Order, Patient, Treatment
from handouts.packet import Desk, typesetting
from handouts.press.typeset import typeset

THREADS, ORDERS = 8, 400
MONDAY, WEDNESDAY = dt.date(2026, 12, 7), dt.date(2026, 12, 9)
CLOSED = WEDNESDAY + dt.timedelta(days=14)
"""The day of a second infusion."""
DRUGS = ("dexamethasone", "ocrelizumab")
TAGS = ("en", "es", "fr", "ar")
WHEN_CLOSED = "We are closed on this day. Call us for another day."
LISTED = "We are closed on: %(days)s. Call us for another day."


def page_text(tag: str) -> str:
    """Return a text that stands on every schedule."""
    text = (TEMPLATES / "schedule.html").read_text(encoding="utf-8")
    found = next(part.split('"')[0] for part in text.split('_("')[1:] if part.split('"')[0])
    assert LANGUAGES[tag].translator().gettext(found) != found
    return found


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library with one short packet; Spanish lacks a text of the page, French what is said of closed days."""
    folder = tmp_path_factory.mktemp("library")
    for tag in TAGS:
        shutil.copytree(LOCALES / tag, folder / "locales" / tag)
    (folder / "packets").mkdir()
    (folder / "packets" / "intake.toml").write_text('documents = [{ document = "schedule" }]\n', encoding="utf-8")
    for tag, texts in (("es", (page_text("es"),)), ("fr", (WHEN_CLOSED, LISTED))):
        (folder / "locales" / tag / "LC_MESSAGES" / "handouts.po").write_bytes(lacking(tag, *texts))
    return replace(shipped(FORMULARY), packets=folder / "packets", locales=folder / "locales")


def orders() -> Iterator[Order]:
    chance = random.Random(11)
    for number in range(ORDERS):
        drug, tag, day = chance.choice(DRUGS), chance.choice(TAGS), chance.choice((MONDAY, WEDNESDAY))
        patient = Patient(f"Sample Patient {number % 7}", dt.date(1980, 1, 2), f"{number:06}")
        treatment = Treatment(start=day, days=FORMULARY.drug(drug).fewest_days)
        yield Order(patient, drug, treatment, locale=tag)


def outcome(desk: Desk, order: Order) -> tuple[str, ...] | bytes:
    """Return the packet, or what it is refused for."""
    try:
        return desk.packet(order).pdf
    except LanguageError as error:
        return tuple(problem.message for problem in error.problems)


def test_threads_lose_no_refusal_and_change_no_byte(library: Library, tmp_path: Path) -> None:
    shelf, wanted = Shelf(tmp_path), list(orders())
    clinic = sample_clinic().model_copy(update={"closures": (CLOSED,)})
    alone = [outcome(typesetting(clinic, library, shelf), order) for order in wanted[:40]]
    one = typesetting(clinic, library, shelf)
    expected = [outcome(one, order) for order in wanted]
    assert expected[:40] == alone, "what ran before changes nothing"

    shared, gate = typesetting(clinic, library, shelf), threading.Barrier(THREADS)

    def work(part: list[int]) -> list[tuple[int, tuple[str, ...] | bytes]]:
        gate.wait()
        return [(at, outcome(shared, wanted[at])) for at in part]

    parts = [list(range(first, ORDERS, THREADS)) for first in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        found = dict(pair for done in pool.map(work, parts) for pair in done)

    assert [found[at] for at in range(ORDERS)] == expected
    refused = Counter((wanted[at].locale, found[at]) for at in range(ORDERS) if not isinstance(found[at], bytes))
    spanish = (f"not translated: {page_text('es')!r}",)
    assert refused["es", spanish] == sum(order.locale == "es" for order in wanted)
    french = {said for tag, said in refused if tag == "fr"}
    assert french and all(
        set(said) <= {f"not translated: {text!r}" for text in (WHEN_CLOSED, LISTED)} for said in french
    )
    assert {tag for tag, _ in refused} == {"es", "fr"}
    assert any(order.locale == "fr" and isinstance(found[at], bytes) for at, order in enumerate(wanted))


def test_translators_do_not_hear_of_each_other() -> None:
    """Each knows what it was asked for itself, however many ask at once."""
    language = Language(LANGUAGES["es"].file, LANGUAGES["es"].catalog)
    gate = threading.Barrier(THREADS)

    def ask(number: int) -> tuple[str, ...]:
        texts = language.translator()
        gate.wait()
        for repeat in range(50):
            texts.gettext(f"{number}, never translated {repeat % 2}")
            texts.gettext("born")
        return texts.missing

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(ask, range(THREADS)))

    assert found == [(f"{at}, never translated 0", f"{at}, never translated 1") for at in range(THREADS)]


def test_each_thread_hears_its_own_warnings() -> None:
    """A page with a property that nobody knows is refused, the one beside it is not; no other log hears of it."""
    heard: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = heard.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    gate = threading.Barrier(THREADS)

    def page(number: int) -> str:
        gate.wait()
        style = f"p {{ unknown-{number}: 1 }}" if number % 2 else ""
        html = f"<html lang='en'><title>Sample</title><p>Sample {number}</p></html>"
        try:
            typeset([(f"page {number}", html)], styles=[style], templates=TEMPLATES, fonts=LIBRARY.fonts)
        except LayoutError as error:
            return str(error)
        return ""

    try:
        with ThreadPoolExecutor(THREADS) as pool:
            said = list(pool.map(page, range(THREADS)))
    finally:
        logging.getLogger().removeHandler(handler)

    assert [bool(text) for text in said] == [bool(number % 2) for number in range(THREADS)]
    assert all(f"unknown-{number}" in said[number] and said[number].count("unknown-") == 1 for number in range(1, 8, 2))
    assert [record for record in heard if record.name.startswith("weasyprint") and record.levelno >= 30] == []


LIBRARY = shipped(FORMULARY)


def test_the_environment_is_set_once() -> None:
    html = "<html lang='en'><title>Sample</title><p>Sample</p></html>"
    typeset([("page", html)], styles=[], templates=TEMPLATES, fonts=LIBRARY.fonts)
    before = dict(os.environ)
    typeset([("page", html)], styles=[], templates=TEMPLATES, fonts=LIBRARY.fonts)

    assert dict(os.environ) == before
    assert "SOURCE_DATE_EPOCH" not in before
