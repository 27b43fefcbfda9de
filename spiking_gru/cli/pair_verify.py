"""`spiking-gru verify` of an encoder and a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hardware.program.pair import HALVES, ProgramPair
from spiking_gru.cli.compared import TORCH, Asked, engines_of, keep, say
from spiking_gru.cli.console import Voice
from spiking_gru.cli.pair_inputs import pair_inputs
from spiking_gru.cli.workplace import require_torch

if TYPE_CHECKING:
    from hardware.program.model import Program
    from hardware.program.start import InitialState
    from hardware.runs.trace import Trace
    from spiking_gru.data.pairs import Frames
    from spiking_gru.network import Network
    from spiking_gru.run_folder import RunFolder


def replay_golden_pair(
    pair: ProgramPair, engines: Sequence[str], deadline: float | None, voice: Voice
) -> dict[str, Any]:
    """Replay the golden samples of both halves, and those of the decoder after the encoder's."""
    from hardware.runs.golden import HANDED_OVER, replay_pair

    numbers = {half: len(program.golden) for half, program in pair.halves.items()}
    numbers[HANDED_OVER] = min(numbers.values())
    differing = {engine: replay_pair(pair, engine, deadline) for engine in engines}
    for engine, by_half in differing.items():
        for half, samples in by_half.items():
            which = f": {', '.join(map(str, samples))}" if samples else ""
            number = f"{len(samples)} of {numbers[half]}"
            voice.say(f"{half}, {engine}: {number} golden samples differ{which}")
    return {
        "program_digests": dict(zip(HALVES, pair.digests, strict=True)),
        "golden_samples": numbers,
        "differing": differing,
        "mismatches": sum(len(samples) for by in differing.values() for samples in by.values()),
    }


def verify_pair_run(
    asked: Asked, pair: ProgramPair, folder: RunFolder, voice: Voice
) -> dict[str, Any]:
    """Compare both halves step by step.

    The decoder receives the right texts, whatever it would have written. It starts from the states
    in which the first engine leaves the encoder.
    """
    from hardware.runs.verification import verify_traces

    names = engines_of(asked.engines, asked.source, folder)
    networks = _networks(folder) if TORCH in names else {}
    inputs = pair_inputs(folder, pair, asked.data)
    frames = dict(zip(HALVES, (inputs.sources, inputs.require_received()), strict=True))
    halves: dict[str, dict[str, Any]] = {}
    state = None
    for half, program in pair.halves.items():
        traces = []
        for name in names:
            with voice.busy(f"{name}: running the {half} on {len(frames[half])} sequences"):
                engine = networks[half] if name == TORCH else name
                traces.append(_trace(engine, program, frames[half], state, asked.deadline))
        state = traces[0].final_state
        verification = verify_traces(traces)
        halves[half] = {"program_digest": program.digest, **verification.summary()}
        say(verification, voice, half)
        if asked.traces_to is not None:
            voice.wrote(keep(asked.traces_to / half, traces))
    mismatches = sum(summary["mismatches"] for summary in halves.values())
    return {
        "engines": names,
        "sequences": len(inputs.sources),
        "mismatches": mismatches,
        "halves": halves,
    }


def _networks(folder: RunFolder) -> dict[str, Network]:
    require_torch("verification against the networks")
    from conversion.of_pair import networks_of
    from spiking_gru.saved import load_pair

    return dict(zip(HALVES, networks_of(load_pair(folder.path)[0]), strict=True))


def _trace(
    engine: str | Network,
    program: Program,
    frames: Frames,
    state: InitialState | None,
    deadline: float | None,
) -> Trace:
    """Return what an engine, or the network itself, computes."""
    from hardware.runs.run import record

    if isinstance(engine, str):
        return record(program, frames, engine, deadline, initial_state=state)
    from conversion import network_trace

    return network_trace(engine, program, program.sequences(frames), state)
