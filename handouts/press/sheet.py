"""What a document is written from: everything except the patient."""

from __future__ import annotations

from dataclasses import dataclass

from handouts.content.clinic import Clinic
from handouts.content.drug import Drug
from handouts.content.language import Language
from handouts.content.slip import Slip
from handouts.values import Outline


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything a document is written from, except the patient."""

    drug: Drug
    """Without its unverified facts."""
    clinic: Clinic
    outline: Outline
    language: Language
    staff: Language
    """What is for clinicians of another place, such as the back of a card, is in the clinic's own language."""
    paper: str
    """``letter`` or ``a4``."""
    size: str
    """``standard`` (12 pt) or ``large`` (18 pt, re-flowed)."""
    interpreter: bool = False
    """An interpreter takes part: consent has a block to sign."""
    full: bool = False
    """The values may take more lines than their fields: one patient is set in full."""
    slip: Slip | None = None
    """The first page asks for an interpreter in the patient's language, since the packet is in another."""
    preview: bool = False
    """For translators: what is wrong or missing is shown instead of refused, and every page says PREVIEW."""

    @property
    def languages(self) -> tuple[Language, ...]:
        """Every language of the pages, once."""
        return (self.language,) if self.staff.tag == self.language.tag else (self.language, self.staff)
