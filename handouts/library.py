"""What packets are made from: drug files, packets, templates, catalogs and fonts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handouts.content.drug import Drug
from handouts.content.facts import Id, Strict
from handouts.content.formulary import Formulary
from handouts.content.reading import File, read_toml
from handouts.errors import InputError, Problem


class Item(Strict):
    document: Id
    when: Id | None = None
    """A part of the drug file; the document is in the packet when the drug has it."""


class PacketFile(Strict):
    """What ``packets/*.toml`` says."""

    documents: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """The formulary and the folders of templates, catalogs and fonts."""

    formulary: Formulary
    packets: File
    locales: File
    fonts: Path
    templates: Path | None
    """None in an edition: its forms are typeset already."""

    def ground(self) -> str:
        """Return the hash of what every form rests on (``press.ground``); empty in an edition, which typesets none."""
        from handouts.press.ground import ground

        return ground(self.templates, self.fonts) if self.templates else ""

    def packet_names(self) -> list[str]:
        """Return the packets that can be asked for."""
        return sorted(path.stem for path in self.packets.iterdir() if path.name.endswith(".toml"))

    def documents(self, packet: str, drug: Drug) -> tuple[str, ...]:
        """Return the documents of ``packet`` for ``drug``, in order; raises InputError when there are none."""
        names = self.packet_names()
        if packet not in names:
            raise InputError(Problem("packet", f"no packet is called {packet!r}", "known packets: " + ", ".join(names)))
        items = read_toml(self.packets / f"{packet}.toml", PacketFile).documents
        if wrong := [item.when for item in items if item.when and item.when not in Drug.model_fields]:
            where = f"packets/{packet}.toml:documents"
            raise InputError(Problem(where, f"a drug file has no part called {wrong[0]!r}", "see drugs schema"))
        if found := tuple(item.document for item in items if not item.when or getattr(drug, item.when)):
            return found
        problem = f"{drug.names.generic} has nothing for the packet {packet!r}"
        raise InputError(Problem("packet", problem, "ask for another packet"))


def shipped(formulary: Formulary) -> Library:
    """Return the library of this installation, with ``formulary``."""
    from handouts import resources

    templates = resources.folder("templates")
    return Library(formulary, templates / "packets", resources.folder("locales"), resources.folder("fonts"), templates)
