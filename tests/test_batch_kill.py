"""A run that is killed at any moment: the same command goes on, and nobody can tell afterwards."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from batches import (
    Killer,
    batch,
    batch_outside,
    contents,
    count,
    finished_files,
    is_packet,
    packets_in,
    people,
    roster,
    sha256,
    stamps,
    started,
)

from handouts.batch.folder import LEFT
from handouts.batch.run import CHUNK

ROWS = 320
DEEDS = ("begin", "half", "written", "named", "commit", "page", "committed")
"""What a batch does to its folder; see ``killing``."""
PATIENCE = 20.0
"""How long an orphan may take to end, in seconds; it takes a moment."""


@pytest.fixture(scope="module")
def list_of_patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return roster(tmp_path_factory.mktemp("roster"), people(ROWS))


@pytest.fixture(scope="module")
def undisturbed(list_of_patients: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("undisturbed")
    batch(list_of_patients, out)
    return contents(out)


def with_mark(mark: str) -> Iterator[tuple[int, bytes]]:
    """Yield the processes that have ``mark`` in their environment and still live, and their command lines."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"MARK={mark}\0".encode() in (process / "environ").read_bytes():
                yield int(process.name), (process / "cmdline").read_bytes()
        except OSError:
            continue


def gone(mark: str) -> bool:
    until = time.monotonic() + PATIENCE
    while any(with_mark(mark)):
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def places(often: int, count: int) -> list[int]:
    """Return ``count`` numbers from 1 to ``often``: the first, the last, and those between at equal distances."""
    return sorted({1 + (often - 1) * at // max(count - 1, 1) for at in range(count)})


@pytest.mark.parametrize(
    ("jobs", "everybody", "each"), [(1, False, 5), (2, False, 2), (2, True, 2)], ids=["alone", "parent", "group"]
)
def test_a_killed_run_goes_on(
    list_of_patients: Path,
    undisturbed: dict[str, str],
    tmp_path: Path,
    killer: Killer,
    jobs: int,
    everybody: bool,
    each: int,
) -> None:
    """At any deed of the process that was started, which has the journal; each run meets what the one before left."""
    code, often = killer.run(list_of_patients, tmp_path / "counted", 1)
    assert (code, set(often)) == (1, set(DEEDS))
    assert min(often.values()) >= ROWS // CHUNK
    folders = (tmp_path / str(number) for number in itertools.count())
    out, redone, made_here = next(folders), 0, set[int]()
    for kill in [(deed, number) for deed in DEEDS for number in places(often[deed] if jobs == 1 else 3, each)]:
        ended, begun = 1, 0
        while ended == 1:
            before, kept = stamps(out) if out.exists() else {}, finished_files(out)
            mark = uuid.uuid4().hex
            ended, _ = killer.run(list_of_patients, out, jobs, kill, everybody, mark)
            assert ended in (1, -signal.SIGKILL)
            if everybody or kill[1] > 1:  # otherwise the next run meets what is left of this one
                assert gone(mark)
            after = stamps(out)
            assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
            redone += len(kept)
            whole = {name: digest for name, digest in contents(out).items() if is_packet(name)}
            assert whole.items() <= undisturbed.items()
            assert all(path.read_bytes().endswith(b"%%EOF\n") for path in packets_in(out))
            if ended == 1:
                assert contents(out) == undisturbed
                out, begun = next(folders), begun + 1
                assert begun < 2, f"{kill} is not reached"
        made_here.add(len(after))
    batch_outside(list_of_patients, out, "--jobs", jobs)
    assert contents(out) == undisturbed
    assert not list((out / ".handouts").glob("*.part"))
    assert redone > ROWS, "the kills came before anything was finished"
    assert len(made_here) > len(DEEDS) // 2, "the kills came at the same place"


def test_what_a_killed_run_left_is_taken_away(
    list_of_patients: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".handouts").mkdir()
    (tmp_path / ".handouts" / "0.part").touch()
    (tmp_path / f"{LEFT}summary").touch()

    batch(list_of_patients, tmp_path)

    assert contents(tmp_path) == undisturbed


def test_a_worker_that_is_killed_is_said(list_of_patients: Path, undisturbed: dict[str, str], tmp_path: Path) -> None:
    mark, out = uuid.uuid4().hex, tmp_path / "out"

    def kill_a_worker() -> None:
        while not count(out):
            time.sleep(0.001)
        victim = next(number for number, command in with_mark(mark) if b"spawn_main" in command)
        os.kill(victim, signal.SIGKILL)

    with ThreadPoolExecutor() as pool:
        killed = pool.submit(kill_a_worker)
        finished = batch_outside(list_of_patients, out, "--jobs", 2, code=6, env={"MARK": mark})
        killed.result()
    assert "a worker process was ended from outside" in finished.err
    assert "run the same command again" in finished.err
    assert gone(mark)
    batch(list_of_patients, out)
    assert contents(out) == undisturbed


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_says_how_far_it_came(
    list_of_patients: Path, undisturbed: dict[str, str], tmp_path: Path, jobs: int
) -> None:
    out = tmp_path / "out"
    running = started(list_of_patients, out, "--jobs", jobs, said=subprocess.PIPE)
    while not count(out):
        time.sleep(0.001)
    os.killpg(running.pid, signal.SIGINT)
    said = running.communicate()[1].decode()
    assert running.returncode == 6
    assert "Traceback" not in said
    assert f"of {ROWS} rows" in said and "the same command goes on from there" in said
    batch(list_of_patients, out)
    assert contents(out) == undisturbed


def test_the_second_writer_is_refused(list_of_patients: Path, undisturbed: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = started(list_of_patients, out, "--jobs", 1)
    while not count(out):
        time.sleep(0.001)
    os.kill(first.pid, signal.SIGSTOP)
    try:
        before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
        said = batch_outside(list_of_patients, out, "--jobs", 2, code=6).err
        assert f"{out}: another run is writing into this folder" in said
        assert "hint: " in said
        assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    finally:
        os.kill(first.pid, signal.SIGCONT)
    assert first.wait() == 1
    assert contents(out) == undisturbed


def test_the_lock_of_a_killed_run_blocks_nobody(list_of_patients: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = started(list_of_patients, out, "--jobs", 1)
    while not count(out):
        time.sleep(0.001)
    first.kill()
    first.wait()
    assert (out / ".handouts" / "lock").exists()
    batch(list_of_patients, out)


@pytest.mark.parametrize("damage", ["cut", "empty", "noise", "hole", "gone", "journal of another"])
def test_a_damaged_journal_costs_time_only(
    list_of_patients: Path, undisturbed: dict[str, str], tmp_path: Path, damage: str
) -> None:
    out = tmp_path / "out"
    batch(list_of_patients, out)
    journal = out / ".handouts" / "journal.sqlite"
    data = journal.read_bytes()
    hot = journal.with_name("journal.sqlite-journal")
    match damage:
        case "cut":
            journal.write_bytes(data[: len(data) // 2])
        case "empty":
            journal.write_bytes(b"")
        case "noise":
            journal.write_bytes(os.urandom(len(data)))
        case "hole":
            journal.write_bytes(data[: 12 * 4096] + bytes(4 * 4096) + data[16 * 4096 :])
        case "gone":
            journal.unlink()
        case "journal of another":
            journal.write_bytes(os.urandom(len(data)))
            hot.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + os.urandom(8192))
    batch(list_of_patients, out)
    assert contents(out) == undisturbed
    before = stamps(out)
    batch(list_of_patients, out)
    assert stamps(out) == before


def test_power_failure(list_of_patients: Path, undisturbed: dict[str, str], tmp_path: Path) -> None:
    """Names that stand on the disk before what they name, as a file system may leave them: empty, cut, zeros."""
    out = tmp_path / "out"
    batch(list_of_patients, out)
    packets = packets_in(out)
    for at, path in enumerate(packets[::5]):
        data = path.read_bytes()
        path.write_bytes([b"", data[: len(data) // 2], bytes(len(data))][at % 3])
    whole = {path.name: stamp for path in packets if sha256(path) == undisturbed[path.name] and (stamp := path.stat())}
    said = batch(list_of_patients, out).err
    assert contents(out) == undisturbed
    assert f"{len(whole)} of the packets were there already" in said
    assert {name: (out / name).stat().st_ino for name in whole} == {name: was.st_ino for name, was in whole.items()}
