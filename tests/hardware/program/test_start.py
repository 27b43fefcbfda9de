"""Initial states of each sequence: read at the door, and refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
from programs import random_program

from hardware.errors import InputError, RangeError, SettingError
from hardware.program.start import start_of


def test_no_initial_state_is_that_of_the_program() -> None:
    assert start_of(random_program(0), None, 3) is None


def test_one_vector_is_for_all_sequences_and_rows_are_for_each() -> None:
    program = random_program(0, hidden=(2, 3), initial=True)
    start = start_of(program, {"layer 0": [0.5, -1.0]}, 2)
    assert start.membranes[0].tolist() == [[2048, -4096]] * 2
    assert start.membranes[1].tolist() == [program.layers[1].initial_membrane.tolist()] * 2
    each = start_of(program, {"layer 1": [[1, 2, 3], [4, 5, 6]]}, 2)
    assert each.membranes[1].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert not any(e.any() for e in each.emitted)


def test_real_numbers_are_rounded_half_to_even() -> None:
    program = random_program(0, hidden=(3,))
    start = start_of(program, {"layer 0": np.array([0.5, 1.5, 2.5]) / 4096}, 1)
    assert start.membranes[0].tolist() == [[0, 2, 2]]


def test_without_a_threshold_the_state_is_in_force_before_the_first_step() -> None:
    program = random_program(0, hidden=(2,), emit="state")
    start = start_of(program, {"layer 0": [[4096, -1], [16, 15]]}, 2)
    assert start.emitted[0].tolist() == [[256, -1], [1, 0]]


def test_a_membrane_that_no_proof_covers_is_named_by_sequence_and_neuron() -> None:
    program = random_program(0, hidden=(2,))
    with pytest.raises(RangeError, match="layer 0, sequence 1, neuron 0: .* is -4097, expected"):
        start_of(program, {"layer 0": [[0, 4096], [-4097, 0]]}, 2)


def test_what_does_not_fit_is_refused_by_name() -> None:
    program = random_program(0, hidden=(2,))
    with pytest.raises(SettingError, match="unknown layer 'layer 2': did you mean 'layer 0'"):
        start_of(program, {"layer 2": [0, 0]}, 1)
    for wrong in ([0, 0, 0], [[0, 0]], [[[0, 0]]], ["a", "b"], [True, False]):
        with pytest.raises(InputError, match="2 neurons, or that for each of 3 sequences"):
            start_of(program, {"layer 0": wrong}, 3)
    for wrong in ([0, 0], "layer 0", 3):
        with pytest.raises(InputError, match="expected initial membranes by layer name"):
            start_of(program, wrong, 3)
