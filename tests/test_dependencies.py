"""What others make: the lock says the same as ``pyproject.toml``, and what is private to them is as we use it.

Where a test of the second half fails after an update, the update changed what it names; the library has an upper bound
in ``pyproject.toml`` that should have kept it away.
"""

from __future__ import annotations

import inspect
import io
import re
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pikepdf
import pytest
import weasyprint
from babel import Locale
from babel.core import get_global
from babel.dates import match_skeleton
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import PoFileError, PoFileParser, normalize
from bidi import algorithm as bidi
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFName, PDFStream
from reportlab.pdfgen.canvas import Canvas
from weasyprint.text.ffi import pango
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from handouts.resources import folder

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = WRITTEN["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
BUILD: list[str] = WRITTEN["build-system"]["requires"]
PYTHONS = ("3.11.0", "3.12.0", "3.13.0", "3.13.9")
LEANED_ON = ("babel", "openpyxl", "pydyf", "python-bidi", "reportlab", "weasyprint")
"""What the second half of this file is about."""


# The lock


class Locked(NamedTuple):
    """An entry of a file of ``requirements/``."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def version(self) -> str:
        (pin,) = self.requirement.specifier
        assert pin.operator == "=="
        return pin.version


def locked(name: str) -> list[Locked]:
    """Return the entries of ``requirements/<name>.txt``."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line for line in text.splitlines() if line and not line.lstrip().startswith("#"))
    entries = ([part.strip() for part in line.split("--hash=")] for line in lines)
    return [Locked(Requirement(requirement), tuple(hashes)) for requirement, *hashes in entries]


WANTED = {
    "run": PROJECT["dependencies"],
    "build": [*BUILD, "editables"],
    **{extra: [*PROJECT["dependencies"], *wanted] for extra, wanted in EXTRAS.items()},
}
"""What each file of the lock is for; that of an extra says what it needs beside ``run``."""
each_file = pytest.mark.parametrize("name", WANTED)


def test_there_is_a_file_for_every_purpose() -> None:
    assert {path.stem for path in (ROOT / "requirements").iterdir()} == set(WANTED)


@pytest.mark.parametrize("python", PYTHONS)
@each_file
def test_the_lock_has_what_is_wanted_within_its_bounds(name: str, python: str) -> None:
    entries = locked(name) + (locked("run") if name in EXTRAS else [])
    world = {"python_full_version": python, "python_version": python.rpartition(".")[0], "extra": ""}
    found = {
        canonicalize_name(entry.requirement.name): entry.version
        for entry in entries
        if not entry.requirement.marker or entry.requirement.marker.evaluate(world)
    }

    for requirement in map(Requirement, WANTED[name]):
        assert requirement.specifier.contains(found[canonicalize_name(requirement.name)]), requirement


def test_every_file_has_the_same_versions() -> None:
    """They go into one environment."""
    found: dict[str, set[str]] = {}
    for entry in [entry for name in WANTED for entry in locked(name)]:
        found.setdefault(f"{entry.requirement.name} {entry.requirement.marker or ''}", set()).add(entry.version)

    assert {name: versions for name, versions in found.items() if len(versions) > 1} == {}


@each_file
def test_every_entry_has_hashes(name: str) -> None:
    for entry in locked(name):
        assert entry.hashes, entry.requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in entry.hashes)


@each_file
def test_the_lock_names_no_place(name: str) -> None:
    """Where packages come from is a matter of whoever installs them."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    options = set(re.findall(r"(?<!\S)-{1,2}[a-z][a-z-]*", text))

    assert not re.search(r"://|\bfile:|(^|\s)/|@", text)
    assert options == {"--hash"}


def test_what_is_leaned_on_has_an_upper_bound() -> None:
    bounds = {requirement.name: requirement.specifier for requirement in map(Requirement, PROJECT["dependencies"])}

    assert {name for name, bound in bounds.items() if any(part.operator == "<" for part in bound)} == set(LEANED_ON)


# What is private


def takes(function: Callable[..., Any], *names: str) -> bool:
    """Whether ``function`` has parameters with these ``names``."""
    return set(names) <= set(inspect.signature(function).parameters)


class Made(NamedTuple):
    """What WeasyPrint gives to a finisher."""

    document: Any
    pdf: Any


HTML = """<html lang=en><title>t</title><body style="font-family: 'Noto Sans'">
<p id=here>One <b>two</b> <span lang=es>tres</span></p><p style="position: absolute">away</p>"""


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Made:
    """A page as ``press.tags`` gets it."""
    monkeypatch.setenv("FONTCONFIG_FILE", str(folder("fonts") / "fonts.conf"))
    made: list[Made] = []
    document = weasyprint.HTML(string=HTML).render(font_config=FontConfiguration(), pdf_variant="pdf/ua-1")
    copied = document.copy(document.pages)
    copied.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True, finisher=lambda *given: made.append(Made(*given)))
    return made[0]


def boxes(box: Any) -> Iterator[Any]:
    box = getattr(box, "_box", box)
    yield box
    for child in getattr(box, "children", ()):
        yield from boxes(child)


def at(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def test_weasyprint_page_box_has_texts_with_their_language_and_weight(pages: Made) -> None:
    texts = [box for box in boxes(pages.document.pages[0]._page_box) if hasattr(box, "text")]
    said = {box.text.strip(): (box.style["lang"], box.style["font_weight"] >= 600) for box in texts}

    assert said["One"] == ("en", False)
    assert said["two"] == ("en", True)
    assert said["tres"] == ("es", False)


def test_weasyprint_placeholder_box(pages: Made) -> None:
    """What is positioned absolutely stands behind a placeholder."""

    def behind(box: Any) -> Iterator[Any]:
        if hasattr(box, "_box"):
            yield box._box
        for child in getattr(box, "children", ()):
            yield from behind(child)

    found = [one for box in behind(pages.document.pages[0]._page_box) for one in boxes(box)]
    assert "away" in {box.text for box in found if hasattr(box, "text")}


def test_weasyprint_page_anchors_are_rectangles(pages: Made) -> None:
    left, top, right, bottom = pages.document.pages[0].anchors["here"]

    assert left < right
    assert top < bottom


def test_pydyf_objects_are_where_the_tags_are_made(pages: Made) -> None:
    pdf = pages.pdf
    nums = at(pdf, at(pdf, pdf.catalog["StructTreeRoot"])["ParentTree"])["Nums"]
    (kid,) = [pdf.objects[number] for number in pdf.pages["Kids"][::3]]
    elements = [at(pdf, reference) for reference in nums[1::2][0]]

    assert pdf.catalog["Lang"].string == "en"
    assert {"/Span"} <= {element["S"] for element in elements}
    assert all(isinstance(element["K"][0], int) for element in elements if element["S"] == "/Span")
    assert [part for part in at(pdf, kid["Contents"]).stream if isinstance(part, dict) and "MCID" in part]


def test_pydyf_fonts_say_what_their_glyphs_are(pages: Made) -> None:
    fonts = [font for font in pages.pdf.objects if isinstance(font, dict) and "ToUnicode" in font]
    tables = [at(pages.pdf, font["ToUnicode"]).stream for font in fonts]

    assert {font["BaseFont"].decode().partition("+")[2] for font in fonts} == {"Noto-Sans", "Noto-Sans-Bold"}
    assert all(any(re.fullmatch(rb"<[0-9a-f]{4}> <[0-9a-f]*>", line) for line in table) for table in tables)


def test_weasyprint_url_fetcher_can_be_held_to_files() -> None:
    assert takes(URLFetcher.__init__, "allowed_protocols", "allow_redirects", "fail_on_errors")
    assert takes(URLFetcher.fetch, "url", "headers")
    assert issubclass(FatalURLFetchingError, BaseException)


def test_weasyprint_text_ffi_pango_says_its_version() -> None:
    assert pango.pango_version() > 15000


def test_bidi_algorithm_gives_levels() -> None:
    storage = bidi.get_empty_storage()
    storage["base_level"] = bidi.get_base_level("ab אב 12")
    storage["base_dir"] = "L"
    bidi.get_embedding_levels("ab אב 12", storage)
    bidi.explicit_embed_and_overrides(storage)
    bidi.resolve_weak_types(storage)
    bidi.resolve_neutral_types(storage, False)
    bidi.resolve_implicit_levels(storage, False)

    assert [(char["ch"], char["level"]) for char in storage["chars"]] == list(
        zip("ab אב 12", (0, 0, 0, 1, 1, 1, 2, 2), strict=True)
    )
    assert bidi.get_base_level("אב") == 1


def test_reportlab_canvas_keeps_its_code_and_takes_a_form_that_is_packed() -> None:
    file = io.BytesIO()
    canvas: Any = Canvas(file, pagesize=(100, 100), invariant=1, pageCompression=1, lang="en-US")
    text = canvas.beginText()
    text.setFont("Helvetica", 9)
    text.textOut("x")
    canvas.beginForm("drawing")
    canvas.addLiteral("0 0 1 1 re f")
    assert isinstance(canvas._preamble, str)
    assert canvas._code[-1] == "0 0 1 1 re f"
    drawn = zlib.compress("\n".join([canvas._preamble, *canvas._code]).encode("ascii"))
    canvas.endForm(Contents=PDFStream(PDFDictionary({"Filter": PDFName("FlateDecode")}), drawn), stream=b"")
    canvas.doForm("drawing")
    canvas.save()

    assert "(x)" in text.getCode()
    with pikepdf.open(file) as pdf:
        ((_, form),) = pdf.pages[0].Resources.XObject.items()
        assert b"0 0 1 1 re f" in form.read_bytes()


def test_reportlab_barcodes_give_their_modules() -> None:
    symbol: Any = Code128("000123", barWidth=1, barHeight=1, quiet=False, humanReadable=False)
    bars: list[tuple[float, ...]] = []
    symbol.rect = lambda *place: bars.append(place)
    symbol.draw()
    code: Any = QrCodeWidget("000123", barLevel="Q", barBorder=0)
    code.qr.make()

    assert {len(bar) for bar in bars} == {4}
    assert len(code.qr.modules) == len(code.qr.modules[0]) == 21
    assert {bool(dark) for row in code.qr.modules for dark in row} == {True, False}


def test_babel_catalogs_are_read_message_by_message() -> None:
    kept: list[Message] = []

    class Keeping(Catalog):
        def __setitem__(self, id: Any, message: Message) -> None:
            kept.append(message)
            super().__setitem__(id, message)

    lines = ['msgid ""', 'msgstr "Plural-Forms: nplurals=1; plural=0;\\n"', "", 'msgid "One"', 'msgstr "Uno"']
    catalog = Keeping(locale="es")
    PoFileParser(catalog, abort_invalid=True).parse(lines)

    assert [(message.id, message.string, message.lineno) for message in kept][1:] == [("One", "Uno", 4)]
    assert (catalog.num_plurals, catalog.plural_expr) == (1, "0")
    assert normalize("One", width=90) == '"One"'
    with pytest.raises(PoFileError) as failed:
        PoFileParser(Catalog(locale="es"), abort_invalid=True).parse([*lines, "garbage"])
    assert failed.value.lineno == 5


def test_babel_messages_are_found_in_python() -> None:
    source = io.BytesIO(b'# TRANSLATORS: why\n_gettext("One")\n')

    assert list(extract_python(source, {"_gettext": None}, ["TRANSLATORS:"], {})) == [
        (2, "_gettext", "One", ["TRANSLATORS: why"])
    ]


def test_babel_global_data_has_parents_and_likely_tags() -> None:
    assert get_global("parent_exceptions")["es_MX"] == "es_419"
    assert get_global("likely_subtags")["zh"] == "zh_Hans_CN"
    assert match_skeleton("yMMMMd", Locale("en").datetime_skeletons)


def test_openpyxl_says_where_a_sheet_lies(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    openpyxl.Workbook().save(path)
    workbook = openpyxl.load_workbook(path, read_only=True)
    (sheet,) = workbook.worksheets

    with zipfile.ZipFile(path) as archive:
        assert sheet._worksheet_path in archive.namelist()
    workbook.close()
