"""``handouts batch``, killed (SIGKILL) at its n-th deed, alone or with all of its processes.

A deed is what a batch does to its folder: it begins a packet, has half of it written, has written it whole, and has
given it its name; it begins a commit to its journal, has half of a page of that written, and has committed.

Serves: reads a line of JSON for each run, ``{"arguments": […], "env": {…}, "kill": "DEED" or null, "number": n, "all":
true}``, and says how that ended, ``{"code": exit code, or minus the signal, "done": {deed: how often}}``; what was done
is said only of a run that ended by itself. Each run is a fork of this process, which has everything loaded.
"""

from __future__ import annotations

import collections
import ctypes
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

done: collections.Counter[str] = collections.Counter()
killed: list[Kill] = []


class Kill(NamedTuple):
    deed: str
    number: int
    everybody: bool


def deed(name: str, last_act: Callable[[], object] = lambda: None) -> None:
    """Count a deed; at the wanted one, do ``last_act`` and die."""
    done[name] += 1
    for kill in killed:
        if (kill.deed, kill.number) == (name, done[name]):
            last_act()
            os.kill(0 if kill.everybody else os.getpid(), signal.SIGKILL)


def watch_files() -> None:
    writev, replace = os.writev, os.replace

    def watched_writev(handle: int, parts: Sequence[memoryview]) -> int:
        data = b"".join(parts)
        deed("begin")
        deed("half", lambda: os.write(handle, data[: len(data) // 2]))
        return writev(handle, parts)

    def watched_replace(source: Any, target: Any, **folders: Any) -> None:
        deed("written")
        replace(source, target, **folders)
        deed("named")

    os.writev, os.replace = watched_writev, watched_replace


class Watched(sqlite3.Connection):
    """A journal."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql != "COMMIT":
            return super().execute(sql, *values)
        deed("commit")
        cursor = super().execute(sql)
        deed("committed")
        return cursor


PWRITE = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64)


@PWRITE
def watched_pwrite(handle: int, place: int, length: int, offset: int) -> int:
    data = ctypes.string_at(place, length)
    deed("page", lambda: os.pwrite(handle, data[: length // 2], offset))
    return os.pwrite(handle, data, offset)


class Vfs(ctypes.Structure):
    """SQLite's way to the system, so far as it is used here (sqlite3.h, sqlite3_vfs)."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("version", "size", "longest")),
        *((f"other{number}", ctypes.c_void_p) for number in range(16)),
        ("set_system_call", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, PWRITE)),
    )


def watch_the_journal() -> None:
    import _sqlite3

    connect = sqlite3.connect
    sqlite3.connect = lambda *words, **options: connect(*words, factory=Watched, **options)  # type: ignore[assignment]
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(Vfs)
    vfs = library.sqlite3_vfs_find(None)
    for name in (b"pwrite", b"pwrite64"):
        vfs.contents.set_system_call(ctypes.cast(vfs, ctypes.c_void_p), name, watched_pwrite)


def run(asked: dict[str, Any], answer: int) -> None:
    """Run the command in this process, and write into ``answer`` what it did."""
    from handouts.commands import main

    os.setsid()
    os.environ.update(asked["env"])
    if asked["kill"]:
        killed.append(Kill(asked["kill"], asked["number"], asked["all"]))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for handle in range(3):
        os.dup2(nowhere, handle)
    sys.argv = ["handouts", *asked["arguments"]]
    try:
        main()
    except SystemExit as ended:
        os.write(answer, json.dumps(done).encode())
        os._exit(int(ended.code or 0))


def serve() -> None:
    import handouts.batch.run
    import handouts.commands.batch  # noqa: F401 # so that no run has to load it

    watch_files()
    watch_the_journal()
    for line in sys.stdin:
        heard, said = os.pipe()
        if (child := os.fork()) == 0:
            run(json.loads(line), said)
            os._exit(70)
        os.close(said)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with os.fdopen(heard, encoding="utf-8") as answer:
            print(json.dumps({"code": code, "done": json.loads(answer.read() or "{}")}), flush=True)


if __name__ == "__main__":
    serve()
