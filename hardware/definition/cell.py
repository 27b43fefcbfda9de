"""The gated spiking cell: its settings, and its integer step next to its equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import (
    ACTIVATIONS,
    Activation,
    Integers,
    candidate_tanh,
    fire,
    mix,
    shift,
    sigmoid,
)
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS, Emission
from hardware.definition.formulation import FORMULATIONS, Formulation
from hardware.errors import SettingError, choose

WEIGHT_BITS = range(2, 9)
GATE_FRACTIONS = range(4, 11)
STATE_FRACTIONS = range(8, 15)


@dataclass(frozen=True)
class Cell:
    """The kind of gated neuron in a layer, and the grids on which it computes.

    `emit="state"` switches spiking off: the cell is an ordinary GRU of the formulation. `graded`
    sends the state where it has moved by more than the threshold since it was last sent
    (send-on-delta). `binary-on-change` and `signed-on-change` emit the spikes of `binary` and
    `signed`, and send a message only where a spike begins, ends or changes its sign.
    """

    formulation: str = "torch"
    emit: str = "binary"
    reset_mechanism: str = "subtract"
    activation: str = "hard"
    weight_bits: int = 8
    gate_fraction: int = 8
    state_fraction: int = 12

    def __post_init__(self) -> None:
        choose("formulation", self.formulation, FORMULATIONS)
        choose("emission", self.emit, EMISSIONS)
        choose("reset mechanism", self.reset_mechanism, RESET_MECHANISMS)
        choose("activation", self.activation, ACTIVATIONS)
        _within("weight_bits", self.weight_bits, WEIGHT_BITS)
        _within("gate_fraction", self.gate_fraction, GATE_FRACTIONS)
        _within("state_fraction", self.state_fraction, STATE_FRACTIONS)

    @property
    def row(self) -> Formulation:
        """The row of the formulation."""
        return FORMULATIONS[self.formulation]

    @property
    def emission(self) -> Emission:
        """The row of the emission."""
        return EMISSIONS[self.emit]

    @property
    def functions(self) -> Activation:
        """The row of the activation."""
        return ACTIVATIONS[self.activation]

    @property
    def gates(self) -> tuple[str, ...]:
        return self.row.gates

    @property
    def candidate(self) -> int:
        """The place of the candidate among the gates."""
        return self.gates.index("candidate")

    @property
    def ticks(self) -> int:
        """Ticks of a step."""
        return self.row.ticks

    @property
    def spiking(self) -> bool:
        return self.emission.spiking

    @property
    def subtracts(self) -> bool:
        """Whether a spike takes the threshold from the membrane."""
        return self.spiking and RESET_MECHANISMS[self.reset_mechanism].subtracts

    @property
    def clears(self) -> bool:
        """Whether a spike sets the membrane to 0."""
        return self.spiking and RESET_MECHANISMS[self.reset_mechanism].clears

    @property
    def event_fraction(self) -> int:
        """Fraction bits of emitted values: none for spikes, the gate grid for the state."""
        return 0 if self.spiking else self.gate_fraction

    @property
    def emission_range(self) -> tuple[int, int]:
        """The least and the greatest value that a neuron emits."""
        one = 1 << self.event_fraction
        return (-one if self.emission.signed else 0), one

    @property
    def reset_message_range(self) -> tuple[int, int]:
        """The least and the greatest value of r ⊙ e on the gate grid, as r lies in [0, 1]."""
        low, high = self.emission_range
        one = 1 << (self.gate_fraction - self.event_fraction)
        return low * one, high * one

    @property
    def emission_type(self) -> type[np.integer]:
        """The smallest NumPy type that holds what a neuron emits."""
        if not self.spiking:
            return np.int16
        return np.int8 if self.emission.signed else np.uint8

    @property
    def sends_changes(self) -> bool:
        """Whether a message is sent only if the emitted value changes, and carries the change."""
        return self.emission.by_change


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
    """The integers a gated neuron holds itself, next to its two matrices of synapses.

    `input_shift` and `recurrent_shift` bring each gate's two accumulators to the state grid: one
    power of two for each gate that has such synapses. Biases and thresholds are on the state grid.
    `recurrent_bias` is on the grid of the candidate's recurrent accumulator, because a reset after
    the product multiplies both; without such a reset it is 0.
    """

    input_shift: NDArray[np.int64]  # (input gates,)
    recurrent_shift: NDArray[np.int64]  # (recurrent gates,)
    bias: NDArray[np.int64]  # (gates, neurons)
    recurrent_bias: NDArray[np.int64]  # (neurons,)
    threshold: NDArray[np.int64]  # (neurons,)


Product = Callable[[str, Integers], Integers]
"""`U(gate, message)`: the accumulators of one gate's recurrent synapses for a message."""

Watch = Callable[[str, str, Integers], None]
"""`watch(quantity, gate, values)`: receives every intermediate value of a step."""


def unwatched(quantity: str, gate: str, values: Integers) -> None:
    """Default watcher: does nothing."""


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

    `e` is emitted by neurons: spikes, or the state. The input current has shape
    (..., input gates · neurons), events and membrane (..., neurons)::

        r, z, o = σ(W x + U e + b)
        c = tanh(W_c x + U_c e + b_c)                    without a reset
        c = tanh(W_c x + r ⊙ (U_c e + d_c) + b_c)        reset after the product
        c = tanh(W_c x + U_c (r ⊙ e) + b_c)              reset before the product
        h = z ⊙ h + (1 − z) ⊙ c                          the mixing gate keeps
        h = (1 − z) ⊙ h + z ⊙ c                          the mixing gate writes
        h = o ⊙ h                                        with an output gate

    In o, `e` is what h would emit before its output gate. A gate without input or recurrent
    synapses has no such term (`hardware.definition.formulation`).
    """
    row, S, G = cell.row, cell.state_fraction, cell.gate_fraction
    n = membrane.shape[-1]
    W = {name: input_current[..., i * n : (i + 1) * n] for i, name in enumerate(row.input_gates)}
    W_shift = dict(zip(row.input_gates, gate.input_shift, strict=True))
    U_shift = dict(zip(row.recurrent_gates, gate.recurrent_shift, strict=True))
    b = dict(zip(row.gates, gate.bias, strict=True))
    nothing = np.zeros_like(membrane)

    def arriving(name: str) -> Integers:
        if name not in W:
            return nothing
        watch("input accumulator", name, W[name])
        return shift(W[name], W_shift[name])

    def product(name: str, message: Integers) -> Integers:
        accumulator = U(name, message)
        watch("recurrent accumulator", name, accumulator)
        return accumulator

    def recurrence(name: str, message: Integers, finer: int = 0) -> Integers:
        if name not in U_shift:
            return nothing
        return shift(product(name, message), U_shift[name] - finer)

    def sigma(name: str, message: Integers) -> Integers:
        p = arriving(name) + recurrence(name, message) + b[name]
        watch("pre-activation", name, p)
        return sigmoid(p, cell.activation, S, G)

    r = sigma("reset", events) if row.reset else nothing
    if row.resets_after:
        current = product("candidate", events) + gate.recurrent_bias
        watch("recurrent accumulator with its bias", "candidate", current)
        recurrent = reset_product(cell, r, current, U_shift["candidate"], watch)
    elif row.resets_before:
        message = reset_message(cell, r, events)
        recurrent = recurrence("candidate", message, finer=G - cell.event_fraction)
    else:
        recurrent = recurrence("candidate", events)
    p = arriving("candidate") + recurrent + b["candidate"]
    watch("pre-activation", "candidate", p)
    c = candidate_tanh(p, cell.activation, S)

    z = sigma(row.mixing, events)
    h = mix(z, c, membrane, G) if row.writes else mix(z, membrane, c, G)
    if row.has_output:
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
    """⌊r ⊙ e⌋ on the gate grid: the graded spike of a reset before the product."""
    return shift(r * events, -cell.event_fraction)


def emit(cell: Cell, threshold: Integers, h: Integers, last: Integers) -> tuple[Integers, Integers]:
    """Return the emissions of neurons, and their membranes after the reset.

    ::

        spikes           s = 1 where h > θ
        signed spikes    s = 1 where h > θ, −1 where h < −θ
        state            ⌊h⌋ on the gate grid
        state by delta   ⌊h⌋ on the gate grid where |h − last| > θ, else last

        subtract  h − θ s        zero  h where s = 0        none  h

    These are the values in force. Whether a message carries the value or its change is a matter of
    the wire: W Σ Δ = Σ W Δ.
    """
    if not cell.spiking:
        sent = shift(h, cell.gate_fraction - cell.state_fraction)
        if cell.emission.by_delta:
            held = shift(last, cell.state_fraction - cell.gate_fraction)
            sent = np.where(np.abs(h - held) > threshold, sent, last)
        return sent, h
    s = fire(h, threshold)
    if cell.emission.signed:
        s = s - fire(-h, threshold)
    if cell.subtracts:
        h = h - threshold * s
    elif cell.clears:
        h = np.where(s == 0, h, 0)
    return s, h
