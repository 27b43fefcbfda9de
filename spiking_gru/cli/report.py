"""`spiking-gru report`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardware.errors import InputError
from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Chip, Debug, Json, Run
from spiking_gru.cli.workplace import folder_of

if TYPE_CHECKING:
    from hardware.cost.dense_gru import Measured
    from hardware.program.model import Program
    from hardware.reporting import Report, Study, TrainedNetwork
    from hardware.runs.trace import Trace
    from spiking_gru.data.npz_form import Inputs
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
        Path | None,
        typer.Option(help="The folder to write to.", show_default="RUN, or RUN/DATA.report"),
    ] = None,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure/--no-measure",
            help="Time torch.nn.GRU on this machine; without that a run always gives the same "
            "report.",
        ),
    ] = True,
    data: Annotated[
        str | None,
        typer.Option(
            help="Other data than the run's test part, or that part where it has moved.",
            show_default=False,
        ),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(help="The trace to report.", show_default="that of `run` on this data"),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Report accuracy or error, spikes, operations, energy and time.

    As a table, JSON, CSV and a page. With two runs: both side by side, as a table, JSON and a page.
    """
    voice = Voice(as_json)
    if other is None:
        voice.result(report_run(folder_of(run), chip, out, voice, measure, data, trace))
    elif trace is not None:
        raise InputError("--trace names one trace, but two runs are compared: leave it out")
    else:
        voice.result(compare_runs(folder_of(run), folder_of(other), chip, out, voice, data))


def report_run(
    folder: RunFolder,
    chip: str,
    out: Path | None,
    voice: Voice,
    measure: bool = True,
    data: str | None = None,
    trace: Path | None = None,
) -> dict[str, Any]:
    from hardware.reporting import parquet_is_installed, print_report, write_report

    with voice.busy("counting, and drawing the page"):
        content, run, tested = _report_of(folder, chip, measure, data, trace)
        place = folder.path if data is None or tested.is_own else folder.report_on(data)
        written = write_report(content, run, out or place)
    if not voice.as_json:
        print_report(content, voice.console)
    voice.wrote(written)
    if not parquet_is_installed():
        voice.say('no per_inference.parquet: it needs pip install "spiking-gru[parquet]"')
    return content.as_json()


def compare_runs(
    a: RunFolder,
    b: RunFolder,
    chip: str,
    out: Path | None,
    voice: Voice,
    data: str | None = None,
) -> dict[str, Any]:
    from hardware.reporting import compare_reports, print_comparison, write_comparison

    names = (a.path.name, b.path.name)
    if names[0] == names[1]:
        names = (str(a.path), str(b.path))
    of_a, of_b = (_report_of(side, chip, False, data)[0] for side in (a, b))
    compared = compare_reports(of_a, of_b, names)
    written = write_comparison(compared, out or a.path)
    if not voice.as_json:
        print_comparison(compared, voice.console)
    voice.wrote(written)
    return compared.as_json()


@dataclass(frozen=True)
class Tested:
    """The data that a trace was recorded on."""

    name: str
    inputs: Inputs
    is_own: bool
    """Whether it is the test part of the data that the run was made with."""


def _tested(folder: RunFolder, program: Program, data: str | None) -> Tested:
    from spiking_gru.data.npz_form import inputs_of_test
    from spiking_gru.data.registry import load_inputs

    origin = folder.origin()["dataset"]
    if data is None:
        inputs = replace(inputs_of_test(folder.dataset()), fingerprint=origin["fingerprint"])
        return Tested(origin["name"], inputs, True)
    several = program.decision.several
    inputs = load_inputs(
        data, program.classes, several, program.preprocessing, program.classes_by_head
    )
    is_own = inputs.fingerprint == origin["fingerprint"]
    return Tested(origin["name"] if is_own else Path(data).stem, inputs, is_own)


def _trace_on(folder: RunFolder, program: Program, tested: Tested, file: Path) -> Trace:
    """Return the trace to report; an error where it was recorded on other data."""
    import numpy as np

    from hardware.runs.trace import Trace
    from hardware.sequences.dense import Sequences

    trace = Trace.load(file)
    if trace.program_digest == program.digest:  # else the study refuses it
        events, steps = program.encode(Sequences.of(tested.inputs.sequences))
        if not (np.array_equal(steps, trace.lengths) and np.array_equal(events, trace.events)):
            raise InputError(
                f"{file} was recorded on other data than {tested.name}: name that data with "
                f"--data, or run the program on {tested.name} again"
            )
    return trace


def _trace_file(folder: RunFolder, tested: Tested, data: str | None) -> Path:
    """Return where `run` has left the trace of this data."""
    if data is None:
        return folder.require(folder.trace, "run")
    places = [*([folder.trace] if tested.is_own else []), folder.trace_on(data)]
    for place in places:
        if place.is_file():
            return place
    raise InputError(
        f"{places[-1]} is missing: run `spiking-gru run {folder.path} --data {data}` first"
    )


def _report_of(
    folder: RunFolder,
    chip: str,
    measure: bool,
    data: str | None = None,
    trace_file: Path | None = None,
) -> tuple[Report, Study, Tested]:
    from hardware.files.sealed import read_sealed
    from hardware.program.model import Program
    from hardware.reporting import make_report, study

    origin = folder.origin()
    program = Program.load(folder.require(folder.program, "convert"))
    tested = _tested(folder, program, data)
    trace = _trace_on(folder, program, tested, trace_file or _trace_file(folder, tested, data))
    verification = None
    if folder.verification.is_file():
        remedy = f"run `spiking-gru verify {folder.path}` again"
        verification = read_sealed(folder.verification, remedy)
    run = study(program, trace, tested.inputs.targets, chip, tested.inputs.naive)
    content = make_report(
        run,
        dataset=tested.name,
        fingerprint=tested.inputs.fingerprint,
        trained=_trained(origin, program) if tested.is_own else None,
        history=origin.get("history", ()) if tested.is_own else (),
        best_epochs=origin.get("best_epochs"),
        verification=verification,
        measured=_on_this_host(run) if measure and find_spec("torch") else None,
    )
    return content, run, tested


def _trained(origin: dict[str, Any], program: Program) -> dict[str, TrainedNetwork]:
    """Return the networks of a run that a report compares with the program."""
    from hardware.reporting import TrainedNetwork
    from hardware.reporting.metrics import metrics_of_task

    shown = (
        metrics_of_task(program)
        if not program.heads
        else [
            f"{name}/{metric}"
            for name in program.heads
            for metric in metrics_of_task(program.head(name))
        ]
    )
    return {
        row["name"]: TrainedNetwork(
            metrics=_known(origin["test"][row["name"]], shown),
            **{field: value for field, value in row.items() if field != "name"},
        )
        for row in origin["networks"]
    }


def _known(found: dict[str, Any], names: list[str]) -> dict[str, float]:
    """Return the metrics of these names that a network has."""
    return {name: found[name] for name in names if found.get(name) is not None}


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
