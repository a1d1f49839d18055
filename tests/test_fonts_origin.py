"""Every font file is one we can account for, byte by byte, and a page can see no other."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import tomllib
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from handouts.resources import folder

FONTS = folder("fonts")
LISTED = {font["file"]: font for font in tomllib.loads((FONTS / "ORIGIN.toml").read_text(encoding="utf-8"))["font"]}


def test_the_list_is_the_folder():
    files = {path.name for path in FONTS.iterdir() if path.suffix in {".ttf", ".otf", ".ttc", ".woff", ".woff2"}}

    assert set(LISTED) == files


@pytest.mark.parametrize("name", LISTED)
def test_a_font_is_the_one_that_was_listed(name):
    listed, path = LISTED[name], FONTS / name

    assert hashlib.sha256(path.read_bytes()).hexdigest() == listed["sha256"]
    with TTFont(path) as font:
        names = font["name"]
        assert (names.getBestFamilyName(), font["OS/2"].usWeightClass) == (listed["family"], listed["weight"])
        assert names.getDebugName(5).split(";")[0] == f"Version {listed['version']}"
        assert "SIL Open Font License, Version 1.1" in names.getDebugName(13)
        assert names.getDebugName(0) in (FONTS / "OFL.txt").read_text(encoding="utf-8")
        assert font["OS/2"].fsType == 0, "the font's own flag forbids embedding"
    assert listed["licence"] == "OFL-1.1"
    assert listed["package"]


class FontSet(ctypes.Structure):
    """fontconfig's FcFontSet."""

    _fields_ = (("count", ctypes.c_int), ("room", ctypes.c_int), ("fonts", ctypes.POINTER(ctypes.c_void_p)))


def visible_fonts() -> set[Path]:
    """Return the font files that fontconfig finds with the environment as it is now."""
    fontconfig = ctypes.CDLL("libfontconfig.so.1")
    fontconfig.FcInitLoadConfigAndFonts.restype = ctypes.c_void_p
    fontconfig.FcConfigGetFonts.restype = ctypes.POINTER(FontSet)
    config = ctypes.c_void_p(fontconfig.FcInitLoadConfigAndFonts())
    found = fontconfig.FcConfigGetFonts(config, 0).contents
    paths, name = set(), ctypes.c_char_p()
    for pattern in found.fonts[: found.count]:
        assert fontconfig.FcPatternGetString(ctypes.c_void_p(pattern), b"file", 0, ctypes.byref(name)) == 0
        paths.add(Path((name.value or b"").decode()))
    fontconfig.FcConfigDestroy(config)
    return paths


def test_a_page_sees_these_fonts_and_no_other(tmp_path, monkeypatch):
    copy = shutil.copytree(FONTS, tmp_path / "read only" / "fonts")
    copy.chmod(0o555)
    monkeypatch.setenv("FONTCONFIG_FILE", str(copy / "fonts.conf"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    assert visible_fonts() == {copy / name for name in LISTED}
