"""Random small networks, for tests of training and conversion."""

from __future__ import annotations

import torch

from spiking_gru.network import Network, NetworkSettings


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
    network.encoder.fit(torch.randn(50, channels).numpy() * 2 + 1)
    return network.eval()
