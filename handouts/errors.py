"""What can go wrong, and with which exit code.

* HandoutError
  * LeftOut              1   most of it was made; what was left out is named
  * UsageError           2   the command line itself
  * InputError           3   a drug file, a clinic file, an order: nothing was made
    * Refused            3   this order cannot be served; the reason is named
  * LanguageError        4   a catalog is missing or incomplete
  * LayoutError          5   a glyph, an overflow, a template that asks for the network
  * OutputError          6   the file could not be written

The numbers are public (see ``docs/clinics.md``); 0 is "all made", 1 is "some patients refused" or "some left out".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do about it."""

    where: str
    """``file:key``, ``file:row:column`` or the name of a field or option."""
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class HandoutError(Exception):
    """The root of everything this program raises on purpose; carries every problem found, not the first."""

    exit_code = 1

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(p) for p in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type[HandoutError], tuple[Problem, ...]]:
        """Travel between processes with every problem."""
        return type(self), self.problems


class LeftOut(HandoutError):
    """A drug or a language has a fault; everything else was made."""


class UsageError(HandoutError):
    exit_code = 2


class InputError(HandoutError):
    exit_code = 3


class Refused(InputError):
    """The order is well formed, but must not be served as it stands (lifetime limit, closed day, too early)."""


class LanguageError(HandoutError):
    exit_code = 4


class LayoutError(HandoutError):
    exit_code = 5


class OutputError(HandoutError):
    exit_code = 6
