"""The same data with their frames on disk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hardware.sequences.dense import Sequences
from hardware.sequences.on_disk import DiskSequences, SequenceStore


def kept(sequences: Sequences) -> DiskSequences:
    """The same sequences on disk."""
    store = SequenceStore(0)
    for sequence in sequences:
        store.add(sequence)
    found = store.sequences()
    assert isinstance(found, DiskSequences)
    return found


def kept_dataset(dataset: Any) -> Any:
    """The same data set with all its parts on disk."""
    parts = {
        name: replace(part, sequences=kept(part.sequences))
        for name in ("training", "validation", "test")
        for part in [getattr(dataset, name)]
    }
    return replace(dataset, **parts)
