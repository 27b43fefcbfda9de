"""The events engine against the integer step, called sequence by sequence and step by step."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_program, random_sequences

from hardware.cell import step
from hardware.engines.reference import product_of
from hardware.inference import run

lengths = st.lists(st.integers(1, 8), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    hidden=st.lists(st.integers(1, 6), min_size=1, max_size=2).map(tuple),
    lengths=lengths,
    activation=st.sampled_from(["hard", "table"]),
)
def test_the_engine_equals_the_step_applied_over_and_over(
    seed: int, hidden: tuple, lengths: list, activation: str
) -> None:
    program = random_program(seed, hidden=hidden, activation=activation)
    sequences = random_sequences(seed, 3, lengths)
    trace = run(program, sequences)
    row = 0
    for i, frames in enumerate(sequences):
        states = [(np.zeros(n, np.int64), np.zeros(n, np.int64)) for n in hidden]
        score = np.zeros(2, np.int64)
        for events in program.encoder.encode(frames):
            arriving = events
            for j, layer in enumerate(program.layers):
                s, h = states[j]
                s, h = step(
                    layer.cell,
                    layer.gate,
                    layer.input_weights.astype(np.int64) @ arriving,
                    product_of(layer),
                    s,
                    h,
                )
                assert np.array_equal(trace.spikes[j][row], s)
                assert np.array_equal(trace.membranes[j][row], h)
                states[j], arriving = (s, h), s
            score += program.readout.weights.astype(np.int64) @ arriving + program.readout.bias
            row += 1
        assert np.array_equal(trace.scores[i], score)


def test_the_company_of_a_sequence_does_not_change_it() -> None:
    program = random_program(5, hidden=(6,))
    sequences = random_sequences(5, 3, [4, 9, 1, 6])
    together = run(program, sequences)
    for i in range(4):
        alone = run(program, sequences.take([i]))
        rows = slice(together.starts[i], together.starts[i] + together.lengths[i])
        assert np.array_equal(alone.spikes[0], together.spikes[0][rows])
        assert np.array_equal(alone.scores[0], together.scores[i])
