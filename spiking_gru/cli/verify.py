"""`spiking-gru verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardware.errors import InputError
from spiking_gru.cli.compared import TORCH, Asked, engines_of, keep, say, without_network
from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Deadline, Debug, Json, Source
from spiking_gru.cli.workplace import folder_of, require_there, require_torch

if TYPE_CHECKING:
    from hardware.program.model import Program
    from hardware.runs.trace import Trace
    from hardware.sequences.sparse import AnySequences
    from spiking_gru.run_folder import RunFolder


def verify(
    source: Source,
    engine: Annotated[
        list[str],
        typer.Option(
            help="torch, events, lava or numpy; repeat it for several engines. One engine is "
            "compared with torch, several with the first.",
            show_default="torch, events, lava",
        ),
    ] = [],  # noqa: B006
    data: Annotated[
        str | None, typer.Option(help="Other data than the run's test part.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file of the summary.", show_default="RUN/verification.json; none with --data"
        ),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(help="A folder for all traces, and a picture of their differences."),
    ] = None,
    deadline: Deadline = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare the numbers of torch and the engines, step by step.

    For a run, compares the whole test part. For a program file, replays its golden samples, which
    needs no torch and no data. For an imported program, the NumPy definition replaces torch.
    """
    voice = Voice(as_json)
    require_there(source)
    asked = Asked(source, engine, data, out, trace, deadline)
    if not source.is_dir() and data is None:
        summary = replay_golden(asked, voice)
    else:
        summary = verify_run(asked, voice)
    voice.result(summary)
    if summary["mismatches"]:
        raise typer.Exit(1)


def replay_golden(asked: Asked, voice: Voice) -> dict[str, Any]:
    """Run the samples that a program carries and compare the hash of every step's numbers."""
    from hardware.files.disk import write_json
    from hardware.program.pair import ProgramPair, load_programs
    from hardware.runs.golden import replay
    from spiking_gru.cli.pair_verify import replay_golden_pair

    engines = asked.engines or ["events"]
    if TORCH in engines:
        raise without_network(asked.source)
    if asked.traces_to is not None:
        raise InputError(
            f"golden samples of {asked.source} are hashes, without a trace to part from: say what "
            f"to run it on with --data"
        )
    program = load_programs(asked.source)
    if isinstance(program, ProgramPair):
        summary = replay_golden_pair(program, engines, asked.deadline, voice)
    else:
        differing = {engine: replay(program, engine, asked.deadline) for engine in engines}
        for engine, samples in differing.items():
            which = f": {', '.join(map(str, samples))}" if samples else ""
            number = f"{len(samples)} of {len(program.golden)}"
            voice.say(f"{engine}: {number} golden samples differ{which}")
        summary = {
            "program_digest": program.digest,
            "golden_samples": len(program.golden),
            "differing": differing,
            "mismatches": sum(map(len, differing.values())),
        }
    if asked.out is not None:
        write_json(asked.out, summary)
        voice.wrote([asked.out])
    return summary


def verify_run(asked: Asked, voice: Voice) -> dict[str, Any]:
    """Compare the engines on a run's test part, or on other data."""
    from hardware.files.sealed import write_sealed
    from hardware.program.pair import ProgramPair, load_programs
    from spiking_gru.cli.pair_verify import verify_pair_run

    source = asked.source
    is_folder = source.is_dir()
    folder = folder_of(source if is_folder else source.parent)
    program = load_programs(folder.require(folder.program, "convert") if is_folder else source)
    if isinstance(program, ProgramPair):
        summary = verify_pair_run(asked, program, folder, voice)
    else:
        summary = verify_program(asked, program, folder, voice)
    # The run's own verification is that of its test part, which the report is about.
    target = asked.out or (folder.verification if is_folder and asked.data is None else None)
    if target is not None:
        write_sealed(target, summary)
        voice.wrote([target])
    return summary


def verify_program(
    asked: Asked, program: Program, folder: RunFolder, voice: Voice
) -> dict[str, Any]:
    from hardware.runs.verification import verify_traces
    from spiking_gru.data.registry import load_inputs

    if asked.data is None:
        sequences = folder.dataset().test.sequences
    else:
        sequences = load_inputs(
            asked.data, preprocessing=program.preprocessing, vocabulary=program.vocabulary
        ).sequences
    traces = []
    for name in engines_of(asked.engines, asked.source, folder):
        with voice.busy(f"{name}: running {len(sequences)} sequences"):
            traces.append(_trace(name, program, sequences, folder, asked.deadline))
    verification = verify_traces(traces)
    say(verification, voice)
    if asked.traces_to is not None:
        voice.wrote(keep(asked.traces_to, traces))
    return {"program_digest": program.digest, **verification.summary()}


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
