"""`spiking-gru run`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from hardware.errors import InputError
from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Deadline, Debug, Engine, Json, Source
from spiking_gru.cli.stream import stream_answers
from spiking_gru.cli.workplace import folder_of, require_there


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
    classes = None
    if data is not None:
        sequences, labels, classes = load_inputs(data)
    elif is_folder:
        test = folder.dataset().test
        sequences, labels = test.sequences, test.labels
    else:
        raise InputError(f"{source} is a program: say what to run it on with --data")
    program = Program.load(folder.require(folder.program, "convert") if is_folder else source)
    start = time.perf_counter()
    with voice.busy(f"{engine}: running {len(sequences)} sequences"):
        trace = run_on(program, sequences, engine, deadline, **(options or {}))
    seconds = time.perf_counter() - start
    if labels is not None and classes is not None and classes != program.classes:
        raise InputError(
            f"{data} has the classes {', '.join(classes)}, but the program names "
            f"{', '.join(program.classes)}: put the labels in the program's order"
        )
    target = out or folder.trace
    if out is None and data is not None:
        # The run's own trace is that of its test part, which the report is about.
        target = folder.path / f"{Path(data).stem}.trace.safetensors"
    trace.save(target)
    steps = int(trace.lengths.sum())
    clamped = clamped_inputs(trace, program)
    assert clamped is not None
    result: dict[str, Any] = {
        "engine": engine,
        "sequences": len(trace.lengths),
        "steps": steps,
        "seconds": seconds,
        "predictions": [program.classes[i] for i in trace.predictions] if program.classes else None,
        "accuracy": None if labels is None else float((trace.predictions == labels).mean()),
        "clamped_inputs": {
            "share": clamped.share,
            "by_channel": clamped.by_channel.tolist(),
            "warning": clamped.warning(program.encoder),
        },
        "trace": str(target),
    }
    accuracy = "" if labels is None else f", {100 * result['accuracy']:.2f} % named rightly"
    voice.say(
        f"{engine}: {len(trace.lengths)} sequences, {steps} steps in {seconds:.1f} s{accuracy}, "
        f"{100 * clamped.share:.2f} % of the inputs clamped"
    )
    voice.wrote([target])
    return result
