"""Which characters the bundled fonts can print."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from handouts.press.fonts import Coverage, describe
from handouts.resources import folder


@pytest.fixture(scope="module")
def bundled() -> Coverage:
    return Coverage(folder("fonts"))


def make_font(path: Path, characters: str, notdef: Iterable[str] = ()) -> None:
    """Write a font with a glyph for each of ``characters``; those in ``notdef`` are mapped to .notdef."""
    names = [".notdef", *(f"u{ord(char):04X}" for char in characters)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    cmap = {ord(char): f"u{ord(char):04X}" for char in characters} | {ord(char): ".notdef" for char in notdef}
    builder.setupCharacterMap(cmap)
    builder.setupGlyf({name: TTGlyphPen(None).glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (500, 0)))
    builder.setupHorizontalHeader()
    builder.setupNameTable({"familyName": path.stem, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


def test_bundled_fonts_print_european_names(bundled: Coverage) -> None:
    assert bundled.missing("José Núñez-O’Brien, Łukasz Żółć, Đặng Thị Ngọc, Δημήτρης, Анна Щербакова <&{}>") == []


def test_what_is_missing_is_listed_once_in_order(bundled: Coverage) -> None:
    assert bundled.missing("ꆈ a ☃ ꆈ 𐎀") == ["ꆈ", "☃", "𐎀"]


def test_joiners_need_no_glyph_and_spaces_do(bundled: Coverage) -> None:
    assert bundled.missing("a\u00a0b\u2009c\u200cd\u200de") == []
    assert bundled.missing("a\u3000b\u1680c") == ["\u1680"]  # it would print as a box
    assert bundled.missing("\n") == ["\n"]


@pytest.mark.parametrize("char", ["\ud800", "\ue000", "\U000e0041", "\U0010ffff", "\u0378"])
def test_what_is_no_character_is_missing(bundled: Coverage, char: str) -> None:
    assert bundled.missing(char) == [char]


def test_a_character_counts_only_in_both_weights_of_one_family(tmp_path: Path) -> None:
    make_font(tmp_path / "One-Regular.ttf", "abc")
    make_font(tmp_path / "One-Bold.ttf", "abx")
    make_font(tmp_path / "One-SemiBold.ttf", "acx")  # no page uses it
    make_font(tmp_path / "Two-Regular.ttf", "cx")
    make_font(tmp_path / "Two-Bold.ttf", "xy")
    coverage = Coverage(tmp_path)
    assert coverage.missing("abcxy") == ["c", "y"]


def test_a_family_without_bold_counts_for_nothing(tmp_path: Path) -> None:
    make_font(tmp_path / "One-Regular.ttf", "abc")
    assert Coverage(tmp_path).missing("ab") == ["a", "b"]


def test_a_character_that_leads_to_notdef_is_missing(tmp_path: Path) -> None:
    for weight in ("Regular", "Bold"):
        make_font(tmp_path / f"One-{weight}.ttf", "a", notdef="b")
    assert Coverage(tmp_path).missing("ab") == ["b"]


def test_no_fonts_print_nothing(tmp_path: Path) -> None:
    assert Coverage(tmp_path).missing("a b") == ["a", " ", "b"]


def test_fonts_are_read_once(tmp_path: Path) -> None:
    for weight in ("Regular", "Bold"):
        make_font(tmp_path / f"One-{weight}.ttf", "a")
    assert Coverage(tmp_path).missing("ab") == ["b"]
    for path in tmp_path.iterdir():
        path.write_bytes(b"")
    assert Coverage(tmp_path).missing("ab") == ["b"]


@pytest.mark.parametrize(
    ("char", "text"),
    [
        ("輸", "U+8F38 CJK UNIFIED IDEOGRAPH-8F38 (輸)"),
        ("a", "U+0061 LATIN SMALL LETTER A (a)"),
        ("\u0301", "U+0301 COMBINING ACUTE ACCENT (◌\u0301)"),
        ("\U0001f600", "U+1F600 GRINNING FACE (\U0001f600)"),
        ("\u00a0", "U+00A0 NO-BREAK SPACE"),
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\x07", "U+0007 CONTROL"),
        ("\ud800", "U+D800 SURROGATE"),
        ("\ue000", "U+E000 PRIVATE USE"),
        ("\u0378", "U+0378 UNASSIGNED"),
    ],
)
def test_describe(char: str, text: str) -> None:
    assert describe(char) == text
