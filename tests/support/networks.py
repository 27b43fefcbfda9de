"""Random small networks, for tests of training and conversion."""

from __future__ import annotations

import torch

from conversion.exponents import choose_exponents
from conversion.fold import fold_cell
from conversion.layout import lay_out
from conversion.quantise import quantise_layer
from hardware.program.model import Layer
from spiking_gru.cell import SpikingGRUCell
from spiking_gru.network import Network
from spiking_gru.settings import NetworkSettings


def converted(cell: SpikingGRUCell, input_exponent: int) -> Layer:
    """One cell as the layer of a program whose input counts in 2^input_exponent."""
    folded = fold_cell(cell, "layer 0")
    return lay_out([folded], [quantise_layer(folded, choose_exponents(folded))], input_exponent)[0]


def random_network(
    seed: int, channels: int = 3, spread: float = 1.0, **settings: object
) -> Network:
    """A network whose weights and biases are all away from zero, with an encoder of its own."""
    torch.manual_seed(seed)
    settings = {"hidden": 5, "classes": ("a", "b"), **settings}
    network = Network.build(NetworkSettings(channels=channels, **settings))  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(spread * torch.randn_like(parameter))
        for cell in network.gru.cells:
            cell.threshold.fill_(0.05 + 0.4 * torch.rand(()).item())
            if cell.initial_state is not None:
                cell.initial_state.copy_(0.5 * torch.randn_like(cell.initial_state))
    network.encoder.fit(torch.randn(50, channels).numpy() * 2 + 1)
    return network.eval()
