"""The five programs in which a packet is read, each asked the same: draw the pages, read the words, and complain."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pypdfium2 as pdfium
import pytest
from chromium import Chromium
from paper import sizes
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / ".venv" / "viewers"
"""Where ``.ci/bootstrap viewers`` puts pdf.js."""
DPI = 96
"""At 96 dpi, its 100%, Chromium's viewer puts every page on whole pixels; at 72 it is off by up to one, differently on
every page."""


class Opened(NamedTuple):
    """What a program makes of a file."""

    pages: list[Image.Image]
    texts: list[str] | None
    """The words of each page; None for a program that only shows them."""
    said: str
    """Its complaints."""


def need(name: str) -> str:
    """Return the path of a program; a test without it fails."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing: `make viewers` installs it", pytrace=False)
    return found


def _run(*command: str) -> tuple[str, str]:
    """Run a program; return what it says on stdout and stderr. That it gives up is a complaint, too."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    said = done.stderr.decode(errors="replace")
    return done.stdout.decode(), said + (f"exit code {done.returncode}" if done.returncode else "")


def _pictures(folder: str, pattern: str) -> list[Image.Image]:
    """Return the pictures in a folder in the order of the numbers that are their names."""
    paths = sorted(Path(folder).glob(pattern), key=lambda path: int("".join(filter(str.isdigit, path.stem))))
    return [_grey(Image.open(path)) for path in paths]


def _grey(image: Image.Image) -> Image.Image:
    """Return ``image`` in grey; here and not by each program, whose notions of luminance differ."""
    return image.convert("RGB").convert("L")


def drawn_by_pdfium(page: pdfium.PdfPage) -> Image.Image:
    return _grey(page.render(scale=DPI / 72).to_pil())


def chromium(browser: Chromium, pdf: Path) -> Opened:
    """Chromium's PDF viewer. It has no way to complain but to show an error page, without the title of the file."""
    with closing(pdfium.PdfDocument(pdf)) as document:
        title = document.get_metadata_value("Title")
    inches = [(width / 72, height / 72) for width, height in sizes(pdf)]
    size = max(width for width, _ in inches) * DPI, sum(height for _, height in inches) * DPI
    shown = browser.show(pdf, *map(round, size))
    said = "" if shown.title == title else f"{shown.title!r} instead of {title!r}"
    return Opened([_grey(page) for page in shown.pages], None, said)


def _pdfjs(pdf: Path) -> Opened:
    """pdf.js, which is Firefox's viewer, in Node. It warns on the console."""
    node = need("node")
    if not (MODULES / "node_modules" / "pdfjs-dist").is_dir():
        pytest.fail("pdfjs-dist is missing: `make viewers` installs it", pytrace=False)
    with tempfile.TemporaryDirectory() as out:
        script = Path(__file__).with_name("pdfjs.mjs")
        answer, said = _run(node, str(script), str(MODULES), str(pdf), str(DPI), out)
        if said:
            return Opened([], [], said)
        found = json.loads(answer)
        return Opened(_pictures(out, "*.png"), found["texts"], "\n".join(found["warnings"]))


def _poppler(pdf: Path) -> Opened:
    """Poppler, which is the viewer of GNOME and KDE. It warns on stderr."""
    with tempfile.TemporaryDirectory() as out:
        _, drawing = _run(need("pdftoppm"), "-r", str(DPI), str(pdf), f"{out}/page")
        text, reading = _run(need("pdftotext"), "-enc", "UTF-8", str(pdf), "-")
        return Opened(_pictures(out, "*.ppm"), text.split("\f")[:-1], drawing + reading)


def _pdfium(pdf: Path) -> Opened:
    """pdfium. It opens a file or raises."""
    with closing(pdfium.PdfDocument(pdf)) as document:
        pages, texts = [], []
        for page in document:
            pages.append(drawn_by_pdfium(page))
            with closing(page.get_textpage()) as text:
                texts.append(text.get_text_bounded())
        return Opened(pages, texts, "")


def _ghostscript(pdf: Path) -> Opened:
    """Ghostscript, which is in many printers and print servers. What it mends in a file stops it here."""
    run = functools.partial(_run, need("gs"), "-q", "-dSAFER", "-dPDFSTOPONERROR", "-dPDFSTOPONWARNING")
    with tempfile.TemporaryDirectory() as out:
        smooth = ("-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", f"-r{DPI}")
        drawing = run("-sDEVICE=ppmraw", *smooth, "-o", f"{out}/%d.ppm", str(pdf))
        reading = run("-sDEVICE=txtwrite", "-o", f"{out}/%d.txt", str(pdf))
        paths = sorted(Path(out).glob("*.txt"), key=lambda path: int(path.stem))
        texts = [path.read_text(encoding="utf-8") for path in paths]
        return Opened(_pictures(out, "*.ppm"), texts, "".join(drawing + reading))


READERS: dict[str, Callable[[Path], Opened]] = {
    "pdf.js": _pdfjs,
    "poppler": _poppler,
    "pdfium": _pdfium,
    "Ghostscript": _ghostscript,
}
"""The programs that also read words."""
