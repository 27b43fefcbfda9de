"""Sequences without recurrent synapses, by an associative scan over time.

No gate depends on an emission, so h_t = a_t h_{t−1} + b_t with a and b known from the input. Two
steps in a row are again one such step, so all states follow in about 2 log₂(steps) passes over
whole tensors. Autograd finds the gradients.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hardware.errors import SettingError
from spiking_gru import functional
from spiking_gru.functional import CellParameters, Fire
from spiking_gru.fused.padding import alive_steps, last_emitted
from spiking_gru.quantise import Arithmetic, FloatArithmetic


def fits(arithmetic: Arithmetic) -> bool:
    """Whether the state is linear in the last one: nothing rounds, and no emission acts on it."""
    cell = arithmetic.cell
    reset = cell.subtracts or cell.clears
    feeds_back = cell.row.recurrent_gates or reset or cell.emission.by_delta
    return isinstance(arithmetic, FloatArithmetic) and not feeds_back


def sequence(
    arithmetic: Arithmetic,
    parameters: CellParameters,
    fire: Fire,
    x: Tensor,
    emitted: Tensor,
    membrane: Tensor,
    lengths: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Compute `spiking_gru.functional.sequence` by a scan, for cells that `fits` accepts."""
    if not fits(arithmetic):
        raise SettingError(
            f"way 'scan' does not compute {arithmetic.cell}: it needs floats, no recurrent "
            f"synapses, no reset and no emission by delta; choose another way"
        )
    row = arithmetic.cell.row
    currents = functional.input_current(arithmetic, parameters, x)
    p = dict(zip(row.gates, currents.chunk(len(row.gates), dim=-1), strict=True))
    z, c = arithmetic.sigmoid(p[row.mixing]), arithmetic.tanh(p["candidate"])
    a = 1 - z if row.writes else z
    b = (1 - a) * c
    if row.has_output:
        o = arithmetic.sigmoid(p["output"])
        a, b = o * a, o * b
    alive = alive_steps(x, lengths)
    if alive is not None:
        on = alive.unsqueeze(-1)
        a, b = torch.where(on, a, 1), torch.where(on, b, 0)
    b = torch.cat([(b[0] + a[0] * membrane).unsqueeze(0), b[1:]])
    membranes = states(a, b)
    all_emitted, _ = functional.emit(arithmetic, fire, parameters.threshold, membranes, membranes)
    if alive is not None:
        all_emitted = all_emitted * alive.unsqueeze(-1)
    return all_emitted, membranes, last_emitted(all_emitted, emitted, lengths), membranes[-1]


def states(a: Tensor, b: Tensor) -> Tensor:
    """Return all h_t = a_t h_{t−1} + b_t from h_0 = b_0, for a and b of (steps, …)."""
    steps = len(b)
    if steps == 1:
        return b
    pairs = steps // 2 * 2
    a_odd, b_odd = a[1:pairs:2], b[1:pairs:2]
    odd = states(a_odd * a[:pairs:2], b_odd + a_odd * b[:pairs:2])
    later = b[2::2] + a[2::2] * odd[: (steps - 1) // 2]
    even = torch.cat([b[:1], later])
    h = torch.stack([even[: pairs // 2], odd], dim=1).flatten(0, 1)
    return h if pairs == steps else torch.cat([h, even[-1:]])
