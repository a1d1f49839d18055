"""Fixtures that more than one test module shares."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from verapdf import FailedRule, failed_rules

from handouts import resources


@pytest.fixture(scope="session")
def verapdf() -> Callable[[Iterable[Path]], dict[Path, list[FailedRule]]]:
    """A function from PDFs to the PDF/UA-1 rules each breaks; give it all files at once, it costs one Java start."""
    return failed_rules


@pytest.fixture
def locales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of English and Spanish that the commands read and write; every other language is still to be begun."""
    shipped = resources.folder
    copy = tmp_path / "locales"
    for tag in ("en", "es"):
        shutil.copytree(shipped("locales") / tag, copy / tag)
    monkeypatch.setattr(resources, "folder", lambda name: copy if name == "locales" else shipped(name))
    return copy
