"""The shelf of forms: shared by processes, small, and never in the way of printing."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import PATIENT, START, made
from stamping import form_of, order, prepared, told

from handouts.editions import shelf as module
from handouts.editions.shelf import KEPT, Shelf
from handouts.press.form import Form

ORDER = ("make", "dexamethasone", *PATIENT, "--start", START, "--days", "3", "--packet", "consent")
ROUNDS = 150


@pytest.fixture(scope="session")
def form() -> Form:
    return form_of(prepared(order()))


def other(form: Form, number: int) -> Form:
    """Return a small form with an id of its own."""
    return replace(form, id=f"{number:064x}", body=b"%PDF", glyphs={})


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_was_put_is_there(tmp_path: Path, form: Form) -> None:
    shelf = Shelf(tmp_path / "not" / "there")

    assert shelf.get(form.id) is None
    shelf.put(form)
    assert shelf.get(form.id) == form
    assert shelf.get(other(form, 1).id) is None
    assert files(shelf.folder) == [f"{form.id}.form"]


def test_a_form_under_another_name_is_not_given_out(tmp_path: Path, form: Form) -> None:
    shelf = Shelf(tmp_path)
    shelf.put(form)
    (tmp_path / f"{form.id}.form").rename(tmp_path / f"{0:064x}.form")

    assert shelf.get(f"{0:064x}") is None


# Several processes


def put_and_get(folder: Path, own: Form, both: tuple[Form, Form], failures: multiprocessing.Queue[str]) -> None:
    """Put a form and look what is there, many times over; whatever is found must be one of ``both``."""
    shelf = Shelf(folder)
    for number in range(ROUNDS):
        shelf.put(own)
        if (found := shelf.get(own.id)) not in both:
            failures.put(f"round {number}: {'nothing' if found is None else 'half a form'}")
            return
    failures.put("")


def test_two_processes_never_see_half_a_form(tmp_path: Path, form: Form) -> None:
    """The same id with two contents, which are as long as a real form, and not of one length."""
    both = form, replace(form, body=form.body[:-1] * 3)
    spawned = multiprocessing.get_context("spawn")
    failures = spawned.Queue()
    workers = [spawned.Process(target=put_and_get, args=(tmp_path, own, both, failures)) for own in both]
    for worker in workers:
        worker.start()
    said = [failures.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()

    assert said == ["", ""]
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert files(tmp_path) == [f"{form.id}.form"]


# Damage


@pytest.mark.parametrize("damage", [b"", b"half", b"%PDF-1.7\n"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    out, world = tmp_path / "packet.pdf", {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    made(*ORDER, "-o", out, env=world)
    usual = out.read_bytes()
    (path,) = (tmp_path / "cache").rglob("*.form")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage == b"half" else damage)

    made(*ORDER, "-o", out, env=world)

    assert out.read_bytes() == usual
    assert path.read_bytes() == whole


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, 4000) | st.integers(0, 10**6), mask=st.integers(1, 255))
def test_a_flipped_bit_is_damage(tmp_path_factory: pytest.TempPathFactory, form: Form, at: int, mask: int) -> None:
    shelf = Shelf(tmp_path_factory.getbasetemp() / "flipped")
    shelf.put(form)
    path = shelf.folder / f"{form.id}.form"
    damaged = bytearray(path.read_bytes())
    damaged[at % len(damaged)] ^= mask
    path.write_bytes(damaged)

    assert shelf.get(form.id) is None


# Size


@pytest.fixture
def aged(tmp_path: Path, form: Form) -> Iterator[tuple[Shelf, list[Form]]]:
    """A full shelf, on which form 0 was used longest ago."""
    shelf, forms = Shelf(tmp_path), [other(form, number) for number in range(KEPT)]
    for number, item in enumerate(forms):
        shelf.put(item)
        os.utime(tmp_path / f"{item.id}.form", (number, number))
    return shelf, forms


def test_the_shelf_keeps_what_was_used_last(aged: tuple[Shelf, list[Form]], form: Form) -> None:
    shelf, forms = aged
    assert len(files(shelf.folder)) == KEPT
    assert shelf.get(forms[0].id) == forms[0], "which makes it the one used last"

    for number in range(KEPT, KEPT + 3):
        shelf.put(other(form, number))

    assert len(files(shelf.folder)) == KEPT
    assert [shelf.get(item.id) is None for item in forms[:5]] == [False, True, True, True, False]


# A shelf that cannot be written


@pytest.mark.parametrize("cache", ["file", "file/cache", "broken-link"])
def test_an_unwritable_shelf_still_prints(tmp_path: Path, cache: str) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    (tmp_path / "broken-link").symlink_to("/proc/nowhere")

    for out in (tmp_path / "one.pdf", tmp_path / "two.pdf"):
        made(*ORDER, "-o", out, env={"XDG_CACHE_HOME": str(tmp_path / cache)})

    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert (tmp_path / "file").read_bytes() == b"kept"


def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path: Path, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files beside would be counted by nobody, and stay for ever."""

    def full(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    shelf = Shelf(tmp_path)
    monkeypatch.setattr(module.Path, "replace", full)
    shelf.put(form)

    assert shelf.get(form.id) is None
    assert files(tmp_path) == []


def test_the_shelf_never_holds_a_patient(tmp_path: Path) -> None:
    person = (
        "--name",
        "Quillon Vexworth",
        "--dob",
        "1957-03-29",
        "--mrn",
        "QX7-4411-Z",
        "--prescriber",
        "Prescott Ymir",
    )
    rest = ("--start", "2031-05-06", "--days", "3", "-o", tmp_path / "packet.pdf")
    made("make", "dexamethasone", *person, *rest, env={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    (path,) = (tmp_path / "cache").rglob("*.form")
    days = ["1957-03-29", "Mar 29, 1957", "2031-05-06", "May 6, 2031", "Tuesday, May 6"]

    assert [word for word in (*person[1::2], *days, "Vexworth") if told(path.read_bytes(), word)] == []
