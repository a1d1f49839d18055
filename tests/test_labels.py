"""Labels for patients: every barcode can be scanned, every name is whole, and nothing leaves its label."""

from __future__ import annotations

import datetime as dt
import itertools
import stat
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pikepdf
import pypdfium2 as pdfium
import pytest
import zxingcpp
from comparing import drawn
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paper import glyphs
from PIL import Image
from running import NAME
from stamping import FACES

from handouts.batch.labels import FLOOR, STOCKS, Label, Labelled, Stock, write_labels
from handouts.errors import OutputError
from handouts.press.shaping import Faces

calm = settings(deadline=None, max_examples=20)
DPI = 300
BORN, VISIT = dt.date(1980, 1, 2), dt.date(2026, 12, 7)
LONG = "Sample Patient With Two Whole Lines Of Names On Her Label"
NAMES = (NAME, "Иван Образец", LONG, "Παράδειγμα Ένα", "Nguyễn Văn Mẫu", "Sofia Beispiel-Straße")


def label(row: int, name: str = NAME, mrn: str | None = None, drug: str = "ocrelizumab") -> Label:
    return Label(row, name, BORN, mrn or f"{row * 7919:07}", drug, VISIT)


def written(out: Path, labels: list[Label], stock: Stock = STOCKS["avery5160"]) -> Labelled:
    return write_labels(str(out), labels, stock, Faces(FACES.folder))


class Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float


def boxes(stock: Stock) -> list[Box]:
    """Return where the labels of a sheet are, in points from its lower left corner."""
    found = []
    for row in range(stock.rows):
        for column in range(stock.columns):
            left, top = stock.left + column * stock.across, stock.paper[1] - stock.top - row * stock.down
            found.append(Box(left, top - stock.height, left + stock.width, top))
    return found


def sheets(pdf: Path) -> list[Image.Image]:
    with closing(pdfium.PdfDocument(pdf)) as document:
        return [page.render(scale=DPI / 72).to_pil().convert("L") for page in document]


def cut(sheet: Image.Image, box: Box, stock: Stock) -> Image.Image:
    """Return the picture of one label."""
    scale, height = DPI / 72, stock.paper[1]
    edges = (box.left, height - box.top, box.right, height - box.bottom)
    return sheet.crop(tuple(round(edge * scale) for edge in edges))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", STOCKS)
def test_every_label_is_scanned_and_read_in_its_place(kind: str, tmp_path: Path) -> None:
    stock = STOCKS[kind]
    places = stock.columns * stock.rows
    labels = [label(row, NAMES[row % len(NAMES)]) for row in range(2, places + 5)]
    found = written(tmp_path / "labels.pdf", labels, stock)
    assert found == Labelled(places + 3, 2, ())
    for number, sheet in enumerate(sheets(tmp_path / "labels.pdf")):
        on_page = glyphs(tmp_path / "labels.pdf")[number]
        for place, box in enumerate(boxes(stock)):
            picture = cut(sheet, box, stock)
            if number * places + place >= len(labels):
                assert picture.getextrema() == (255, 255)
                continue
            wanted = labels[number * places + place]
            assert [code.text for code in zxingcpp.read_barcodes(picture)] == [wanted.mrn]
            inside = [glyph for glyph in on_page if box.left <= glyph.left and glyph.right <= box.right]
            words = "".join(glyph.text for glyph in inside if box.bottom <= glyph.bottom and glyph.top <= box.top)
            said = f"{wanted.name}born Jan 2, 1980MRN {wanted.mrn}ocrelizumabDec 7, 2026"
            assert words == "".join(said.split())
            assert min(glyph.size for glyph in inside) >= FLOOR - 0.01


@pytest.mark.parametrize("kind", STOCKS)
def test_nothing_is_printed_near_the_edge_of_a_label(kind: str, tmp_path: Path) -> None:
    """A sheet may lie a sixteenth of an inch askew."""
    stock, slack = STOCKS[kind], 72 / 16
    labels = [
        label(row, LONG if row % 2 else "Ÿ" * 8, f"AB-{row:04}-CDEF", "methylprednisolone") for row in range(2, 40)
    ]
    assert written(tmp_path / "labels.pdf", labels, stock).problems == ()
    sheet = sheets(tmp_path / "labels.pdf")[0]
    for box in boxes(stock):
        inner = Box(box.left + slack, box.bottom + slack, box.right - slack, box.top - slack)
        white = Image.new("L", cut(sheet, inner, stock).size, 255)
        scale = DPI / 72
        sheet.paste(white, (round(inner.left * scale), round((stock.paper[1] - inner.top) * scale)))
    assert sheet.getextrema() == (255, 255)


@pytest.mark.parametrize("kind", STOCKS)
def test_the_labels_of_a_sheet_lie_evenly_on_it(kind: str) -> None:
    stock = STOCKS[kind]
    found = boxes(stock)
    width, height = stock.paper
    assert width - max(box.right for box in found) == pytest.approx(stock.left, abs=2.5)
    assert min(box.bottom for box in found) == pytest.approx(stock.top, abs=2.5)
    for one, other in itertools.pairwise(found):
        assert one.right <= other.left or other.top <= one.bottom + 0.01
    assert len(found) == {"avery5160": 30, "avery5161": 20, "l7160": 21}[kind]
    assert (width, height) == ((595.276, 841.89) if kind == "l7160" else (612, 792))


def test_what_does_not_fit_is_named_without_its_value_and_the_others_are_printed(tmp_path: Path) -> None:
    labels = [
        label(2),
        label(3, "Sample " * 30),
        label(4, mrn="Z-" * 18),
        label(5, mrn="Ж123"),
        label(6, drug="a drug whose name takes more room than there is on any label of this size"),
        label(7, "輸"),
        label(8),
    ]
    found = written(tmp_path / "labels.pdf", labels)
    assert (found.labels, found.sheets) == (2, 1)
    assert [str(problem) for problem in found.problems] == [
        "row 3: the name does not fit on a label",
        "row 4: the record number does not fit on a label",
        "row 4: the record number is too long for a barcode on a label",
        "row 5: the record number has a character that a barcode cannot hold",
        "row 6: the name of the drug does not fit on a label",
        "row 7: no font in this installation has U+8F38 CJK UNIFIED IDEOGRAPH-8F38 (輸)",
    ]
    assert all(problem.hint for problem in found.problems)
    codes = zxingcpp.read_barcodes(sheets(tmp_path / "labels.pdf")[0])
    assert {code.text for code in codes} == {labels[0].mrn, labels[-1].mrn}


def test_a_name_is_made_smaller_before_it_is_broken(tmp_path: Path) -> None:
    names = ("Sample Patient", "Sample Patient With A Longer Name", LONG)
    written(tmp_path / "labels.pdf", [label(row, name) for row, name in enumerate(names, start=2)])
    found = []
    for name, box in zip(names, boxes(STOCKS["avery5160"]), strict=False):
        inside = [glyph for glyph in glyphs(tmp_path / "labels.pdf")[0] if box.left <= glyph.left < box.right]
        letters = inside[: len(name.replace(" ", ""))]
        found.append((round(letters[0].size, 1), letters[0].top - letters[-1].bottom < 12))
    (first, one), (second, still_one), (third, two) = found
    assert (first, third) == (10, 8)
    assert 8 < second < 10
    assert (one, still_one, two) == (True, True, False)


@calm
@given(mrn=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=10))
@example(mrn="0")
@example(mrn="~^%<\\")
@example(mrn="0000000000")
@example(mrn="A1b2C3")
def test_a_barcode_holds_the_record_number_exactly(mrn: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("scanned") / "labels.pdf"
    assert written(out, [label(2, mrn=mrn)], STOCKS["avery5161"]).problems == ()
    assert [code.text for code in zxingcpp.read_barcodes(sheets(out)[0])] == [mrn]


def test_same_labels_same_bytes_for_their_owner_only_and_nobody_in_the_properties(tmp_path: Path) -> None:
    one, other = tmp_path / "one.pdf", tmp_path / "other.pdf"
    for out in (one, other):
        written(out, [label(2), label(3, "Παράδειγμα Ένα")])
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert one.read_bytes() == other.read_bytes()
    with pikepdf.open(one) as pdf:
        assert dict(pdf.docinfo.items()) == {
            "/Title": "Patient labels",
            "/Subject": "2 labels for the printer",
            "/Producer": "handouts",
        }
        assert pdf.Root.ViewerPreferences.PrintScaling == pikepdf.Name("/None"), "a scaled label misses its place"
    with pytest.raises(OutputError):
        written(tmp_path / "no such folder" / "labels.pdf", [label(2)])


def test_no_labels_are_an_empty_sheet(tmp_path: Path) -> None:
    assert written(tmp_path / "labels.pdf", []) == Labelled(0, 1, ())
    assert drawn(tmp_path / "labels.pdf")[0].convert("L").getextrema() == (255, 255)
