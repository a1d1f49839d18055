"""Which language a reader gets: a translation, or English behind a slip that asks for an interpreter, or nothing."""

from __future__ import annotations

import functools

from handouts.content.clinic import Clinic, Fallback
from handouts.content.language import Language, read_language, read_staff_language
from handouts.content.slip import Slip, find_slip, read_slips
from handouts.errors import LanguageError, Problem
from handouts.library import Library
from handouts.press.fonts import Coverage, describe

LINE_MAY_END = "\u200b"
"""Between words of languages that write no spaces; it has no ink and needs no glyph."""


class Reader:
    """The languages and slips of one clinic with one library; each is read once."""

    def __init__(self, clinic: Clinic, library: Library, coverage: Coverage, fallback: Fallback) -> None:
        self.fallback = fallback
        self._coverage = coverage
        self.language = functools.cache(lambda tag: read_language(tag, library.locales))
        self._staff = functools.cache(lambda: read_staff_language(clinic.locale, library.locales))
        self._slips = functools.cache(lambda: read_slips(library.locales))

    @property
    def staff(self) -> Language:
        """The clinic's own language, or that of the source where there is no translation into it."""
        return self._staff()

    def refuse(self, tag: str) -> None:
        """Raise LanguageError where a reader of ``tag`` gets nothing: no translation, and no slip to fall back on."""
        try:
            self.language(tag)
        except LanguageError as error:
            self.slip_instead(tag, error.problems)

    def slip_instead(self, tag: str, problems: tuple[Problem, ...]) -> str:
        """Return the tag of the slip for a reader of ``tag``, whose language has ``problems``.

        Raises LanguageError with them where the desk does not fall back, or cannot.
        """
        if self.fallback == "refuse":
            raise LanguageError(*problems)
        try:
            return self.slip(tag).tag
        except LanguageError as error:
            raise LanguageError(*problems, *error.problems) from None

    def slip(self, tag: str) -> Slip:
        """Return the slip for ``tag``. Raises LanguageError where there is none, or no font prints it."""
        slip = find_slip(tag, self._slips())
        if missing := self._coverage.missing(slip.words.replace(LINE_MAY_END, "")):
            problem = f"no font in this installation can print the slip in {slip.english_name}"
            raise LanguageError(Problem("locale", f"{problem}: {describe(missing[0])}", "call an interpreter"))
        return slip
