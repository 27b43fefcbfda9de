"""The gated spiking cell: its settings, and its integer step beside its equation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.arithmetic import Integers, candidate_tanh, fire, mix, shift, sigmoid
from hardware.errors import SettingError, choose

GATES = {"torch": ("reset", "update", "candidate")}
"""The gates of each formulation, in the order in which their rows are stacked."""

EMISSIONS = ("binary",)
RESET_MECHANISMS = ("subtract",)
ACTIVATIONS = ("hard", "table")
WEIGHT_BITS = range(2, 9)
GATE_FRACTIONS = range(4, 11)
STATE_FRACTIONS = range(8, 15)


@dataclass(frozen=True)
class Cell:
    """What kind of gated neuron a layer is made of, and on which grids it computes."""

    formulation: str = "torch"
    emit: str = "binary"
    reset_mechanism: str = "subtract"
    activation: str = "hard"
    weight_bits: int = 8
    gate_fraction: int = 8
    state_fraction: int = 12

    def __post_init__(self) -> None:
        choose("formulation", self.formulation, GATES)
        choose("emission", self.emit, EMISSIONS)
        choose("reset mechanism", self.reset_mechanism, RESET_MECHANISMS)
        choose("activation", self.activation, ACTIVATIONS)
        _within("weight_bits", self.weight_bits, WEIGHT_BITS)
        _within("gate_fraction", self.gate_fraction, GATE_FRACTIONS)
        _within("state_fraction", self.state_fraction, STATE_FRACTIONS)

    @property
    def gates(self) -> tuple[str, ...]:
        return GATES[self.formulation]


def _within(name: str, value: int, allowed: range) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        low, high = allowed.start, allowed.stop - 1
        raise SettingError(f"{name} is {value!r}: expected a whole number from {low} to {high}")


@dataclass(frozen=True)
class GateParameters:
    """The integers a gated neuron holds itself, beside its two matrices of synapses.

    `input_shift` and `recurrent_shift` bring each gate's two accumulators to the state grid:
    one power of two per gate and matrix. Biases and thresholds are on the state grid;
    `recurrent_bias` is on the candidate's recurrent weight grid, for it stands inside the reset.
    """

    input_shift: NDArray[np.int64]  # (gates,)
    recurrent_shift: NDArray[np.int64]  # (gates,)
    bias: NDArray[np.int64]  # (gates, neurons)
    recurrent_bias: NDArray[np.int64]  # (neurons,)
    threshold: NDArray[np.int64]  # (neurons,)


def step(
    cell: Cell,
    gate: GateParameters,
    input_current: Integers,
    recurrent_current: Integers,
    membrane: Integers,
) -> tuple[Integers, Integers]:
    """One time step of a layer: `(W x_t, U s_{t-1}, h_{t-1}) → (s_t, h_t)`.

    The currents have shape (..., gates · neurons), the membrane (..., neurons)::

        r = σ(W_r x + U_r s + b_r)
        z = σ(W_z x + U_z s + b_z)
        c = tanh(W_c x + r ⊙ (U_c s + d_c) + b_c)
        h = z ⊙ h + (1 − z) ⊙ c
        s = 1 where h > θ;  h ← h − θ s
    """
    S, G = cell.state_fraction, cell.gate_fraction
    Wx_r, Wx_z, Wx_c = np.split(input_current, 3, axis=-1)
    Us_r, Us_z, Us_c = np.split(recurrent_current, 3, axis=-1)
    kx_r, kx_z, kx_c = gate.input_shift
    ks_r, ks_z, ks_c = gate.recurrent_shift
    b_r, b_z, b_c = gate.bias

    r = sigmoid(shift(Wx_r, kx_r) + shift(Us_r, ks_r) + b_r, cell.activation, S, G)
    z = sigmoid(shift(Wx_z, kx_z) + shift(Us_z, ks_z) + b_z, cell.activation, S, G)
    reset_product = shift(r * (Us_c + gate.recurrent_bias), ks_c - G)
    c = candidate_tanh(shift(Wx_c, kx_c) + reset_product + b_c, cell.activation, S)
    h = mix(z, membrane, c, G)
    s = fire(h, gate.threshold)
    return s, h - gate.threshold * s
