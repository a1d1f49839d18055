"""The edition: one file with approved forms and all that a desk needs to fill them in.

A zip archive: ``edition.json`` (number, what the forms rest on, one entry for each form), ``clinic.json``, the drug
files, packets and locales they were made from, and ``forms/<id>.form``. It never holds a patient.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from handouts.content.clinic import Clinic
from handouts.content.formulary import open_formulary
from handouts.content.language import BINARY, compiled, read_staff_language
from handouts.content.reading import File
from handouts.content.slip import FILE as SLIPS
from handouts.errors import InputError, Problem
from handouts.library import Library
from handouts.model import Treatment
from handouts.press.form import Form, Origin, load
from handouts.press.sheet import Approval

FORMAT = 1
DAMAGE = (
    *(AttributeError, EOFError, LookupError, NotImplementedError, OSError, RuntimeError, TypeError, ValueError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading a damaged archive can raise."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the archive: same forms, same bytes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A form of an edition."""

    form: str
    origin: Origin
    pages: int
    visits: int
    """How many infusions it lists."""
    begun: bool
    """For someone who is in treatment already."""
    treatment: Treatment
    """What it was typeset for; other dates of the same shape share it."""
    approval: Approval | None = None


class Edition:
    """An edition file that is open for reading."""

    def __init__(self, file: Path | IO[bytes], fonts: Path) -> None:
        """Open the edition in ``file``; raises InputError when it is not one."""
        where = str(file) if isinstance(file, Path) else "edition"
        try:
            self._zip = zipfile.ZipFile(file)
            for name in self._zip.namelist():
                if not name.endswith(".form"):  # a form is checked when it is used
                    self._zip.read(name)
            head = json.loads(self._zip.read("edition.json"))
            known = head["format"] == FORMAT
            self.number: int = head["number"]
            self.entries = [_entry(entry) for entry in head["forms"]] if known else []
            self.clinic = Clinic.model_validate_json(self._zip.read("clinic.json"))
            root = zipfile.Path(self._zip)
            for folder in ("drugs", "packets", "locales") if known else ():
                list((root / folder).iterdir())
        except FileNotFoundError:
            raise InputError(Problem(where, "there is no such file", "check the path")) from None
        except DAMAGE:
            raise InputError(Problem(where, "is not an edition, or is damaged", "build it again")) from None
        if not known:
            raise InputError(Problem(where, "was made by another version", "build it again"))
        self._approvals: dict[str, str] = {}
        for entry in self.entries:
            if entry.approval:
                before = self._approvals.get(entry.origin.source, "")
                said = f"{before} {entry.form} {entry.approval}"
                self._approvals[entry.origin.source] = hashlib.sha256(said.encode()).hexdigest()
        formulary = open_formulary(root / "drugs")
        self.library = Library(formulary, root / "packets", root / "locales", fonts, None, head["ground"])

    def get(self, key: str) -> Form | None:
        """Return the form with this id; None when the edition has none."""
        try:
            return load(self._zip.read(f"forms/{key}.form"))
        except KeyError:
            return None
        except DAMAGE:
            problem = f"the form {key[:10]} in it is damaged"
            raise InputError(Problem("edition", problem, "build the edition again")) from None

    def approvals(self, source: str) -> str:
        """Return what stands for the approvals of the forms that are made from ``source``."""
        return self._approvals.get(source, "")

    def put(self, form: Form) -> None:
        """An edition is closed: nothing is added while packets are made."""


def write_edition(
    number: int,
    clinic: Clinic,
    library: Library,
    forms: Sequence[tuple[Entry, Form]],
) -> bytes:
    """Return the bytes of an edition with ``forms`` and what they were made from."""
    from handouts.content.locale_file import whole_text

    head = {
        "format": FORMAT,
        "number": number,
        "ground": library.ground(),
        "forms": [asdict(entry) for entry, _ in forms],
    }
    drugs, locales = _used(forms)
    files: dict[str, bytes] = {
        "edition.json": json.dumps(head, default=str, indent=1, sort_keys=True).encode(),
        "clinic.json": clinic.model_dump_json().encode(),
    }
    files |= {f"drugs/{name}.toml": library.formulary.path(name).read_bytes() for name in drugs}
    files |= {f"packets/{path.name}": path.read_bytes() for path in library.packets.iterdir()}
    if any(entry.origin.slip for entry, _ in forms):
        files[f"locales/{SLIPS}"] = (library.locales / SLIPS).read_bytes()
    for tag in {*locales, read_staff_language(clinic.locale, library.locales).tag}:
        files |= _below(library.locales / tag, f"locales/{tag}")
        files[f"locales/{tag}/locale.toml"] = whole_text(library.locales / tag / "locale.toml")
        if catalog := files.get(f"locales/{tag}/LC_MESSAGES/handouts.po"):
            files[f"locales/{tag}/LC_MESSAGES/{BINARY}"] = compiled(catalog, tag)
    files |= {f"forms/{form.id}.form": form.dump() for _, form in forms}
    return _packed(files)


def _used(forms: Iterable[tuple[Entry, Form]]) -> tuple[list[str], list[str]]:
    origins = [entry.origin for entry, _ in forms]
    drugs, tags = {origin.drug for origin in origins}, {origin.locale.replace("-", "_") for origin in origins}
    return sorted(drugs), sorted(tags)


def _below(folder: File, name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in folder.iterdir():
        if path.is_dir():
            found |= _below(path, f"{name}/{path.name}")
        else:
            found[f"{name}/{path.name}"] = path.read_bytes()
    return found


def _packed(files: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in sorted(files.items()):
            kind = zipfile.ZIP_STORED if name.endswith(".form") else zipfile.ZIP_DEFLATED
            packed.writestr(zipfile.ZipInfo(name, EPOCH), data, kind)
    return archive.getvalue()


def _entry(data: dict[str, Any]) -> Entry:
    approval, treatment = data["approval"], data["treatment"]
    return Entry(
        form=data["form"],
        origin=Origin(**data["origin"]),
        pages=data["pages"],
        visits=data["visits"],
        begun=data["begun"],
        treatment=Treatment(**treatment | {key: _day(treatment[key]) for key in ("start", "last")}),
        approval=Approval(**approval | {"on": _day(approval["on"])}) if approval else None,
    )


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
