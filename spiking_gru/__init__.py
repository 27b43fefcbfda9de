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
    from spiking_gru.network import Network
    from spiking_gru.saved import load_network, load_pair
    from spiking_gru.seq2seq import Seq2Seq
    from spiking_gru.settings import NetworkSettings, PairSettings, TrainingSettings
    from spiking_gru.snntorch_bridge import known_to_snntorch, reset
    from spiking_gru.training.callbacks import BatchReport, Callback, EpochReport, PhaseReport
    from spiking_gru.training.folds import CrossValidation, cross_validate
    from spiking_gru.training.train import train as train

_HOMES = {
    "BatchReport": "spiking_gru.training",
    "Callback": "spiking_gru.training",
    "CrossValidation": "spiking_gru.training",
    "Dataset": "spiking_gru.data",
    "EpochReport": "spiking_gru.training",
    "Network": "spiking_gru.network",
    "NetworkSettings": "spiking_gru.settings",
    "PairSettings": "spiking_gru.settings",
    "PhaseReport": "spiking_gru.training",
    "Seq2Seq": "spiking_gru.seq2seq",
    "Vocabulary": "hardware.definition.vocabulary",
    "SpikingGRU": "spiking_gru.layer",
    "SpikingGRUCell": "spiking_gru.cell",
    "TrainingSettings": "spiking_gru.settings",
    "cross_validate": "spiking_gru.training",
    "known_to_snntorch": "spiking_gru.snntorch_bridge",
    "load_network": "spiking_gru.saved",
    "load_pair": "spiking_gru.saved",
    "reset": "spiking_gru.snntorch_bridge",
    "train": "spiking_gru.training",
}

__all__ = [
    "BatchReport",
    "Callback",
    "CrossValidation",
    "Dataset",
    "EpochReport",
    "Network",
    "NetworkSettings",
    "PairSettings",
    "PhaseReport",
    "Seq2Seq",
    "SpikingGRU",
    "SpikingGRUCell",
    "TrainingSettings",
    "Vocabulary",
    "cross_validate",
    "known_to_snntorch",
    "load_network",
    "load_pair",
    "reset",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'spiking_gru' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
