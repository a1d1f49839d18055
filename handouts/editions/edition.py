"""The edition: one file with approved forms and all that a desk needs to fill them in.

A zip archive: ``edition.json`` (number, what the forms rest on, one entry for each form), ``clinic.json``, the drug
files, packets and locales they were made from, and ``parts/<key>.part``, a document each. It never holds a patient.
"""

from __future__ import annotations

import datetime as dt
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
from handouts.model import Approval, Treatment
from handouts.press.form import Origin
from handouts.press.ground import can_typeset, ground
from handouts.press.part import Part, load

FORMAT = 2
HEAD = "edition.json"
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
    parts: tuple[str, ...]
    """The keys of its documents, in order."""
    fields: frozenset[str]
    """The names of the fields on its pages."""
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
                if not name.endswith(".part"):  # a part is checked when it is used
                    self._zip.read(name)
            head = json.loads(self._zip.read(HEAD))
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
        self.ground: str = head["ground"]
        """What its forms rest on; where that of today differs, they are older than this program."""
        self._entries = {entry.origin: entry for entry in self.entries}
        formulary = open_formulary(root / "drugs")
        self.library = Library(formulary, root / "packets", root / "locales", fonts, None)

    def entry(self, origin: Origin) -> Entry | None:
        """Return the form that was made for ``origin``; None when the edition has none."""
        return self._entries.get(origin)

    def part(self, key: str) -> Part:
        """Return the part with this key. Raises InputError where it is damaged, or another one is in its place."""
        try:
            part = load(self.part_file(key))
            if part.key != key:
                raise ValueError("another part")
        except (*DAMAGE, InputError):
            problem = f"the form {key[:10]} in it is damaged"
            raise InputError(Problem("edition", problem, "build the edition again")) from None
        return part

    def has_part(self, key: str) -> bool:
        return _place(key) in self._zip.namelist()

    def part_file(self, key: str) -> bytes:
        """Return the part with this key as the bytes of a file. Raises what is in ``DAMAGE``."""
        return self._zip.read(_place(key))

    def with_entries(self, entries: Sequence[Entry]) -> bytes:
        """Return the bytes of this edition with ``entries`` in place of its own: the same forms, otherwise approved."""
        files = {name: self._zip.read(name) for name in self._zip.namelist() if not name.endswith("/")}
        return _packed(files | {HEAD: _head(self.number, self.ground, entries)})


def is_older(edition: Edition, templates: Path) -> bool:
    """Whether ``edition`` was typeset by another program, or from other styles or fonts, than are installed here.

    Where pages cannot be typeset (no Pango), nobody can tell, and it is not.
    """
    return can_typeset() and edition.ground != ground(templates, edition.library.fonts)


def write_edition(
    number: int, clinic: Clinic, library: Library, entries: Sequence[Entry], parts: Mapping[str, bytes]
) -> bytes:
    """Return the bytes of an edition with ``entries``, the files of their ``parts`` by key, and what they were made
    from."""
    from handouts.content.locale_file import whole_text

    drugs, locales = _used(entries)
    files: dict[str, bytes] = {
        HEAD: _head(number, library.ground(), entries),
        "clinic.json": clinic.model_dump_json().encode(),
    }
    files |= {f"drugs/{name}.toml": library.formulary.path(name).read_bytes() for name in drugs}
    files |= {f"packets/{path.name}": path.read_bytes() for path in library.packets.iterdir()}
    if any(entry.origin.dress.slip for entry in entries):
        files[f"locales/{SLIPS}"] = (library.locales / SLIPS).read_bytes()
    for tag in {*locales, read_staff_language(clinic.locale, library.locales).tag}:
        files |= _below(library.locales / tag, f"locales/{tag}")
        files[f"locales/{tag}/locale.toml"] = whole_text(library.locales / tag / "locale.toml")
        if catalog := files.get(f"locales/{tag}/LC_MESSAGES/handouts.po"):
            files[f"locales/{tag}/LC_MESSAGES/{BINARY}"] = compiled(catalog, tag)
    files |= {_place(key): data for key, data in parts.items()}
    return _packed(files)


def _head(number: int, ground: str, entries: Sequence[Entry]) -> bytes:
    forms = [asdict(entry) | {"fields": sorted(entry.fields)} for entry in entries]
    head = {"format": FORMAT, "number": number, "ground": ground, "forms": forms}
    return json.dumps(head, default=str, indent=1, sort_keys=True).encode()


def _place(key: str) -> str:
    return f"parts/{key}.part"


def _used(entries: Iterable[Entry]) -> tuple[list[str], list[str]]:
    origins = [entry.origin for entry in entries]
    tags = {origin.dress.locale.replace("-", "_") for origin in origins}
    return sorted({origin.drug for origin in origins}), sorted(tags)


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
            kind = zipfile.ZIP_STORED if name.endswith(".part") else zipfile.ZIP_DEFLATED
            packed.writestr(zipfile.ZipInfo(name, EPOCH), data, kind)
    return archive.getvalue()


def _entry(data: dict[str, Any]) -> Entry:
    approval, treatment = data["approval"], data["treatment"]
    return Entry(
        form=data["form"],
        origin=Origin.load(data["origin"]),
        pages=data["pages"],
        visits=data["visits"],
        begun=data["begun"],
        parts=tuple(data["parts"]),
        fields=frozenset(data["fields"]),
        treatment=Treatment(**treatment | {key: _day(treatment[key]) for key in ("start", "last")}),
        approval=Approval(**approval | {"on": _day(approval["on"])}) if approval else None,
    )


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
