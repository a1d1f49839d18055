"""Writing files: created for their owner only, and under their final name only when they are whole."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from handouts.errors import OutputError, Problem


def write(target: str, content: bytes) -> None:
    """Write ``content`` to the file ``target`` (mode 0600), or to standard output for ``-``.

    The file is written beside its target and renamed over it, so that nobody ever finds half of it. Raises
    OutputError.
    """
    if target == "-":
        try:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        except OSError as error:
            raise OutputError(
                Problem("standard output", f"cannot be written: {error.strerror}", "check where it goes")
            ) from None
        return
    with replacing(target) as file:
        file.write(content)


@contextlib.contextmanager
def replacing(target: str, prefix: str = ".handouts-") -> Iterator[BinaryIO]:
    """Give a file to write (mode 0600) that takes the place of ``target`` when the block ends well.

    The file is beside its target until then, and is gone when the block ends otherwise; only a process that is killed
    leaves it, under a name that begins with ``prefix``. Raises OutputError.
    """
    path = Path(target)
    beside = None
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=prefix)  # mkstemp creates 0600
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except OSError as error:
        raise OutputError(
            Problem(target, f"cannot be written: {error.strerror}", "choose a folder that exists and is yours to write")
        ) from None
    finally:
        if beside:
            Path(beside).unlink(missing_ok=True)


def create(path: Path, parts: Iterable[bytes]) -> None:
    """Write ``parts`` one after the other into the new file ``path`` (mode 0600). Raises OSError as it comes."""
    left = [memoryview(part) for part in parts]
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        while left:  # mostly once: the system takes all, or says why not when it is asked again
            written = os.writev(handle, left)
            while left and written >= len(left[0]):
                written -= len(left.pop(0))
            if left:
                left[0] = left[0][written:]
    finally:
        os.close(handle)


def make_folder(target: str) -> Path:
    """Return the folder ``target``, made when it is not there. Raises OutputError."""
    path = Path(target)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            Problem(target, f"cannot be made: {error.strerror}", "choose another place with --out")
        ) from None
    return path
