"""Make the font files of this folder from Debian's packages, and the list of them: ``python fonts/make.py [FOLDER]``.

Run once for each change of fonts, by hand; it needs fontTools and Debian's apt-get and dpkg-deb. With FOLDER the .deb
files are taken from there. Same packages and same fontTools, same bytes.

Noto Sans is Debian's file as it is. Of every other family this keeps what Noto Sans does not have: digits and
punctuation look the same beside every script, and no page takes a Latin letter from somewhere else. All families get
the ascent and the descent of Noto Sans, so that a line keeps its height whatever script a name is written in; the room
that a script needs above and below is given by the style sheet (``templates/theme/scripts.css``). Hints for screens of
few pixels are left out. The outlines of Noto Sans CJK are turned from cubic into quadratic curves (at most 1/1000 em
off), which is what a stamped form embeds.
"""

from __future__ import annotations

import bz2
import hashlib
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fontTools.otlLib.builder import ChainContextSubstBuilder, ChainContextualRule, SingleSubstBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._g_l_y_f import Glyph

HERE = Path(__file__).resolve().parent
WEIGHTS = ("Regular", "Bold")
SCRIPTS = (
    *("Arabic", "Armenian", "Bengali", "Cherokee", "Devanagari", "Ethiopic", "Georgian", "Gujarati", "Gurmukhi"),
    *("Hebrew", "Kannada", "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thai"),
)


class Package(NamedTuple):
    """A Debian package and the SHA-256 of its .deb file."""

    name: str
    version: str
    sha256: str


NOTO = Package("fonts-noto-core", "20201225-1", "58f4f0bb6720f919f92096b3508e1412a0f1544424ade6c5b5bf1eb694dd64ba")
CJK = Package(
    "fonts-noto-cjk", "1:20220127+repack1-1", "4a2515eb6db3978b897fef9709ed0d2b1f4c6c4df4d83d6c4ef65f71f1b1f502"
)
UNIHAN = Package("unicode-data", "15.0.0-1", "5efef23bbb1c6a133ecbdd63a2cfa07159ccacf5466a49e2426101c5ecd691fc")

HAN = ("kTGH", "kGB0", "kBigFive", "kHKGlyph", "kJoyoKanji", "kJinmeiyoKanji", "kJis0", "kIBMJapan", "kKoreanName")
"""Unihan's lists whose characters are kept (UAX #38): the general characters of mainland China, with those for names;
Taiwan's Big Five; Hong Kong's common characters; Japan's for daily use and for names; Korea's for names."""
EAST_ASIAN = (
    *(range(0x3000, 0x3040), range(0x3041, 0x3097), range(0x309B, 0x3100), range(0x3105, 0x3130)),
    *(range(0x31F0, 0x3200), range(0xFF01, 0xFFA0), range(0xFFE0, 0xFFE7)),
    *((0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026),),
)
"""Kana, bopomofo, and punctuation, which in Chinese text is as wide as a character."""
HANGUL = (range(0x3131, 0x318F), range(0xAC00, 0xD7A4))
ALWAYS = frozenset({0x20, 0xA0, 0x200B, 0x200C, 0x200D, 0x25CC})
"""Kept in every family: spaces and joiners belong to the word around them."""


def main(folder: Path | None) -> None:
    """Write the fonts and ``ORIGIN.toml``."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        noto, cjk, unihan = (unpacked(package, folder, work) for package in (NOTO, CJK, UNIHAN))
        truetype = noto / "usr/share/fonts/truetype/noto"
        entries = []
        for weight in WEIGHTS:
            source = truetype / f"NotoSans-{weight}.ttf"
            (HERE / source.name).write_bytes(source.read_bytes())
            entries.append(entry(source, source.name, NOTO, "unchanged"))
        primary = TTFont(truetype / "NotoSans-Regular.ttf")
        for script in SCRIPTS:
            for weight in WEIGHTS:
                source = truetype / f"NotoSans{script}-{weight}.ttf"
                font = TTFont(source, recalcTimestamp=False)
                subset(font, own(font, primary), layout=True)
                if script == "Arabic":
                    keep_letters_apart(font)
                save(font, source.name, primary)
                entries.append(entry(source, source.name, NOTO, "what Noto Sans does not have, its line height"))
        han = {*listed(unihan), *(code for codes in EAST_ASIAN for code in codes)}
        hangul = {code for codes in HANGUL for code in codes}
        for region, number, kept, what in (
            ("sc", 2, han, "Han in simplified Chinese forms, kana, punctuation"),
            ("kr", 1, hangul, "Hangul"),
        ):
            for weight in WEIGHTS:
                source = cjk / f"usr/share/fonts/opentype/noto/NotoSansCJK-{weight}.ttc"
                font = TTFont(source, fontNumber=number, lazy=True, recalcTimestamp=False)
                subset(font, kept | ALWAYS, layout=False)
                quadratic(font)
                save(font, f"NotoSansCJK{region}-{weight}.ttf", primary)
                entries.append(
                    entry(source, f"NotoSansCJK{region}-{weight}.ttf", CJK, f"{what}; quadratic curves, line height")
                )
    head = (
        "# Where each font file came from, written by make.py; tests/test_fonts_origin.py holds it to the files.\n"
        "# The licence is OFL.txt; `source` is the SHA-256 of the file in the Debian package.\n"
    )
    (HERE / "ORIGIN.toml").write_text(head + "".join(entries), encoding="utf-8")


def unpacked(package: Package, folder: Path | None, work: Path) -> Path:
    """Return where the files of ``package`` are; downloads it where ``folder`` has no such .deb."""
    place = work / package.name
    place.mkdir()
    if folder is None:
        subprocess.run(["apt-get", "download", f"{package.name}={package.version}"], cwd=place, check=True)
    (deb,) = (folder or place).glob(f"{package.name}_*.deb")
    found = hashlib.sha256(deb.read_bytes()).hexdigest()
    if found != package.sha256:
        sys.exit(f"{deb.name}: SHA-256 is {found}, expected {package.sha256}")
    subprocess.run(["dpkg-deb", "-x", str(deb), str(place)], check=True)
    return place


def listed(unihan: Path) -> Iterator[int]:
    """Yield the code points in Unihan's lists ``HAN``."""
    for name in ("OtherMappings", "DictionaryLikeData"):
        with bz2.open(unihan / f"usr/share/unicode/Unihan_{name}.txt.bz2", "rt", encoding="utf-8") as file:
            for line in file:
                if (match := re.match(r"U\+([0-9A-F]+)\t(\w+)\t", line)) and match[2] in HAN:
                    yield int(match[1], 16)


def own(font: TTFont, primary: TTFont) -> set[int]:
    """Return the characters of ``font`` that Noto Sans lacks, and marks, which stand on a letter of this font."""
    shared = set(primary.getBestCmap())
    return {
        code
        for code in font.getBestCmap()
        if code not in shared or code in ALWAYS or unicodedata.category(chr(code)).startswith("M")
    }


def subset(font: TTFont, codes: set[int], *, layout: bool) -> None:
    """Keep only ``codes``, with or without the tables that shape them."""
    options = Options(
        layout_features=["*"] if layout else [],
        hinting=False,
        desubroutinize=True,
        name_IDs=["*"],
        notdef_outline=True,
        glyph_names=False,
    )
    options.drop_tables += ["VORG", "vhea", "vmtx", "BASE"] + ([] if layout else ["GSUB", "GPOS", "GDEF"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)


def keep_letters_apart(font: TTFont) -> None:
    """Draw lam and alef as before, but as two glyphs: nothing for the lam, and the whole shape for the alef.

    As one glyph it stands for two letters, and PDF readers that turn a line round for its direction (poppler, pdfium)
    tell them in the wrong order: Salama would be found and read aloud as Saalma. Where a vowel stands between the two
    the ligature stays.
    """
    table = font["GSUB"].table
    lookups = table.LookupList.Lookup
    features = [(record.FeatureTag, record.Feature.LookupListIndex) for record in table.FeatureList.FeatureRecord]
    forms = {"uniFEDF": ("init", "lam.initial"), "uniFEE0": ("medi", "lam.medial")}
    font.setGlyphOrder([*font.getGlyphOrder(), *(nothing for _, nothing in forms.values())])
    for _, nothing in forms.values():
        font["glyf"][nothing] = Glyph()
        font["hmtx"][nothing] = (0, 0)
    pairs: dict[str, dict[str, str]] = {lam: {} for lam in forms}
    for index in sorted({index for tag, indexes in features for index in indexes if tag == "rlig"}):
        for part in lookups[index].SubTable:
            for lam in pairs.keys() & part.ligatures.keys():
                two = [ligature for ligature in part.ligatures[lam] if len(ligature.Component) == 1]
                pairs[lam] |= {ligature.Component[0]: ligature.LigGlyph for ligature in two}

    def replace(feature: str, before: list[str], mapping: dict[str, str], after: list[str]) -> None:
        single, chain = SingleSubstBuilder(font, None), ChainContextSubstBuilder(font, None)
        single.mapping, single.lookup_index = mapping, len(lookups)
        around = ([before] if before else [], [after] if after else [])
        chain.rules.append(ChainContextualRule(around[0], [sorted(mapping)], around[1], [[single]]))
        lookups.extend((single.build(), chain.build()))
        for tag, indexes in features:
            if tag == feature:
                indexes.append(len(lookups) - 1)

    for lam, (feature, nothing) in forms.items():
        replace(feature, [], {lam: nothing}, sorted(pairs[lam]))
        replace("rlig", [nothing], pairs[lam], [])


def quadratic(font: TTFont) -> None:
    """Replace the outlines by TrueType's (CFF into glyf), within one unit of 1,000 to the em."""
    order, glyphs = font.getGlyphOrder(), font.getGlyphSet()
    drawn = {}
    for name in order:
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, 1.0, reverse_direction=True))
        drawn[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = table = newTable("glyf")
    table.glyphOrder, table.glyphs = order, drawn
    del font["CFF "]
    for glyph in drawn.values():
        glyph.recalcBounds(table)
    limits = font["maxp"]
    limits.tableVersion = 0x00010000
    for limit in (
        *("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements"),
        *("maxSizeOfInstructions", "maxComponentElements", "maxComponentDepth", "maxPoints", "maxContours"),
        *("maxCompositePoints", "maxCompositeContours"),
    ):
        setattr(limits, limit, 0)
    limits.maxZones = 1
    font["post"].formatType = 3.0
    font.sfntVersion = "\x00\x01\x00\x00"


def save(font: TTFont, name: str, primary: TTFont) -> None:
    """Write ``font`` with the ascent and descent of ``primary``."""
    scale = font["head"].unitsPerEm / primary["head"].unitsPerEm
    ascent, descent = round(primary["hhea"].ascent * scale), round(primary["hhea"].descent * scale)
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = ascent, descent, 0
    metrics = font["OS/2"]
    metrics.sTypoAscender, metrics.sTypoDescender, metrics.sTypoLineGap = ascent, descent, 0
    font.save(HERE / name)


def entry(source: Path, name: str, package: Package, kept: str) -> str:
    """Return what ``ORIGIN.toml`` says about the file ``name``, which was made from ``source``."""
    path = HERE / name
    with TTFont(path) as font:
        names = font["name"]
        lines = {
            "file": name,
            "family": names.getBestFamilyName(),
            "weight": font["OS/2"].usWeightClass,
            "version": names.getDebugName(5).split(";")[0].removeprefix("Version "),
            "package": f"{package.name} {package.version} (Debian)",
            "source": hashlib.sha256(source.read_bytes()).hexdigest(),
            "kept": kept,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "licence": "OFL-1.1",
        }
    said = (f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in lines.items())
    return "\n[[font]]\n" + "\n".join(said) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
