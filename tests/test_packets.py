"""The finished product: every sample of ``handouts demo``, read back from paper, and packets for difficult names."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from paper import (
    FOOT,
    collisions,
    feet,
    glyphs,
    heights,
    inked,
    letters,
    outside,
    read,
    read_feet,
    runs_of_pages,
    size_of,
    sizes,
    spaced,
    strings,
    structure,
    texts,
    whole_text,
    widowed_headings,
)
from running import CACHE, DOB, MRN, NAME, PATIENT, START, made, refused, run_outside
from shipped import FORMULARY, LANGUAGES, TEMPLATES, documents_of, drug_of
from stamping import GROUND, LIBRARY
from verapdf import FailedRule

from handouts.checks.catalogs import template
from handouts.commands.demo import PATIENT as DEMO_PATIENT
from handouts.commands.demo import START as DEMO_START
from handouts.commands.demo import Sample, samples
from handouts.content.clinic import sample_clinic
from handouts.content.facts import words
from handouts.content.language import Language
from handouts.content.person import read_order
from handouts.editions.shelf import Shelf
from handouts.gate import write_pages
from handouts.model import Order, Patient, Treatment
from handouts.packet import Desk, typesetting
from handouts.press.shaping import runs_backwards
from handouts.schedule import plan

Print = Callable[..., Path]

MESSAGES = template(TEMPLATES, FORMULARY)
DRAFT = next(str(message.id) for message in MESSAGES if str(message.id).startswith("DRAFT"))
UNREVIEWED = "This translation has not been reviewed by a qualified translator."
SAMPLES = {sample.file: sample for sample in samples(FORMULARY.ids(), list(LANGUAGES))}
PAPERS = {"letter": (612.0, 792.0), "a4": (595.28, 841.89)}
DEMO_DAY = dt.date.fromisoformat(DEMO_START)
UNPRINTABLE = 72 / 6
"""Office printers leave a sixth of an inch at the edges white."""

SPACED_NAME = (NAME + " Wilhelmina" * 20)[:120].strip()
LONG_NAMES = {
    "words": SPACED_NAME,
    "one-word": NAME + " " + "W" * (120 - len(NAME) - 1),
    "hyphens": NAME + " " + "Wilhelmina-" * 9,
}
CODE_NAMES = (
    f"{NAME} <b>Bold</b> & Co",
    f"{NAME} {{{{ 7 * 7 }}}} {{% raw %}} {{# gone #}}",
    f"{NAME} 100% %(drug)s %s {{0}}",
    f"{NAME} &lt;i&gt; &amp; \"quoted\" 'single' \\n",
)
OTHER_SCRIPTS = {
    "vietnamese": "Bệnh Nhân Mẫu Thử Nghiệm Đượm",
    "greek": "Δείγμα Ασθενή Ώΐ",
    "cyrillic": "Образец Пациента Ёж Їй",
}
"""Sample patients, in other words."""
NUOSU = "ꆈꌠ"
"""Yi: Unicode has it, and no bundled font."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What ``handouts demo`` makes, by file name."""
    out = tmp_path_factory.mktemp("demo")
    finished = made("demo", "--out", out)

    assert {path.name for path in out.glob("*.pdf")} == set(SAMPLES)
    assert [line.split("\t")[0] for line in finished.text.splitlines()] == ["file", *SAMPLES]
    return {path.name: path for path in out.glob("*.pdf")}


@pytest.fixture(scope="session")
def desk(demo: dict[str, Path]) -> Desk:
    """A desk with the forms of the samples."""
    return typesetting(sample_clinic(), LIBRARY, Shelf(Path(CACHE) / "handouts" / "forms"))


@pytest.fixture(scope="session")
def failed(demo: dict[str, Path], verapdf: Callable[..., dict[Path, list[FailedRule]]]) -> dict[str, list[FailedRule]]:
    """The PDF/UA-1 rules that each sample breaks."""
    return {path.name: rules for path, rules in verapdf(demo.values()).items()}


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Print:
    """A function that makes a packet by its options; the same options are made once."""
    known: dict[tuple[str, ...], Path] = {}
    out = tmp_path_factory.mktemp("packets")

    def made_once(drug: str, *options: str, name: str = NAME) -> Path:
        key = (drug, *options, name)
        if key not in known:
            path = out / f"{len(known)}.pdf"
            made("make", drug, *PATIENT, "--name", name, "--start", START, *options, "-o", path)
            known[key] = path
        return known[key]

    return made_once


def translated(language: Language, text: str, context: str | None = None) -> str:
    """Return ``text`` as the catalog has it; a text without a translation fails."""
    texts = language.translator()
    found = texts.pgettext(context, text) if context else texts.gettext(text)
    assert not texts.missing, f"{text!r} is not translated in {language.tag}"
    return found


def parts(text: str) -> list[str]:
    """Return ``text`` as parts that pdfium tells in order.

    In Arabic lines it turns round Latin words with hyphens, and numbers with the comma after them.
    """
    return re.split(r"[A-Za-z]+-[A-Za-z]+|[\d,]+،", text) if runs_backwards(text) else [text]


def page_numbers(language: Language, pages: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return n and m of "page n of m" at the foot of each page."""
    page, of = letters(translated(language, "page")), letters(translated(language, "of", "page n of m"))
    found = [re.findall(rf"{re.escape(page)}(\d+){re.escape(of)}(\d+)", text) for text in pages]
    assert all(len(numbers) == 1 for numbers in found), found
    return [(int(number), int(total)) for ((number, total),) in found]


def lengths(sample: Sample, path: Path) -> dict[str, int]:
    """Return how many pages each document of a sample has."""
    documents = documents_of(sample.packet, drug_of(sample.drug))
    counted = runs_of_pages(page_numbers(LANGUAGES[sample.locale], read_feet(path)))
    return dict(zip(documents, counted, strict=True))


each_sample = pytest.mark.parametrize("file", SAMPLES)


def test_the_demo_shows_every_drug_every_language_and_every_kind_of_paper() -> None:
    assert len(SAMPLES) >= 14
    shown = Counter(sample.locale for sample in SAMPLES.values() if sample.packet == "intake")
    assert shown["en"] == shown["es"] == len(FORMULARY.ids())
    assert {tag for tag, count in shown.items() if count >= 2} == set(LANGUAGES)
    others = {sample.drug for sample in SAMPLES.values() if sample.locale not in ("en", "es")}
    assert {sample.drug for sample in SAMPLES.values()} == others == set(FORMULARY.ids())
    assert {sample.size for sample in SAMPLES.values()} == {"standard", "large"}
    assert {sample.paper for sample in SAMPLES.values()} == {"letter", "a4"}
    assert {sample.packet for sample in SAMPLES.values()} == {"intake", "handout", "consent"}
    assert DEMO_PATIENT["name"] == NAME


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_drug_is_written_in_every_language(tag: str) -> None:
    desk, patient = typesetting(sample_clinic(), LIBRARY, ground=GROUND), Patient(NAME, dt.date.fromisoformat(DOB), MRN)
    for drug in FORMULARY.ids():
        given = Treatment(start=dt.date.fromisoformat(START), days=drug_of(drug).fewest_days)
        prepared = desk.prepare(Order(patient, drug, given, tag))

        written = write_pages(prepared.sheet, prepared.documents, prepared.values, LIBRARY)

        assert [document for document, _ in written] == list(prepared.documents)


# What a machine reads


@each_sample
def test_passes_pdf_ua(failed: dict[str, list[FailedRule]], file: str) -> None:
    assert failed[file] == []


@each_sample
def test_is_a_sound_pdf(demo: dict[str, Path], file: str) -> None:
    checked = subprocess.run(["qpdf", "--check", str(demo[file])], capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")


@each_sample
def test_says_its_language_and_its_title(demo: dict[str, Path], file: str) -> None:
    sample = SAMPLES[file]
    with pikepdf.open(demo[file]) as pdf:
        assert str(pdf.Root.Lang) == LANGUAGES[sample.locale].bcp47
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert drug_of(sample.drug).names.generic in str(pdf.docinfo["/Title"])
        with pdf.open_metadata() as xmp:
            assert xmp["dc:title"] == str(pdf.docinfo["/Title"])


@each_sample
def test_the_patient_is_nowhere_but_on_the_page(demo: dict[str, Path], file: str) -> None:
    language = LANGUAGES[SAMPLES[file].locale]
    dob = dt.date.fromisoformat(DEMO_PATIENT["dob"])
    private = [NAME, DEMO_PATIENT["mrn"], DEMO_PATIENT["dob"], DEMO_PATIENT["prescriber"]]
    private += [language.long(dob), language.medium(dob)]
    hidden = strings(demo[file])

    assert any("dc:title" in text for text in hidden), "the metadata was not read"
    assert [text for text in hidden for word in private if word in text] == []
    with pikepdf.open(demo[file]) as pdf:
        other = {key for key in pdf.docinfo.keys() if not key.startswith("/Handouts")}  # noqa: SIM118
        assert other <= {"/Title", "/Producer"}, "a date, an author or more"


@each_sample
def test_all_type_is_noto_sans_and_embedded(demo: dict[str, Path], file: str) -> None:
    listed = subprocess.run(["pdffonts", str(demo[file])], capture_output=True, text=True, check=True)
    fonts = [line.split() for line in listed.stdout.splitlines()[2:]]

    assert fonts
    for name, *_, embedded, subset, to_unicode, _number, _generation in fonts:
        assert re.fullmatch(r"[A-Z]{6}\+Noto-?Sans[A-Za-z-]*", name)
        assert (embedded, subset, to_unicode) == ("yes", "yes", "yes")


@each_sample
def test_the_sample_patient_fits_every_form(demo: dict[str, Path], desk: Desk, file: str) -> None:
    """Stamped, not set in full; and a desk that makes the packet alone makes the same."""
    sample = SAMPLES[file]
    days = {"days": str(drug_of(sample.drug).fewest_days)} if drug_of(sample.drug).fewest_days else {}
    way = {name: getattr(sample, name) for name in ("drug", "locale", "packet", "size", "paper")}
    packet = desk.packet(read_order({**DEMO_PATIENT, "start": DEMO_START, **way, **days}, DEMO_DAY, lambda text: []))

    assert packet.stamped
    assert packet.pdf == demo[file].read_bytes()


# What stands on every page


@each_sample
def test_every_foot_says_who_and_which(demo: dict[str, Path], file: str) -> None:
    language = LANGUAGES[SAMPLES[file].locale]
    dob = dt.date.fromisoformat(DEMO_PATIENT["dob"])
    said = [DEMO_PATIENT["name"], DEMO_PATIENT["mrn"], translated(language, DRAFT), translated(language, "SAMPLE")]
    said += [f"· {language.bcp47}"] + ([] if language.reviewed else [translated(language, UNREVIEWED)])
    form = re.compile(rf"{letters(translated(language, 'form'))}([0-9a-f]{{10}})·")

    for text in read_feet(demo[file]):
        assert [words for words in said if letters(words) not in text] == []
        assert letters(language.medium(dob)) in text or letters(language.long(dob)) in text
        assert form.search(text)
    assert len({match.group(1) for text in read_feet(demo[file]) for match in form.finditer(text)}) == 1


@each_sample
def test_every_document_numbers_its_own_pages(demo: dict[str, Path], file: str) -> None:
    counted = lengths(SAMPLES[file], demo[file])

    assert sum(counted.values()) == len(sizes(demo[file]))
    assert counted.get("schedule", 1) == 1, "the schedule is one page for the fridge"
    assert counted.get("card", 1) == 1


@each_sample
def test_the_paper_is_what_was_asked_for(demo: dict[str, Path], file: str) -> None:
    for size in sizes(demo[file]):
        assert size == pytest.approx(PAPERS[SAMPLES[file].paper], abs=0.1)


@each_sample
def test_nothing_is_clipped_or_printed_over_something_else(demo: dict[str, Path], file: str) -> None:
    assert outside(demo[file], UNPRINTABLE) == []
    assert collisions(demo[file]) == []


@each_sample
def test_nothing_is_printed_too_small(demo: dict[str, Path], file: str) -> None:
    floor = 12 if SAMPLES[file].size == "large" else 9

    assert {glyph.size for page in inked(demo[file]) for glyph in page if glyph.size < floor - 0.01} == set()


@each_sample
def test_body_text_has_its_size(demo: dict[str, Path], file: str) -> None:
    sample = SAMPLES[file]
    drug, language = drug_of(sample.drug), LANGUAGES[sample.locale]
    body = 18 if sample.size == "large" else 12
    counted = Counter(round(glyph.size, 1) for page in inked(demo[file]) for glyph in page)
    told = [effect.words for effect in drug.serious]
    if sample.packet != "consent":
        told += [sign.words for sign in (*drug.emergency, *drug.call)] + [rest.words for rest in drug.rest]

    assert counted.most_common(1)[0][0] == body
    for text in told:
        for part in parts(translated(language, text)):
            assert size_of(demo[file], part) >= body - 0.01, text


# How the pages are made up


@each_sample
def test_the_emergency_block_is_whole(demo: dict[str, Path], file: str) -> None:
    sample = SAMPLES[file]
    language = LANGUAGES[sample.locale]
    number = sample_clinic().phones.emergency
    heading = letters(translated(language, "Call %(number)s now").replace("%(number)s", number))
    signs = [part for sign in drug_of(sample.drug).emergency for part in parts(translated(language, sign.words))]
    if "handout" not in lengths(sample, demo[file]):
        pytest.skip("a packet without a handout")

    whole = [text for text in read(demo[file]) if heading in text]

    assert len(whole) == 1
    assert [sign for sign in signs if letters(sign) not in whole[0]] == []


@each_sample
def test_the_first_page_of_a_handout_is_complete(demo: dict[str, Path], file: str) -> None:
    sample = SAMPLES[file]
    if sample.packet == "consent" or sample.size == "large":
        pytest.skip("only a handout in standard size fits its essentials on a page")
    language, clinic = LANGUAGES[sample.locale], sample_clinic()
    first = read(demo[file])[0]
    drug = drug_of(sample.drug)
    visit = plan(drug, Treatment(dt.date.fromisoformat(DEMO_START), days=drug.fewest_days)).infusions[0]

    day = language.weekday(visit.date) + language.long(visit.date)
    who = (DEMO_PATIENT["name"], DEMO_PATIENT["mrn"], drug.names.generic, *drug.names.brands)
    bring = ("Bring with you", "Your ID and insurance card", *(item.words for item in drug.bring))
    phones = (clinic.phones.desk, clinic.phones.after_hours, clinic.phones.emergency)
    expected = [day, *who, *phones, *(translated(language, text) for text in bring)]

    assert [text for text in expected if letters(text) not in first] == []
    assert size_of(demo[file], day) == max(round(glyph.size, 1) for glyph in inked(demo[file])[0])


@each_sample
def test_no_row_and_no_item_is_split_and_no_heading_ends_a_page(demo: dict[str, Path], file: str) -> None:
    elements = structure(demo[file])
    rows = [element for element in elements if element.kind == "TR"]

    assert rows or SAMPLES[file].packet == "consent"
    assert [row for row in rows if len(set(row.pages)) > 1] == []
    assert [item for item in elements if item.kind == "LI" and len(set(item.pages)) > 1] == []
    assert widowed_headings(demo[file]) == []


@each_sample
def test_no_page_is_all_but_empty(demo: dict[str, Path], file: str) -> None:
    """Three lines on a page of their own are a mistake in the make-up."""
    four_lines = 4 * (25 if SAMPLES[file].size == "large" else 17)

    assert [number for number, used in enumerate(heights(demo[file]), start=1) if used < four_lines] == []


def test_large_print_is_reflowed_over_more_pages(demo: dict[str, Path]) -> None:
    compared = []
    for file, sample in SAMPLES.items():
        if sample.size == "large":
            standard = Sample(sample.drug, sample.locale)
            usual, large = lengths(standard, demo[standard.file]), lengths(sample, demo[file])
            compared += [(usual[document], large[document]) for document in large]

    assert compared
    assert all(usual < large for usual, large in compared)


@pytest.mark.parametrize("file", [file for file, sample in SAMPLES.items() if sample.locale != "en"])
def test_no_english_in_silence(demo: dict[str, Path], file: str) -> None:
    language = LANGUAGES[SAMPLES[file].locale]
    printed = whole_text(demo[file])
    english, own = set(), []
    for message in MESSAGES:
        for text in message.id if isinstance(message.id, tuple) else (message.id,):
            english |= {spaced(part) for part in re.split(r"%\(\w+\)s", text) if len(spaced(part)) > 12}
            own.append(spaced(language.translator().gettext(text)))
    same_in_both = {part for part in english if any(part in text for text in own)}
    card = drug_of(SAMPLES[file].drug).card
    if card:  # its back is for other doctors, in the clinic's own language
        english -= {spaced(text) for text in (*card.words, "To the doctor or nurse")}

    assert len(english) > 300
    assert len(same_in_both) < 10
    assert sorted(part for part in english - same_in_both if part in printed) == []


@pytest.mark.parametrize("file", [file for file, sample in SAMPLES.items() if sample.packet == "intake"])
def test_an_intake_packet_says_what_the_drug_file_says(demo: dict[str, Path], file: str) -> None:
    language, printed = LANGUAGES[SAMPLES[file].locale], "".join(read(demo[file]))
    keys = (
        "common",
        "serious",
        "call",
        "emergency",
        "use.words",
        "benefit",
        "contraindications",
        "pregnancy",
        "rest",
    )
    told = [text for key, text in words(drug_of(SAMPLES[file].drug)) if key.startswith(keys)]

    assert len(told) > 20
    assert [part for text in told for part in parts(translated(language, text)) if letters(part) not in printed] == []


# Large print


@pytest.fixture(scope="session")
def large(printed: Print) -> dict[str, Path]:
    """A handout in large print in languages whose lines are made up in other ways than English."""
    return {
        tag: printed("ublituximab", "--packet", "intake", "--size", "large", "--locale", tag)
        for tag in ("ar", "hi", "ru", "zh_Hans")
    }


def test_large_print_is_sound_in_every_kind_of_script(
    large: dict[str, Path], verapdf: Callable[..., dict[Path, list[FailedRule]]]
) -> None:
    assert {path.name: rules for path, rules in verapdf(large.values()).items() if rules} == {}
    signs = [sign.words for sign in (*drug_of("ublituximab").emergency, *drug_of("ublituximab").call)]
    for tag, path in large.items():
        # In Arabic this large, pdfium takes a first letter with a mark over it for the end of its line.
        said = [translated(LANGUAGES[tag], sign) for sign in signs if tag != "ar"]
        assert subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False).returncode == 0
        assert (outside(path, UNPRINTABLE), collisions(path), widowed_headings(path)) == ([], [], [])
        assert min(glyph.size for page in inked(path) for glyph in page) >= 12 - 0.01
        assert Counter(round(glyph.size, 1) for page in inked(path) for glyph in page).most_common(1)[0][0] == 18
        assert [sign for sign in said if size_of(path, sign) < 18 - 0.01] == []
        assert min(heights(path)) > 3 * 25


# The same again


ORDER = (*PATIENT, "--start", START, "--packet", "intake", "--prescriber", "Sample Prescriber")


def test_the_same_order_gives_the_same_bytes(tmp_path: Path) -> None:
    drug, cache = FORMULARY.ids()[0], tmp_path / "cache"
    worlds = (
        {"TZ": "Pacific/Kiritimati", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"},
        {"TZ": "America/Adak", "LC_ALL": "C", "PYTHONHASHSEED": "11", "SOURCE_DATE_EPOCH": "1"},
    )
    made("make", drug, *ORDER, "-o", tmp_path / "set.pdf", env={"XDG_CACHE_HOME": str(cache)})
    made("make", drug, *ORDER, "-o", tmp_path / "again.pdf", env={"XDG_CACHE_HOME": str(cache)})
    for number, world in enumerate(worlds):
        elsewhere = tmp_path / f"elsewhere-{number}"
        elsewhere.mkdir()
        out, own_cache = tmp_path / f"{number}.pdf", str(elsewhere / "cache")
        done = run_outside("make", drug, *ORDER, "-o", out, env={**world, "XDG_CACHE_HOME": own_cache}, cwd=elsewhere)
        assert done.code == 0, done.err

    assert len(list(tmp_path.glob("*.pdf"))) == 4
    assert len({path.read_bytes() for path in tmp_path.glob("*.pdf")}) == 1


def test_another_patient_has_the_same_form(tmp_path: Path, printed: Print) -> None:
    other = tmp_path / "other.pdf"
    made(
        "make",
        "ocrelizumab",
        "--name",
        "Another Sample",
        "--dob",
        "1975-05-06",
        "--mrn",
        "77",
        "--start",
        START,
        "--packet",
        "consent",
        "-o",
        other,
    )
    forms = {
        re.search(r"form ([0-9a-f]{10})", feet(path)[0])
        for path in (other, printed("ocrelizumab", "--packet", "consent"))
    }

    assert len({form.group(1) for form in forms if form}) == 1


# Names


@pytest.mark.parametrize(
    "options", [("--packet", "intake"), ("--packet", "handout", "--size", "large")], ids=["standard", "large"]
)
@pytest.mark.parametrize("name", LONG_NAMES.values(), ids=LONG_NAMES)
def test_a_long_name_is_whole_on_every_page(printed: Print, name: str, options: tuple[str, ...]) -> None:
    path = printed("alemtuzumab", *options, name=name)

    assert outside(path, UNPRINTABLE) == []
    assert collisions(path) == []
    for page, text in zip(glyphs(path), feet(path), strict=True):
        foot = "".join(glyph.text for glyph in page if glyph.top < FOOT)
        assert "".join(name.split()) in foot
        assert re.search(r"January 2, 1980|Jan 2, 1980", text)
        assert MRN in text
        assert re.search(r"page \d+ of \d+", text)


@pytest.mark.parametrize("name", CODE_NAMES)
def test_a_name_is_never_read_as_code(printed: Print, name: str) -> None:
    path = printed("ocrelizumab", "--packet", "consent", name=name)

    for text in feet(path):
        assert spaced(name) in text
    assert f"Name {name}" in texts(path)[0]


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("name", OTHER_SCRIPTS.values(), ids=OTHER_SCRIPTS)
def test_a_name_in_another_script_is_printed(printed: Print, name: str, locale: str) -> None:
    path = printed("ocrelizumab", "--packet", "consent", "--locale", locale, name=name)

    assert [text for text in feet(path) if name not in text] == []


def test_a_name_that_no_font_has_is_refused_by_name(tmp_path: Path) -> None:
    said = refused(
        5,
        "make",
        "ocrelizumab",
        "--name",
        f"{NAME} {NUOSU}",
        "--dob",
        DOB,
        "--mrn",
        MRN,
        "--start",
        START,
        "-o",
        tmp_path / "packet.pdf",
    )

    for char in NUOSU:
        assert f"U+{ord(char):04X}" in said
        assert char in said
    assert "name" in said
    assert list(tmp_path.iterdir()) == []


def test_only_a_patient_with_an_interpreter_gets_the_interpreter_s_block(printed: Print) -> None:
    title = "I am a qualified interpreter."
    with_one = printed("ocrelizumab", "--packet", "consent", "--interpreter", "Sample Interpreter 42")

    assert title in whole_text(with_one)
    assert "Sample Interpreter 42" in whole_text(with_one)
    assert title not in whole_text(printed("ocrelizumab", "--packet", "consent"))
