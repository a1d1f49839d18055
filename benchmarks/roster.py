"""A roster in, packets out: whole processes, from the CSV to the files on disk, against a copy of what they wrote."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import growth
import peers

ROOM = 250_000
"""Bytes of disk for a packet, generously."""


class Rosters:
    """A roster, an edition that is built before, and the ways through them."""

    def __init__(self, folder: Path, program: list[str], environment: dict[str, str], rows: int, starts: int) -> None:
        """Write the roster and build the edition in ``folder``."""
        self._folder, self._program, self._environment, self.rows = folder, program, environment, rows
        self._numbers = itertools.count()
        write_roster(folder / "roster.csv", rows, starts)
        order = peers.ORDER
        what = ["--drug", order["drug"], "--locale", order["locale"], "--packet", order["packet"]]
        self._run("edition", "build", "--out", "clinic.edition", *what)

    def make(self, jobs: int) -> tuple[Path, float]:
        """Run ``handouts batch``, and return its folder and the seconds it took."""
        out = self._fresh()
        options = ("--edition", "clinic.edition", "--jobs", str(jobs))
        seconds = self._run("batch", "roster.csv", "--out", out.name, *options)
        assert len(list(out.glob("[0-9]*.pdf"))) == self.rows, "handouts batch has not made every packet"
        return out, seconds

    def in_shards(self) -> float:
        """Return the seconds that two runs take which share nothing, each with its half of the roster."""
        edition = ("--edition", "clinic.edition", "--jobs", "1")
        commands = [
            [*self._program, "batch", "roster.csv", "--out", self._fresh().name, "--shard", f"{half}/2", *edition]
            for half in (1, 2)
        ]
        os.sync()
        start = time.perf_counter()
        running = [self._begun(command) for command in commands]
        assert not any([process.wait() for process in running]), "handouts batch has not made every packet"
        return time.perf_counter() - start

    def copy(self, folder: Path) -> float:
        """Return the seconds that ``cp -r`` of ``folder`` takes."""
        return self._timed(["cp", "-r", folder.name, self._fresh().name])

    def _run(self, *arguments: str) -> float:
        return self._timed([*self._program, *arguments])

    def _timed(self, command: list[str]) -> float:
        os.sync()  # what was written before must not be written out meanwhile
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=self._environment, cwd=self._folder)
        return time.perf_counter() - start

    def _begun(self, command: list[str]) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, stdout=quiet, stderr=quiet, env=self._environment, cwd=self._folder)

    def _fresh(self) -> Path:
        """Return a folder that is not there. None is removed before the end: ext4 looks for a new inode among all
        that were given back in the last minutes, one by one, and that would slow whoever comes next."""
        return self._folder / f"out-{next(self._numbers)}"


def write_roster(path: Path, rows: int, starts: int) -> None:
    """Write ``rows`` patients; the days of treatment are the working days of about a year, ``starts`` of them."""
    days = list(itertools.islice(_working_days(dt.date.fromisoformat(peers.ORDER["start"])), starts))
    births = growth.births(dt.date.isoformat)
    pool = {"dates": [{"start": day.isoformat()} for day in days], "births": births}
    same = {key: peers.ORDER[key] for key in ("drug", "locale", "packet", "prescriber")}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["mrn", "name", "dob", "start", *same])
        for patient in itertools.islice(growth.patients(pool), rows):
            own = [patient[f"patient.{key}"] for key in ("mrn", "name", "dob")]
            writer.writerow([*own, patient["start"], *same.values()])


def _working_days(first: dt.date) -> Iterator[dt.date]:
    for number in itertools.count():
        if (day := first + dt.timedelta(number)).weekday() < 5:
            yield day


def room_for(folder: Path, packets: int) -> None:
    """Raise NotHere where the disk has no room for so many packets."""
    if shutil.disk_usage(folder).free < packets * ROOM:
        raise peers.NotHere(f"needs {packets * ROOM / 1e9:.0f} GB of disk")
