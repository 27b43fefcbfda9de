"""Data sets of sequences with targets. Needs no torch."""

from spiking_gru.data.dataset import Dataset
from spiking_gru.data.part import Part
from spiking_gru.data.registry import DATASETS, load

__all__ = ["DATASETS", "Dataset", "Part", "load"]
