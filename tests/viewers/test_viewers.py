"""Five programs open a stamped packet without a complaint, and show and read it the same.

Two criteria say "the same". Both look at pages in grey at 96 dpi, blurred by 4 pixels (3 pt), so that anti-aliasing,
hinting, and glyphs and thin lines that a program moves to whole pixels hardly count. Levels go from 0 to 255.

- In each field, the mean difference. Over all pairs and fields it is at most 8.4 (bold digits in large print, poppler
  against Ghostscript); where a field is missing it is at least 23 (a grey date of 9.5 pt). The tolerance, 14, is the
  geometric mean.
- On each page, the mean difference in the square of 13 pixels (10 pt) where it is largest. It is at most 20 (the line
  through the dates on the first page: pdf.js makes its 1.5 pt one pixel thin, the others two). Missing words make it
  30 or more. The tolerance is 25.

A wrong digit is too small for this; the words that the programs read back are compared, too.
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
from fields import Box, Place, places, values, write_without
from paper import letters, sizes, spaced
from PIL import Image, ImageChops, ImageFilter, ImageStat
from programs import READERS, Opened, need
from running import MRN, NAME, PATIENT, START, made

BLUR = ImageFilter.GaussianBlur(4)
SQUARE = ImageFilter.BoxBlur(6)
IN_FIELD = 14
ANYWHERE = 25

TWO_LINES = f"{NAME} Wilhelmina Margarethe B."
"""A name that fits on one line everywhere but on the card."""
LIGATURES = "fil\u6600\u6900\u6c00\ucf00"
"""Ghostscript 10.0 swaps the bytes of a ligature's letters: what it reads for ``ffi`` is Chinese and Korean."""


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
each_pair = pytest.mark.parametrize("pair", itertools.combinations(PROGRAMS, 2), ids="-".join)

Open = Callable[[str, Path], Opened]
Look = Callable[[str, str], list[Image.Image]]


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
    return functools.cache(lambda program, packet: blurred(opened(program, pdf(packet)).pages))


@pytest.fixture(scope="session")
def filled(pdf: Callable[[str], Path]) -> Callable[[str], list[Place]]:
    """A function that returns where a packet has values."""
    return functools.cache(lambda packet: places(pdf(packet)))


def blurred(pages: list[Image.Image]) -> list[Image.Image]:
    return [page.filter(BLUR) for page in pages]


def apart(one: Image.Image, other: Image.Image, box: Box) -> float:
    """Return how different two blurred pages are in a field."""
    return ImageStat.Stat(ImageChops.difference(one.crop(box), other.crop(box))).mean[0]


def furthest_apart(one: Image.Image, other: Image.Image) -> float:
    """Return how different two blurred pages are where they are most different."""
    return ImageChops.difference(one, other).filter(SQUARE).getextrema()[1]


@each_packet
@each_program
def test_it_opens_without_a_complaint(pdf: Callable[[str], Path], opened: Open, packet: str, program: str) -> None:
    pages, _, said = opened(program, pdf(packet))

    assert said == ""
    paper = [
        (round(width / 72 * programs.DPI), round(height / 72 * programs.DPI)) for width, height in sizes(pdf(packet))
    ]
    assert [page.size for page in pages] == paper


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
    without = LIGATURES if program == "Ghostscript" else ""
    read, expected = (
        [Counter(char for char in letters(text) if char.isprintable() and char not in without) for text in texts]
        for texts in (opened(program, pdf(packet)).texts, opened("pdfium", pdf(packet)).texts)
        if texts
    )

    assert read == expected


@each_packet
@each_pair
def test_every_page_looks_the_same(look: Look, packet: str, pair: tuple[str, str]) -> None:
    pages = zip(*(look(program, packet) for program in pair), strict=True)

    assert [found for found in itertools.starmap(furthest_apart, pages) if found > ANYWHERE] == []


@each_packet
@each_pair
def test_every_field_looks_the_same(
    look: Look, filled: Callable[[str], list[Place]], packet: str, pair: tuple[str, str]
) -> None:
    one, other = (look(program, packet) for program in pair)
    found = [(place, apart(one[place.page], other[place.page], place.box)) for place in filled(packet)]

    assert [(place.field, place.page, far) for place, far in found if far > IN_FIELD] == []


@each_packet
@each_program
def test_any_missing_field_is_noticed(
    look: Look, filled: Callable[[str], list[Place]], packet: str, program: str
) -> None:
    pages = look(program, packet)
    found = [(place, apart(place.without.filter(BLUR), pages[place.page], place.box)) for place in filled(packet)]

    assert [(place.field, place.page, far) for place, far in found if far <= IN_FIELD] == []


@each_program
def test_a_name_that_one_program_does_not_show_is_noticed(
    pdf: Callable[[str], Path],
    opened: Open,
    look: Look,
    filled: Callable[[str], list[Place]],
    tmp_path_factory: pytest.TempPathFactory,
    program: str,
) -> None:
    packet = "dexamethasone-en-large"
    foot = Counter(place.field for place in filled(packet)).most_common(1)[0][0]
    path = tmp_path_factory.mktemp("blank") / "blank.pdf"
    write_without(pdf(packet), foot, path)
    blank = opened(program, path)
    pages = blurred(blank.pages)

    assert blank.said == ""
    for other in PROGRAMS:
        shown = look(other, packet)
        assert len(pages) == len(shown)
        for place in (place for place in filled(packet) if place.field == foot):
            assert apart(pages[place.page], shown[place.page], place.box) > IN_FIELD
            assert furthest_apart(pages[place.page], shown[place.page]) > ANYWHERE


def test_the_packets_are_stamped_and_a_name_on_two_lines_is_among_them(pdf: Callable[[str], Path]) -> None:
    drawings = {packet: values(pdf(packet)) for packet in PACKETS}

    assert all(len(drawn) > 10 for drawn in drawings.values())
    lines = [set(re.findall(rb" (\S+) Tm", drawn)) for drawn in drawings["alemtuzumab-en-intake"].values()]
    assert max(len(baselines) for baselines in lines) == 2
