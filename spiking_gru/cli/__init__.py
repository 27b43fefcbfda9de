"""The command line: the only place where training, conversion and hardware meet.

A module for each command. Every import that takes time happens inside a command, so that `--help`
answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from hardware.errors import SpikingGRUError
from spiking_gru.cli import options
from spiking_gru.cli.console import behave_in_a_shell
from spiking_gru.cli.convert import convert
from spiking_gru.cli.data import data
from spiking_gru.cli.demo import demo
from spiking_gru.cli.doctor import doctor
from spiking_gru.cli.export import export
from spiking_gru.cli.generate import generate
from spiking_gru.cli.import_ import import_
from spiking_gru.cli.report import report
from spiking_gru.cli.run import run
from spiking_gru.cli.search import search
from spiking_gru.cli.train import train
from spiking_gru.cli.translate import translate
from spiking_gru.cli.verify import verify

INTERRUPTED = 130
"""The exit code after Ctrl-C."""

app = typer.Typer(
    name="spiking-gru",
    help="Train a spiking GRU, convert it, run it on Lava bit for bit, and see what it would cost.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    demo,
    train,
    search,
    convert,
    run,
    generate,
    translate,
    verify,
    report,
    import_,
    export,
    doctor,
):
    app.command(command.__name__.strip("_"))(command)
app.add_typer(data, name="data")


def _show_version(asked: bool) -> None:
    if asked:
        from spiking_gru import __version__

        print(f"spiking-gru {__version__}")
        raise typer.Exit


@app.callback()
def options_of_all(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Take the options that belong to no command."""


def main() -> None:
    """Run a command; an error is one line and exit code 2, unless `--debug` asks for more."""
    behave_in_a_shell()
    command = typer.main.get_command(app)
    try:
        code = command.main(prog_name="spiking-gru", standalone_mode=False)
    except BrokenPipeError:
        # The reader has seen enough; what it would have read is in the files.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except (SpikingGRUError, OSError) as error:
        if options.debugging:
            raise
        _complain(str(error))
    except typer.Abort:
        _end(INTERRUPTED)
    except Exception as error:
        # Errors of usage are the parser's own; everything else is a fault to be seen whole.
        if not hasattr(error, "format_message"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            sys.exit(2)
        _complain(error.format_message())
    else:
        _end(code or 0)


def _end(code: int) -> None:
    if code == INTERRUPTED:  # typer hands it on as an error or as a code, by its version
        sys.stderr.write("spiking-gru: interrupted\n")
    sys.exit(code)


def _complain(text: str) -> None:
    sys.stderr.write(f"spiking-gru: {' '.join(text.split())}\n")
    sys.exit(2)
