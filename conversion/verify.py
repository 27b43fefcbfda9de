"""Verify: the trained network and every engine, against each other, on real sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from hardware.comparison import Comparison, compare
from hardware.errors import EngineError
from hardware.inference import run
from hardware.program import Program
from hardware.program_file import digest
from hardware.sequences import Sequences
from hardware.trace import Trace
from spiking_gru.batches import padded
from spiking_gru.network import Network
from spiking_gru.readout import Seen


@dataclass(frozen=True)
class Verification:
    """Each engine's trace against the network's own."""

    sequences: int
    comparisons: tuple[Comparison, ...]

    @property
    def equal(self) -> bool:
        return all(comparison.equal for comparison in self.comparisons)

    @property
    def engines(self) -> list[str]:
        return [self.comparisons[0].engines[0], *(c.engines[1] for c in self.comparisons)]

    def summary(self) -> dict[str, Any]:
        """For `verification.json` and the report."""
        return {
            "engines": self.engines,
            "sequences": self.sequences,
            "spikes_compared": sum(c.compared["emission"] for c in self.comparisons),
            "membranes_compared": sum(c.compared["membrane"] for c in self.comparisons),
            "mismatches": sum(sum(c.mismatches.values()) for c in self.comparisons),
            "differing_classes": sum(c.differing_classes for c in self.comparisons),
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
        }


def verify(
    program: Program,
    network: Network,
    inputs: Sequences | ArrayLike | Sequence[ArrayLike],
    engines: Sequence[str] = ("events", "lava"),
    deadline: float | None = None,
) -> Verification:
    """Spikes, membranes and scores at every step of every sequence, engine by engine."""
    sequences = Sequences.of(inputs)
    traces = [run(program, sequences, engine, deadline) for engine in engines]
    return verify_traces(program, network, sequences, traces)


def verify_engines(
    program: Program, sequences: Sequences, engines: Sequence[str], deadline: float | None = None
) -> Verification:
    """Engines against the first of them, for a program whose network is not at hand."""
    first, *others = [run(program, sequences, engine, deadline) for engine in engines]
    return Verification(len(sequences), tuple(compare(first, trace) for trace in others))


def verify_traces(
    program: Program, network: Network, sequences: Sequences, traces: Sequence[Trace]
) -> Verification:
    """Traces that are there already against the network's own."""
    expected = network_trace(network, program, sequences)
    return Verification(len(sequences), tuple(compare(expected, trace) for trace in traces))


@torch.no_grad()
def network_trace(network: Network, program: Program, sequences: Sequences) -> Trace:
    """What the quantised network computes, as the integers that its floats stand for."""
    training = network.training
    network.eval().quantise()
    frames, frame_lengths = padded(sequences)
    events, lengths = network.encoder(frames), frame_lengths * network.encoder.steps
    activities, state = network.gru.activities(events, lengths=lengths)
    last_level = activities[-len(program.levels[-1]) :]
    emitted = torch.cat([activity.emitted for activity in last_level], dim=-1)
    scores = network.readout.scores(Seen(emitted, network.last_membranes(state), lengths))
    if network.readout.answers_every_step:
        scores = valid_steps(scores, lengths)
    network.train(training)
    cells = [layer.cell for layer in program.layers]
    return Trace(
        engine="torch",
        program_digest=digest(program),
        lengths=lengths.numpy(),
        events=integers(valid_steps(events, lengths), -program.encoder.exponent),
        emitted=tuple(
            integers(valid_steps(activity.emitted, lengths), cell.event_fraction).astype(
                cell.emission_type
            )
            for activity, cell in zip(activities, cells, strict=True)
        ),
        membranes=tuple(
            integers(valid_steps(activity.membranes, lengths), cell.state_fraction)
            for activity, cell in zip(activities, cells, strict=True)
        ),
        scores=integers(scores, -program.readout.exponent),
    )


def valid_steps(padded_values: Tensor, lengths: Tensor) -> Tensor:
    """(steps, sequences, width) without the padding: all steps, sequence after sequence."""
    sequence_first = padded_values.transpose(0, 1)
    return sequence_first[torch.arange(len(padded_values)) < lengths.unsqueeze(-1)]


def integers(values: Tensor, fraction: int) -> NDArray[np.int64]:
    """The integers n of values n · 2^-fraction; an error where a value is between two of them."""
    scaled = values.detach().double().cpu().numpy() * 2.0**fraction
    whole = np.rint(scaled)
    if not np.array_equal(whole, scaled):
        odd = float(scaled[whole != scaled][0]) * 2.0**-fraction
        raise EngineError(f"the network computed {odd}, which is not on the grid of 2^-{fraction}")
    return whole.astype(np.int64)
