"""Data sets of labelled sequences. Needs no torch."""

from spiking_gru.data.dataset import Dataset, Labelled
from spiking_gru.data.registry import DATASETS, load

__all__ = ["DATASETS", "Dataset", "Labelled", "load"]
