"""The cell's equations in exact fractions: the oracle of the integer step.

Written from the equations, not with the code under test. `EQUATIONS` has one entry for each
formulation of the table; `equation_of` writes the equation of any row.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor

import numpy as np

from hardware.definition.formulation import Formulation
from hardware.program.model import Layer

Vector = list[Fraction]


def floored(value: Fraction, fraction: int) -> Fraction:
    return Fraction(floor(value * 2**fraction), 2**fraction)


def clamp(value: Fraction, low: int, high: int) -> Fraction:
    return max(Fraction(low), min(Fraction(high), value))


BINARY, SIGNED = ("binary", "binary-on-change"), ("signed", "signed-on-change")
"""Emissions of the same spikes: a change on the wire changes no number."""


class Neurons:
    """The neurons of a layer at one step, with `hard` activations."""

    def __init__(self, layer: Layer, x: np.ndarray, e: np.ndarray, h: np.ndarray) -> None:
        self.layer, self.cell, self.gate, self.x = layer, layer.cell, layer.gate, x
        self.S, self.G = self.cell.state_fraction, self.cell.gate_fraction
        self.E = 0 if self.cell.emit in (*BINARY, *SIGNED) else self.G
        self.e = [Fraction(int(v), 2**self.E) for v in e]
        self.h = [Fraction(int(v), 2**self.S) for v in h]

    def W(self, gate: str) -> Vector:
        """W x on the state grid."""
        gates = self.layer.cell.row.input_gates
        unit = Fraction(2) ** (int(self.gate.input_shift[gates.index(gate)]) - self.S)
        rows = np.split(self.layer.input_weights, len(gates))[gates.index(gate)]
        sums = [sum(int(w) * int(v) for w, v in zip(row, self.x, strict=True)) for row in rows]
        return [floored(total * unit, self.S) for total in sums]

    def unit(self, gate: str) -> Fraction:
        """The unit of a gate's recurrent weights, for messages in whole numbers."""
        gates = self.layer.cell.row.recurrent_gates
        shift = int(self.gate.recurrent_shift[gates.index(gate)])
        return Fraction(2) ** (shift - self.S)

    def U(self, gate: str, message: Vector) -> Vector:
        """U m, not yet rounded."""
        gates = self.layer.cell.row.recurrent_gates
        rows = np.split(self.layer.recurrent_weights, len(gates))[gates.index(gate)]
        unit = self.unit(gate) * 2**self.E
        return [
            sum((int(w) * m for w, m in zip(row, message, strict=True)), Fraction()) * unit
            for row in rows
        ]

    def b(self, gate: str) -> Vector:
        index = self.cell.gates.index(gate)
        return [Fraction(int(v), 2**self.S) for v in self.gate.bias[index]]

    def d(self) -> Vector:
        unit = self.unit("candidate")
        return [int(v) * unit for v in self.gate.recurrent_bias]

    def state(self, values: Vector) -> Vector:
        return [floored(value, self.S) for value in values]

    def grid(self, values: Vector) -> Vector:
        return [floored(value, self.G) for value in values]

    def sigma(self, *terms: Vector) -> Vector:
        return [clamp(floored(p / 4, self.G) + Fraction(1, 2), 0, 1) for p in total(*terms)]

    def tanh(self, *terms: Vector) -> Vector:
        return [clamp(p, -1, 1) for p in total(*terms)]

    def inside(self, r: Vector, current: Vector) -> Vector:
        """r times what is inside the reset, on the state grid."""
        return self.state(times(r, self.grid(current) if self.E else current))

    def mix(self, share: Vector, kept: Vector, written: Vector) -> Vector:
        mixed = zip(share, kept, written, strict=True)
        return self.state([z * a + (1 - z) * b for z, a, b in mixed])

    def emitted(self, values: Vector) -> Vector:
        """The emissions of neurons with these membranes."""
        return [self._emitted(i, value) for i, value in enumerate(values)]

    def _emitted(self, i: int, value: Fraction) -> Fraction:
        threshold = Fraction(int(self.gate.threshold[i]), 2**self.S)
        if self.cell.emit == "state":
            return floored(value, self.G)
        if self.cell.emit == "graded":
            moved = abs(value - self.e[i]) > threshold
            return floored(value, self.G) if moved else self.e[i]
        if value < -threshold and self.cell.emit in SIGNED:
            return Fraction(-1)
        return Fraction(int(value > threshold))

    def after_reset(self, values: Vector, emitted: Vector) -> Vector:
        """Membranes after the reset of spikes."""
        if self.E:
            return values
        if self.cell.reset_mechanism == "subtract":
            theta = [Fraction(int(v), 2**self.S) for v in self.gate.threshold]
            return [h - t * s for h, t, s in zip(values, theta, emitted, strict=True)]
        if self.cell.reset_mechanism == "zero":
            return [h if s == 0 else Fraction(0) for h, s in zip(values, emitted, strict=True)]
        return values


def total(*terms: Vector) -> Vector:
    return [sum(values, Fraction()) for values in zip(*terms, strict=True)]


def times(a: Vector, b: Vector) -> Vector:
    return [x * y for x, y in zip(a, b, strict=True)]


Equation = Callable[[Neurons], Vector]
"""The new membranes, before their reset."""


def gate(N: Neurons, name: str) -> Vector:
    """σ(W x + U e + b)."""
    return N.sigma(N.W(name), N.state(N.U(name, N.e)), N.b(name))


def reset_after(N: Neurons) -> Vector:
    """c = tanh(W_c x + r ⊙ (U_c e + d_c) + b_c), h = z ⊙ h + (1 − z) ⊙ c."""
    r, z = gate(N, "reset"), gate(N, "update")
    recurrent = N.inside(r, total(N.U("candidate", N.e), N.d()))
    return N.mix(z, N.h, N.tanh(N.W("candidate"), recurrent, N.b("candidate")))


def keep(N: Neurons) -> Vector:
    """c = tanh(W_c x + U_c (r ⊙ e) + b_c), h = z ⊙ h + (1 − z) ⊙ c."""
    m = N.grid(times(gate(N, "reset"), N.e))
    c = N.tanh(N.W("candidate"), N.state(N.U("candidate", m)), N.b("candidate"))
    return N.mix(gate(N, "update"), N.h, c)


def write(N: Neurons) -> Vector:
    """The candidate of `keep`, h = (1 − z) ⊙ h + z ⊙ c."""
    m = N.grid(times(gate(N, "reset"), N.e))
    c = N.tanh(N.W("candidate"), N.state(N.U("candidate", m)), N.b("candidate"))
    return N.mix(gate(N, "update"), c, N.h)


def output_gated(N: Neurons) -> Vector:
    """c = tanh(U_c (r ⊙ e) + b_c), h as `write`, then h = o ⊙ h."""
    m = N.grid(times(gate(N, "reset"), N.e))
    c = N.tanh(N.state(N.U("candidate", m)), N.b("candidate"))
    h = N.mix(gate(N, "update"), c, N.h)
    would = N.emitted(h)
    o = N.sigma(N.W("output"), N.state(N.U("output", would)), N.b("output"))
    return N.state(times(o, h))


def forget(N: Neurons) -> Vector:
    """c = tanh(W_c x + U_c e + b_c), h = f ⊙ h + (1 − f) ⊙ c."""
    c = N.tanh(N.W("candidate"), N.state(N.U("candidate", N.e)), N.b("candidate"))
    return N.mix(gate(N, "forget"), N.h, c)


def minimal(N: Neurons) -> Vector:
    """z = σ(W_z x + b_z), c = tanh(W_c x + b_c), h = z ⊙ h + (1 − z) ⊙ c."""
    z = N.sigma(N.W("update"), N.b("update"))
    return N.mix(z, N.h, N.tanh(N.W("candidate"), N.b("candidate")))


EQUATIONS: dict[str, Equation] = {
    "torch": reset_after,
    "keep": keep,
    "write": write,
    "output-gated": output_gated,
    "forget": forget,
    "minimal": minimal,
}


def equation_of(row: Formulation) -> Equation:
    """The equation of any row, term by term."""

    def equation(N: Neurons) -> Vector:
        def sigma(name: str, message: Vector) -> Vector:
            terms = [N.W(name), N.b(name)]
            if name in row.recurrent:
                terms.append(N.state(N.U(name, message)))
            return N.sigma(*terms)

        terms = [N.b("candidate")]
        if row.candidate_input:
            terms.append(N.W("candidate"))
        if row.reset == "after":
            r = sigma("reset", N.e)
            terms.append(N.inside(r, total(N.U("candidate", N.e), N.d())))
        elif row.reset == "before":
            m = N.grid(times(sigma("reset", N.e), N.e))
            terms.append(N.state(N.U("candidate", m)))
        elif "candidate" in row.recurrent:
            terms.append(N.state(N.U("candidate", N.e)))
        c = N.tanh(*terms)
        mixing = "forget" if "forget" in row.gates else "update"
        z = sigma(mixing, N.e)
        h = N.mix(z, N.h, c) if row.update == "keeps" else N.mix(z, c, N.h)
        if "output" in row.gates:
            h = N.state(times(sigma("output", N.emitted(h)), h))
        return h

    return equation


def exact_step(
    layer: Layer, x: np.ndarray, e: np.ndarray, h: np.ndarray, equation: Equation
) -> tuple[Vector, Vector]:
    """The emissions, and the membranes after their reset."""
    neurons = Neurons(layer, x, e, h)
    new = equation(neurons)
    emitted = neurons.emitted(new)
    return emitted, neurons.after_reset(new, emitted)
