"""A name in any bundled script is stamped on a form of any locale, as typesetting would set it, and read as written."""

from __future__ import annotations

import itertools
import re
import subprocess
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from comparing import TOLERANCE, drawn, read, strayed
from names import MARKED, NAMES
from paper import letters, texts
from shipped import LANGUAGES
from stamping import COVERAGE, FACES, LIBRARY, form_of, order, prepared, stamped, told
from verapdf import FailedRule

from handouts.forms import Prepared, with_texts
from handouts.press.shaping import Faces, runs_backwards

JOINERS = "[\u200c\u200d]"
PLACES = 2
"""Where a consent form of two pages or more says the name: at its head, and at the foot of every page."""
each_name = pytest.mark.parametrize("key", NAMES)


def named(key: str, locale: str) -> Prepared:
    wanted = prepared(order(locale=locale))
    return replace(wanted, values=wanted.values | {"patient.name": NAMES[key]})


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """A function that stamps a name on the consent form of a locale; each is made once."""
    out, known = tmp_path_factory.mktemp("scripts"), {}

    def once(key: str, locale: str) -> Path:
        if (key, locale) not in known:
            wanted = named(key, locale)
            path = known[key, locale] = out / f"{locale}-{key}.pdf"
            path.write_bytes(stamped(form_of(wanted), wanted.values))
        return known[key, locale]

    return once


def test_the_names_are_in_many_scripts() -> None:
    assert len({key.partition("-")[0] for key in NAMES}) >= 20
    assert {key for key, name in NAMES.items() if COVERAGE.missing(name)} == set()
    assert all(unicodedata.normalize("NFC", name) == name for name in NAMES.values())


@each_name
@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_name_is_read_as_it_is_written(printed: Callable[[str, str], Path], key: str, locale: str) -> None:
    """By poppler and pdfium. Joiners are no letters, and may be lost; poppler tells words from left to right."""
    path, name = printed(key, locale), re.sub(JOINERS, "", NAMES[key])
    if key in MARKED:  # viewers do not agree about these; it is told in full to those who ask for it
        assert told(path.read_bytes(), NAMES[key].split()[-1])
        return
    words = [letters(word) for word in name.split()] if runs_backwards(name) else [letters(name)]
    by_poppler = [re.sub(f"{JOINERS}|[\u200b\u202a-\u202e]", "", letters(page)) for page in texts(path)]
    by_pdfium = [re.sub(JOINERS, "", page) for page in read(path)]

    assert [page for page in by_poppler if not all(word in page for word in words)] == []
    assert [page for page in by_pdfium if "".join(name.split()) not in page] == []
    assert by_pdfium[0].count("".join(name.split())) == PLACES


@pytest.mark.parametrize(("key", "locale"), list(zip(NAMES, itertools.cycle(LANGUAGES), strict=False)))
def test_a_name_looks_as_it_would_typeset(printed: Callable[[str, str], Path], key: str, locale: str) -> None:
    """Also where lines stand: a name in another script does not move them."""
    wanted = named(key, locale)
    typeset = stamped(with_texts(wanted, wanted.sheet, LIBRARY), wanted.values)
    ours, theirs = drawn(printed(key, locale)), drawn(typeset)

    assert [strayed(one, other) > TOLERANCE for one, other in zip(ours, theirs, strict=True)] == [False] * len(ours)


def test_names_are_accessible(
    printed: Callable[[str, str], Path], verapdf: Callable[[Iterable[Path]], dict[Path, list[FailedRule]]]
) -> None:
    paths = [printed(key, locale) for key, locale in zip(NAMES, itertools.cycle(LANGUAGES), strict=False)]

    assert {path.name: found for path, found in verapdf(paths).items() if found} == {}
    checked = [subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False) for path in paths]
    assert [done.returncode for done in checked] == [0] * len(paths)


# Shaping


def glyphs(text: str, language: str = "und") -> list[tuple[int, str]]:
    runs = FACES.shape(text, "Regular") if language == "und" else Faces(FACES.folder, language).shape(text, "Regular")
    return [(glyph.number, glyph.text) for run in runs for glyph in run.glyphs]


def test_arabic_letters_join() -> None:
    joined, alone = glyphs("ممم"), glyphs("م")

    assert len(joined) == 3
    assert len({number for number, _ in [*joined, *alone]}) == 4, "first, middle, last, alone"
    assert [text for _, text in glyphs("محمد")] == list("دمحم"), "from left to right"


@pytest.mark.parametrize("word", ["سلامة", "لا", "الأحمد", "الإمام", "آلآء"])
def test_lam_and_alef_are_one_shape_and_two_letters(word: str) -> None:
    (run,) = FACES.shape(word, "Bold")
    hidden = [glyph for glyph in run.glyphs if not glyph.width]

    assert "".join(glyph.text for glyph in run.glyphs) == word[::-1]
    assert [glyph.text for glyph in hidden] == ["ل"]


def test_devanagari_makes_conjuncts_and_sets_the_short_i_before_its_consonant() -> None:
    assert len(glyphs("क्ष")) == 1
    assert glyphs("कि")[1][0] == glyphs("क")[0][0], "the consonant comes second"


def test_the_parts_of_a_date_stand_in_order_from_right_to_left() -> None:
    runs = FACES.shape("7 ديسمبر 2026", "Regular")

    assert [run.text.strip() for run in runs if run.text.strip()] == ["2026", "ديسمبر", "7"]
    assert "".join(run.text for run in reversed(runs)) == "7 ديسمبر 2026"


def test_scripts_are_shaped_one_by_one() -> None:
    assert [run.text for run in FACES.shape("Анна Smith 42-a Ωμέγα", "Regular")] == ["Анна ", "Smith 42-a ", "Ωμέγα"]


def test_letters_have_the_form_of_the_language_of_the_page() -> None:
    assert glyphs("ş", "ro") != glyphs("ş")


def test_a_font_is_opened_when_a_letter_needs_it() -> None:
    faces = Faces(FACES.folder)
    faces.shape("Ana-Lucía O’Brien (2)", "Bold")
    assert list(faces._faces) == ["NotoSans-Bold"]


# Repertoire


def han(codec: str) -> str:
    """Return the Han characters and syllables of a two-byte character set, as Python knows it."""
    found = []
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            try:
                text = bytes((lead, trail)).decode(codec)
            except UnicodeDecodeError:
                continue
            found += [char for char in text if unicodedata.name(char, "").startswith(("CJK UNI", "HANGUL SYL"))]
    return "".join(found)


@pytest.mark.parametrize(("codec", "count"), [("gb2312", 6763), ("big5", 13051), ("euc_jp", 6355), ("euc_kr", 2350)])
def test_the_characters_of_east_asia_are_there(codec: str, count: int) -> None:
    characters = han(codec)

    assert len(set(characters)) >= count
    assert COVERAGE.missing(characters if codec != "euc_kr" else "".join(map(chr, range(0xAC00, 0xD7A4)))) == []


@pytest.mark.parametrize(
    "letters", ["پچژگکی", "ٹڈڑںھہےۓ", "ځښګړټډڼ", "ەۆێڕڵ", "żźğăơưạỹ", "ҐґЄєІіЇї", "א׳ב״", "ぁ゠ヺーｱ"]
)
def test_the_letters_of_neighbours_are_there(letters: str) -> None:
    assert COVERAGE.missing(letters) == []
