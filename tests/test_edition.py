"""Editions: what a desk prints from, without a typesetter, and nothing unapproved where the clinic says so."""

from __future__ import annotations

import datetime as dt
import functools
import io
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from batches import batch, made_files, person, roster
from hypothesis import given, settings
from hypothesis import strategies as st
from paper import feet, texts, whole_text
from running import NAME, PATIENT, START, Finished, made, refused, run, run_outside
from shipped import FORMULARY, LANGUAGES, drug_of
from stamping import MONDAY, order, prepared, told
from test_clinic import write as write_clinic
from test_packets import DRAFT, translated
from treatments import plans

from handouts.model import Treatment
from handouts.press import ground
from handouts.publish import shapes
from handouts.resources import drug_folder
from handouts.schedule import plan
from handouts.values import Outline, outline

DRUGS = ("dexamethasone", "ocrelizumab")
APPROVER = ("--by", "Sample Pharmacist", "--role", "pharmacist")
DESK = ("weasyprint", "jinja2", "pikepdf", "cffi", "_cffi_backend", "pydyf", "tinycss2")
"""What a desk can do without: the typesetter with Pango behind it, the templates, and every parser of PDF."""
ORDERS = {
    "new": ("dexamethasone", *PATIENT, "--start", START, "--days", "5", "--dose", "96 mg", "--packet", "consent"),
    "new-es": ("ocrelizumab", *PATIENT, "--start", START, "--packet", "consent", "--locale", "es"),
    "begun": ("ocrelizumab", *PATIENT, "--done", "3", "--last", "2026-11-02", "--packet", "consent"),
    "begun-es": (
        *("dexamethasone", *PATIENT, "--done", "2", "--last", START, "--days", "3", "--packet", "consent"),
        *("--locale", "es", "--prescriber", "Sample Prescriber"),
    ),
    "greek": ("ocrelizumab", *PATIENT[2:], "--name", "Δείγμα Ασθενή Ώΐ", "--start", START, "--packet", "consent"),
}
each_order = pytest.mark.parametrize("words", ORDERS.values(), ids=ORDERS)
calm = settings(deadline=None, max_examples=60)


def build(path: Path, *options: object, drugs: tuple[str, ...] = DRUGS) -> Finished:
    which = [word for drug in drugs for word in ("--drug", drug)]
    languages = () if "--locale" in options else ("--locale", "en", "--locale", "es")
    return made("edition", "build", "--out", path, "--packet", "consent", *which, *languages, *options)


def listed(path: Path) -> list[dict[str, object]]:
    forms: list[dict[str, object]] = json.loads(made("edition", "list", path, "--json").text)
    return forms


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drugs, two languages, consent only: every shape of their plans. Nobody writes to it."""
    path = tmp_path_factory.mktemp("edition") / "clinic.edition"
    said = build(path, "--jobs", "2")

    assert said.out == b""
    assert f"edition 1, {len(listed(path))} forms, 0 of them approved" in said.err
    path.chmod(0o400)
    return path


@pytest.fixture
def edition(built: Path, tmp_path: Path) -> Path:
    """A copy to work on."""
    path = tmp_path / "copy.edition"
    shutil.copyfile(built, path)
    return path


def part_of(path: Path, form: str) -> str:
    """Return the key of the only document of a form."""
    (key,) = next(
        entry["parts"] for entry in json.loads(members(path)["edition.json"])["forms"] if entry["form"] == form
    )
    return str(key)


def form_of_order(name: str, locale: str, treatment: Treatment | None = None) -> str:
    return prepared(order(name, treatment, locale=locale)).key


# Building


def test_an_edition_lists_what_it_holds(built: Path) -> None:
    forms = listed(built)
    expected = {drug: len(shapes(drug_of(drug))) for drug in DRUGS}

    assert Counter((form["drug"], form["locale"]) for form in forms) == {
        (drug, tag): count for drug, count in expected.items() for tag in ("en", "es")
    }
    assert len({form["form"] for form in forms}) == len(forms)
    assert {form_of_order(drug, tag) for drug in DRUGS for tag in ("en", "es")} <= {form["form"] for form in forms}
    for form in forms:
        assert len(str(form["form"])) == 64
        assert (form["packet"], form["paper"], form["size"], form["approved"]) == (
            "consent",
            "letter",
            "standard",
            None,
        )
        assert isinstance(form["pages"], int) and form["pages"] >= 3
    assert {(form["begun"], form["visits"]) for form in forms if form["drug"] == "ocrelizumab"} == {
        (False, 5),
        (True, 5),
    }
    assert {form["visits"] for form in forms if form["drug"] == "dexamethasone"} == {0, 1, 2, 3, 4, 5}


def test_the_table_says_the_same(built: Path) -> None:
    head, *rows = (line.split("\t") for line in made("edition", "list", built).text.splitlines())

    assert head[0] == "form" and head[-1] == "approved"
    assert [row[0] for row in rows] == sorted(str(form["form"])[:10] for form in listed(built))
    assert {row[-1] for row in rows} == {"draft"}


@pytest.mark.usefixtures("afresh")
def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the number of processes, and their hash seeds."""
    for jobs in ("1", "2"):
        build(tmp_path / f"{jobs}.edition", "--jobs", jobs, "--locale", "en", drugs=("ocrelizumab",))

    assert (tmp_path / "1.edition").read_bytes() == (tmp_path / "2.edition").read_bytes()
    assert oct((tmp_path / "1.edition").stat().st_mode)[-3:] == "600"


def test_building_again_keeps_what_has_not_changed(edition: Path) -> None:
    first = str(listed(edition)[0]["form"])
    made("edition", "approve", first, "--edition", edition, *APPROVER)
    before, approvals = members(edition), [form["approved"] for form in listed(edition)]

    said = build(edition)

    after = members(edition)
    assert "edition 2" in said.err and "1 of them approved" in said.err
    assert {name: data for name, data in after.items() if name != "edition.json"} == {
        name: data for name, data in before.items() if name != "edition.json"
    }
    assert json.loads(after["edition.json"]) == json.loads(before["edition.json"]) | {"number": 2}
    assert [form["approved"] for form in listed(edition)] == approvals


# Printing


@each_order
def test_an_edition_prints_what_typesetting_prints(built: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    before = built.read_bytes()
    made("make", *words, "-o", tmp_path / "with.pdf", "--edition", built)
    made("make", *words, "-o", tmp_path / "without.pdf")

    assert (tmp_path / "with.pdf").read_bytes() == (tmp_path / "without.pdf").read_bytes()
    assert built.read_bytes() == before


def test_an_edition_of_another_program_prints_what_it_holds_and_says_so(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, older = tmp_path / "usual.pdf", tmp_path / "older.pdf"
    words = ("make", *ORDERS["new"], "--edition", built)
    assert "another version" not in made(*words, "-o", usual).err
    monkeypatch.setattr(ground, "_pango", lambda: "15099")

    assert "edition 1 was typeset by another version of handouts" in made(*words, "-o", older).err
    assert older.read_bytes() == usual.read_bytes()
    assert "edition 1 was typeset by another version" in made("edition", "list", built).err
    assert "current" in made("verify", older, "--edition", built).text
    monkeypatch.setattr(ground, "_pango", lambda: "")
    assert "another version" not in made(*words, "-o", older).err, "who cannot typeset cannot tell"


@pytest.mark.parametrize(("drug", "locale"), [("dexamethasone", "en"), ("ocrelizumab", "es")])
def test_a_form_that_stands_in_another_s_place_is_damage(built: Path, tmp_path: Path, drug: str, locale: str) -> None:
    """Two forms changed places, of two drugs or in two languages: each is whole, and neither is what was asked for."""
    path = tmp_path / "swapped.edition"
    asked, other = (form_of_order(name, tag) for name, tag in (("ocrelizumab", "en"), (drug, locale)))
    first, second = (f"parts/{part_of(built, key)}.part" for key in (asked, other))
    places = {first: second, second: first}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members(built).items():
            archive.writestr(places.get(name, name), data)
    words = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "consent", "--edition", path)

    assert f"the form {part_of(built, asked)[:10]} in it is damaged" in refused(3, *words, "-o", tmp_path / "p.pdf")
    assert not (tmp_path / "p.pdf").exists()


def test_the_environment_can_name_the_edition(built: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    made(
        "make",
        *ORDERS["new"],
        "-o",
        tmp_path / "p.pdf",
        env={"HANDOUTS_EDITION": str(built), "XDG_CACHE_HOME": str(cache)},
    )

    assert not cache.exists(), "a desk keeps no forms of its own"


SITE = """
import atexit, os, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in os.environ["BLOCKED"].split():
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Blocked())
atexit.register(lambda: open(os.environ["LOADED"], "w").write(" ".join(sys.modules)))
"""


class Desk(NamedTuple):
    """A machine that lacks some packages."""

    folder: Path

    def run(self, *words: object, lacks: tuple[str, ...] = DESK) -> tuple[Finished, set[str]]:
        """Return how ``handouts`` ended, and which modules it had loaded."""
        (self.folder / "sitecustomize.py").write_text(SITE, encoding="utf-8")
        loaded = self.folder / "loaded.txt"
        world = {"PYTHONPATH": str(self.folder), "BLOCKED": " ".join(lacks), "LOADED": str(loaded)}
        finished = run_outside(*words, env=world)
        names = loaded.read_text(encoding="utf-8").split()
        return finished, {*names, *(name.partition(".")[0] for name in names)}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("words", [ORDERS["new"], ORDERS["begun-es"], ORDERS["greek"]], ids=["new", "es", "greek"])
def test_a_desk_needs_no_typesetter(built: Path, desk: Desk, tmp_path: Path, words: tuple[str, ...]) -> None:
    made("make", *words, "-o", tmp_path / "here.pdf")

    finished, _ = desk.run("make", *words, "-o", tmp_path / "there.pdf", "--edition", built)

    assert finished.code == 0, finished.err
    assert (tmp_path / "there.pdf").read_bytes() == (tmp_path / "here.pdf").read_bytes()


def test_a_desk_does_not_even_look_for_one(built: Path, desk: Desk, tmp_path: Path) -> None:
    finished, loaded = desk.run("make", *ORDERS["new-es"], "-o", tmp_path / "p.pdf", "--edition", built, lacks=())

    assert finished.code == 0, finished.err
    assert {"handouts", "uharfbuzz"} <= loaded
    assert loaded & {*DESK, "handouts.checks", "babel.messages"} == set(), "the texts are in the forms already"


def test_the_block_would_be_noticed(desk: Desk, tmp_path: Path) -> None:
    words = ("make", *ORDERS["new"], "-o", tmp_path / "p.pdf")
    world = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    (tmp_path / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    loaded = tmp_path / "loaded.txt"
    assert (
        run_outside(*words, env=world | {"PYTHONPATH": str(tmp_path), "BLOCKED": "", "LOADED": str(loaded)}).code == 0
    )

    assert {"weasyprint", "jinja2", "pikepdf"} <= {name.partition(".")[0] for name in loaded.read_text().split()}


LACKING = {
    "another packet": (*ORDERS["new"][:-1], "intake"),
    "large print": (*ORDERS["new"], "--size", "large"),
    "other paper": (*ORDERS["new"], "--paper", "a4"),
    "an interpreter": (*ORDERS["new"], "--interpreter", "Sample 42"),
}


@pytest.mark.parametrize("words", LACKING.values(), ids=LACKING)
def test_an_order_that_the_edition_lacks(built: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    said = refused(5, "make", *words, "-o", tmp_path / "p.pdf", "--edition", built)

    assert "edition" in said and "no form" in said
    assert "hint: build an edition" in said.replace("  ", "")
    assert not (tmp_path / "p.pdf").exists()


@pytest.mark.parametrize(("drug", "locale", "code"), [("natalizumab", "en", 3), ("ocrelizumab", "fr", 4)])
def test_a_drug_or_a_language_that_the_edition_lacks(
    built: Path, tmp_path: Path, drug: str, locale: str, code: int
) -> None:
    rest = (*PATIENT, "--start", START, "--packet", "consent", "-o", tmp_path / "p.pdf", "--edition", built)
    said = refused(code, "make", drug, "--locale", locale, *rest)

    assert repr(drug if code == 3 else locale) in said
    assert not (tmp_path / "p.pdf").exists()


@pytest.mark.parametrize("where", ["before", "after", "formulary"])
def test_an_edition_brings_its_own_clinic_and_drugs(built: Path, tmp_path: Path, where: str) -> None:
    clinic = ("--clinic", write_clinic(tmp_path))
    words = ("make", *ORDERS["new"], "-o", tmp_path / "p.pdf", "--edition", built)
    calls = {
        "before": (*clinic, *words),
        "after": (*words, *clinic),
        "formulary": (*words, "--formulary", drug_folder()),
    }
    assert "--edition" in refused(2, *calls[where])
    assert not (tmp_path / "p.pdf").exists()


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [
        ("--name", "W" * 100, "patient.name"),
        ("--mrn", "W" * 40, "patient.mrn"),
        ("--prescriber", "W" * 90, "order.prescriber"),
    ],
)
def test_a_value_that_is_too_long_is_refused_by_name(
    built: Path, tmp_path: Path, option: str, value: str, field: str
) -> None:
    said = refused(5, "make", *ORDERS["new"], option, value, "-o", tmp_path / "p.pdf", "--edition", built)

    assert f"{field}: is too long for its field" in said
    assert value not in said
    assert "--edition" in said
    assert not (tmp_path / "p.pdf").exists()


# Approving


@pytest.mark.parametrize("locale", ["en", "es"])
def test_an_approved_form_is_no_draft(edition: Path, tmp_path: Path, locale: str) -> None:
    language, form = LANGUAGES[locale], form_of_order("ocrelizumab", locale)
    words = ("ocrelizumab", *PATIENT, "--start", START, "--packet", "consent", "--locale", locale)
    others = {name: data for name, data in members(edition).items() if form not in name and name != "edition.json"}
    made("make", *words, "-o", tmp_path / "draft.pdf", "--edition", edition)

    made("edition", "approve", form[:12].upper(), "--edition", edition, *APPROVER)
    made("make", *words, "-o", tmp_path / "approved.pdf", "--edition", edition)

    (approval,) = (item["approved"] for item in listed(edition) if item["approved"])
    on = dt.date.fromisoformat(approval.pop("on"))  # type: ignore[attr-defined]
    assert approval == {"by": "Sample Pharmacist", "role": "pharmacist", "edition": 1}
    assert abs(on - dt.date.today()) <= dt.timedelta(days=1)
    assert {name: data for name, data in members(edition).items() if name in others} == others
    approved = translated(language, "Edition %(edition)s, approved %(day)s")
    words_of_approval = approved.replace("%(edition)s", "1").replace("%(day)s", language.medium(on))
    draft = translated(language, DRAFT)
    for before, after in zip(feet(tmp_path / "draft.pdf"), feet(tmp_path / "approved.pdf"), strict=True):
        assert draft in before and words_of_approval not in before
        assert draft not in after and words_of_approval in after
        assert NAME in after and f" {form[:10]} " in after
    assert [text.replace(draft, words_of_approval) for text in texts(tmp_path / "draft.pdf")] == list(
        texts(tmp_path / "approved.pdf")
    )


def test_a_batch_after_an_approval_is_no_draft(edition: Path, tmp_path: Path) -> None:
    path, out = roster(tmp_path, [person(1, drug="ocrelizumab", packet="consent")]), tmp_path / "out"
    batch(path, out, "--edition", edition, code=0)
    (draft,) = made_files(out)
    ids = [form["form"] for form in listed(edition)]
    made("edition", "approve", *ids, "--edition", edition, *APPROVER)
    said = batch(path, out, "--edition", edition, code=0).err
    (approved,) = made_files(out)

    assert DRAFT in whole_text(out / draft)
    assert DRAFT not in whole_text(out / approved)
    assert "left alone: 1 packets" in said and draft in said
    assert "1 of the packets were there already" in batch(path, out, "--edition", edition, code=0).err


def test_an_edition_goes_before_the_usual_clinic(built: Path, tmp_path: Path) -> None:
    usual = {"HANDOUTS_CLINIC": str(write_clinic(tmp_path))}
    path = roster(tmp_path, [person(1, drug="ocrelizumab", packet="consent")])

    for words in (("check", path), ("batch", path, "--out", tmp_path / "out", "--jobs", 1)):
        assert run(*words, "--edition", built, env=usual).code == 0
        refused(2, *words, "--edition", built, "--clinic", usual["HANDOUTS_CLINIC"])


def test_several_forms_are_approved_at_once(edition: Path) -> None:
    ids = [str(form["form"]) for form in listed(edition)]
    made("edition", "approve", ids[0][:10], ids[1], "--edition", edition, *APPROVER)
    assert [bool(form["approved"]) for form in listed(edition)] == [True, True, *[False] * (len(ids) - 2)]


def test_an_id_that_several_or_no_forms_have_is_refused(edition: Path) -> None:
    ids = [str(form["form"]) for form in listed(edition)]
    before = edition.read_bytes()
    shared = next(first for first, count in Counter(form[0] for form in ids).items() if count > 1)

    for start, problem in ((shared, "forms begin with"), ("", "forms begin with"), ("zz", "0 forms begin with 'zz'")):
        said = refused(3, "edition", "approve", ids[0], start, "--edition", edition, *APPROVER)
        assert problem in said
    assert edition.read_bytes() == before


def test_what_is_approved_is_what_the_edition_holds(edition: Path, tmp_path: Path) -> None:
    """Nothing is typeset and no file beside it is read: the pages that were read are the pages that are approved."""
    out, before = tmp_path / "p.pdf", members(edition)
    form = form_of_order("dexamethasone", "en", Treatment(MONDAY, days=5))
    made("edition", "approve", form, "--edition", edition, *APPROVER)
    after = members(edition)
    made("make", *ORDERS["new"], "-o", out, "--edition", edition)

    assert [name for name in after if after[name] != before[name]] == ["edition.json"]
    assert after.keys() == before.keys()
    assert DRAFT not in whole_text(out) and "Edition 1, approved" in whole_text(out)
    assert "about 49 of 100" in whole_text(out)
    build(edition, "--formulary", changed_formulary(tmp_path))
    assert form not in {entry["form"] for entry in listed(edition)}, "a later build has another form, a draft"


def changed_formulary(tmp_path: Path) -> Path:
    """Return a folder with dexamethasone, in which one number is another one."""
    folder = tmp_path / "formulary"
    folder.mkdir()
    text = (drug_folder() / "dexamethasone.toml").read_text(encoding="utf-8")
    assert text.count("of_100 = 49\n") == 1
    (folder / "dexamethasone.toml").write_text(text.replace("of_100 = 49\n", "of_100 = 48\n"), encoding="utf-8")
    return folder


def test_a_changed_fact_makes_a_draft_of_an_approved_form(edition: Path, tmp_path: Path) -> None:
    changed, same = form_of_order("dexamethasone", "en", Treatment(MONDAY, days=5)), form_of_order("ocrelizumab", "en")
    made("edition", "approve", changed, same, "--edition", edition, *APPROVER)

    said = build(edition, "--formulary", changed_formulary(tmp_path), "--locale", "en")

    assert "edition 2" in said.err and "1 of them approved" in said.err
    assert [form["form"] for form in listed(edition) if form["approved"]] == [same]
    assert changed not in {form["form"] for form in listed(edition)}
    out = tmp_path / "changed.pdf", tmp_path / "same.pdf"
    made("make", *ORDERS["new"], "-o", out[0], "--edition", edition)
    made("make", *ORDERS["new-es"][:-1], "en", "-o", out[1], "--edition", edition)
    assert "about 48 of 100" in whole_text(out[0])
    assert [DRAFT in whole_text(path) for path in out] == [True, False]


def test_a_clinic_that_refuses_drafts_prints_approved_forms_only(tmp_path: Path) -> None:
    clinic = write_clinic(tmp_path, 'unapproved = "refuse"')
    path, out = tmp_path / "strict.edition", tmp_path / "p.pdf"
    words = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "consent", "-o", out, "--edition", path)
    build(path, "--clinic", clinic, "--locale", "en", drugs=("ocrelizumab",))
    form = next(str(form["form"]) for form in listed(path) if not form["begun"])

    said = refused(4, *words)
    assert form[:10] in said and "not approved" in said
    assert not out.exists()
    assert "not approved" in refused(4, "--clinic", clinic, *words[:-2]), "nor without an edition"

    made("edition", "approve", form, "--edition", path, *APPROVER)
    made(*words)

    assert DRAFT not in whole_text(out)
    assert "Edition 1, approved" in whole_text(out)
    assert refused(4, *words[:2], *PATIENT, "--done", "1", "--last", "2026-11-30", *words[-6:])


# Damage


def packed(head: object, clinic: bytes = b"{}") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("edition.json", json.dumps(head))
        archive.writestr("clinic.json", clinic)
    return file.getvalue()


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "text": lambda data: b"name = 1\n",
    "a PDF": lambda data: b"%PDF-1.7\n%%EOF\n",
    "half": lambda data: data[: len(data) // 2],
    "another half": lambda data: data[len(data) // 2 :],
    "an empty archive": lambda data: b"PK\x05\x06" + bytes(18),
    "a list": lambda data: packed([]),
    "an empty head": lambda data: packed({}),
    "another format": lambda data: packed({"format": 0}),
    "half a head": lambda data: packed({"format": 1, "number": 1}),
    "forms that are none": lambda data: packed({"format": 1, "number": 1, "ground": "", "forms": [{}]}),
    "no clinic": lambda data: packed({"format": 1, "number": 1, "ground": "", "forms": []}),
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_edition_is_bad_input(built: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "damaged.edition"
    path.write_bytes(damage(built.read_bytes()))
    before = path.read_bytes()

    for words in (
        ("make", *ORDERS["new"], "-o", tmp_path / "p.pdf", "--edition", path),
        ("edition", "list", path),
        ("edition", "approve", "all", "--edition", path, *APPROVER),
        ("edition", "build", "--out", path, "--drug", "ocrelizumab"),
    ):
        assert str(path) in refused(3, *words)
    assert path.read_bytes() == before
    assert not (tmp_path / "p.pdf").exists()


@pytest.mark.parametrize("name", ["missing.edition", "."])
def test_an_edition_that_is_not_there(tmp_path: Path, name: str) -> None:
    refused(3, "make", *ORDERS["new"], "-o", tmp_path / "p.pdf", "--edition", tmp_path / name)


@pytest.fixture(scope="session")
def usual(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("usual") / "p.pdf"
    made("make", *ORDERS["new"], "-o", out, "--edition", built)
    return out


def where(path: Path, place: str) -> tuple[int, int]:
    """Return where a part of the archive begins, and how long it is."""
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        items = {item.filename: item for item in archive.infolist()}
        parts = {
            "form": f"parts/{part_of(path, form_of_order('dexamethasone', 'en', Treatment(MONDAY, days=5)))}.part",
            "head": "edition.json",
        }
        if place in parts:
            return items[parts[place]].header_offset, items[parts[place]].compress_size
        return (archive.start_dir, size - archive.start_dir) if place == "directory" else (0, size)


@pytest.mark.parametrize("place", ["form", "head", "directory", "anywhere"])
@given(part=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
@calm
def test_an_edition_with_a_damaged_byte_prints_what_was_approved_or_nothing(
    built: Path, usual: Path, tmp_path_factory: pytest.TempPathFactory, place: str, part: float, flip: int
) -> None:
    start, size = where(built, place)
    content = bytearray(built.read_bytes())
    content[start + int(part * size)] ^= flip
    folder = tmp_path_factory.mktemp("damage")
    path, out = folder / "d.edition", folder / "p.pdf"
    path.write_bytes(content)

    finished = run("make", *ORDERS["new"], "-o", out, "--edition", path)

    if finished.code == 0:
        assert out.read_bytes() == usual.read_bytes()
    else:
        assert finished.code in (3, 4, 5) and "hint: " in finished.err
        assert not out.exists()


def test_an_edition_holds_nobody(built: Path) -> None:
    """Not even the one whom its forms were typeset for, nor the days of that one's plan."""
    days = [dt.date(1900, 1, 1), dt.date(2027, 1, 4), dt.date(2027, 1, 5), dt.date(2027, 1, 18)]
    words = [way(day) for day in days for tag in ("en", "es") for way in (LANGUAGES[tag].medium, LANGUAGES[tag].long)]

    for name, data in members(built).items():
        if name.endswith(".form"):
            assert [word for word in [NAME, *words] if told(data, word)] == [], name


# Everyone is served


@pytest.mark.parametrize("drug", FORMULARY.ids())
@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_an_edition_has_a_form_for_every_plan(drug: str, data: st.DataObject) -> None:
    assert outline(drug_of(drug), data.draw(plans(drug))) in outlines(drug)


@functools.cache
def outlines(drug: str) -> set[Outline]:
    """Return the outlines that an edition has forms for."""
    return {outline(drug_of(drug), plan(drug_of(drug), treatment)) for treatment in shapes(drug_of(drug))}
