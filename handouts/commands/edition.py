"""``handouts edition``: typeset ahead of time, and approve what may be handed out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handouts.commands.settings import (
    fallback_option,
    progress,
    say_if_older,
    say_left_out,
    settings_of,
    settings_options,
    show_json,
    show_table,
    today,
)
from handouts.errors import InputError, LeftOut, Problem, UsageError

if TYPE_CHECKING:
    from handouts.content.clinic import Fallback


@click.group()
def edition() -> None:
    """Typeset forms ahead of time, and approve what may be handed out.

    \b
    handouts edition build --out clinic.edition
    handouts edition list clinic.edition
    handouts edition approve 3f9a2c --edition clinic.edition --by "Sample Pharmacist" --role pharmacist
    """


@edition.command()
@click.option("--out", required=True, metavar="FILE", help="The edition. One that is there gives what has not changed.")
@click.option("--drug", "drugs", multiple=True, metavar="DRUG", help="All drugs when not given; may be repeated.")
@click.option("--locale", "locales", multiple=True, metavar="TAG", help="All languages when not given.")
@click.option("--packet", "packets", multiple=True, metavar="NAME", help="intake when not given.")
@click.option(
    "--size", "sizes", multiple=True, type=click.Choice(["standard", "large"]), help="standard when not given."
)
@fallback_option
@click.option("--slip", "slips", multiple=True, metavar="TAG", help="With --fallback interpreter: all when not given.")
@click.option("--jobs", type=click.IntRange(1), help="Processes; one for each processor when not given.")
@settings_options
@click.pass_context
def build(
    ctx: click.Context,
    /,
    out: str,
    drugs: tuple[str, ...],
    locales: tuple[str, ...],
    packets: tuple[str, ...],
    sizes: tuple[str, ...],
    fallback: Fallback | None,
    slips: tuple[str, ...],
    jobs: int | None,
    clinic_file: str | None,
    formularies: tuple[str, ...],
) -> None:
    """Typeset every form that a desk will need into one file.

    A drug or a language with a fault is named and left out; exit code 1. Where nothing can be made, no file is written.

    \b
    handouts edition build --out clinic.edition
    handouts edition build --out clinic.edition --fallback interpreter --slip so --slip uk
    """
    from handouts.content.language import locale_tags
    from handouts.content.slip import find_slip, read_slips
    from handouts.editions.edition import Edition, write_edition
    from handouts.output import write
    from handouts.publish import build_forms, orders

    settings, problems = settings_of(ctx, clinic_file, formularies).sound()
    library, clinic = settings.library(), settings.clinic()
    names = [name for name in drugs or library.formulary.ids() if name.casefold() not in settings.left_out]
    if not names:
        raise InputError(*problems)
    clinic = clinic.model_copy(update={"fallback": fallback or clinic.fallback})
    if slips and clinic.fallback == "refuse":
        problem = "is for packets that fall back on English"
        raise UsageError(Problem("--slip", problem, "give --fallback interpreter, too"))
    known = read_slips(library.locales)
    chosen = [find_slip(tag, known).tag for tag in slips or known] if clinic.fallback == "interpreter" else []
    before = Edition(Path(out), library.fonts) if Path(out).exists() else None
    wanted = orders(
        library,
        names,
        locales or locale_tags(library.locales),
        packets or ("intake",),
        sizes or ("standard",),
        list(dict.fromkeys(chosen)),
    )
    built = build_forms(
        list(wanted),
        clinic,
        library,
        before=before,
        jobs=jobs or os.cpu_count() or 1,
        progress=lambda done, total: progress(done, total, "forms"),
    )
    problems += dict.fromkeys(problem for error in built.faults.values() for problem in error.problems)
    if not built.entries:
        raise type(next(iter(built.faults.values())))(*problems)
    number = before.number + 1 if before else 1
    write(out, write_edition(number, clinic, library, built.entries, built.parts))
    approved = sum(1 for entry in built.entries if entry.approval)
    click.echo(f"{out}: edition {number}, {len(built.entries)} forms, {approved} of them approved.", err=True)
    say_left_out(settings.left_out, built.faults)
    if problems:
        raise LeftOut(*problems)


@edition.command("list")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
def list_(file: str, as_json: bool) -> None:
    """List the forms of an edition, and who approved them."""
    from handouts import resources
    from handouts.editions.edition import Edition

    opened = Edition(Path(file), resources.folder("fonts"))
    say_if_older(opened)
    if as_json:
        show_json(
            [
                {
                    "form": entry.form,
                    "drug": entry.origin.drug,
                    "locale": entry.origin.dress.locale,
                    "packet": entry.origin.dress.title,
                    "paper": entry.origin.dress.paper,
                    "size": entry.origin.dress.size,
                    "pages": entry.pages,
                    "visits": entry.visits,
                    "begun": entry.begun,
                    "approved": entry.approval
                    and {
                        "by": entry.approval.by,
                        "role": entry.approval.role,
                        "on": entry.approval.on,
                        "edition": entry.approval.edition,
                    },
                }
                for entry in opened.entries
            ]
        )
        return
    rows = []
    for entry in opened.entries:
        dress, approval = entry.origin.dress, entry.approval
        state = f"{approval.by} ({approval.role}), {approval.on}" if approval else "draft"
        begun = "in treatment" if entry.begun else "new"
        paper = f"{dress.paper} {dress.size}"
        what = (entry.origin.drug, dress.locale, dress.title, paper, begun, str(entry.visits))
        rows.append((entry.form[:10], *what, str(entry.pages), state))
    show_table(("form", "drug", "language", "packet", "paper", "patient", "visits", "pages", "approved"), sorted(rows))


@edition.command()
@click.argument("forms", nargs=-1, required=True, metavar="FORM…")
@click.option("--edition", "file", required=True, envvar="HANDOUTS_EDITION", metavar="FILE", help="The edition file.")
@click.option("--by", required=True, metavar="NAME", help="Who approves.")
@click.option("--role", required=True, metavar="TEXT", help="In which role: pharmacist, neurologist …")
def approve(forms: tuple[str, ...], file: str, by: str, role: str) -> None:
    """Approve forms, by id or how it begins ("all" for every one): their pages no longer say DRAFT."""
    from handouts import resources
    from handouts.editions.edition import Edition
    from handouts.model import Approval
    from handouts.output import write
    from handouts.publish import approve as approved_forms

    opened = Edition(Path(file), resources.folder("fonts"))
    wanted = [entry.form for entry in opened.entries] if forms == ("all",) else list(forms)
    entries = approved_forms(opened, wanted, Approval(by, role, today(), opened.number))
    write(file, opened.with_entries(entries))
    click.echo(f"{len(wanted)} approved by {by} ({role}).", err=True)
