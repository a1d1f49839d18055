"""One id, one page: what changes no page changes no id; a changed text moves the forms that say it, and no others."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from stamping import LIBRARY, order
from test_clinic import write as write_clinic

from handouts import resources
from handouts.content.clinic import Clinic, sample_clinic
from handouts.content.formulary import open_formulary
from handouts.library import Library
from handouts.packet import typesetting
from handouts.press import ground as module

DRUGS, TAGS, PACKETS = ("alemtuzumab", "ublituximab"), ("en", "es"), ("handout", "consent")
Which = tuple[str, str, str]
"""A drug, a language and a packet."""
ALL = frozenset((drug, tag, packet) for drug in DRUGS for tag in TAGS for packet in PACKETS)
NONE: frozenset[Which] = frozenset()


def those(drug: str = "", tag: str = "", packet: str = "") -> frozenset[Which]:
    return frozenset(
        which
        for which in ALL
        if all(given in ("", part) for given, part in zip((drug, tag, packet), which, strict=True))
    )


def ids(library: Library, clinic: Clinic | None = None) -> dict[Which, str]:
    """Return the id of each of these forms, as a new process works it out."""
    desk = typesetting(clinic or sample_clinic(), library)
    return {(drug, tag, packet): desk.prepare(order(drug, locale=tag, packet=packet)).key for drug, tag, packet in ALL}


@functools.cache
def before() -> dict[Which, str]:
    return ids(LIBRARY)


def moved(after: dict[Which, str]) -> frozenset[Which]:
    return frozenset(which for which, key in after.items() if key != before()[which])


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A copy of everything that pages are made from."""
    for name in ("templates", "locales"):
        shutil.copytree(resources.folder(name), tmp_path / name)
    shutil.copytree(resources.drug_folder(), tmp_path / "drugs")
    templates = tmp_path / "templates"
    return Library(
        open_formulary(tmp_path / "drugs"), templates / "packets", tmp_path / "locales", LIBRARY.fonts, templates
    )


def rewritten(path: Path, change: Callable[[str], str]) -> None:
    text = path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_bytes(change(text).encode())


def swapped(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def unwrapped(catalog: str) -> str:
    """Return a catalog with every text on one line."""
    return re.sub(r'"\n"', "", catalog)


def sorted_entries(catalog: str) -> str:
    header, *entries = catalog.strip().split("\n\n")
    return "\n\n".join([header, *sorted(entries)]) + "\n"


CATALOG = "locales/es/LC_MESSAGES/handouts.po"


@pytest.mark.parametrize(
    ("path", "change", "which"),
    [
        pytest.param(CATALOG, swapped("MIME-Version", 'X-Generator: Poedit 3.6\\n"\n"MIME-Version'), NONE, id="header"),
        pytest.param(CATALOG, unwrapped, NONE, id="line wrapping"),
        pytest.param(CATALOG, sorted_entries, NONE, id="order of entries"),
        pytest.param(CATALOG, swapped("\n\n#", "\n\n# Łukasz: jest dobrze\n#"), NONE, id="comments, new letters"),
        pytest.param(CATALOG, swapped("\n", "\r\n"), NONE, id="ends of lines"),
        pytest.param(CATALOG, swapped('msgstr "Firma"', 'msgstr "Su firma"'), those("", "es", "consent"), id="consent"),
        pytest.param("drugs/alemtuzumab.toml", swapped("as_of = ", "as_of  = "), NONE, id="spaces of a drug file"),
        pytest.param("templates/consent.html", lambda text: text + "{# a note #}\n", NONE, id="comment of a template"),
        pytest.param(
            "templates/consent.html",
            swapped("{% block body %}", "{% block body %}<p></p>"),
            those(packet="consent"),
            id="a template",
        ),
        pytest.param("templates/theme/page.css", lambda text: text + "p { color: black }\n", ALL, id="style"),
        pytest.param("templates/icons/pen.svg", lambda text: text + "\n", ALL, id="a file that any page may ask for"),
        pytest.param("locales/slips.toml", lambda text: text + "# a note\n", NONE, id="slips, without one"),
    ],
)
def test_a_changed_file_moves_the_forms_that_say_it(
    path: str, change: Callable[[str], str], which: frozenset[Which], library: Library, tmp_path: Path
) -> None:
    rewritten(tmp_path / path, change)
    changed = replace(library, formulary=open_formulary(tmp_path / "drugs"))

    assert moved(ids(changed)) == which


def test_a_word_of_one_drug_moves_no_other_drug(library: Library, tmp_path: Path) -> None:
    """One word of its Spanish: the forms that say it, in Spanish."""
    catalog = tmp_path / CATALOG
    text = catalog.read_text(encoding="utf-8")
    entry = next(item for item in text.split("\n\n") if "alemtuzumab: " in item and "#. ublituximab" not in item)
    catalog.write_text(text.replace(entry, entry.replace('msgstr "', 'msgstr "¡', 1)), encoding="utf-8")

    found = moved(ids(library))
    assert found and found <= those("alemtuzumab", "es")


@pytest.mark.parametrize(
    ("change", "which"),
    [
        ({"holidays": True, "country": "US"}, NONE),
        ({"unapproved": "refuse"}, NONE),
        ({"fallback": "interpreter"}, NONE),
        ({"time_zone": "Europe/Madrid"}, NONE),
        ({"name": "Another Infusion Center"}, ALL),
        ({"accent": "#123456"}, ALL),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_a_changed_clinic_moves_the_forms_that_say_it(change: dict[str, object], which: frozenset[Which]) -> None:
    clinic = sample_clinic().model_copy(update=change)

    assert moved(ids(LIBRARY, clinic)) == which


def test_a_closed_day_moves_no_form(tmp_path: Path) -> None:
    """What is said of it is a value."""
    from handouts.content.clinic import read_clinic

    lines = 'closures = [2027-05-31]\nclosed_weekdays = ["sunday"]\n'
    without, with_days = write_clinic(tmp_path, ""), tmp_path / "closed.toml"
    with_days.write_text(lines + without.read_text(encoding="utf-8"), encoding="utf-8")

    assert ids(LIBRARY, read_clinic(without)) == ids(LIBRARY, read_clinic(with_days))


@pytest.mark.parametrize("source", ["press/typography.py", "press/tags.py", "values.py", "content/language.py"])
def test_a_changed_source_moves_every_form(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(module.PACKAGE, tmp_path / "handouts", ignore=shutil.ignore_patterns("__pycache__", "_data"))
    monkeypatch.setattr(module, "PACKAGE", tmp_path / "handouts")
    assert moved(ids(LIBRARY)) == NONE
    with (tmp_path / "handouts" / source).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")

    assert moved(ids(LIBRARY)) == ALL


@pytest.mark.parametrize("library", ["_pango", "_harfbuzz"])
def test_another_typesetter_moves_every_form(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert getattr(module, library)(), "it is installed here"
    monkeypatch.setattr(module, library, lambda: "0.0.0")

    assert moved(ids(LIBRARY)) == ALL


def test_a_shelf_remembers_which_form_files_make_and_is_never_believed_after_a_change(
    library: Library, tmp_path: Path
) -> None:
    from handouts.editions.shelf import Shelf

    shelf, wanted = Shelf(tmp_path / "shelf"), order("ublituximab", locale="es", packet="consent")
    asked = [typesetting(sample_clinic(), library, shelf).prepare(wanted).form for _ in range(2)]
    assert asked[0] == asked[1] == typesetting(sample_clinic(), library).prepare(wanted).form
    assert len(list(shelf.folder.glob("*.note"))) == 1

    rewritten(tmp_path / CATALOG, swapped('msgstr "Firma"', 'msgstr "Su firma"'))
    assert typesetting(sample_clinic(), library, shelf).prepare(wanted).key != asked[0].key

    for note in shelf.folder.glob("*.note"):
        note.write_text('["', encoding="utf-8")
    fresh = typesetting(sample_clinic(), library).prepare(wanted).form
    assert typesetting(sample_clinic(), library, shelf).prepare(wanted).form == fresh
