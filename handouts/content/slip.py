"""The interpreter slip: what a patient shows whose packet has to be in English. The schema of ``slips.toml``."""

from __future__ import annotations

import contextlib
from typing import Annotated, Literal

from pydantic import Field

from handouts.content.facts import Name, Strict
from handouts.content.language import read_locale
from handouts.content.reading import File, read_toml
from handouts.content.tags import lookup, parse
from handouts.errors import HandoutError, LanguageError, Problem

FILE = "slips.toml"


class Slip(Strict):
    """The slip of one language, in the patient's own words."""

    tag: Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?$")]
    """A BCP 47 tag with underscores."""
    name: Name
    """The language's name for itself."""
    english_name: Name
    direction: Literal["ltr", "rtl"]
    title: Name
    """I need an interpreter"""
    language: Name
    """My language is … ."""
    ask: Name
    """Please get me a medical interpreter before you explain this to me or ask me to sign."""
    right: Name
    """This service is free for me."""
    note: Name | None = None
    """What the staff have to ask to get the right interpreter; in English."""

    @property
    def bcp47(self) -> str:
        return self.tag.replace("_", "-")

    @property
    def words(self) -> str:
        """Everything that the patient reads."""
        return " ".join((self.name, self.title, self.language, self.ask, self.right))


class _SlipFile(Strict):
    slip: tuple[Slip, ...]


def read_slips(folder: File) -> dict[str, Slip]:
    """Return the slips in ``folder`` by tag; an edition without slips has none. Raises InputError."""
    path = folder / FILE
    return {slip.tag: slip for slip in read_toml(path, _SlipFile).slip} if path.is_file() else {}


def find_slip(tag: str, slips: dict[str, Slip]) -> Slip:
    """Return the slip for ``tag``; raises LanguageError where there is none."""
    wanted = parse(tag)
    if isinstance(wanted, Problem):
        raise LanguageError(wanted)
    name = lookup(wanted, slips)
    if name is None:
        hint = "call an interpreter; there are slips in " + (", ".join(slip.bcp47 for slip in slips.values()) or "none")
        raise LanguageError(Problem("locale", f"there is no interpreter slip for {tag!r} either", hint))
    return slips[name]


def served_tag(tag: str, folder: File) -> str:
    """Return the tag of the translation in ``folder`` for readers of ``tag``, or of the slip where there is none.

    Where there is neither, or what there is cannot be read, it is ``tag`` itself.
    """
    with contextlib.suppress(HandoutError):
        return read_locale(tag, folder).tag
    with contextlib.suppress(HandoutError):
        return f"slip-{find_slip(tag, read_slips(folder)).tag}"
    return tag
