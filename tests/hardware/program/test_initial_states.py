"""A state can be given at run time: a sequence goes on from where another one ended."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, random_program, random_sequences

from conversion.ranges import prove_initial_membrane
from hardware.errors import InputError, RangeError, SettingError
from hardware.runs.run import run
from hardware.runs.session import Session
from hardware.runs.stream import stream


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), formulation=every_cell.map(lambda cell: cell["formulation"]))
@pytest.mark.parametrize("engine", ["numpy", "events"])
def test_the_second_half_goes_on_from_the_state_of_the_first(
    engine: str, seed: int, formulation: str
) -> None:
    program = random_program(
        seed, hidden=(4, 3), readout="last", formulation=formulation, emit="state"
    )
    frames = random_sequences(seed, 3, [12]).values
    whole = run(program, [frames], engine)
    ends = {
        layer.name: membranes[6]
        for layer, membranes in zip(program.layers, whole.membranes, strict=True)
    }
    rest = run(program.starting_from(ends), [frames[7:]], engine)
    for ours, theirs in zip(rest.membranes, whole.membranes, strict=True):
        assert np.array_equal(ours, theirs[7:])
    assert np.array_equal(rest.scores, whole.scores)


def test_sessions_and_streams_start_from_it_too() -> None:
    program = random_program(1, hidden=(4,)).starting_from({"layer 0": [0.5, -1, 0.25, 1.0]})
    assert program.layers[0].initial_membrane.tolist() == [2048, -4096, 1024, 4096]
    frames = random_sequences(1, 3, [5]).values
    scores = run(program, [frames], "numpy").scores[0]
    assert np.array_equal(next(stream(program, [frames])), scores)
    with Session(program) as session:
        assert np.array_equal([session.step(frame) for frame in frames][-1], scores)


def test_every_state_that_can_be_given_is_covered_by_the_proof() -> None:
    program, one = random_program(1, hidden=(2,)), 1 << 12
    for value in (-one, -one + 1, 0, one):
        prove_initial_membrane(program.starting_from({"layer 0": [value, 0]}).layers[0])
    for value in (one + 1, -one - 1, 1.001, float("nan"), float("inf"), 2**40, -(2**63)):
        with pytest.raises(RangeError, match=r"layer 0, neuron 1: .* within ±1"):
            program.starting_from({"layer 0": [0, value]})


def test_a_state_that_does_not_fit_is_refused_by_name() -> None:
    program = random_program(1, hidden=(2,))
    with pytest.raises(SettingError, match="unknown layer 'layer 1': did you mean 'layer 0'"):
        program.starting_from({"layer 1": [0, 0]})
    for wrong in ([0, 0, 0], [[0, 0]], ["a", "b"], 0.5, [True, False]):
        with pytest.raises(InputError, match="layer 0: the initial membrane has shape"):
            program.starting_from({"layer 0": wrong})
    with pytest.raises(InputError, match="layer 0: not an initial membrane"):
        program.starting_from({"layer 0": [[1, 2], [3]]})
    for mapping in (None, ["layer 0"], [0.5, 0.5]):
        with pytest.raises(InputError, match="expected initial membranes by layer name"):
            program.starting_from(mapping)
    with pytest.raises(RangeError, match="within ±1"):
        program.starting_from({"layer 0": [1.0001, 0]})
