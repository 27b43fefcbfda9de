"""A row of the registry: what a data set holds, and where its arrays come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from spiking_gru.data.dataset import Dataset
from spiking_gru.data.npz import Arrays
from spiking_gru.data.npz_form import dataset_of
from spiking_gru.data.sources.package import Package


@dataclass(frozen=True)
class Source:
    """One data set; the fields are what `spiking-gru data list` shows of it."""

    task: str
    description: str
    """What it holds, in one line."""

    licence: str
    arrays: Callable[[], Arrays]
    """Returns the arrays in the `.npz` form."""

    split: str
    """How the test part was chosen."""

    package: Package | None = None
    """The optional package that holds the file."""

    def load(self, name: str, seed: int = 0) -> Dataset:
        """Return the data set; the seed chooses its validation part where none is given."""
        return replace(dataset_of(name, self.arrays(), seed), licence=self.licence)
