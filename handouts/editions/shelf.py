"""The shelf: forms by their id, typeset once and kept. A form never holds a patient."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from handouts.errors import InputError
from handouts.press.form import Form, load
from handouts.press.part import Part
from handouts.press.part import load as load_part

KEPT = 200
"""How many forms the user's shelf keeps; the ones used longest ago go first."""
KEPT_NOTES = 2000
"""How many notes it keeps, of a kilobyte each."""


class Shelf:
    """Forms in a folder, one file each, safe for several processes at once: a file is complete or not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Form | None:
        """Return the form with this id; None when it is not here, or its file is damaged."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            form = load(data)
        except (OSError, InputError):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return form if form.id == key else None

    def put(self, form: Form) -> None:
        """Keep ``form``, and let go of what was used longest ago. A shelf that cannot be written keeps nothing."""
        self._write(self._path(form.id), form.dump(), KEPT)

    def part(self, key: str) -> Part | None:
        """Return the part with this key; None when it is not here, or its file is damaged."""
        try:
            found = load_part((self.folder / f"{key}.part").read_bytes())
        except (OSError, InputError):
            return None
        return found if found.key == key else None

    def put_part(self, part: Part) -> None:
        """Keep ``part``, and let go of what was used longest ago."""
        self._write(self.folder / f"{part.key}.part", part.dump(), KEPT)

    def noted(self, made_from: str) -> str:
        """Return what was noted of the form that is made from files with the hash ``made_from``; mostly nothing yet."""
        with contextlib.suppress(OSError, ValueError):
            return self._note(made_from).read_text(encoding="utf-8")
        return ""

    def note(self, made_from: str, said: str) -> None:
        """Note ``said`` of the form that is made from files with the hash ``made_from``."""
        self._write(self._note(made_from), said.encode(), KEPT_NOTES)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.form"

    def _note(self, made_from: str) -> Path:
        return self.folder / f"{made_from}.note"

    def _write(self, path: Path, data: bytes, kept: int) -> None:
        """Write ``path`` whole or not at all; at most ``kept`` files of its kind stay."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=self.folder, prefix=".form-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(beside).replace(path)
            finally:
                Path(beside).unlink(missing_ok=True)
            others = sorted(self.folder.glob(f"*{path.suffix}"), key=lambda item: item.stat().st_mtime, reverse=True)
            for old in others[kept:]:
                old.unlink(missing_ok=True)
