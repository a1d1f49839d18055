"""``handouts batch --scheduler``: the same packets from a Dask cluster, and nothing about a patient in its logs."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from batches import packets_in
from rosters import as_csv, patient, saved
from running import made, refused, run

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'handouts[dask]'")

from distributed import Client

from handouts.batch import cluster as crew

ROWS = [patient(number, packet="consent") for number in range(300)]
ROWS[7]["dob"] = "01/02/1980"
ROWS[8]["name"] = "Sample Женя"
KEY = re.compile(r"handouts-(edition-[0-9a-f]{64}|packets-[0-9a-f]{32})")


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("edition") / "clinic.edition"
    made("edition", "build", "--out", path, "--drug", "ocrelizumab", "--locale", "en", "--packet", "consent")
    return path


PROGRAM = """
import sys
from distributed import LocalCluster

local = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
with LocalCluster(n_workers=int(sys.argv[1]), threads_per_worker=1, **local) as cluster:
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Local:
    """A cluster on this machine, in processes of its own; nothing of it listens elsewhere."""

    address: str
    said: Path
    """What its scheduler and its workers log."""

    @property
    def logs(self) -> str:
        return self.said.read_text()

    def kill_all(self) -> None:
        """Kill every worker; each is started again."""
        with Client(self.address, set_as_default=False) as client:
            for process in client.run(os.getpid).values():
                os.kill(process, signal.SIGKILL)


@contextmanager
def started(workers: int, folder: Path) -> Iterator[Local]:
    command = [sys.executable, "-c", PROGRAM, str(workers)]
    said = folder / "logs"
    with (
        said.open("w") as logs,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=logs, text=True) as process,
    ):
        assert process.stdin and process.stdout
        yield Local(process.stdout.readline().strip(), said)
        process.stdin.close()
        process.wait()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """Two workers."""
    with started(2, tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    return saved(tmp_path, as_csv(ROWS, (*ROWS[0],)))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_same_bytes_as_one_process(tmp_path: Path, roster: Path, edition: Path, local: Local) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    run("batch", roster, "--out", alone, "--edition", edition, "--jobs", 1)
    finished = run("batch", roster, "--out", together, "--edition", edition, "--scheduler", local.address)

    assert finished.code == 1, finished.err
    assert "300 rows, 299 packets made, 1 refused" in finished.err
    assert contents(together) == contents(alone)
    assert len(contents(alone)) == 299 + len({"manifest.jsonl", "refused.csv", "summary.pdf"})
    assert {path.stat().st_mode & 0o777 for path in together.iterdir() if path.is_file()} == {0o600}


def test_what_is_there_is_not_made_again(tmp_path: Path, roster: Path, edition: Path, local: Local) -> None:
    options = ("batch", roster, "--out", tmp_path / "out", "--edition", edition)
    run(*options, "--jobs", 1)
    with mock.patch.object(crew, "store", side_effect=AssertionError):
        finished = run(*options, "--scheduler", local.address)

    assert "299 of the packets were there already" in finished.err


def test_workers_that_die_are_replaced(tmp_path: Path, roster: Path, edition: Path, local: Local) -> None:
    """All of them are killed, so that chunks on their way, and the edition, are lost with them."""
    alone, together = tmp_path / "alone", tmp_path / "together"
    run("batch", roster, "--out", alone, "--edition", edition, "--jobs", 1)
    stored: list[str] = []

    def store_and_kill(folder: Path, file: str, parts: Any) -> None:
        if not stored:
            local.kill_all()
        stored.append(file)
        keep(folder, file, parts)

    keep = crew.store
    with mock.patch.object(crew, "store", store_and_kill):
        finished = run("batch", roster, "--out", together, "--edition", edition, "--scheduler", local.address)

    assert finished.code == 1, finished.err
    assert len(stored) == 299
    assert contents(together) == contents(alone)


def test_the_cluster_s_keys_and_logs_tell_nothing(tmp_path: Path, roster: Path, edition: Path, local: Local) -> None:
    keys: set[str] = set()

    def store_and_look(folder: Path, file: str, parts: Any) -> None:
        keys.update(client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks)))

    options = ("batch", roster, "--out", tmp_path / "out", "--edition", edition, "--scheduler", local.address)
    with Client(local.address, set_as_default=False) as client, mock.patch.object(crew, "store", store_and_look):
        run(*options)
    # Dask logs the arguments of what fails: here, as a worker of another version that has joined late.
    other = {**crew.versions(), "handouts": "0.0.1"}
    with mock.patch.object(crew, "refuse_other_versions"), mock.patch.object(crew, "versions", return_value=other):
        said = refused(2, *options)
    logs = local.logs

    assert len(keys) > 2
    assert all(KEY.fullmatch(key) for key in keys)
    assert "and this machine has 0.0.1" in said
    assert "Compute Failed" in logs
    assert not [row for row in ROWS if any(row[key] in logs for key in ("name", "dob"))]
    assert not re.search(r"\b000\d{3}\b", logs)


def test_other_versions_are_refused_by_name(tmp_path: Path, roster: Path, edition: Path, local: Local) -> None:
    options = ("--edition", edition, "--scheduler", local.address)
    with mock.patch.object(crew, "__version__", "0.0.1"):
        said = refused(2, "batch", roster, "--out", tmp_path / "out", *options)

    assert len(re.findall(r"worker tcp://127\.0\.0\.1:\d+: has handouts .*, and this machine has 0\.0\.1", said)) == 2
    assert "scheduler: has handouts" in said
    assert packets_in(tmp_path / "out") == []


@pytest.mark.parametrize(
    "options, words",
    [
        (["--scheduler", "tcp://127.0.0.1:1"], "needs --edition"),
        (["--scheduler", "tcp://127.0.0.1:1", "--edition", "any", "--jobs", "2"], "--jobs"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, roster: Path, options: list[str], words: str) -> None:
    assert words in refused(2, "batch", roster, "--out", tmp_path / "out", *options)


def test_without_dask_it_is_said_how_to_install_it(tmp_path: Path, roster: Path) -> None:
    options = ("batch", roster, "--out", tmp_path / "out", "--edition", "any", "--scheduler", "tcp://127.0.0.1:1")
    missing = {"dask": None, "distributed": None}
    with mock.patch.dict(sys.modules, missing):
        del sys.modules["handouts.batch.cluster"]
        said = refused(2, *options)

    assert "pip install 'handouts[dask]'" in said


def test_a_scheduler_that_is_not_there(tmp_path: Path, roster: Path, edition: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    with mock.patch.object(crew, "WAIT", 0.5):
        said = refused(6, "batch", roster, "--out", tmp_path / "out", "--edition", edition, "--scheduler", address)

    assert "--scheduler: cannot be reached" in said


def test_a_cluster_without_workers(tmp_path: Path, roster: Path, edition: Path) -> None:
    with started(0, tmp_path) as empty, mock.patch.object(crew, "WAIT", 0.5):
        options = ("--edition", edition, "--scheduler", empty.address)
        said = refused(6, "batch", roster, "--out", tmp_path / "out", *options)

    assert "the cluster has no workers" in said
