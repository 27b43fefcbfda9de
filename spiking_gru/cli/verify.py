"""`spiking-gru verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardware.errors import InputError
from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Deadline, Debug, Json, Source
from spiking_gru.cli.workplace import folder_of, require_there, require_torch

if TYPE_CHECKING:
    from hardware.program.model import Program
    from hardware.runs.trace import Trace
    from hardware.sequences.sparse import AnySequences
    from spiking_gru.run_folder import RunFolder

TORCH = "torch"


def verify(
    source: Source,
    engine: Annotated[
        list[str],
        typer.Option(
            help="torch, events, lava or numpy; give it again for more. One is held against "
            "torch, several against the first.",
            show_default="torch, events, lava",
        ),
    ] = [],  # noqa: B006
    data: Annotated[
        str | None, typer.Option(help="Other data than the run's test part.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The summary.", show_default="RUN/verification.json")
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(help="A folder for every trace and a picture of where they part."),
    ] = None,
    deadline: Deadline = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Hold torch and the engines against each other, step by step.

    Over the whole test part. Of a program file alone, its golden samples are replayed; that needs
    no torch and no data. An imported program has no network of torch here: the NumPy definition
    stands in its place.
    """
    voice = Voice(as_json)
    require_there(source)
    if not source.is_dir() and data is None:
        summary = replay_golden(source, engine or ["events"], out, trace, deadline, voice)
    else:
        summary = verify_run(source, engine, data, out, trace, deadline, voice)
    voice.result(summary)
    if summary["mismatches"]:
        raise typer.Exit(1)


def replay_golden(
    file: Path,
    engines: list[str],
    out: Path | None,
    traces_to: Path | None,
    deadline: float | None,
    voice: Voice,
) -> dict[str, Any]:
    """Run the samples that a program carries and compare the hash of every step's numbers."""
    from hardware.files.disk import write_json
    from hardware.program.model import Program
    from hardware.runs.golden import replay

    if TORCH in engines:
        raise _without_network(file)
    if traces_to is not None:
        raise InputError(
            f"golden samples of {file} are hashes, without a trace to part from: say what to run "
            f"it on with --data"
        )
    program = Program.load(file)
    differing = {engine: replay(program, engine, deadline) for engine in engines}
    for engine, samples in differing.items():
        which = f": {', '.join(map(str, samples))}" if samples else ""
        voice.say(f"{engine}: {len(samples)} of {len(program.golden)} golden samples differ{which}")
    summary = {
        "program_digest": program.digest,
        "golden_samples": len(program.golden),
        "differing": differing,
        "mismatches": sum(map(len, differing.values())),
    }
    if out is not None:
        write_json(out, summary)
        voice.wrote([out])
    return summary


def verify_run(
    source: Path,
    engines: list[str],
    data: str | None,
    out: Path | None,
    traces_to: Path | None,
    deadline: float | None,
    voice: Voice,
) -> dict[str, Any]:
    from hardware.files.sealed import write_sealed
    from hardware.program.model import Program
    from hardware.runs.verification import verify_traces
    from spiking_gru.data.registry import load_inputs

    is_folder = source.is_dir()
    folder = folder_of(source if is_folder else source.parent)
    program = Program.load(folder.require(folder.program, "convert") if is_folder else source)
    if data is None:
        sequences = folder.dataset().test.sequences
    else:
        sequences = load_inputs(data, preprocessing=program.preprocessing).sequences
    first = TORCH if is_folder and not folder.is_imported else "numpy"
    names = engines or [first, "events", "lava"]
    if len(names) == 1 and names != [first]:
        names = [first, *names]
    if TORCH in names and not (folder.path / "model.json").exists():
        raise _without_network(source)
    traces = []
    for name in names:
        with voice.busy(f"{name}: running {len(sequences)} sequences"):
            traces.append(_trace(name, program, sequences, folder, deadline))
    verification = verify_traces(traces)
    summary = {"program_digest": program.digest, **verification.summary()}
    for comparison in verification.comparisons:
        differing = sum(comparison.mismatches.values())
        compared = sum(comparison.compared.values())
        voice.say(f"{' ↔ '.join(comparison.engines)}: {differing} of {compared:,} values differ")
        for layer, quantities in comparison.by_layer.items():
            parts = ", ".join(f"{number} {name}s" for name, number in quantities.items())
            voice.say(f"  {layer}: {parts}")
        if comparison.first is not None:
            voice.say(f"  first at {comparison.first}")
            voice.say(f"  classes that differ: {comparison.differing_classes}")
    # The run's own verification is that of its test part, which the report is about.
    target = out or (folder.verification if is_folder and data is None else None)
    if target is not None:
        write_sealed(target, summary)
        voice.wrote([target])
    if traces_to is not None:
        voice.wrote(_keep(traces_to, traces))
    return summary


def _without_network(source: Path) -> InputError:
    return InputError(
        f"{source} holds no network of torch: give the folder of a run that was trained, or engine "
        f"numpy, the definition"
    )


def _trace(
    engine: str,
    program: Program,
    sequences: AnySequences,
    folder: RunFolder,
    deadline: float | None,
) -> Trace:
    from hardware.runs.run import record

    if engine != TORCH:
        return record(program, sequences, engine, deadline)
    require_torch("verification against the network")
    from conversion import network_trace
    from spiking_gru.saved import load_network

    return network_trace(load_network(folder.path)[0], program, sequences)


def _keep(folder: Path, traces: list[Trace]) -> list[Path]:
    """Each trace in a file, and a picture for each that parts from the first."""
    from hardware.reporting.divergence import draw_divergence
    from hardware.runs.comparison import compare

    written = []
    for trace in traces:
        written.append(folder / f"{trace.engine}.safetensors")
        trace.save(written[-1])
        first = compare(traces[0], trace).first
        if first is not None:
            picture = folder / f"{trace.engine}.svg"
            written.append(draw_divergence(traces[0], trace, first, picture))
    return written
