"""One sum for all that a gate hears, where that is the same.

A gate's pre-activation has two floors, one for each of its sums. For whole numbers U and b they
are one, because floors nest::

    ⌊W · 2^-a⌋ + U · 2^k + b = ⌊(W + (U · 2^k + b) · 2^a) · 2^-a⌋

So as long as no more than one of the two is shifted right, as with spikes it is, events of inputs
and of neurons can be added to one sum, in which the bias is from the start: a step has less to
read, to shift and to add. The sum stands on the state grid times 2^a.

The candidate's recurrent term keeps a sum of its own, before all others: a reset multiplies it, or
its messages are finer than spikes. It is as fine as that of the gate behind it, so that one loop
adds to both; but no finer than it was where its bias, which need not be within the word, is not.
Sums that keep what has come (of messages that tell changes) stay apart, and so do those that could
leave the word, as each of them has to be looked at.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hardware.definition.arithmetic import WORD_LIMIT, Integers
from hardware.engines.saturation import ramp
from hardware.program.model import Layer

FINEST = 6
"""Fraction bits below the state grid: so many, and whatever has 24 bits stays within 32."""


class Joined(NamedTuple):
    """How the sums of a layer are made."""

    input_scale: Integers  # (gates,): how far left weights are shifted as they are added
    recurrent_scale: Integers  # (gates,)
    candidate_scale: int
    """How far left the candidate's recurrent term stands in its sum."""

    base: Integers  # (1 + gates, neurons): what sums are before anything has arrived
    shift: Integers  # (gates,): right, to the place on the gate's ramp; the candidate's: to p


def join(layer: Layer, recurrent_shift: Integers) -> Joined | None:
    """The joined sums of a layer; None where its floors do not nest."""
    cell, gate = layer.cell, layer.gate
    candidate = cell.gates.index("candidate")
    k_input, k_recurrent = gate.input_shift, recurrent_shift.copy()
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
    within_word = np.abs(gate.recurrent_bias).max(initial=0) <= WORD_LIMIT
    candidate_scale = min(int(recurrent_scale[0]), FINEST) if candidate and within_word else 0
    recurrent_scale[candidate], shift[candidate] = candidate_scale, finer[candidate]
    return Joined(k_input + finer, recurrent_scale, candidate_scale, base, shift)
