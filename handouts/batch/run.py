"""A batch: every row of a roster is made or refused, in order, and a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from handouts.batch.crew import Crew, Done, Result, Task, problems_of
from handouts.batch.folder import Folder
from handouts.batch.journal import Record
from handouts.batch.manifest import Line
from handouts.batch.names import Names
from handouts.errors import Problem
from handouts.forms import Prepared
from handouts.model import Dress
from handouts.packet import Desk
from handouts.roster.orders import Judged
from handouts.values import OWN_FIELDS

CHUNK = 64
"""Rows to a chunk: what may have to be made once more after a run was stopped, for each process."""
KEY = 16
"""How many hexadecimal digits of a packet's key stand in the name of its file."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row."""

    judged: Judged
    line: Line
    problems: tuple[Problem, ...] = ()
    """Why it was refused."""
    again: bool = False
    """The packet was there already."""
    slip: bool = False
    """The packet is in English, and its first page asks for an interpreter."""


def outcomes(
    rows: Iterable[Judged], desk: Desk, folder: Folder, names: Names, salt: bytes, crew: Crew
) -> Iterator[Outcome]:
    """Yield what becomes of every row, in order. Raises OutputError where the folder can no longer be written.

    What the journal has, and is still whole, is not made again. ``salt`` is the key of the hashes by which packets are
    known; a folder keeps the one it began with.
    """
    salt = folder.journal.salt(salt)
    waiting: deque[_Chunk] = deque()
    for chunk in _chunks(rows, CHUNK):
        plans = [_planned(row, desk, folder, names, salt) for row in chunk]
        tasks = [plan.task for plan in plans if plan.task]
        waiting.append(_Chunk(plans, crew.send(tasks)))
        while waiting and (len(waiting) > crew.ahead or waiting[0].sent.ready()):
            yield from waiting.popleft().finish(desk, folder)
    while waiting:
        yield from waiting.popleft().finish(desk, folder)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done for a row: a task, or nothing, as it is refused or finished already."""

    judged: Judged
    key: bytes = b""
    task: Task | None = None
    record: Record | None = None
    dress: Dress | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Chunk:
    plans: list[_Plan]
    sent: Result

    def finish(self, desk: Desk, folder: Folder) -> Iterator[Outcome]:
        """Wait for the chunk, note in the journal what is finished, and yield its outcomes."""
        done = iter(self.sent.result())
        found = [(plan, _finished(plan, next(done)) if plan.task else plan) for plan in self.plans]
        folder.journal.note(plan.record for _, plan in found if plan.record)
        for before, plan in found:
            yield _outcome(plan, desk, again=before.record is not None)


def _planned(judged: Judged, desk: Desk, folder: Folder, names: Names, salt: bytes) -> _Plan:
    order = judged.order
    if order is None:
        return _Plan(judged, problems=judged.problems)
    try:
        order = desk.served(order)
        prepared = desk.prepare(order)
    except Exception as error:
        return _Plan(judged, problems=problems_of(error))
    dress = prepared.origin.dress
    key = hmac.digest(salt, _said(prepared, names), "sha256")
    record = folder.journal.find(key)
    if record and folder.has(record.file, record.sha256):
        return _Plan(judged, key, record=record, dress=dress)
    file = record.file if record else names.file(judged.row.number, order, dress.title, key.hex()[:KEY])
    return _Plan(judged, key, Task(order, file), dress=dress)


def _said(prepared: Prepared, names: Names) -> bytes:
    """Return all that makes a packet the one it is: its form, what is in its fields, and how its file is named."""
    own = (prepared.values[name] for name in OWN_FIELDS if name in prepared.form.fields)
    parts = (names.pattern, prepared.key, prepared.planned, *own)
    return "\0".join(parts).encode("utf-8", "surrogatepass")


def _finished(plan: _Plan, done: Done) -> _Plan:
    if done.problems or plan.task is None:
        return _Plan(plan.judged, plan.key, problems=done.problems)
    record = Record(plan.key, plan.task.file, done.sha256, done.pages, done.form, done.locale)
    return replace(plan, record=record)


def _outcome(plan: _Plan, desk: Desk, *, again: bool) -> Outcome:
    row, order = plan.judged.row, plan.judged.order
    if plan.record and plan.dress and order:
        line = Line(
            row=row.number,
            mrn=order.patient.mrn,
            drug=order.drug,
            locale=plan.record.locale,
            packet=plan.dress.title,
            status="made",
            file=plan.record.file,
            sha256=plan.record.sha256,
            pages=plan.record.pages,
            form=plan.record.form,
            edition=desk.edition,
        )
        return Outcome(plan.judged, line, again=again, slip=plan.dress.slip is not None)
    said = tuple(f"{problem.where}: {problem.message}".removeprefix(": ") for problem in plan.problems)
    mrn, name, locale, packet = (row.data.get(key, "") for key in ("mrn", "drug", "locale", "packet"))
    known = desk.library.formulary.find(name)  # another text may be a patient's name
    drug = known.id if known else ""
    line = Line(row.number, mrn, drug, locale, packet or "intake", "refused", edition=desk.edition, problems=said)
    return Outcome(plan.judged, line, plan.problems)


def in_shard(mrn: str, shard: int, shards: int) -> bool:
    """Whether a record number belongs to the part ``shard`` (from 1) of ``shards``: on every machine the same."""
    digest = hashlib.blake2b(mrn.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % shards == shard - 1


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(items)
    while chunk := list(itertools.islice(left, size)):
        yield chunk
