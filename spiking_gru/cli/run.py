"""`spiking-gru run`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardware.display import number_of
from hardware.errors import InputError, SettingError
from spiking_gru.cli.answered import answers_of, figures_of
from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Deadline, Debug, Engine, Json, Source
from spiking_gru.cli.stream import stream_answers
from spiking_gru.cli.workplace import folder_of, require_there

if TYPE_CHECKING:
    from spiking_gru.data.npz_form import Inputs


OF_PAIRS = ("beam", "most")
"""Options of an encoder and a decoder alone."""

OF_ONE_PROGRAM = ("deadline", "batch", "threads", "early_exit", "fewest")
"""Options of one program alone."""


SHOWN_S = 0.05
"""Seconds from which the time of kernels is shown."""


def run(
    source: Source,
    data: Annotated[
        str | None, typer.Option(help="Other data than the run's test part.", show_default=False)
    ] = None,
    engine: Engine = "events",
    out: Annotated[
        Path | None,
        typer.Option(
            help="The trace file; a folder for a pair.", show_default="RUN/trace.safetensors"
        ),
    ] = None,
    deadline: Deadline = None,
    mapping: Annotated[
        str | None, typer.Option(help="lava: structural or fused.", show_default="structural")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="lava, fused: sequences in parallel.", show_default="1")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="events: threads.", show_default="all cores")
    ] = None,
    early_exit: Annotated[
        float | None,
        typer.Option(
            help="End each sequence when its best class leads by this margin of logits.",
            show_default="off",
        ),
    ] = None,
    fewest: Annotated[
        int | None,
        typer.Option(help="--early-exit: fewest frames of a sequence.", show_default="1"),
    ] = None,
    beam: Annotated[
        int | None,
        typer.Option(help="Pairs: texts kept at every step.", show_default="1"),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(help="Pairs: most tokens of a text.", show_default="200"),
    ] = None,
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help="Answer frames from standard input: one a line, numbers separated by commas; or "
            "lines of text for a program of texts.",
        ),
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run the program over the test part.

    Every spike, membrane and score is recorded. An encoder and a decoder translate the test part.
    """
    voice = Voice(as_json)
    require_there(source)
    chosen = {
        "mapping": mapping, "batch": batch, "threads": threads, "beam": beam, "most": most,
    }  # fmt: skip
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
    from hardware.kernels.clock import KERNEL_TIME
    from hardware.program.pair import ProgramPair, load_programs
    from hardware.runs.clamped import clamped_inputs
    from hardware.runs.run import run as run_on
    from spiking_gru.cli.pair_run import Asked, translate_run
    from spiking_gru.data.npz_form import inputs_of_test
    from spiking_gru.data.registry import load_inputs

    is_folder = source.is_dir()
    folder = folder_of(source if is_folder else source.parent)
    if data is None and not is_folder:
        raise InputError(f"{source} is a program: say what to run it on with --data")
    options = options or {}
    if data is None:
        folder.origin()  # a folder without one is no run's
    program = load_programs(folder.require(folder.program, "convert") if is_folder else source)
    if isinstance(program, ProgramPair):
        given = {**options, **({} if deadline is None else {"deadline": deadline})}
        _refuse(given, OF_ONE_PROGRAM, "one program, but this is an encoder and a decoder")
        return translate_run(program, folder, Asked(data, engine, out, options), voice)
    _refuse(options, OF_PAIRS, "an encoder and a decoder, but this is one program")
    test = inputs_of_test(folder.dataset()) if data is None else None
    inputs = test or load_inputs(
        str(data),
        program.classes,
        program.decision.several,
        program.preprocessing,
        program.classes_by_head,
        program.vocabulary,
    )
    sequences = inputs.sequences
    if "early_exit" in options:
        _refuse_targets_of_frames(inputs)
    start, kernels_before = time.perf_counter(), KERNEL_TIME.seconds
    with voice.busy(f"{engine}: running {len(sequences)} sequences"):
        trace = run_on(program, sequences, engine, deadline, **options)
    kernel_seconds = KERNEL_TIME.seconds - kernels_before
    seconds = time.perf_counter() - start - kernel_seconds
    target = out or folder.trace
    if out is None and data is not None:
        # The run's own trace is that of its test part, which the report is about.
        target = folder.trace_on(data)
    steps = int(trace.lengths.sum())
    clamped = clamped_inputs(trace, program)
    result: dict[str, Any] = {
        "engine": engine,
        "sequences": len(trace.lengths),
        "steps": steps,
        "seconds": seconds,
        "kernel_seconds": kernel_seconds,
        "frames_used": None if trace.exits is None else trace.exits.tolist(),
        "clamped_inputs": clamped
        and {
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
    if clamped is not None:
        figures += f", {100 * clamped.share:.2f} % of the inputs clamped"
    if kernel_seconds >= SHOWN_S:
        figures = f" (and {kernel_seconds:.1f} s for kernels){figures}"
    voice.say(
        f"{engine}: {number_of(len(trace.lengths), 'sequence')}, {number_of(steps, 'step')} in "
        f"{seconds:.1f} s{figures}"
    )
    for name, of_head in result.get("heads", {}).items():
        if of_head["metrics"]:
            voice.say(f"  {name}: {', '.join(figures_of(of_head))}")
    voice.wrote([target])
    return result


def _refuse_targets_of_frames(inputs: Inputs) -> None:
    """Refuse early exit where an answer of each frame is asked for."""
    targets = inputs.targets
    if targets is None or isinstance(targets, Mapping):  # heads never end early
        return
    if len(targets) != len(inputs.sequences):
        raise SettingError(
            "--early-exit ends a sequence at its answer, but each frame has a target: leave "
            "--early-exit out"
        )


def _refuse(given: Mapping[str, Any], names: Sequence[str], owner: str) -> None:
    """Refuse options that are of other programs."""
    for name in names:
        if name in given:
            raise SettingError(f"--{name.replace('_', '-')} is of {owner}: leave it out")
