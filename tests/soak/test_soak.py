"""A hundred thousand patients: all are made, in the memory that ten thousand take. ``make soak``, not ``make test``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from batches import COLUMNS, Killer, batch, packets_in, person, roster, started
from rosters import as_csv
from test_batch_safety import make_and_check

FEW, MANY = 10_000, 100_000
GROWTH = 1.25
ROOM = 12 * 2**30
"""What the packets of the long roster take, in bytes."""
MEGABYTE = 2**20
OFTEN = 0.05
"""How often memory is looked at, in seconds; the kernel keeps each process's peak as long as it lives."""


class Run(NamedTuple):
    """What a run took."""

    seconds: float
    parent: float
    """Most memory of the process that was started, in MB."""
    worker: float
    """Most memory of any other."""
    packets: int
    size: float
    """Of all packets, in GB."""


def people(count: int) -> Iterator[dict[str, str]]:
    """Yield as many rows, one in a hundred of which is refused; birth dates come again after sixty years."""
    for number in range(count):
        row = person(number % 20_000)
        yield row | {
            "mrn": f"{number:07}",
            "name": f"Sample {spelt(number)}",
            "dob": row["dob"] if number % 100 else "x",
        }


def spelt(number: int) -> str:
    """Return a name that is not like any other: names that look alike on one day are said, one by one."""
    digits = f"{number * 7_368_787 % 10**8:08}{number * 9_576_893 % 10**8:08}"
    return digits.translate(str.maketrans("0123456789", "abcdefghij"))


def peaks(leader: int) -> dict[int, int]:
    """Return the peak of every living process in the session of ``leader``, in bytes."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if os.getsid(int(status.parent.name)) == leader:
                fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
                if "VmHWM" in fields:
                    found[int(status.parent.name)] = int(fields["VmHWM"].split()[0]) * 1024
        except OSError:
            continue
    return found


def measured(path: Path, out: Path, jobs: int) -> Run:
    most: dict[int, int] = {}
    began = time.monotonic()
    running = started(path, out, "--jobs", jobs)
    while running.poll() is None:
        most |= peaks(running.pid)
        time.sleep(OFTEN)
    seconds = time.monotonic() - began
    assert running.returncode == 1
    parent = most.pop(running.pid)
    sizes = [item.stat().st_size for item in packets_in(out)]
    return Run(seconds, parent / MEGABYTE, max(most.values(), default=0) / MEGABYTE, len(sizes), sum(sizes) / 1e9)


@pytest.mark.parametrize("jobs", [1, 2])
def test_memory_does_not_grow_with_the_roster(jobs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if shutil.disk_usage(place).free < ROOM:
            pytest.skip(f"{place} has no room for {ROOM / 2**30:.0f} GB")
        batch(roster(place, list(people(2)), "first.csv"), place / "first")  # the form is typeset here
        runs = []
        for count in (FEW, MANY):
            path = place / f"{count}.csv"
            path.write_text(as_csv(people(count), COLUMNS))
            run = measured(path, place / "out", jobs)
            shutil.rmtree(place / "out")
            line = "{} rows, {} jobs on {} cores: {:.0f} s, {:.0f} MB, worker {:.0f} MB, {} packets, {:.1f} GB"
            sys.stderr.write(line.format(count, jobs, os.cpu_count(), *run) + "\n")
            assert run.packets == count - count // 100
            runs.append(run)
        few, many = runs
        assert many.parent <= GROWTH * few.parent
        assert many.worker <= GROWTH * few.worker


def test_every_packet_of_ten_thousand_is_its_patients(tmp_path: Path, killer: Killer) -> None:
    make_and_check(FEW, tmp_path, killer)
