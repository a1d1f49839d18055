"""The disk is full, the folder goes, the permission goes: a clear error, no half file, and then it goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from batches import batch, batch_outside, contents, packets_in, people, roster, started
from running import CACHE, PROGRAM

ROWS = 200
NOBODY = 65534


@pytest.fixture(scope="module")
def list_of_patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return roster(tmp_path_factory.mktemp("roster"), people(ROWS))


@pytest.fixture(scope="module")
def undisturbed(list_of_patients: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("undisturbed")
    batch(list_of_patients, out)
    return contents(out)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for most of the packets."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=14m", "tmpfs", disk], check=False).returncode
    ):
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.parametrize("jobs", [1, 2])
def test_full_disk(list_of_patients: Path, undisturbed: dict[str, str], small_disk: Path, jobs: int) -> None:
    out = small_disk / "out"
    said = batch_outside(list_of_patients, out, "--jobs", jobs, code=6).err
    assert f"error: {out}: cannot be written: No space left on device" in said
    assert "hint: " in said and "has room; then run the same command again" in said
    left = contents(out)
    assert 10 < len(left) < ROWS
    assert left.items() <= undisturbed.items()
    assert not [path for path in (out / ".handouts").glob("*.part") if path.name.count(".") == 1]

    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    again = batch_outside(list_of_patients, out, "--jobs", jobs).err
    assert contents(out) == undisturbed
    assert "of the packets were there already" in again


@pytest.mark.parametrize("free", [0, 1, 4, 12, 40, 100])
def test_full_from_the_beginning(
    list_of_patients: Path, undisturbed: dict[str, str], small_disk: Path, free: int
) -> None:
    """``free``: how many blocks of 4 KB are left for lock, journal and manifest."""
    filler = small_disk / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                os.write(file.fileno(), bytes(4096))
        except OSError:
            pass
        file.truncate(max(0, file.tell() - free * 4096))
    out = small_disk / "out"
    said = batch_outside(list_of_patients, out, "--jobs", 1, code=6).err
    assert str(out) in said and "hint: " in said
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    batch(list_of_patients, out)
    assert contents(out) == undisturbed


def begun(out: Path) -> None:
    while not any(packets_in(out)):
        time.sleep(0.001)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_folder_goes(list_of_patients: Path, undisturbed: dict[str, str], tmp_path: Path, jobs: int) -> None:
    out = tmp_path / "out"
    running = started(list_of_patients, out, "--jobs", jobs, said=subprocess.PIPE)
    begun(out)
    out.rename(tmp_path / "elsewhere")
    said = running.communicate()[1].decode()
    assert running.returncode == 6
    assert f"error: {out}" in said and "hint: " in said and "Traceback" not in said
    batch(list_of_patients, out)
    assert contents(out) == undisturbed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a batch as somebody else")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv (util-linux) is not here")
@pytest.mark.parametrize("which", ["", ".handouts"])
def test_the_permission_goes(list_of_patients: Path, undisturbed: dict[str, str], tmp_path: Path, which: str) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        place = Path(folder)
        place.chmod(0o755)
        home, path = place / "home", place / "roster.csv"
        shutil.copytree(CACHE, home)
        shutil.copyfile(list_of_patients, path)
        home.mkdir(exist_ok=True)
        for item in (place, path, home, *home.rglob("*")):
            os.chown(item, NOBODY, NOBODY)
        out = place / "out"
        user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        command = [*user, sys.executable, str(PROGRAM), "batch", str(path), "--out", str(out), "--jobs", "1"]
        world = {**os.environ, "XDG_CACHE_HOME": str(home)}
        if subprocess.run([*command[:-4], "--help"], env=world, capture_output=True, check=False).returncode:
            pytest.skip("somebody else cannot read this checkout")
        running = subprocess.Popen(command, env=world, stderr=subprocess.PIPE)
        begun(out)
        (out / which).chmod(0o500)
        said = running.communicate()[1].decode()
        assert running.returncode == 6, said
        assert f"error: {out}: cannot be written: Permission denied" in said
        assert "is yours to write" in said and "Traceback" not in said
        if not which:
            assert subprocess.run(command, env=world, capture_output=True, check=False).returncode == 6
            out.chmod(0o700)
        assert subprocess.run(command, env=world, capture_output=True, check=False).returncode == 1
        assert contents(out) == undisturbed


def test_a_folder_of_somebody_else_is_refused(list_of_patients: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = batch_outside(list_of_patients, tmp_path / "file" / "out", code=6).err
    assert "cannot be made: Not a directory" in said
    said = batch_outside(list_of_patients, tmp_path / "file", code=6).err
    assert "cannot be made: File exists" in said
