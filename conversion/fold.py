"""Pass 1, fold: a network's layers as plain arrays, with nothing left that is only of training.

Dropout goes. An embedding is multiplied into the input weights, a column for each token. The two
biases of a gate become one, except the candidate's recurrent bias where a reset multiplies it.
Standardisation is in the encoder's gain already.
There is no normalisation to fold: none that looks at its own input folds into integers exactly, so
none is offered in training.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from conversion.folded import Floats, FoldedLayer, FoldedReadout
from spiking_gru.cell import SpikingGRUCell
from spiking_gru.layer import SpikingGRU
from spiking_gru.readout import Readout as TrainedReadout


def fold(gru: SpikingGRU) -> list[FoldedLayer]:
    """The layers in the order of a program: forward, and backward where there is one."""
    return [
        fold_cell(cell, f"layer {i} backward" if backward else f"layer {i}", bool(backward))
        for i, cells in enumerate(gru.layers())
        for backward, cell in enumerate(cells)
    ]


def fold_cell(cell: SpikingGRUCell, name: str, backward: bool = False) -> FoldedLayer:
    bias, recurrent_bias = cell.summed_biases()
    row, hidden = cell.cell.row, cell.hidden_size
    return FoldedLayer(
        name=name,
        cell=cell.cell,
        input_weights=_array(cell.input_matrix(exact=True)).reshape(
            len(row.input_gates), hidden, cell.input_size
        ),
        recurrent_weights=_array(cell.weight_hh).reshape(len(row.recurrent_gates), hidden, hidden),
        bias=_array(bias).reshape(len(row.gates), hidden),
        recurrent_bias=_array(recurrent_bias),
        threshold=np.broadcast_to(_array(cell.clamped_threshold()), (hidden,)),
        initial_membrane=_array(cell.clamped_initial_state()),
        backward=backward,
    )


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().cpu().double().numpy()
    return array


def fold_readout(readout: TrainedReadout) -> FoldedReadout:
    return FoldedReadout(
        weights=_array(readout.weight),
        bias=_array(readout.bias),
        weight_exponent=readout.weight_exponent,
        exponent=readout.exponent,
        gain=readout.gain,
        kind=readout.kind,
        shift=readout.shift,
        leak=readout.leak,
        window=readout.window,
    )
