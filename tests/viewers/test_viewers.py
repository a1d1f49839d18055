"""Five programs open a stamped packet without a complaint, and show and read it the same.

What two programs never do alike is measured, and so is what a mistake makes (see looks.py; levels are 0 to 255):

- In a field, the difference as a part of the field's own ink. Between two programs it is at most 0.17, over all pairs
  and fields (poppler, whose text is up to a pixel higher, against any other); a field that one of them does not show
  makes 0.92 or more. The tolerance, 0.4, is their geometric mean.
- On a page, the difference where it is largest. It is at most 23 (headings in large print, poppler against Ghostscript;
  22 for the line through the dates on the first page, which pdf.js makes thinner than the others); a missing value
  makes 34 or more. The tolerance, 28, is in between.

A wrong digit is too small for this; so the letters that the programs read are compared, too.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import chromium
import programs
import pytest
from fields import Place, pages_with_other_words, places, values, write_without
from looks import apart, furthest_apart, soft
from paper import letters, sizes, spaced
from PIL import Image
from programs import READERS, Opened, need
from running import MRN, NAME, PATIENT, START, made

IN_FIELD = 0.4
ANYWHERE = 28

TWO_LINES = f"{NAME} Wilhelmina Margarethe B."
"""A name that fits on one line everywhere but on the card."""
LIGATURES = "fil\u6600\u6900\u6c00\ucf00\ud200"
"""Ghostscript 10.0 swaps the bytes of a ligature's letters: what it reads for ``ffi`` is Chinese and Korean."""


READS_GLYPHS = ("pdf.js", "Ghostscript")
"""The programs that do not heed ActualText (ISO 32000-1, 14.9.4)."""


class Packet(NamedTuple):
    options: tuple[str, ...]
    name: str
    born: str


PACKETS = {
    "natalizumab-es-intake": Packet(("natalizumab", "--packet", "intake", "--locale", "es"), NAME, "2 ene 1980"),
    "alemtuzumab-en-intake": Packet(("alemtuzumab", "--packet", "intake"), TWO_LINES, "Jan 2, 1980"),
    "dexamethasone-en-large": Packet(
        ("dexamethasone", "--days", "3", "--packet", "handout", "--size", "large"), NAME, "Jan 2, 1980"
    ),
}
PROGRAMS = ("Chromium", *READERS)

each_packet = pytest.mark.parametrize("packet", PACKETS)
each_program = pytest.mark.parametrize("program", PROGRAMS)
each_reader = pytest.mark.parametrize("program", READERS)
each_pair = pytest.mark.parametrize("pair", list(itertools.combinations(PROGRAMS, 2)), ids="-".join)

Open = Callable[[str, Path], Opened]
Look = Callable[[str, str], list[Image.Image]]
Filled = Callable[[str], list[Place]]


@pytest.fixture(scope="session")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function from a packet to its stamped file."""
    out = tmp_path_factory.mktemp("stamped")

    @functools.cache
    def pdf(packet: str) -> Path:
        path = out / f"{packet}.pdf"
        options, name, _ = PACKETS[packet]
        made("make", options[0], *PATIENT, "--name", name, "--start", START, *options[1:], "-o", path)
        return path

    return pdf


@pytest.fixture(scope="session")
def browser() -> Iterator[chromium.Chromium]:
    with chromium.running(need("chromium")) as browser:
        yield browser


@pytest.fixture(scope="session")
def opened(request: pytest.FixtureRequest) -> Open:
    """A function that opens a file with a program, once."""

    @functools.cache
    def opened(program: str, path: Path) -> Opened:
        if program == "Chromium":
            return programs.chromium(request.getfixturevalue("browser"), path)
        return READERS[program](path)

    return opened


@pytest.fixture(scope="session")
def look(opened: Open, pdf: Callable[[str], Path]) -> Look:
    """A function that returns how the pages of a packet look in a program, but for its detail."""
    return functools.cache(lambda program, packet: [soft(page) for page in opened(program, pdf(packet)).pages])


@pytest.fixture(scope="session")
def filled(pdf: Callable[[str], Path]) -> Filled:
    """A function that returns where a packet has values."""
    return functools.cache(lambda packet: places(pdf(packet)))


def missed(pages: list[Image.Image], others: list[Image.Image], fields: list[Place]) -> list[tuple[str, int, float]]:
    """Return the fields, with page and difference, that two drawings of a packet do not show the same."""
    assert len(pages) == len(others)
    differences = [
        (place.field, place.page + 1, apart(pages[place.page], others[place.page], place.box) / place.ink)
        for place in fields
    ]
    return [found for found in differences if found[2] > IN_FIELD]


@each_packet
@each_program
def test_it_opens_without_a_complaint(pdf: Callable[[str], Path], opened: Open, packet: str, program: str) -> None:
    pages, _, said = opened(program, pdf(packet))

    assert said == ""
    paper = [
        (round(width / 72 * programs.DPI), round(height / 72 * programs.DPI)) for width, height in sizes(pdf(packet))
    ]
    assert [page.size for page in pages] == paper


@pytest.mark.parametrize("program", ["pdf.js", "poppler", "Ghostscript"])
def test_a_complaint_is_heard(pdf: Callable[[str], Path], opened: Open, tmp_path: Path, program: str) -> None:
    """Of a cross-reference table that is not where the file says; pdfium, and so Chromium, mends that in silence."""
    path = tmp_path / "damaged.pdf"
    whole = pdf("dexamethasone-en-large").read_bytes()
    path.write_bytes(re.sub(rb"startxref\s+\d+", b"startxref\n7", whole))

    assert opened(program, path).said != ""


@each_packet
@each_reader
def test_every_page_says_whose_it_is(pdf: Callable[[str], Path], opened: Open, packet: str, program: str) -> None:
    texts = opened(program, pdf(packet)).texts or []

    assert len(texts) == len(sizes(pdf(packet)))
    for text in texts:
        for identifier in (PACKETS[packet].name, PACKETS[packet].born, MRN):
            assert identifier in spaced(text)


@each_packet
@each_reader
def test_it_reads_the_same_letters(pdf: Callable[[str], Path], opened: Open, packet: str, program: str) -> None:
    path = pdf(packet)
    read, ignored = opened(program, path).texts or [], LIGATURES if program == "Ghostscript" else ""
    expected = list(opened("pdfium", path).texts or [])
    if program in READS_GLYPHS:
        for number in pages_with_other_words(path):
            expected[number] = (opened(READS_GLYPHS[0], path).texts or [])[number]

    assert [_count(text, ignored) for text in read] == [_count(text, ignored) for text in expected]


def _count(text: str, ignored: str) -> Counter[str]:
    """Return the letters of a page, in whatever order its lines are read."""
    return Counter(char for char in letters(text) if char.isprintable() and char not in ignored)


@each_packet
@each_pair
def test_every_page_looks_the_same(look: Look, packet: str, pair: tuple[str, str]) -> None:
    pages = zip(*(look(program, packet) for program in pair), strict=True)
    differences = enumerate(itertools.starmap(furthest_apart, pages), start=1)

    assert [found for found in differences if found[1] > ANYWHERE] == []


@each_packet
@each_pair
def test_every_field_looks_the_same(look: Look, filled: Filled, packet: str, pair: tuple[str, str]) -> None:
    one, other = (look(program, packet) for program in pair)

    assert missed(one, other, filled(packet)) == []


@each_packet
@each_program
def test_any_missing_field_is_noticed(look: Look, filled: Filled, packet: str, program: str) -> None:
    pages = look(program, packet)

    for place in filled(packet):
        without = [*pages[: place.page], place.without, *pages[place.page + 1 :]]
        assert missed(without, pages, [place])


@each_program
def test_a_name_that_only_one_program_does_not_show_is_noticed(
    pdf: Callable[[str], Path], opened: Open, look: Look, filled: Filled, tmp_path: Path, program: str
) -> None:
    packet, path = "dexamethasone-en-large", tmp_path / "blank.pdf"
    everywhere = Counter(place.field for place in filled(packet)).most_common(1)[0][0]
    write_without(pdf(packet), everywhere, path)
    blank = opened(program, path)
    pages, gone = [soft(page) for page in blank.pages], [place for place in filled(packet) if place.field == everywhere]

    assert blank.said == ""
    assert len(gone) == len(pages) > 1
    for other in PROGRAMS:
        assert len(missed(pages, look(other, packet), gone)) == len(gone)
        assert all(found > ANYWHERE for found in map(furthest_apart, pages, look(other, packet)))


def test_the_packets_are_stamped_and_a_name_on_two_lines_is_among_them(pdf: Callable[[str], Path]) -> None:
    drawings = {packet: values(pdf(packet)).values() for packet in PACKETS}

    assert all(len(drawn) > 10 for drawn in drawings.values())
    lines = [set(re.findall(rb" (\S+) Tm", drawn)) for drawn in drawings["alemtuzumab-en-intake"]]
    assert [len(baselines) for baselines in lines].count(2) == 1
