"""Findings: what is wrong with a translation, how bad it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from handouts.errors import Problem

SHOWN = 60
"""How much of a text a finding repeats."""


class Severity(StrEnum):
    ERROR = "error"
    """Blocks its locale: nothing is printed in it. What is missing, or has no glyph, blocks its pages."""
    WARNING = "warning"


class Rule(StrEnum):
    """The rules of parity, by the name that a waiver uses."""

    PLACEHOLDERS = "placeholders"
    NUMBERS = "numbers"
    DIGITS = "digits"
    UNITS = "units"
    PHONE = "phone"
    NAMES = "names"
    NEGATION = "negation"
    LIST = "list"
    HTML = "html"
    PERCENT = "percent"
    BIDI = "bidi"
    INVISIBLE = "invisible"
    SCRIPT = "script"
    SPACES = "spaces"
    ENDING = "ending"
    QUOTES = "quotes"
    LENGTH = "length"
    UNTRANSLATED = "untranslated"
    CONSISTENCY = "consistency"
    PLURALS = "plurals"
    LANGUAGE = "language"
    GLYPHS = "glyphs"
    WAIVER = "waiver"
    MISSING = "missing"


FINAL = frozenset(
    {
        *(Rule.PLACEHOLDERS, Rule.PERCENT, Rule.HTML, Rule.BIDI, Rule.PLURALS, Rule.LANGUAGE, Rule.GLYPHS),
        *(Rule.WAIVER, Rule.MISSING),
    }
)
"""Rules that no reason can waive: what breaks them cannot be printed right."""
WARNINGS = frozenset({Rule.ENDING, Rule.QUOTES, Rule.LENGTH, Rule.CONSISTENCY, Rule.SPACES, Rule.WAIVER})
"""Rules whose breach is ugly, but does not change what a patient does."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one translation."""

    rule: Rule
    what: str
    todo: str
    """How to mend it."""
    file: str = ""
    line: int = 0
    english: str = ""
    waived: str = ""
    """The reason for which a translator waived it; empty: it stands."""

    @property
    def severity(self) -> Severity:
        return Severity.WARNING if self.rule in WARNINGS else Severity.ERROR

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def short(self) -> str:
        """The English text, cut for a table."""
        return self.english if len(self.english) <= SHOWN else self.english[: SHOWN - 1] + "…"

    @property
    def hint(self) -> str:
        """What to do: how to mend it, or how to say why it is right."""
        if self.rule in FINAL:
            return self.todo
        return f"{self.todo}; or, if it is right, write above it: # waive: {self.rule}: <the reason>"

    def row(self) -> dict[str, object]:
        """Return the finding as JSON shows it."""
        return {
            "file": self.file,
            "line": self.line or None,
            "msgid": self.english,
            "rule": self.rule,
            "severity": self.severity,
            "what": self.what,
            "todo": self.todo,
            "waived": self.waived or None,
        }

    def problem(self) -> Problem:
        return Problem(self.where, f"{self.rule}: {self.what} ({self.short!r})", self.hint)
