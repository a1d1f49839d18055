"""A bundle for a bug report: what a roster and a folder look like, and nothing that stands in them.

What comes from a patient's cell leaves only as counts, as kinds of characters, or as a hash whose key is thrown away.
Of a message, only words remain that this program itself has; whatever else is in it may be somebody's.
"""

from __future__ import annotations

import ast
import calendar
import functools
import hmac
import io
import json
import re
import sqlite3
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from handouts.batch.folder import JOURNAL, OWN
from handouts.batch.manifest import NAME, Line, read_manifest
from handouts.errors import HandoutError, Problem
from handouts.library import Library
from handouts.roster.orders import Judged
from handouts.roster.table import Roster

HIDDEN = "…"
DIGITS = 16
"""How many hexadecimal digits of a hash are shown."""
EPOCH = (1980, 1, 1, 0, 0, 0)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]{3,}|[^\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class Redactor:
    """Takes out of texts what may be a patient's."""

    key: bytes
    """Of the hashes; nobody keeps it."""
    ids: frozenset[str]
    """Drugs, languages and packets that are known."""
    words: frozenset[str]
    """What may stand in a message."""

    def hashed(self, text: str | None) -> str | None:
        """Return what stands for ``text`` in this bundle alone."""
        if text is None:
            return None
        return hmac.digest(self.key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:DIGITS]

    def known(self, text: str) -> str:
        """Return ``text`` where it is the name of a drug, a language or a packet."""
        return text if not text or text in self.ids else HIDDEN

    def sentence(self, text: str) -> str:
        """Return ``text`` without quotations, numbers, and words that are not the program's own."""
        return _TOKEN.sub(self._token, _QUOTED.sub(f"'{HIDDEN}'", text))

    def _token(self, found: re.Match[str]) -> str:
        token = found[0]
        if token.isdecimal():
            return "#"
        return token if token in self.words else HIDDEN


def redactor(library: Library, key: bytes) -> Redactor:
    """Return the redactor that lets the names of ``library`` pass."""
    names = [library.formulary.drug(name).names for name in library.formulary.ids()]
    called = " ".join(" ".join((name.generic, *name.brands)) for name in names)
    tags = [path.name.replace("_", "-") for path in library.locales.iterdir()]
    ids = frozenset([*library.formulary.ids(), *library.packet_names(), *tags])
    return Redactor(key, ids, vocabulary() | frozenset(re.findall(r"[^\W\d_]+", called)))


@functools.cache
def vocabulary() -> frozenset[str]:
    """Return every word in a text of this program's own source, but for months: they may be what a cell says."""
    found: set[str] = set()
    for path in _modules(resources.files("handouts")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(re.findall(r"[^\W\d_]+", node.value))
    return frozenset(found).difference(calendar.month_name)


def _modules(folder: Traversable) -> Iterator[Traversable]:
    for path in folder.iterdir():
        if path.is_dir() and not path.name.startswith("_"):
            yield from _modules(path)
        elif path.name.endswith(".py"):
            yield path


@dataclass(slots=True)
class Column:
    """What is known of the cells of one column."""

    heading: str
    cells: int = 0
    empty: int = 0
    shortest: int | None = None
    """In characters, of those that are not empty."""
    longest: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """In how many cells there is a character of each general category of Unicode."""
    scripts: Counter[str] = field(default_factory=Counter)
    """The same for scripts of letters."""

    def add(self, text: str) -> None:
        self.cells += 1
        if not text.strip():
            self.empty += 1
            return
        self.shortest = len(text) if self.shortest is None else min(self.shortest, len(text))
        self.longest = max(self.longest, len(text))
        self.kinds.update({unicodedata.category(char) for char in text})
        self.scripts.update({_script(char) for char in text if char.isalpha()})


def _script(char: str) -> str:
    """Return the script of a letter, as its name in Unicode begins: LATIN, HEBREW, CJK."""
    return unicodedata.name(char, "unnamed").split(" ")[0].split("-")[0]


@dataclass(slots=True)
class Shape:
    """What is known of a roster."""

    columns: list[Column]
    rows: int = 0
    refused: int = 0
    more: int = 0
    """Rows with another number of cells than there are headings."""
    problems: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Column, message and hint, and in how many rows."""
    warnings: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, judged: Judged, hide: Redactor) -> None:
        self.rows += 1
        self.refused += judged.order is None
        self.more += len(judged.row.cells) != len(self.columns)
        for column, text in zip(self.columns, judged.row.cells, strict=False):
            column.add(text)
        self.problems.update(_rules(judged.problems, hide))
        self.warnings.update(_rules(judged.warnings, hide))


def _rules(problems: Sequence[Problem], hide: Redactor) -> set[tuple[str, str, str]]:
    return {(hide.sentence(each.where), hide.sentence(each.message), hide.sentence(each.hint)) for each in problems}


def shape(roster: Roster, rows: Iterable[Judged], hide: Redactor) -> dict[str, object]:
    """Return what ``roster`` looks like. Raises InputError where it cannot be read to its end."""
    found = Shape([Column(heading) for heading in roster.columns])
    found.warnings.update(_rules(roster.warnings, hide))
    for judged in rows:
        found.add(judged, hide)
    return {
        "kind": roster.path.suffix.lower(),
        "bytes": roster.path.stat().st_size,
        "rows": found.rows,
        "refused": found.refused,
        "rows_with_another_number_of_cells": found.more,
        "columns": [{each.name: getattr(column, each.name) for each in fields(Column)} for column in found.columns],
        "problems": _counted(found.problems),
        "warnings": _counted(found.warnings),
    }


def unreadable(error: HandoutError, hide: Redactor) -> dict[str, object]:
    """Return why there is no shape; where it is may be the name of a file, and is left out."""
    said = [Problem("", problem.message, problem.hint) for problem in error.problems]
    return {"unreadable": _counted(Counter(_rules(said, hide)))}


def _counted(rules: Counter[tuple[str, str, str]]) -> list[dict[str, object]]:
    return [
        {"column": column, "message": message, "hint": hint, "rows": count}
        for (column, message, hint), count in sorted(rules.items())
    ]


def journal(folder: Path) -> dict[str, object]:
    """Return what the journal of ``folder`` counts; nothing is written."""
    path = folder / OWN / JOURNAL
    if not path.exists():
        return {"journal": "none"}
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            whole = base.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            runs = dict(base.execute("SELECT run, count(*) FROM packets GROUP BY run ORDER BY run").fetchall())
    except sqlite3.Error as error:
        return {"journal": f"cannot be read ({type(error).__name__})"}
    return {"journal": "whole" if whole else "damaged", "bytes": path.stat().st_size, "packets_by_run": runs}


def lines(folder: Path, hide: Redactor) -> Iterator[str]:
    """Yield the lines of the manifest of ``folder``, redacted; one that is none ends them."""
    try:
        for line in read_manifest(folder / NAME):
            yield _redacted(line, hide).dump()
    except HandoutError:
        yield json.dumps({"unreadable": (folder / NAME).exists()}) + "\n"


def _redacted(line: Line, hide: Redactor) -> Line:
    return Line(
        row=line.row,
        mrn=hide.hashed(line.mrn) or "",
        drug=hide.known(line.drug),
        locale=hide.known(line.locale),
        packet=hide.known(line.packet),
        status=hide.sentence(line.status),
        file=hide.hashed(line.file),
        sha256=hide.hashed(line.sha256),
        pages=line.pages,
        form=line.form,
        edition=line.edition,
        problems=tuple(hide.sentence(problem) for problem in line.problems),
    )


def bundle(machine: Iterable[str], roster: dict[str, object], folder: Path, hide: Redactor) -> bytes:
    """Return the zip archive: what ``machine`` can print, the shape of the roster, the journal and the manifest."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        members = {
            "machine.txt": ("\n".join(machine) + "\n",),
            "roster.json": (_json(roster),),
            "journal.json": (_json(journal(folder)),),
            NAME: lines(folder, hide),
        }
        for name, texts in members.items():
            about = zipfile.ZipInfo(name, EPOCH)
            about.compress_type = zipfile.ZIP_DEFLATED
            with packed.open(about, "w") as member:
                for text in texts:
                    member.write(text.encode("utf-8", "backslashreplace"))
    return archive.getvalue()


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
