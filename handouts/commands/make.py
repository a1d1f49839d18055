"""``handouts make``: one patient's packet."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handouts.commands.settings import (
    ask,
    fallback_option,
    settings_of,
    settings_options,
    today,
    treatment_needed,
    treatment_options,
)
from handouts.errors import InputError, Problem, UsageError

if TYPE_CHECKING:
    from handouts.content.clinic import Fallback

MINIMUM = 8
MAXIMUM = 127
"""The longest password of a PDF, in bytes (ISO 32000-2, 7.6.4.3.3)."""
NEEDED = {
    "name": "the patient's name",
    "dob": "date of birth (YYYY-MM-DD)",
    "mrn": "record number",
}


@click.command()
@click.argument("drug")
@click.option("-o", "--output", required=True, metavar="FILE", help="The PDF to write; - for standard output.")
@click.option("--packet", metavar="NAME", help="handout, consent or intake (handout, schedule, consent, card).")
@click.option("--locale", metavar="TAG", help="The patient's language, such as en or es.")
@click.option("--with", "with_", metavar="TAG", help="A second language beside it (not available yet).")
@click.option("--paper", type=click.Choice(["letter", "a4"]), help="The clinic's paper when not given.")
@click.option("--size", type=click.Choice(["standard", "large"]), help="12 pt, or 18 pt re-flowed.")
@click.option("--name", metavar="TEXT", help="The patient's name. On a shared machine let the program ask for it.")
@click.option("--dob", metavar="DATE", help="Date of birth, as 1980-01-02.")
@click.option("--mrn", metavar="TEXT", help="Record number.")
@click.option("--sex", metavar="f|m|x", help="For your own records; the pages are the same for everyone.")
@click.option("--prescriber", metavar="TEXT", help="Who prescribed it; stands on the consent.")
@click.option("--interpreter", metavar="TEXT", help="Name or number; adds a block to the consent.")
@treatment_options
@click.option("--patient", "patient_file", metavar="FILE", help="JSON with the same keys; - for standard input.")
@click.option(
    "--edition",
    "edition_file",
    envvar="HANDOUTS_EDITION",
    metavar="FILE",
    help="Print from this edition and nothing else.",
)
@fallback_option
@click.option("--password-file", metavar="FILE", help="Encrypt the PDF (AES-256) with the first line of this file.")
@settings_options
@click.pass_context
def make(
    ctx: click.Context,
    /,
    drug: str,
    output: str,
    patient_file: str | None,
    edition_file: str | None,
    fallback: Fallback | None,
    password_file: str | None,
    clinic_file: str | None,
    formularies: tuple[str, ...],
    **given: str | None,
) -> None:
    """Make one patient's packet. What is missing is asked for on a terminal.

    \b
    handouts make ocrelizumab -o packet.pdf --locale es
    handouts make methylprednisolone -o packet.pdf --days 3 --patient patient.json
    handouts make ocrelizumab -o packet.pdf --locale so --fallback interpreter
    """
    settings = settings_of(ctx, clinic_file, formularies)
    password = _password(password_file) if password_file else None
    data: dict[str, object] = {key.rstrip("_"): value for key, value in given.items() if value is not None}
    if patient_file:
        data = _merged(_read_patient(patient_file), data)
    data = _merged(data, {"drug": drug})
    desk = settings.desk(edition_file, fallback)
    needed = NEEDED | treatment_needed(desk.library.formulary.drug(drug), data)
    data = ask(data, needed, elsewhere=InputError if patient_file else UsageError)

    from handouts.content.person import doubts, read_order
    from handouts.content.tags import other_wording
    from handouts.forms import SHOWN
    from handouts.output import write

    order = read_order(data, today(), lambda text: [])
    packet = desk.packet(order)
    pdf = packet.pdf
    if password:
        from handouts.press.encryption import encrypted

        pdf = encrypted(pdf, password)
    write(output, pdf)
    click.echo(
        f"{output}: {', '.join(packet.documents)}; {packet.pages} pages, {packet.locale}, form {packet.form[:SHOWN]}",
        err=True,
    )
    if packet.slip:
        problem = f"there is no approved translation into {packet.slip.english_name}"
        click.echo(
            f"warning: {problem}: the packet is in English, and its first page asks for an interpreter", err=True
        )
    elif order.locale and (warning := other_wording(order.locale, packet.locale)):
        click.echo(f"warning: {warning}; {warning.hint}", err=True)
    for doubt in doubts(order.treatment, today()):
        click.echo(f"warning: {doubt}; {doubt.hint}", err=True)


def _password(file: str) -> str:
    """Return the first line of ``file``; it is never shown."""
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(Problem("--password-file", f"{file} cannot be read", "name a text file")) from None
    if not lines or len(lines[0]) < MINIMUM:
        problem = f"the first line has fewer than {MINIMUM} characters"
        raise InputError(Problem("--password-file", problem, "write a longer password on the first line"))
    if len(lines[0].encode()) > MAXIMUM:
        raise InputError(Problem("--password-file", f"the first line is longer than {MAXIMUM} bytes", "shorten it"))
    return lines[0]


def _read_patient(file: str) -> dict[str, object]:
    """Return the JSON object in ``file``; its values are not repeated in messages."""
    where = "--patient"
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
        data = json.loads(text, object_pairs_hook=_once)
    except OSError as error:
        raise InputError(Problem(where, f"{file} cannot be read: {error.strerror}", "check the path")) from None
    except RecursionError:
        raise InputError(Problem(where, "is JSON that is nested too deep", 'write {"name": "…", "dob": "…"}')) from None
    except ValueError as error:
        place = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(Problem(where, f"is not valid JSON{place}", 'write {"name": "…", "dob": "…"}')) from None
    if not isinstance(data, dict):
        raise InputError(Problem(where, "is not one JSON object", 'write {"name": "…", "dob": "…"}'))
    return data


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object; the same key twice is a problem, as nobody can tell which one is meant."""
    keys = [key for key, _ in pairs]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise InputError(*(Problem(key, "is given twice", "give it once") for key in twice))
    return dict(pairs)


def _merged(first: dict[str, object], second: dict[str, object]) -> dict[str, object]:
    """Return both; the same key with two values is a problem, since nobody can tell which one is meant."""
    clashes = [key for key in second if key in first and str(first[key]) != str(second[key])]
    if clashes:
        raise InputError(*(Problem(key, "is given twice, with two values", "give it once") for key in clashes))
    return first | second
