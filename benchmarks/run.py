"""Every way to make the same packet, side by side in one table: ``make bench``. See README.md beside this file."""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import itertools
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path

import growth
import peers
import pikepdf
import pypdfium2
import roster

HERE = Path(__file__).resolve().parent
STARTS = 250
"""First days of treatment: the working days of a year."""
FLAT = 1.25
"""What counts as flat: at most this many times the figure for the fewest patients."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int = 7
    cold_rounds: int = 11
    new_values: int = 100
    """Patients to a round, none of whose dates was seen before."""
    growth: tuple[tuple[int, int], ...] = ((1_000, 5), (10_000, 3), (100_000, 3))
    """Patients, and in how many rounds."""
    growth_seconds: float = 280
    """The most patients are not stamped once more after this long, so that the whole stays below ten minutes."""

    batch: int = 10_000
    """Rows of a roster."""
    batch_rounds: int = 5


QUICK = Plan(rounds=2, cold_rounds=2, growth=((1_000, 2), (10_000, 1)), batch=200, batch_rounds=2)

MEMORY = "**our stamp, in memory**"
NEW_VALUES = "our stamp, in memory, no date seen before"
TO_FILE = "our stamp, to a file (plain write, no fsync)"
SAFE_FILE = "our stamp, to a file as the command line writes it (fsync, rename)"
COPY = "`shutil.copyfile` of that output (from the page cache)"
MAKE = "`packet.make`: from the order, with the form on the shelf"
WEASYPRINT = "WeasyPrint, one by one"
TYPST_WARM = "Typst, warm compiler, data file changed"
TYPST_ONCE = "Typst, one-shot (first compile of a process; its start and import not counted)"
OVERLAY = "ReportLab overlay, merged by pikepdf"
CHROMIUM = "Chromium, print to PDF, one process each"
CHROMIUM_WARM = "Chromium, one browser kept (DevTools pipe)"
COLD_MAKE = "process: `handouts make`, form on the shelf"
COLD_IMPORT = 'process: `python -c "import weasyprint"`'
COLD_TYPST = 'process: `python -c "import typst; typst.compile(…)"` (the wheel has no command line)'
BATCH_ONE = "`handouts batch`: from CSV to files on disk, hashes and journal, one worker, each packet"
BATCH_TWO = "the same, two workers"
BATCH_COPY = "`cp -r` of that output, each packet"
SHARDS = "two runs of one worker at once, each with half of the roster (`--shard`), each packet"
COLD_PYTHON = 'process: `python -c "pass"`'


@dataclass
class Row:
    """A line of the table: its figures, in seconds or MiB, one for each round."""

    name: str
    unit: str = "ms"
    figures: list[float] = field(default_factory=list)
    missing: str = ""
    """Why there are no figures."""

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def fastest(self) -> float:
        return min(self.figures)


@dataclass
class Contest:
    """A way, its patients, and how many of them to a round."""

    row: Row
    way: peers.Way
    patients: Iterator[peers.Values]
    batch: int

    def round(self) -> None:
        batch = list(itertools.islice(self.patients, self.batch))
        way, own = self.way, 0.0
        gc.collect()
        start = time.perf_counter()
        for values in batch:
            result = way(values)
            if isinstance(result, float):
                own += result
        seconds = own or time.perf_counter() - start
        self.row.figures.append(seconds / self.batch)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure every way to make the same packet, and print one table.")
    parser.add_argument("--out", type=Path, default=HERE / "results.md", help="where to write the table")
    parser.add_argument("--note", default="", help="a sentence to put under the title")
    parser.add_argument("--quick", action="store_true", help="few rounds and patients: does everything run?")
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else Plan()
    load, began = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="handouts-bench-", ignore_cleanup_errors=True) as name:
        say("Typesetting the form")
        intake = peers.intake(Path(name), max(STARTS, plan.rounds * plan.new_values + 1))
        with contextlib.ExitStack() as stack:
            rows, outputs = side_by_side(intake, plan, stack)
        rows += cold_starts(intake, plan)
        rows += growths(intake, plan)
        rows += batches(intake, plan)
        text = report(intake, plan, rows, outputs, load, arguments.note)
    arguments.out.write_text(text, encoding="utf-8")
    print(text)
    say(f"{time.monotonic() - began:.0f} seconds; the table is in {arguments.out.name}")


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def side_by_side(intake: peers.Intake, plan: Plan, stack: contextlib.ExitStack) -> tuple[list[Row], dict[str, bytes]]:
    """Return the ways that make packets, in turns, and what each made of the same patient."""
    year = pool_of_a_year(intake)
    all_seen = 2 * STARTS
    # Way, patients to a round, and patients before the first round, which are not timed.
    wanted: list[tuple[str, Callable[[peers.Intake], peers.Way], int, int]] = [
        (WEASYPRINT, peers.weasyprint_each, 1, 0),
        (CHROMIUM, peers.chromium_each, 1, 0),
        (CHROMIUM_WARM, partial(peers.chromium_warm, stack=stack), 3, 3),
        (TYPST_ONCE, peers.typst_once, 3, 0),
        (TYPST_WARM, peers.typst_warm, 15, 30),
        (OVERLAY, peers.reportlab_overlay, 15, 5),
        (MAKE, peers.make, 10, 5),
        (SAFE_FILE, peers.stamp_to_safe_file, 50, all_seen),
        (TO_FILE, peers.stamp_to_file, 300, all_seen),
        (COPY, peers.copy_file, 300, all_seen),
        (NEW_VALUES, peers.stamp_in_memory, plan.new_values, 0),
        (MEMORY, peers.stamp_in_memory, 1000, all_seen),
    ]
    contests, rows, outputs = [], [], {}
    for name, peer, batch, before in wanted:
        say(f"Setting up: {name}")
        rows.append(row := Row(name))
        try:
            way = peer(intake)
            made = way(intake.prepared.values)
        except peers.NotHere as reason:
            row.missing = str(reason)
            continue
        if isinstance(made, bytes):
            outputs[name] = made
        # A patient whose days are those of intake.prepared comes first in the pool; she is no news any more.
        patients = itertools.islice(growth.patients(intake.pool if name == NEW_VALUES else year), 1, None)
        for values in itertools.islice(patients, before):
            way(values)
        contests.append(Contest(row, way, patients, batch))
        sweep(intake.folder)
    for number in range(1, plan.rounds + 1):
        say(f"Round {number} of {plan.rounds}")
        for contest in contests:
            contest.round()
            sweep(intake.folder)
    return rows, outputs


def sweep(folder: Path) -> None:
    """Take away what a round has written."""
    for path in folder.glob("*-*/[0-9]*.pdf"):
        path.unlink()


def pool_of_a_year(intake: peers.Intake) -> dict[str, object]:
    return {**intake.pool, "dates": intake.pool["dates"][:STARTS]}


def cold_starts(intake: peers.Intake, plan: Plan) -> list[Row]:
    """Return whole processes, in turns: from nothing to the file, or to the end of the import."""
    folder = intake.subfolder("cold")
    target = folder / "packet.pdf"
    program, environment = on_a_desk(folder)
    options = [f"--{key}={value}" for key, value in peers.ORDER.items() if key != "drug"]
    commands = {
        COLD_MAKE: [*program, "make", peers.ORDER["drug"], *options, "-o", str(target)],
        COLD_IMPORT: [sys.executable, "-c", "import weasyprint"],
        COLD_TYPST: peers.typst_program(intake),
        COLD_PYTHON: [sys.executable, "-c", "pass"],
    }
    rows = {name: Row(name) for name in commands}
    for number in range(plan.cold_rounds + 1):
        say(f"Cold starts, round {number} of {plan.cold_rounds}")
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env=environment, cwd=folder)
            if number:  # the first one fills the shelf, and the page cache
                rows[name].figures.append(time.perf_counter() - start)
    assert target.read_bytes().startswith(b"%PDF"), "handouts make has made no packet"
    return list(rows.values())


def on_a_desk(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return the program and its environment, as on a desk.

    No settings of this shell, and compiled modules are kept from the first run on.
    """
    script = Path(sys.executable).with_name("handouts")
    program = [str(script)] if script.exists() else [sys.executable, str(HERE.parent / "cli.py")]
    settings = ("HANDOUTS_", "PYTHONDONTWRITEBYTECODE")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(settings)}
    return program, environment | {"XDG_CACHE_HOME": str(folder / "cache")}


def batches(intake: peers.Intake, plan: Plan) -> list[Row]:
    """Return a whole roster by one worker and by two, and the copy of what they wrote, in turns.

    Two runs at once that share nothing show what the machine gives to a second one.
    """
    rows = [Row(BATCH_ONE), Row(BATCH_TWO), Row(SHARDS), Row(BATCH_COPY)]
    folder = intake.subfolder("batch")
    try:
        roster.room_for(folder, 4 * (plan.batch_rounds + 1) * plan.batch)
    except peers.NotHere as reason:
        for row in rows:
            row.missing = str(reason)
        return rows
    ways = roster.Rosters(folder, *on_a_desk(folder), plan.batch, STARTS)
    for number in range(plan.batch_rounds + 1):
        say(f"{plan.batch:,} rows, round {number} of {plan.batch_rounds}")
        made, alone = ways.make(1)
        figures = (alone, ways.make(2)[1], ways.in_shards(), ways.copy(made))
        if number:  # the first round fills the page cache
            for row, seconds in zip(rows, figures, strict=True):
                row.figures.append(seconds / plan.batch)
    return rows


def growths(intake: peers.Intake, plan: Plan) -> list[Row]:
    """Return time per patient and peak memory of processes that stamp more and more patients."""
    (intake.folder / "pool.json").write_text(json.dumps(pool_of_a_year(intake)), encoding="utf-8")
    (intake.folder / "intake.form").write_bytes(intake.form.dump())
    times = {count: Row(growing(count)) for count, _ in plan.growth}
    peaks = {count: Row(peak(count), unit="MiB") for count, _ in plan.growth}
    most, end = plan.growth[-1][0], time.monotonic() + plan.growth_seconds
    for number in range(max(rounds for _, rounds in plan.growth)):
        for count, rounds in plan.growth:
            if number == 0 or (number < rounds and (count < most or time.monotonic() < end)):
                say(f"{count:,} patients, round {number + 1}")
                command = [sys.executable, str(HERE / "growth.py"), str(intake.folder), str(count)]
                found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
                times[count].figures.append(found["seconds"])
                peaks[count].figures.append(found["peak"])
    return [*times.values(), *peaks.values()]


def growing(count: int) -> str:
    return f"growth: {count:,} patients, each of them, written over the same file"


def peak(count: int) -> str:
    return f"growth: {count:,} patients, peak memory of the process"


def targets(rows: dict[str, Row], plan: Plan) -> dict[str, str]:
    """Return what has come of the targets of issues 3 and 4, by row. Nothing where there are no figures."""
    fewest, most = plan.growth[0][0], plan.growth[-1][0]
    found = {}
    for name, limit in [(WEASYPRINT, 1000), (TYPST_WARM, 100)]:
        if rows[name].figures:
            ratio = rows[name].median / rows[MEMORY].median
            found[name] = verdict(f"≥ {limit:,} × our stamp", ratio, ratio >= limit)
    for name, other, limit, words in [
        (TO_FILE, COPY, 1.5, "`copyfile`"),
        (COLD_MAKE, COLD_IMPORT, 0.5, "`import weasyprint`"),
        (growing(most), growing(fewest), FLAT, f"that of {fewest:,}"),
        (peak(most), peak(fewest), FLAT, f"that of {fewest:,}"),
    ]:
        ratio = rows[name].median / rows[other].median
        found[name] = verdict(f"≤ {limit} × {words}", ratio, ratio <= limit)
    if rows[BATCH_ONE].figures:
        one, two, shards, copy = (rows[name].fastest for name in (BATCH_ONE, BATCH_TWO, SHARDS, BATCH_COPY))
        found[BATCH_ONE] = verdict("fastest ≤ 3 × `cp -r`", one / copy, one / copy <= 3)
        found[BATCH_TWO] = verdict("fastest ≥ 1.7 × as fast as one worker", one / two, one / two >= 1.7)
        found[SHARDS] = f"fastest {times(one / shards)} as fast as one worker"
    return found


def verdict(words: str, ratio: float, reached: bool) -> str:
    return f"{words}: {times(ratio)}, {'reached' if reached else '**not reached**'}"


def times(ratio: float) -> str:
    """Return a ratio in three figures."""
    return f"{three_figures(ratio)} ×"


def amount(figure: float, unit: str) -> str:
    return f"{three_figures(figure * 1000 if unit == 'ms' else figure)} {unit}"


def three_figures(number: float) -> str:
    return f"{float(f'{number:.3g}'):,.0f}" if number >= 99.95 else f"{number:#.3g}"


def report(intake: peers.Intake, plan: Plan, rows: list[Row], outputs: dict[str, bytes], load: float, note: str) -> str:
    """Return the table, what it was made on, and what came out of each way."""
    by_name = {row.name: row for row in rows}
    reached, base = targets(by_name, plan), by_name[MEMORY].median
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    form, sheet = intake.form, intake.prepared.sheet
    told = sum(1 for value in intake.prepared.values.values() if value)
    lines = ["# Side by side", ""]
    if note:
        lines += [note, ""]
    if load > cores / 4:
        lines += [f"**The machine had other work** (load {load:.1f} at the start): these figures are preliminary.", ""]
    lines += [
        f"The intake packet ({', '.join(form.documents)}) of {sheet.drug.names.generic}, English, {sheet.paper},"
        f" sample clinic: {form.pages} pages, {len(form.fields)} fields, {told} values. {machine(cores)}",
        "",
        "| way | median | min – max | rounds | against our stamp in memory | target |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for row in rows:
        if row.missing:
            lines.append(f"| {row.name} | {row.missing} | | | | |")
            continue
        low, high = amount(min(row.figures), row.unit), amount(max(row.figures), row.unit)
        ratio = times(row.median / base) if row.unit == "ms" else ""
        lines.append(
            f"| {row.name} | {amount(row.median, row.unit)} | {low} – {high} | {len(row.figures)} | {ratio} |"
            f" {reached.get(row.name, '')} |"
        )
    lines += ["", "What came out, for the same patient:", ""]
    lines += [f"* {name.strip('*')}: {contents(pdf)}" for name, pdf in outputs.items() if name != NEW_VALUES]
    return "\n".join(lines) + "\n"


def machine(cores: int) -> str:
    """Return what the figures were measured on. No names of machines or people."""
    from handouts.press.typeset import pango_version

    names = ("weasyprint", "typst", "reportlab", "pikepdf", "uharfbuzz", "jinja2")
    libraries = [f"{name} {version(name)}" for name in names]
    libraries.insert(1, f"Pango {pango_version()}")
    with contextlib.suppress(peers.NotHere):
        told = subprocess.run([peers.chromium(), "--version"], capture_output=True, text=True, check=False).stdout
        if found := re.search(r"Chromium ([\d.]+)", told):
            libraries.append(f"Chromium {found[1]}")
    counted = f"{cores} {'core' if cores == 1 else 'cores'}, {platform.system()} {platform.machine()}"
    return f"Measured on {counted}, Python {platform.python_version()}; {', '.join(libraries)}."


def contents(data: bytes) -> str:
    """Return how much a PDF holds."""
    pdf = pypdfium2.PdfDocument(io.BytesIO(data))
    words = sum(len(re.findall(r"\w+", page.get_textpage().get_text_range())) for page in pdf)
    with pikepdf.open(io.BytesIO(data)) as opened:
        tagged = "tagged" if "/StructTreeRoot" in opened.Root else "not tagged"
    return f"{len(pdf)} pages, {words:,} words, {len(data) / 1000:.0f} kB, {tagged}"


if __name__ == "__main__":
    main()
