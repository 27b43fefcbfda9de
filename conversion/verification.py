"""Verify: the trained network as one more engine, whose trace is compared with the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from conversion.given import NetworkLike, program_and_network
from hardware.definition.token_rows import Rows, TokenRows
from hardware.definition.tokens import PADDING
from hardware.errors import EngineError
from hardware.program.model import Program
from hardware.program.start import InitialState, Start, start_of
from hardware.runs.given import ProgramLike
from hardware.runs.run import record
from hardware.runs.trace import Trace
from hardware.runs.traced_layers import TracedLayer
from hardware.runs.verification import Verification, verify_traces
from hardware.sequences.dense import Inputs, Sequences
from hardware.sequences.sparse import AnySequences
from spiking_gru.batches import padded
from spiking_gru.layer import State
from spiking_gru.network import Network
from spiking_gru.readout import Seen
from spiking_gru.sources import are_sources

PROBES, PROBE_FRAMES = 8, 32
"""Random sequences, and the most frames of one."""


def verify(
    program: ProgramLike,
    network: NetworkLike,
    inputs: Inputs,
    engines: Sequence[str] = ("events", "lava"),
    deadline: float | None = None,
    *,
    initial_state: InitialState | None = None,
) -> Verification:
    """Compare emissions, membranes and scores of every step of every sequence, engine by engine.

    Clamped inputs give no warning: both sides clamp them. `initial_state` is as in `hardware.run`.
    """
    program, network = program_and_network(program, network)
    sequences = program.sequences(inputs)
    traces = [
        record(program, sequences, engine, deadline, initial_state=initial_state)
        for engine in engines
    ]
    return verify_traces([network_trace(network, program, sequences, initial_state), *traces])


def require_equal(program: Program, network: Network, inputs: Inputs) -> Verification:
    """Compare the program with the network; an EngineError where they differ."""
    verification = verify(program, network, inputs, engines=["events"])
    if not verification.equal:
        raise EngineError(
            f"the program differs from the network, so it is not handed out: first at "
            f"{verification.comparisons[0].first}"
        )
    return verification


def probes(program: Program) -> Sequences:
    """Random sequences over the range of the encoder, the same for every program."""
    encoder, rng = program.encoder, np.random.default_rng(0)
    longest = PROBE_FRAMES if program.max_steps is None else program.max_steps // encoder.steps
    lengths = rng.integers(1, min(longest, PROBE_FRAMES) + 1, PROBES)
    if encoder.row.by_token:
        tokens = rng.integers(0, encoder.fields + 1, (lengths.sum(), encoder.channels))
        return Sequences(tokens.astype(np.float32), lengths)
    spread = encoder.limit / 2 * rng.normal(size=(lengths.sum(), encoder.channels))
    gain = np.where(encoder.gain == 0, 1.0, encoder.gain)
    return Sequences((encoder.offset + spread / gain).astype(np.float32), lengths)


@torch.no_grad()
def network_trace(
    network: Network,
    program: Program,
    sequences: AnySequences,
    initial_state: InitialState | None = None,
) -> Trace:
    """Return the trace of the quantised network, with its floats as integers."""
    program.steps_of(sequences)  # refuses frames of other channels
    training, quantised = network.training, network.readout.quantised
    network.eval().quantise()
    frames, frame_lengths = padded(sequences)
    events, dtype = network.encoder(frames), network.readout.weight.dtype
    if not are_sources(events):
        events = events.to(dtype)
    lengths = frame_lengths * network.encoder.steps
    start = start_of(program, initial_state, len(sequences))
    first = None if start is None else state_of(program, start, dtype)
    activities, state = network.gru.activities(events, first, lengths=lengths)
    last_level = activities[-len(program.levels[-1]) :]
    emitted = torch.cat([activity.emitted for activity in last_level], dim=-1)
    scores = network.readout.scores(Seen(emitted, network.last_membranes(state), lengths))
    if network.readout.answers_every_step:
        scores = valid_steps(scores, lengths)
    network.train(training).quantise(quantised)
    cells = [layer.cell for layer in program.layers]
    of_outputs = integers(scores, -program.readout.exponent)
    return Trace(
        engine="torch",
        program_digest=program.digest,
        lengths=lengths.numpy(),
        events=received(valid_steps(events, lengths), program),
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
        scores=of_outputs,
        values=program.answered_values(of_outputs, lengths.numpy()),
        decision=program.readout.target.decision,
        heads=program.heads,
        layers=tuple(TracedLayer(layer.name, layer.backward) for layer in program.layers),
        initial=None if start is None else start.membranes,
    )


def received(events: Tensor, program: Program) -> Rows:
    """The integers that the first layer receives: of rows (steps, sources), or numbers of sources.

    Sources of tokens are numbered through all channels.
    """
    if not are_sources(events):
        return integers(events, -program.encoder.exponent)
    numbers, tokens = events.numpy(), program.encoder.fields
    first = tokens * np.arange(program.encoder.channels)
    return TokenRows(np.where(numbers == PADDING, PADDING, numbers - first), tokens)


def state_of(program: Program, start: Start, dtype: torch.dtype) -> State:
    """Return the integers of initial states as a network's state."""
    fractions = (
        [layer.cell.event_fraction for layer in program.layers],
        [layer.cell.state_fraction for layer in program.layers],
    )
    emitted, membrane = (
        torch.stack(
            [
                torch.from_numpy(values * 2.0**-fraction).to(dtype)
                for values, fraction in zip(of_layers, of_fractions, strict=True)
            ]
        )
        for of_layers, of_fractions in zip(start, fractions, strict=True)
    )
    return State(emitted, membrane)


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
