"""The formulary: which drugs are known, and what their files say."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from handouts.content.drug import Drug
from handouts.content.reading import File, read_toml
from handouts.errors import InputError, Problem

SLIP = 0.86
"""How like a drug's id a name must be to be taken for a slip of it: names of other medicines are alike, too (rituximab,
ublituximab: 0.8)."""


@dataclass(frozen=True, slots=True)
class Formulary:
    """Drug files by id, from one or more folders; a later folder's file replaces an earlier one's."""

    files: dict[str, File]
    _read: dict[File, Drug] = field(default_factory=dict, compare=False, repr=False)
    """What was read already: a file is read once."""

    def ids(self) -> list[str]:
        return sorted(self.files)

    def faults(self) -> dict[str, InputError]:
        """Return what is wrong with the files that cannot be read, by the id of the drug."""
        found = {}
        for name, path in sorted(self.files.items()):
            try:
                self._drug(path)
            except InputError as error:
                found[name] = error
        return found

    def path(self, name: str) -> File:
        """Return the file of the drug ``name``; raises InputError that names the nearest one."""
        wanted = name.strip().casefold()
        if wanted in self.files:
            return self.files[wanted]
        near = self.near(name)
        hint = f"did you mean {near}?" if near else "known drugs: " + ", ".join(self.ids())
        raise InputError(Problem("drug", f"no drug is called {name!r}", hint))

    def near(self, name: str) -> str | None:
        """Return the id that ``name`` is a slip of; None where it is another word."""
        found = difflib.get_close_matches(name.strip().casefold(), self.files, n=1, cutoff=SLIP)
        return found[0] if found else None

    def drug(self, name: str) -> Drug:
        """Return the drug called ``name``; raises InputError when there is none."""
        return self.find(name) or self._drug(self.path(name))

    def find(self, name: str) -> Drug | None:
        """Return the drug called ``name``, by id, generic name or brand; None when there is none."""
        wanted = name.strip().casefold()
        if wanted in self.files:
            return self._drug(self.files[wanted])
        for path in self.files.values():
            drug = self._drug(path)
            if wanted in {drug.names.generic.casefold(), *(brand.casefold() for brand in drug.names.brands)}:
                return drug
        return None

    def _drug(self, path: File) -> Drug:
        if path not in self._read:
            self._read[path] = read_drug(path)
        return self._read[path]


def open_formulary(*folders: File) -> Formulary:
    """Return the formulary of ``folders``: one drug for each ``*.toml``, named like its file."""
    files: dict[str, File] = {}
    for folder in folders:
        if not folder.is_dir():
            raise InputError(Problem(str(folder), "there is no such folder", "name a folder with drug files"))
        files |= {path.stem.casefold(): path for path in folder.iterdir() if path.name.endswith(".toml")}
    return Formulary(files)


def read_drug(path: File) -> Drug:
    """Return the drug in ``path``; raises InputError with every problem of the file."""
    drug = read_toml(path, Drug)
    if drug.id != path.stem.casefold():
        raise InputError(
            Problem(f"{path}:id", f"says {drug.id!r}, but the file is {path.name}", "give both the same name")
        )
    return drug
