"""The clinic file: what it may say, and that everything wrong with it is said at once."""

from __future__ import annotations

import base64
import datetime as dt
import struct
import zlib
from pathlib import Path

import pytest

from handouts.content.clinic import CONTRAST, Clinic, Logo, contrast, read_clinic, sample_clinic, starter
from handouts.errors import InputError, LanguageError, Problem

CLINIC = """
name = "North Infusion"
address = ["1 Road"]
paper = "a4"
locale = "en"
time_zone = "America/Chicago"
{more}
[phones]
desk = "555-0100"
after_hours = "555-0199"
emergency = "911"
{phones}
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'
PIXEL = base64.b64encode(b"\x89PNG").decode()


def png(*, width: int = 1) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * (width + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def write(folder: Path, more: str = "", phones: str = "") -> Path:
    path = folder / "clinic.toml"
    path.write_text(CLINIC.format(more=more, phones=phones), encoding="utf-8")
    return path


def problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read_clinic(path)
    return caught.value.problems


def problem(folder: Path, more: str = "", phones: str = "") -> Problem:
    """Return the only problem of a clinic file."""
    (found,) = problems(write(folder, more, phones))
    return found


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    clinic = read_clinic(write(tmp_path))
    assert (clinic.name, clinic.address, clinic.paper) == ("North Infusion", ("1 Road",), "a4")
    assert clinic.phones.emergency == "911"
    assert clinic.accent == "#0b5560"
    assert not clinic.sample
    assert clinic.logo is None
    assert clinic.lines("bring", "en") == ()
    assert clinic.desk_hours("en") is None


def test_the_starter_is_a_valid_file(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(starter(), encoding="utf-8")
    clinic = read_clinic(path)
    assert clinic.is_closed(dt.date(2026, 12, 25))
    assert clinic.is_closed(dt.date(2026, 11, 22))
    assert not clinic.is_closed(dt.date(2026, 11, 23))


def test_the_examples_in_the_starter_are_valid_too(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(SVG.format(""), encoding="utf-8")
    examples = ("# logo", "# desk_hours", "  # 2026", "  # { en")
    lines = [line.replace("# ", "", 1) if line.startswith(examples) else line for line in starter().splitlines()]
    path = tmp_path / "clinic.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    clinic = read_clinic(path)
    assert clinic.logo
    assert len(clinic.lines("bring", "es")) == len(clinic.lines("driving", "es")) == 1
    assert clinic.closures
    assert clinic.desk_hours("es")


def test_the_starter_names_every_key() -> None:
    named = {line.lstrip("# ").partition(" =")[0] for line in starter().splitlines() if " =" in line}
    assert Clinic.model_fields.keys() - {"sample", "phones"} <= named


def test_the_sample_clinic() -> None:
    clinic = sample_clinic()
    assert clinic.sample
    assert clinic.name == "Sample Infusion Center"
    assert not any(clinic.is_closed(dt.date(2026, 1, 1) + dt.timedelta(days)) for days in range(366))


def test_every_problem_at_once(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(
        'adress = ["1 Road"]\naccent = "#888888"\npaper = "a5"\nlocale = "English"\ntime_zone = "Chicago"\n'
        'country = "XX"\nlogo = "none.svg"\nclosures = ["tomorrow"]\nsample = true\n'
        '[phones]\ndesk = "the desk"\nafter_hours = "1"\n',
        encoding="utf-8",
    )
    keys = {found.where.removeprefix(f"{path}:") for found in problems(path)}
    assert keys >= {"name", "address", "adress", "accent", "paper", "locale", "time_zone", "country", "logo"}
    assert keys >= {"closures[0]", "sample", "phones.desk", "phones.emergency"}


def test_a_missing_or_broken_file_is_a_problem(tmp_path: Path) -> None:
    assert "no such file" in problems(tmp_path / "clinic.toml")[0].message
    (tmp_path / "clinic.toml").write_text("name = ", encoding="utf-8")
    assert "not valid TOML" in problems(tmp_path / "clinic.toml")[0].message


def test_contrast_of_known_colours() -> None:
    assert contrast("#000000") == pytest.approx(21)
    assert contrast("#ffffff") == pytest.approx(1)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.005)  # the well-known least grey of level AA
    assert contrast("#595959") == pytest.approx(7.0, abs=0.005)  # and of level AAA
    assert contrast(sample_clinic().accent) > 8


def test_a_pale_accent_is_refused_with_its_ratio(tmp_path: Path) -> None:
    assert "4.54:1" in problem(tmp_path, 'accent = "#767676"').message
    assert "#rrggbb" in problem(tmp_path, 'accent = "teal"').message
    assert contrast(read_clinic(write(tmp_path, 'accent = "#595959"')).accent) >= CONTRAST


@pytest.mark.parametrize("zone", ["Chicago", "", "../etc/passwd", "/etc/localtime", "America", "UTC+1"])
def test_time_zones_are_checked(tmp_path: Path, zone: str) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("America/Chicago", zone), encoding="utf-8")
    assert [found.where for found in problems(path)] == [f"{path}:time_zone"]


def test_countries_and_states_are_checked(tmp_path: Path) -> None:
    assert problem(tmp_path, 'country = "USA"').where.endswith(":country")
    assert "not a state of US" in problem(tmp_path, 'country = "US"\nstate = "XX"').message
    assert problem(tmp_path, 'state = "CA"').where.endswith(":state")
    assert problem(tmp_path, "holidays = true").where.endswith(":holidays")
    assert problem(tmp_path, 'holidays = true\ncountry = "XX"\nstate = "CA"').where.endswith(":country")


def test_closed_days(tmp_path: Path) -> None:
    more = 'closed_weekdays = ["sunday"]\nclosures = [2026-12-24]\nholidays = true\ncountry = "US"\nstate = "CA"'
    clinic = read_clinic(write(tmp_path, more))
    assert clinic.is_closed(dt.date(2026, 12, 20))  # a Sunday
    assert clinic.is_closed(dt.date(2026, 12, 24))
    assert clinic.is_closed(dt.date(2026, 12, 25))
    assert clinic.is_closed(dt.date(2027, 3, 31))  # Cesar Chavez Day, in California
    assert clinic.is_closed(dt.date(2026, 7, 3))  # Independence Day, observed on the Friday
    assert not clinic.is_closed(dt.date(2026, 12, 23))
    without = read_clinic(write(tmp_path, 'country = "US"'))
    assert not without.is_closed(dt.date(2026, 12, 25))


def test_weekdays_are_english_and_one_stays_open(tmp_path: Path) -> None:
    assert problem(tmp_path, 'closed_weekdays = ["Sonntag"]').where.endswith(":closed_weekdays[0]")
    week = '"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"'
    assert "every day" in problem(tmp_path, f"closed_weekdays = [{week}]").message


def test_own_lines_are_said_in_the_page_s_language_only(tmp_path: Path) -> None:
    more = (
        'bring = [{ en = "A sweater", es = "Un suéter", zh = "毛衣" }, '
        '{ en = "Your list", es-MX = "Su lista (MX)", es = "Su lista", zh-Hant = "清單" }]'
    )
    clinic = read_clinic(write(tmp_path, more))
    assert clinic.lines("bring", "en-US") == ("A sweater", "Your list")
    assert clinic.lines("bring", "es-MX") == ("Un suéter", "Su lista (MX)")
    assert clinic.lines("bring", "es_AR") == ("Un suéter", "Su lista")
    assert clinic.lines("driving", "fr") == ()
    with pytest.raises(LanguageError) as caught:
        clinic.lines("bring", "fr-CA")
    assert [found.where for found in caught.value.problems] == ["bring[0]", "bring[1]"]
    assert "fr-CA" in caught.value.problems[0].message
    assert "A sweater" in caught.value.problems[0].message
    with pytest.raises(LanguageError) as caught:  # what stands under zh may be in another script
        clinic.lines("bring", "zh-Hant-TW")
    assert [found.where for found in caught.value.problems] == ["bring[0]"]


def test_desk_hours_are_said_in_the_page_s_language_only(tmp_path: Path) -> None:
    clinic = read_clinic(write(tmp_path, phones='desk_hours = { en = "8 to 5" }'))
    assert clinic.desk_hours("en-GB") == "8 to 5"
    with pytest.raises(LanguageError, match=r"phones\.desk_hours: has no text in es"):
        clinic.desk_hours("es")


@pytest.mark.parametrize("tag", ["english", "EN", "es_MX", "es-mx", "zh-hant", ""])
def test_tags_are_bcp_47(tmp_path: Path, tag: str) -> None:
    assert "language tag" in problem(tmp_path, f'bring = [{{ "{tag}" = "A sweater" }}]').message


def test_a_logo_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "art").mkdir()
    (tmp_path / "art" / "logo.PNG").write_bytes(png())
    clinic = read_clinic(write(tmp_path, 'logo = "art/logo.PNG"'))
    assert clinic.logo == Logo(data=png(), media_type="image/png")
    assert clinic.logo.uri.startswith("data:image/png;base64,iVBOR")
    assert str(tmp_path) not in repr(clinic)
    assert Clinic.model_validate_json(clinic.model_dump_json()) == clinic


def test_a_drawing_with_all_that_is_harmless_is_loaded(tmp_path: Path) -> None:
    body = (
        '<metadata><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<r:type r:resource="http://purl.org/dc/dcmitype/StillImage"/></r:RDF></metadata>'
        "<style>.a { fill: url(#g); stroke: #0b5560 }</style>"
        '<linearGradient id="g" xlink:href="#h"/><path class="a" d="M0 0" style="fill:url( \'#g\')"/>'
        f'<use href="#g"/><image href="data:image/png;base64,{PIXEL}"/><title>A // B: http</title>'
    )
    (tmp_path / "logo.svg").write_text(SVG.format(body), encoding="utf-8")
    clinic = read_clinic(write(tmp_path, 'logo = "logo.svg"'))
    assert clinic.logo
    assert clinic.logo.media_type == "image/svg+xml"


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml"/>',
        "<foreignObject/>",
        '<g onload="alert(1)"/>',
        '<a href="javascript:alert(1)"/>',
        '<image href="http://example.org/a.png"/>',
        '<image xlink:href="https://example.org/a.png"/>',
        '<image xlink:href="//example.org/a.png"/>',
        '<image href="file:///etc/passwd"/>',
        '<image href="other.png"/>',
        '<image href="data:image/svg+xml,%3Csvg/%3E"/>',
        '<use href="other.svg#a"/>',
        '<g xml:base="http://example.org/"/>',
        '<rect fill="url(http://example.org/a.svg#g)"/>',
        "<rect style=\"fill: URL( 'other.svg#g' )\"/>",
        "<style>@import 'a.css';</style>",
        "<style>rect { fill: u\\72l(http://example.org) }</style>",
        "<style>rect { fill: url(//example.org/a) }</style>",
        '<set attributeName="href" to="http://example.org/a.png"/>',
        '<animate attributeName="href" values="#a;https://example.org/a.png"/>',
    ],
)
def test_a_drawing_that_reaches_out_is_refused(tmp_path: Path, body: str) -> None:
    (tmp_path / "logo.svg").write_text(SVG.format(body), encoding="utf-8")
    found = problem(tmp_path, 'logo = "logo.svg"')
    assert found.where.endswith(":logo")
    assert "contains" in found.message or "refers to something outside" in found.message


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE svg SYSTEM "http://example.org/svg.dtd">' + SVG.format(""),
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SVG.format("<text>&a;</text>"),
        '<?xml-stylesheet href="http://example.org/a.css"?>' + SVG.format(""),
        "<svg></svg>",
        "<html/>",
        "not xml",
        "",
    ],
)
def test_what_is_not_a_plain_drawing_is_refused(tmp_path: Path, text: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / "logo.svg").write_text(text, encoding=encoding)
        assert problem(tmp_path, 'logo = "logo.svg"').where.endswith(":logo")


def test_a_picture_must_be_whole_and_small(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    for damaged in (png()[:-6], png()[:40], png()[:8], png().replace(b"IDAT", b"IDAX"), b"GIF89a", b""):
        logo.write_bytes(damaged)
        assert "PNG" in problem(tmp_path, 'logo = "logo.png"').message
    logo.write_bytes(png() + b"\0" * 1_000_000)
    assert "smaller than 1 MB" in problem(tmp_path, 'logo = "logo.png"').message


def test_a_logo_is_a_relative_path_of_a_known_kind(tmp_path: Path) -> None:
    (tmp_path / "logo.jpg").write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    assert "SVG or PNG" in problem(tmp_path, 'logo = "logo.jpg"').message
    assert "no file none.png" in problem(tmp_path, 'logo = "none.png"').message
    assert "cannot be read" in problem(tmp_path, 'logo = "folder.png"').message
    assert "relative" in problem(tmp_path, 'logo = "/logo.png"').message
    assert "in quotes" in problem(tmp_path, 'logo = { data = "", media_type = "image/png" }').message
