"""The summary sheet: every row of a run is on it once, made or refused, and nothing is cut off."""

from __future__ import annotations

import re
import stat
from collections import Counter
from pathlib import Path

import pikepdf
import pytest
from comparing import drawn
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paper import collisions, glyphs, letters, outside, sizes, texts, whole_text
from stamping import FACES

from handouts.batch.manifest import NAME, Line, read_manifest
from handouts.batch.summary import About, SummarySheet
from handouts.errors import OutputError
from handouts.press.shaping import Faces

calm = settings(deadline=None, max_examples=50)
MARGIN = 36
TOMORROW = About("tomorrow.csv", 3)
DRUGS, LOCALES = ("ocrelizumab", "natalizumab", "methylprednisolone"), ("en", "es")
WHY = ("dob: the order of day and month cannot be told", "start: is missing")


def made(row: int, mrn: str | None = None, file: str | None = None) -> Line:
    found = mrn or f"{row * 7919:08}"
    name = file or f"{row:05}-3f9a2c7d1e5b.pdf"
    drug, locale = DRUGS[row % 3], LOCALES[row % 2]
    return Line(row, found, drug, locale, "intake", "made", name, "0" * 64, 10 + row % 4, "f" * 64, 3)


def refused(row: int, *problems: str) -> Line:
    return Line(row, "", "", "", "intake", "refused", problems=problems or WHY)


def written(
    out: Path, lines: list[Line], about: About = TOMORROW, paper: str = "letter", fonts: Path = FACES.folder
) -> int:
    sheet = SummarySheet(out, Faces(fonts), paper)
    for line in lines:
        sheet.add(line)
    return sheet.write(about, lambda: lines)


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_every_row_is_there_once_and_the_sums_are_right(tmp_path: Path, paper: str) -> None:
    lines = [refused(row) if row % 9 == 4 else made(row) for row in range(2, 302)]
    out = tmp_path / "summary.pdf"
    count = written(out, lines, paper=paper)
    pages = texts(out)
    assert len(pages) == count > 3
    assert {(round(width), round(height)) for width, height in sizes(out)} == {
        {"letter": (612, 792), "a4": (595, 842)}[paper]
    }
    numbered = [re.search(r"Page (\d+) of (\d+)", page) for page in pages]
    assert [match and match.groups() for match in numbered] == [(str(at), str(count)) for at in range(1, count + 1)]
    good, bad = [line for line in lines if line.status == "made"], [line for line in lines if line.status != "made"]
    assert f"{len(good)} packets made" in pages[0]
    assert f"{len(bad)} rows refused" in pages[0]
    assert f"{sum(line.pages or 0 for line in good):,} pages in all packets" in pages[0]
    for drug in DRUGS:
        for locale, name in (("en", "English (en)"), ("es", "Spanish (es)")):
            of_it = [line.pages or 0 for line in good if (line.drug, line.locale) == (drug, locale)]
            assert f"{drug} {name} {len(of_it)} {sum(of_it):,}" in pages[0]
    said = letters(whole_text(out))
    for line in good:
        cells = f"{line.row}{line.mrn}{line.drug}{line.locale}{line.pages}{line.file}"
        assert said.count(letters(cells)) == 1
    for line in bad:
        assert len(re.findall(rf"(?<!\d){line.row}{letters('; '.join(WHY))}", said)) == 1


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_nothing_is_cut_off_or_printed_over(tmp_path: Path, paper: str) -> None:
    lines = [refused(2, *(f"column{at}: {'is wrong ' * 20}" for at in range(60)))]
    lines += [made(row, mrn="W" * 40, file="Q" * 180 + ".pdf") for row in range(3, 40)]
    out = tmp_path / "summary.pdf"
    written(out, lines, About("W" * 200, None), paper)
    assert outside(out, MARGIN) == []
    assert collisions(out) == []
    said = letters(whole_text(out))
    assert said.count("W") >= 200 + 37 * 40
    assert said.count("Q") == 37 * 180
    assert said.count("wrong") == 60 * 20


def test_headings_come_again_on_each_page_of_a_table(tmp_path: Path) -> None:
    written(tmp_path / "summary.pdf", [made(row) for row in range(2, 200)])
    pages = texts(tmp_path / "summary.pdf")
    assert len(pages) > 3
    heads = [page.count("Row Record number Drug Language Pages File") for page in pages]
    assert heads == [0] + [1] * (len(pages) - 1), (
        "a list that is longer than a page is apart from what stands before it"
    )


def test_a_short_list_stands_on_the_first_page_if_it_fits_there(tmp_path: Path) -> None:
    for packets, refusals, count in ((8, 3, 1), (8, 30, 2)):
        out = tmp_path / f"{refusals}.pdf"
        assert written(out, [made(row) for row in range(packets)] + [refused(row) for row in range(refusals)]) == count
        first = texts(out)[0]
        assert ("Record number" in first) == (count == 1)
        assert outside(out, MARGIN) == []
        assert collisions(out) == []


def test_a_list_that_is_longer_than_a_file_goes_on_in_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handouts.batch.summary.MOST", 60)
    monkeypatch.setattr("handouts.batch.summary.MOST_REFUSED", 5)
    out = tmp_path / "summary.pdf"
    lines = [refused(row) if row % 9 == 4 else made(row) for row in range(2, 172)]
    for count in (170, 100):  # the second run has less: what is left over of the first is taken away
        written(out, lines[:count])
        files = sorted(tmp_path.iterdir(), key=lambda path: (len(path.name), path.name))
        good = [line for line in lines[:count] if line.status == "made"]
        assert [path.name for path in files] == ["summary.pdf", "summary-2.pdf", "summary-3.pdf"][: -(-len(good) // 60)]
        said = [letters(" ".join(words_now(path))) for path in files]
        for at, line in enumerate(good):
            assert [letters(str(line.file)) in text for text in said] == [
                at // 60 == number for number in range(len(said))
            ]
        assert "morerowswererefused:refused.csvhasthemall" in said[0]
        assert "thepacketsarelistedinsummary2.pdfandsoon" in said[0]
    assert [line.row for line in lines if line.status != "made"][5] == 49
    assert not re.search(rf"(?<!\d)49{letters('; '.join(WHY))}", said[0])


def words_now(path: Path) -> tuple[str, ...]:
    """Return the words of each page of a file that may be another one under the same name later."""
    return texts.__wrapped__(path)


def test_there_is_a_box_to_tick_for_each_packet(tmp_path: Path) -> None:
    counts = []
    for count in (3, 8):
        out = tmp_path / f"{count}.pdf"
        written(out, [made(row) for row in range(2, 2 + count)])
        with pikepdf.open(out) as pdf:
            drawings = [form for page in pdf.pages for form in page.resources.XObject.values()]
            steps = [step for part in (*pdf.pages, *drawings) for step in pikepdf.parse_content_stream(part)]
        counts.append(Counter(str(step.operator) for step in steps)["re"])
    assert counts[1] - counts[0] == 8 - 3


def test_what_no_font_has_is_written_as_its_code_point(tmp_path: Path) -> None:
    out = tmp_path / "summary.pdf"
    lines = [made(2, file="ꆈ-0001.pdf"), refused(3, "name: contains \u202e and \x07")]
    written(out, lines, About("list \U0010ffff.csv", None))
    said = letters(whole_text(out))
    for written_so in ("[U+A188]0001.pdf", "contains[U+202E]and[U+0007]", "list[U+10FFFF].csv,noedition"):
        assert letters(written_so) in said


def test_other_scripts_are_drawn_as_their_own_font_draws_them(tmp_path: Path) -> None:
    """The outlines have the ink of the text: a font with the same glyphs under another name stands for any script."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    for weight in ("Regular", "Bold"):
        source = FACES.folder / f"NotoSans-{weight}.ttf"
        (folder / f"NotoSansOther-{weight}.ttf").write_bytes(source.read_bytes())
        _without(source, folder / f"NotoSans-{weight}.ttf", "Ж")
    lines = [made(2, file="ЖЖЖЖ.pdf")]
    as_text, as_outlines = tmp_path / "text.pdf", tmp_path / "outlines.pdf"
    written(as_text, lines)
    written(as_outlines, lines, fonts=folder)
    assert "ЖЖЖЖ" in whole_text(as_text)
    assert "ЖЖЖЖ" not in whole_text(as_outlines)
    (one,), (other,) = drawn(as_text), drawn(as_outlines)
    dark = [sum(picture.convert("L").histogram()[:128]) for picture in (one, other)]
    assert dark[1] == pytest.approx(dark[0], rel=0.02)
    assert len(glyphs(as_outlines)[0]) == len(glyphs(as_text)[0]) - len("ЖЖЖЖ."), "signs stay with what precedes them"


def _without(source: Path, target: Path, char: str) -> None:
    """Write the font ``source`` without ``char``."""
    from fontTools.ttLib import TTFont

    with TTFont(source) as font:
        for table in font["cmap"].tables:
            table.cmap.pop(ord(char), None)
        font.save(target)


def test_same_lines_same_bytes_for_their_owner_only(tmp_path: Path) -> None:
    lines = [made(2), refused(3), made(4)]
    one, other = tmp_path / "one.pdf", tmp_path / "other.pdf"
    for out in (one, other):
        written(out, lines)
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert one.read_bytes() == other.read_bytes()
    with pikepdf.open(one) as pdf:
        metadata = "".join(str(value) for value in pdf.docinfo.values())
        assert pdf.docinfo["/Title"] == "Summary of a run"
        assert pdf.docinfo["/Subject"] == "2 packets made, 1 rows refused"
        assert not any(line.mrn in metadata for line in lines if line.mrn)
    with pytest.raises(OutputError):
        written(tmp_path / "no such folder" / "summary.pdf", lines)


def test_it_is_made_from_a_manifest(tmp_path: Path) -> None:
    lines = [made(2), refused(3), made(4)]
    (tmp_path / NAME).write_text("".join(line.dump() for line in lines), encoding="utf-8")
    sheet = SummarySheet(tmp_path / "summary.pdf", Faces(FACES.folder))
    for line in read_manifest(tmp_path / NAME):
        sheet.add(line)

    sheet.write(TOMORROW, lambda: read_manifest(tmp_path / NAME))
    written(tmp_path / "same.pdf", lines)

    assert (tmp_path / "summary.pdf").read_bytes() == (tmp_path / "same.pdf").read_bytes()


@pytest.mark.parametrize("lines", [[], [refused(2)], [made(2)]])
def test_a_run_may_make_everything_or_nothing(tmp_path: Path, lines: list[Line]) -> None:
    out = tmp_path / "summary.pdf"
    assert written(out, lines) == 1
    said = whole_text(out)
    good = sum(line.status == "made" for line in lines)
    assert f"{good} packets made" in said
    assert ("Refused:" in said) == (len(lines) > good)
    assert ("Record number" in said) == (good > 0)


@calm
@given(why=st.text(max_size=300), file=st.text(max_size=60))
@example(why="", file="")
@example(why=" " * 200, file="W" * 60)
def test_any_text_can_be_printed(why: str, file: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("any") / "summary.pdf"
    written(out, [made(2, file=f"{file}.pdf"), refused(3, why)])
    assert outside(out, MARGIN) == []
