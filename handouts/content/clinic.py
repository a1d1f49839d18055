"""The clinic: whose name, numbers and opening days stand on the pages. The schema of ``clinic.toml``."""

from __future__ import annotations

import datetime as dt
import functools
import re
import zoneinfo
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    RootModel,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from handouts.content.facts import Name, Strict
from handouts.content.logo import Logo, read_logo
from handouts.content.reading import problems_of, read_toml
from handouts.errors import InputError, LanguageError, Problem
from handouts.resources import folder

CONTRAST = 7.0
"""The least contrast of the accent on white: WCAG 2.2, success criterion 1.4.6 (AAA)."""

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Fallback = Literal["refuse", "interpreter"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


def contrast(colour: str) -> float:
    """Return the contrast of ``#rrggbb`` on white, 1 to 21.

    WCAG 2.2, "relative luminance" and "contrast ratio", with the sRGB threshold 0.04045 of IEC 61966-2-1.
    """
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _dark_enough(colour: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
        raise ValueError("is not a colour written as #rrggbb, such as #0b5560")
    ratio = contrast(colour)
    if ratio < CONTRAST:
        shown = int(ratio * 100) / 100  # never rounded up to what is asked for
        raise ValueError(f"has a contrast of {shown:.2f}:1 on white, and needs at least 7:1; choose a darker colour")
    return colour.lower()


def _tag(tag: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", tag):
        raise ValueError("is not a language tag (BCP 47) such as en, es-MX or zh-Hant")
    return tag


def _phone(number: str) -> str:
    if not any(char.isdigit() for char in number):
        raise ValueError("has no digits; write the telephone number as patients should dial it")
    return number


Tag = Annotated[str, AfterValidator(_tag)]
Phone = Annotated[Name, AfterValidator(_phone)]
Line = Annotated[dict[Tag, Name], Field(min_length=1)]
"""One text in each language: ``{en = "Bring a sweater.", es = "Traiga un suéter."}``."""


class Phones(Strict):
    """The numbers that patients are told to call."""

    desk: Phone
    desk_hours: Line | None = None
    """When the desk answers, in each language."""
    after_hours: Phone
    emergency: Phone
    """911, 112, 999: never assumed."""


def _loaded(value: object, info: ValidationInfo) -> object:
    """Return the logo that a clinic file names; without a file (``context``), ``value`` is the logo already."""
    if not info.context or value is None:
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError("give the path of an SVG or PNG file, in quotes")
    if Path(value).is_absolute():
        raise ValueError("give the path relative to the clinic file")
    return read_logo(info.context["folder"] / value)


class Clinic(Strict):
    """Everything a clinic file says."""

    name: Name
    address: Annotated[tuple[Name, ...], Field(min_length=1, max_length=6)]
    phones: Phones
    logo: Annotated[Logo | None, BeforeValidator(_loaded)] = None
    accent: Annotated[str, AfterValidator(_dark_enough)] = "#0b5560"
    """The one colour of headings, rules and the timeline."""
    paper: Literal["letter", "a4"]
    locale: Tag
    """The language of an order that names none."""
    time_zone: str
    country: str | None = None
    """Whose public holidays (ISO 3166-1), and of which ``state`` (ISO 3166-2, as the ``holidays`` library has it)."""
    state: str | None = None
    code: Literal["none", "code128", "qr"] = "none"
    """The record number as a code for scanning, on every page of a consent."""
    unapproved: Literal["mark", "refuse"] = "mark"
    """What becomes of a form that nobody has approved: its pages say DRAFT, or it is not printed."""
    fallback: Fallback = "refuse"
    """What becomes of a packet that cannot be printed in the patient's language: it is refused, or printed in English
    after a page that asks for an interpreter."""
    holidays: bool = False
    """Closed on public holidays."""
    closed_weekdays: tuple[Weekday, ...] = ()
    closures: tuple[dt.date, ...] = ()
    """Further days on which the clinic is closed."""
    bring: tuple[Line, ...] = ()
    """The clinic's own lines on what to bring."""
    driving: tuple[Line, ...] = ()
    """The clinic's own lines on driving and getting home."""
    sample: bool = False
    """Only the built-in clinic: every page says SAMPLE."""

    @field_validator("time_zone")
    @classmethod
    def _time_zone_exists(cls, zone: str) -> str:
        try:
            zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is not a time zone such as America/Chicago (IANA)") from None
        return zone

    @field_validator("country")
    @classmethod
    def _country_is_known(cls, country: str | None) -> str | None:
        import holidays as calendars

        if country is not None and country not in calendars.list_supported_countries(include_aliases=False):
            raise ValueError("no public holidays are known for it; write a code of two letters such as US")
        return country

    @field_validator("state")
    @classmethod
    def _state_is_known(cls, state: str | None, info: ValidationInfo) -> str | None:
        if state is None or "country" not in info.data:
            return state
        import holidays as calendars

        country = info.data["country"]
        known = calendars.list_supported_countries(include_aliases=False)[country] if country else []
        if state not in known:
            raise ValueError(f"is not a state of {country}: {', '.join(known) or 'none is known'}")
        return state

    @field_validator("holidays")
    @classmethod
    def _holidays_have_a_country(cls, used: bool, info: ValidationInfo) -> bool:
        if used and info.data.get("country", "reported already") is None:
            raise ValueError("public holidays need `country`, and in some countries `state`")
        return used

    @field_validator("closed_weekdays")
    @classmethod
    def _opens_at_all(cls, days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if set(days) == set(WEEKDAYS):
            raise ValueError("a clinic that is closed on every day gives no infusions; take the open days out")
        return days

    @field_validator("sample")
    @classmethod
    def _only_built_in(cls, sample: bool, info: ValidationInfo) -> bool:
        if sample and info.context:
            raise ValueError("only the built-in clinic is a sample; take the key out")
        return sample

    def is_closed(self, day: dt.date) -> bool:
        """Whether no infusion is given on ``day``."""
        if WEEKDAYS[day.weekday()] in self.closed_weekdays or day in self.closures:
            return True
        return self.holidays and day in _public_holidays(self.country or "", self.state, day.year)

    def lines(self, part: Literal["bring", "driving"], locale: str) -> tuple[str, ...]:
        """Return the clinic's own lines in ``locale``; LanguageError names every line that is missing."""
        lines: tuple[Line, ...] = getattr(self, part)
        return tuple(_in_locale({f"{part}[{at}]": line for at, line in enumerate(lines)}, locale))

    def desk_hours(self, locale: str) -> str | None:
        """Return when the desk answers, in ``locale``; LanguageError where that is missing."""
        hours = self.phones.desk_hours
        return _in_locale({"phones.desk_hours": hours}, locale)[0] if hours else None


def _in_locale(lines: dict[str, Line], locale: str) -> list[str]:
    """Return each text in ``locale``: the exact tag, then the same language without its region (RFC 4647 lookup).

    Never another language, and never another script: a reader of zh-Hant is not helped by what stands under zh.
    """
    parts = locale.replace("_", "-").split("-")
    least = 2 if len(parts) > 1 and len(parts[1]) == 4 else 1
    tags = ["-".join(parts[:length]).casefold() for length in range(len(parts), least - 1, -1)]
    found, problems = [], []
    for where, line in lines.items():
        known = {tag.casefold(): text for tag, text in line.items()}
        if text := next((known[tag] for tag in tags if tag in known), None):
            found.append(text)
        else:
            shown = next(iter(line.values()))
            hint = f'add {"-".join(parts)} = "…" to this line of the clinic file'
            problems.append(Problem(where, f"has no text in {'-'.join(parts)}: {shown!r}", hint))
    if problems:
        raise LanguageError(*problems)
    return found


@functools.lru_cache(maxsize=256)
def _public_holidays(country: str, state: str | None, year: int) -> frozenset[dt.date]:
    import holidays as calendars

    return frozenset(calendars.country_holidays(country, subdiv=state, years=year))


class _Table(RootModel[dict[str, object]]):
    """A TOML file before it is checked."""


def read_clinic(path: Path) -> Clinic:
    """Return the clinic in ``path`` with its logo loaded; raises InputError with every problem of the file."""
    data = read_toml(path, _Table).root
    try:
        return Clinic.model_validate(data, context={"folder": path.parent})
    except ValidationError as error:
        raise InputError(*problems_of(error, str(path))) from None


def sample_clinic() -> Clinic:
    """Return the clinic of ``handouts demo``: it exists nowhere, and its numbers reach nobody (555-01xx)."""
    return Clinic(
        name="Sample Infusion Center",
        address=("100 Example Street", "Springfield"),
        phones=Phones(desk="555-0100", after_hours="555-0199", emergency="911"),
        paper="letter",
        locale="en",
        time_zone="America/Chicago",
        sample=True,
    )


def starter() -> str:
    """Return the commented file that ``handouts clinic init`` writes."""
    return (folder("templates") / "clinic.toml").read_text(encoding="utf-8")
