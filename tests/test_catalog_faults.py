"""Catalogs that are wrong: refused by file and line, never printed in part, never mended in silence."""

from __future__ import annotations

import gettext
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import PATIENT, START, made, refused, run
from shipped import LANGUAGES

from handouts.content.catalog import read_texts
from handouts.content.language import BINARY, Language, compiled, read_language
from handouts.errors import LanguageError

MAKE = ("make", "ocrelizumab", *PATIENT, "--start", START, "--packet", "handout", "--locale", "es")
NAME = "locales/es/LC_MESSAGES/handouts.po"
PLURALS = "nplurals=2; plural=(n != 1);"
HOURS = 'msgid "%(number)s hour"\nmsgid_plural "%(number)s hours"\n'
ONE, MANY = 'msgstr[0] "%(number)s hora"\n', 'msgstr[1] "%(number)s horas"\n'
POISON = (
    b'msgid ""\nmsgstr "Language: es\\nContent-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "born"\nmsgstr "WRONG"\n'
)


@pytest.fixture
def catalog(locales: Path) -> Path:
    """The Spanish catalog in a copy of the locales that the commands read and write."""
    return locales / "es" / "LC_MESSAGES" / "handouts.po"


def change(catalog: Path, old: str, new: str) -> None:
    text = catalog.read_text(encoding="utf-8")
    assert text.count(old) == 1
    catalog.write_text(text.replace(old, new), encoding="utf-8")


def line_of(catalog: Path, text: str) -> int:
    return catalog.read_text(encoding="utf-8").partition(text)[0].count("\n") + 1


# Plurals


@pytest.mark.parametrize(
    "forms",
    [ONE + 'msgstr[1] ""\n', 'msgstr[0] ""\n' + MANY, 'msgstr[0] ""\nmsgstr[1] ""\n', ONE, ONE + 'msgstr[1] " "\n'],
    ids=["no plural", "no singular", "neither", "one form too few", "only a space"],
)
def test_a_plural_with_a_gap_is_missing(catalog: Path, tmp_path: Path, forms: str) -> None:
    """Babel fills the gap with English, and Spanish pages said "2½ hours"."""
    change(catalog, HOURS + ONE + MANY, HOURS + forms)

    assert "not translated: '%(number)s hour'" in refused(4, *MAKE, "-o", tmp_path / "p.pdf")
    assert "missing" in run("locales", "check", "es").text
    assert list(tmp_path.glob("*.pdf")) == []


def test_the_catalog_in_an_edition_has_no_english_either(catalog: Path, tmp_path: Path) -> None:
    change(catalog, 'msgstr[1] "como máximo %(days)s días antes"', 'msgstr[1] ""')
    (catalog.parent / BINARY).write_bytes(b"not a catalog")
    path = tmp_path / "clinic.edition"
    made("edition", "build", "--out", path, "--drug", "ocrelizumab", "--locale", "es", "--packet", "consent")
    texts = read_language("es", zipfile.Path(path, "locales/")).translator()

    assert texts.ngettext("%(number)s hour", "%(number)s hours", 2) == "%(number)s horas"
    assert texts.missing == ()
    assert texts.ngettext("at most %(days)s day before", "at most %(days)s days before", 2).startswith("at most")
    assert texts.missing == ("at most %(days)s day before",)


# Compiled catalogs


@pytest.mark.parametrize("content", [compiled(POISON, "es"), b"", b"not a catalog"])
def test_what_poedit_leaves_beside_a_catalog_is_not_read(catalog: Path, content: bytes) -> None:
    before = made(*MAKE, "-o", "-").out
    (catalog.parent / BINARY).write_bytes(content)

    assert read_language("es", catalog.parent.parent.parent).translator().gettext("born") == "nació el"
    assert made(*MAKE, "-o", "-").out == before


def test_in_an_edition_it_is_read(tmp_path: Path, catalog: Path) -> None:
    folder = catalog.parent.parent
    with zipfile.ZipFile(tmp_path / "edition", "w") as archive:
        archive.writestr("locales/es/locale.toml", (folder / "locale.toml").read_bytes())
        archive.writestr("locales/es/LC_MESSAGES/handouts.po", catalog.read_bytes())
        archive.writestr(f"locales/es/LC_MESSAGES/{BINARY}", compiled(POISON, "es"))

    assert read_language("es", zipfile.Path(tmp_path / "edition", "locales/")).translator().gettext("born") == "WRONG"


# Headers


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (PLURALS, "nplurals=2; plural=(n !! 1);", "plural"),
        (PLURALS, "nplurals=2; plural=__import__('os');", "plural"),
        (PLURALS, "nplurals=2; plural=n % 0;", "modulo by zero"),
        (PLURALS, "nplurals=2; plural=n;", "asks for form 10000 of 2"),
        (PLURALS, "nplurals=0; plural=0;", "more translations than"),
        (PLURALS, "nplurals=two; plural=0;", "'two'"),
        ("charset=utf-8", "charset=CHARSET", "charset=charset"),
        ("charset=utf-8", "charset=iso-8859-1", "save the catalog as UTF-8"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(catalog: Path, tmp_path: Path, old: str, new: str, what: str) -> None:
    change(catalog, old, new)
    before = catalog.read_bytes()

    for words in ((*MAKE, "-o", tmp_path / "p.pdf"), ("locales", "check", "es"), ("locales", "update", "es")):
        said = refused(4, *words)
        assert f"{NAME}:" in said
        assert what in said
    assert catalog.read_bytes() == before


def test_bytes_that_are_no_utf_8_are_named_by_their_line(catalog: Path) -> None:
    line = line_of(catalog, "nació el")
    catalog.write_bytes(catalog.read_bytes().replace("nació el".encode(), "nació el".encode("latin-1")))

    assert f"{NAME}:{line}: has bytes that are not UTF-8" in refused(4, "locales", "check", "es")


def test_a_byte_order_mark_is_left_out(catalog: Path) -> None:
    """Editors of Windows write it."""
    before = catalog.read_bytes()
    catalog.write_bytes(b"\xef\xbb\xbf" + before)

    assert "0 errors" in made("locales", "check", "es").err
    assert made(*MAKE, "-o", "-").out.startswith(b"%PDF")
    made("locales", "update", "es")
    assert catalog.read_bytes() == before


# Entries


HEAD = 'msgid ""\nmsgstr ""\n"Language: es\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
HEAD += f'"Plural-Forms: {PLURALS}\\n"\n\n'
FAULTS = {
    "a merge": ('msgid "a"\n<<<<<<< HEAD\nmsgstr "b"\n=======\n', [8, 10]),
    "quotes within": ('msgid "a"\nmsgstr "say "b" now"\n', [8]),
    "a missing quote": ('msgid "a"\nmsgstr "b\n', [8]),
    "a missing quote before": ('msgid "a"\nmsgstr b"\n', [8]),
    "a missing quote in a long text": ('msgid "a"\nmsgstr ""\n"b\n"c"\n', [9]),
    "text after the quotes": ('msgid "a"\nmsgstr "b" c\n', [8]),
    "a backslash": ('msgid "a"\nmsgstr "b \\q"\n', [8]),
    "a backslash at the end": ('msgid "a"\nmsgstr "b\\"\n', [8]),
    "two translations": ('msgid "a"\nmsgstr "b"\nmsgstr "c"\n', [9]),
    "a translation alone": ('msgstr "b"\n\nmsgid "c"\nmsgstr "d"\n', []),
    "a form after a comment": ('msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\n# x\nmsgstr[1] "d"\n', [11]),
    "a form twice": ('msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[0] "d"\n', [10]),
    "a form left out": ('msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[2] "d"\n', [10]),
    "a form too many": ('msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[1] "d"\nmsgstr[2] "e"\n', [7]),
    "a plural without forms": ('msgid "a"\nmsgid_plural "b"\nmsgstr "c"\n', [9]),
    "a comment within": ('msgid "a"\n# x\nmsgstr "b"\n', [8]),
    "half obsolete": ('msgid "a"\n#~ msgstr "b"\n', [8]),
    "no translation": ('msgid "a"\n\nmsgid "c"\nmsgstr "d"\n', [9]),
    "the end within an entry": ('msgid "a"\n\n', [7]),
    "no entry": ('# x\n"b"\n', [8]),
    "a word": ('domain "x"\n', [7]),
    "twice": ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', [10]),
    "twice, once with a plural": ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\n', [10]),
    "two headers": (HEAD, [7]),
}


@pytest.mark.parametrize(("entries", "lines"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_by_its_line(entries: str, lines: list[int]) -> None:
    with pytest.raises(LanguageError) as refusal:
        read_texts((HEAD + entries).encode(), "es", "es.po")

    places = [problem.where for problem in refusal.value.problems]
    assert places[: len(lines)] == [f"es.po:{line}" for line in lines]
    assert all(problem.hint for problem in refusal.value.problems)


def test_a_text_that_stands_there_twice_is_named_with_both_lines() -> None:
    once = 'msgid "a"\nmsgstr "b"\n\n'
    with pytest.raises(LanguageError, match=r"es\.po:10: 'a' stands in line 7 already"):
        read_texts((HEAD + once + once).encode(), "es", "es.po")
    read_texts((HEAD + once + 'msgctxt "x"\n' + once + "#~ " + once.replace("\nm", "\n#~ m")).encode(), "es", "es.po")


def test_a_header_stands_at_the_top() -> None:
    """Babel counts the forms of what is above it as it likes."""
    with pytest.raises(LanguageError, match="not the first entry"):
        read_texts(('msgid "a"\nmsgstr "b"\n\n' + HEAD).encode(), "es", "es.po")


def test_what_editors_write_is_read() -> None:
    entries = """# translator
#. extracted
#: templates/a.html
#, python-format
#| msgid "former"
msgctxt "x"
msgid "a \\"b\\" \\\\ \\n"
msgstr ""
"c "
"d\u2028"

msgid "e"
msgid_plural "f"
msgstr[0] "g"
msgstr[1] "h"

#~| msgid "i"
#~ msgid "j"
#~ msgstr ""
#~ "k"
#~ msgid "l"
#~ msgstr "m"
"""
    for text in (HEAD + entries, (HEAD + entries).replace("\n", "\r\n")):
        texts = read_texts(text.encode(), "es", "es.po")
        assert [[form.text for form in entry.forms] for entry in texts.entries] == [["c d\u2028"], ["g", "h"]]


@pytest.mark.parametrize("wrong", ["<<<<<<< HEAD\n", 'msgid "a"\nmsgstr "b "c" d"\n', 'msgid "born"\nmsgstr "b"\n'])
def test_nothing_is_updated_that_cannot_be_read(catalog: Path, wrong: str) -> None:
    """What Babel does not understand it leaves out, and it would be gone."""
    catalog.write_bytes(catalog.read_bytes() + b"\n" + wrong.encode())
    before = catalog.read_bytes()
    checked = refused(4, "locales", "check", "es")

    assert refused(4, "locales", "update", "es") == checked
    assert refused(4, "locales", "update") == checked
    assert catalog.read_bytes() == before


PIECES = [
    "",
    '"',
    "\\",
    "\n",
    "#",
    "#~ ",
    "#~|",
    "msgid ",
    "msgstr ",
    "msgstr[1] ",
    '""',
    "\\n",
    "n",
    "%",
    "=",
    ";",
    ":",
]
SMALL = (
    HEAD
    + '# a\n#: b:1\nmsgctxt "c"\nmsgid "d"\nmsgstr "e"\n\nmsgid "f"\nmsgid_plural "g"\nmsgstr[0] "h"\nmsgstr[1] "i"\n'
)


@given(st.integers(0, len(SMALL)), st.integers(0, 12), st.sampled_from(PIECES) | st.text(max_size=3))
@settings(deadline=None, max_examples=400)
def test_whatever_is_in_a_file_it_is_read_or_refused(at: int, cut: int, piece: str) -> None:
    catalog = (SMALL[:at] + piece + SMALL[at + cut :]).encode("utf-8", "replace")
    try:
        texts = read_texts(catalog, "es", "es.po")
    except LanguageError as error:
        assert all(problem.where.startswith("es.po") and problem.hint for problem in error.problems)
        return
    translations = gettext.GNUTranslations(io.BytesIO(compiled(catalog, "es")))
    for entry in texts.entries:
        if entry.translated and entry.context is None and len(entry.forms) == 1:
            assert translations.gettext(entry.english[0]) == entry.forms[0].text
    assert Language(LANGUAGES["es"].file, catalog).catalog_hash
