"""The definition run over sequences, compared with one call of the step at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware.definition.arithmetic import shift
from hardware.definition.cell import step
from hardware.engines.reference import product_of
from hardware.program.model import Layer, Program
from hardware.runs.run import run


def walk(layer: Layer, arriving: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What a layer emits and its membranes, in the order of its input."""
    e, h = layer.initial_emission, layer.initial_membrane
    emitted, membranes = [], []
    for x in reversed(arriving) if layer.backward else arriving:
        current = layer.input_weights.astype(np.int64) @ x
        e, h = step(layer.cell, layer.gate, current, product_of(layer), e, h)
        emitted.append(e)
        membranes.append(h)
    if layer.backward:
        return emitted[::-1], membranes[::-1]
    return emitted, membranes


def scores_of(program: Program, seen: list[np.ndarray]) -> np.ndarray:
    """The readout, one equation for each kind."""
    readout = program.readout
    currents = [
        shift(readout.weights.astype(np.int64) @ m, readout.shift) + readout.bias for m in seen
    ]
    if readout.row.windowed:
        of_last = len(currents)
        if readout.row.tumbles and of_last > readout.window:
            of_last -= of_last % readout.window
        return sum(currents[max(0, of_last - readout.window) : of_last])
    if readout.grows:
        return sum(currents)
    if readout.row.leaks:
        y = np.zeros_like(readout.bias)
        for current in currents:
            y = y - np.floor(y / 2**readout.leak).astype(np.int64) + current
        return y
    return currents[-1] if readout.sees_membranes else np.array(currents)


@settings(max_examples=120, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    lengths=st.lists(st.integers(1, 8), min_size=1, max_size=4),
)
def test_every_kind_of_program_equals_its_equations_applied_over_and_over(
    program: dict, cell: dict, lengths: list[int]
) -> None:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], lengths)
    trace = run(made, sequences, engine="numpy")
    start = 0
    for i, frames in enumerate(sequences):
        arriving = list(made.encoder.encode(frames, made.encoder.initial_state())[0])
        rows = slice(start, start + len(arriving))
        assert np.array_equal(trace.events[rows], arriving)
        start = rows.stop
        number = 0
        for level in made.levels:
            outputs, ends = [], []
            for layer in level:
                emitted, membranes = walk(layer, arriving)
                assert np.array_equal(trace.emitted[number][rows], emitted)
                assert np.array_equal(trace.membranes[number][rows], membranes)
                outputs.append(emitted)
                fraction = layer.cell.gate_fraction - layer.cell.state_fraction
                ends.append(shift(membranes[0 if layer.backward else -1], fraction))
                number += 1
            arriving = [np.concatenate(parts) for parts in zip(*outputs, strict=True)]
        seen = [np.concatenate(ends)] if made.readout.sees_membranes else arriving
        found = trace.scores[rows] if made.readout.answers_every_step else trace.scores[i]
        assert np.array_equal(found, scores_of(made, seen))


def test_the_company_of_a_sequence_does_not_change_it() -> None:
    for readout in ("mean", "leaky", "last"):
        program = random_program(5, hidden=(6,), bidirectional=True, readout=readout)
        sequences = random_sequences(5, 3, [4, 9, 1, 6])
        together = run(program, sequences, engine="numpy")
        for i in range(4):
            alone = run(program, sequences.take([i]), engine="numpy")
            rows = slice(together.starts[i], together.starts[i] + together.lengths[i])
            assert np.array_equal(alone.emitted[1], together.emitted[1][rows])
            assert np.array_equal(alone.scores[0], together.scores[i])
