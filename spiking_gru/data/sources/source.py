"""A row of the registry: what a data set holds, and where its arrays come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from spiking_gru.data.dataset import Dataset
from spiking_gru.data.npz import Arrays
from spiking_gru.data.npz_form import dataset_of
from spiking_gru.data.recordings import Recordings
from spiking_gru.data.sources.files import Files
from spiking_gru.data.sources.package import Package
from spiking_gru.data.sources.texts import Pairs, Texts


@dataclass(frozen=True)
class Source:
    """One data set; the fields are what `spiking-gru data list` shows of it."""

    task: str
    description: str
    """Content of the data set, in one line."""

    licence: str
    arrays: Callable[[], Arrays | Recordings | Texts | Pairs] | Callable[[Path], Recordings]
    """Returns the arrays in the `.npz` form, or recordings; those of `files` from their folder.

    Texts become tokens as `tokens` says.
    """

    split: str
    """How the test part was chosen."""

    package: Package | None = None
    """The optional package that holds the file."""

    files: Files | None = None
    """The published files that the user puts in place."""

    tokens: Mapping[str, Any] = field(default_factory=dict)
    """Options of `Dataset.from_texts`, for texts."""

    @property
    def needs(self) -> Package | Files | None:
        """The package or the files that must be there."""
        return self.package or self.files

    def load(self, name: str, seed: int = 0, folder: Path | None = None) -> Dataset:
        """Return the data set; the seed chooses its validation part where none is given.

        Its files are in `folder`, or where `Files.place` says.
        """
        places = [] if self.files is None else [folder or self.files.require()]
        found = self.arrays(*places)
        about: dict[str, Any] = {"name": name, "licence": self.licence, "seed": seed}
        if isinstance(found, Pairs):
            return Dataset.from_pairs(
                found.sources,
                found.targets,
                parts=found.parts,
                **about,
                **self.tokens,
            )
        if isinstance(found, Texts):
            return Dataset.from_texts(
                found.texts,
                found.labels,
                groups=found.groups,
                **about,
                **self.tokens,
            )
        if not isinstance(found, Recordings):
            return replace(dataset_of(name, found, seed), licence=self.licence)
        return Dataset.from_lists(
            found.sequences,
            found.targets,
            groups=found.groups,
            parts=found.parts,
            task=self.task,
            classes=found.classes,
            **about,
        )
