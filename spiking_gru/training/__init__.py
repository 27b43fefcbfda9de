"""Training: float epochs first, then quantised ones, beside an ordinary GRU as the baseline."""

from spiking_gru.settings import TrainingSettings
from spiking_gru.training.train import train
from spiking_gru.training.trainer import EpochReport

__all__ = ["EpochReport", "TrainingSettings", "train"]
