"""A time step in phases, between its recurrent products: each equation once, for every backend.

`compositions(rows)` makes them from a backend's row operations. Arrays are those of one step, the
batch first: `gates`, `products` (U e or U m) and `d` (gradients of pre-activations) are
(batch, gates, hidden), all others (batch, hidden). `living` says on which parts to work: the rows
whose sequence has not ended, one by one, or all rows at once.

Forward, `gates` holds W x and is replaced by the gates themselves; `after` is the membrane after
its reset, `new` that before it, and where nothing is reset they are one array. Backward, `g` comes
as the gradient of `after` and leaves as that of `was`; `d_e` comes as that of what was emitted and
leaves as what reaches `last` past the recurrent products; roundings pass gradients straight
through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Phase = Callable[..., None]


class Phases(NamedTuple):
    """What computes each phase."""

    torch_step: Phase
    forget_step: Phase
    open: Phase
    close: Phase
    close_unseen: Phase
    output: Phase
    torch_back: Phase
    close_back: Phase
    output_back: Phase
    close_unseen_back: Phase
    open_back: Phase


def compositions(rows: Any) -> Phases:
    """The phases in terms of a backend's row operations."""

    def torch_step(living, gates, products, b, d, theta, last, was, inside, new, e, after, k):
        """c = tanh(W_c x + r ⊙ (U_c e + d_c) + b_c), h = z ⊙ h + (1 − z) ⊙ c."""
        for i in living:
            r, z, c = gates[i, 0], gates[i, 1], gates[i, 2]
            rows.add(r, products[i, 0], b[0], k)
            rows.sigmoid(r, k)
            rows.add(z, products[i, 1], b[1], k)
            rows.sigmoid(z, k)
            rows.inside(inside[i], products[i, 2], d, k)
            rows.add_product(c, r, inside[i], b[2], k)
            rows.tanh(c, k)
            rows.mix(new[i], z, was[i], c, k)
            rows.emit(e[i], new[i], last[i], theta, k)
            rows.reset(after[i], new[i], e[i], theta, k)

    def forget_step(living, gates, products, b, theta, last, was, new, e, after, k):
        """c = tanh(W_c x + U_c e + b_c), h = f ⊙ h + (1 − f) ⊙ c."""
        for i in living:
            f, c = gates[i, 0], gates[i, 1]
            rows.add(f, products[i, 0], b[0], k)
            rows.sigmoid(f, k)
            rows.add(c, products[i, 1], b[1], k)
            rows.tanh(c, k)
            rows.mix(new[i], f, was[i], c, k)
            rows.emit(e[i], new[i], last[i], theta, k)
            rows.reset(after[i], new[i], e[i], theta, k)

    def open(living, gates, products, b, last, message, k):
        """r, z, and the message r ⊙ e."""
        for i in living:
            r, z = gates[i, 0], gates[i, 1]
            rows.add(r, products[i, 0], b[0], k)
            rows.sigmoid(r, k)
            rows.add(z, products[i, 1], b[1], k)
            rows.sigmoid(z, k)
            rows.message(message[i], r, last[i], k)

    def close(living, gates, products, b, theta, last, was, new, e, after, k):
        """c = tanh(W_c x + U_c m + b_c); `keep` and `write` mix it with h and emit."""
        for i in living:
            z, c = gates[i, 1], gates[i, 2]
            rows.add(c, products[i, 0], b[2], k)
            rows.tanh(c, k)
            rows.mix(new[i], z, was[i], c, k)
            rows.emit(e[i], new[i], last[i], theta, k)
            rows.reset(after[i], new[i], e[i], theta, k)

    def close_unseen(living, gates, products, b, theta, last, was, mixed, would, k):
        """As `close` for `output-gated`: what the mixed h would emit, before its output gate."""
        for i in living:
            z, c = gates[i, 1], gates[i, 2]
            rows.add(c, products[i, 0], b[2], k)
            rows.tanh(c, k)
            rows.mix(mixed[i], z, was[i], c, k)
            rows.emit(would[i], mixed[i], last[i], theta, k)

    def output(living, gates, products, b, theta, last, mixed, new, e, after, k):
        """h = o ⊙ h."""
        for i in living:
            o = gates[i, 3]
            rows.add(o, products[i, 0], b[3], k)
            rows.sigmoid(o, k)
            rows.scale(new[i], o, mixed[i], k)
            rows.emit(e[i], new[i], last[i], theta, k)
            rows.reset(after[i], new[i], e[i], theta, k)

    def torch_back(
        living,
        gates,
        inside,
        last,
        was,
        new,
        e,
        theta,
        up,
        down,
        d_out,
        d_e,
        g,
        total,
        d_theta,
        d,
        k,
    ):
        """`d` holds the gradients of U_c e + d_c, then of the pre-activations of r, z, c."""
        for i in living:
            r, z, c = gates[i, 0], gates[i, 1], gates[i, 2]
            rows.take(total[i], d_e[i], d_out[i])
            rows.reset_back(g[i], e[i], d_theta[i], k)
            rows.slopes(up[i], down[i], new[i], theta, k)
            rows.emit_back(
                g[i], d_e[i], total[i], up[i], down[i], new[i], last[i], theta, d_theta[i], k
            )
            rows.mix_back(d[i, 2], d[i, 3], g[i], z, was[i], c, k)
            rows.inside_back(d[i, 1], d[i, 0], d[i, 3], r, inside[i], k)

    def close_back(
        living, gates, last, was, new, e, theta, up, down, d_out, d_e, g, total, d_theta, d, k
    ):
        """Backward of `close`, and of `forget_step`, whose gates stand one row earlier."""
        for i in living:
            share, c = gates[i, k.share], gates[i, k.share + 1]
            rows.take(total[i], d_e[i], d_out[i])
            rows.reset_back(g[i], e[i], d_theta[i], k)
            rows.slopes(up[i], down[i], new[i], theta, k)
            rows.emit_back(
                g[i], d_e[i], total[i], up[i], down[i], new[i], last[i], theta, d_theta[i], k
            )
            rows.mix_back(d[i, k.share], d[i, k.share + 1], g[i], share, was[i], c, k)

    def output_back(
        living, gates, mixed, last, new, e, theta, up, down, d_out, d_e, g, total, d_theta, d, k
    ):
        for i in living:
            rows.take(total[i], d_e[i], d_out[i])
            rows.reset_back(g[i], e[i], d_theta[i], k)
            rows.slopes(up[i], down[i], new[i], theta, k)
            rows.emit_back(
                g[i], d_e[i], total[i], up[i], down[i], new[i], last[i], theta, d_theta[i], k
            )
            rows.scale_back(d[i, 3], g[i], gates[i, 3], mixed[i], k)

    def close_unseen_back(
        living, gates, last, was, mixed, theta, up, down, d_would, d_e, g, d_theta, d, k
    ):
        for i in living:
            z, c = gates[i, 1], gates[i, 2]
            rows.slopes(up[i], down[i], mixed[i], theta, k)
            rows.emit_back(
                g[i], d_e[i], d_would[i], up[i], down[i], mixed[i], last[i], theta, d_theta[i], k
            )
            rows.mix_back(d[i, 1], d[i, 2], g[i], z, was[i], c, k)

    def open_back(living, gates, last, d_message, d_e, d, k):
        for i in living:
            rows.message_back(d[i, 0], d_e[i], d_message[i], gates[i, 0], last[i], k)

    return Phases(
        torch_step,
        forget_step,
        open,
        close,
        close_unseen,
        output,
        torch_back,
        close_back,
        output_back,
        close_unseen_back,
        open_back,
    )
