"""A roster that changed, rows that were corrected, packets that were touched: only what must be made is made."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from batches import COLUMNS, batch, contents, made_files, manifest, packets_in, people, person, roster, stamps
from rosters import as_bundle, as_csv, as_xlsx, fhir_patient, fhir_request, fhir_visit, saved, xlsx_bytes
from test_clinic import write as write_clinic

ROWS = 30


def test_the_same_command_makes_nothing(tmp_path: Path) -> None:
    path, out = roster(tmp_path, people(ROWS)), tmp_path / "out"
    batch(path, out)
    before, had = stamps(out), contents(out)
    said = batch(path, out).err
    assert stamps(out) == before and contents(out) == had
    assert f"{len(before)} of the packets were there already" in said


def test_only_what_changed_is_made(tmp_path: Path) -> None:
    out, rows = tmp_path / "out", [person(at) for at in range(ROWS)]
    batch(roster(tmp_path, rows), out, code=0)
    before, first = stamps(out), made_files(out)
    rows[3] = person(3, start="2026-12-14")
    changed = [person(100), *reversed(rows[:10]), *rows[11:]]  # one more, ten of them moved, row 10 taken out
    said = batch(roster(tmp_path, changed), out, code=0).err
    after, second = stamps(out), made_files(out)

    assert len(second) == len(set(second)) == ROWS
    assert second[11:] == first[11:]
    assert second[1:11] == [*reversed(first[4:10]), second[7], *reversed(first[:3])]
    assert set(second) - set(first) == {second[0], second[7]}
    assert set(first) - set(second) == {first[3], first[10]}
    assert all(after[name] == before[name] for name in first)
    assert "Not in this roster, and left alone: 2 packets" in said
    assert first[3] in said and first[10] in said
    assert f"{ROWS - 2} of the packets were there already" in said
    assert [line["file"] for line in manifest(out, "manifest-1.jsonl")] == first
    batch(roster(tmp_path, changed), out, code=0)
    assert not (out / "manifest-2.jsonl").exists()
    batch(roster(tmp_path, rows), out, code=0)
    assert [line["file"] for line in manifest(out, "manifest-2.jsonl")] == second


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({"ward": "4 North"}, ()),
        ({"packet": "handout", "prescriber": "Sample Prescriber"}, ()),
        ({"packet": "handout"}, ("time_zone",)),
        ({"packet": "handout"}, ("closures",)),
    ],
    ids=["a column that nobody reads", "what no page says", "the clinic's time zone", "a day nobody comes"],
)
def test_what_changes_no_page_makes_no_second_file(
    tmp_path: Path, changes: dict[str, str], options: tuple[str, ...]
) -> None:
    """A packet is known by its form and by what stands in its fields."""
    out, clinic = tmp_path / "out", write_clinic(tmp_path)
    columns, packet = (*COLUMNS, "prescriber", "ward"), changes.get("packet", "consent")
    rows = [person(at, packet=packet) for at in range(3)]
    batch(saved(tmp_path, as_csv(rows, columns)), out, "--clinic", clinic, code=0)
    before = stamps(out)
    text = clinic.read_text(encoding="utf-8")
    edited = {
        "time_zone": text.replace("America/Chicago", "Europe/Madrid"),
        "closures": f"closures = [2027-05-31]\n{text}",
    }
    clinic.write_text(edited[options[0]] if options else text, encoding="utf-8")
    changed = saved(tmp_path, as_csv([{**row, **changes} for row in rows], columns))
    said = batch(changed, out, "--clinic", clinic, code=0).err

    assert stamps(out) == before
    assert "3 of the packets were there already" in said


def test_a_day_that_is_closed_from_now_on_is_said_on_paper(tmp_path: Path) -> None:
    out, clinic = tmp_path / "out", write_clinic(tmp_path)
    path = roster(tmp_path, [person(0, packet="handout")])
    batch(path, out, "--clinic", clinic, code=0)
    first = made_files(out)
    clinic.write_text("closures = [2027-05-24]\n" + clinic.read_text(encoding="utf-8"), encoding="utf-8")
    batch(path, out, "--clinic", clinic, code=0)

    assert made_files(out) != first


def test_many_that_are_left_alone_are_counted(tmp_path: Path) -> None:
    out = tmp_path / "out"
    batch(roster(tmp_path, people(ROWS, refused=ROWS + 1)), out, code=0)
    said = batch(roster(tmp_path, [person(500)]), out, code=0).err
    assert f"left alone: {ROWS} packets" in said and f"and {ROWS - 10} more" in said
    assert len(packets_in(out)) == ROWS + 1


def corrected(path: Path) -> None:
    """Correct the birth dates, and leave everything as it is, the reasons too."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert row["reason"].startswith("dob: is not a date written as YYYY-MM-DD")
        row["dob"] = person(900000 - int(row["mrn"]))["dob"]
    saved(path.parent, "\ufeff" + as_csv(rows, (*COLUMNS, "reason")), path.name)


@pytest.mark.parametrize("moved", [False, True])
def test_refused_rows_are_corrected_and_run(tmp_path: Path, moved: bool) -> None:
    out = tmp_path / "out"
    batch(roster(tmp_path, people(ROWS, refused=5)), out)
    before, first = stamps(out), manifest(out)
    refused = out / "refused.csv"
    again = refused.rename(tmp_path / "again.csv") if moved else refused
    corrected(again)
    said = batch(again, out, code=0).err
    after = stamps(out)

    assert len(after) == ROWS
    assert {name: after[name] for name in before} == before
    assert len(manifest(out)) == ROWS // 5
    assert manifest(out, "manifest-1.jsonl") == first
    assert "Not in this roster, and left alone" in said
    assert refused.exists() is not moved


def test_refused_rows_of_a_workbook_are_run_with_the_same_columns_file(tmp_path: Path) -> None:
    rows = [{**person(at), "dob": dt.date(1980, 1, 2 + at), "start": 46363 + at} for at in range(2)]
    rows[1]["locale"] = ""
    path = saved(tmp_path, as_xlsx(rows, COLUMNS), "roster.xlsx")
    declared = saved(tmp_path, '[dates]\ndob = "M/D/YYYY"\nstart = "serial"\n', "columns.toml")
    batch(path, tmp_path / "out", "--columns", declared)
    with (tmp_path / "out" / "refused.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["dob"], row["start"]) == ("1/3/1980", "2026-12-08")

    again = saved(tmp_path, as_csv([{**row, "locale": "en"}], tuple(row)), "again.csv")
    batch(again, tmp_path / "out", "--columns", declared, code=0)
    assert [found["status"] for found in manifest(tmp_path / "out")] == ["made"]


def test_refused_rows_stay_refused_until_they_are_corrected(tmp_path: Path) -> None:
    out = tmp_path / "out"
    batch(roster(tmp_path, people(ROWS, refused=5)), out)
    refused = out / "refused.csv"
    first = refused.read_bytes()
    batch(refused, out)
    assert refused.read_bytes() == first


def spoiled_by_excel(folder: Path) -> Path:
    """Return a workbook whose record numbers Excel has changed: lost digits, another look, a date, an error."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(COLUMNS)
    for at, mrn in enumerate([1234567890123456789, 123, dt.date(2026, 1, 2), "#N/A", True, 1.5, "=1+1"]):
        sheet.append([mrn if key == "mrn" else person(at)[key] for key in COLUMNS])
    sheet["A3"].number_format = "000-000"
    return saved(folder, xlsx_bytes(workbook), "roster.xlsx")


def with_cells_missing(folder: Path) -> Path:
    """Return a CSV whose rows are a whole order, with a separator too few or too many."""
    text = as_csv([person(0), person(1)], COLUMNS).splitlines()
    return saved(folder, "\n".join([text[0] + ",room", text[1], text[2] + ",7,"]) + "x\n")


def of_somebody_who_died(folder: Path) -> Path:
    patient = {**fhir_patient(), "deceasedBoolean": True}
    return saved(folder, as_bundle(patient, fhir_request(), fhir_visit()), "roster.json")


@pytest.mark.parametrize("spoiled", [spoiled_by_excel, with_cells_missing, of_somebody_who_died])
def test_what_csv_cannot_say_is_refused_again(tmp_path: Path, spoiled: Callable[[Path], Path]) -> None:
    out = tmp_path / "out"
    batch(spoiled(tmp_path), out)
    lines = manifest(out)
    assert {line["status"] for line in lines} == {"refused"}
    for _ in range(2):
        batch(out / "refused.csv", out)
        assert [line["status"] for line in manifest(out)] == [line["status"] for line in lines]
    assert (out / "refused.csv").read_text(encoding="utf-8").count("\ufffd") == len(lines)


def test_refused_rows_go_when_nothing_is_refused(tmp_path: Path) -> None:
    out, rows = tmp_path / "out", people(ROWS)
    batch(roster(tmp_path, rows), out)
    assert (out / "refused.csv").exists()
    batch(roster(tmp_path, [person(at) for at in range(ROWS)]), out, code=0)
    assert not (out / "refused.csv").exists()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _altered(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _another(path: Path) -> None:
    other = next(found for found in packets_in(path.parent) if found != path)
    path.write_bytes(other.read_bytes())


def _linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere")


@pytest.mark.parametrize("hurt", [_cut, _altered, _another, _linked, Path.unlink])
def test_a_packet_that_was_touched_is_made_again(tmp_path: Path, hurt: Callable[[Path], None]) -> None:
    path, out = roster(tmp_path, people(ROWS)), tmp_path / "out"
    batch(path, out)
    had, before = contents(out), stamps(out)
    victim = made_files(out)[7]
    hurt(out / victim)
    said = batch(path, out).err
    assert contents(out) == had
    assert {name: stamp for name, stamp in stamps(out).items() if before[name] != stamp}.keys() <= {victim}
    assert f"{len(before) - 1} of the packets were there already" in said
    assert not (out / victim).is_symlink()


def test_other_file_names_are_other_files(tmp_path: Path) -> None:
    path, out = roster(tmp_path, people(ROWS)), tmp_path / "out"
    batch(path, out)
    first = made_files(out)
    batch(path, out, "--names", "{drug}-{row:03}")
    assert not set(first) & set(made_files(out))
    assert made_files(out)[0].startswith("ocrelizumab-002-")
    batch(path, out)
    assert made_files(out) == first


def test_half_a_character_is_kept_and_refused_again(tmp_path: Path) -> None:
    """JSON can say it; no text file can hold it."""
    out = tmp_path / "out"
    rows = [person(0), person(1, name="Sample \ud800"), person(2, mrn="\udfff7"), person(3, name="Žluťoučký Sample")]
    path = saved(tmp_path, "\n".join(map(json.dumps, rows)), "roster.jsonl")
    batch(path, out)
    assert [line["status"] for line in manifest(out)] == ["made", "refused", "refused", "made"]
    batch(path, out)
    assert not (out / "manifest-1.jsonl").exists()
    again = (out / "refused.csv").rename(tmp_path / "again.csv")
    batch(again, tmp_path / "out2")
    assert [line["status"] for line in manifest(tmp_path / "out2")] == ["refused", "refused"]


def test_a_roster_may_have_a_column_that_is_called_reason(tmp_path: Path) -> None:
    rows = [{**person(1), "Reason": "relapse"}, {**person(2, dob="x"), "Reason": "first"}]
    out = tmp_path / "out"
    batch(saved(tmp_path, as_csv(rows, (*COLUMNS, "Reason"))), out)
    refused_rows = (out / "refused.csv").read_text(encoding="utf-8-sig")
    (row,) = csv.DictReader(refused_rows.splitlines())
    again = batch(saved(tmp_path, refused_rows, "refused.csv"), out).err

    assert row["Reason"] == "first" and row["reason of refusal"].startswith("dob: ")
    assert "the same heading" not in again and "'Reason' is not known" in again


def test_a_name_in_the_column_of_the_drug_is_told_nowhere(tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = batch(roster(tmp_path, [person(1, drug="Sample Somebody"), person(2, drug="ocrelizumap")]), out)
    first, second = manifest(out)

    assert "Somebody" not in said.err + said.text + str(first)
    assert first["drug"] == second["drug"] == ""
    assert "did you mean ocrelizumab?" in said.err + (out / "refused.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("which", ["roster.csv", "out/refused.csv", "out/manifest.jsonl"])
def test_a_print_run_takes_the_place_of_nothing_else(tmp_path: Path, which: str) -> None:
    path = roster(tmp_path, people(2, refused=5))
    before = path.read_bytes()
    said = batch(path, tmp_path / "out", "--print-run", tmp_path / which, code=2).err

    assert "--print-run: would take the place of another file" in said
    assert path.read_bytes() == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["rituximab", "ofatumumab", "vedolizumab", "prednisolone"])
def test_another_medicine_is_no_slip_of_ours(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    batch(roster(tmp_path, [person(1, drug=name)]), out)
    assert "did you mean" not in (out / "refused.csv").read_text(encoding="utf-8-sig")


def test_a_column_that_nobody_reads_is_no_formula_in_the_refused_rows(tmp_path: Path) -> None:
    rows = [{**person(1, dob="x"), "note": '=HYPERLINK("http://example.org";"x")', "phone": "+1 555 0100"}]
    out = tmp_path / "out"
    batch(saved(tmp_path, as_csv(rows, (*COLUMNS, "note", "phone"))), out)
    (row,) = csv.DictReader((out / "refused.csv").read_text(encoding="utf-8-sig").splitlines())

    assert (row["note"][:2], row["phone"]) == ("'=", "+1 555 0100")
