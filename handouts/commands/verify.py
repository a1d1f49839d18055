"""``handouts verify``: where a PDF came from, and whether it is still current."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from handouts.commands.settings import say_if_older, settings_of, settings_options, show_json, show_table
from handouts.errors import HandoutError, InputError, Problem

if TYPE_CHECKING:
    from handouts.editions.edition import Edition
    from handouts.editions.provenance import Provenance
    from handouts.packet import Desk


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--edition", "edition_file", envvar="HANDOUTS_EDITION", metavar="FILE", help="Compare with this edition.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@settings_options
@click.pass_context
def verify(
    ctx: click.Context,
    files: tuple[str, ...],
    edition_file: str | None,
    as_json: bool,
    clinic_file: str | None,
    formularies: tuple[str, ...],
) -> None:
    """Say which form and edition a PDF came from, and whether it is current, superseded, or altered since.

    Exit code 3 when a file is altered, superseded, or was not made by this program.

    \b
    handouts verify packet.pdf
    """
    from handouts import resources
    from handouts.editions.edition import Edition
    from handouts.packet import at_edition, typesetting

    settings = settings_of(ctx, clinic_file, formularies)
    edition = Edition(Path(edition_file), resources.folder("fonts")) if edition_file else None
    if edition:
        say_if_older(edition)
    desk = at_edition(edition) if edition else typesetting(settings.clinic(), settings.library(), settings.shelf())
    rows = [_row(file, desk, edition) for file in files]
    if as_json:
        show_json([dict(zip(("file", "state", "form", "made_for", "approved"), row, strict=True)) for row in rows])
    else:
        show_table(("file", "state", "form", "made for", "approved"), rows)
    if any(row[1] != "current" for row in rows):
        raise click.exceptions.Exit(InputError.exit_code)


def _row(file: str, desk: Desk, edition: Edition | None) -> tuple[str, str, str, str, str]:
    from handouts.editions.provenance import provenance

    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise InputError(Problem(file, f"cannot be read: {error.strerror}", "check the path")) from None
    found = provenance(data)
    if found is None:
        return (file, "unknown: not made by this program, or changed beyond recognition", "", "", "")
    dress = found.origin.dress
    made_for = f"{found.origin.drug} {dress.locale} {dress.title} {dress.paper} {dress.size}"
    approved = _approved(found, edition)
    state = "altered since it was made" if found.altered else _state(found, desk, edition)
    return (file, state, found.form[:10], made_for, approved)


def _approved(found: Provenance, edition: Edition | None) -> str:
    """Return who approved the form; a draft stays one, even where its form was approved later."""
    if not found.approved:
        return "draft"
    approvals = [entry.approval for entry in edition.entries if entry.form == found.form] if edition else []
    if approvals and (approval := approvals[0]):
        return f"{approval.by} ({approval.role}), {approval.on}, edition {approval.edition}"
    return "approved"


def _state(found: Provenance, desk: Desk, edition: Edition | None) -> str:
    """Return whether the edition, or the texts, facts and clinic of today, still make this form."""
    if edition:
        entry = edition.entry(found.origin)
        return "current" if entry and entry.form == found.form else "superseded"
    from handouts.publish import current_key

    try:
        return "current" if current_key(found.origin, desk) == found.form else "superseded"
    except HandoutError as error:
        return f"superseded: {error}"
