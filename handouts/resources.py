"""Where templates, catalogs and fonts are: inside an installed wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder ``name`` (templates, locales, fonts) that was shipped with this package."""
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"handouts is installed without its {name}/ folder")


def drug_folder() -> Path:
    """Return the folder of the formulary that was shipped with this package."""
    return _PACKAGE / "drugs"
