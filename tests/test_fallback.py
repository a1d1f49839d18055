"""What becomes of a patient whose language cannot be printed: refused, or English behind an interpreter slip."""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from babel import Locale, UnknownLocaleError
from paper import feet, letters, outside, texts
from rosters import as_csv, patient
from running import NAME, PATIENT, START, made, refused, run
from shipped import LOCALES
from stamping import GROUND, LIBRARY, order, stamped
from test_clinic import write as write_clinic
from verapdf import FailedRule

from handouts import resources
from handouts.content.clinic import sample_clinic
from handouts.content.language import locale_tags
from handouts.content.slip import read_slips
from handouts.content.tags import Tag, lookup, parse
from handouts.editions.provenance import provenance
from handouts.errors import LanguageError
from handouts.forms import identity_of, typeset_form
from handouts.packet import Desk, typesetting
from handouts.press.fonts import Coverage
from handouts.press.shaping import runs_backwards, script_of

SLIPS = read_slips(LOCALES)
ASK = "I need an interpreter"
MAKE = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "consent")
FALL_BACK = ("--fallback", "interpreter")
each_slip = pytest.mark.parametrize("tag", SLIPS)


def desk(*, fallback: str = "interpreter", locales: Path = LOCALES, **clinic: object) -> Desk:
    own = sample_clinic().model_copy(update=clinic)
    return typesetting(own, replace(LIBRARY, locales=locales), ground=GROUND, fallback=fallback)  # type: ignore[arg-type]


@pytest.fixture
def locales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped locales that commands read."""
    shipped = resources.folder
    copy = tmp_path / "locales"
    shutil.copytree(shipped("locales"), copy)
    monkeypatch.setattr(resources, "folder", lambda name: copy if name == "locales" else shipped(name))
    return copy


def change(locales: Path, old: str, new: str, tag: str = "es") -> None:
    catalog = locales / tag / "LC_MESSAGES" / "handouts.po"
    text = catalog.read_text(encoding="utf-8")
    assert old in text
    catalog.write_text(text.replace(old, new), encoding="utf-8")


# The slips


def test_there_are_slips_for_many_languages_and_for_every_one_with_a_catalog() -> None:
    assert len(SLIPS) >= 40
    assert len({slip.english_name for slip in SLIPS.values()}) == len(SLIPS)
    for tag in set(locale_tags(LOCALES)) - {"en"}:
        assert tag in SLIPS


@each_slip
def test_a_slip_is_found_by_its_own_tag(tag: str) -> None:
    """No two of them stand for the same reader."""
    found = parse(tag)

    assert isinstance(found, Tag)
    assert lookup(found, SLIPS) == tag


@each_slip
def test_a_slip_is_in_the_script_of_its_language(tag: str) -> None:
    slip, found = SLIPS[tag], parse(tag)
    assert isinstance(found, Tag)
    scripts = {"Hans": {"Hani"}, "Hant": {"Hani"}, "Jpan": {"Hani", "Hira", "Kana"}, "Kore": {"Hang"}}

    for text in (slip.name, slip.title, slip.language, slip.ask, slip.right):
        used = {script_of(char) for char in text if unicodedata.category(char).startswith("L")} - {""}
        assert used <= scripts.get(found.written, {found.written})
    assert slip.direction == ("rtl" if runs_backwards(slip.title) else "ltr")
    assert Coverage(LIBRARY.fonts).missing(slip.words.replace("\u200b", "")) == []
    assert unicodedata.is_normalized("NFC", slip.words)


@each_slip
def test_a_slip_says_four_things_and_names_its_own_language(tag: str) -> None:
    """The name is in the sentence, at least its stem: some languages decline it."""
    slip = SLIPS[tag]
    said = [text.replace("\u200b", "") for text in (slip.title, slip.language, slip.ask, slip.right)]

    assert len(set(said)) == 4
    assert len(said[2]) > max(len(said[0]), len(said[1]))
    own = {"zh_Hans": "中文", "zh_Hant": "中文"}.get(tag, slip.name).casefold()
    assert own[: max(2, len(own) * 2 // 3)] in said[1].casefold()
    try:
        english = str(Locale.parse(tag).get_language_name("en"))
    except UnknownLocaleError:
        english = slip.english_name  # CLDR has no dates for it
    known = {"fa": "Persian", "prs": "Dari", "fil": "Filipino"}
    assert known.get(tag, english) in slip.english_name


def slip_page(tag: str, size: str, folder: Path, paper: str = "letter") -> Path:
    """Return the slip alone, stamped for the sample patient."""
    found = desk().prepare(replace(order(size=size, paper=paper, locale="en"), slip=tag))
    alone = replace(found, documents=("slip",))
    alone = replace(alone, form=identity_of(alone, LIBRARY, GROUND))
    path = folder / f"{tag}-{size}.pdf"
    path.write_bytes(stamped(typeset_form(alone, LIBRARY), alone.values))
    return path


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every slip in large print, where it takes the most room."""
    folder = tmp_path_factory.mktemp("slips")
    return {tag: slip_page(tag, "large", folder) for tag in SLIPS}


@each_slip
def test_a_slip_is_one_page_that_says_it_all(tag: str, pages: dict[str, Path]) -> None:
    slip, path = SLIPS[tag], pages[tag]
    (page,) = texts(path)
    (foot,) = feet(path)

    assert outside(path, 12) == []
    assert "page 1 of 1" in foot
    assert f"en+{slip.bcp47}" in foot
    assert NAME in foot
    assert f"For the staff: language {slip.english_name}" in page
    assert ASK in page
    assert "The packet is in English, because there is no approved translation" in page
    assert f"The sentences in {slip.english_name} have not been reviewed by a qualified translator." in page
    assert page.count(NAME) == 2
    assert "Name of the interpreter" in page
    assert slip.note is None or letters(slip.note) in letters(page)


@each_slip
def test_a_slip_reads_as_it_is_written(tag: str, pages: dict[str, Path]) -> None:
    """The sentences stand in the page in their language, each with all of its characters."""
    slip = SLIPS[tag]
    with pdfium.PdfDocument(pages[tag]) as document:
        page = document[0].get_textpage()
        found = page.get_text_bounded()
    wanted = " ".join((slip.title, slip.language, slip.ask, slip.right))

    def counted(text: str) -> set[str]:
        return {char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char)[0] == "L"}

    assert counted(wanted) <= counted(found)
    if slip.direction == "ltr":
        assert letters(slip.ask.replace("\u200b", "")) in letters(found.replace("\u200b", ""))


def languages(path: Path) -> set[str]:
    """Return the languages that parts of a PDF are tagged with, and that of the whole."""
    with pikepdf.open(path) as pdf:
        tagged = {str(item.Lang) for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/Lang" in item}
        return tagged | {str(pdf.Root.Lang)}


def test_slips_are_accessible(
    pages: dict[str, Path], verapdf: Callable[[Iterable[Path]], dict[Path, list[FailedRule]]]
) -> None:
    assert {path.stem: rules for path, rules in verapdf(pages.values()).items() if rules} == {}
    for tag, path in pages.items():
        assert languages(path) == {"en", SLIPS[tag].bcp47}


# Who gets one


def test_without_being_asked_nothing_is_printed_in_english(tmp_path: Path) -> None:
    for tag in ("so", "zh-TW", "prs", "tl"):
        said = refused(4, *MAKE, "--locale", tag, "-o", tmp_path / "packet.pdf")
        assert "there is no translation for" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "tag", "name"),
    [
        ("so", "so", "Somali"),
        ("zh-HK", "zh-Hant", "Chinese (traditional characters)"),
        ("yue", "yue", "Cantonese"),
        ("prs", "prs", "Dari"),
        ("tl", "fil", "Tagalog (Filipino)"),
    ],
)
def test_english_behind_a_slip(given: str, tag: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "packet.pdf"
    said = made(*MAKE, "--locale", given, *FALL_BACK, "-o", path).err
    first, *others = texts(path)
    found = provenance(path.read_bytes())

    assert "slip, consent; " in said
    assert f"no approved translation into {name}: the packet is in English" in said
    assert ASK in first
    assert "Consent to treatment with ocrelizumab" in others[0]
    assert all(f"en+{tag}" in foot for foot in feet(path))
    assert "page 1 of 1" in feet(path)[0]
    assert found is not None
    assert (found.origin.dress.locale, found.origin.dress.title, found.altered) == ("en", f"consent+slip-{tag}", False)
    assert (found.origin.dress.packet, found.origin.dress.slip) == ("consent", tag)
    assert "current" in made("verify", path).text


@pytest.mark.parametrize("given", ["en", "es", "es-MX", "pt-PT", "zh"])
def test_a_language_that_is_there_needs_no_slip(given: str) -> None:
    wanted = order(locale=given)
    with_slips, without = desk().prepare(wanted), desk(fallback="refuse").prepare(wanted)

    assert with_slips.sheet.slip is None
    assert with_slips.key == without.key


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('msgstr "No cura la EM."', 'msgstr "Cura la EM."', id="a wrong translation"),
        pytest.param('msgstr "Firma"', 'msgstr ""', id="a missing translation"),
        pytest.param('msgid "Signature"', '#, fuzzy\nmsgid "Signature"', id="a guessed translation"),
    ],
)
def test_a_language_is_printed_only_when_its_texts_are_right(locales: Path, old: str, new: str) -> None:
    change(locales, old, new)
    wanted = order("ocrelizumab", locale="es-MX")
    prepared = desk(locales=locales).prepare(wanted)

    assert prepared.origin.dress.locale == "en"
    assert prepared.origin.dress.title == "consent+slip-es"
    assert prepared.documents[0] == "slip"
    with pytest.raises(LanguageError):
        desk(fallback="refuse", locales=locales).packet(wanted)


def test_only_the_document_that_lacks_a_text_falls_back(locales: Path) -> None:
    change(locales, 'msgstr "Firma"', 'msgstr ""')  # only a consent is signed
    found = {name: desk(locales=locales).prepare(order(packet=name, locale="es")) for name in ("handout", "consent")}

    assert found["handout"].origin.dress.title == "handout"
    assert found["consent"].origin.dress.title == "consent+slip-es"


def test_the_clinic_s_own_lines_count_as_texts(tmp_path: Path) -> None:
    own = write_clinic(tmp_path, 'bring = [{ en = "Bring a sweater." }]\n')
    path = tmp_path / "packet.pdf"
    words = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "handout", "--locale", "vi")

    assert "bring[0]" in refused(4, "--clinic", own, *words, "-o", path)
    made("--clinic", own, *words, *FALL_BACK, "-o", path)
    assert "Bring a sweater." in " ".join(texts(path))


def test_a_language_without_a_slip_is_refused_for_both_reasons(tmp_path: Path) -> None:
    said = refused(4, *MAKE, "--locale", "quc", *FALL_BACK, "-o", tmp_path / "packet.pdf")

    assert "there is no translation for 'quc'" in said
    assert "there is no interpreter slip for 'quc' either" in said
    assert "call an interpreter" in said


def test_a_slip_that_no_font_can_print_is_refused_by_name(locales: Path, tmp_path: Path) -> None:
    with (locales / "slips.toml").open("a", encoding="utf-8") as file:
        file.write('[[slip]]\ntag = "ii"\nname = "ꆈꌠ"\nenglish_name = "Sichuan Yi"\ndirection = "ltr"\n')
        file.write('title = "ꆈ"\nlanguage = "ꆈꌠ"\nask = "ꌠ"\nright = "ꌠꆈ"\n')
    said = refused(4, *MAKE, "--locale", "ii", *FALL_BACK, "-o", tmp_path / "packet.pdf")

    assert "no font in this installation can print the slip in Sichuan Yi" in said


def test_the_clinic_decides_and_the_command_line_may_say_otherwise(tmp_path: Path) -> None:
    own, path = write_clinic(tmp_path, 'fallback = "interpreter"\n'), tmp_path / "packet.pdf"

    made("--clinic", own, *MAKE, "--locale", "so", "-o", path)
    assert ASK in texts(path)[0]
    refused(4, "--clinic", own, *MAKE, "--locale", "so", "--fallback", "refuse", "-o", path)


def test_how_a_clinic_falls_back_changes_no_form() -> None:
    assert desk(fallback="interpreter").prepare(order()).key == desk().prepare(order()).key


# Rosters


def batch(folder: Path, *options: object) -> tuple[int, list[dict[str, object]]]:
    code = run("batch", folder / "roster.csv", "--out", folder / "out", "--jobs", "1", *options).code
    lines = (folder / "out" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return code, [json.loads(line) for line in lines]


def test_a_roster_is_judged_and_made_alike(tmp_path: Path) -> None:
    rows = [patient(n, locale=tag, packet="consent") for n, tag in enumerate(("en", "so", "zh-TW", "quc"))]
    (tmp_path / "roster.csv").write_text(as_csv(rows, (*rows[0],)), encoding="utf-8")

    code, lines = batch(tmp_path)
    assert code == 1
    assert [line["status"] for line in lines] == ["made", "refused", "refused", "refused"]

    code, lines = batch(tmp_path, *FALL_BACK)
    assert code == 1
    assert [(line["status"], line["locale"], line["packet"]) for line in lines] == [
        ("made", "en", "consent"),
        ("made", "en", "consent+slip-so"),
        ("made", "en", "consent+slip-zh-Hant"),
        ("refused", "quc", "consent"),
    ]
    for line in lines[1:3]:
        path = tmp_path / "out" / str(line["file"])
        found = provenance(path.read_bytes())
        assert found is not None
        assert (found.origin.dress.title, found.form) == (line["packet"], line["form"])
    checked = json.loads(run("check", tmp_path / "roster.csv", "--json", *FALL_BACK).text)
    assert (checked["refused"], {problem["row"] for problem in checked["problems"]}) == (1, {5})
    said = json.loads(run("batch", tmp_path / "roster.csv", "--out", tmp_path / "out", "--json", *FALL_BACK).text)
    assert (said["already_made"], said["interpreter_slips"]) == (3, 2)

    code, lines = batch(tmp_path)
    assert [line["status"] for line in lines] == ["made", "refused", "refused", "refused"], "what is there is no excuse"


def test_two_tags_with_one_slip_are_the_same_order(tmp_path: Path) -> None:
    rows = [patient(1, locale=tag, packet="consent") for tag in ("so", "so-SO", "vi", "vi-US")]
    (tmp_path / "roster.csv").write_text(as_csv(rows, (*rows[0],)), encoding="utf-8")

    _, lines = batch(tmp_path, *FALL_BACK)

    assert [line["status"] for line in lines] == ["made", "refused", "made", "refused"]


def test_a_language_that_cannot_be_read_refuses_its_own_patients_only(locales: Path, tmp_path: Path) -> None:
    (locales / "es" / "locale.toml").write_text("broken", encoding="utf-8")
    rows = [patient(n, locale=tag, packet="consent") for n, tag in enumerate(("en", "es", "so"))]
    (tmp_path / "roster.csv").write_text(as_csv(rows, (*rows[0],)), encoding="utf-8")

    _, lines = batch(tmp_path, *FALL_BACK)

    assert [line["status"] for line in lines] == ["made", "refused", "made"]


# Editions


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("edition") / "slips.edition"
    words = (
        "--drug",
        "ocrelizumab",
        "--locale",
        "en",
        "--packet",
        "consent",
        *FALL_BACK,
        "--slip",
        "so",
        "--slip",
        "tl",
    )
    made("edition", "build", "--out", path, *words, "--jobs", "2")
    return path


def test_an_edition_has_the_slips_that_were_named(edition: Path, tmp_path: Path) -> None:
    listed = json.loads(made("edition", "list", edition, "--json").text)
    words = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "consent", "--edition", edition)
    path = tmp_path / "packet.pdf"

    assert {entry["packet"] for entry in listed} == {"consent", "consent+slip-so", "consent+slip-fil"}
    made(*words, "--locale", "so", "-o", path)  # the edition keeps how its clinic falls back
    assert ASK in texts(path)[0]
    assert "current" in made("verify", path, "--edition", edition).text
    assert "has no form for this order" in refused(5, *words, "--locale", "vi", "-o", path)


def test_a_form_with_a_slip_is_approved_like_any_other(edition: Path, tmp_path: Path) -> None:
    copy, path = tmp_path / "copy.edition", tmp_path / "packet.pdf"
    shutil.copyfile(edition, copy)
    made("edition", "approve", "all", "--edition", copy, "--by", "Sample Pharmacist", "--role", "pharmacist")
    words = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "consent", "--edition", copy)

    made(*words, "--locale", "so", "-o", path)
    assert all("DRAFT" not in page for page in texts(path))


def test_slips_are_built_only_for_who_falls_back(tmp_path: Path) -> None:
    said = refused(2, "edition", "build", "--out", tmp_path / "e", "--slip", "so")

    assert "--fallback interpreter" in said
    assert "'quc'" in refused(4, "edition", "build", "--out", tmp_path / "e", "--slip", "quc", *FALL_BACK)


def test_a_clinic_that_prints_no_drafts_prints_none_behind_a_slip() -> None:
    strict = desk(unapproved="refuse")

    with pytest.raises(LanguageError, match="is not approved"):
        strict.packet(order(locale="so"))
