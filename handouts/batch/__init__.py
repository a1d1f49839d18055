"""A roster in, packets out: files, journal, manifest, and what goes to the printer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handouts.errors import HandoutError
    from handouts.model import Order
    from handouts.packet import Desk, Packet


def packets(orders: Iterable[Order], desk: Desk | None = None) -> Iterator[Packet | HandoutError]:
    """Yield the packet of each order, one at a time and in their order; nothing is written.

    A patient who cannot be served is an error in the packet's place, not raised, so that the others are served.
    Without a ``desk``: the sample clinic, the drugs and texts of this installation.
    """
    from handouts.errors import HandoutError

    desk = desk or _sample_desk()
    for order in orders:
        try:
            yield desk.packet(order)
        except HandoutError as error:
            yield error


def _sample_desk() -> Desk:
    from handouts import resources
    from handouts.content.clinic import sample_clinic
    from handouts.content.formulary import open_formulary
    from handouts.library import shipped
    from handouts.packet import Desk

    return Desk(sample_clinic(), shipped(open_formulary(resources.drug_folder())))
