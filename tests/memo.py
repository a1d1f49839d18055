"""What was typeset once is not typeset again: a memo of ``typeset`` on disk, for all tests, processes and runs.

Typesetting is pure: the same HTML, styles, templates and fonts, set by the same programs, are the same bytes. All of
these are in the key, so what is found under it is what would be made; ``test_memo`` holds it to that. Only what was
made is kept: what is refused is refused each time by WeasyPrint itself. Commands that a test runs outside of its own
process know nothing of it; the processes in which an edition is built do. ``TYPESET=afresh`` turns it off.
"""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import os
import pickle
import platform
import shutil
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from handouts.press import typeset as module
from handouts.press.typeset import Typeset

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".pytest_cache" / "typeset"
SOURCES = ("__init__.py", "errors.py", "press/__init__.py", "press/shaping.py", "press/tags.py", "press/typeset.py")
"""What of this program typesetting uses."""
LIBRARIES = ("pango", "harfbuzz", "fontconfig", "freetype", "fribidi", "glib")
"""What WeasyPrint uses of the system."""
afresh = module.typeset


def typeset(documents: Sequence[tuple[str, str]], *, styles: Sequence[str], templates: Path, fonts: Path) -> Typeset:
    """Return what ``afresh`` returns, from the memo where it is there. Raises what that raises."""
    if os.environ.get("TYPESET") == "afresh":
        return afresh(documents, styles=styles, templates=templates, fonts=fonts)
    path = FOLDER / _ground() / _key(documents, styles, templates, fonts)
    try:
        found: Typeset = pickle.loads(path.read_bytes())
    except FileNotFoundError:
        found = afresh(documents, styles=styles, templates=templates, fonts=fonts)
        _keep(path, pickle.dumps(found))
    return found


def install() -> None:
    """Let this process typeset by the memo, and the processes that it starts without another beginning."""
    module.typeset = typeset
    concurrent.futures.ProcessPoolExecutor = _Pool  # type: ignore[misc]


class _Pool(concurrent.futures.ProcessPoolExecutor):
    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: object = None,
        initializer: Callable[..., object] = install,
        initargs: tuple[object, ...] = (),
    ) -> None:
        super().__init__(max_workers, mp_context, initializer, initargs)  # type: ignore[arg-type]


def _forget_others() -> None:
    """Delete what other programs made: of other versions, or from other sources."""
    for path in FOLDER.glob("*"):
        if path.name != _ground():
            shutil.rmtree(path, ignore_errors=True)


def _keep(path: Path, data: bytes) -> None:
    """Write ``data`` whole or not at all, though others may be writing the same."""
    if not path.parent.exists():
        _forget_others()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(beside).replace(path)


def _key(documents: Sequence[tuple[str, str]], styles: Sequence[str], templates: Path, fonts: Path) -> str:
    asked = [tuple(document) for document in documents], list(styles), str(templates.resolve()), _shown(templates)
    return _hash(asked, _fonts(fonts.resolve()))


def _shown(templates: Path) -> list[tuple[str, str]]:
    """Return name and hash of each file that a page can show: documents and packets are read by others."""
    return [item for item in _files(templates) if not item[0].endswith((".html", ".toml"))]


@functools.cache
def _fonts(folder: Path) -> str:
    """Return the hash of the fonts in ``folder``, which a process reads once, as fontconfig does."""
    return _hash(folder, _files(folder))


def _files(folder: Path) -> list[tuple[str, str]]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths]


@functools.cache
def _ground() -> str:
    """Return the hash of the programs that typeset: of this one, of every package, and of the system's libraries."""
    packages = sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))
    libraries = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in _libraries()]
    sources = [(name, (ROOT / "handouts" / name).read_bytes()) for name in SOURCES]
    return _hash(platform.python_version(), packages, libraries, sources)


def _libraries() -> list[Path]:
    """Return the files of the system's libraries that WeasyPrint has loaded: a name has a version in it."""
    from weasyprint.text.ffi import pango

    assert pango
    lines = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    loaded = {Path(line.split(maxsplit=5)[5]) for line in lines if line.endswith(tuple("0123456789so"))}
    found = {path for path in loaded if path.name.startswith(tuple(f"lib{name}" for name in LIBRARIES))}
    return sorted(path for path in found if "site-packages" not in path.parts)


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()
