"""`spiking-gru report`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Chip, Debug, Json, Run
from spiking_gru.cli.workplace import folder_of

if TYPE_CHECKING:
    from hardware.cost.dense_gru import Measured
    from hardware.reporting import Report, Study
    from spiking_gru.run_folder import RunFolder


def report(
    run: Run,
    other: Annotated[
        Path | None,
        typer.Argument(
            metavar="[OTHER]", help="A second run, to be set beside the first.", show_default=False
        ),
    ] = None,
    chip: Chip = "loihi2",
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to.", show_default="RUN")
    ] = None,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure/--no-measure",
            help="Time torch.nn.GRU on this machine; without that a run always gives the same "
            "report.",
        ),
    ] = True,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Report accuracy, spikes, operations, energy and time.

    As a table, JSON, CSV and a page. With two runs: both side by side, as a table, JSON and a page.
    """
    voice = Voice(as_json)
    if other is None:
        voice.result(report_run(folder_of(run), chip, out, voice, measure))
    else:
        voice.result(compare_runs(folder_of(run), folder_of(other), chip, out, voice))


def report_run(
    folder: RunFolder, chip: str, out: Path | None, voice: Voice, measure: bool = True
) -> dict[str, Any]:
    from hardware.reporting import parquet_is_installed, print_report, write_report

    with voice.busy("counting, and drawing the page"):
        content, run = _report_of(folder, chip, measure)
        written = write_report(content, run, out or folder.path)
    if not voice.as_json:
        print_report(content, voice.console)
    voice.wrote(written)
    if not parquet_is_installed():
        voice.say('no per_inference.parquet: it needs pip install "spiking-gru[parquet]"')
    return content.as_json()


def compare_runs(
    a: RunFolder, b: RunFolder, chip: str, out: Path | None, voice: Voice
) -> dict[str, Any]:
    from hardware.reporting import compare_reports, print_comparison, write_comparison

    names = (a.path.name, b.path.name)
    if names[0] == names[1]:
        names = (str(a.path), str(b.path))
    compared = compare_reports(_report_of(a, chip, False)[0], _report_of(b, chip, False)[0], names)
    written = write_comparison(compared, out or a.path)
    if not voice.as_json:
        print_comparison(compared, voice.console)
    voice.wrote(written)
    return compared.as_json()


def _report_of(folder: RunFolder, chip: str, measure: bool) -> tuple[Report, Study]:
    from hardware.files.sealed import read_sealed
    from hardware.program.model import Program
    from hardware.reporting import make_report, study
    from hardware.runs.trace import Trace

    origin, test = folder.origin(), folder.dataset().test
    program = Program.load(folder.require(folder.program, "convert"))
    trace = Trace.load(folder.require(folder.trace, "run"))
    verification = None
    if folder.verification.is_file():
        remedy = f"run `spiking-gru verify {folder.path}` again"
        verification = read_sealed(folder.verification, remedy)
    has_labels = program.classes and not test.per_step and (test.labels >= 0).all()
    run = study(program, trace, test.labels if has_labels else None, chip)
    content = make_report(
        run,
        dataset=origin["dataset"]["name"],
        fingerprint=origin["dataset"]["fingerprint"],
        trained={
            name: part["accuracy"] for name, part in origin["test"].items() if "accuracy" in part
        },
        verification=verification,
        measured=_on_this_host(run) if measure and find_spec("torch") else None,
    )
    return content, run


def _on_this_host(run: Study) -> Measured:
    """The program's layers as ordinary GRUs, over a sequence of median length."""
    from torch import __version__

    from hardware.cost.dense_gru import Measured
    from spiking_gru.host import processor, time_gru

    program = run.program
    frames = int(median(run.trace.lengths)) // program.encoder.steps
    seconds = time_gru(
        program.encoder.channels,
        [level[0].neurons for level in program.levels],
        frames,
        bidirectional=program.bidirectional,
    )
    return Measured(
        network="torch.nn.GRU of the same layers, float32",
        machine=processor(),
        software=f"torch {__version__}",
        threads=1,
        batch=1,
        frames=frames,
        rounds=len(seconds),
        least_s=min(seconds),
        median_s=median(seconds),
    )
