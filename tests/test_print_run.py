"""A print run: every packet as it is in its own file, each on sheets of its own, and what they share only once."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from comparing import drawn, read
from hypothesis import example, given, settings
from hypothesis import strategies as st
from running import NAME
from stamping import FACES, form_of, order, prepared, stamped

from handouts.batch.manifest import Line
from handouts.batch.printrun import Printed, write_print_run
from handouts.batch.separator import language
from handouts.errors import InputError, OutputError
from handouts.press.shaping import Faces

calm = settings(deadline=None, max_examples=100)
BLANK = {"en": "This page is blank on purpose.", "es": "Esta página está en blanco a propósito."}
PEOPLE = ("Sample Patient One", "Иван Образец", "Sample Patiént Zwei", "Παράδειγμα Τέσσερα", "Sample Patient Vijf")
DOCUMENTS = (("card",), ("schedule",), ("card",), ("card", "schedule"), ("card",))
LOCALES = ("en", "es", "en", "en", "es")
PAPERS = ("letter", "a4", "letter", "letter", "letter")


class Batch:
    """Packets in a folder, their lines, and the name of each patient."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[Line] = []
        self.names: list[str] = []

    def add(self, name: str, mrn: str, documents: tuple[str, ...], locale: str = "en", paper: str = "letter") -> None:
        wanted = prepared(order("alemtuzumab", name=name, mrn=mrn, locale=locale, paper=paper), documents)
        form = form_of(wanted)
        data = stamped(form, wanted.values)
        row = len(self.lines) + 2
        file = f"{row}.pdf"
        (self.folder / file).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        made = ("made", file, digest, form.pages, form.id)
        self.lines.append(Line(row, mrn, "alemtuzumab", locale, "consent", *made))
        self.names.append(name)

    def paths(self) -> list[Path]:
        return [self.folder / str(line.file) for line in self.lines]


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Five people with packets of different lengths, languages and papers."""
    found = Batch(tmp_path_factory.mktemp("batch"))
    for at, name in enumerate(PEOPLE):
        found.add(name, f"QX-77{at}31", DOCUMENTS[at], LOCALES[at], PAPERS[at])
    return found


def print_run(
    batch: Batch, out: Path, lines: list[Line] | None = None, *, duplex: bool = True, separators: bool = True
) -> Printed:
    chosen = batch.lines if lines is None else lines
    faces = Faces(FACES.folder)
    return write_print_run(
        str(out), chosen, batch.folder, faces, BLANK.__getitem__, duplex=duplex, separators=separators
    )


@pytest.fixture(scope="module")
def run(batch: Batch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "run.pdf"
    print_run(batch, out)
    return out


def starts(batch: Batch, *, duplex: bool, separators: bool) -> list[int]:
    """Return the page, from 0, on which each packet begins when counted by hand."""
    found, at = [], 0
    for path in batch.paths():
        at += (2 if duplex else 1) if separators else 0
        found.append(at)
        pages = len(drawn(path))
        at += pages + (pages % 2 if duplex else 0)
    return found


@pytest.mark.parametrize("duplex", [True, False])
@pytest.mark.parametrize("separators", [True, False])
def test_pages_are_those_of_the_packets_to_the_last_pixel(
    batch: Batch, tmp_path: Path, duplex: bool, separators: bool
) -> None:
    out = tmp_path / "run.pdf"
    printed = print_run(batch, out, duplex=duplex, separators=separators)
    pages, words = drawn(out), read(out)
    assert len(pages) == printed.pages
    own = set()
    begins = starts(batch, duplex=duplex, separators=separators)
    for start, path in zip(begins, batch.paths(), strict=True):
        for at, (picture, text) in enumerate(zip(drawn(path), read(path), strict=True), start=start):
            assert pages[at].size == picture.size
            assert pages[at].tobytes() == picture.tobytes()
            assert words[at] == text
            own.add(at)
    others = [words[at] for at in range(len(pages)) if at not in own]
    blanks = {"".join(text.split()) for text in BLANK.values()}
    assert sum(text in blanks for text in others) == (
        0 if not duplex else printed.pages % 2 + len(others) - 5 * separators
    )
    assert sum("Separatorsheet" in text for text in others) == 5 * separators


def test_each_packet_begins_on_a_front_side_and_an_odd_one_ends_with_a_blank_back(batch: Batch, run: Path) -> None:
    words = read(run)
    begins = starts(batch, duplex=True, separators=True)
    assert all(start % 2 == 0 for start in begins)
    lengths = [len(drawn(path)) for path in batch.paths()]
    assert {length % 2 for length in lengths} == {0, 1}
    for start, length, locale in zip(begins, lengths, LOCALES, strict=True):
        blank = "".join(BLANK[locale].split())
        assert words[start - 1] == blank, "the back of the separator"
        if length % 2:
            assert words[start + length] == blank


def test_separators_and_blank_backs_have_the_size_of_their_packet(batch: Batch, run: Path) -> None:
    with pikepdf.open(run) as pdf:
        boxes = [[float(edge) for edge in page.mediabox] for page in pdf.pages]
    begins = starts(batch, duplex=True, separators=True)
    for start, path in zip(begins, batch.paths(), strict=True):
        with pikepdf.open(path) as packet:
            size = [float(edge) for edge in packet.pages[0].mediabox]
        length = len(drawn(path))
        assert boxes[start - 2 : start + length + length % 2] == [pytest.approx(size)] * (2 + length + length % 2)
    assert len({tuple(box) for box in boxes}) == 2


def test_a_separator_tells_which_row_follows(batch: Batch, run: Path) -> None:
    words = read(run)
    for start, line in zip(starts(batch, duplex=True, separators=True), batch.lines, strict=True):
        said = words[start - 2]
        form = str(line.form)[:10]
        for fact in (str(line.row), line.mrn, line.drug, line.packet, f"Pages{line.pages}", form):
            assert fact in said
        assert "".join(language(line.locale).split()) in said


def test_languages_are_named_in_english() -> None:
    assert language("zh-Hant") == "Chinese (Traditional) (zh-Hant)"
    assert language("es") == "Spanish (es)"
    assert language("qqx") == "qqx"


def reachable(item: pikepdf.Object, seen: set[tuple[int, int]]) -> Iterator[pikepdf.Object]:
    """Yield the objects of a file that ``item`` refers to, the page tree left out."""
    if item.is_indirect:
        if item.objgen in seen:
            return
        seen.add(item.objgen)
        yield item
    parts = list(item) if isinstance(item, pikepdf.Array) else []
    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        parts = [part for key, part in item.items() if key not in ("/Parent", "/Annots")]
    for part in parts:
        if isinstance(part, pikepdf.Object):
            yield from reachable(part, seen)


def test_a_page_refers_to_what_it_refers_to_in_its_own_packet_and_to_nothing_else(batch: Batch, run: Path) -> None:
    begins = starts(batch, duplex=True, separators=True)
    values = []
    with pikepdf.open(run) as pdf:
        for start, path in zip(begins, batch.paths(), strict=True):
            with pikepdf.open(path) as packet:
                for at, page in enumerate(packet.pages, start=start):
                    theirs, ours = (
                        {item.read_bytes() for item in reachable(root.obj, set()) if isinstance(item, pikepdf.Stream)}
                        for root in (page, pdf.pages[at])
                    )
                    assert ours == theirs
                values.append({item.read_bytes() for item in packet.objects if item.get("/Subtype") == "/Form"})
    assert all(one - other for one in values for other in values if one is not other), "patients differ"


def test_what_packets_share_is_there_once(batch: Batch, run: Path) -> None:
    with pikepdf.open(run) as pdf:
        seen: set[tuple[int, int]] = set()
        found = [item for page in pdf.pages for item in reachable(page.obj, seen) if item.get("/Type") != "/Page"]
        said = [
            item.stream_dict.unparse(resolved=True) + item.read_raw_bytes()
            if isinstance(item, pikepdf.Stream)
            else item.unparse(resolved=True)
            for item in found
        ]
    assert len(said) > 50
    assert len(said) == len(set(said))


def test_many_packets_of_one_form_are_one_form_and_the_values(tmp_path: Path) -> None:
    batch = Batch(tmp_path)
    for at in range(30):
        batch.add(f"{NAME} {at}", f"{at:06}", ("card", "schedule"))
    sizes = {}
    for count in (1, 30):
        print_run(batch, tmp_path / "run.pdf", batch.lines[:count])
        sizes[count] = (tmp_path / "run.pdf").stat().st_size
    packet = batch.paths()[0].stat().st_size
    assert sizes[1] < packet
    assert sizes[30] - sizes[1] < 29 * 0.06 * packet


def test_bookmarks_lead_to_each_packet_and_name_nobody(batch: Batch, run: Path) -> None:
    begins = starts(batch, duplex=True, separators=True)
    with closing(pdfium.PdfDocument(run)) as pdf:
        found = [(mark.get_title(), mark.get_dest().get_index()) for mark in pdf.get_toc()]
    assert found == [
        (f"Row {line.row} - {line.mrn}", start - 2) for line, start in zip(batch.lines, begins, strict=True)
    ]


def test_the_file_tells_the_printer_how_and_everybody_what_it_is(batch: Batch, run: Path, tmp_path: Path) -> None:
    with pikepdf.open(run) as pdf:
        assert pdf.docinfo["/Title"] == "Print run"
        assert pdf.docinfo["/Subject"] == "5 patient packets for the printer"
        metadata = "".join(str(value) for value in pdf.docinfo.values())
        assert not any(line.mrn in metadata for line in batch.lines)
        assert not any(name in metadata for name in batch.names)
        asked = pdf.Root.ViewerPreferences
        assert (asked.Duplex, asked.PrintScaling) == (pikepdf.Name.DuplexFlipLongEdge, pikepdf.Name("/None"))
        assert asked.PickTrayByPDFSize is True
        assert "/StructTreeRoot" not in pdf.Root
        assert not any("/StructParents" in page.obj or "/Annots" in page.obj for page in pdf.pages)
        assert pdf.check_pdf_syntax() == []
    print_run(batch, tmp_path / "run.pdf", duplex=False)
    with pikepdf.open(tmp_path / "run.pdf") as pdf:
        assert pdf.Root.ViewerPreferences.Duplex == pikepdf.Name.Simplex


def test_same_packets_same_bytes_for_their_owner_only(batch: Batch, run: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.pdf"
    print_run(batch, again)
    assert again.read_bytes() == run.read_bytes()
    assert stat.S_IMODE(again.stat().st_mode) == 0o600
    print_run(batch, again, batch.lines[::-1])
    assert again.read_bytes() != run.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again.pdf"]


def test_every_packet_that_is_not_as_it_was_made_is_named_and_nothing_is_written(batch: Batch, tmp_path: Path) -> None:
    out = tmp_path / "run.pdf"
    out.write_bytes(b"yesterday's")
    junk = tmp_path / "junk.pdf"
    junk.write_bytes(b"%PDF-1.7 and nothing else")
    digest = hashlib.sha256(junk.read_bytes()).hexdigest()
    first, second, third, fourth, *_ = batch.lines
    lines = [
        replace(first, file="gone.pdf"),
        replace(second, sha256="0" * 64),
        replace(third, file=str(junk), sha256=digest),
        fourth,
    ]
    with pytest.raises(InputError) as caught:
        print_run(batch, out, lines)
    assert [str(problem) for problem in caught.value.problems] == [
        "row 2: its packet cannot be read: No such file or directory",
        "row 3: its packet was changed since it was made",
        "row 4: its packet is not a packet of this program",
    ]
    assert out.read_bytes() == b"yesterday's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["junk.pdf", "run.pdf"]


def test_refused_rows_are_passed_over_and_nothing_is_no_print_run(batch: Batch, tmp_path: Path) -> None:
    out = tmp_path / "run.pdf"
    refused = Line(9, "1", "dexamethasone", "en", "consent", "refused", problems=("dob: is missing",))
    assert print_run(batch, out, [refused, batch.lines[0]]).packets == 1
    with pytest.raises(InputError, match="no packet was made"):
        print_run(batch, tmp_path / "none.pdf", [refused])
    assert not (tmp_path / "none.pdf").exists()
    with pytest.raises(OutputError):
        print_run(batch, tmp_path / "no such folder" / "run.pdf")


TEXTS = st.one_of(st.binary(max_size=12), st.sampled_from([b"1 0 R", b"(2 0 R", b"3 0 R)", b"\\(4 0 R\\", b"stream\n"]))
TREES = st.recursive(
    st.one_of(TEXTS, st.integers(-9, 9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["/A", "/B 1 0 R", "/C"]), inner)
    ),
    max_leaves=12,
)
Tree = bytes | int | list["Tree"] | dict[str, "Tree"]


def planted(pdf: pikepdf.Pdf, tree: Tree) -> pikepdf.Object | int:
    """Return ``tree`` as objects of ``pdf``, every list and dictionary one that others refer to."""
    if isinstance(tree, bytes):
        return pikepdf.String(tree)
    if isinstance(tree, int):
        return tree
    if isinstance(tree, list):
        return pdf.make_indirect(pikepdf.Array([planted(pdf, item) for item in tree]))
    return pdf.make_indirect(pikepdf.Dictionary({key: planted(pdf, item) for key, item in tree.items()}))


def harvested(item: object) -> Tree:
    if isinstance(item, pikepdf.String):
        return bytes(item)
    if isinstance(item, pikepdf.Array):
        return [harvested(part) for part in item]
    if isinstance(item, pikepdf.Dictionary):
        return {key: harvested(part) for key, part in item.items()}
    return int(item)  # type: ignore[call-overload,no-any-return]


@calm
@given(tree=TREES)
@example(tree=[b"1 0 R", {"/A": b"(1 0 R"}, [7, [b"2 0 R\\"]]])
def test_whatever_a_page_refers_to_is_copied_as_it_is(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("copied")
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.obj.Resources = pikepdf.Dictionary({"/Planted": planted(pdf, tree)})
        page.obj.Contents = pdf.make_stream(b"0 0 m 1 0 R 5 5 l S")
        pdf.save(folder / "packet.pdf")
    data = (folder / "packet.pdf").read_bytes()
    line = Line(2, "1", "d", "en", "p", "made", "packet.pdf", hashlib.sha256(data).hexdigest(), 1, "f")
    faces = Faces(FACES.folder)
    write_print_run(str(folder / "run.pdf"), [line], folder, faces, BLANK.__getitem__, separators=False)
    with pikepdf.open(folder / "run.pdf") as run:
        assert harvested(run.pages[0].obj.Resources.Planted) == tree
        assert run.pages[0].obj.Contents.read_bytes() == b"0 0 m 1 0 R 5 5 l S"
