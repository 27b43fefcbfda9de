"""Settings of networks and of their training; they need no torch.

The command line lists its options from them at once.
"""

from spiking_gru.settings.names import (
    BASELINE_SIZES,
    BASELINES,
    CLASS_WEIGHTS,
    DEVICES,
    OPTIMISERS,
    SCHEDULES,
    TEACHER,
)
from spiking_gru.settings.network import HeadSettings, NetworkSettings
from spiking_gru.settings.pair import PairSettings
from spiking_gru.settings.training import TrainingSettings

__all__ = [
    "BASELINES",
    "BASELINE_SIZES",
    "CLASS_WEIGHTS",
    "DEVICES",
    "OPTIMISERS",
    "SCHEDULES",
    "TEACHER",
    "HeadSettings",
    "NetworkSettings",
    "PairSettings",
    "TrainingSettings",
]
