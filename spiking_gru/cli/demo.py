"""`spiking-gru demo`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from spiking_gru.cli.compared import Asked
from spiking_gru.cli.console import Voice
from spiking_gru.cli.convert import convert_run
from spiking_gru.cli.options import Debug, Force, Json, Resume
from spiking_gru.cli.report import report_run
from spiking_gru.cli.reported import Asked as Reported
from spiking_gru.cli.run import run_program
from spiking_gru.cli.train import Out, train_network
from spiking_gru.cli.verify import verify_run
from spiking_gru.cli.workplace import folder_of

SETTINGS: dict[str, Any] = {
    "reset_mechanism": "none",
    "encoder": "send-on-delta",
    "epochs": 40,
    "quantised_epochs": 40,
    "prune": 0.77,
    "baseline": "gru,state",
}
"""Settings of a cheap network, as in `examples/speaker.py`; the others are those of `train`.

The `state` baseline is for the verdict: from it comes the threshold of the GRU that skips.
"""

Seed = Annotated[int, typer.Option(help="The same seed gives the same result.")]


def demo(
    out: Out = Path("runs/demo"),
    seed: Seed = 0,
    force: Force = False,
    resume: Resume = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Train, convert, run on Lava, verify and report, on real speech."""
    voice, folder, start = Voice(as_json), folder_of(out), time.monotonic()
    train_network({**SETTINGS, "seed": seed}, folder, voice, force, resume)
    convert_run(folder, None, voice)
    run_program(out, None, "lava", None, None, voice)
    summary = verify_run(Asked(out, []), voice)
    content = report_run(folder, Reported(), voice)
    voice.say(
        f"The whole path took {time.monotonic() - start:.0f} s; the page is {out}/report.html"
    )
    voice.result(content)
    if summary["mismatches"]:
        raise typer.Exit(1)
