"""The PDF/UA-1 check itself: it passes what is right, names what is wrong, and never looks away."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
import verapdf as checker
from weasyprint import HTML

from handouts.resources import folder

PAGE = """<html lang="en"><head><title>Infusion day</title><style>body { font-family: "Noto Sans" }</style></head>
<body><h1>Infusion day</h1><p>Bring water.</p><ul><li>Your card</li></ul>
<table><tr><th>Visit</th><th>Date</th></tr><tr><td>1</td><td>Tuesday</td></tr></table></body></html>"""

UNTAGGED = {
    "6.2-1": "MarkInfo",
    "7.1-3": "marked as Artifact or tagged",
    "7.1-8": "Metadata",
    "7.1-10": "DisplayDocTitle",
    "7.1-11": "StructTreeRoot",
}
"""What the same page breaks when it is not tagged: rule, and a word of veraPDF's message."""


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """One page four times: right, untagged, with a line drawn over it outside the tags, and no PDF at all."""
    monkeypatch.setenv("FONTCONFIG_FILE", str(folder("fonts") / "fonts.conf"))
    files = {name: tmp_path / f"{name} é.pdf" for name in ("tagged", "untagged", "overlaid", "not a pdf")}
    HTML(string=PAGE).write_pdf(files["tagged"], pdf_variant="pdf/ua-1")
    HTML(string=PAGE).write_pdf(files["untagged"])
    with pikepdf.open(files["tagged"]) as pdf:
        pdf.pages[0].contents_add(b"q 0 0 m 100 100 l S Q")
        pdf.save(files["overlaid"])
    files["not a pdf"].write_bytes(b"hello")
    return files


def test_names_the_rules_that_each_file_breaks(verapdf, pages):
    found = verapdf(pages.values())

    assert found[pages["tagged"]] == []
    assert {failed.rule for failed in found[pages["untagged"]]} == set(UNTAGGED)
    for failed in found[pages["untagged"]]:
        assert UNTAGGED[failed.rule] in failed.message
    assert [(failed.rule, failed.count) for failed in found[pages["overlaid"]]] == [("7.1-3", 1)]
    assert [failed.rule for failed in found[pages["not a pdf"]]] == ["unreadable"]


def test_no_files_need_no_java(verapdf, monkeypatch):
    monkeypatch.setenv("PATH", "")

    assert verapdf([]) == {}


def test_a_missing_java_fails_and_says_what_to_do(verapdf, pages, monkeypatch):
    monkeypatch.setenv("PATH", "")

    with pytest.raises(pytest.fail.Exception, match=r"no java.*`make test` installs it"):
        verapdf([pages["tagged"]])


def test_a_missing_jaxb_fails_and_says_what_to_do(verapdf, pages, monkeypatch, tmp_path):
    monkeypatch.setattr(checker, "JAXB_FOLDER", tmp_path)

    with pytest.raises(pytest.fail.Exception, match=r"libjaxb-java.*`make test` installs it"):
        verapdf([pages["tagged"]])
