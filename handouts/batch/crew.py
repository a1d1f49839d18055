"""Who makes the packets: this process, several, or a cluster. All take chunks of tasks and say what came of them.

Tasks, and what is done of them, have no slots, as orders have none.
"""

from __future__ import annotations

import concurrent.futures
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from handouts.batch.folder import store
from handouts.errors import HandoutError, OutputError, Problem
from handouts.model import Order
from handouts.packet import Desk, Packet

AHEAD = 4
"""Chunks for each other process that lie ready, so that none waits while this one is busy with a chunk of its own."""


@dataclass(frozen=True)
class Task:
    """An order that is to become a file."""

    order: Order
    file: str


@dataclass(frozen=True)
class Done:
    """What came of a task: a file, or the reasons why there is none."""

    sha256: str = ""
    pages: int = 0
    form: str = ""
    locale: str = ""
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, packet: Packet) -> Done:
        """Return what is noted of a ``packet`` that was written."""
        return cls(packet.sha256, packet.pages, packet.form, packet.locale)


class Result(Protocol):
    """A chunk on its way."""

    def ready(self) -> bool:
        """Whether there is nothing to wait for."""
        ...

    def result(self) -> list[Done]:
        """Return what came of its tasks, in their order. Raises OutputError."""
        ...


class Crew(Protocol):
    """Makes packets."""

    ahead: int
    """How many chunks to send before the first one is waited for."""

    def send(self, tasks: Sequence[Task]) -> Result:
        """Send a chunk on its way."""
        ...

    def stop(self) -> None:
        """Wait until nobody writes any more; what was not begun is left."""
        ...


OpenDesk = Callable[[], Desk]
"""Opens a desk in another process; it is sent there."""


def work(desk: Desk, folder: Path, tasks: Sequence[Task]) -> list[Done]:
    """Make the packets of ``tasks`` and write them into ``folder``. Raises OutputError where one cannot be written.

    All are made before the first is written: the system's copying would push this program out of the processor's cache.
    """
    packets = [made(desk, task) for task in tasks]
    for task, packet in zip(tasks, packets, strict=True):
        if isinstance(packet, Packet):
            store(folder, task.file, packet.parts)
    return [Done.of(packet) if isinstance(packet, Packet) else packet for packet in packets]


def made(desk: Desk, task: Task) -> Packet | Done:
    """Return the packet of ``task``, or why there is none: one patient must not keep the others waiting."""
    try:
        return desk.packet(task.order)
    except Exception as error:
        return Done(problems=problems_of(error))


def problems_of(error: Exception) -> tuple[Problem, ...]:
    """Return why there is no packet; what a mistake of this program says is left out, as it may name the patient."""
    if isinstance(error, HandoutError):
        return error.problems
    message = f"this program failed on this row ({type(error).__name__})"
    return (Problem("", message, "please report it; all other rows are made"),)


@dataclass(frozen=True, slots=True)
class Finished:
    """A chunk that was made when it was sent."""

    done: list[Done]

    def ready(self) -> bool:
        return True

    def result(self) -> list[Done]:
        return self.done


@dataclass(slots=True)
class Alone:
    """A crew of one: this process."""

    desk: Desk
    folder: Path
    ahead: int = 0

    def send(self, tasks: Sequence[Task]) -> Finished:
        return Finished(work(self.desk, self.folder, tasks))

    def stop(self) -> None:
        pass


class Processes:
    """A crew of processes on this machine: others, and this one, which helps while those start or have enough to do."""

    def __init__(self, pool: ProcessPoolExecutor, others: int, own: Alone) -> None:
        """Start all processes of ``pool``, that many ``others``."""
        self.ahead = 2 * AHEAD * (others + 1)
        self._pool, self._own = pool, own
        self._enough = AHEAD * others
        with _without_ctrl_c():
            self._started = [pool.submit(os.getpid) for _ in range(others)]
        self._sent: list[Future[list[Done]]] = []

    def send(self, tasks: Sequence[Task]) -> _Sent | Finished:
        """Send a chunk on its way, or make it here. Raises OutputError."""
        self._sent = [future for future in self._sent if not future.done()]
        if not self._started[0].done() or len(self._sent) >= self._enough:
            return self._own.send(tasks)
        try:
            with _without_ctrl_c():
                self._sent.append(self._pool.submit(_work, tasks))
        except BrokenProcessPool:
            raise _ended() from None
        return _Sent(self._sent[-1])

    def stop(self) -> None:
        concurrent.futures.wait([future for future in self._sent if not future.cancel()])
        self._pool.shutdown(wait=False)


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Let processes begin that do not hear Ctrl-C, which goes to all: the parent, which hears it later, ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def crew(jobs: int, open_desk: OpenDesk, desk: Desk, folder: Path) -> Iterator[Crew]:
    """Give a crew of ``jobs`` processes that write into ``folder``; the first of them is this one with its ``desk``.

    The others begin at once, and write nothing before something is sent.
    """
    own = Alone(desk, folder)
    if jobs == 1:
        yield own
        return
    spawn, others = multiprocessing.get_context("spawn"), jobs - 1
    given = open_desk, folder, gc.get_threshold()
    with ProcessPoolExecutor(others, mp_context=spawn, initializer=_begin, initargs=given) as pool:
        try:
            yield Processes(pool, others, own)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Sent:
    future: Future[list[Done]]

    def ready(self) -> bool:
        return self.future.done()

    def result(self) -> list[Done]:
        try:
            return self.future.result()
        except BrokenProcessPool:
            raise _ended() from None


def _ended() -> OutputError:
    problem = "a worker process was ended from outside (out of memory?)"
    return OutputError(Problem("", problem, "run the same command again, perhaps with fewer --jobs"))


@dataclass(slots=True)
class _Worker:
    """What a worker process has at hand."""

    desk: Desk
    folder: Path


_worker: list[_Worker] = []


def _begin(open_desk: OpenDesk, folder: Path, cycles: tuple[int, int, int]) -> None:
    """Open the desk of a worker, which looks for cycles as seldom as its parent; packets leave none behind."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    gc.set_threshold(*cycles)
    _worker.append(_Worker(open_desk(), folder))
    gc.freeze()


def _end_with_the_parent() -> None:
    """A worker must not go on writing into a folder that the next run may have taken."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _work(tasks: Sequence[Task]) -> list[Done]:
    worker = _worker[0]
    return work(worker.desk, worker.folder, tasks)
