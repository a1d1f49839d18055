"""The shelf: forms by their id, typeset once and kept. A form never holds a patient."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from handouts.errors import InputError
from handouts.press.form import Form, load

KEPT = 200
"""How many forms the user's shelf keeps; the ones used longest ago go first."""


class Shelf:
    """Forms in a folder, one file each, safe for several processes at once: a file is complete or not there."""

    number = None
    """A shelf is no edition."""

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

    def approvals(self, source: str) -> str:
        """Return nothing: forms are approved in editions only."""
        return ""

    def put(self, form: Form) -> None:
        """Keep ``form``, and let go of what was used longest ago. A shelf that cannot be written keeps nothing."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=self.folder, prefix=".form-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(form.dump())
                Path(beside).replace(self._path(form.id))
            finally:
                Path(beside).unlink(missing_ok=True)
            self._prune()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.form"

    def _prune(self) -> None:
        forms = sorted(self.folder.glob("*.form"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in forms[KEPT:]:
            path.unlink(missing_ok=True)
