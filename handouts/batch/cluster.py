"""A crew on a Dask cluster: the same chunks, made by whichever machine is free.

Workers have this program and are sent the edition, each once. They send back what is not the form's own; this machine
has the edition too, puts the two together and writes the files. Dask makes a chunk again whose worker has died, which
comes to the same bytes.
"""

from __future__ import annotations

import functools
import hashlib
import io
import threading
import unicodedata
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import dask
from distributed import Client, Future, KilledWorker, get_worker

from handouts import __version__, resources
from handouts.batch.crew import Crew, Done, Task, made
from handouts.batch.folder import store
from handouts.editions.edition import Edition
from handouts.errors import OutputError, Problem, UsageError
from handouts.packet import STAMPS, Desk, Packet, at_edition

WAIT = 20
"""How long a scheduler may take to answer, and to have a worker, in seconds."""
RESTS_ON = ("uharfbuzz", "python-bidi", "reportlab", "babel")
"""Libraries whose versions may show in the bytes of a packet."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Tasks on their way to a worker. Dask logs and shows what it sends: these do not show."""

    tasks: tuple[Task, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a task, and the packet without what is the form's own."""

    done: Done
    rest: bytes = field(default=b"", repr=False)


class Station:
    """The edition as Dask keeps it in the memory of a worker: its bytes, and the desk once it is needed."""

    def __init__(self, edition: bytes) -> None:
        self._edition = edition
        self._one_at_a_time = threading.Lock()

    def __reduce__(self) -> tuple[type[Station], tuple[bytes]]:
        return Station, (self._edition,)

    def make(self, chunk: Chunk) -> list[Made]:
        """Return what came of the tasks of ``chunk``, in their order."""
        with self._one_at_a_time:
            return [_made(self._desk, task) for task in chunk.tasks]

    @functools.cached_property
    def _desk(self) -> Desk:
        return at_edition(Edition(io.BytesIO(self._edition), resources.folder("fonts")))


def versions() -> dict[str, str]:
    """Return what must be the same everywhere for a packet to be the same, by name."""
    found = {name: version(name) for name in RESTS_ON}
    return {"handouts": __version__, **found, "zlib": zlib.ZLIB_VERSION, "Unicode": unicodedata.unidata_version}


def differences(where: str, found: object, wanted: Mapping[str, str]) -> list[Problem]:
    """Return what is not as ``wanted`` at ``where``; ``found`` is what was said of its versions, or an exception."""
    if not isinstance(found, dict):
        problem = f"has no handouts {wanted['handouts']}"
        return [Problem(where, problem, f"install it there: pip install 'handouts[dask]=={wanted['handouts']}'")]
    return [
        Problem(where, f"has {name} {found[name]}, and this machine has {known}", f"install {name} {known}")
        for name, known in wanted.items()
        if found[name] != known
    ]


def make(station: Station, chunk: Chunk, wanted: Mapping[str, str]) -> list[Made]:
    """Make ``chunk`` on a worker; raises UsageError where it has joined late and is not of the versions ``wanted``."""
    if problems := differences(f"worker {get_worker().address}", versions(), wanted):
        raise UsageError(*problems)
    return station.make(chunk)


def _made(desk: Desk, task: Task) -> Made:
    packet = made(desk, task)
    return Made(Done.of(packet), b"".join(packet.parts[1:])) if isinstance(packet, Packet) else Made(packet)


class Cluster:
    """A crew of the workers of a Dask cluster."""

    def __init__(self, client: Client, edition: bytes, desk: Desk, folder: Path) -> None:
        """``desk`` is that of the same ``edition``."""
        self.ahead = 2 * len(client.nthreads())
        self._client, self._folder, self._versions = client, folder, versions()
        self._desk = desk
        self._bodies: dict[str, tuple[bytes, hashlib._Hash]] = {}
        # By its hash, so that runs that share an edition share it on the workers too. It is meant to be large.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
            key = f"handouts-edition-{hashlib.sha256(edition).hexdigest()}"
            self._station = client.submit(Station, edition, key=key)

    def send(self, tasks: Sequence[Task]) -> _Sent:
        """Send a chunk under a name that says nothing about it."""
        chunk, key = Chunk(tuple(tasks)), f"handouts-packets-{uuid.uuid4().hex}"
        return _Sent(self, chunk, self._client.submit(make, self._station, chunk, self._versions, key=key))

    def stop(self) -> None:
        """Workers write nothing; this process has stopped."""

    def store(self, task: Task, sent: Made) -> Done:
        """Write what a worker made of ``task``, put together with the form. Raises OutputError."""
        if sent.done.problems:
            return sent.done
        body, digest = self._body(task, sent.done.form)
        whole = digest.copy()
        whole.update(sent.rest)
        if whole.hexdigest() != sent.done.sha256:
            raise OutputError(Problem("--scheduler", "a packet was damaged on its way", "run the same command again"))
        store(self._folder, task.file, (body, sent.rest))
        return sent.done

    def _body(self, task: Task, key: str) -> tuple[bytes, hashlib._Hash]:
        """Return what of the packet is the form's own, and its SHA-256, to go on from."""
        if key not in self._bodies:
            form = self._desk.form(task.order)
            if form.id != key:
                problem = "is not the one that the workers have"
                raise OutputError(Problem("--edition", problem, "run the same command again"))
            if len(self._bodies) == STAMPS:
                del self._bodies[next(iter(self._bodies))]
            self._bodies[key] = form.body, hashlib.sha256(form.body)
        return self._bodies[key]


@dataclass(frozen=True, slots=True)
class _Sent:
    cluster: Cluster
    chunk: Chunk
    future: Future

    def ready(self) -> bool:
        return bool(self.future.done())

    def result(self) -> list[Done]:
        try:
            found = self._wait()
        except KilledWorker:
            problem, hint = "several workers died over the same packets", "see their logs; they may be out of memory"
            raise OutputError(Problem("--scheduler", problem, hint)) from None
        except (CancelledError, OSError):
            problem, hint = "the cluster was lost", "when it is back, the same command goes on from there"
            raise OutputError(Problem("--scheduler", problem, hint)) from None
        return [self.cluster.store(task, sent) for task, sent in zip(self.chunk.tasks, found, strict=True)]

    def _wait(self) -> list[Made]:
        """Return what came of the chunk. Raises OutputError where nobody is left to make it."""
        while True:
            try:
                found: list[Made] = self.future.result(timeout=WAIT)
                return found
            except TimeoutError:
                await_workers(self.future.client)


@contextmanager
def cluster(address: str, edition: Path, desk: Desk, folder: Path) -> Iterator[Crew]:
    """Give the crew of the Dask scheduler at ``address``; ``desk`` is that of ``edition``.

    Raises OutputError where there is none, and UsageError where it has other versions than this machine.
    """
    try:
        client = Client(address, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError):
        hint = "it is written like tcp://192.0.2.10:8786; see that the scheduler runs"
        raise OutputError(Problem("--scheduler", "cannot be reached", hint)) from None
    with client:
        await_workers(client)
        refuse_other_versions(client)
        yield Cluster(client, edition.read_bytes(), desk, folder)


def await_workers(client: Client) -> None:
    """Wait for a worker; raises OutputError where none comes."""
    try:
        client.wait_for_workers(1, timeout=WAIT)
    except TimeoutError:
        problem = "the cluster has no workers"
        raise OutputError(
            Problem("--scheduler", problem, "start some (dask worker) and run the command again")
        ) from None


def refuse_other_versions(client: Client) -> None:
    """Raise UsageError with everything by which the scheduler and the workers differ from this machine."""
    wanted = versions()
    found = {f"worker {address}": said for address, said in client.run(versions, on_error="return").items()}
    try:
        found["scheduler"] = client.run_on_scheduler(versions)
    except (ImportError, AttributeError) as missing:
        found["scheduler"] = missing
    if problems := [problem for where, said in found.items() for problem in differences(where, said, wanted)]:
        raise UsageError(*problems)
