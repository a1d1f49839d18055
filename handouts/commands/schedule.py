"""``handouts schedule``: the dated visits of a treatment, without a patient."""

from __future__ import annotations

import click

from handouts.commands.settings import (
    ask,
    settings_of,
    settings_options,
    show_json,
    show_table,
    treatment_needed,
    treatment_options,
)
from handouts.errors import InputError, Problem, UsageError


@click.command()
@click.argument("drug")
@treatment_options
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.option("--ics", metavar="FILE", help="Write a calendar file that telephones open; - for standard output.")
@click.option("--name-drug", is_flag=True, help="Say the drug in the calendar's titles. Others may see them.")
@settings_options
@click.pass_context
def schedule(
    ctx: click.Context,
    drug: str,
    start: str | None,
    done: str | None,
    last: str | None,
    days: str | None,
    dose: str | None,
    as_json: bool,
    ics: str | None,
    name_drug: bool,
    clinic_file: str | None,
    formularies: tuple[str, ...],
) -> None:
    """Show the dated visits of a treatment.

    \b
    handouts schedule ocrelizumab --start 2026-12-01
    handouts schedule natalizumab --done 12 --last 2026-11-03 --json
    """
    settings = settings_of(ctx, clinic_file, formularies)
    if as_json and ics == "-":
        raise UsageError(Problem("--ics", "and --json cannot both go to standard output", "name a file for --ics"))

    from handouts.content.facts import printable
    from handouts.content.person import read_treatment
    from handouts.schedule import plan, schedule_json

    clinic = settings.clinic()
    found = printable(settings.library().formulary.drug(drug))
    said = {"start": start, "done": done, "last": last, "days": days, "dose": dose}
    given = ask(said, treatment_needed(found, said), elsewhere=UsageError)
    dated = plan(found, read_treatment(given), closed=clinic.is_closed)
    if ics:
        from handouts.calendar_file import calendar
        from handouts.output import write

        if not dated.visits:
            raise InputError(Problem("schedule", "has no visits left to write", "check --done and --last"))
        name = found.names.generic if name_drug else None
        clinic_name = "" if clinic.sample else clinic.name
        write(ics, calendar(dated, clinic_name=clinic_name, time_zone=clinic.time_zone, drug_name=name))
    if as_json:
        show_json(schedule_json(dated))
    elif not ics:
        show_table(
            ("date", "visit", "dose", "minutes", "watch", "what"),
            [
                (
                    visit.date.isoformat(),
                    visit.kind.value,
                    visit.dose or "",
                    str(visit.minutes or ""),
                    str(visit.observe_minutes or ""),
                    visit.label + (" (the clinic is closed)" if visit.closed else ""),
                )
                for visit in dated.visits
            ],
        )
