"""The options of the command line: their types, names and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

debugging = False
"""Whether `--debug` was given."""


def _debug(value: bool) -> None:
    global debugging
    debugging = debugging or value


Run = Annotated[Path, typer.Argument(help="The folder of a run.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Debug = Annotated[
    bool, typer.Option("--debug", callback=_debug, help="Show the traceback of an error.")
]
Seed = Annotated[int, typer.Option(help="The same seed (and --threads) gives the same result.")]
Data = Annotated[str, typer.Option(help="A data set by name, or a .npz file of the same form.")]
Hidden = Annotated[int, typer.Option(help="Neurons in each layer.")]
Layers = Annotated[int, typer.Option(help="Layers.")]
Epochs = Annotated[int, typer.Option(help="Epochs in floating point; 0 quantises from the start.")]
Formulation = Annotated[
    str, typer.Option(help="torch, keep, write, output-gated or forget (convert: torch).")
]
Emit = Annotated[str, typer.Option(help="binary, signed, graded or state (convert: binary).")]
Bidirectional = Annotated[
    bool, typer.Option("--bidirectional", help="Both directions (convert: one).")
]
QuantisedEpochs = Annotated[int, typer.Option(help="Epochs in the chip's arithmetic, after those.")]
Threads = Annotated[int, typer.Option(help="Threads of torch; more help only large networks.")]
Bits = Annotated[int, typer.Option(help="Bits of a weight, 2 to 8.")]
Activation = Annotated[str, typer.Option(help="How σ and tanh are computed: hard or table.")]
Engine = Annotated[str, typer.Option(help="events or lava.")]
Chip = Annotated[str, typer.Option(help="The chip whose costs are charged: loihi1 or loihi2.")]
Deadline = Annotated[
    float | None, typer.Option(help="Seconds that Lava may take.", show_default="by length")
]
