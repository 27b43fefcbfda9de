"""One accumulator for everything that a gate receives, where the result is the same.

The pre-activation of a gate has two floors, one for each of its accumulators. For integers U and b
the two are one, because floors nest::

    ⌊W · 2^-a⌋ + U · 2^k + b = ⌊(W + (U · 2^k + b) · 2^a) · 2^-a⌋

So if at most one of the two is shifted right, as with spikes, events of inputs and of neurons are
added to one accumulator, which starts with the bias. A step then reads, shifts and adds less. The
accumulator is on the state grid times 2^a.

The candidate's recurrent term keeps an accumulator of its own, in front of all others: a reset
multiplies it, or its messages are finer than spikes. Its scale is that of the gate behind it, so
that one loop adds to both.

Accumulators that are kept (of messages that tell changes) stay apart. So do those that could leave
the word, because each of them has to be checked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hardware.definition.arithmetic import Integers
from hardware.engines.saturation import ramp
from hardware.program.model import Layer

FINEST = 6
"""Most fraction bits below the state grid: a value of 24 bits stays within 32."""


class Joined(NamedTuple):
    """How the joint sums of a layer are made."""

    input_scale: Integers  # (gates,): left shift of weights as they are added
    recurrent_scale: Integers  # (gates,)
    candidate_scale: int
    """Left shift of the candidate's recurrent term in its accumulator."""

    base: Integers  # (1 + gates, neurons): the accumulators before anything arrives
    shift: Integers  # (gates,): right, to the place on the gate's ramp; the candidate's: to p


def join(layer: Layer, k_input: Integers, k_recurrent: Integers) -> Joined | None:
    """Return the joint sums of a layer, from the shifts of every gate; None if floors do not nest.

    A gate without input or recurrent synapses has a shift of 0 there.
    """
    cell, gate = layer.cell, layer.gate
    candidate, k_recurrent = cell.candidate, k_recurrent.copy()
    k_recurrent[candidate] = 0
    finer = np.maximum(np.maximum(-k_input, -k_recurrent), 0)
    if finer.max() > FINEST or (np.maximum(k_input, k_recurrent) < 0).any():
        return None
    ramps = [ramp(cell, "tanh" if g == candidate else "sigmoid") for g in range(len(cell.gates))]
    shift = finer + np.array([r.shift for r in ramps])
    base = np.zeros((1 + len(finer), layer.neurons), dtype=np.int64)
    base[1:] = np.left_shift(gate.bias, finer[:, np.newaxis])
    base[1:] += np.left_shift([r.offset for r in ramps], shift)[:, np.newaxis]
    recurrent_scale = k_recurrent + finer
    candidate_scale = min(int(recurrent_scale[0]), FINEST)
    recurrent_scale[candidate], shift[candidate] = candidate_scale, finer[candidate]
    return Joined(k_input + finer, recurrent_scale, candidate_scale, base, shift)
