"""The command line: one file for each group of commands, imported when it is called.

``main`` is what the installed ``handouts`` runs, and the one place where errors become words and exit codes.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys

import click

from handouts import __version__
from handouts.commands.settings import Settings
from handouts.errors import HandoutError

# Pydantic looks for plugins in the metadata of every installed package, which takes longer than all that we ask of it.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

COMMANDS = {
    "demo": ("handouts.commands.demo", "Make sample packets: every drug, several locales, a sample clinic."),
    "make": ("handouts.commands.make", "Make one patient's packet."),
    "check": ("handouts.commands.check", "Check a roster: every problem of every row. Nothing is made."),
    "batch": ("handouts.commands.batch", "Make a packet for every row of a roster; a stopped run goes on."),
    "roster": ("handouts.commands.roster", "Begin a roster: its headings, and one sample patient."),
    "schedule": ("handouts.commands.schedule", "Show the dated visits of a treatment."),
    "drugs": ("handouts.commands.drugs", "List, show and check the drugs that are known."),
    "locales": ("handouts.commands.locales", "List the languages, check their catalogs, and bring them up to date."),
    "edition": ("handouts.commands.edition", "Typeset forms ahead of time, and approve what may be handed out."),
    "verify": ("handouts.commands.verify", "Say which form and edition a PDF came from."),
    "clinic": ("handouts.commands.clinic", "Write and check the clinic's own file."),
    "doctor": ("handouts.commands.doctor", "Say what this machine can and cannot print."),
}
"""Name: module, and the line that --help shows without importing it."""


class LazyGroup(click.Group):
    """Imports a command when it is called, so that --help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="handouts")
@click.option(
    "--clinic",
    "clinic_file",
    envvar="HANDOUTS_CLINIC",
    metavar="FILE",
    help="The clinic's own file (clinic.toml). Without it, a sample clinic is used and every page says SAMPLE.",
)
@click.option(
    "--formulary", "formularies", metavar="DIR", multiple=True, help="A folder with more drug files; may be repeated."
)
@click.option("-v", "--verbose", is_flag=True, help="Show where in the program an error came from.")
@click.pass_context
def cli(ctx: click.Context, clinic_file: str | None, formularies: tuple[str, ...], verbose: bool) -> None:
    """Printable patient handouts and consent forms for infusion treatment.

    \b
    A first packet:   handouts make ocrelizumab -o packet.pdf
    All the samples:  handouts demo --out demo

    Exit codes: 0 all made, 1 some refused or left out, 2 usage, 3 bad input, 4 language, 5 layout, 6 output.
    """
    usual = ctx.get_parameter_source("clinic_file") is click.core.ParameterSource.ENVIRONMENT
    ctx.obj = Settings(clinic_file, formularies, usual)


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(50_000)  # a program that starts makes many objects and drops few
    verbose = any(argument in ("-v", "--verbose") for argument in sys.argv[1:])
    try:
        code = cli.main(standalone_mode=False)  # what click.exceptions.Exit carried, if anything
        sys.exit(code if isinstance(code, int) else 0)
    except HandoutError as error:
        if verbose:
            raise
        report(error)
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Stopped. Nothing was made.", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    finally:
        gc.freeze()  # the system takes everything back; to look for cycles first would take a tenth of a short run


def report(error: HandoutError) -> None:
    """Say every problem on stderr: where, what, and what to do about it."""
    for problem in error.problems:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {problem}", err=True)
        if problem.hint:
            click.echo(f"  {click.style('hint:', bold=True)} {problem.hint}", err=True)
