"""The range proof covers every initial state that another program can hand over."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from programs import random_program, random_sequences

from conversion.ranges import layer_bounds
from hardware import run
from hardware.definition.cell import step
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.formulation import FORMULATIONS
from hardware.engines.reference import product_of
from hardware.program.model import Layer, Program


def with_threshold(program: Program, threshold: int) -> Program:
    """Return the program with one threshold of all neurons."""

    def changed(layer: Layer) -> Layer:
        gate = replace(layer.gate, threshold=np.full(layer.neurons, threshold))
        return replace(layer, gate=gate)

    return replace(program, layers=tuple(map(changed, program.layers)))


@pytest.mark.parametrize("formulation", FORMULATIONS)
@pytest.mark.parametrize("emit", EMISSIONS)
def test_membranes_and_emissions_stay_in_their_range_from_any_extreme(
    emit: str, formulation: str
) -> None:
    for reset, threshold in product(RESET_MECHANISMS, (1, 4095)):
        program = with_threshold(
            random_program(
                1, channels=2, hidden=(3, 3), formulation=formulation, emit=emit,
                reset_mechanism=reset,
            ),
            threshold,
        )  # fmt: skip
        corners = np.array(list(product((-4096, 4096), repeat=3)))
        states = {layer.name: corners for layer in program.layers}
        sequences = random_sequences(1, 2, [6] * len(corners))
        trace = run(program, sequences, "numpy", strict=False, initial_state=states)
        for layer, emitted, membranes in zip(
            program.layers, trace.emitted, trace.membranes, strict=True
        ):
            low, high = layer.cell.emission_range
            assert np.abs(membranes).max() <= 4096
            assert low <= emitted.min()
            assert emitted.max() <= high
            assert low <= layer.emission_before(corners).min()
            assert layer.emission_before(corners).max() <= high
        again = run(program, sequences, "numpy", strict=False, initial_state=trace.final_state)
        assert all(np.abs(membranes).max() <= 4096 for membranes in again.membranes)


@pytest.mark.parametrize("formulation", FORMULATIONS)
@pytest.mark.parametrize("emit", ["binary", "signed", "graded", "state"])
def test_no_number_of_the_first_step_leaves_its_bound(emit: str, formulation: str) -> None:
    program = random_program(2, channels=2, hidden=(3,), formulation=formulation, emit=emit)
    [layer] = program.layers
    bounds = layer_bounds(layer, program.encoder.range)
    names = {"pre-activation", "recurrent accumulator", "input accumulator"}
    corners = np.array(list(product((-4096, 4096), repeat=3)))

    def watch(quantity: str, gate: str, values: np.ndarray) -> None:
        if quantity in names:
            low, high = bounds[quantity][:, layer.cell.gates.index(gate)].astype(np.int64)
            assert (low <= values).all()
            assert (values <= high).all()

    for x in product((-127, 127), repeat=2):
        current = np.tile(layer.input_weights.astype(np.int64) @ x, (len(corners), 1))
        before = layer.emission_before(corners)
        step(layer.cell, layer.gate, current, product_of(layer), before, corners, watch)
