"""Sequences of frames: dense, or only the nonzero values."""

from hardware.sequences.dense import Inputs, Sequences
from hardware.sequences.sparse import AnySequences, SparseSequences

__all__ = ["AnySequences", "Inputs", "Sequences", "SparseSequences"]
