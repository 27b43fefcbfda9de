"""The phases for CUDA: one launch of a Triton kernel for each."""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch import Tensor

from spiking_gru.fused import backward_triton as back
from spiking_gru.fused import forward_triton as fore
from spiking_gru.fused import settings
from spiking_gru.fused.phases import Phase, Phases
from spiking_gru.quantise import Arithmetic

BLOCK = 256


def forward_settings(arithmetic: Arithmetic, device: torch.device) -> settings.Forward:
    """A cell's settings, the tables on the device."""
    k = settings.forward_settings(arithmetic)
    tables = (torch.from_numpy(table).to(device) for table in (k.sigmoids, k.tanhs))
    sigmoids, tanhs = tables
    return k._replace(sigmoids=sigmoids, tanhs=tanhs)


def launch(kernel: Any, living: Tensor, arrays: tuple[Any, ...], constants: dict[str, Any]) -> None:
    """Run a kernel over all numbers of (batch, hidden)."""
    batch, count, hidden = arrays[0].shape
    # Fused, a multiplication and an addition would round once where the integers round twice.
    kernel[(triton.cdiv(batch * hidden, BLOCK),)](
        living, *arrays, batch * hidden, hidden, count,
        **constants, BLOCK=BLOCK, enable_fp_fusion=False,
    )  # fmt: skip


def forward(kernel: Any) -> Phase:
    def phase(living: Tensor, *arguments: Any) -> None:
        *arrays, k = arguments
        constants = {
            "TO_STATE": k.to_state,
            "TO_GATE": k.to_gate,
            "QUANTISED": k.quantised,
            "TABLE": k.table,
            "EMISSION": k.emission,
            "RESET": k.reset,
            "WRITES": k.writes,
        }
        launch(kernel, living, (*arrays, k.sigmoids, k.tanhs), constants)

    return phase


def backward(kernel: Any) -> Phase:
    def phase(living: Tensor, *arguments: Any) -> None:
        *arrays, k = arguments
        constants = {name.upper(): value for name, value in k._asdict().items()}
        launch(kernel, living, tuple(arrays), constants)

    return phase


PHASES = Phases(
    torch_step=forward(fore.torch_kernel),
    forget_step=forward(fore.forget_kernel),
    open=forward(fore.open_kernel),
    close=forward(fore.close_kernel),
    close_unseen=forward(fore.close_unseen_kernel),
    output=forward(fore.output_kernel),
    torch_back=backward(back.torch_back_kernel),
    close_back=backward(back.close_back_kernel),
    output_back=backward(back.output_back_kernel),
    close_unseen_back=backward(back.close_unseen_back_kernel),
    open_back=backward(back.open_back_kernel),
)
