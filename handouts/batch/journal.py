"""The journal of an output folder: which packets are finished. It lets a batch go on where it was stopped.

An SQLite file, so that it survives the end of the process at any moment, and so that a million packets take no memory.
It holds no patient: a packet is known by a keyed hash of what it says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from handouts.errors import OutputError, Problem

FORMAT = 1
WAIT = 30.0
"""How long another program (a backup, a virus scanner) may hold the file, in seconds."""
UNWRITABLE = "see that the folder is there, is yours to write and has room; then run the same command again"
"""What to do about any folder that cannot be written."""
TABLES = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS packets (
    key BLOB PRIMARY KEY, file TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL, pages INTEGER NOT NULL,
    form TEXT NOT NULL, locale TEXT NOT NULL, run INTEGER NOT NULL
) WITHOUT ROWID;
"""


class Record(NamedTuple):
    """A finished packet."""

    key: bytes
    file: str
    sha256: str
    pages: int
    form: str
    locale: str


class Journal:
    """The journal of one folder, open for one run."""

    def __init__(self, path: Path) -> None:
        """Open the journal ``path``, or begin it. Raises OutputError."""
        self._path = path
        with self._problems():
            try:
                found = self._open()
            except (sqlite3.DatabaseError, ValueError) as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                # The power failed while it was written. Without it, every packet is made again, byte for byte.
                self._base.close()
                path.unlink()
                path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
                found = self._open()
        if found != FORMAT:
            problem = "was written by another version"
            raise OutputError(Problem(path.name, problem, "use another folder, or that version"))

    def _open(self) -> int:
        """Open the file, begin a run, and return the format of what is in it."""
        self._base = sqlite3.connect(self._path, timeout=WAIT, isolation_level=None)
        self._path.chmod(0o600)
        if self._base.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("damaged")
        # What the system has taken survives the end of this process. Waiting for the disk would take longer than all
        # the rest; after a power failure each packet is known by its SHA-256.
        self._base.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = PERSIST;" + TABLES)
        self.run = int(self._about("run", b"0")) + 1
        self._base.execute("UPDATE about SET value = ? WHERE name = 'run'", (str(self.run).encode(),))
        return int(self._about("format", str(FORMAT).encode()))

    def salt(self, fresh: bytes) -> bytes:
        """Return the key of this folder's hashes: ``fresh`` where it has none yet."""
        with self._problems():
            return self._about("salt", fresh)

    def find(self, key: bytes) -> Record | None:
        """Return what an earlier run has finished under ``key``; no two rows of one run share a key."""
        if self.run == 1:
            return None
        query = "SELECT key, file, sha256, pages, form, locale FROM packets WHERE key = ?"
        with self._problems():
            row = self._base.execute(query, (key,)).fetchone()
        return Record(*row) if row else None

    def note(self, records: Iterable[Record]) -> None:
        """Note ``records`` as finished in this run: all of them or, when the process ends meanwhile, none."""
        rows = [(*record, self.run) for record in records]
        with self._problems():
            self._base.execute("BEGIN IMMEDIATE")
            self._base.executemany("INSERT OR REPLACE INTO packets VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._base.execute("COMMIT")

    def has(self, file: str) -> bool:
        """Whether ``file`` belongs to this run."""
        with self._problems():
            query = "SELECT 1 FROM packets WHERE file = ? AND run = ?"
            return self._base.execute(query, (file, self.run)).fetchone() is not None

    def count(self) -> int:
        """Return how many packets belong to this run."""
        with self._problems():
            query = "SELECT count(*) FROM packets WHERE run = ?"
            return int(self._base.execute(query, (self.run,)).fetchone()[0])

    def close(self) -> None:
        self._base.close()

    def _about(self, name: str, fresh: bytes) -> bytes:
        self._base.execute("INSERT OR IGNORE INTO about VALUES (?, ?)", (name, fresh))
        found: bytes = self._base.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()[0]
        return found

    @contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            said = error.strerror if isinstance(error, OSError) else error
            problem = Problem(str(self._path.parent), f"the journal cannot be written: {said}", UNWRITABLE)
            raise OutputError(problem) from None
        except (sqlite3.DatabaseError, ValueError):
            hint = "delete this one file and run again: every packet is made once more"
            raise OutputError(Problem(str(self._path), "the journal is damaged", hint)) from None
