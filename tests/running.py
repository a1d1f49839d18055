"""Running the command line: in this process, or in one of its own with another world around it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from click.testing import CliRunner

from handouts.commands import main

PROGRAM = Path(__file__).resolve().parent.parent / "cli.py"
NAME, DOB, MRN, START = "Sample Patient", "1980-01-02", "000123", "2026-12-07"
"""The only patient there is, and a Monday."""
PATIENT = ("--name", NAME, "--dob", DOB, "--mrn", MRN)

CACHE = os.environ["HANDOUTS_TESTS_CACHE"]
"""The cache of one run of the tests: never the user's own, so that no form of another version is taken from there."""


class Finished(NamedTuple):
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


def run(*arguments: object, stdin: str | bytes = "", env: Mapping[str, str] | None = None) -> Finished:
    """Run ``handouts`` in this process, away from a terminal; an exception it does not expect is the test's."""
    argv = ["handouts", *map(str, arguments)]
    world = {"HANDOUTS_CLINIC": None, "HANDOUTS_EDITION": None, "XDG_CACHE_HOME": CACHE, **(env or {})}
    with CliRunner().isolation(input=stdin, env=world) as (out, err, _), mock.patch.object(sys, "argv", argv):
        code = _exit_code()
        sys.stdout.flush()
        sys.stderr.flush()
        finished = Finished(code, out.getvalue(), err.getvalue().decode())
    assert "Traceback" not in finished.err
    return finished


def _exit_code() -> int:
    try:
        main()
    except SystemExit as done:
        return int(done.code or 0)
    return 0


def made(*arguments: object, **world: object) -> Finished:
    """Run ``handouts`` and expect success."""
    finished = run(*arguments, **world)  # type: ignore[arg-type]
    assert finished.code == 0, finished.err
    return finished


def refused(code: int, *arguments: object, **world: object) -> str:
    """Run ``handouts``, expect the exit code, and return what it said.

    Whatever the reason, nothing goes to stdout, the patient is not named, and there is a remedy.
    """
    finished = run(*arguments, **world)  # type: ignore[arg-type]
    assert finished.code == code, finished.err
    assert finished.out == b""
    assert NAME not in finished.err
    assert "hint: " in finished.err
    return finished.err


def run_outside(
    *arguments: object, env: Mapping[str, str] | None = None, cwd: Path | None = None, stdin: bytes = b""
) -> Finished:
    """Run ``handouts`` in a process of its own, with ``env`` on top of this one's environment."""
    world = {
        key: value
        for key, value in os.environ.items()
        if key not in ("FONTCONFIG_FILE", "HANDOUTS_CLINIC", "HANDOUTS_EDITION")
    }
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *map(str, arguments)],
        env={**world, "XDG_CACHE_HOME": CACHE, **(env or {})},
        cwd=cwd,
        input=stdin,
        capture_output=True,
        check=False,
    )
    finished = Finished(done.returncode, done.stdout, done.stderr.decode(errors="replace"))
    assert "Traceback" not in finished.err
    return finished
