"""What every form rests on beside its words: what a change in would set the same words otherwise."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import uharfbuzz

from handouts import __version__

PACKAGE = Path(__file__).resolve().parents[1]
MAKERS = (
    "forms.py",
    "gate.py",
    "values.py",
    "content/dates.py",
    "content/language.py",
    "content/marks.py",
    "press/*.py",
)
"""The program's own sources that make pages, as patterns below the package."""
LIBRARIES = ("weasyprint", "pydyf")
"""Packages whose version is in the file that begins them: it is read, as importing takes half a second."""
PANGO = ("libpango-1.0.so.0", "libpango-1.0.0.dylib", "libpango-1.0-0.dll")
HARFBUZZ = ("libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz-0.dll")
"""What the libraries are called on Linux, macOS and Windows; the same that WeasyPrint loads."""
WORDS = frozenset({".html", ".toml", ".css"})
"""Endings of files below the templates whose words a form counts by itself: what it says of them, no more."""


def ground(templates: Path, fonts: Path) -> str:
    """Return the SHA-256 of it, 64 hexadecimal digits: sources, typesetter, what pages can fetch, and the fonts."""
    digest = hashlib.sha256(__version__.encode())
    for part in (*typesetter(), *_fetched(templates)):
        digest.update(b"\0" + part)
    # The fonts are many megabytes; their list has the SHA-256 of each, and a test holds it to the files.
    for name in ("ORIGIN.toml", "fonts.conf"):
        digest.update(b"\0" + (fonts / name).read_bytes())
    return digest.hexdigest()


def typesetter() -> Iterator[bytes]:
    """Yield what sets a page: our own sources, and which WeasyPrint, pydyf, Pango and HarfBuzz there are."""
    for pattern in MAKERS:
        yield from sources(pattern)
    yield from map(_beginning, LIBRARIES)
    yield uharfbuzz.version_string().encode()
    yield _pango().encode()
    yield _harfbuzz().encode()


def can_typeset() -> bool:
    """Whether the libraries are here that set pages."""
    return bool(_pango() and _harfbuzz() and all(map(_beginning, LIBRARIES)))


def _beginning(name: str) -> bytes:
    """Return the file that begins the package ``name``; empty where it is not installed."""
    with contextlib.suppress(ImportError):
        spec = importlib.util.find_spec(name)
        return Path(spec.origin).read_bytes() if spec and spec.origin else b""
    return b""


def sources(pattern: str) -> Iterator[bytes]:
    """Yield the name and the text of our own sources that match ``pattern``, in order."""
    for path in sorted(PACKAGE.glob(pattern)):
        yield path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes()


def _fetched(templates: Path) -> Iterator[bytes]:
    """Yield the files that a page or a style sheet can ask for."""
    for path in sorted(templates.rglob("*")):
        if path.is_file() and path.suffix not in WORDS:
            yield path.relative_to(templates).as_posix().encode() + b"\0" + path.read_bytes()


def _pango() -> str:
    """Return the version of Pango as its number (1.50.12 is 15012); empty where it is not installed."""
    library = _loaded(PANGO)
    return str(library.pango_version()) if library else ""


def _harfbuzz() -> str:
    """Return the version of the HarfBuzz that Pango uses; empty where it is not installed."""
    library = _loaded(HARFBUZZ)
    if library is None:
        return ""
    library.hb_version_string.restype = ctypes.c_char_p
    return str(library.hb_version_string().decode())


def _loaded(names: tuple[str, ...]) -> ctypes.CDLL | None:
    for name in names:
        with contextlib.suppress(OSError):
            return ctypes.CDLL(name)
    return None
