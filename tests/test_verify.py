"""``handouts verify``: paper knows what it is, and nothing else is taken for it."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from running import MRN, NAME, PATIENT, START, made, refused, run
from stamping import FACES, LIBRARY, form_of, order, prepared, stamped
from test_clinic import write as write_clinic
from test_packets import LONG_NAMES

from handouts import resources
from handouts.editions.provenance import Provenance, provenance
from handouts.packet import stamped as packet_of
from handouts.press.stamp import Stamp
from handouts.resources import drug_folder

ORDER = ("make", "dexamethasone", *PATIENT, "--start", START, "--days", "3", "--packet", "consent", "--locale", "es")
UNKNOWN, ALTERED, CURRENT, SUPERSEDED = "unknown", "altered", "current", "superseded"


@pytest.fixture(scope="session")
def packet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh packet in Spanish."""
    path = tmp_path_factory.mktemp("verify") / "packet.pdf"
    made(*ORDER, "-o", path)
    return path


@pytest.fixture(scope="session")
def data(packet: Path) -> bytes:
    return packet.read_bytes()


def state(path: Path, *options: object) -> str:
    """Return the first word of what ``verify`` says, after it said the same in JSON and by its exit code."""
    table, as_json = run("verify", path, *options), run("verify", path, "--json", *options)
    (row,) = json.loads(as_json.text)
    line = table.text.splitlines()[1].split("\t")

    assert row["file"] == line[0] == str(path)
    assert row["state"] == line[1]
    assert table.code == as_json.code == (0 if row["state"] == CURRENT else 3)
    assert table.err == as_json.err == ""
    word: str = re.match(r"\w+", row["state"])[0]  # type: ignore[index]
    return word


def changed(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "changed.pdf"
    path.write_bytes(data)
    return path


# Current


def test_a_fresh_packet_is_current(packet: Path) -> None:
    assert state(packet) == CURRENT


def test_it_says_which_form_and_what_for(packet: Path) -> None:
    (row,) = json.loads(made("verify", packet, "--json").text)
    form = prepared(order(locale="es")).key

    assert row == {
        "file": str(packet),
        "state": "current",
        "form": form[:10],
        "made_for": "dexamethasone es consent letter standard",
        "approved": "draft",
    }
    assert NAME not in str(row) and MRN not in str(row)
    assert made("verify", packet).text.splitlines() == [
        "file\tstate\tform\tmade for\tapproved",
        "\t".join(row.values()),
    ]


@pytest.mark.parametrize("name", ["Δείγμα Ασθενή", LONG_NAMES["words"]], ids=["own font", "set in full"])
def test_every_way_of_making_a_packet_is_current(tmp_path: Path, name: str) -> None:
    wanted = prepared(order())
    wanted = replace(wanted, values=wanted.values | {"patient.name": name})
    made_so = packet_of(wanted, Stamp(form_of(wanted), FACES), LIBRARY)

    assert made_so.stamped == (name not in LONG_NAMES.values())
    assert state(changed(tmp_path, made_so.pdf)) == CURRENT


@pytest.mark.parametrize("size", ["standard", "large"])
@pytest.mark.parametrize("interpreter", [(), ("--interpreter", "Sample 42")], ids=["alone", "interpreter"])
def test_every_option_is_known_again(tmp_path: Path, size: str, interpreter: tuple[str, ...]) -> None:
    path = tmp_path / "packet.pdf"
    made(*ORDER, "--size", size, "--paper", "a4", *interpreter, "-o", path)

    assert state(path) == CURRENT
    assert f" a4 {size}\t" in made("verify", path).text


def test_several_files_are_told_apart(packet: Path, tmp_path: Path) -> None:
    foreign = changed(tmp_path, b"hello")
    finished = run("verify", packet, foreign, packet, "--json")

    assert finished.code == 3
    assert [row["state"].split(":")[0] for row in json.loads(finished.text)] == [CURRENT, UNKNOWN, CURRENT]
    assert run("verify", packet, packet).code == 0


def test_the_edition_says_who_approved_it(tmp_path: Path) -> None:
    edition, path = tmp_path / "clinic.edition", tmp_path / "packet.pdf"
    built = ("--drug", "ocrelizumab", "--locale", "en", "--packet", "consent")
    words = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "consent", "-o", path, "--edition", edition)
    form = prepared(order("ocrelizumab")).key
    made("edition", "build", "--out", edition, *built)
    made("edition", "approve", form, "--edition", edition, "--by", "Sample Pharmacist", "--role", "pharmacist")
    made(*words)

    (row,) = json.loads(made("verify", path, "--edition", edition, "--json").text)
    assert row["state"] == CURRENT
    assert re.fullmatch(r"Sample Pharmacist \(pharmacist\), \d{4}-\d\d-\d\d, edition 1", row["approved"])
    (row,) = json.loads(made("verify", path, "--json").text)
    assert (row["state"], row["approved"]) == (CURRENT, "approved")
    made(*words[:-2])
    (row,) = json.loads(made("verify", path, "--edition", edition, "--json").text)
    assert (row["state"], row["approved"]) == (CURRENT, "draft"), "it was printed as a draft, and stays one"


# Altered


def known(data: bytes) -> Provenance | None:
    found = provenance(data)
    return None if found is None or found.altered else found


def flipped(data: bytes, at: int, mask: int) -> bytes:
    damaged = bytearray(data)
    damaged[at % len(damaged)] ^= mask
    return bytes(damaged)


@settings(deadline=None, max_examples=300)
@given(at=st.integers(0, 10**7), mask=st.integers(1, 255))
@example(at=9, mask=1)
@example(at=-2, mask=7)
def test_one_byte_anywhere_makes_another_file(data: bytes, at: int, mask: int) -> None:
    assert known(data)
    assert known(flipped(data, at, mask)) is None


def test_one_bit_anywhere_at_the_end_makes_another_file(data: bytes) -> None:
    """Where the cross-reference stream says what is what: which object is a page, and which page is shown."""
    begin = int(re.findall(rb"startxref\n(\d+)\n", data)[-1])
    overlooked = [
        (at - begin, mask) for at in range(begin, len(data)) for mask in (1, 0x20) if known(flipped(data, at, mask))
    ]

    assert len(data) - begin < 4000
    assert overlooked == []


def test_the_command_says_so(data: bytes, tmp_path: Path) -> None:
    middle, id_at = len(data) // 2, data.rindex(b"/ID[<") + 5
    root = data.rindex(b"/Root ")

    assert state(changed(tmp_path, flipped(data, middle, 1))) == ALTERED
    assert state(changed(tmp_path, flipped(data, 0, 1))) in (ALTERED, UNKNOWN)
    assert state(changed(tmp_path, flipped(data, root + 6, 1))) in (ALTERED, UNKNOWN)
    assert state(changed(tmp_path, flipped(data, id_at, 1))) == ALTERED


@pytest.mark.parametrize("more", [b"\n", b" ", b"%%EOF\n", b"1 0 obj\n<<>>\nendobj\n", bytes(100)], ids=ascii)
def test_more_at_the_end_makes_another_file(data: bytes, tmp_path: Path, more: bytes) -> None:
    assert state(changed(tmp_path, data + more)) == ALTERED


def test_more_before_it_makes_another_file(data: bytes, tmp_path: Path) -> None:
    assert state(changed(tmp_path, b"\n" + data)) in (ALTERED, UNKNOWN)


@pytest.mark.parametrize("end", [-1, -10, 0.99, 0.5, 20])
def test_less_makes_another_file(data: bytes, tmp_path: Path, end: float) -> None:
    kept = data[: int(end * len(data)) if 0 < end < 1 else int(end)]

    assert state(changed(tmp_path, kept)) in (ALTERED, UNKNOWN)


@pytest.mark.parametrize(
    "options", [(), ("--linearize",), ("--stream-data=uncompress",), ("--pages", ".", "1", "--")], ids=" ".join
)
def test_a_file_that_qpdf_wrote_again_is_altered(packet: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "again.pdf"
    subprocess.run(["qpdf", packet, *options, path], check=True)

    assert state(path) == ALTERED


def test_an_incremental_update_is_an_alteration(data: bytes, tmp_path: Path) -> None:
    """The way of editors and of signatures: the file as it was, and new objects behind it, whole and valid."""
    begin = int(re.findall(rb"startxref\n(\d+)\n", data)[-1])
    trailer = re.search(rb"/Root \d+ 0 R/Info \d+ 0 R", data[begin:])
    size = re.search(rb"/Size (\d+)", data[begin:])
    ids = re.search(rb"/ID\[<.{32}><.{32}>\]", data[begin:])
    assert trailer and size and ids
    number = int(size[1])
    added = b"%d 0 obj\n<</Type/Pages>>\nendobj\n" % number
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, len(data))
    rest = b"trailer\n<<%b%b/Size %d/Prev %d>>\n" % (trailer[0], ids[0], number + 1, begin)
    at = len(data) + len(added)

    assert state(changed(tmp_path, data + added + table + rest + b"startxref\n%d\n%%%%EOF\n" % at)) == ALTERED


def test_two_patients_cannot_be_mixed(data: bytes, tmp_path: Path) -> None:
    """The identifier of one file in another one of the same form."""
    wanted = prepared(order(locale="es"))
    other = stamped(form_of(wanted), wanted.values | {"patient.name": "Sample Patiens"})
    ids = [re.findall(rb"/ID\[<.{32}><(.{32})>\]", one)[-1] for one in (data, other)]

    assert len(other) == len(data)
    assert ids[0] != ids[1]
    assert state(changed(tmp_path, other)) == CURRENT
    assert state(changed(tmp_path, other.replace(ids[1], ids[0]))) == ALTERED


# Superseded


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the templates, catalogs and fonts, from which ``handouts`` works here."""
    for name in ("templates", "locales", "fonts"):
        shutil.copytree(resources.folder(name), tmp_path / "files" / name)
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path / "files" / name)
    return tmp_path / "files"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_same_files_elsewhere_change_nothing(packet: Path, files: Path) -> None:
    assert files.is_dir()
    assert state(packet) == CURRENT


@pytest.mark.parametrize("path", ["templates/theme/page.css", "templates/icons/pen.svg", "fonts/ORIGIN.toml"])
def test_a_changed_style_picture_or_font_supersedes(packet: Path, files: Path, path: str) -> None:
    with (files / path).open("ab") as file:
        file.write(b"\n")

    assert state(packet) == SUPERSEDED


def test_a_changed_template_supersedes_where_its_page_changes(packet: Path, files: Path) -> None:
    template = files / "templates" / "consent.html"
    template.write_bytes(template.read_bytes() + b"{# A note for whoever edits this. #}\n")
    assert state(packet) == CURRENT
    edit(template, "{% block body %}", '{% block body %}<p class="small">&nbsp;</p>')
    assert state(packet) == SUPERSEDED


def test_a_changed_translation_supersedes_its_own_language(packet: Path, files: Path, tmp_path: Path) -> None:
    english = tmp_path / "en.pdf"
    made(*ORDER[:-1], "en", "-o", english)
    catalog = files / "locales" / "es" / "LC_MESSAGES" / "handouts.po"
    edit(catalog, 'msgstr "Firma"', 'msgstr "Su firma"')

    assert state(packet) == SUPERSEDED
    assert state(english) == CURRENT


def test_a_changed_fact_supersedes_its_own_drug(packet: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pdf"
    made("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "consent", "-o", other)
    folder = tmp_path / "formulary"
    folder.mkdir()
    shutil.copy(drug_folder() / "dexamethasone.toml", folder)
    assert state(packet, "--formulary", folder) == CURRENT
    edit(folder / "dexamethasone.toml", "of_100 = 49\n", "of_100 = 48\n")

    assert state(packet, "--formulary", folder) == SUPERSEDED
    assert state(other, "--formulary", folder) == CURRENT


def test_another_clinic_supersedes(packet: Path, tmp_path: Path) -> None:
    clinic, own = write_clinic(tmp_path), tmp_path / "own.pdf"
    made("--clinic", clinic, *ORDER, "-o", own)

    assert state(packet, "--clinic", clinic) == SUPERSEDED
    assert state(own, "--clinic", clinic) == CURRENT
    assert state(own) == SUPERSEDED
    edit(clinic, "555-0100", "555-0101")
    assert state(own, "--clinic", clinic) == CURRENT, "a consent does not say the telephone number"
    edit(clinic, "North Infusion", "South Infusion")
    assert state(own, "--clinic", clinic) == SUPERSEDED


@pytest.mark.parametrize("gone", ["drug", "language", "packet"])
def test_what_is_no_longer_made_is_superseded(packet: Path, files: Path, gone: str) -> None:
    if gone == "drug":
        finished = run("verify", packet, "--formulary", broken_formulary(files), "--json")
    elif gone == "language":
        shutil.rmtree(files / "locales" / "es")
        finished = run("verify", packet, "--json")
    else:
        (files / "templates" / "packets" / "consent.toml").unlink()
        finished = run("verify", packet, "--json")

    (row,) = json.loads(finished.text)
    assert finished.code == 3
    assert row["state"].startswith("superseded: ")


def broken_formulary(folder: Path) -> Path:
    drugs = folder / "drugs"
    drugs.mkdir()
    (drugs / "dexamethasone.toml").write_text("id = 1\n", encoding="utf-8")
    return drugs


def test_an_altered_file_is_not_called_superseded(data: bytes, tmp_path: Path) -> None:
    """Altered comes first: what it says of itself is worth nothing."""
    assert state(changed(tmp_path, data + b"\n"), "--clinic", write_clinic(tmp_path)) == ALTERED


# Unknown


def foreign_pdf(**info: object) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        for key, value in info.items():
            pdf.docinfo[f"/{key}"] = value
        file = io.BytesIO()
        pdf.save(file, encryption=False)
        return file.getvalue()


def encrypted() -> bytes:
    with pikepdf.open(io.BytesIO(foreign_pdf())) as pdf:
        file = io.BytesIO()
        pdf.save(file, encryption=pikepdf.Encryption(owner="owner", user="user"))
        return file.getvalue()


OURS = {
    f"Handouts{key}": "1" for key in ("Form", "Approved", "Drug", "Locale", "Packet", "Paper", "Size", "Interpreter")
}
FOREIGN = {
    "empty": b"",
    "text": b"Dear patient,\n",
    "binary": bytes(range(256)),
    "a header": b"%PDF-1.7\n",
    "a PDF": foreign_pdf(),
    "a PDF with a title": foreign_pdf(Title="Handout"),
    "some of our keys": foreign_pdf(HandoutsForm="f" * 64, HandoutsDrug="ocrelizumab"),
    "encrypted": encrypted(),
    "numbers for texts": foreign_pdf(HandoutsForm=pikepdf.Array([1, 2]), Title=pikepdf.Dictionary()),
    "an identifier of numbers": foreign_pdf().replace(b"/ID [", b"/ID [1 2 ").replace(b"/ID[", b"/ID[1 2 "),
    "information that is none": foreign_pdf(Title="x").replace(b"/Info ", b"/Inf0 "),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_what_we_did_not_make_is_unknown(tmp_path: Path, content: bytes) -> None:
    assert state(changed(tmp_path, content)) == UNKNOWN


def test_what_needs_a_password_is_unknown(tmp_path: Path) -> None:
    """Also where this program made it."""
    password, path = tmp_path / "password.txt", tmp_path / "packet.pdf"
    password.write_text("eight or more\n", encoding="utf-8")
    made(*ORDER, "-o", path, "--password-file", password)

    assert state(path) == UNKNOWN


def test_our_names_in_a_foreign_file_are_an_alteration(tmp_path: Path) -> None:
    """Whoever writes our keys into a file of their own; also with a form that is no number."""
    for form in ("f" * 64, "not a number", "", pikepdf.Array([1])):
        content = foreign_pdf(**OURS | {"HandoutsSource": "1", "HandoutsForm": form})
        assert state(changed(tmp_path, content)) in (ALTERED, UNKNOWN)


@settings(deadline=None, max_examples=100)
@given(content=st.binary(max_size=400) | st.binary(max_size=200).map(lambda data: b"%PDF-1.7\n" + data))
def test_noise_is_unknown(content: bytes) -> None:
    assert provenance(content) is None


@pytest.mark.parametrize("name", ["missing.pdf", "."])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    assert "cannot be read" in refused(3, "verify", tmp_path / name)
