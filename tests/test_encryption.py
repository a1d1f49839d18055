"""Files that leave the building open with their password only."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from running import refused, run

ORDER = ("--name", "Sample Patient", "--dob", "1980-01-02", "--mrn", "000123", "--start", "2026-12-01")


def test_it_opens_with_its_password_and_with_no_other(tmp_path: Path) -> None:
    password, out = tmp_path / "password.txt", tmp_path / "packet.pdf"
    password.write_text("eight or more\nsecond line\n", encoding="utf-8")
    done = run("make", "ocrelizumab", *ORDER, "--packet", "handout", "-o", out, "--password-file", password)
    assert done.code == 0, done.err

    assert b"Sample Patient" not in out.read_bytes()
    assert "eight or more" not in done.err
    shown = subprocess.run(
        ["qpdf", "--password=eight or more", "--show-encryption", out], capture_output=True, text=True
    )
    assert "AESv3" in shown.stdout and "R = 6" in shown.stdout
    text = subprocess.run(["pdftotext", "-upw", "eight or more", out, "-"], capture_output=True, text=True)
    assert "Sample Patient" in text.stdout
    assert subprocess.run(["pdftotext", "-upw", "another", out, "-"], capture_output=True).returncode != 0
    assert subprocess.run(["pdftotext", out, "-"], capture_output=True).returncode != 0


@pytest.mark.parametrize("line", ["", "short", "x" * 128])
def test_a_password_that_protects_nothing_is_refused(tmp_path: Path, line: str) -> None:
    password, out = tmp_path / "password.txt", tmp_path / "packet.pdf"
    password.write_text(line, encoding="utf-8")
    refused(3, "make", "ocrelizumab", *ORDER, "-o", out, "--password-file", password)
    assert not out.exists()
