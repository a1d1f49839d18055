"""The command line: what it says, which code it leaves with, and what it never does."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pikepdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from paper import whole_text
from running import DOB, MRN, NAME, PATIENT, PROGRAM, START, made, refused, run, run_outside

from handouts.commands import COMMANDS, cli
from handouts.commands import settings as command_settings
from handouts.content.facts import facts
from handouts.content.formulary import open_formulary
from handouts.resources import drug_folder

FORMULARY = open_formulary(drug_folder())
MAKE = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "consent")
CLINIC = """
name = "Test Clinic on the Hill"
address = ["1 Road"]
paper = "a4"
locale = "en"
time_zone = "America/Chicago"
{more}
[phones]
desk = "555-0111"
after_hours = "555-0122"
emergency = "112"
"""


def clinic_file(folder: Path, more: str = "") -> Path:
    path = folder / "clinic.toml"
    path.write_text(CLINIC.format(more=more), encoding="utf-8")
    return path


def patient_file(folder: Path, **changes: object) -> Path:
    path = folder / "patient.json"
    path.write_text(json.dumps({"name": NAME, "dob": DOB, "mrn": MRN, "start": START, **changes}), encoding="utf-8")
    return path


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands())
each_command = pytest.mark.parametrize("words", ALL, ids=" ".join)


# Help


@each_command
def test_every_command_says_what_it_does(words: tuple[str, ...]) -> None:
    said = made(*words, "--help").text
    first = (ALL[words].help or "").strip().splitlines()

    assert first and first[0].endswith((".", ":"))
    assert first[0].split(".")[0].split(":")[0] in " ".join(said.split())
    assert said.startswith("Usage: ")


@each_command
def test_every_option_is_explained(words: tuple[str, ...]) -> None:
    options = [item for item in ALL[words].params if isinstance(item, click.Option) and not item.hidden]

    assert [option.opts[-1] for option in options if not option.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_program_s_help_names_every_command(name: str) -> None:
    said = made("--help").text

    assert f"\n  {name}" in said
    assert COMMANDS[name][1] in " ".join(said.split())


@pytest.mark.parametrize(
    "words", [(), *((name,) for name in COMMANDS)], ids=lambda words: " ".join(words) or "handouts"
)
def test_help_needs_no_heavy_library(words: tuple[str, ...]) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(PROGRAM.parent)!r})
sys.argv = {["handouts", *words, "--help"]!r}
from handouts.commands import main
try:
    main()
finally:
    print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    heavy = {
        "pydantic",
        "weasyprint",
        "jinja2",
        "babel",
        "reportlab",
        "pikepdf",
        "fontTools",
        "holidays",
        "icalendar",
        "openpyxl",
        "ijson",
    }
    assert "handouts.commands" in done.stdout.split()
    assert heavy & set(done.stdout.split()) == set()


def test_the_version() -> None:
    assert made("--version").text.startswith("handouts, version ")


# What is refused, and how


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(("--dob", "1980-02-30"), ("dob", "the month does not have that day"), id="impossible-birth"),
        pytest.param(
            ("--start", "2026-02-30"), ("start", "there is no day 30 in February 2026"), id="impossible-start"
        ),
        pytest.param(("--start", "2026-13-01"), ("start", "there is no month 13"), id="impossible-month"),
        pytest.param(("--start", "03/04/2026"), ("start", "ambiguous", "2026-03-04 or 2026-04-03"), id="ambiguous"),
        pytest.param(("--dob", "03/04/1980"), ("dob", "order of day and month"), id="ambiguous-birth"),
        pytest.param(("--dob", "3.4.80"), ("dob", "year of two digits"), id="short-year"),
        pytest.param(("--dob", "2999-01-01"), ("dob", "in the future"), id="birth-in-the-future"),
        pytest.param(("--start", "1970-01-01"), ("start", "before the date of birth"), id="start-before-birth"),
        pytest.param(("--name", f"{NAME}\u202e"), ("name", "U+202E", "direction of text"), id="bidi-override"),
        pytest.param(("--name", f"\u2066{NAME}\u2069"), ("name", "U+2066", "U+2069"), id="bidi-isolate"),
        pytest.param(("--mrn", "12\u200f3"), ("mrn", "U+200F"), id="bidi-mark-in-a-number"),
        pytest.param(("--name", "Sample\x00Patient"), ("name", "U+0000"), id="control"),
        pytest.param(("--name", "Sample\nPatient"), ("name", "a line break"), id="line-break"),
        pytest.param(("--name", "x" * 121), ("name", "longer than 120"), id="too-long"),
        pytest.param(("--packet", "everything"), ("packet", "known packets: consent, handout, intake"), id="packet"),
        pytest.param(("--with", "es"), ("with", "not available yet"), id="bilingual"),
        pytest.param(("--days", "5"), ("days", "fixes the number of days"), id="days"),
        pytest.param(("--done", "2"), ("last",), id="done-without-last"),
    ],
)
def test_a_wrong_order_is_refused_by_name(tmp_path: Path, options: tuple[str, ...], words: tuple[str, ...]) -> None:
    said = refused(3, *MAKE, *options, "-o", tmp_path / "packet.pdf")

    assert f"error: {words[0]}: " in said
    for word in words:
        assert word in said
    assert list(tmp_path.iterdir()) == []


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    wrong = ("--dob", "1980-02-30", "--start", "03/04/2026", "--mrn", "1\u202e2", "--name", "Sample\tPatient")
    said = refused(3, *MAKE, *wrong, "-o", tmp_path / "packet.pdf")

    for key in ("name", "dob", "mrn", "start"):
        assert f"error: {key}: " in said
    assert "1980" not in said, "a date of birth is not repeated"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("ocrelizumb", "did you mean ocrelizumab?"),
        ("NATALIZUMAD", "did you mean natalizumab?"),
        ("water", "known drugs: alemtuzumab, dexamethasone, "),
    ],
)
def test_an_unknown_drug_is_told_the_nearest(tmp_path: Path, typed: str, hint: str) -> None:
    for said in (
        refused(3, "make", typed, *PATIENT, "--start", START, "-o", tmp_path / "packet.pdf"),
        refused(3, "schedule", typed, "--start", START),
        refused(3, "drugs", "show", typed),
    ):
        assert f"no drug is called {typed!r}" in said
        assert hint in said


def test_a_drug_is_known_by_its_brand_too() -> None:
    for name in FORMULARY.ids():
        for brand in FORMULARY.drug(name).names.brands:
            assert made("drugs", "show", brand.upper()).out == made("drugs", "show", name).out


def test_an_unknown_locale_is_a_matter_of_language(tmp_path: Path) -> None:
    said = refused(4, *MAKE, "--locale", "tlh", "-o", tmp_path / "packet.pdf")

    assert "there is no translation for 'tlh'" in said
    assert "available: " in said
    assert "en-XA: XA is not a country" in refused(3, *MAKE, "--locale", "en_XA", "-o", tmp_path / "packet.pdf")
    assert "Traditional Chinese" in refused(4, *MAKE, "--locale", "zh_TW", "-o", tmp_path / "packet.pdf")
    assert "write vi" in refused(3, *MAKE, "--locale", "Vietnamese", "-o", tmp_path / "packet.pdf")
    assert refused(3, *MAKE, "--locale", "not a tag", "-o", tmp_path / "packet.pdf")


def test_a_name_that_no_font_has_is_a_matter_of_layout(tmp_path: Path) -> None:
    said = refused(5, *MAKE, "--name", f"{NAME} ꆈ", "-o", tmp_path / "packet.pdf")

    assert "U+A188" in said
    assert "name" in said
    assert list(tmp_path.iterdir()) == []


def test_what_no_font_has_is_found_in_every_field(tmp_path: Path) -> None:
    for option, key in (("--mrn", "mrn"), ("--prescriber", "prescriber"), ("--interpreter", "interpreter")):
        said = refused(5, *MAKE, option, "12ꆈ", "-o", tmp_path / "packet.pdf")
        assert key in said


@pytest.mark.parametrize("target", ["missing/packet.pdf", "file/packet.pdf", "folder"])
def test_what_cannot_be_written_is_a_matter_of_output(tmp_path: Path, target: str) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))

    said = refused(6, *MAKE, "-o", tmp_path / target)

    assert str(tmp_path / target) in said
    assert "cannot be written" in said
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_bytes() == b"kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    assert "Permission denied" in refused(6, *MAKE, "-o", tmp_path / "packet.pdf")
    assert "Permission denied" in refused(6, "demo", "--out", tmp_path / "demo")


def test_a_demo_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert "cannot be made" in refused(6, "demo", "--out", tmp_path / "file" / "demo")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_a_matter_of_output_on_standard_output_too() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, str(PROGRAM), *MAKE, "-o", "-"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert "Traceback" not in done.stderr
    assert (done.returncode, NAME in done.stderr) == (6, False)


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), *MAKE, "-o", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        said = process.stderr.read().decode()
        code = process.wait()

    assert "Traceback" not in said
    assert code != 0


def test_a_missing_logo(tmp_path: Path) -> None:
    path = clinic_file(tmp_path, 'logo = "logo.svg"')
    for words in (("--clinic", path, *MAKE, "-o", tmp_path / "packet.pdf"), ("clinic", "check", path)):
        finished = run(*words)
        assert finished.code == 3
        assert f"error: {path}:logo: there is no file logo.svg beside the clinic file" in finished.err
        assert NAME not in finished.err


def test_a_missing_clinic_file_or_formulary(tmp_path: Path) -> None:
    assert "there is no such file" in refused(3, "--clinic", tmp_path / "no.toml", *MAKE, "-o", tmp_path / "p.pdf")
    assert "there is no such folder" in refused(3, "--formulary", tmp_path / "no", *MAKE, "-o", tmp_path / "p.pdf")


def test_a_clinic_line_without_a_text_in_the_page_s_language(tmp_path: Path) -> None:
    path = clinic_file(tmp_path, 'bring = [{ es = "Traiga un suéter." }]')
    order = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "handout")
    said = refused(4, "--clinic", path, *order, "-o", tmp_path / "packet.pdf")

    assert "bring[0]" in said
    assert "en" in said


# What is missing


def test_missing_options_are_named_away_from_a_terminal(tmp_path: Path) -> None:
    said = refused(2, "make", "ocrelizumab", "-o", tmp_path / "packet.pdf")

    for key in ("name", "dob", "mrn", "start"):
        assert f"error: {key}: is missing" in said
        assert f"--{key}" in said


def test_a_missing_output_drug_or_command_is_a_matter_of_usage() -> None:
    for words in (
        ("make", "ocrelizumab"),
        ("make",),
        ("schedule",),
        ("nothing",),
        ("make", "--nonsense"),
        ("drugs", "check"),
    ):
        finished = run(*words)
        assert (finished.code, finished.out) == (2, b"")
        assert "Usage: " in finished.err
    assert refused(2, "schedule", "ocrelizumab")


def test_days_are_asked_for_and_never_guessed(tmp_path: Path) -> None:
    for name in FORMULARY.ids():
        drug = FORMULARY.drug(name)
        order = ("make", name, *PATIENT, "--start", START, "-o", tmp_path / "packet.pdf")
        if drug.fewest_days:
            assert "days: is missing" in refused(2, *order)
            assert "days" in refused(3, *order, "--days", "99")


def test_on_a_terminal_what_is_missing_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_settings, "on_a_terminal", lambda: True)
    out = tmp_path / "packet.pdf"
    finished = made("make", "ocrelizumab", "--packet", "consent", "-o", out, stdin=f"{NAME}\n{DOB}\n{MRN}\n{START}\n")

    assert finished.out == b"", "questions go to stderr"
    for question in ("name", "date of birth (YYYY-MM-DD)", "record number", "day of the first infusion"):
        assert question in finished.err
    assert NAME in whole_text(out)


def test_a_question_without_an_answer_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_settings, "on_a_terminal", lambda: True)
    finished = run("make", "ocrelizumab", "-o", tmp_path / "packet.pdf", stdin="")

    assert finished.code == 2
    assert "Nothing was made" in finished.err
    assert list(tmp_path.iterdir()) == []


# The patient in a file


def test_a_patient_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    path = patient_file(tmp_path, locale="en", done="", days=None)
    order = ("make", "ocrelizumab", "--packet", "consent")
    made(*order, "--patient", path, "-o", tmp_path / "1.pdf")
    made(*order, "--patient", "-", "-o", tmp_path / "2.pdf", stdin=path.read_bytes())
    made(*order, *PATIENT, "--start", START, "-o", tmp_path / "3.pdf")
    marked = tmp_path / "marked.json"
    marked.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    made(*order, "--patient", marked, "-o", tmp_path / "4.pdf")

    assert NAME in whole_text(tmp_path / "1.pdf")
    assert len({(tmp_path / f"{number}.pdf").read_bytes() for number in (1, 2, 3, 4)}) == 1


def test_the_same_key_twice_with_the_same_value_is_fine(tmp_path: Path) -> None:
    order = ("make", "ocrelizumab", "--packet", "consent", "--patient", patient_file(tmp_path, drug="ocrelizumab"))
    made(*order, "--start", START, "-o", tmp_path / "packet.pdf")


@pytest.mark.parametrize(
    ("changes", "options", "key"),
    [
        ({}, ("--name", "Another Sample"), "name"),
        ({}, ("--start", "2026-12-08"), "start"),
        ({"drug": "natalizumab"}, (), "drug"),
        ({"size": "large"}, ("--size", "standard"), "size"),
    ],
)
def test_the_same_key_twice_with_two_values(
    tmp_path: Path, changes: dict[str, str], options: tuple[str, ...], key: str
) -> None:
    path = patient_file(tmp_path, **changes)
    said = refused(3, "make", "ocrelizumab", "--patient", path, *options, "-o", tmp_path / "packet.pdf")

    assert f"error: {key}: is given twice" in said
    assert "Another Sample" not in said
    assert [found.name for found in tmp_path.iterdir()] == ["patient.json"]


def test_the_same_key_twice_in_one_file(tmp_path: Path) -> None:
    twice = f'{{"name": "{NAME}", "name": "Another Sample", "dob": "{DOB}", "mrn": "1", "start": "{START}"}}'
    said = refused(3, "make", "ocrelizumab", "--patient", "-", "-o", tmp_path / "packet.pdf", stdin=twice)

    assert "name" in said
    assert "Another Sample" not in said


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b'{"name": "' + NAME.encode(), "not valid JSON at line 1"),
        (b"", "not valid JSON"),
        (b"[]", "not one JSON object"),
        (b'"text"', "not one JSON object"),
        (b'{"name": "\xff"}', "not valid JSON"),
        (b"[" * 100_000, "JSON"),
        (b'{"name": ["Sample Patient"], "dob": 19800102, "mrn": 1.5, "start": true}', "must be text"),
        (b'{"nmae": "Sample Patient", "name": "Sample Patient", "dob": "x", "mrn": "1", "start": "x"}', "mean name?"),
    ],
    ids=["cut", "empty", "list", "string", "latin-1", "deep", "types", "unknown-key"],
)
@pytest.mark.parametrize("how", ["file", "stdin"])
def test_bad_json_is_refused_without_repeating_it(tmp_path: Path, text: bytes, word: str, how: str) -> None:
    path = tmp_path / "patient.json"
    path.write_bytes(text)
    order = ("make", "ocrelizumab", "-o", tmp_path / "packet.pdf", "--patient")
    said = refused(3, *order, path) if how == "file" else refused(3, *order, "-", stdin=text)

    assert word in said
    assert "19800102" not in said


def test_a_patient_file_that_is_not_there_or_not_enough(tmp_path: Path) -> None:
    order = ("make", "ocrelizumab", "-o", tmp_path / "packet.pdf", "--patient")

    assert "cannot be read" in refused(3, *order, tmp_path / "missing.json")
    assert "cannot be read" in refused(3, *order, tmp_path)
    assert "mrn: is missing" in refused(3, *order, patient_file(tmp_path, mrn=""))


# What is written


def test_a_packet_is_for_its_owner_only_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "packet.pdf"
    out.write_bytes(b"an older packet")
    out.chmod(0o644)
    finished = made(*MAKE, "-o", out)

    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [out]
    assert finished.out == b""
    assert NAME not in finished.err and MRN not in finished.err
    with pikepdf.open(out) as pdf:
        assert f"{len(pdf.pages)} pages" in finished.err


def test_a_packet_on_standard_output_is_nothing_but_the_packet(tmp_path: Path) -> None:
    made(*MAKE, "-o", tmp_path / "packet.pdf")
    inside, outside = made(*MAKE, "-o", "-"), run_outside(*MAKE, "-o", "-", cwd=tmp_path)

    assert outside.code == 0
    assert inside.out == outside.out == (tmp_path / "packet.pdf").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["packet.pdf"]


def test_a_refused_packet_leaves_an_older_one_alone(tmp_path: Path) -> None:
    out = tmp_path / "packet.pdf"
    out.write_bytes(b"an older packet")
    refused(5, *MAKE, "--name", "ꆈ", "-o", out)

    assert out.read_bytes() == b"an older packet"
    assert list(tmp_path.iterdir()) == [out]


def test_a_failure_is_words_in_a_process_of_its_own_too(tmp_path: Path) -> None:
    for code, options in (
        (3, ("--start", "1")),
        (4, ("--locale", "xx")),
        (5, ("--name", "ꆈ")),
        (6, ("-o", "no/where")),
    ):
        done = run_outside(*MAKE, "-o", tmp_path / "packet.pdf", *options, cwd=tmp_path)
        assert (done.code, done.out) == (code, b"")
        assert done.err.startswith("error: ")
        assert "\x1b" not in done.err, "colour only on a terminal"
        assert NAME not in done.err


# Schedules


def plan(*words: str) -> list[dict[str, object]]:
    found = json.loads(made("schedule", *words, "--json").out)
    assert found["drug"] == words[0]
    assert {"kind", "date", "dose", "minutes", "observe_minutes", "label"} <= set.intersection(
        *map(set, found["visits"])
    )
    visits: list[dict[str, object]] = found["visits"]
    return visits


@pytest.mark.parametrize(
    ("drug", "start", "infusions"),
    [
        ("ocrelizumab", "2026-12-01", [("300 mg", "2026-12-01"), ("300 mg", "2026-12-15"), ("600 mg", "2027-05-18")]),
        ("natalizumab", "2028-02-01", [("300 mg", "2028-02-01"), ("300 mg", "2028-02-29"), ("300 mg", "2028-03-28")]),
        (
            "mitoxantrone",
            "2027-11-30",
            [("12 mg/m²", "2027-11-30"), ("12 mg/m²", "2028-02-29"), ("12 mg/m²", "2028-05-30")],
        ),
    ],
)
def test_the_schedules_of_the_issue(drug: str, start: str, infusions: list[tuple[str, str]]) -> None:
    visits = plan(drug, "--start", start)
    found = [(visit["dose"], visit["date"]) for visit in visits if visit["kind"] == "infusion"]

    assert found[: len(infusions)] == infusions
    assert [visit["date"] for visit in visits] == sorted(str(visit["date"]) for visit in visits)
    assert visits[0]["label"]


def test_the_watching_after_an_infusion_ends_where_the_clinic_decides() -> None:
    visits = plan("natalizumab", "--done", "10", "--last", "2026-11-03")
    watched = [visit["observe_minutes"] for visit in visits if visit["kind"] == "infusion"]

    assert watched[:3] == [60, 60, None]


def test_the_lifetime_limit_refuses_a_twelfth_dose(tmp_path: Path) -> None:
    last = ("--done", "11", "--last", "2026-08-01")
    for said in (
        refused(3, "schedule", "mitoxantrone", *last, "--json"),
        refused(3, "schedule", "mitoxantrone", *last, "--ics", tmp_path / "plan.ics"),
        refused(3, "make", "mitoxantrone", *PATIENT, *last, "-o", tmp_path / "packet.pdf"),
    ):
        assert "lifetime limit of 140 mg/m²" in said
        assert "144 mg/m²" in said
    assert list(tmp_path.iterdir()) == []
    (final,) = plan("mitoxantrone", "--done", "10", "--last", "2026-09-01")
    assert final["dose"] == "12 mg/m²"


@pytest.mark.parametrize("name", FORMULARY.ids())
def test_a_schedule_as_a_calendar_says_the_same_days(tmp_path: Path, name: str) -> None:
    drug = FORMULARY.drug(name)
    options = (name, "--start", START, *(("--days", str(drug.fewest_days)) if drug.fewest_days else ()))
    out = tmp_path / "plan.ics"
    finished = made("schedule", *options, "--ics", out)
    text = out.read_bytes()
    events = Calendar.from_ical(text).walk("VEVENT")
    visits = plan(*options)

    assert finished.out == b""
    assert [event.decoded("dtstart").isoformat() for event in events] == [visit["date"] for visit in visits]
    assert len({str(event["uid"]) for event in events}) == len(visits)
    for word in (name, *drug.names.brands, "sclerosis"):
        assert word.encode().lower() not in text.lower()
    assert not any("MS" in str(event["summary"]).split() for event in events)
    named = made("schedule", *options, "--ics", "-", "--name-drug").text
    assert drug.names.generic in named
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_schedule_in_words_is_lines_of_tabs_away_from_a_terminal() -> None:
    head, first, *_ = made("schedule", "ocrelizumab", "--start", "2026-12-29").text.splitlines()

    assert head.split("\t")[:3] == ["date", "visit", "dose"]
    assert {"vaccination", "infusion"} >= {first.split("\t")[1]}


TYPED = st.one_of(
    st.text(max_size=12),
    st.from_regex(r"[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}", fullmatch=True),
    st.dates().map(str),
    st.integers(-5, 20_000).map(str),
)


@given(
    drug=st.sampled_from(FORMULARY.ids()),
    options=st.dictionaries(st.sampled_from(["start", "done", "last", "days", "dose"]), TYPED),
)
@example(drug="ocrelizumab", options={"start": "9999-12-31"})
@example(drug="ocrelizumab", options={"start": "0001-01-01"})
@example(drug="mitoxantrone", options={"done": "9999", "last": "9999-12-31"})
@example(drug="alemtuzumab", options={"start": "\udc80"})
@settings(deadline=None, max_examples=60)
def test_whatever_is_typed_a_schedule_is_made_or_refused(drug: str, options: dict[str, str]) -> None:
    words = [f"--{key}={value}" for key, value in options.items()]
    finished = run("schedule", drug, "--json", *words)

    assert finished.code in (0, 2, 3)
    assert (finished.code == 0) == bool(finished.out)
    if finished.code == 0:
        dates = [dt.date.fromisoformat(visit["date"]) for visit in json.loads(finished.out)["visits"]]
        assert dates == sorted(dates)
    else:
        assert "error: " in finished.err or "Error: " in finished.err


@given(
    values=st.dictionaries(
        st.sampled_from(["dob", "mrn", "start", "sex", "size", "paper", "locale"]), TYPED, min_size=1
    )
)
@settings(deadline=None, max_examples=60)
def test_whatever_is_typed_nothing_of_the_patient_is_repeated(values: dict[str, str]) -> None:
    data = {"name": NAME, "dob": "1980-02-31", "mrn": "", "start": START, **values, "packet": "no packet"}
    finished = run("make", "ocrelizumab", "-o", "/nowhere/packet.pdf", "--patient", "-", stdin=json.dumps(data))

    assert finished.code == 3
    assert NAME not in finished.err
    assert finished.out == b""


# Drugs


@pytest.mark.parametrize("name", FORMULARY.ids())
def test_every_fact_is_shown_with_its_source(name: str) -> None:
    drug = FORMULARY.drug(name)
    shown = json.loads(made("drugs", "show", name, "--json").out)
    found = list(sourced(shown))
    words = made("drugs", "show", name).text

    assert len(found) == len(list(facts(drug)))
    for fact in found:
        assert set(fact["source"]) <= set(shown["sources"])
        assert fact["source"]
        assert dt.date.fromisoformat(fact["as_of"])
    assert shown["class"]["words"] == drug.drug_class.words
    assert words.count("UNVERIFIED: not printed") == sum(not fact.verified for _, fact in facts(drug))
    for source in drug.sources.values():
        assert f"    {source} (as of " in words


def sourced(node: object) -> Iterator[dict[str, str]]:
    """Yield every table of a drug's JSON that is a fact."""
    if isinstance(node, dict):
        if "source" in node or "verified" in node:
            yield node
        for value in node.values():
            yield from sourced(value)
    elif isinstance(node, list):
        for value in node:
            yield from sourced(value)


def test_the_list_of_drugs() -> None:
    listed = json.loads(made("drugs", "list", "--json").out)

    assert [drug["id"] for drug in listed] == FORMULARY.ids()
    assert len(listed) == 7
    assert [line.split("\t")[0] for line in made("drugs", "list").text.splitlines()] == ["drug", *FORMULARY.ids()]


def test_every_shipped_drug_file_passes_its_own_check() -> None:
    assert "no problems" in made("drugs", "check", *FORMULARY.files.values()).err
    assert json.loads(made("drugs", "check", "--json", *FORMULARY.files.values()).out) == {"problems": []}


def test_the_schema_accepts_every_shipped_drug_file() -> None:
    schema = json.loads(made("drugs", "schema").out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"class", "regimen", "emergency"} <= set(schema["properties"])
    for name, path in FORMULARY.files.items():
        data = json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str))
        assert list(mismatches(schema, schema, data, name)) == []


def test_the_schema_refuses_what_the_check_refuses() -> None:
    schema = json.loads(made("drugs", "schema").out)
    path = FORMULARY.path("ocrelizumab")
    data = json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str))
    data["regimen"]["plan_infusion"] = data["regimen"].pop("plan_infusions")
    data["names"]["brands"] = "Ocrevus"
    del data["emergency"]
    found = " ".join(mismatches(schema, schema, data, ""))

    for key in (".regimen.plan_infusion ", ".regimen.plan_infusions ", ".names.brands ", ".emergency "):
        assert key in found + " "


TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": int | float,
    "array": list,
    "object": dict,
    "null": type(None),
}


def mismatches(root: dict, schema: dict, value: object, where: str) -> Iterator[str]:
    """Yield what does not fit, by the part of JSON Schema (2020-12) that says which keys and types there are."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if choices := schema.get("anyOf"):
        if all(any(mismatches(root, choice, value, where)) for choice in choices):
            yield f"{where} fits none of the choices"
        return
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield f"{where} is not of the type {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is not one of {schema['enum']}"
    if isinstance(value, list):
        items = [*schema.get("prefixItems", []), *[schema.get("items", {})] * len(value)]
        for index, (part, item) in enumerate(zip(value, items, strict=False)):
            yield from mismatches(root, item, part, f"{where}[{index}]")
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{where} has {len(value)} items"
    if isinstance(value, dict):
        known = schema.get("properties", {})
        yield from (f"{where}.{key} is missing" for key in schema.get("required", []) if key not in value)
        if schema.get("additionalProperties") is False:
            yield from (f"{where}.{key} is not known" for key in value if key not in known)
        for key in value.keys() & known.keys():
            yield from mismatches(root, known[key], value[key], f"{where}.{key}")


# The clinic


def test_a_new_clinic_file_passes_its_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clinic.toml"
    made("clinic", "init", path)

    assert "no problems" in made("clinic", "check", path).err
    assert json.loads(made("clinic", "check", path, "--json").out) == {"problems": []}
    written = path.read_bytes()
    assert "is there already" in refused(6, "clinic", "init", path)
    assert path.read_bytes() == written
    assert made("clinic", "init", "-").out == written
    assert list(tmp_path.iterdir()) == [path]


def test_a_broken_clinic_file_says_every_problem(tmp_path: Path) -> None:
    path = clinic_file(tmp_path, 'colour = "red"\naccent = "#ffff00"\nlogo = "no.png"')
    said = refused(3, "clinic", "check", path)
    as_json = run("clinic", "check", path, "--json")

    for key in ("colour", "accent", "logo"):
        assert f"{path}:{key}: " in said
    assert as_json.code == 3
    assert len(json.loads(as_json.out)["problems"]) == 3


def test_the_clinic_may_be_named_before_and_after_the_command_and_by_the_environment(tmp_path: Path) -> None:
    path = clinic_file(tmp_path)
    other = tmp_path / "other" / "clinic.toml"
    other.parent.mkdir()
    other.write_text(CLINIC.format(more="").replace("on the Hill", "in the Valley"), encoding="utf-8")
    out = tmp_path / "packet.pdf"
    order = (*MAKE, "-o", out)
    env = {"HANDOUTS_CLINIC": str(path)}

    def clinic_on_page(*words: object, **world: object) -> str:
        made(*words, **world)
        with pikepdf.open(out) as pdf:
            paper = round(float(pdf.pages[0].mediabox[3]))
        page = read(out)
        assert paper == (792 if "Sample Infusion Center" in page else 842)
        return next(name for name in ("Sample Infusion Center", "on the Hill", "in the Valley") if name in page)

    assert clinic_on_page(*order) == "Sample Infusion Center"
    assert clinic_on_page("--clinic", path, *order) == "on the Hill"
    assert clinic_on_page(*order, "--clinic", path) == "on the Hill"
    assert clinic_on_page(*order, env=env) == "on the Hill"
    assert clinic_on_page("--clinic", other, *order, env=env) == "in the Valley"
    assert clinic_on_page(*order, "--clinic", other, env=env) == "in the Valley"
    assert clinic_on_page("--clinic", path, *order, "--clinic", other) == "in the Valley"


def read(path: Path) -> str:
    """Return the words of a file that changes under its name."""
    return subprocess.run(["pdftotext", "-raw", str(path), "-"], capture_output=True, text=True, check=True).stdout


def test_only_the_sample_clinic_says_sample(tmp_path: Path) -> None:
    made(*MAKE, "-o", tmp_path / "sample.pdf")
    made(*MAKE, "--clinic", clinic_file(tmp_path), "-o", tmp_path / "real.pdf")

    assert "SAMPLE" in read(tmp_path / "sample.pdf")
    assert "SAMPLE" not in read(tmp_path / "real.pdf")
    assert "DRAFT" in read(tmp_path / "real.pdf")


def test_a_course_that_meets_a_closed_day_is_refused_with_the_nearest_start(tmp_path: Path) -> None:
    path = clinic_file(tmp_path, 'closed_weekdays = ["saturday", "sunday"]')
    saturday = ("schedule", "alemtuzumab", "--start", "2026-12-05", "--clinic", path)
    said = refused(3, *saturday)

    assert "start" in said
    assert "2026-12-07" in said


def test_the_doctor_finds_everything_in_order() -> None:
    said = made("doctor").text

    assert "NOT" not in said
    for word in ("handouts", "weasyprint", "Pango", "fonts:", "language es: complete", *FORMULARY.ids()):
        assert word in said


def test_the_doctor_says_what_is_not_in_order(tmp_path: Path) -> None:
    finished = run("doctor", "--clinic", tmp_path / "missing.toml")

    assert finished.code == 5
    assert "NOT  clinic file" in finished.text
    assert "hint: " in finished.err


def test_the_languages_are_listed() -> None:
    listed = {row["locale"]: row for row in json.loads(made("locales", "list", "--json").out)}

    assert {"en", "es"} <= set(listed)
    assert {row["missing"] for row in listed.values()} == {0}
    assert len({row["translated"] for row in listed.values()}) == 1


def test_standard_output_holds_one_thing() -> None:
    refused(2, "schedule", "ocrelizumab", "--start", START, "--json", "--ics", "-")


def test_a_day_to_come_on_which_something_was_given_is_doubted(tmp_path: Path) -> None:
    words = ("ocrelizumab", *PATIENT, "--done", "3", "--last", "2062-06-08", "--packet", "consent")
    assert (
        "warning: last: is the day of an infusion that was given" in made("make", *words, "-o", tmp_path / "p.pdf").err
    )
