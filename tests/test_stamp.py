"""Typeset once, stamp for every patient: a stamped page is the page that typesetting would have made."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pypdfium2 as pdfium
import pytest
from comparing import THIN_STEMS, TOLERANCE, drawn, read, strayed, tree, tree_by_poppler
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from paper import glyphs, letters, texts
from paper import read as told_in_order
from running import MRN, NAME, run_outside
from shipped import FORMULARY, LANGUAGES, documents_of, drug_of
from stamping import (
    COVERAGE,
    FACES,
    LIBRARY,
    MONDAY,
    form_of,
    name_fields,
    order,
    prepared,
    stamped,
    streams,
    told,
    width,
)
from test_packets import LONG_NAMES, NUOSU, OTHER_SCRIPTS
from verapdf import FailedRule

from handouts.content.clinic import Clinic, sample_clinic
from handouts.content.person import read_order
from handouts.errors import InputError, LayoutError
from handouts.forms import Prepared, with_texts
from handouts.model import Treatment
from handouts.packet import stamped as packet_of
from handouts.press.fitting import FLOOR, STEP, set_lines
from handouts.press.form import MAGIC, Field, Form, load
from handouts.press.shaping import Faces, script_of
from handouts.press.stamp import DoesNotFit, Stamp

calm = settings(deadline=None, max_examples=100)


# The invariant


class Case(NamedTuple):
    """A packet in which something is particular."""

    drug: str
    locale: str
    paper: str
    size: str
    treatment: Treatment | None = None
    name: str | None = NAME
    """None: as long as makes two lines on the card, and one anywhere else."""
    documents: tuple[str, ...] = ()
    clinic: Clinic | None = None
    interpreter: str | None = None

    def __str__(self) -> str:
        return "-".join((self.drug, self.locale, self.paper, self.size, *self.documents))


CARD = ("schedule", "card")
"""The card is in packets of one drug only. Its large handout has 20 pages, which one case is enough for."""
BEGUN = MONDAY - dt.timedelta(days=14)
CLOSED = sample_clinic().model_copy(update={"closures": (dt.date(2026, 11, 30),)})
CASES = (
    Case("alemtuzumab", "en", "letter", "standard", name=None),
    Case("ocrelizumab", "en", "letter", "large", name=OTHER_SCRIPTS["vietnamese"][:13]),
    Case("natalizumab", "en", "a4", "standard", Treatment(done=3, last=dt.date(2026, 10, 5)), clinic=CLOSED),
    Case("ublituximab", "en", "a4", "large", Treatment(done=1, last=BEGUN), name=OTHER_SCRIPTS["greek"]),
    Case("methylprednisolone", "es", "letter", "standard", Treatment(start=MONDAY, days=5)),
    Case("dexamethasone", "es", "letter", "large", Treatment(MONDAY, days=3, dose="96 mg"), interpreter="Sample 42"),
    Case("mitoxantrone", "es", "a4", "standard", Treatment(done=9, last=BEGUN), name=OTHER_SCRIPTS["cyrillic"]),
    Case("methylprednisolone", "es", "a4", "large", Treatment(done=2, last=BEGUN, days=4)),
    Case("alemtuzumab", "en", "letter", "large", documents=CARD),
    Case("alemtuzumab", "en", "a4", "standard", documents=CARD),
    Case("alemtuzumab", "en", "a4", "large", Treatment(done=8, last=BEGUN), documents=CARD),
    Case("alemtuzumab", "es", "letter", "standard", name=None, documents=CARD),
    Case("alemtuzumab", "es", "letter", "large", documents=CARD),
    Case("alemtuzumab", "es", "a4", "standard", documents=CARD),
    Case("alemtuzumab", "es", "a4", "large", Treatment(done=5, last=BEGUN), documents=CARD),
)
OTHERS = tuple(tag for tag in sorted(LANGUAGES) if tag not in ("en", "es"))
CASES_OF_OTHERS = tuple(
    case
    for tag, drug in zip(OTHERS, itertools.cycle(sorted(FORMULARY.ids())), strict=False)
    for case in (Case(drug, tag, "letter", "standard"), Case("alemtuzumab", tag, "a4", "large", documents=CARD))
)
"""Every document of every other language, and both sizes and papers; all drugs together."""
VALIDATED = (CASES[0], CASES[1], CASES[4], CASES[5], CASES[10], CASES[11], CASES[12])
"""Every document, language and size; to validate more of them takes too long."""
READ_BY_POPPLER = (
    CASES[4],
    *(case for case in CASES_OF_OTHERS if case.documents and case.locale in ("ar", "hi", "ko", "ru", "vi", "zh_Hans")),
)
"""Every document, and a schedule and a card in each other script: it takes seconds for a page."""
READERS = (tree, tree_by_poppler)
each_case = pytest.mark.parametrize("case", (*CASES, *CASES_OF_OTHERS), ids=str)


class Pair(NamedTuple):
    """The same packet made in both ways."""

    stamped: Path
    typeset: Path


class Made(NamedTuple):
    wanted: Prepared
    form: Form
    pair: Pair


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Made]:
    """A function that makes a case, stamped and typeset; each is made once."""
    known: dict[Case, Made] = {}
    out = tmp_path_factory.mktemp("stamped")

    def made_once(case: Case) -> Made:
        if case not in known:
            wanted = prepared_case(case)
            form = form_of(wanted)
            if case.name is None:
                wanted = replace(wanted, values=wanted.values | {"patient.name": name_of_two_lines(form)})
            assert smaller(wanted, form) == [], "what does not fit is not set as it would be typeset"
            pair = Pair(out / f"{case}.pdf", out / f"{case}-typeset.pdf")
            pair.stamped.write_bytes(stamped(form, wanted.values))
            pair.typeset.write_bytes(stamped(with_texts(wanted, wanted.sheet, LIBRARY), wanted.values))
            known[case] = Made(wanted, form, pair)
        return known[case]

    return made_once


def prepared_case(case: Case) -> Prepared:
    rest = {"interpreter": case.interpreter} if case.interpreter else {}
    wanted = order(
        case.drug,
        case.treatment,
        case.name or NAME,
        locale=case.locale,
        paper=case.paper,
        size=case.size,
        packet="intake",
        prescriber="Sample Prescriber",
        **rest,
    )
    return prepared(wanted, case.documents, case.clinic)


def smaller(wanted: Prepared, form: Form) -> list[str]:
    """Return the fields whose values are not set in their full size."""
    fields = [field for field in form.fields if field.kind == "text"]
    placed = [(field, set_lines(field, wanted.values[field.name], FACES)) for field in fields]
    return [field.name for field, runs in placed if runs is None or any(size < field.size for size, *_ in runs)]


def name_of_two_lines(form: Form) -> str:
    """Return a name that fits every field of the form in its full size, and the card's on its second line."""
    for length in range(1, 60):
        name = f"{NAME} Wilhelmina {'i' * length}"
        placed = [(field, set_lines(field, name, FACES)) for field in name_fields(form)]
        if any(runs is None or runs[0][0] != field.size for field, runs in placed):
            break
        if any(len({y for _, _, y, _ in runs or ()}) == 2 for _, runs in placed):
            return name
    pytest.fail("no name has two lines on the card and one elsewhere")


def test_the_cases_cover_every_document_language_paper_and_size(made: Callable[[Case], Made]) -> None:
    printed = {
        (document, case.locale, case.paper, case.size)
        for case in CASES
        for document in case.documents or documents_of("intake", drug_of(case.drug))
    }
    kinds, empty = set(), set()
    for case in CASES:
        wanted, form, _ = made(case)
        kinds |= {(field.kind, field.lines) for field in form.fields}
        empty |= {field.name for field in form.fields if not wanted.values[field.name]}

    assert printed == set(
        itertools.product(
            ("handout", "schedule", "consent", "card"), ("en", "es"), ("letter", "a4"), ("standard", "large")
        )
    )
    assert {case.drug for case in CASES} == {case.drug for case in CASES_OF_OTHERS} == set(FORMULARY.ids())
    assert {(document, tag, size) for document, tag, _, size in printed} == {
        (document, case.locale, case.size) for case in VALIDATED for document in made(case).wanted.documents
    }
    assert {("text", 1), ("text", 2), ("calendar", 1)} <= kinds
    assert {"order.dose", "plan.closed", "calendar.3"} <= empty
    assert made(CASES[2]).wanted.values["plan.closed"]


@each_case
def test_stamping_gives_the_words_of_typesetting(made: Callable[[Case], Made], case: Case) -> None:
    pair = made(case).pair

    # pdfium joins some lines that run from right to left, and then others of a stamped page than of a typeset one.
    if LANGUAGES[case.locale].direction == "ltr":
        assert read(pair.stamped) == read(pair.typeset)
    assert texts(pair.stamped) == texts(pair.typeset)
    assert letters(made(case).wanted.values["patient.name"]) in letters(read(pair.stamped)[-1])


@each_case
def test_stamping_gives_the_structure_of_typesetting(made: Callable[[Case], Made], case: Case) -> None:
    wanted, _, pair = made(case)
    ours, theirs = map(tree, pair)

    assert ours == theirs
    assert all(f'"{wanted.values[field]}"' in "".join(ours) for field in ("patient.name", "patient.mrn"))
    if case.locale == "hi":
        assert told_in_order(pair.stamped) == told_in_order(pair.typeset)


@pytest.mark.parametrize("case", READ_BY_POPPLER, ids=str)
def test_poppler_hears_the_same(made: Callable[[Case], Made], case: Case) -> None:
    wanted, _, pair = made(case)

    with ThreadPoolExecutor() as pool:
        ours, theirs = pool.map(tree_by_poppler, pair)
    if case.locale == "hi":  # poppler takes no word from ActualText here: vowel signs stand where they are drawn
        assert [line for line in ours if '"' not in line] == [line for line in theirs if '"' not in line]
    else:
        assert ours == theirs
    assert all(f'"{wanted.values[field]}"' in "".join(ours) for field in ("patient.name", "patient.mrn"))


def test_two_readers_hear_the_same(made: Callable[[Case], Made]) -> None:
    """Of a calendar poppler reads the days one by one, and not what is told instead of them."""
    pair = made(CASES[4]).pair
    ours, by_poppler = ([line.strip() for line in reader(pair.stamped) if '"' in line] for reader in READERS)

    assert len(by_poppler) > 0.9 * len(ours)
    assert [text for text in Counter(by_poppler) - Counter(ours) if "123456789101112" not in text] == []


@each_case
def test_stamping_gives_the_pixels_of_typesetting(made: Callable[[Case], Made], case: Case) -> None:
    """Within the tolerance that ``comparing`` explains."""
    ours, theirs = map(drawn, made(case).pair)

    differences = [strayed(one, other) for one, other in zip(ours, theirs, strict=True)]

    assert max(differences) <= (THIN_STEMS if case.locale == "ar" else TOLERANCE), differences


@each_case
def test_no_day_of_the_year_is_too_long_for_its_field(made: Callable[[Case], Made], case: Case) -> None:
    """An edition could not print it."""
    language = LANGUAGES[case.locale]
    days = [dt.date(2028, 1, 1) + dt.timedelta(days=number) for number in range(366)]
    ways = {way: {getattr(language, way)(day) for day in days} for way in ("weekday", "full", "long", "medium")}
    dates = [(field, ways.get(field.name.rpartition(".")[2], ())) for field in made(case).form.fields]

    assert [(field.name, text) for field, texts in dates for text in texts if not set_lines(field, text, FACES)] == []


def test_the_tolerance_hides_one_pixel_and_no_letter() -> None:
    wanted = prepared(order())
    form = form_of(wanted)
    page, other, empty = (
        drawn(stamped(form, wanted.values | {"patient.name": name}))[0] for name in (NAME, NAME[:-1] + "l", "")
    )
    moved = [page.transform(page.size, 0, (1, 0, by, 0, 1, 0), fillcolor="white") for by in (1, 3)]

    assert strayed(page, page) == 0
    assert strayed(page, moved[0]) <= TOLERANCE
    assert strayed(page, moved[1]) > 2 * TOLERANCE
    assert strayed(page, other) > 2 * TOLERANCE
    assert strayed(page, empty) > 5 * TOLERANCE


@pytest.mark.parametrize("locale", sorted(LANGUAGES))
def test_dates_in_words_need_no_font_of_their_own(locale: str) -> None:
    """They are the same for everybody: a form carries their glyphs, and a patient brings nothing but a name."""
    wanted = prepared(order("natalizumab", locale=locale), ("schedule",))
    stamp = Stamp(form_of(wanted), Faces(LIBRARY.fonts, LANGUAGES[locale].bcp47))
    starts = [MONDAY + dt.timedelta(days=37 * number) for number in range(10)]
    others = [prepared(order("natalizumab", Treatment(start=day), locale=locale), ("schedule",)) for day in starts]

    made = [stamp.parts(other.values) for other in others if other.key == wanted.key]

    assert len(made) > 5
    assert not any(b"/FontFile2" in part for parts in made for part in parts[1:])


# Three ways of a value: it fits, it is set a little smaller, or its packet is set in full


@pytest.fixture(scope="module")
def pocket() -> tuple[Prepared, Form]:
    """A schedule and a card: a foot in 9 pt, a head in 12 pt, and two lines in 11 pt."""
    wanted = prepared(order("alemtuzumab"), CARD)
    return wanted, form_of(wanted)


def sizes_of(path: Path, name: str) -> list[float]:
    """Return the sizes, in points, in which each ``name`` is printed."""
    found = []
    for page in glyphs(path):
        line = "".join(glyph.text for glyph in page)
        for match in re.finditer(re.escape("".join(name.split())), line):
            sizes = {round(glyph.size, 2) for glyph in page[match.start() : match.end()]}
            assert len(sizes) == 1
            found += sizes
    return sorted(found)


def test_a_value_that_fits_keeps_its_size(pocket: tuple[Prepared, Form], tmp_path: Path) -> None:
    wanted, form = pocket
    packet = packet_of(wanted, Stamp(form, FACES), LIBRARY)
    (path := tmp_path / "packet.pdf").write_bytes(packet.pdf)

    assert packet.stamped
    assert sizes_of(path, NAME) == [9, 9, 11, 12]


def test_a_value_of_two_lines_fits_a_field_of_two_lines(pocket: tuple[Prepared, Form], tmp_path: Path) -> None:
    wanted, form = pocket
    name = name_of_two_lines(form)
    packet = packet_of(replace(wanted, values=wanted.values | {"patient.name": name}), Stamp(form, FACES), LIBRARY)
    (path := tmp_path / "packet.pdf").write_bytes(packet.pdf)
    card = [glyph for glyph in glyphs(path)[-1] if round(glyph.size, 2) == 11]
    at = "".join(glyph.text for glyph in card).find("".join(name.split()))
    second = at + len("".join(name.rsplit(" ", 1)[0].split()))

    assert packet.stamped
    assert sizes_of(path, name) == [9, 9, 11, 12]
    assert card[at].bottom - card[second].bottom == pytest.approx(12.5, abs=2), "one line lower"
    assert card[second].left == pytest.approx(card[at].left, abs=2), "where the first line begins"


def test_a_value_that_is_too_wide_is_set_a_little_smaller(pocket: tuple[Prepared, Form], tmp_path: Path) -> None:
    wanted, form = pocket
    head = name_fields(form)[-1]
    name = next(name for n in range(60) if width(name := f"{NAME} Wilhelmina{'i' * n}", head, head.size) > head.width)
    packet = packet_of(replace(wanted, values=wanted.values | {"patient.name": name}), Stamp(form, FACES), LIBRARY)
    (path := tmp_path / "packet.pdf").write_bytes(packet.pdf)

    assert packet.stamped
    assert sizes_of(path, name) == [9, 9, 11, 11.5]
    assert width(name, head, 11.5 / 0.75) <= head.width


@pytest.mark.parametrize("name", LONG_NAMES.values(), ids=LONG_NAMES)
def test_a_value_that_is_too_long_is_set_in_full(pocket: tuple[Prepared, Form], tmp_path: Path, name: str) -> None:
    wanted, form = pocket
    packet = packet_of(replace(wanted, values=wanted.values | {"patient.name": name}), Stamp(form, FACES), LIBRARY)
    (path := tmp_path / "packet.pdf").write_bytes(packet.pdf)

    assert not packet.stamped
    assert packet.form == wanted.key
    assert packet.pages == len(glyphs(path))
    for page in read(path):
        assert letters(name) in letters(page)


def test_every_value_that_does_not_fit_is_named() -> None:
    wanted = prepared(order())
    long = {"patient.name": "W" * 120, "patient.mrn": "W" * 40}

    with pytest.raises(DoesNotFit) as caught:
        stamped(form_of(wanted), wanted.values | long)

    assert caught.value.fields == sorted(long)
    assert "W" not in str(caught.value)


TEXTS = st.text(st.sampled_from([*"AWilmn", "é", "Ж", "Ω", "ạ", " "]), max_size=40).map(
    lambda text: " ".join(text.split())
)
FIELDS = [field for field in form_of(prepared(order("alemtuzumab"), CARD)).fields if field.kind == "text"]


@calm
@given(text=TEXTS, field=st.sampled_from(FIELDS), lines=st.integers(1, 3), room=st.floats(10, 400))
def test_a_value_is_never_clipped_and_never_too_small(text: str, field: Field, lines: int, room: float) -> None:
    field = replace(field, width=room, lines=lines, leading=field.size * 1.2)
    placed = set_lines(field, text, FACES)
    if placed is None:
        smallest = field.size if field.size < FLOOR else field.size - STEP * math.floor((field.size - FLOOR) / STEP)
        assert width(text, field, smallest) > room
        return

    sizes = {size for size, *_ in placed} or {field.size}
    assert len(sizes) == 1
    (size,) = sizes
    assert size == field.size or FLOOR - 1e-6 <= size < field.size
    assert (field.size - size) / STEP == pytest.approx(round((field.size - size) / STEP))
    if field.size < FLOOR:
        assert size == field.size, "a foot in 9 pt never shrinks"
    assert all(x >= -0.1 and x + width(run.text.strip(" "), field, size) <= room + 0.1 for _, x, _, run in placed)
    assert {round(-y / field.leading, 6) for _, _, y, _ in placed} <= set(range(lines))
    assert " ".join("".join(run.text for *_, run in placed).split()).replace(" ", "") == text.replace(" ", "")


def test_an_empty_value_draws_nothing(pocket: tuple[Prepared, Form]) -> None:
    wanted, form = pocket
    nothing = read(stamped(form, dict.fromkeys(wanted.values, "")))

    assert len(nothing) == form.pages
    assert not any(letters(NAME) in page or MRN in page for page in nothing)


# Valid, whatever the name


JOINERS = "[\u200c\u200d]"
NAMES = OTHER_SCRIPTS | {
    "composed": unicodedata.normalize("NFC", "Zoë Ångström Ñandú"),
    "decomposed": unicodedata.normalize("NFD", "Zoë Ångström Ñandú"),
    "only-decomposed": "Adébọ̀wálé Ng̃uhũ M̂y Ё́жик",
    "ligatures": "Fiffi Uffel ﬁ",
    "joiners": "Ana\u200cna Be\u200dbe",
}
"""Letters with two marks, as in Yoruba, have no code point of their own: their marks are glyphs of their own."""


@pytest.fixture(scope="session")
def other_names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Consent forms for names that need more than the form's own fonts, and one that is set in full."""
    out = tmp_path_factory.mktemp("names")
    wanted = prepared(order(locale="es"))
    form = form_of(wanted)
    made = {}
    for key, name in {**NAMES, "in full": LONG_NAMES["words"], "in full too": OTHER_SCRIPTS["greek"] * 6}.items():
        packet = packet_of(replace(wanted, values=wanted.values | {"patient.name": name}), Stamp(form, FACES), LIBRARY)
        assert packet.stamped == (not key.startswith("in full"))
        made[key] = out / f"{key}.pdf"
        made[key].write_bytes(packet.pdf)
    return made


@pytest.fixture(scope="session")
def failed(
    made: Callable[[Case], Made],
    other_names: dict[str, Path],
    verapdf: Callable[[Iterable[Path]], dict[Path, list[FailedRule]]],
) -> dict[Path, list[FailedRule]]:
    """The PDF/UA-1 rules that each stamped file breaks."""
    return verapdf([*(made(case).pair.stamped for case in VALIDATED), *other_names.values()])


def sound(path: Path) -> bool:
    checked = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    return (checked.returncode, checked.stderr) == (0, "")


@each_case
def test_a_stamped_packet_is_sound(made: Callable[[Case], Made], case: Case) -> None:
    assert sound(made(case).pair.stamped)


@pytest.mark.parametrize("case", VALIDATED, ids=str)
def test_a_stamped_packet_is_accessible(
    made: Callable[[Case], Made], failed: dict[Path, list[FailedRule]], case: Case
) -> None:
    assert failed[made(case).pair.stamped] == []


@pytest.mark.parametrize("key", [*NAMES, "in full", "in full too"])
def test_any_name_is_sound_and_accessible(
    other_names: dict[str, Path], failed: dict[Path, list[FailedRule]], key: str
) -> None:
    assert failed[other_names[key]] == []
    assert sound(other_names[key])


@pytest.mark.parametrize("key", NAMES)
def test_any_name_is_read_as_it_is_written(other_names: dict[str, Path], key: str) -> None:
    """By poppler, which reads ActualText out. Joiners are no letters, and may be lost."""
    name, printed = (re.sub(JOINERS, "", letters(text)) for text in (NAMES[key], "".join(texts(other_names[key]))))

    assert printed.count(name) == len(texts(other_names[key])) + 1, "every foot, and the head"


def test_fonts_of_their_own_are_only_for_names_that_need_them(other_names: dict[str, Path]) -> None:
    def fonts(path: Path) -> int:
        listed = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True)
        return len(listed.stdout.splitlines()) - 2

    assert fonts(other_names["composed"]) == fonts(other_names["decomposed"])
    assert fonts(other_names["greek"]) == fonts(other_names["composed"]) + 2, "regular and bold"


# Any name at all


PRINTABLE = sorted(
    char
    for char in map(chr, COVERAGE.characters)
    if unicodedata.category(char)[0] in "LMNPS" or char in " \u200c\u200d"
)
LIGATURES = {
    char: "".join(chr(int(code, 16)) for code in unicodedata.decomposition(char).split()[1:]) for char in "ﬀﬁﬂﬃﬄﬅﬆﬓﬔﬕﬖﬗ"
}
"""Which pdfium reads as the letters they stand for."""


def typed(text: str) -> str:
    """Return a name as it comes from the desk: checked and made uniform."""
    data = {"name": text, "dob": "1980-01-02", "mrn": MRN, "drug": "dexamethasone", "start": "2026-12-07"}
    try:
        return read_order(data, dt.date(2026, 11, 21), COVERAGE.missing).patient.name
    except InputError:
        assume(False)
        raise


FORWARD = [char for char in PRINTABLE if script_of(char) not in ("Arab", "Hebr")]
"""What runs from left to right; ``test_names`` has the others, whose marks viewers do not agree about."""
FEW = st.text(st.sampled_from(FORWARD), min_size=1, max_size=12)
ANY = st.text(st.sampled_from(PRINTABLE), min_size=1, max_size=12).map(typed)
LATIN = st.text(st.characters(max_codepoint=0x17F, categories=["L", "Zs", "Pd"]), min_size=1, max_size=20)
NAMES_TYPED = (FEW | LATIN | FEW.map(lambda text: unicodedata.normalize("NFD", text))).map(typed)


@pytest.fixture(scope="module")
def consent() -> tuple[dict[str, str], Stamp]:
    wanted = prepared(order())
    return wanted.values, Stamp(form_of(wanted), Faces(LIBRARY.fonts))


def spoken(pdf: bytes) -> tuple[str, ...]:
    """Return the characters of each page; ligatures as the letters they stand for, joiners left out."""
    with_joiners = ("".join(LIGATURES.get(char, char) for char in page) for page in read.__wrapped__(pdf))
    return tuple(re.sub(JOINERS, "", page) for page in with_joiners)


@calm
@given(name=NAMES_TYPED)
@example(name="Ana-Maria O'Neil-")
@example(name="Adébọ̀wálé")
@example(name="ffi ﬃ")
def test_a_name_is_printed_on_every_page_exactly(consent: tuple[dict[str, str], Stamp], name: str) -> None:
    values, stamp = consent
    try:
        pdf = stamp.pdf(values | {"patient.name": name})
    except DoesNotFit:
        assume(False)
    plain = re.sub(r"[\s\u200c\u200d]", "", "".join(LIGATURES.get(char, char) for char in name))
    usual = spoken(stamp.pdf(values))

    assert spoken(pdf) == tuple(plain.join(page.split("".join(NAME.split()))) for page in usual)
    assert all("".join(NAME.split()) in page for page in usual)


@calm
@given(name=NAMES_TYPED | ANY)
@example(name="Ana\u200dna")
@example(name="\u200cAna")
def test_any_name_of_the_repertoire_is_shaped_without_a_box(name: str) -> None:
    for weight in ("Regular", "Bold"):
        runs = FACES.shape(name, weight)
        assert sorted("".join(run.text for run in runs)) == sorted(name)
        assert 0 not in {glyph.number for run in runs for glyph in run.glyphs}


SPACES = [chr(code) for code in range(0x3001) if unicodedata.category(chr(code)) == "Zs"]


@pytest.mark.parametrize("space", SPACES, ids=lambda space: f"U+{ord(space):04X}")
def test_a_space_is_never_a_box(space: str) -> None:
    """Dates have spaces of several kinds. Either it is printed as white, or it is refused."""
    try:
        runs = FACES.shape(f"A{space}B", "Regular")
    except LookupError:
        return
    assert 0 not in {glyph.number for run in runs for glyph in run.glyphs} or COVERAGE.missing(space)


@calm
@given(
    names=st.tuples(NAMES_TYPED, NAMES_TYPED),
    mrns=st.tuples(st.from_regex(r"[A-Z0-9]{4,9}", fullmatch=True), st.just(MRN)),
)
def test_one_patient_leaves_nothing_for_the_next(
    consent: tuple[dict[str, str], Stamp], names: tuple[str, str], mrns: tuple[str, str]
) -> None:
    """Bytes depend on the form and the values alone: not on who was printed before, nor on what is kept in memory."""
    values, stamp = consent
    one, two = (values | {"patient.name": name, "patient.mrn": mrn} for name, mrn in zip(names, mrns, strict=True))
    try:
        first, second, again = stamp.pdf(one), stamp.pdf(two), stamp.pdf(one)
    except DoesNotFit:
        assume(False)

    assert first == again
    assert first == stamped(stamp.form, dict(reversed(one.items())))
    assert second == stamped(load(stamp.form.dump()), two)


def test_the_order_of_glyphs_does_not_depend_on_a_hash_seed(tmp_path: Path) -> None:
    made = set()
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.pdf"
        words = ("--name", " ".join(OTHER_SCRIPTS.values())[:40], "--dob", "1980-01-02", "--mrn", MRN)
        rest = ("--start", "2026-12-07", "--packet", "consent", "-o", out)
        done = run_outside("make", "ocrelizumab", *words, *rest, env={"PYTHONHASHSEED": seed})
        assert done.code == 0, done.err
        made.add(out.read_bytes())

    assert len(made) == 1


@pytest.mark.parametrize("field", ["patient.name", "patient.mrn", "order.prescriber"])
@pytest.mark.parametrize("char", [*NUOSU, "𐎀", "\ue000", "\N{GRINNING FACE}"], ids=ascii)
def test_a_character_that_no_font_has_is_named(consent: tuple[dict[str, str], Stamp], char: str, field: str) -> None:
    values, stamp = consent

    with pytest.raises(LayoutError) as caught:
        stamp.pdf(values | {field: f"{NAME} {char}"})

    (problem,) = caught.value.problems
    assert problem.where == field
    assert f"U+{ord(char):04X}" in problem.message
    assert NAME not in str(problem)


def test_a_field_without_a_value_is_a_mistake_of_the_program(consent: tuple[dict[str, str], Stamp]) -> None:
    values, stamp = consent

    for field in {field.name for field in stamp.form.fields}:
        with pytest.raises(KeyError, match=re.escape(field)):
            stamp.pdf({key: value for key, value in values.items() if key != field})


# A form on disk


@pytest.fixture(scope="module")
def dumped() -> bytes:
    return form_of(prepared(order())).dump()


def test_a_form_comes_back_as_it_was(dumped: bytes) -> None:
    wanted = prepared(order())
    form, back = form_of(wanted), load(dumped)

    assert back == form
    assert back.dump() == dumped
    for name in (NAME, OTHER_SCRIPTS["greek"]):
        values = wanted.values | {"patient.name": name}
        assert stamped(back, values) == stamped(form, values)


@calm
@given(end=st.integers(0, len(MAGIC) + 20) | st.integers(0, 10**6))
def test_a_form_that_is_not_whole_is_refused(dumped: bytes, end: int) -> None:
    end %= len(dumped)
    with pytest.raises(InputError):
        load(dumped[:end])
    with pytest.raises(InputError):
        load(dumped + dumped[: end + 1])


@calm
@given(at=st.integers(0, 4000) | st.integers(0, 10**6), mask=st.integers(1, 255))
def test_a_form_with_a_damaged_byte_is_refused(dumped: bytes, at: int, mask: int) -> None:
    """Otherwise a bad disk prints another form than the one that was approved."""
    damaged = bytearray(dumped)
    damaged[at % len(dumped)] ^= mask

    with pytest.raises(InputError):
        load(bytes(damaged))


@pytest.mark.parametrize(
    "foreign", [b"", b"%PDF-1.7\n", b"{}", MAGIC, MAGIC + bytes(12), MAGIC + b"\xff" * 40], ids=ascii
)
def test_foreign_data_is_no_form(foreign: bytes) -> None:
    with pytest.raises(InputError) as caught:
        load(foreign)

    assert all(problem.hint for problem in caught.value.problems)


# No patient where none belongs


PERSON = {"name": "Quillon Vexworth", "mrn": "QX7-4411-Z"}
SECRETS = [
    *PERSON.values(),
    "Quillon",
    "Vexworth",
    "Prescott Ymir",
    "1980-01-02",
    "Jan 2, 1980",
    "January 2, 1980",
]


def test_a_form_never_holds_a_patient() -> None:
    wanted = prepared(order("alemtuzumab", **PERSON, prescriber="Prescott Ymir", packet="intake"))
    form = form_of(wanted)
    printed = "".join(read(stamped(form, dict.fromkeys(wanted.values, ""))))
    days = [value for field, value in wanted.values.items() if field.endswith((".full", ".long", ".medium"))]

    assert [secret for secret in [*SECRETS, *days] if told(form.dump(), secret)] == []
    assert [secret for secret in [*SECRETS, *days] if "".join(secret.split()) in printed] == []
    assert sum(1 for _ in streams(form.dump())) > 20


def test_what_a_form_is_searched_with_finds_a_patient() -> None:
    wanted = prepared(order("alemtuzumab", **PERSON), CARD)
    form = form_of(wanted)
    accented = wanted.values | {"patient.name": PERSON["name"] + "e\u0301"}

    assert told(stamped(form, accented), PERSON["name"])
    assert "".join(PERSON["name"].split()) in read(stamped(form, wanted.values))[0]


def test_a_stamp_opens_no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hot path: no parser of PDF, no typesetter."""
    import pikepdf

    wanted = prepared(order())
    form = form_of(wanted)
    monkeypatch.setattr(pikepdf, "open", None)
    monkeypatch.setattr(pikepdf.Pdf, "open", None)

    assert pdfium.PdfDocument(stamped(load(form.dump()), wanted.values)).get_metadata_value("Title")


@pytest.mark.parametrize("locale", ["ar", "en"])
@pytest.mark.parametrize("name", ["محمد (علي)", "(علي) محمد", "דוד [כהן]"])
def test_signs_that_are_mirrored_are_read_as_they_were_written(name: str, locale: str) -> None:
    """By pdfium; poppler turns the text round, and leaves such signs as they are drawn."""
    wanted = prepared(order(name=name, locale=locale))
    page = pdfium.PdfDocument(stamped(form_of(wanted), wanted.values))[0]

    assert name in page.get_textpage().get_text_range()
