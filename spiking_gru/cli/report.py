"""`spiking-gru report`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardware.errors import InputError
from spiking_gru.cli.console import Voice
from spiking_gru.cli.host_times import on_this_host
from spiking_gru.cli.options import Chip, Debug, Json, Run
from spiking_gru.cli.reported import (
    Asked,
    Made,
    say_without_parquet,
    skipping_of,
    trained_networks,
    verification_of,
)
from spiking_gru.cli.workplace import folder_of

if TYPE_CHECKING:
    from hardware.program.model import Program
    from hardware.program.pair import ProgramPair
    from hardware.reporting import Report, Study
    from hardware.reporting.demand import Demand
    from hardware.runs.trace import Trace
    from spiking_gru.data.npz_form import Inputs
    from spiking_gru.run_folder import RunFolder


def report(
    run: Run,
    other: Annotated[
        Path | None,
        typer.Argument(
            metavar="[OTHER]", help="A second run, to compare with the first.", show_default=False
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
            help="Time ordinary GRUs and the program on this machine; --no-measure always gives "
            "the same report.",
        ),
    ] = True,
    data: Annotated[
        str | None,
        typer.Option(
            help="Other data than the run's test part, or this part in another place.",
            show_default=False,
        ),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            help="The trace to report; for a pair the folder that `run` wrote.",
            show_default="that of `run` on this data",
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(help="Inferences per second, for the mean power.", show_default=False),
    ] = None,
    frame_rate: Annotated[
        float | None,
        typer.Option(help="Frames per second, instead of --rate.", show_default=False),
    ] = None,
    deadline_ms: Annotated[
        float | None,
        typer.Option(help="Milliseconds in which an answer must come.", show_default=False),
    ] = None,
    battery_mwh: Annotated[
        float | None,
        typer.Option(
            help="Capacity of a battery in mWh, for its life at the rate.", show_default=False
        ),
    ] = None,
    rival: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="The digital chip that prices dense networks: digital-45nm, digital-22nm or a "
            ".toml file.",
        ),
    ] = "digital-45nm",
    objective: Annotated[
        str | None,
        typer.Option(
            help="Objective of the placement: knee, cores, energy or latency.",
            show_default="knee",
        ),
    ] = None,
    cost_model: Annotated[
        str, typer.Option(help="Version of the cost model: 0.2, or 0.1 for earlier figures.")
    ] = "0.2",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Report accuracy or error, spikes, operations, energy and time.

    As a table, JSON, CSV and a page. With two runs: both side by side, as a table, JSON and a page.
    """
    voice = Voice(as_json)
    from hardware.reporting.demand import NO_DEMAND

    demand = demand_of(rate, frame_rate, deadline_ms, battery_mwh)
    asked = Asked(chip, measure, data, trace, out, cost_model, rival, demand, objective)
    if other is None:
        voice.result(report_run(folder_of(run), asked, voice))
    elif asked.demand != NO_DEMAND:
        raise InputError(
            "--rate, --frame-rate, --deadline-ms and --battery-mwh ask about one run, but two are "
            "compared: leave them out"
        )
    elif trace is not None:
        raise InputError("--trace names one trace, but two runs are compared: leave it out")
    else:
        voice.result(compare_runs(folder_of(run), folder_of(other), asked, voice))


def demand_of(
    rate: float | None,
    frame_rate: float | None,
    deadline_ms: float | None,
    battery_mwh: float | None,
) -> Demand:
    """Return the use that the options ask for."""
    from hardware.reporting.demand import Demand

    return Demand(
        rate,
        frame_rate,
        None if deadline_ms is None else deadline_ms * 1e-3,
        None if battery_mwh is None else battery_mwh * 3.6,
    )


def report_run(folder: RunFolder, asked: Asked, voice: Voice) -> dict[str, Any]:
    """Report a program, or an encoder and a decoder."""
    from hardware.program.pair import ProgramPair
    from hardware.reporting.files import write_files
    from spiking_gru.cli.pair_report import made_of_pair

    with voice.busy("counting, and drawing the page"):
        program = _programs_of(folder)
        if isinstance(program, ProgramPair):
            made = made_of_pair(folder, program, asked)
        else:
            made = _made_of_program(folder, program, asked)
        is_here = asked.data is None or made.is_own
        place = folder.path if is_here else folder.report_on(str(asked.data))
        written = write_files(made.files, asked.out or place)
    if not voice.as_json:
        made.show(voice.console)
    voice.wrote(written)
    say_without_parquet(voice, "per_inference")
    return made.content


def _programs_of(folder: RunFolder) -> Program | ProgramPair:
    """Return what a run was converted to; an error for a folder that is no run's."""
    from hardware.program.pair import load_programs

    folder.origin()
    return load_programs(folder.require(folder.program, "convert"))


def _made_of_program(folder: RunFolder, program: Program, asked: Asked) -> Made:
    from hardware.reporting import contents_of, print_report

    content, run, tested = _report_of(folder, program, asked)
    files = contents_of(content, run)
    return Made(content.as_json(), files, partial(print_report, content), tested.is_own)


def compare_runs(a: RunFolder, b: RunFolder, asked: Asked, voice: Voice) -> dict[str, Any]:
    from hardware.program.model import Program
    from hardware.reporting import compare_reports, print_comparison, write_comparison

    names = (a.path.name, b.path.name)
    if names[0] == names[1]:
        names = (str(a.path), str(b.path))
    reports = []
    for side in (a, b):
        program = _programs_of(side)
        if not isinstance(program, Program):
            raise InputError(
                f"{side.path} holds an encoder and a decoder, but two programs are compared: "
                f"report each run alone"
            )
        reports.append(_report_of(side, program, asked._replace(measure=False))[0])
    of_a, of_b = reports
    compared = compare_reports(of_a, of_b, names)
    written = write_comparison(compared, asked.out or a.path)
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
        data,
        program.classes,
        several,
        program.preprocessing,
        program.classes_by_head,
        program.vocabulary,
    )
    is_own = inputs.fingerprint == origin["fingerprint"]
    return Tested(origin["name"] if is_own else Path(data).stem, inputs, is_own)


def _trace_on(folder: RunFolder, program: Program, tested: Tested, file: Path) -> Trace:
    """Return the trace to report; an error where it was recorded on other data."""
    import numpy as np

    from hardware.definition.token_rows import same_rows
    from hardware.runs.early_exit import shortened
    from hardware.runs.trace import Trace
    from hardware.sequences.dense import Sequences

    trace = Trace.load(file)
    if trace.program_digest == program.digest:  # else the study refuses it
        sequences, used = Sequences.of(tested.inputs.sequences), trace.exits
        if used is not None and len(used) == len(sequences):
            sequences = shortened(sequences, np.minimum(used, sequences.lengths))
        events, steps = program.encode(sequences)
        if not (np.array_equal(steps, trace.lengths) and same_rows(events, trace.events)):
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


def _report_of(folder: RunFolder, program: Program, asked: Asked) -> tuple[Report, Study, Tested]:
    from hardware.reporting import make_report, study

    origin = folder.origin()
    tested = _tested(folder, program, asked.data)
    file = asked.trace or _trace_file(folder, tested, asked.data)
    trace = _trace_on(folder, program, tested, file)
    run = study(
        program,
        trace,
        tested.inputs.targets,
        asked.chip,
        tested.inputs.naive,
        cost_model=asked.cost_model,
        rival=asked.rival,
        objective=asked.objective,
    )
    content = make_report(
        run,
        dataset=tested.name,
        fingerprint=tested.inputs.fingerprint,
        trained=trained_networks(origin, _shown_metrics(program)) if tested.is_own else None,
        history=origin.get("history", ()) if tested.is_own else (),
        best_epochs=origin.get("best_epochs"),
        verification=verification_of(folder),
        measured=on_this_host(run) if asked.measure else (),
        demand=asked.of_use,
        skipping=skipping_of(origin) if tested.is_own else None,
    )
    return content, run, tested


def _shown_metrics(program: Program) -> list[str]:
    """Return the names of the metrics in a report; those of several heads as `HEAD/METRIC`."""
    from hardware.reporting.metrics import metrics_of_task

    if not program.heads:
        return metrics_of_task(program)
    return [
        f"{name}/{metric}"
        for name in program.heads
        for metric in metrics_of_task(program.head(name))
    ]
