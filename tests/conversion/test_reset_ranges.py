"""The sum inside a reset is proven, and watched in a run, together with its bias."""

from __future__ import annotations

import numpy as np
import pytest

from conversion.ranges import prove
from hardware.definition.cell import Cell, GateParameters
from hardware.definition.encoder import Encoder
from hardware.definition.readout import Readout
from hardware.errors import RangeError
from hardware.program import Layer, Program
from hardware.runs.run import run

LIMIT = 2**23 - 1


def summed_inside_the_reset(d: int) -> Program:
    """257 neurons whose state reaches 1, and weights of 127 / 1,024 inside the reset."""
    n, cell = 257, Cell(emit="state")
    recurrent = np.zeros((3 * n, n), dtype=np.int8)
    recurrent[2 * n :] = 127
    bias = np.zeros((3, n), dtype=np.int64)
    bias[1], bias[2] = -(2**15), 2**14  # z = 0 and c = 1
    layer = Layer(
        "layer 0",
        cell,
        np.zeros((3 * n, 2), dtype=np.int8),
        recurrent,
        GateParameters(
            np.zeros(3, np.int64), np.full(3, -6), bias, np.full(n, d), np.zeros(n, np.int64)
        ),
        np.zeros(n, dtype=np.int64),
    )
    readout = Readout(np.zeros((2, n), np.int8), np.zeros(2, np.int64), exponent=-6, gain=5.0)
    return Program(Encoder(np.zeros(2), np.ones(2), -5, 127), (layer,), (readout,), max_steps=1000)


def test_a_recurrent_sum_that_fits_only_without_its_bias_is_refused() -> None:
    prove(summed_inside_the_reset(LIMIT - 257 * 127 * 256))
    message = (
        "layer 0, candidate, neuron 0: the recurrent accumulator with its bias can reach 8408064"
    )
    with pytest.raises(RangeError, match=message):
        prove(summed_inside_the_reset(205 * 256))


@pytest.mark.parametrize("engine", ["numpy", "events"])
def test_a_run_names_a_recurrent_sum_that_leaves_the_word_with_its_bias(engine: str) -> None:
    frames = [np.zeros((3, 2))]
    run(summed_inside_the_reset(LIMIT - 257 * 127 * 256), frames, engine)
    message = "layer 0, candidate, neuron 0, sequence 0, step 1: the recurrent accumulator with its"
    with pytest.raises(RangeError, match=f"{message} bias is 8408064"):
        run(summed_inside_the_reset(205 * 256), frames, engine)
