"""The phases for CUDA: one launch of a Triton kernel for each stage."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor

from spiking_gru.fused import settings
from spiking_gru.fused.backward_triton import backward_kernel
from spiking_gru.fused.forward_triton import forward_kernel
from spiking_gru.fused.phases import Constants, Gradients, Phases, Saved, by_call, by_step
from spiking_gru.quantise import Arithmetic

BLOCK = 256


class Compiled(NamedTuple):
    """A stage's settings as a kernel takes them."""

    constants: dict[str, Any]  # those that the kernel is compiled for
    tables: tuple[Any, ...]


def forward_settings(arithmetic: Arithmetic, device: torch.device) -> list[settings.Forward]:
    """The settings of each stage, the tables on the device."""
    stages = settings.forward_settings(arithmetic)
    sigmoids, tanhs = (
        torch.from_numpy(table).to(device) for table in (stages[0].sigmoids, stages[0].tanhs)
    )
    return [k._replace(sigmoids=sigmoids, tanhs=tanhs) for k in stages]


def packed(values: Any) -> Any:
    """Settings as constants of a kernel, arrays of steps as tuples of steps."""
    if isinstance(values, settings.Forward):
        return Compiled(constants_of(forward_kernel, values), (values.sigmoids, values.tanhs))
    if isinstance(values, settings.Backward):
        return Compiled(constants_of(backward_kernel, values), ())
    return by_step(values)


def constants_of(kernel: Any, k: settings.Forward | settings.Backward) -> dict[str, Any]:
    """The settings that a kernel is compiled for."""
    values = {**k._asdict(), **k.plan._asdict()}
    chosen = {name.upper(): value for name, value in values.items()}
    return {name: chosen[name] for name in kernel.arg_names if name in chosen}


def launch(
    kernel: Any, living: Tensor, arrays: tuple[Any, ...], constants: dict[str, Any], *sizes: int
) -> None:
    """Run a kernel over all numbers of (batch, hidden); `sizes` are further numbers it takes."""
    batch, count, hidden = arrays[0].shape
    # A fused multiplication and addition would round once where the integers round twice.
    kernel[(triton.cdiv(batch * hidden, BLOCK),)](
        living, *arrays, batch * hidden, hidden, count, *sizes,
        **constants, BLOCK=BLOCK, enable_fp_fusion=False,
    )  # fmt: skip


def state_before(t: int, constants: Constants, saved: Saved) -> tuple[Tensor, Tensor]:
    """The emission and the membrane before step t."""
    if t == 0:
        return constants.emitted, constants.membrane
    return saved.emitted[t - 1], saved.membranes[t - 1]


def at(t: int, *arrays: tuple[Tensor, ...]) -> list[Tensor]:
    """Step t of each array, modulo its number of steps."""
    return [array[t % len(array)] for array in arrays]


def forward(
    living: Tensor, t: int, constants: Constants, saved: Saved, products: Tensor, k: Compiled
) -> None:
    arrays = (
        *at(t, *saved),
        *(constants.bias, constants.inside_bias, constants.threshold),
        *state_before(t, constants, saved),
        products,
        *k.tables,
    )
    launch(forward_kernel, living, arrays, k.constants, products.shape[1])


def backward(
    living: Tensor, t: int, constants: Constants, saved: Saved, gradients: Gradients, k: Compiled
) -> None:
    *of_steps, d_e, g, total, d_theta = gradients
    arrays = (
        *at(t, saved.gates, saved.inside, saved.mixed, saved.before, saved.emitted),
        constants.threshold,
        *state_before(t, constants, saved),
        *at(t, *of_steps),
        *(d_e, g, total, d_theta),
    )
    launch(backward_kernel, living, arrays, k.constants)


PHASES = Phases(by_call(forward), by_call(backward))
