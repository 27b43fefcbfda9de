"""One step of a layer: docs/format.md, "The step of a layer" and "Emission and reset"."""

from collections.abc import Callable, Sequence

from independent.arithmetic import product, shifted, sigmoid, tanh
from independent.program import BINARY, SIGNED, Layer

Watch = Callable[[str, list[int]], None]
LETTERS = {"reset": "r", "update": "z", "forget": "z", "candidate": "c", "output": "o"}


def first_state(layer: Layer, membranes: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return `e` and `h` before the first step: "First state of a layer"."""
    h = list(membranes)
    if layer.emit == "state":
        return [shifted(v, layer.gate_fraction - layer.state_fraction) for v in h], h
    return [0] * layer.neurons, h


class Step:
    """One step: from the message `x`, the emission `e` and the membrane `h` before.

    `watch` is called with the name and the values of each intermediate quantity.
    """

    def __init__(
        self, layer: Layer, x: Sequence[int], e: Sequence[int], h: Sequence[int], watch: Watch
    ) -> None:
        self.layer, self.x, self.e, self.h, self.watch = layer, x, e, h, watch
        self.G, self.S = layer.gate_fraction, layer.state_fraction

    def result(self) -> tuple[list[int], list[int]]:
        """Return the new `e` and `h`."""
        layer, G, e = self.layer, self.G, self.e
        reset = self.gate("reset", e) if "reset" in layer.formulation.gates else []
        u = self.candidate_term(reset)
        p = self.pre_activation("candidate", u)
        c = [tanh(value, layer.activation, self.S) for value in p]
        self.watch("c", c)
        z = self.gate(layer.formulation.mixing, e)
        ours, other = (c, self.h) if layer.formulation.mixing_gate_scales == "c" else (self.h, c)
        mixed = [g * v + (2**G - g) * w for g, v, w in zip(z, ours, other, strict=True)]
        self.watch("z · h + (1 - z) · c", mixed)
        h = [shifted(value, -G) for value in mixed]
        if "output" in layer.formulation.gates:
            o = self.gate("output", emission(layer, h, e))
            h = [shifted(g * v, -G) for g, v in zip(o, h, strict=True)]
        self.watch("h mixed", h)
        new = emission(layer, h, e)
        self.watch("e", new)
        after = after_reset(layer, h, new)
        self.watch("h after the reset", after)
        return new, after

    def gate(self, name: str, m: Sequence[int]) -> list[int]:
        """Return a gate, whose recurrent weights read `m`."""
        p = self.pre_activation(name, self.recurrent(name, m))
        values = [sigmoid(value, self.layer.activation, self.G, self.S) for value in p]
        self.watch(LETTERS[name], values)
        return values

    def pre_activation(self, name: str, recurrent: Sequence[int]) -> list[int]:
        """Return input term, recurrent term and bias, added after their floors."""
        terms = zip(self.input(name), recurrent, self.layer.bias[name], strict=True)
        p = [sum(term) for term in terms]
        self.watch(f"p_{LETTERS[name]}", p)
        return p

    def input(self, name: str) -> list[int]:
        """Return ⌊W_g x · 2^k_g⌋, or 0 where there is no input gate."""
        if name not in self.layer.formulation.input_gates:
            return [0] * self.layer.neurons
        accumulator = product(self.layer.input_weights[name], self.x)
        return self.watched(f"W_{LETTERS[name]} x", accumulator, self.layer.input_shift[name])

    def recurrent(self, name: str, m: Sequence[int]) -> list[int]:
        """Return ⌊U_g m · 2^l_g⌋, or 0 where there is no recurrent gate."""
        if name not in self.layer.formulation.recurrent_gates:
            return [0] * self.layer.neurons
        accumulator = product(self.layer.recurrent_weights[name], m)
        return self.watched(f"U_{LETTERS[name]} e", accumulator, self.layer.recurrent_shift[name])

    def candidate_term(self, r: Sequence[int]) -> list[int]:
        """Return the recurrent term `u` of the candidate, by the formulation's reset."""
        if self.layer.formulation.reset == "none":
            return self.recurrent("candidate", self.e)
        U = self.layer.recurrent_weights["candidate"]
        shift = self.layer.recurrent_shift["candidate"]
        E = 0 if self.layer.spikes else self.G
        if self.layer.formulation.reset == "before":
            m = [shifted(g * v, -E) for g, v in zip(r, self.e, strict=True)]
            self.watch("m", m)
            return self.watched("U_c m", product(U, m), shift - (self.G - E))
        accumulator = product(U, self.e)
        self.watch("U_c e", accumulator)
        a = [v + d for v, d in zip(accumulator, self.layer.recurrent_bias, strict=True)]
        self.watch("a", a)
        if self.layer.spikes:
            both = [g * v for g, v in zip(r, a, strict=True)]
            return self.watched("r · a", both, shift - self.G)
        on_gate_grid = self.watched("a'", a, shift - self.S + self.G)
        both = [g * v for g, v in zip(r, on_gate_grid, strict=True)]
        return self.watched("r · a", both, self.S - 2 * self.G)

    def watched(self, name: str, values: list[int], shift: int) -> list[int]:
        """Return ⌊values · 2^shift⌋, and show both."""
        self.watch(name, values)
        floors = [shifted(value, shift) for value in values]
        self.watch(f"⌊{name}⌋", floors)
        return floors


def emission(layer: Layer, h: Sequence[int], e: Sequence[int]) -> list[int]:
    """Return what the membranes `h` emit after the last emission `e`."""
    return [emitted(layer, *of) for of in zip(h, layer.threshold, e, strict=True)]


def emitted(layer: Layer, h: int, threshold: int, e: int) -> int:
    """Return one neuron's emission."""
    if layer.emit in BINARY:
        return int(h > threshold)
    if layer.emit in SIGNED:
        return int(h > threshold) - int(-h > threshold)
    sent = shifted(h, layer.gate_fraction - layer.state_fraction)
    in_force = shifted(e, layer.state_fraction - layer.gate_fraction)
    return sent if layer.emit == "state" or abs(h - in_force) > threshold else e


def after_reset(layer: Layer, h: Sequence[int], s: Sequence[int]) -> list[int]:
    """Return the membranes after the spikes `s`."""
    if not layer.spikes or layer.reset_mechanism == "none":
        return list(h)
    if layer.reset_mechanism == "zero":
        return [0 if spike else v for v, spike in zip(h, s, strict=True)]
    return [v - t * spike for v, t, spike in zip(h, layer.threshold, s, strict=True)]
