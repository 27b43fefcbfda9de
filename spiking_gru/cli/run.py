"""`spiking-gru run`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardware.errors import InputError
from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Deadline, Debug, Engine, Json, Source
from spiking_gru.cli.stream import stream_answers
from spiking_gru.cli.workplace import folder_of, require_there

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hardware.program.model import Program
    from hardware.runs.trace import Trace


def run(
    source: Source,
    data: Annotated[
        str | None, typer.Option(help="Other data than the run's test part.", show_default=False)
    ] = None,
    engine: Engine = "events",
    out: Annotated[
        Path | None, typer.Option(help="The trace file.", show_default="RUN/trace.safetensors")
    ] = None,
    deadline: Deadline = None,
    mapping: Annotated[
        str | None, typer.Option(help="lava: structural or fused.", show_default="structural")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="lava, fused: sequences at once.", show_default="1")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="events: threads.", show_default="all cores")
    ] = None,
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help="Answer frames from standard input: one a line, numbers with commas between.",
        ),
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run the program over the test part.

    Every spike, membrane and score is recorded.
    """
    voice = Voice(as_json)
    require_there(source)
    chosen = {"mapping": mapping, "batch": batch, "threads": threads}
    options = {name: value for name, value in chosen.items() if value is not None}
    if stream:
        folder = folder_of(source)
        file = folder.require(folder.program, "convert") if source.is_dir() else source
        stream_answers(file, engine, options, sys.stdin, sys.stdout, as_json)
    else:
        voice.result(run_program(source, data, engine, out, deadline, voice, options))


def run_program(
    source: Path,
    data: str | None,
    engine: str,
    out: Path | None,
    deadline: float | None,
    voice: Voice,
    options: dict[str, Any] | None = None,
) -> dict[str, Any]:
    from hardware.program.model import Program
    from hardware.runs.clamped import clamped_inputs
    from hardware.runs.run import run as run_on
    from spiking_gru.data.registry import load_inputs

    is_folder = source.is_dir()
    folder = folder_of(source if is_folder else source.parent)
    if data is None and not is_folder:
        raise InputError(f"{source} is a program: say what to run it on with --data")
    test = folder.dataset().test if data is None else None
    program = Program.load(folder.require(folder.program, "convert") if is_folder else source)
    inputs = test or load_inputs(str(data), program.classes)
    sequences = inputs.sequences
    start = time.perf_counter()
    with voice.busy(f"{engine}: running {len(sequences)} sequences"):
        trace = run_on(program, sequences, engine, deadline, **(options or {}))
    seconds = time.perf_counter() - start
    target = out or folder.trace
    if out is None and data is not None:
        # The run's own trace is that of its test part, which the report is about.
        target = folder.trace_on(data)
    steps = int(trace.lengths.sum())
    clamped = clamped_inputs(trace, program)
    assert clamped is not None
    result: dict[str, Any] = {
        "engine": engine,
        "sequences": len(trace.lengths),
        "steps": steps,
        "seconds": seconds,
        "clamped_inputs": {
            "share": clamped.share,
            "by_channel": clamped.by_channel.tolist(),
            "warning": clamped.warning(program.encoder),
        },
        "trace": str(target),
        **answers_of(program, trace, inputs.targets),
    }
    trace.save(target)
    figures = "".join(f", {text}" for text in figures_of(result))
    voice.say(
        f"{engine}: {len(trace.lengths)} sequences, {steps} steps in {seconds:.1f} s{figures}, "
        f"{100 * clamped.share:.2f} % of the inputs clamped"
    )
    voice.wrote([target])
    return result


def answers_of(program: Program, trace: Trace, targets: NDArray[Any] | None) -> dict[str, Any]:
    """Return the answers of a run, and their metrics where the targets are known."""
    from hardware.runs.answers import answers, metrics_of

    found = answers(program, trace)
    named = [program.classes[i] for i in found] if program.classes else None
    result: dict[str, Any] = {
        "predictions": named,
        "values": None if program.classes else found.tolist(),
        "accuracy": None,
        "rmse": None,
    }
    if targets is not None:
        metrics = vars(metrics_of(program, trace, targets))
        result |= {name: metrics.get(name) for name in ("accuracy", "rmse")}
    return result


def figures_of(result: dict[str, Any]) -> list[str]:
    """Return the accuracy or the error of a run as text, where it is known."""
    accuracy, rmse = result["accuracy"], result["rmse"]
    texts = [] if accuracy is None else [f"{100 * accuracy:.2f} % accuracy"]
    return texts if rmse is None else [*texts, f"RMSE {rmse:.4g}"]
