"""Training: baselines, then the spiking network, first in float and then quantised."""

from spiking_gru.settings import TrainingSettings
from spiking_gru.training.callbacks import BatchReport, Callback, EpochReport, PhaseReport
from spiking_gru.training.folds import CrossValidation, cross_validate
from spiking_gru.training.train import train

__all__ = [
    "BatchReport",
    "Callback",
    "CrossValidation",
    "EpochReport",
    "PhaseReport",
    "TrainingSettings",
    "cross_validate",
    "train",
]
