"""Spiking GRUs in torch: cells, layers, networks, encoders, data and training.

Names are imported when they are first used, so that the command line and the data sets work
without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spiking_gru.cell import SpikingGRUCell
    from spiking_gru.data import Dataset
    from spiking_gru.layer import SpikingGRU
    from spiking_gru.network import Network, load_network
    from spiking_gru.settings import NetworkSettings, TrainingSettings
    from spiking_gru.snntorch_bridge import known_to_snntorch, reset
    from spiking_gru.training.train import train as train

_HOMES = {
    "Dataset": "spiking_gru.data",
    "Network": "spiking_gru.network",
    "NetworkSettings": "spiking_gru.settings",
    "SpikingGRU": "spiking_gru.layer",
    "SpikingGRUCell": "spiking_gru.cell",
    "TrainingSettings": "spiking_gru.settings",
    "known_to_snntorch": "spiking_gru.snntorch_bridge",
    "load_network": "spiking_gru.network",
    "reset": "spiking_gru.snntorch_bridge",
    "train": "spiking_gru.training",
}

__all__ = [
    "Dataset",
    "Network",
    "NetworkSettings",
    "SpikingGRU",
    "SpikingGRUCell",
    "TrainingSettings",
    "known_to_snntorch",
    "load_network",
    "reset",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'spiking_gru' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
