"""A stage of a time step between two recurrent products: the equations once, for every backend.

`compositions(rows)` builds the forward and the backward phase from a backend's row operations. The
plan in the settings says which parts of the step a stage has; `spiking_gru.functional.step` is the
whole equation. `living` lists the parts of the batch to work on: the rows whose sequence has not
ended, one by one, or all rows at once.

Forward, `saved.gates` holds W x and the phase replaces it with the gates. Backward, `g` arrives as
the gradient of the membrane after a step and leaves as that of the membrane before it. `d_e`
arrives as the gradient of the emission and leaves as the part that reaches the last emission
without passing a recurrent product. Gradients pass roundings unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Step = Callable[[Any, int], object]
"""Computes a phase for the rows to work on and for the number of a step."""

Phase = Callable[..., Step]
"""Takes the arrays and settings of a phase, for all steps."""


class Constants(NamedTuple):
    """Arrays that are the same at every step."""

    bias: Any  # (gates, hidden)
    inside_bias: Any  # (hidden,)
    threshold: Any  # (hidden,)
    emitted: Any  # (batch, hidden), before the first step
    membrane: Any


class Saved(NamedTuple):
    """Values that the backward pass needs; without steps where a cell has no such value."""

    gates: Any  # (steps, batch, gates, hidden), in the order of the layout
    inside: Any  # (steps, batch, hidden), U_c e + d_c where r multiplies it
    messages: Any  # r ⊙ e where the reset is before the product
    mixed: Any  # h before an output gate
    would: Any  # emission of `mixed`, where the output gate waits for it
    before: Any  # membranes before their reset; the membranes themselves where there is none
    emitted: Any
    membranes: Any


OF_STEPS = ("d", "d_out", "up", "down", "up_would", "down_would")
"""The gradients that are arrays of steps."""


class Gradients(NamedTuple):
    """Gradients and slopes. In arrays of steps, step t is at t modulo the number of steps."""

    d: Any  # (steps, batch, columns, hidden), of the pre-activations
    d_out: Any  # (steps, batch, hidden), of the emissions as a result
    up: Any  # (steps, batch, hidden), slopes of the spikes by h
    down: Any  # and by θ
    up_would: Any  # the same for what h would emit
    down_would: Any
    d_e: Any  # (batch, hidden)
    g: Any
    total: Any  # of the emission, or of the message that the next stage received
    d_theta: Any


def by_step(values: Any) -> Any:
    """Saved values or gradients, their arrays of steps as tuples of steps: cut once, not always."""
    if isinstance(values, Saved):
        return Saved(*map(_steps, values))
    if isinstance(values, Gradients):
        return values._replace(**{name: _steps(getattr(values, name)) for name in OF_STEPS})
    return values


def _steps(array: Any) -> tuple[Any, ...]:
    """Each step of a tensor; the tensor itself, which nothing reads, where it has none."""
    return array.unbind(0) if len(array) else (array,)


class Phases(NamedTuple):
    """A backend's two phases."""

    forward: Phase
    backward: Phase


def by_call(function: Callable[..., object]) -> Phase:
    """The phase of a function that takes everything in each call."""
    return lambda *arrays: lambda living, t: function(living, t, *arrays)


def compositions(rows: Any) -> tuple[Callable[..., None], Callable[..., None]]:
    """Both phases as functions, in terms of a backend's row operations."""

    def forward(living, t, constants, saved, products, k):
        p, b, theta = k.plan, constants.bias, constants.threshold
        gates = saved.gates[t]
        last = saved.emitted[t - 1] if t else constants.emitted
        was = saved.membranes[t - 1] if t else constants.membrane
        for i in living:
            if p.opens:
                if p.r >= 0:
                    rows.accumulate(gates[i, p.r], products, i, p.u_r, b[p.r], k)
                    rows.sigmoid(gates[i, p.r], k)
                rows.accumulate(gates[i, p.z], products, i, p.u_z, b[p.z], k)
                rows.sigmoid(gates[i, p.z], k)
                if p.before:
                    rows.message(saved.messages[t][i], gates[i, p.r], last[i], k)
            if p.closes:
                c = gates[i, p.c]
                h = saved.mixed[t][i] if p.out >= 0 else saved.before[t][i]
                if p.after:
                    q = saved.inside[t][i]
                    rows.inside(q, products[i, p.u_c], constants.inside_bias, k)
                    rows.add_product(c, gates[i, p.r], q, b[p.c], k)
                else:
                    rows.accumulate(c, products, i, p.u_c, b[p.c], k)
                rows.tanh(c, k)
                rows.mix(h, gates[i, p.z], was[i], c, k)
                if p.waits:
                    rows.emit(saved.would[t][i], h, last[i], theta, k)
            if p.ends:
                h, e = saved.before[t][i], saved.emitted[t][i]
                if p.out >= 0:
                    rows.accumulate(gates[i, p.out], products, i, p.u_out, b[p.out], k)
                    rows.sigmoid(gates[i, p.out], k)
                    rows.scale(h, gates[i, p.out], saved.mixed[t][i], k)
                rows.emit(e, h, last[i], theta, k)
                rows.reset(saved.membranes[t][i], h, e, theta, k)

    def backward(living, t, constants, saved, gradients, k):
        p, theta = k.plan, constants.threshold
        gates, d = saved.gates[t], gradients.d[t % len(gradients.d)]
        last = saved.emitted[t - 1] if t else constants.emitted
        was = saved.membranes[t - 1] if t else constants.membrane
        d_out = gradients.d_out[t % len(gradients.d_out)]
        slope = t % len(gradients.up)
        for i in living:
            g, d_e = gradients.g[i], gradients.d_e[i]
            total, d_theta = gradients.total[i], gradients.d_theta[i]
            if p.ends:
                h, e = saved.before[t][i], saved.emitted[t][i]
                up, down = gradients.up[slope][i], gradients.down[slope][i]
                rows.take(total, d_e, d_out[i])
                rows.reset_back(g, e, d_theta, k)
                rows.slopes(up, down, h, theta, k)
                rows.emit_back(g, d_e, total, up, down, h, last[i], theta, d_theta, k)
                if p.out >= 0:
                    rows.scale_back(d[i, p.out + p.after], g, gates[i, p.out], saved.mixed[t][i], k)
            if p.closes:
                z, c = gates[i, p.z], gates[i, p.c]
                d_z, d_c = d[i, p.z + p.after], d[i, p.c + p.after]
                if p.waits:
                    h = saved.mixed[t][i]
                    up, down = gradients.up_would[slope][i], gradients.down_would[slope][i]
                    rows.slopes(up, down, h, theta, k)
                    rows.emit_back(g, d_e, total, up, down, h, last[i], theta, d_theta, k)
                rows.mix_back(d_z, d_c, g, z, was[i], c, k)
                if p.after:
                    r, q = gates[i, p.r], saved.inside[t][i]
                    rows.inside_back(d[i, p.r + 1], d[i, 0], d_c, r, q, k)
            if p.opens and p.before:
                rows.message_back(d[i, p.r], d_e, total, gates[i, p.r], last[i], k)

    return forward, backward
