"""`spiking-gru report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Chip, Debug, Json, Run
from spiking_gru.cli.workplace import folder_of

if TYPE_CHECKING:
    from spiking_gru.run_folder import RunFolder


def report(
    run: Run,
    chip: Chip = "loihi2",
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to.", show_default="RUN")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Report accuracy, spikes, operations, energy and time, as a table, JSON, CSV and a page."""
    voice = Voice(as_json)
    voice.result(report_run(folder_of(run), chip, out, voice))


def report_run(folder: RunFolder, chip: str, out: Path | None, voice: Voice) -> dict[str, Any]:
    from hardware.files import read_json
    from hardware.program import Program
    from hardware.reporting import make_report, print_report, write_report
    from hardware.trace import Trace

    origin, test = folder.origin(), folder.dataset().test
    program = Program.load(folder.require(folder.program, "convert"))
    trace = Trace.load(folder.require(folder.trace, "run"))
    verification = read_json(folder.verification) if folder.verification.is_file() else None
    content = make_report(
        program,
        trace,
        dataset=origin["dataset"]["name"],
        labels=test.labels,
        trained={name: part["accuracy"] for name, part in origin["test"].items()},
        verification=verification,
        chip=chip,
    )
    written = write_report(content, program, trace, test.labels, out or folder.path, chip)
    if not voice.as_json:
        print_report(content, voice.console)
    voice.wrote(written)
    return content.as_json()
