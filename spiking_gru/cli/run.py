"""`spiking-gru run`."""

from __future__ import annotations

import sys
import time
from itertools import accumulate, pairwise
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardware.errors import InputError, SettingError
from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Deadline, Debug, Engine, Json, Source
from spiking_gru.cli.stream import stream_answers
from spiking_gru.cli.workplace import folder_of, require_there

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    early_exit: Annotated[
        float | None,
        typer.Option(
            help="End each sequence where its best class leads by this margin of logits.",
            show_default="off",
        ),
    ] = None,
    fewest: Annotated[
        int | None,
        typer.Option(help="--early-exit: fewest frames of a sequence.", show_default="1"),
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
    options: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    if fewest is not None and early_exit is None:
        raise SettingError("--fewest is of no use without --early-exit: give a margin there")
    if stream and early_exit is not None:
        raise SettingError(
            "--stream answers every frame, so nothing ends early: leave --early-exit out, and stop "
            "where an answer is clear"
        )
    if early_exit is not None:
        options |= {"early_exit": early_exit, "fewest": 1 if fewest is None else fewest}
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
    from spiking_gru.data.npz_form import inputs_of_test
    from spiking_gru.data.registry import load_inputs

    is_folder = source.is_dir()
    folder = folder_of(source if is_folder else source.parent)
    if data is None and not is_folder:
        raise InputError(f"{source} is a program: say what to run it on with --data")
    test = inputs_of_test(folder.dataset()) if data is None else None
    program = Program.load(folder.require(folder.program, "convert") if is_folder else source)
    inputs = test or load_inputs(
        str(data),
        program.classes,
        program.decision.several,
        program.preprocessing,
        program.classes_by_head,
    )
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
        "frames_used": None if trace.exits is None else trace.exits.tolist(),
        "clamped_inputs": {
            "share": clamped.share,
            "by_channel": clamped.by_channel.tolist(),
            "warning": clamped.warning(program.encoder),
        },
        "trace": str(target),
        **answers_of(program, trace, inputs.targets, inputs.naive),
    }
    trace.save(target)
    figures = "".join(f", {text}" for text in figures_of(result))
    if trace.exits is not None and len(trace.exits):
        whole = sequences.lengths.mean()
        figures += f", {trace.exits.mean():.1f} of {whole:.1f} frames used on average"
    voice.say(
        f"{engine}: {len(trace.lengths)} sequences, {steps} steps in {seconds:.1f} s{figures}, "
        f"{100 * clamped.share:.2f} % of the inputs clamped"
    )
    for name, of_head in result.get("heads", {}).items():
        if of_head["metrics"]:
            voice.say(f"  {name}: {', '.join(figures_of(of_head))}")
    voice.wrote([target])
    return result


def answers_of(
    program: Program,
    trace: Trace,
    targets: NDArray[Any] | Mapping[str, NDArray[Any]] | None,
    naive: Mapping[str, NDArray[Any]],
) -> dict[str, Any]:
    """Return the answers of a run and their metrics; those of several heads by name.

    The metrics of all heads are called `HEAD/METRIC`.
    """
    from hardware.runs.heads import ALONE, by_head, of_each_head

    known = {} if targets is None else of_each_head(program, targets, "targets")
    found = {
        name: _answers_of_one(*pair, known.get(name), naive)
        for name, pair in by_head(program, trace).items()
    }
    if not program.heads:
        return found[ALONE]
    metrics = {
        f"{name}/{metric}": value
        for name, of_head in found.items()
        for metric, value in of_head["metrics"].items()
    }
    one = dict.fromkeys(("predictions", "values", "accuracy", "rmse"))
    of_frames = any(of_head["of_frames"] for of_head in found.values())
    return {"of_frames": of_frames, **one, "metrics": metrics, "heads": found}


def _answers_of_one(
    program: Program,
    trace: Trace,
    targets: NDArray[Any] | None,
    naive: Mapping[str, NDArray[Any]],
) -> dict[str, Any]:
    """Return the answers of a run, and their metrics where the targets are known.

    A run has an answer of each sequence, or a list with one of each of its frames.
    """
    from hardware.runs.answers import answers, are_of_frames, metrics_of

    of_frames = trace.answers_every_step and (targets is None or are_of_frames(trace, targets))
    found = _listed(program, answers(program, trace, of_frames))
    if of_frames:
        found = _by_sequence(found, (trace.lengths // program.encoder.steps).tolist())
    metrics: dict[str, float] = {}
    if targets is not None:
        numbers = vars(metrics_of(program, trace, targets, naive)).items()
        metrics = {name: value for name, value in numbers if isinstance(value, float)}
    return {
        "of_frames": of_frames,
        "predictions": found if program.classes else None,
        "values": None if program.classes else found,
        "accuracy": metrics.get("accuracy"),
        "rmse": metrics.get("rmse"),
        "metrics": {name: value for name, value in metrics.items() if isfinite(value)},
    }


def _listed(program: Program, answers: NDArray[Any]) -> list[Any]:
    """Return answers as JSON has them: names of classes, lists of names, or values."""
    if not program.classes:
        return answers.tolist()
    target = program.readout.target
    names = [list(target.named(answer)) for answer in answers]
    return names if program.decision.several else [name for (name,) in names]


def _by_sequence(of_frames: list[Any], frames: list[int]) -> list[list[Any]]:
    """Return the answers of all frames as one list for each sequence."""
    ends = list(accumulate(frames, initial=0))
    return [of_frames[first:last] for first, last in pairwise(ends)]


SHOWN = {
    "accuracy": "{:.2%} accuracy",
    "micro_f1": "micro F1 {:.2%}",
    "exact_match": "exact match {:.2%}",
    "rmse": "RMSE {:.4g}",
    "mase": "MASE {:.3f}",
}
"""Metrics in the line that a run prints."""


def figures_of(result: dict[str, Any]) -> list[str]:
    """Return the first metrics of a run as text, where they are known."""
    found = result["metrics"]
    texts = [form.format(found[name]) for name, form in SHOWN.items() if name in found]
    return [text.replace("%", " %") for text in texts]
