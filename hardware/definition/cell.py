"""The gated spiking cell: its settings, and its integer step beside its equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers, candidate_tanh, fire, mix, shift, sigmoid
from hardware.errors import SettingError, choose

GATES = {
    "torch": ("reset", "update", "candidate"),
    "keep": ("reset", "update", "candidate"),
    "write": ("reset", "update", "candidate"),
    "output-gated": ("reset", "update", "candidate", "output"),
    "forget": ("forget", "candidate"),
}
"""The gates of each formulation, in the order in which their rows are stacked."""

EMISSIONS = ("binary", "signed", "graded", "state")
SPIKES = ("binary", "signed")
"""Emissions that are whole numbers; the others are the state, on the gate grid."""

RESET_MECHANISMS = ("subtract", "zero", "none")
ACTIVATIONS = ("hard", "table")
WEIGHT_BITS = range(2, 9)
GATE_FRACTIONS = range(4, 11)
STATE_FRACTIONS = range(8, 15)


@dataclass(frozen=True)
class Cell:
    """What kind of gated neuron a layer is made of, and on which grids it computes.

    Spiking switched off is `emit="state"`: an ordinary GRU of the formulation. `graded` sends the
    state where it has moved by more than the threshold since it was last sent (send-on-delta).
    """

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

    @property
    def spiking(self) -> bool:
        return self.emit in SPIKES

    @property
    def event_fraction(self) -> int:
        """Fraction bits of what is emitted: none for spikes, the gate grid for the state."""
        return 0 if self.spiking else self.gate_fraction

    @property
    def emission_range(self) -> tuple[int, int]:
        """The least and the greatest value that a neuron emits."""
        if self.spiking:
            return (-1 if self.emit == "signed" else 0), 1
        return -(1 << self.gate_fraction), 1 << self.gate_fraction

    @property
    def emission_type(self) -> type[np.integer]:
        """The smallest NumPy type that holds what a neuron emits."""
        if self.emit == "binary":
            return np.uint8
        return np.int8 if self.emit == "signed" else np.int16

    @property
    def products_in_turn(self) -> int:
        """Recurrent products of a step that wait for one another; each takes a tick of the chip.

        A reset before the product needs r ⊙ e on the wire, an output gate what h would emit.
        """
        return {"keep": 2, "write": 2, "output-gated": 3}.get(self.formulation, 1)

    @property
    def sends_changes(self) -> bool:
        """Whether a message is sent only where the emitted value changes, and says by how much."""
        return self.emit == "graded"


class CellSettings(TypedDict, total=False):
    """The fields of `Cell`, as keyword arguments."""

    formulation: str
    emit: str
    reset_mechanism: str
    activation: str
    weight_bits: int
    gate_fraction: int
    state_fraction: int


def cell_of(settings: CellSettings) -> Cell:
    """The cell with these settings; an error for a name that no setting has."""
    for name in settings:
        choose("setting", name, CellSettings.__annotations__)
    return Cell(**settings)


def cell_settings(cell: Cell) -> CellSettings:
    """The settings of a cell, as keyword arguments."""
    settings: CellSettings = asdict(cell)  # type: ignore[assignment]
    return settings


def _within(name: str, value: int, allowed: range) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        low, high = allowed.start, allowed.stop - 1
        raise SettingError(f"{name} is {value!r}: expected a whole number from {low} to {high}")


@dataclass(frozen=True)
class GateParameters:
    """The integers a gated neuron holds itself, beside its two matrices of synapses.

    `input_shift` and `recurrent_shift` bring each gate's two accumulators to the state grid:
    one power of two per gate and matrix. Biases and thresholds are on the state grid;
    `recurrent_bias` is on the grid of the candidate's recurrent accumulator, for it stands inside
    the reset of formulation `torch`; the others have none.
    """

    input_shift: NDArray[np.int64]  # (gates,)
    recurrent_shift: NDArray[np.int64]  # (gates,)
    bias: NDArray[np.int64]  # (gates, neurons)
    recurrent_bias: NDArray[np.int64]  # (neurons,)
    threshold: NDArray[np.int64]  # (neurons,)


Product = Callable[[str, Integers], Integers]
"""`U(gate, message)`: the accumulators of one gate's recurrent synapses for a message."""

Watch = Callable[[str, str, Integers], None]
"""`watch(quantity, gate, values)`: sees what a step computes on its way."""


def unwatched(quantity: str, gate: str, values: Integers) -> None:
    """Nobody looks."""


def step(
    cell: Cell,
    gate: GateParameters,
    input_current: Integers,
    U: Product,
    events: Integers,
    membrane: Integers,
    watch: Watch = unwatched,
) -> tuple[Integers, Integers]:
    """One time step of a layer: `(W x_t, e_{t-1}, h_{t-1}) → (e_t, h_t)`.

    `e` is what neurons emit: spikes, or the state. The input current has shape
    (..., gates · neurons), events and membrane (..., neurons)::

        torch         c = tanh(W_c x + r ⊙ (U_c e + d_c) + b_c)   h = z ⊙ h + (1 − z) ⊙ c
        keep          c = tanh(W_c x + U_c (r ⊙ e) + b_c)         h = z ⊙ h + (1 − z) ⊙ c
        write         c as keep                                   h = (1 − z) ⊙ h + z ⊙ c
        output-gated  c = tanh(U_c (r ⊙ e) + b_c), h as write     h = o ⊙ h
        forget        c = tanh(W_c x + U_c e + b_c)               h = f ⊙ h + (1 − f) ⊙ c

    with r, z, f = σ(W x + U e + b), and o = σ(W_o x + U_o e' + b_o) where e' is what h would emit.
    """
    S, G = cell.state_fraction, cell.gate_fraction
    n = membrane.shape[-1]
    W = {name: input_current[..., i * n : (i + 1) * n] for i, name in enumerate(cell.gates)}
    k = dict(zip(cell.gates, zip(gate.input_shift, gate.recurrent_shift, strict=True), strict=True))
    b = dict(zip(cell.gates, gate.bias, strict=True))

    def arriving(name: str) -> Integers:
        watch("input accumulator", name, W[name])
        return shift(W[name], k[name][0])

    def product(name: str, message: Integers) -> Integers:
        accumulator = U(name, message)
        watch("recurrent accumulator", name, accumulator)
        return accumulator

    def sigma(name: str, message: Integers) -> Integers:
        p = arriving(name) + shift(product(name, message), k[name][1]) + b[name]
        watch("pre-activation", name, p)
        return sigmoid(p, cell.activation, S, G)

    def tanh(p: Integers) -> Integers:
        watch("pre-activation", "candidate", p)
        return candidate_tanh(p, cell.activation, S)

    k_c, b_c = k["candidate"][1], b["candidate"]
    if cell.formulation == "forget":
        f = sigma("forget", events)
        c = tanh(arriving("candidate") + shift(product("candidate", events), k_c) + b_c)
        h = mix(f, membrane, c, G)
        return emit(cell, gate.threshold, h, events)

    r, z = sigma("reset", events), sigma("update", events)
    if cell.formulation == "torch":
        inside_reset = product("candidate", events) + gate.recurrent_bias
        reset = reset_product(cell, r, inside_reset, k_c, watch)
        c = tanh(arriving("candidate") + reset + b_c)
        h = mix(z, membrane, c, G)
        return emit(cell, gate.threshold, h, events)

    message = reset_message(cell, r, events)
    U_c = shift(product("candidate", message), k_c - G + cell.event_fraction)
    if cell.formulation == "keep":
        h = mix(z, membrane, tanh(arriving("candidate") + U_c + b_c), G)
    elif cell.formulation == "write":
        h = mix(z, tanh(arriving("candidate") + U_c + b_c), membrane, G)
    else:
        h = mix(z, tanh(U_c + b_c), membrane, G)
        would_emit, _ = emit(cell, gate.threshold, h, events)
        h = shift(sigma("output", would_emit) * h, -G)
    return emit(cell, gate.threshold, h, events)


def reset_product(
    cell: Cell, r: Integers, current: Integers, k: int, watch: Watch = unwatched
) -> Integers:
    """⌊r · current · 2^k⌋ on the state grid, where r has the gate's fraction bits.

    With spikes the current is a sum of weights, and the product fits the word as it is. With the
    state it has 2^gate_fraction times that range, so it is brought to the gate grid first.
    """
    S, G = cell.state_fraction, cell.gate_fraction
    on_grid = current if cell.spiking else shift(current, k - S + G)
    watch("reset product", "candidate", r * on_grid)
    return shift(r * on_grid, k - G if cell.spiking else S - 2 * G)


def reset_message(cell: Cell, r: Integers, events: Integers) -> Integers:
    """⌊r ⊙ e⌋ on the gate grid: the graded spike of a reset that stands before the product."""
    return shift(r * events, -cell.event_fraction)


def emit(cell: Cell, threshold: Integers, h: Integers, last: Integers) -> tuple[Integers, Integers]:
    """What neurons emit, and the membrane after their reset.

    ::

        binary   s = 1 where h > θ
        signed   s = 1 where h > θ, −1 where h < −θ
        state    ⌊h⌋ on the gate grid
        graded   ⌊h⌋ on the gate grid where |h − last| > θ, else last

        subtract  h − θ s        zero  h where s = 0        none  h
    """
    if not cell.spiking:
        sent = shift(h, cell.gate_fraction - cell.state_fraction)
        if cell.emit == "graded":
            held = shift(last, cell.state_fraction - cell.gate_fraction)
            sent = np.where(np.abs(h - held) > threshold, sent, last)
        return sent, h
    s = fire(h, threshold)
    if cell.emit == "signed":
        s = s - fire(-h, threshold)
    if cell.reset_mechanism == "subtract":
        h = h - threshold * s
    elif cell.reset_mechanism == "zero":
        h = np.where(s == 0, h, 0)
    return s, h
