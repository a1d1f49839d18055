"""Proofs: which catalog is checked, by the name of its language or of its file, and everything that is found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handouts.checks.catalogs import missing, template
from handouts.checks.finding import Finding, Rule
from handouts.checks.parity import findings, names_everywhere
from handouts.content.catalog import Texts, read_texts
from handouts.content.language import LocaleFile, catalog_of, locale_tags, read_locale
from handouts.content.reading import read_toml
from handouts.errors import InputError, LanguageError, Problem
from handouts.library import Library
from handouts.press.fonts import Coverage, describe

LANGUAGE = re.compile(rb'^"Language: *([A-Za-z_-]+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Proof:
    """A catalog to check, and the properties of its language."""

    where: str
    catalog: bytes
    file: LocaleFile


def proofs_of(names: Sequence[str], library: Library) -> list[Proof]:
    """Return the catalogs called ``names``, tags or ``.po`` files; without any, that of every language.

    Raises LanguageError for a tag that is not known and InputError for a file that cannot be read.
    """
    if names:
        return [_of_file(Path(name), library) if name.endswith(".po") else _of_tag(name, library) for name in names]
    known = [read_locale(tag, library.locales) for tag in locale_tags(library.locales)]
    return [_of_tag(file.tag, library) for file in known if not file.source]


def _of_tag(tag: str, library: Library) -> Proof:
    file = read_locale(tag, library.locales)
    where = catalog_of(file.tag)
    path = library.locales / file.tag / "LC_MESSAGES" / "handouts.po"
    if not path.is_file():
        hint = "name a language that is translated" if file.source else f"handouts locales update {file.tag}"
        raise LanguageError(Problem(where, "there is no such catalog", hint))
    return Proof(where, path.read_bytes(), file)


def _of_file(path: Path, library: Library) -> Proof:
    """Return the catalog in ``path``; its language is that of the ``locale.toml`` beside or above it, or the one that
    its header names."""
    try:
        catalog = path.read_bytes()
    except OSError as error:
        raise InputError(Problem(str(path), f"cannot be read: {error.strerror}", "check the path")) from None
    for folder in (path.parent, path.parent.parent):
        if (folder / "locale.toml").is_file():
            return Proof(str(path), catalog, read_toml(folder / "locale.toml", LocaleFile))
    named = LANGUAGE.search(catalog)
    if named is None:
        hint = 'write "Language: es\\n" into its header, or put locale.toml beside it'
        raise LanguageError(Problem(str(path), "does not say which language it is in", hint))
    return Proof(str(path), catalog, read_locale(named[1].decode(), library.locales))


def proof(item: Proof, library: Library) -> list[Finding]:
    """Return everything that is wrong with a catalog, in the order of its lines: also what is missing, and what no font
    can print."""
    found = findings(item.catalog, item.file, names_everywhere(library), item.where)
    texts = read_texts(item.catalog, item.file.tag, item.where)
    source = template(library.templates, library.formulary) if library.templates else None
    for line, english in missing(texts, source) if source else []:
        what, todo = "is not translated", "translate it" if line else f"handouts locales update {item.file.tag}"
        found.append(Finding(Rule.MISSING, what, todo, item.where, line, english))
    found += _unprintable(texts, Coverage(library.fonts), item.where)
    return sorted(found, key=lambda finding: finding.line)


def _unprintable(texts: Texts, coverage: Coverage, where: str) -> Iterator[Finding]:
    """Yield the translations with characters that no bundled font has; of controls, the rules of marks speak."""
    for entry in texts.entries:
        said = "".join(form.text for form in entry.forms) if entry.translated else ""
        if missing := coverage.missing("".join(char for char in said if unicodedata.category(char)[0] != "C")):
            what = f"no font in this installation has {', '.join(map(describe, missing))}"
            yield Finding(Rule.GLYPHS, what, "write it with other characters", where, entry.line, entry.english[0])
