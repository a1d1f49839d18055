"""Templates: what they may ask for, what they must not, and that nothing wrong with them reaches paper."""

from __future__ import annotations

import copy
import html as markup
import re
import shutil
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paper import whole_text
from pydantic import ValidationError
from running import NAME, PATIENT, START, made, refused
from shipped import FORMULARY, LOCALES, SAMPLEMAB, TEMPLATES, documents_of, html

from handouts import resources
from handouts.content.drug import Drug
from handouts.content.facts import facts, printable, words

PAGE = """{%% extends "base.html" %%}
{%% block title %%}Tiny{%% endblock %%}
{%% block short_title %%}Tiny{%% endblock %%}
{%% block body %%}<h1>Tiny</h1>%s{%% endblock %%}
"""
OUTSIDE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
INSIDE = '<img src="icons/pen.svg" alt="pen">'


class Desk:
    """A copy of the templates with a document of its own, ``tiny``, that commands print from."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.out = folder / "packet.pdf"
        self.templates, self.locales = folder / "templates", folder / "locales"
        shutil.copytree(TEMPLATES, self.templates)
        shutil.copytree(LOCALES, self.locales)
        (self.templates / "packets" / "tiny.toml").write_text('documents = [{ document = "tiny" }]', encoding="utf-8")
        copies = {"templates": self.templates, "locales": self.locales}
        shipped = resources.folder
        monkeypatch.setattr(resources, "folder", lambda name: copies.get(name) or shipped(name))

    def write(self, body: str) -> None:
        (self.templates / "tiny.html").write_text(PAGE % body, encoding="utf-8")

    def command(self, *options: str) -> tuple[object, ...]:
        order = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "tiny")
        return (*order, *options, "-o", self.out)

    def printed(self, body: str, *options: str) -> str:
        """Return the words on paper."""
        self.write(body)
        made(*self.command(*options))
        return whole_text(self.out)

    def refused(self, code: int, body: str, *options: str) -> str:
        """Return what is said when ``tiny`` cannot be printed."""
        self.write(body)
        said = refused(code, *self.command(*options))
        assert not self.out.exists()
        return said


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def network() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that would answer, and the paths it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/css" if self.path.endswith("css") else "image/svg+xml")
            self.end_headers()
            self.wfile.write(b"p { color: red }" if self.path.endswith("css") else OUTSIDE.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


# What a template may ask for


def test_a_template_may_use_what_is_shipped_with_it(desk: Desk) -> None:
    assert NAME in desk.printed(f'{INSIDE}<p style="background: url(icons/pen.svg)">fine</p>')


@pytest.mark.parametrize(
    "asking",
    [
        '<img src="{http}/a.svg" alt="a">',
        '<img src="data:image/svg+xml,%3Csvg/%3E" alt="a"><img src="{http}/a.svg" alt="a">',
        '<img srcset="{http}/a.svg 1x" src="{http}/b.svg" alt="a">',
        '<link rel="stylesheet" href="{http}/a.css">',
        '<link rel="attachment" href="{http}/a.svg">',
        '<style>@import "{http}/a.css";</style>',
        "<style>@import url({http}/a.css);</style>",
        '<p style="background: url({http}/a.svg)">a</p>',
        '<p style="list-style: inside url({http}/a.svg); display: list-item">a</p>',
        '<style>p::before {{ content: url("{http}/a.svg") }}</style><p>a</p>',
        '<style>@font-face {{ font-family: Far; src: url({http}/a.ttf) }}</style><p style="font-family: Far">a</p>',
        '<object data="{http}/a.svg" type="image/svg+xml">a</object>',
        '<embed src="{http}/a.svg" type="image/svg+xml">',
        '<svg viewBox="0 0 9 9" width="9" height="9"><image href="{http}/a.svg" width="9" height="9"/></svg>',
        '<base href="{http}/"><img src="a.svg" alt="a">',
        '<img src="ftp://127.0.0.1/a.svg" alt="a">',
        '<img src="//127.0.0.1/a.svg" alt="a">',
    ],
)
def test_a_template_that_asks_for_the_network_is_a_problem(
    desk: Desk, network: tuple[str, list[str]], asking: str
) -> None:
    address, asked = network
    said = desk.refused(5, asking.format(http=address))

    assert "tiny" in said
    assert "127.0.0.1" in said or "SVG" in said, "what was asked for is named"
    assert asked == []


def test_a_style_or_a_picture_that_asks_for_the_network_is_a_problem(
    desk: Desk, network: tuple[str, list[str]]
) -> None:
    address, asked = network
    theme = desk.templates / "theme" / "zz.css"
    theme.write_text(f'@import "{address}/a.css";', encoding="utf-8")
    assert "127.0.0.1" in desk.refused(5, "<p>a</p>")
    theme.write_text(f"p {{ background: url({address}/a.svg) }}", encoding="utf-8")
    assert "127.0.0.1" in desk.refused(5, "<p>a</p>")
    theme.unlink()
    picture = OUTSIDE.replace("<rect", f'<image href="{address}/a.svg" width="9" height="9"/><rect')
    (desk.templates / "icons" / "far.svg").write_text(picture, encoding="utf-8")
    assert "far.svg" in desk.refused(5, '<img src="icons/far.svg" alt="far">')
    assert asked == []


@pytest.mark.parametrize(
    "address",
    [
        "file://{folder}/outside.svg",
        "../outside.svg",
        "icons/../../outside.svg",
        "file://{folder}/templates/../outside.svg",
        "file://{folder}/templates/icons/../../outside.svg",
        "%2e%2e/outside.svg",
        "icons/%2e%2e/%2E%2E/outside.svg",
        "..%2foutside.svg",
        "file://{folder}/templates-of-another/outside.svg",
        "FILE://{folder}/outside.svg",
        "file:{folder}/outside.svg",
        "file://localhost{folder}/outside.svg",
        "icons/no-such-file.svg",
    ],
)
def test_a_template_that_asks_for_a_file_elsewhere_is_a_problem(desk: Desk, tmp_path: Path, address: str) -> None:
    other = tmp_path / "templates-of-another"
    other.mkdir()
    for path in (tmp_path / "outside.svg", other / "outside.svg"):
        path.write_text(OUTSIDE, encoding="utf-8")

    said = desk.refused(5, f'<img src="{address.format(folder=tmp_path)}" alt="a">')

    assert "tiny" in said
    assert address.rpartition("/")[2] in said


# What is wrong with a template


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ('{{ field("patient.shoe_size") }}', "patient.shoe_size"),
        ('{{ field("visit.99.full") }}', "visit.99.full"),
        ("{{ nothing }}", "nothing"),
        ("{{ drug.nothing }}", "nothing"),
        ("{{ drug.names.nothing.more }}", "nothing"),
        ("{% if nothing %}a{% endif %}", "nothing"),
        ("{{ 'a' | nothing }}", "nothing"),
        ("{% include 'nothing.html' %}", "nothing.html"),
        ("{% include '../outside.html' %}", "outside.html"),
        ("{% if %}", ""),
        ("{{ 1 / 0 }}", "division"),
        ("{{ ''.__class__.__mro__ }}", "__class__"),
        ("{{ icon('nothing') }}", "nothing"),
    ],
)
def test_a_broken_template_is_named_with_what_is_wrong(desk: Desk, tmp_path: Path, body: str, word: str) -> None:
    (tmp_path / "outside.html").write_text("outside", encoding="utf-8")
    said = desk.refused(5, body)

    assert "tiny" in said
    assert word in said


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("<p>ꆈ</p>", "U+A188"),
        ('<p style="colr: red">a</p>', "colr"),
        ("<style>@page { size: nonsense }</style><p>a</p>", "nonsense"),
    ],
)
def test_what_the_typesetter_only_warns_of_is_a_problem(desk: Desk, body: str, word: str) -> None:
    assert word in desk.refused(5, body)


# Languages


def test_every_text_without_a_translation_is_named(desk: Desk) -> None:
    said = desk.refused(
        4,
        '{{ _("A brand new sentence.") }} {{ ngettext("%(n)s new day", "%(n)s new days", 2) }}'
        '{{ pgettext("a place", "Newland") }} {% set words = "New words of a drug" %}{{ _(words) }}'
        "{% trans %}A new block{% endtrans %}",
        "--locale",
        "es",
    )

    for text in ("A brand new sentence.", "%(n)s new day", "Newland", "New words of a drug", "A new block"):
        assert f"not translated: {text!r}" in said
    assert said.count("error: ") == 5


def test_english_needs_no_translation(desk: Desk) -> None:
    assert "A brand new sentence." in desk.printed('<p>{{ _("A brand new sentence.") }}</p>')


def test_a_fuzzy_translation_is_never_printed(desk: Desk) -> None:
    catalog = desk.locales / "es" / "LC_MESSAGES" / "handouts.po"
    before = catalog.read_text(encoding="utf-8")
    catalog.write_text(before + '\n#, fuzzy\nmsgid "A guess"\nmsgstr "Una suposición"\n', encoding="utf-8")
    assert "not translated: 'A guess'" in desk.refused(4, '<p>{{ _("A guess") }}</p>', "--locale", "es")

    catalog.write_text(before + '\nmsgid "A guess"\nmsgstr "Una suposición"\n', encoding="utf-8")
    assert "Una suposición" in desk.printed('<p>{{ _("A guess") }}</p>', "--locale", "es")


def test_a_missing_or_broken_catalog_is_never_english(desk: Desk) -> None:
    catalog = desk.locales / "es" / "LC_MESSAGES" / "handouts.po"
    catalog.write_text('msgid "a\nmsgstr', encoding="utf-8")
    assert "locales/es" in desk.refused(4, "<p>a</p>", "--locale", "es")
    catalog.write_bytes(b'msgid "a"\nmsgstr "\xff\xfe"\n')
    assert "locales/es" in desk.refused(4, "<p>a</p>", "--locale", "es")
    catalog.unlink()
    assert "locales/es" in desk.refused(4, "<p>a</p>", "--locale", "es")


def test_a_wrong_translation_anywhere_blocks_its_language(desk: Desk) -> None:
    """Whatever stands on the page: nobody can tell which other line the same hand got wrong."""
    catalog = desk.locales / "es" / "LC_MESSAGES" / "handouts.po"
    right = catalog.read_text(encoding="utf-8")
    wrong = right.replace('msgstr "No cura la EM."', 'msgstr "Cura la EM."').replace("100 mg, o uno", "10 mg, o uno")
    catalog.write_text(wrong, encoding="utf-8")
    said = desk.refused(4, "<p>a</p>", "--locale", "es")

    assert said.count("error: ") == 2
    assert "negation" in said
    assert "numbers" in said
    assert "waive" in said
    assert desk.printed("<p>a</p>")
    desk.out.unlink()

    catalog.write_text(right, encoding="utf-8")
    assert desk.printed("<p>a</p>", "--locale", "es")


def test_a_waived_finding_does_not_block(desk: Desk) -> None:
    catalog = desk.locales / "es" / "LC_MESSAGES" / "handouts.po"
    text = catalog.read_text(encoding="utf-8").replace('msgstr "No cura la EM."', 'msgstr "Es incurable."')
    catalog.write_text(text, encoding="utf-8")
    assert "negation" in desk.refused(4, "<p>a</p>", "--locale", "es")

    before, after = text.split('msgid "It does not cure MS."')
    waived = '# waive: negation: "incurable" says it\nmsgid "It does not cure MS."'
    catalog.write_text(before + waived + after, encoding="utf-8")
    assert desk.printed("<p>a</p>", "--locale", "es")


def test_no_edition_is_built_with_a_wrong_translation(desk: Desk, tmp_path: Path) -> None:
    catalog = desk.locales / "es" / "LC_MESSAGES" / "handouts.po"
    text = catalog.read_text(encoding="utf-8")
    catalog.write_text(text.replace('msgstr "No cura la EM."', 'msgstr "Cura la EM."'), encoding="utf-8")
    desk.write("<p>a</p>")
    path = tmp_path / "clinic.edition"
    options = ("--drug", "mitoxantrone", "--packet", "tiny", "--jobs", "1")

    assert "negation" in refused(4, "edition", "build", "--out", path, "--locale", "es", *options)
    assert not path.exists()


def test_pages_say_that_nobody_reviewed_them_until_somebody_signs(desk: Desk, tmp_path: Path) -> None:
    line = "Ningún traductor calificado ha revisado todavía esta traducción."
    catalog = desk.locales / "es" / "LC_MESSAGES" / "handouts.po"

    def spanish(name: str) -> str:
        desk.out = tmp_path / name
        return desk.printed("<p>a</p>", "--locale", "es")

    assert line in spanish("draft.pdf")
    made("locales", "sign", "es", "--by", "Sample Translator", "--role", "medical translator")
    assert line not in spanish("signed.pdf")

    text = catalog.read_text(encoding="utf-8")
    catalog.write_text(text.replace('msgstr "Firma"', 'msgstr "Su firma"'), encoding="utf-8")
    assert line in spanish("changed.pdf"), "the translation changed after it was signed"


def test_the_source_language_needs_no_reviewer(desk: Desk) -> None:
    assert "reviewed" not in desk.printed("<p>a</p>")


def test_a_percent_sign_survives_translation(desk: Desk) -> None:
    messages = {
        "0.9% saline": "suero al 0.9% salino",
        "100% of %(number)s people": "el 100% de %(number)s personas",
        "%(number)s% or 5%s": "%(number)s% o 5%s",
    }
    body = "".join(f'<p>{{{{ _("{text}") | fill(number="7%(x)s") }}}}</p>' for text in messages)
    body += "<p>{% trans %}5% sugar{% endtrans %}</p>"
    messages["5% sugar"] = "5% azúcar"
    catalog = desk.locales / "es" / "LC_MESSAGES" / "handouts.po"
    added = "".join(f'\nmsgid "{text}"\nmsgstr "{spanish}"\n' for text, spanish in messages.items())
    catalog.write_text(catalog.read_text(encoding="utf-8") + added, encoding="utf-8")

    english = desk.printed(body)
    desk.out = desk.out.with_name("es.pdf")
    spanish = desk.printed(body, "--locale", "es")

    for source, translation in messages.items():
        assert source.replace("%(number)s", "7%(x)s") in english
        assert translation.replace("%(number)s", "7%(x)s") in spanish


# Facts


@pytest.mark.parametrize("name", FORMULARY.ids())
def test_what_is_not_verified_reaches_no_page(name: str) -> None:
    drug = FORMULARY.drug(name)
    unverified = [fact for _, fact in facts(drug) if not fact.verified]
    said = {text for fact in unverified for _, text in words(fact.model_copy(update={"verified": True}))}
    printed = " ".join(text for _, text in words(drug))
    said = {text for text in said if text not in printed}
    pages = [html(drug, document) for document in documents_of("intake", drug)]

    assert said or not unverified
    for page in pages:
        assert [text for text in said if str(markup.escape(text)) in page or text in page] == []


@pytest.mark.parametrize("name", FORMULARY.ids())
def test_notes_and_sources_reach_no_page(name: str) -> None:
    drug = FORMULARY.drug(name)
    kept = {fact.note for _, fact in facts(drug) if len(fact.note) > 20} | set(drug.sources.values())
    pages = [markup.unescape(html(drug, document)) for document in documents_of("intake", drug)]

    assert [text for text in kept for page in pages if text in page] == []


def fact_keys() -> list[tuple[str | int, ...]]:
    """Return the way to every fact of the made-up drug file."""

    def below(node: object, way: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        if isinstance(node, dict):
            if "source" in node:
                yield way
            for key, value in node.items():
                yield from below(value, (*way, key))
        elif isinstance(node, list):
            for index, value in enumerate(node):
                yield from below(value, (*way, index))

    return list(below(tomllib.loads(SAMPLEMAB.read_text(encoding="utf-8")), ()))


def unseen(node: object) -> object:
    """Return ``node`` with its words marked."""
    if isinstance(node, dict):
        kept = ("source", "id", "when", "kind", "rxnorm")
        return {key: value if key in kept else unseen(value) for key, value in node.items()}
    if isinstance(node, list):
        return [unseen(item) for item in node]
    return f"UNSEEN {node}" if isinstance(node, str) else node


@pytest.mark.parametrize("way", fact_keys(), ids=lambda way: ".".join(map(str, way)))
def test_any_fact_may_be_unverified_and_then_the_pages_do_without(way: tuple[str | int, ...]) -> None:
    """A file that lacks the verification is refused as a whole, or printed without the fact: nothing in between."""
    data = tomllib.loads(SAMPLEMAB.read_text(encoding="utf-8"))
    parent: object = copy.deepcopy(data)
    whole = parent
    for key in way[:-1]:
        parent = parent[key]  # type: ignore[index]
    fact = unseen(parent[way[-1]])  # type: ignore[index]
    fact["verified"] = False  # type: ignore[index]
    parent[way[-1]] = fact  # type: ignore[index]
    try:
        drug = Drug.model_validate(whole)
    except ValidationError as error:
        assert "verified" in str(error)
        return

    for document in documents_of("intake", printable(drug)):
        assert "UNSEEN" not in html(drug, document)


def test_a_drug_file_without_its_optional_parts_still_makes_every_page() -> None:
    data = tomllib.loads(SAMPLEMAB.read_text(encoding="utf-8"))
    needed = {name: field for name, field in Drug.model_fields.items() if field.is_required()}
    small = {
        key: value for key, value in data.items() if key in {field.alias or name for name, field in needed.items()}
    }
    drug = Drug.model_validate(small)

    for document in documents_of("intake", drug):
        assert NAME in html(drug, document)
    assert len(small) < len(data)


# Names

LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@given(name=LETTERS.map(str.strip).filter(bool))  # spaces at the ends are taken off when a name is read
@example(name="{{ 7 * 7 }} {% raw %} {# a #}")
@example(name="<script>alert(1)</script> & &lt; \" ' `")
@example(name="%(drug)s 100% %s %%")
@settings(deadline=None, max_examples=40)
def test_a_name_stands_in_its_fields_as_it_is(name: str) -> None:
    page = html(FORMULARY.drug("ocrelizumab"), "schedule", name=name)
    found = re.findall(r'<span class="field[^"]*" id="field:patient\.name:\d+"[^>]*>(.*?)</span>', page, re.DOTALL)

    assert len(found) >= 2
    assert {markup.unescape(text) for text in found} == {name}
    assert not any("<" in text for text in found)


@pytest.mark.parametrize("name", FORMULARY.ids())
def test_every_field_has_an_id_of_its_own(name: str) -> None:
    drug = FORMULARY.drug(name)
    for document in documents_of("intake", drug):
        ids = re.findall(r' id="([^"]+)"', html(drug, document))
        assert len(ids) == len(set(ids)) > 3
