"""Fixtures that more than one test module shares."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import memo
import pytest
from verapdf import FailedRule, failed_rules

from handouts import resources

if TYPE_CHECKING:
    from batches import Killer

memo.install()


def pytest_configure(config: pytest.Config) -> None:
    """Give all processes of this run one cache of forms (see ``running.CACHE``)."""
    if not hasattr(config, "workerinput"):
        os.environ["HANDOUTS_TESTS_CACHE"] = tempfile.mkdtemp(prefix="handouts-cache-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop("HANDOUTS_TESTS_CACHE"), ignore_errors=True)


@pytest.fixture
def afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Typeset everything in this test, also what was typeset before."""
    monkeypatch.setenv("TYPESET", "afresh")


@pytest.fixture(scope="session")
def verapdf() -> Callable[[Iterable[Path]], dict[Path, list[FailedRule]]]:
    """A function from PDFs to the PDF/UA-1 rules each breaks; one Java checks all of them."""
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


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    """What runs batches and kills them at a deed."""
    from batches import Killer

    running = Killer()
    yield running
    running.end()
