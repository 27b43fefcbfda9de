"""The picture of where two traces part shows each value at its step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from programs import random_program, random_sequences, with_readout

from hardware import Program, compare, run
from hardware.definition.readout import READOUTS
from hardware.reporting.divergence import divergence_figure


def with_another_bias(program: Program) -> Program:
    bias = program.readout.bias + np.array([0, 1, 0])
    return with_readout(program, replace(program.readout, bias=bias))


@pytest.mark.parametrize("readout", READOUTS)
def test_what_differs_is_drawn_at_the_step_and_neuron_that_are_ringed(readout: str) -> None:
    program = random_program(1, outputs=3, readout=readout)
    sequences = random_sequences(1, 3, [9, 4])
    ours, theirs = run(program, sequences), run(with_another_bias(program), sequences)
    first = compare(ours, theirs).first
    assert first is not None
    assert first.quantity == "score"
    above, below, *_ = divergence_figure(ours, theirs, first).axes
    (image,), (ring,) = above.images, above.lines
    left, _, _, top = image.get_extent()
    row, column = int(first.neuron - top), int(first.step - left)
    difference = np.asarray(image.get_array())[row, column]
    assert difference == abs(first.values[0] - first.values[1])
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (first.step, first.neuron)
    drawn = [dict(zip(*line.get_data(), strict=True)) for line in below.lines[:2]]
    assert tuple(values[first.step] for values in drawn) == first.values
    for ticks in (above.get_yticks(), below.get_xticks()):
        assert np.array_equal(ticks, np.rint(ticks))
