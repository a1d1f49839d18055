"""Batches for tests: people of their own, runs in this process and outside, and what stands in a folder."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from rosters import HEADINGS, as_csv, saved
from running import CACHE, PROGRAM, Finished, run, run_outside

KILLING = Path(__file__).with_name("killing.py")
COLUMNS = (*HEADINGS, "packet")
LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""No hexadecimal digits: a word of these is not found in a hash by chance."""
FIRST_BIRTH = dt.date(1950, 1, 1)


def person(number: int, **changes: str) -> dict[str, str]:
    """Return the row of a patient with a word for a name, a birth date and a record number that nobody else has."""
    born = FIRST_BIRTH + dt.timedelta(days=number)
    return {
        "mrn": f"{900000 - number}",
        "name": f"Sample {word(number)}",
        "dob": born.isoformat(),
        "drug": "ocrelizumab",
        "start": "2026-12-07",
        "locale": "en",
        "packet": "consent",
        **changes,
    }


def word(number: int) -> str:
    return f"{(number + 1) * 76_543_217 % 10**8:08}".translate(LETTERS)


def people(count: int, refused: int = 17) -> list[dict[str, str]]:
    """Return ``count`` rows, each ``refused``-th of which cannot be served."""
    return [person(at, **({"dob": "x"} if at % refused == refused - 1 else {})) for at in range(count)]


def roster(folder: Path, rows: Iterable[Mapping[str, str]], name: str = "roster.csv") -> Path:
    return saved(folder, as_csv(rows, COLUMNS), name)


def batch(path: Path, out: Path, *options: object, code: int = 1) -> Finished:
    """Run a batch in this process; most rosters here have rows that are refused."""
    finished = run("batch", path, "--out", out, "--jobs", 1, *options)
    assert finished.code == code, finished.err
    return finished


def batch_outside(path: Path, out: Path, *options: object, code: int = 1, **world: object) -> Finished:
    finished = run_outside("batch", path, "--out", out, *options, **world)  # type: ignore[arg-type]
    assert finished.code == code, finished.err
    return finished


def started(
    path: Path, out: Path, *options: object, said: int = subprocess.DEVNULL, **world: str
) -> subprocess.Popen[bytes]:
    """Start a batch as the leader of a process group of its own; ``said`` is where its stderr goes.

    It hears Ctrl-C, also where the tests run in the background and do not.
    """
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), "batch", str(path), "--out", str(out), *map(str, options)],
        env={**os.environ, "XDG_CACHE_HOME": CACHE, **world},
        stdout=subprocess.DEVNULL,
        stderr=said,
        start_new_session=True,
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def contents(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that is handed over, by name."""
    return {path.name: sha256(path) for path in folder.iterdir() if path.name != ".handouts"}


def is_packet(name: str) -> bool:
    return name.endswith(".pdf") and not re.fullmatch(r"summary(-[0-9]+)?\.pdf", name)


def packets_in(out: Path) -> list[Path]:
    """Return the packets in a folder, in order of name."""
    return sorted(path for path in out.glob("*.pdf") if is_packet(path.name))


def count(out: Path) -> int:
    """Return how many packets there are."""
    return len(packets_in(out))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Stamp(NamedTuple):
    """What changes when a file is written again."""

    inode: int
    changed: int


def stamps(folder: Path) -> dict[str, Stamp]:
    found = {path.name: path.stat() for path in packets_in(folder)}
    return {name: Stamp(status.st_ino, status.st_mtime_ns) for name, status in found.items()}


def finished_files(out: Path) -> set[str]:
    """Return the files that the journal has, read from a copy: looking must not mend it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "journal.sqlite"
        for path in (out / ".handouts").glob("journal.sqlite*"):
            shutil.copyfile(path, copy.with_name(path.name))
        if not copy.exists():
            return set()
        base = sqlite3.connect(copy)
        try:
            if not base.execute("SELECT 1 FROM sqlite_master WHERE name = 'packets'").fetchone():
                return set()
            return {file for (file,) in base.execute("SELECT file FROM packets")}
        finally:
            base.close()


def manifest(out: Path, name: str = "manifest.jsonl") -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / name).read_text().splitlines()]


def made_files(out: Path) -> list[str]:
    """Return the files of the manifest, in the order of the roster."""
    return [str(line["file"]) for line in manifest(out) if line["status"] == "made"]


class Killer:
    """Runs batches, each in a process of its own, that are killed at a deed."""

    def __init__(self) -> None:
        command, world = [sys.executable, str(KILLING)], {**os.environ, "XDG_CACHE_HOME": CACHE}
        self._server = subprocess.Popen(command, env=world, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end(self) -> None:
        self._server.communicate()

    def run(
        self,
        path: Path,
        out: Path,
        jobs: int,
        kill: tuple[str, int] | None = None,
        everybody: bool = False,
        mark: str = "",
    ) -> tuple[int, dict[str, int]]:
        """Return the exit code, or minus the signal, and how often each deed was done where it ended by itself."""
        assert self._server.stdin and self._server.stdout
        deed, number = kill or (None, 0)
        arguments = ["batch", str(path), "--out", str(out), "--jobs", str(jobs)]
        asked = {"arguments": arguments, "env": {"MARK": mark}, "kill": deed, "number": number, "all": everybody}
        print(json.dumps(asked), file=self._server.stdin, flush=True)
        answer = json.loads(self._server.stdout.readline())
        return answer["code"], answer["done"]
