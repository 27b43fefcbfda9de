"""Pass 1, fold: a network's layers as plain arrays, with nothing left that is only of training.

Dropout goes. The two biases of a gate become one, but for the candidate's recurrent bias that
stands inside the reset of formulation `torch`. Standardisation is in the encoder's gain already.
There is no normalisation to fold: none that looks at its own input folds into integers exactly, so
none is offered in training.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from hardware.definition.cell import Cell
from spiking_gru.cell import SpikingGRUCell
from spiking_gru.layer import SpikingGRU

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FoldedLayer:
    """A layer's parameters as floats, gate by gate."""

    name: str
    cell: Cell
    input_weights: Floats  # (gates, neurons, inputs)
    recurrent_weights: Floats  # (gates, neurons, neurons)
    bias: Floats  # (gates, neurons)
    recurrent_bias: Floats  # (neurons,)
    threshold: Floats  # (neurons,)
    initial_membrane: Floats  # (neurons,)
    backward: bool = False


def fold(gru: SpikingGRU) -> list[FoldedLayer]:
    """The layers in the order of a program: forward, and backward where there is one."""
    return [
        fold_cell(cell, f"layer {i} backward" if backward else f"layer {i}", bool(backward))
        for i, cells in enumerate(gru.layers())
        for backward, cell in enumerate(cells)
    ]


def fold_cell(cell: SpikingGRUCell, name: str, backward: bool = False) -> FoldedLayer:
    bias, recurrent_bias = cell.summed_biases()
    gates, hidden = len(cell.cell.gates), cell.hidden_size
    return FoldedLayer(
        name=name,
        cell=cell.cell,
        input_weights=_array(cell.weight_ih).reshape(gates, hidden, -1),
        recurrent_weights=_array(cell.weight_hh).reshape(gates, hidden, -1),
        bias=_array(bias).reshape(gates, hidden),
        recurrent_bias=_array(recurrent_bias),
        threshold=np.broadcast_to(_array(cell.clamped_threshold()), (hidden,)),
        initial_membrane=_array(cell.clamped_initial_state()),
        backward=backward,
    )


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().cpu().float().numpy()
    return array
