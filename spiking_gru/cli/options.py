"""The options that several commands share: their types, names and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

debugging = False
"""Whether `--debug` was given."""


def _debug(value: bool) -> None:
    global debugging
    debugging = debugging or value


Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)
]
Source = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="The folder of a run, or a program file.", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Debug = Annotated[
    bool, typer.Option("--debug", callback=_debug, help="Show the traceback of an error.")
]
Force = Annotated[
    bool,
    typer.Option("--force", help="Replace the run in the folder, once the new one is complete."),
]
Resume = Annotated[
    bool | None,
    typer.Option(
        "--resume/--no-resume",
        help="Go on with the unfinished training in the folder, or start over.",
        show_default="go on, if it is the same",
    ),
]
Engine = Annotated[str, typer.Option(help="events, lava or numpy.")]
Chip = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE.toml",
        help="The chip to charge: loihi1, loihi2, spinnaker2, xylo or a .toml file.",
    ),
]
Deadline = Annotated[
    float | None, typer.Option(help="Most seconds for Lava.", show_default="by length")
]
