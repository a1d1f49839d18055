"""The output folder of a batch: one run at a time, and no file under its final name before it is whole."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from handouts.batch.journal import UNWRITABLE, Journal
from handouts.errors import OutputError, Problem
from handouts.output import create, make_folder

OWN = ".handouts"
"""The folder within for what is not handed over: the journal, the lock, and files that are being written."""
JOURNAL = "journal.sqlite"
PART = ".part"
LEFT = ".handouts-batch-"
"""How the name of what a run writes beside the packets begins until it is whole."""


class Folder:
    """An output folder that belongs to this run until it is closed."""

    def __init__(self, path: Path) -> None:
        """Take ``path``, made where it is not there. Raises OutputError, also where another run has it."""
        self.path = path
        make_folder(str(path))
        own = make_folder(str(path / OWN))
        self._lock = FileLock(own / "lock", mode=0o600)
        try:
            own.chmod(0o700)
            self._lock.acquire(timeout=0)
            left = [own / name for name in _found(own, lambda name: name.endswith(PART))]
            left += [path / name for name in _found(path, lambda name: name.startswith(LEFT))]
            for file in left:
                file.unlink(missing_ok=True)
        except Timeout:
            problem = Problem(
                str(path), "another run is writing into this folder", "wait for it, or name another folder"
            )
            raise OutputError(problem) from None
        except OSError as error:
            raise unwritable(path, error) from None
        self.journal = Journal(own / JOURNAL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.journal.close()
        self._lock.release()

    def has(self, file: str, sha256: str) -> bool:
        """Whether the packet ``file`` is here, byte for byte as it was made."""
        try:
            with (self.path / file).open("rb") as found:
                return hashlib.file_digest(found, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def others(self, is_result: Callable[[str], bool]) -> list[str]:
        """Return the packets here that do not belong to this run, in order of name; results are no packets."""

        def is_packet(name: str) -> bool:
            return name.endswith(".pdf") and not is_result(name)

        if sum(1 for _ in _found(self.path, is_packet)) == self.journal.count():
            return []
        return sorted(name for name in _found(self.path, is_packet) if not self.journal.has(name))


def _found(folder: Path, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Yield the names in ``folder`` that are ``wanted``; a folder may have a million, of which none is kept."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if wanted(entry.name):
                yield entry.name


def store(folder: Path, file: str, parts: Iterable[bytes]) -> None:
    """Write ``parts`` as ``file`` into ``folder``: whole under its name, or not at all. Raises OutputError."""
    # A name of its own: a worker of a run that was killed may still be writing the same packet.
    part = folder / OWN / f"{secrets.token_hex(16)}{PART}"
    try:
        try:
            create(part, parts)
            part.replace(folder / file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(folder, error) from None


def unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(Problem(str(folder), f"cannot be written: {error.strerror}", UNWRITABLE))
