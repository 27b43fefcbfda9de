"""Every number of a run, written from docs/format.md and vectorised over many inputs.

Nothing here calls the arithmetic, the engines or the proof under test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.definition.encoder import Encoder
from hardware.definition.readout import Readout
from hardware.program.model import Layer, Program

Numbers = NDArray[Any]

Starts = Mapping[str, Numbers]
"""Initial membranes (inputs, neurons) by the name of the layer."""


class Observed(NamedTuple):
    """What a layer or a readout computes, of several inputs at once."""

    owner: str
    gates: tuple[str, ...]
    steps: list[int]
    """The step of the sequence, in the order of computation."""

    numbers: dict[str, Numbers]
    """(steps, inputs, gates, neurons) of each quantity; a readout has one gate."""


def floored(n: Numbers, k: int) -> Numbers:
    """⌊n · 2^k⌋."""
    return n * 2**k if k >= 0 else n // 2**-k


def encoded(encoder: Encoder, q: Numbers) -> Numbers:
    """Events (steps, inputs, sources) of rounded frames (frames, inputs, channels)."""
    L, S, rows = encoder.limit, encoder.steps, []
    held = np.zeros_like(q[0])
    for frame in q:
        if encoder.kind == "graded":
            rows.append(frame)
        elif encoder.kind == "send-on-delta":
            held = np.where(abs(frame - held) > encoder.threshold, frame, held)
            rows.append(held)
        elif encoder.kind == "level-crossing":
            x = np.sign(frame - held) * (abs(frame - held) // encoder.threshold)
            held = held + encoder.threshold * x
            rows.append(x)
        elif encoder.kind == "events":
            rows.append(frame)
        elif encoder.kind == "tokens":
            x = frame[..., np.newaxis] == np.arange(1, encoder.fields + 1)
            rows.append(x.reshape(len(frame), -1).astype(int))
        elif encoder.kind == "population":
            K = encoder.fields
            n = (frame[..., np.newaxis] + L) * (K - 1) - 2 * L * np.arange(K)
            x = np.rint(32 * np.exp(-(n**2) / (2 * L**2))).astype(int)
            rows.append(x.reshape(len(frame), -1))
        for s in range(S if encoder.kind in ("rate", "latency") else 0):
            if encoder.kind == "rate":
                held = held + frame
                x = (2 * held > L).astype(int) - (2 * held < -L)
                held = held - L * x
            else:
                x = np.sign(frame) * ((L - abs(frame)) * S // (L + 1) == s)
            rows.append(x)
    return np.array(rows)


def table(function: Any, fraction: int) -> Numbers:
    return np.array([round(function(-8 + (j + 0.5) / 16) * 2**fraction) for j in range(256)])


def logistic(v: float) -> float:
    return 1 / (1 + math.exp(-v))


BINARY, SIGNED = ("binary", "binary-on-change"), ("signed", "signed-on-change")
BY_CHANGE = ("graded", "binary-on-change", "signed-on-change")


class Step:
    """One step of a layer; `numbers` collects what it computes, (inputs, neurons) by gate."""

    def __init__(self, layer: Layer, sigmoids: Numbers, tanhs: Numbers, by_change: bool) -> None:
        self.layer, self.cell, self.row = layer, layer.cell, layer.cell.row
        self.S, self.G = layer.cell.state_fraction, layer.cell.gate_fraction
        self.E = 0 if layer.cell.emit in (*BINARY, *SIGNED) else self.G
        self.sigmoids, self.tanhs = sigmoids, tanhs
        self.by_change = {
            "input accumulator": by_change,
            "recurrent accumulator": self.cell.emit in BY_CHANGE,
        }
        self.numbers: dict[tuple[str, str], Numbers] = {}
        self.terms: dict[tuple[str, str], Numbers] = {}

    def see(self, quantity: str, gate: str, values: Numbers) -> Numbers:
        self.numbers[quantity, gate] = values
        return values

    def sums(self, quantity: str, gate: str, weights: Numbers, m: Numbers) -> Numbers:
        """`weights · m`, and the farthest that its terms reach on the way, in any order.

        An accumulator begins with 0; one of changes, with the terms of the step before.
        """
        terms = weights.astype(np.int64) * m[:, np.newaxis]
        before = self.terms.get((quantity, gate), 0)
        if self.by_change[quantity]:
            self.terms[quantity, gate] = terms
        self.see(f"{quantity}, at its highest", gate, np.maximum(terms, before).sum(-1))
        self.see(f"{quantity}, at its lowest", gate, np.minimum(terms, before).sum(-1))
        return self.see(quantity, gate, terms.sum(-1))

    def of_input(self, gate: str, x: Numbers) -> Numbers | int:
        if gate not in self.row.input_gates:
            return 0
        place = self.row.input_gates.index(gate)
        n = self.layer.neurons
        W = self.layer.input_weights[place * n : (place + 1) * n]
        total = self.sums("input accumulator", gate, W, x)
        shift = int(self.layer.gate.input_shift[place])
        return self.see("shifted input", gate, floored(total, shift))

    def of_messages(self, gate: str, m: Numbers, finer: int = 0) -> Numbers | int:
        if gate not in self.row.recurrent:
            return 0
        total = self.sums("recurrent accumulator", gate, self.U(gate), m)
        return self.see("shifted recurrence", gate, floored(total, self.shift_of(gate) - finer))

    def U(self, gate: str) -> Numbers:
        place, n = self.row.recurrent.index(gate), self.layer.neurons
        return self.layer.recurrent_weights[place * n : (place + 1) * n]

    def shift_of(self, gate: str) -> int:
        return int(self.layer.gate.recurrent_shift[self.row.recurrent.index(gate)])

    def summed(self, gate: str, a: Numbers | int, u: Numbers | int, like: Numbers) -> Numbers:
        """The pre-activation, and the partial sums of its terms."""
        b = self.layer.gate.bias[self.cell.gates.index(gate)]
        self.see("pre-activation without its bias", gate, a + u + 0 * like)
        self.see("pre-activation without messages", gate, a + b + 0 * like)
        self.see("pre-activation without input", gate, u + b + 0 * like)
        return self.see("pre-activation", gate, a + u + b + 0 * like)

    def place(self, p: Numbers) -> Numbers:
        return np.clip(floored(p, 4 - self.S) + 128, 0, 255)

    def sigma(self, gate: str, x: Numbers, m: Numbers) -> Numbers:
        p = self.summed(gate, self.of_input(gate, x), self.of_messages(gate, m), m)
        if self.cell.activation == "table":
            return self.sigmoids[self.place(p)]
        total = floored(p, self.G - self.S - 2) + 2 ** (self.G - 1)
        return np.clip(self.see("gate sum", gate, total), 0, 2**self.G)

    def tanh(self, p: Numbers) -> Numbers:
        if self.cell.activation == "table":
            return self.tanhs[self.place(p)]
        return np.clip(p, -(2**self.S), 2**self.S)

    def __call__(self, x: Numbers, e: Numbers, h: Numbers) -> tuple[Numbers, Numbers]:
        row, one = self.row, 2**self.G
        r = self.sigma("reset", x, e) if row.reset else None
        u: Numbers | int
        if row.reset == "after":
            u = self.inside(r, e)
        elif row.reset == "before":
            m = floored(r * e, -self.E)
            u = self.of_messages("candidate", self.see("r e", "candidate", m), self.G - self.E)
        else:
            u = self.of_messages("candidate", e)
        c = self.tanh(self.summed("candidate", self.of_input("candidate", x), u, e))
        mixing = "forget" if "forget" in row.gates else "update"
        z = self.sigma(mixing, x, e)
        kept, written = (h, c) if row.update == "keeps" else (c, h)
        parts = z * kept, (one - z) * written
        self.see("share kept", mixing, parts[0])
        self.see("share written", mixing, parts[1])
        h = floored(self.see("convex mix", mixing, parts[0] + parts[1]), -self.G)
        if "output" in row.gates:
            would, _ = self.emitted(h, e)
            o = self.sigma("output", x, would)
            h = floored(self.see("o h", "output", o * h), -self.G)
        e, h = self.emitted(h, e)
        self.see("emission", "", e)
        return e, self.see("membrane", "", h)

    def inside(self, r: Numbers, e: Numbers) -> Numbers:
        name, gate, d = "recurrent accumulator with its bias", "candidate", self.layer.gate
        total = self.sums("recurrent accumulator", gate, self.U(gate), e)
        for way in ("", ", at its highest", ", at its lowest"):
            values = self.numbers[f"recurrent accumulator{way}", gate]
            self.see(f"{name}{way}", gate, values + d.recurrent_bias)
        a = total + d.recurrent_bias
        k, last = self.shift_of(gate), self.shift_of(gate) - self.G
        if self.E:
            a = self.see("shifted recurrent accumulator", gate, floored(a, k - self.S + self.G))
            last = self.S - 2 * self.G
        product = self.see("reset product", gate, r * a)
        return self.see("shifted recurrence", gate, floored(product, last))

    def emitted(self, h: Numbers, e: Numbers) -> tuple[Numbers, Numbers]:
        theta, emit = self.layer.gate.threshold, self.cell.emit
        if self.E:
            sent = floored(h, self.G - self.S)
            if emit == "graded":
                far = abs(h - floored(e, self.S - self.G)) > theta
                sent = np.where(far, sent, e)
            return sent, h
        s = (h > theta).astype(np.int64) - (0 if emit in BINARY else (-h > theta))
        if self.cell.reset_mechanism == "subtract":
            h = h - theta * s
        elif self.cell.reset_mechanism == "zero":
            h = np.where(s == 0, h, 0)
        return s, h


def observe_layer(
    layer: Layer, x: Numbers, h: Numbers, by_change: bool
) -> tuple[Observed, Numbers, Numbers]:
    """The numbers of a layer, its emissions and its last membranes on the gate grid."""
    S, G = layer.cell.state_fraction, layer.cell.gate_fraction
    step = Step(layer, table(logistic, G), table(math.tanh, S), by_change)
    e = floored(h, G - S) if layer.cell.emit == "state" else np.zeros_like(h)
    order = list(range(len(x)))[:: -1 if layer.backward else 1]
    found: dict[tuple[str, str], list[Numbers]] = {}
    emissions = np.zeros((len(x), *h.shape), dtype=np.int64)
    for t in order:
        e, h = step(x[t], e, h)
        emissions[t] = e
        for key, values in step.numbers.items():
            found.setdefault(key, []).append(values)
    gates, numbers = layer.cell.gates, {}
    for (quantity, gate), values in found.items():
        shape = (len(x), len(h), len(gates), layer.neurons)
        place = gates.index(gate) if gate else 0
        numbers.setdefault(quantity, np.zeros(shape, np.int64))[:, :, place] = values
    return Observed(layer.name, gates, order, numbers), emissions, floored(h, G - S)


def observe_readout(program: Program, emissions: Numbers, ends: Numbers) -> Observed:
    readout, T = program.readout, len(emissions)
    b, k = readout.bias, readout.shift
    steps = [T - 1] if readout.kind == "last" else list(range(T))
    V = readout.weights.astype(np.int64)
    y, unbiased = np.zeros((2, len(ends), readout.outputs), dtype=np.int64)
    sums = readout.kind in ("mean", "count", "sliding", "tumbling")
    products: list[Numbers] = []
    before: Any = 0
    found: dict[str, list[Numbers]] = {}
    for t in steps:
        m = ends if readout.kind == "last" else emissions[t]
        terms = V * m[:, np.newaxis]
        high, low = np.maximum(terms, before).sum(-1), np.minimum(terms, before).sum(-1)
        if program.layers[-1].cell.emit in BY_CHANGE and readout.kind != "last":
            before = terms
        product = terms.sum(-1)
        current = floored(product, k) + b
        products.append(floored(product, k))
        if sums:
            of_window = np.array(products[first_of_sum(readout, t) :])
            unbiased = of_window.sum(axis=0)
            y = unbiased + len(of_window) * b
        elif readout.kind == "leaky":
            y = y - floored(y, -readout.leak) + current
        else:
            y = current
        for quantity, values in (
            ("accumulator", product),
            ("accumulator, at its highest", high),
            ("accumulator, at its lowest", low),
            ("shifted accumulator", floored(product, k)),
            ("score", y),
            ("score without its bias", unbiased if sums else 0 * y),
        ):
            found.setdefault(quantity, []).append(values)
    numbers = {name: np.array(values)[:, :, np.newaxis] for name, values in found.items()}
    return Observed("readout", ("readout",), steps, numbers)


def first_of_sum(readout: Readout, t: int) -> int:
    """The first step of the sum that a readout has made after step t."""
    if readout.kind == "sliding":
        return max(0, t + 1 - readout.window)
    return t - t % readout.window if readout.kind == "tumbling" else 0


def observe(program: Program, q: Numbers, starts: Starts) -> list[Observed]:
    """The numbers of every layer and of the readout, for rounded frames (frames, inputs, …)."""
    arriving, found = encoded(program.encoder, q), []
    levels: list[list[Layer]] = []
    for layer in program.layers:
        levels.append([])
        if layer.backward:
            levels.pop()
        levels[-1].append(layer)
    by_change = program.encoder.kind == "send-on-delta"
    for level in levels:
        of_level = [
            observe_layer(layer, arriving, starts[layer.name], by_change) for layer in level
        ]
        by_change = level[0].cell.emit in BY_CHANGE
        found += [seen for seen, _, _ in of_level]
        arriving = np.concatenate([emissions for _, emissions, _ in of_level], axis=-1)
        ends = np.concatenate([last for _, _, last in of_level], axis=-1)
    return [*found, observe_readout(program, arriving, ends)]
