"""Facts: what every file that people write is made of, and what can be asked of them.

A fact says where it was read and as of when. Wording that reaches a page is typed :data:`Words`: the extractor offers
exactly those strings to translators. A fact with ``verified = false`` is kept for reviewers and never printed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Model = TypeVar("Model", bound=BaseModel)

TRANSLATED = "translated"
"""The marker that makes a string of a drug file a message of the catalog."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2), TRANSLATED]
"""A phrase or sentence for patients, in plain English."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""A name that is never translated: a medicine, a programme, a person's title."""
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]


class Strict(BaseModel):
    """A table of a file that people write: unknown keys are errors, values do not change afterwards."""

    # Built when a file is read, not when the module is imported: only the outermost table needs a validator of its own.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _inherited(schema: dict[str, Any]) -> None:
    """Tell editors that ``as_of`` may be left out: then it is the file's own."""
    schema["required"].remove("as_of")


class Fact(Strict):
    """A fact, or a group of facts from one place."""

    model_config = ConfigDict(json_schema_extra=_inherited)

    source: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Keys of the file's ``[sources]``."""
    as_of: dt.date
    """The day the source was read; the file's own ``as_of`` where not given."""
    verified: bool = True
    """False: believed, but no text was found for it. Never printed."""
    note: str = ""
    """For the people who approve the file; never printed."""


def with_as_of(data: object, day: object) -> object:
    """Return ``data``, as read from a file, with ``day`` for every fact that says no day of its own."""
    if isinstance(data, dict):
        filled = {key: with_as_of(value, day) for key, value in data.items()}
        if "source" in filled:
            filled.setdefault("as_of", day)
        return filled
    if isinstance(data, list):
        return [with_as_of(item, day) for item in data]
    return data


def facts(node: BaseModel, path: str = "") -> Iterator[tuple[str, Fact]]:
    """Yield every fact below ``node`` with its key as in the file (``regimen.steps[0]``)."""
    for name, field in type(node).model_fields.items():
        value = getattr(node, name)
        key = f"{path}.{field.alias or name}" if path else (field.alias or name)
        items = value if isinstance(value, tuple) else (value,)
        for index, item in enumerate(items):
            if isinstance(item, BaseModel):
                where = f"{key}[{index}]" if isinstance(value, tuple) else key
                if isinstance(item, Fact):
                    yield where, item
                yield from facts(item, where)


def statements(node: BaseModel) -> Iterator[tuple[str, str, Fact]]:
    """Yield every fact as its key, what it says on one line, and the fact itself, for people who review it."""
    for key, fact in facts(node):
        own = {name: getattr(fact, name) for name in type(fact).model_fields if name not in Fact.model_fields}
        said = {name: value for name, value in own.items() if value is not None and value != () and value is not False}
        text = "; ".join(f"{name}: {_said(value)}" for name, value in said.items() if not _holds_facts(value))
        yield key, text, fact


def _holds_facts(value: object) -> bool:
    items = value if isinstance(value, tuple) else (value,)
    return any(isinstance(item, Fact) for item in items)


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return " | ".join(_said(item) for item in value)
    return str(value)


def words(node: BaseModel, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string below ``node`` that reaches a page and is translated, with its key in the file.

    Unverified facts are left out, as they are never printed.
    """
    if isinstance(node, Fact) and not node.verified:
        return
    for name, field in type(node).model_fields.items():
        value = getattr(node, name)
        key = f"{path}.{field.alias or name}" if path else (field.alias or name)
        marked = TRANSLATED in field.metadata or _is_translated(field.annotation)
        items = value if isinstance(value, tuple) else (value,)
        for index, item in enumerate(items):
            where = f"{key}[{index}]" if isinstance(value, tuple) else key
            if isinstance(item, BaseModel):
                yield from words(item, where)
            elif marked and isinstance(item, str):
                yield where, item


def _is_translated(annotation: object) -> bool:
    """Whether ``Words`` stands anywhere in a field's type."""
    if TRANSLATED in getattr(annotation, "__metadata__", ()):
        return True
    return any(_is_translated(argument) for argument in get_args(annotation))


def printable(node: Model) -> Model:
    """Return ``node`` without its unverified facts: what templates are given, and nothing else."""
    kept: dict[str, object] = {}
    for name in type(node).model_fields:
        value = getattr(node, name)
        if isinstance(value, tuple):
            kept[name] = tuple(
                printable(item) if isinstance(item, BaseModel) else item
                for item in value
                if not (isinstance(item, Fact) and not item.verified)
            )
        elif isinstance(value, Fact) and not value.verified:
            kept[name] = None
        elif isinstance(value, BaseModel):
            kept[name] = printable(value)
    return node.model_copy(update=kept)
