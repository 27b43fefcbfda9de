"""Where each sequence of a part comes from, for errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError


@dataclass(frozen=True)
class Places:
    """The names of sequences, such as their files; without names they are counted from 0."""

    names: Sequence[str] = ()
    """Those of all sequences as they were given."""

    numbers: NDArray[np.int64] | None = None
    """The number of each sequence among those as they were given; None where these are all."""

    @classmethod
    def of(cls, names: Sequence[str], count: int) -> Places:
        """Return the places of `count` sequences with these names."""
        if len(names) != count:
            raise InputError(
                f"{len(names)} places for {count} sequences, expected one for each: give as many"
            )
        return cls(names)

    def where(self, i: int) -> str:
        """Return the name of a sequence."""
        number = i if self.numbers is None else int(self.numbers[i])
        return self.names[number] if len(self.names) else f"sequence {number}"

    def take(self, chosen: NDArray[np.int64]) -> Places:
        """Return the places of some sequences."""
        return Places(self.names, chosen if self.numbers is None else self.numbers[chosen])


COUNTED = Places()
"""Places without names."""
