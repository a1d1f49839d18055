"""Pages in every script: only bundled fonts, room for marks, parts that run the other way, and what is heard."""

from __future__ import annotations

import re
import subprocess
from itertools import pairwise
from pathlib import Path

import paper
import pikepdf
import pytest
from comparing import read
from fontTools.ttLib import TTFont
from names import MARKED, NAMES
from paper import letters, texts
from running import DOB, MRN, NAME, START, run_outside
from shipped import TEMPLATES, drug_of, html

from handouts.content.language import Language, LocaleFile
from handouts.model import Month
from handouts.press.drawing import draw
from handouts.press.shaping import families, runs_backwards
from handouts.press.typeset import typeset
from handouts.resources import folder

FONTS = folder("fonts")
THEME = {path.name: path.read_text(encoding="utf-8") for path in sorted((TEMPLATES / "theme").glob("*.css"))}
BACKWARDS = Language(
    LocaleFile(tag="ar", name="English", english_name="English", cldr="ar_001", direction="rtl", source=True), None
)
"""English on pages that run from right to left."""


# Fonts


def test_every_family_keeps_the_line_where_it_is() -> None:
    """A name in another script has the line height of Noto Sans."""

    def heights(path: Path) -> tuple[float, ...]:
        with TTFont(path, lazy=True) as font:
            head, line, em = font["hhea"], font["OS/2"], font["head"].unitsPerEm
            heights = (head.ascent, head.descent, head.lineGap, line.sTypoAscender, line.sTypoDescender)
            return tuple(height / em for height in (*heights, line.sTypoLineGap))

    assert {heights(path) for path in FONTS.glob("*.ttf")} == {heights(FONTS / "NotoSans-Regular.ttf")}


def test_the_style_names_every_family_in_the_order_in_which_a_stamp_tries_them() -> None:
    chain = re.search(r"--fonts: ([^;]*);", THEME["scripts.css"])
    assert chain
    named = [name.replace(" ", "").replace("CJKSC", "CJKsc").replace("CJKKR", "CJKkr") for name in chain[1].split('"')]

    assert [name for name in named if name.isalnum()] == families(FONTS)


def test_no_style_pulls_joined_letters_apart_or_slants_them() -> None:
    for style in THEME.values():
        assert not re.search(r"letter-spacing|justify;|style: (italic|oblique)|text-transform", style)


def test_a_machine_s_own_fonts_and_settings_change_no_page(tmp_path: Path) -> None:
    """Not even one that calls itself Noto Sans and looks different."""
    own = tmp_path / "home" / ".local" / "share" / "fonts"
    own.mkdir(parents=True)
    (tmp_path / "home" / ".fonts").symlink_to(own)
    with TTFont(FONTS / "NotoSans-Bold.ttf") as font:
        for record in font["name"].names:
            if record.nameID in (2, 4):
                record.string = "Regular" if record.nameID == 2 else "Noto Sans Regular"
        font["OS/2"].usWeightClass, font["OS/2"].fsSelection, font["head"].macStyle = 400, 64, 0
        font.save(own / "NotoSans-Regular.ttf")
    empty = tmp_path / "fonts.conf"
    empty.write_text('<?xml version="1.0"?><fontconfig></fontconfig>', encoding="utf-8")
    system = tmp_path / "system.conf"
    system.write_text(
        f'<?xml version="1.0"?><fontconfig><dir>{own}</dir><match target="pattern"><edit name="family" mode="assign">'
        "<string>Noto Sans Thai</string></edit></match></fontconfig>",
        encoding="utf-8",
    )
    made = set()
    for number, config in enumerate((empty, system)):
        out = tmp_path / f"{number}.pdf"
        world = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / f"cache-{number}")}
        world |= {"FONTCONFIG_FILE": str(config), "FONTCONFIG_PATH": str(tmp_path), "LC_ALL": "C.UTF-8"}
        words = (
            "--name",
            NAMES["thai"],
            "--dob",
            DOB,
            "--mrn",
            MRN,
            "--start",
            START,
            "--packet",
            "consent",
            "-o",
            out,
        )
        done = run_outside("make", "ocrelizumab", *words, env=world)
        assert done.code == 0, done.err
        made.add(out.read_bytes())
    listed = subprocess.run(["pdffonts", str(tmp_path / "0.pdf")], capture_output=True, text=True, check=True).stdout

    assert len(made) == 1
    assert {line.split("+")[1].split()[0] for line in listed.splitlines()[2:]} <= {
        *("Noto-Sans", "Noto-Sans-Bold", "NotoSans-Regular", "NotoSans-Bold", "NotoSansThai-Regular"),
        *("NotoSansThai-Bold",),
    }


# What is heard, and found


def page(body: str, lang: str, tmp_path: Path, direction: str = "ltr") -> Path:
    """Return a page with ``body``, typeset with the house's styles."""
    made = typeset(
        [("tiny", f'<html lang="{lang}" dir="{direction}"><head><title>Tiny</title></head><body>{body}</body></html>')],
        styles=[*THEME.values(), ":root { --accent: #0b5560 }"],
        templates=TEMPLATES,
        fonts=FONTS,
    )
    (path := tmp_path / "tiny.pdf").write_bytes(made.pdf)
    return path


def test_the_language_of_a_part_reaches_the_tags(tmp_path: Path) -> None:
    path = page('<p>दवा <span lang="en">natalizumab</span> है <b lang="es">hola</b></p>', "hi", tmp_path)
    with pikepdf.open(path) as pdf:
        found = [str(item.Lang) for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/Lang" in item]
        assert pdf.Root.Lang == "hi"

    assert found == ["hi", "en", "es"]


@pytest.mark.parametrize("key", sorted(NAMES.keys() - MARKED))
def test_words_on_a_page_are_read_as_they_are_written(tmp_path: Path, key: str) -> None:
    """Twice, since a glyph stands for other letters the second time."""
    name = re.sub("\u200c", "", NAMES[key])
    direction = "rtl" if runs_backwards(name) else "ltr"
    path = page(f"<p>{name}</p><h2>{name}</h2><p>{name[::-1]}</p><p>{name}</p>", "en", tmp_path, direction)
    words = "".join(name.split())

    assert read(path)[0].count(words) == 3
    assert all(texts(path)[0].count(word) >= 3 for word in name.split())


def test_a_mark_takes_no_letter_with_it(tmp_path: Path) -> None:
    """WeasyPrint notes lam, mark and alef for a mark that first stands between them, wherever it stands later."""
    written = "جدًا ثم فورًا نشطًا يُستعمل كتيّب حاملا لا الأحمد ثم محمّد"
    path = page(f"<p>قليلًا</p><p>{written}</p><p>{written}</p>", "ar", tmp_path, "rtl")

    assert paper.read(path)[0].count(letters(written)) == 2


WITHOUT_SPACES = {
    "thai": "th",
    "khmer": "km",
    "lao": "lo",
    "burmese": "my",
    "han-simplified": "zh-Hans",
    "japanese": "ja",
}


@pytest.mark.parametrize("key", WITHOUT_SPACES)
def test_scripts_without_spaces_break_their_lines(tmp_path: Path, key: str) -> None:
    word = "".join(NAMES[key].split()) * 12
    path = page(f'<p style="width: 60mm">{word}</p>', WITHOUT_SPACES[key], tmp_path)
    with pikepdf.open(path) as pdf:
        lines = sum(str(step.operator) == "BT" for step in pikepdf.parse_content_stream(pdf.pages[0]))

    assert lines > 2


# From right to left


@pytest.mark.parametrize("document", ["handout", "schedule", "consent", "card"])
def test_numbers_and_names_keep_their_own_direction(document: str) -> None:
    """Between Arabic letters, 555-0199 would be printed 0199-555, and 12 mg as mg 12."""
    drug = drug_of("alemtuzumab")
    printed = html(drug, document, language=BACKWARDS).partition("<body")[2]
    said = re.findall(r'<span (?:lang="en" )?dir="ltr">([^<]*)</span>', printed)
    loose = re.sub(r'<span (?:lang="en" )?dir="ltr">[^<]*</span>|alt="[^"]*"', "", printed)

    assert {"alemtuzumab", "Sample Infusion Center"} <= set(said)
    for pattern in (r"\b555-\d{4}", "Example Street", "Springfield", r">\s*\d+ mg"):
        assert not re.search(pattern, loose), pattern


@pytest.mark.parametrize("name", [NAME, NAMES["arabic"], "12-34", ""])
def test_a_name_keeps_its_own_direction_on_any_page(name: str) -> None:
    forward, backward = (
        html(drug_of("alemtuzumab"), "card", name=name, **way) for way in ({}, {"language": BACKWARDS})
    )
    field = re.compile(r'id="field:patient\.name:1"( dir="(?:ltr|rtl)")?>')
    turned = [match[1] for text in (forward, backward) if (match := field.search(text))]

    assert turned == [' dir="rtl"' if runs_backwards(name) else None, ' dir="ltr"' if name and name.isascii() else None]


def test_a_month_begins_on_the_right() -> None:
    month = Month("December", 2026, 12, 0, tuple("abcdefg"), (7,), (), rtl=True, says="")
    mirrored = Month("December", 2026, 12, 0, tuple("abcdefg"), (7,), (), rtl=False, says="")
    right, left = (draw("calendar", each.dump(), 200, 160) for each in (month, mirrored))
    places = [label.x for label in right.labels if label.text in "abcdefg"]

    assert all(one > other for one, other in pairwise(places))
    assert [(label.text, label.y) for label in right.labels] == [(label.text, label.y) for label in left.labels]
    assert all(a.x + b.x == pytest.approx(200) for a, b in zip(right.labels, left.labels, strict=True))
    assert right.paths != left.paths
