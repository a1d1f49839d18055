"""Patients without end, and how time and memory grow with their number.

As a program (``growth.py FOLDER COUNT``) it stamps that many in a process of its own, which imports nothing but what
stamping needs, and prints seconds per patient and the peak of its memory.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
NAMES = len(SYLLABLES) ** 4


def patients(pool: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the values of one invented patient after the other, for ever.

    Names and record numbers are never the same, dates of birth come from thirty years, and the days of treatment from
    the starts in ``pool``.
    """
    dates, born = pool["dates"], pool["births"]
    for number in itertools.count():
        yield {
            **dates[number % len(dates)],
            "patient.name": f"Sample {_name(number)}",
            "patient.dob": born[number * 7919 % len(born)],
            "patient.mrn": f"{number:06}",
        }


def _name(number: int) -> str:
    """Return a name of eight letters; different for each number up to 24 million."""
    left, parts = number * 7_368_787 % NAMES, []
    for _ in range(4):
        left, at = divmod(left, len(SYLLABLES))
        parts.append(SYLLABLES[at])
    return "".join(parts).capitalize()


def births(words: Callable[[dt.date], str]) -> list[str]:
    """Return the days of thirty years in ``words``."""
    first = dt.date(1950, 1, 1)
    return [words(first + dt.timedelta(days)) for days in range(30 * 365)]


def peak_memory() -> float:
    """Return the most memory that this program had resident, in MiB.

    Not ru_maxrss on Linux: fork and exec hand the parent's down, so that a small child of a big parent looks big
    (``exec_mmap`` in the kernel's ``fs/exec.c``). VmHWM begins anew with each program.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)


def main(folder: Path, count: int) -> None:
    from handouts.press.form import load
    from handouts.press.shaping import Faces
    from handouts.press.stamp import Stamp

    pool = json.loads((folder / "pool.json").read_text(encoding="utf-8"))
    stamp = Stamp(load((folder / "intake.form").read_bytes()), Faces(Path(pool["fonts"])))
    target = folder / "growth.pdf"
    start = time.perf_counter()
    for values in itertools.islice(patients(pool), count):
        target.write_bytes(stamp.pdf(values))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds / count, "peak": peak_memory()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
