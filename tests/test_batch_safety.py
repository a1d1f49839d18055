"""The right patient in every packet: a thousand, made by two processes, stopped and gone on with."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import signal
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from babel.dates import format_date
from batches import COLUMNS, Killer, batch_outside, manifest, packets_in, person, word
from paper import texts
from rosters import as_csv, saved
from running import CACHE
from stamping import streams

from handouts.batch.run import CHUNK
from handouts.press.form import Form, load

PATIENTS = 1_000
"""``make soak`` takes ten times as many."""
GREEK, LONG = 250, 2500
"""Each of so many brings letters that no form has, or has a name that no field holds, so that it is set in full."""
SAMPLED = 200
WORD = re.compile(r"[g-p]{8}")
NUMBER = re.compile(r"(?<![0-9a-f])[89][0-9]{5}(?![0-9a-f])")
BIRTH = re.compile(
    r"\b[A-Z][a-z]{2,3} [0-9]{1,2}, 19[0-9]{2}\b|\b[0-9]{1,2} [a-z]{3,4} 19[0-9]{2}\b|19[0-9]{2}-[0-9]{2}-[0-9]{2}"
)
"""As English pages, Spanish pages and rosters write it."""
OBJECT = re.compile(rb"([0-9]+) 0 obj\n(.*?)\nendobj\n", re.DOTALL)
SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf|ActualText <([0-9a-f]*)>|<([0-9a-f]{4})>")
ENCODED = [
    re.compile(rb"[g-p]{8}"),
    re.compile(rb"(?:\0[g-p]){8}"),
    re.compile(rb"(?:[g-p]\0){8}"),
    re.compile(rb"(?:6[7-9a-fA-F]|70){8}"),
    re.compile(rb"(?:00(?:6[7-9a-fA-F]|70)){8}"),
]
"""Names as they may lie in a file: Latin, UTF-16 in either order, and both in hexadecimal digits."""


def patient(number: int) -> dict[str, str]:
    """Return a row; record numbers, birth dates and the words in the names are all different from one another."""
    row = person(number, locale=("en", "es")[number % 2])
    if number % 3 == 0:
        row |= {"start": "", "done": "2", "last": "2026-06-08"}
    if number % GREEK == 1:
        row["name"] = f"Δείγμα {word(number)}"
    if number % LONG == 2:
        row["name"] = " ".join([f"Sample {word(number)}", *["Ofaverylongname"] * 6])
    return row


class Told(NamedTuple):
    """What a text tells of patients."""

    words: frozenset[str]
    numbers: frozenset[str]
    births: frozenset[str]


def told_in(text: str) -> Told:
    return Told(*(frozenset(kind.findall(text)) for kind in (WORD, NUMBER, BIRTH)))


def own(row: dict[str, str]) -> Told:
    """Return what a packet is to tell: its own patient, and nobody else."""
    born = format_date(dt.date.fromisoformat(row["dob"]), "medium", locale=row["locale"])
    return Told(frozenset(WORD.findall(row["name"])), frozenset({row["mrn"]}), frozenset({born}))


@cache
def form_of(key: str) -> Form:
    form = load((Path(CACHE) / "handouts" / "forms" / f"{key}.form").read_bytes())
    for part in (form.body, *streams(form.body)):
        assert not any(way.search(part) for way in ENCODED)
    return form


def drawn(content: bytes, fonts: dict[str, dict[str, str]]) -> str:
    """Return what the glyphs of a field say, by the tables of their fonts, and what it says instead of them."""
    said, font = "", {}
    for name, actual, glyph in SHOWN.findall(content):
        if name:
            font = fonts[name.decode()]
        elif actual:
            said += f" {bytes.fromhex(actual.decode()).decode('utf-16')} "
        else:
            said += font[glyph.decode()]
    return said


def to_unicode(table: bytes) -> dict[str, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", table)
    return {glyph.decode().lower(): bytes.fromhex(code.decode()).decode("utf-16-be") for glyph, code in pairs}


def check(path: Path, key: str, row: dict[str, str]) -> str:
    """Return what is wrong with a packet; nothing, where it is its patient's in every stream."""
    data, form = path.read_bytes(), form_of(key)
    if not data.startswith(form.body):
        return check_whole(path, data, row)
    fonts = {
        f"A{at}": {f"{glyph:04x}": text for glyph, text in form.glyphs[face].items()}
        for at, face in enumerate(form.fonts)
    }
    objects = {int(number): body for number, body in OBJECT.findall(data[len(form.body) :])}
    if b"".join(b"%d 0 obj\n%b\nendobj\n" % item for item in objects.items()) not in data:
        return "has something between its objects"
    unpacked = {number: next(streams(body), b"") for number, body in objects.items() if b"/FlateDecode" in body}
    for number, body in objects.items():
        if found := re.search(rb"/Type/Font/Subtype/Type0.*/ToUnicode ([0-9]+) 0 R", body):
            place = re.search(rb"/X([0-9]+) %d 0 R" % number, data[len(form.body) :])
            assert place
            fonts[f"X{int(place[1])}"] = to_unicode(unpacked[int(found[1])])
    said = []
    for at, field in enumerate(form.fields):
        text = drawn(objects[form.objects + 1 + at], fonts)
        if field.name == "patient.name" and row["name"].replace(" ", "") not in text.replace(" ", ""):
            return f"the field {at} does not name its patient"
        said.append(text)
    if told_in(" ; ".join(said)) != own(row):
        return "its fields tell of somebody else, or not of its patient"
    return words_in((*objects.values(), *unpacked.values()), row)


def check_whole(path: Path, data: bytes, row: dict[str, str]) -> str:
    """Return what is wrong with a packet that was set in full, as poppler reads it."""
    if any(told_in(page) != own(row) for page in texts(path)):
        return "a page tells of somebody else, or not of its patient"
    return words_in((data, *streams(data)), row)


def words_in(parts: Iterable[bytes], row: dict[str, str]) -> str:
    """Return what is wrong with the words that lie open in the parts of a file."""
    found = {match for part in parts for way in ENCODED for match in way.findall(part)}
    (word,) = own(row).words
    ways = [word.encode(), word.encode("utf-16-be"), word.encode("utf-16-le")]
    ways += [way.hex().encode() for way in ways]
    allowed = [way.strip(b"\0") for way in ways]
    strangers = [match for match in found if match.lower().strip(b"\0") not in allowed]
    return f"there is another word in a stream: {strangers}" if strangers else ""


def check_all(packets: list[tuple[Path, str, int]]) -> list[str]:
    return [f"{path.name}: {wrong}" for path, key, number in packets if (wrong := check(path, key, patient(number)))]


def test_every_packet_is_its_patients(tmp_path: Path, killer: Killer) -> None:
    make_and_check(PATIENTS, tmp_path, killer)


def make_and_check(patients: int, folder: Path, killer: Killer) -> None:
    """Make packets for as many ``patients`` in ``folder``, and look through every one of them."""
    rows = as_csv((patient(at) for at in range(patients)), (*COLUMNS, "done", "last"))
    path, out = saved(folder, rows), folder / "out"
    try:
        for part in (1, 2):  # stopped after about a third, and after about two
            ended, _ = killer.run(path, out, 2, ("committed", part * patients // CHUNK // 3 + 1))
            assert ended == -signal.SIGKILL
        said = batch_outside(path, out, "--jobs", 2, code=0).err
        again = re.search("([0-9]+) of the packets were there already", said)
        assert again and int(again[1]) > patients / 3

        lines = manifest(out)
        assert len({line["file"] for line in lines}) == len(packets_in(out)) == patients
        assert [line["mrn"] for line in lines] == [patient(at)["mrn"] for at in range(patients)]
        packets = [(out / str(line["file"]), str(line["form"]), at) for at, line in enumerate(lines)]
        halves = [packets[0::2], packets[1::2]]
        with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
            assert [wrong for found in pool.map(check_all, halves) for wrong in found] == []

        for packet, _, number in packets[:: patients // SAMPLED]:
            row = patient(number)
            for page in texts(packet):
                assert told_in(page) == own(row), packet.name
    finally:
        shutil.rmtree(out, ignore_errors=True)
