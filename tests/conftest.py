"""Fixtures that more than one test module shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from verapdf import FailedRule, failed_rules


@pytest.fixture(scope="session")
def verapdf() -> Callable[[Iterable[Path]], dict[Path, list[FailedRule]]]:
    """A function from PDFs to the PDF/UA-1 rules each breaks; give it all files at once, it costs one Java start."""
    return failed_rules
