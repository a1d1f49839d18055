"""Reading files that people write: TOML into a checked model, every problem at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from handouts.errors import InputError, Problem

if TYPE_CHECKING:
    import zipfile

File: TypeAlias = "Path | zipfile.Path"
"""A file or folder on disk, or inside an edition."""
Model = TypeVar("Model", bound=BaseModel)

HINTS = {
    "missing": "add this key",
    "extra_forbidden": "check the spelling, or take the key out",
    "string_type": "put it in quotes",
    "int_type": "write a whole number, without quotes",
    "int_parsing": "write a whole number",
    "float_type": "write a number, without quotes",
    "bool_type": "write true or false, without quotes",
    "date_type": "write a date as 2026-12-01, without quotes",
    "date_from_datetime_parsing": "write a date as 2026-12-01",
    "tuple_type": "write a list: [ … ]",
    "model_type": "write this as a table",
    "model_attributes_type": "write this as a table",
    "greater_than": "check the number and its unit",
    "greater_than_equal": "check the number and its unit",
    "less_than": "check the number and its unit",
    "less_than_equal": "check the number and its unit",
    "too_short": "add at least one entry",
    "string_too_short": "write something here",
    "literal_error": "use one of the values that are named",
}


def read_toml(path: File, model: type[Model]) -> Model:
    """Return the file as ``model``.

    Raises InputError with every problem, each at ``file:key``, when the file is missing, is not TOML or does not
    fit.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(Problem(str(path), "there is no such file", "check the path")) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem(str(path), f"cannot be read: {error}", "save it as UTF-8 text")) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            Problem(str(path), f"is not valid TOML: {error}", "mend the line that is named; texts stand in quotes")
        ) from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InputError(*problems_of(error, str(path))) from None


def problems_of(error: ValidationError, where: str) -> list[Problem]:
    """Return pydantic's findings as problems: ``where:key.key[3]``, what, and what to do.

    Values are not repeated: they may identify a patient.
    """
    found = []
    for item in error.errors(include_url=False, include_context=False):
        key = ""
        for part in item["loc"]:
            if isinstance(part, int):
                key += f"[{part}]"
            elif not part.startswith(("function-", "tuple[", "constrained-", "literal[")):
                key += f".{part}" if key else str(part)
        message = item["msg"].removeprefix("Value error, ")
        problem = Problem(f"{where}:{key}" if key else where, message, HINTS.get(item["type"], ""))
        if problem not in found:
            found.append(problem)
    return found
