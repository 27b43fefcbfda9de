"""Rows of tokens, held as the numbers of the tokens.

A row of tokens is as wide as the vocabulary and nearly all 0. Its numbers take a few bytes.
`hardware.definition.tokens` says which source each number is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hardware.definition.tokens import PADDING, one_of_each
from hardware.errors import InputError

AT_ONCE = 2**22
"""Numbers of the rows that are expanded at a time."""


class TokenRows:
    """Read-only rows (steps, channels · tokens) of `numbers` (steps, channels), 0 … tokens.

    It has those operations of an array that are cheap for numbers. `np.asarray` makes the array,
    which `parts` does for a few rows at a time.
    """

    ndim = 2

    def __init__(
        self, numbers: NDArray[np.integer], tokens: int, dtype: DTypeLike = np.int16
    ) -> None:
        if numbers.ndim != 2 or not np.issubdtype(numbers.dtype, np.integer):
            raise InputError(
                f"numbers of tokens have shape {numbers.shape} of {numbers.dtype}, expected whole "
                f"numbers (steps, channels)"
            )
        least, most = numbers.min(initial=PADDING), numbers.max(initial=PADDING)
        if least < PADDING or most > tokens:
            raise InputError(
                f"numbers of tokens are {least} to {most}, expected {PADDING} to {tokens}"
            )
        self.numbers, self.tokens, self.dtype = numbers, tokens, np.dtype(dtype)

    @classmethod
    def of(cls, rows: Rows, tokens: int) -> TokenRows:
        """Return rows of tokens; an InputError for an array whose rows are none."""
        if isinstance(rows, TokenRows):
            return rows
        by_channel = rows.reshape(len(rows), rows.shape[1] // tokens, tokens)
        numbers = np.where(by_channel.any(axis=-1), by_channel.argmax(axis=-1) + 1, PADDING)
        found = cls(numbers, tokens, rows.dtype)
        if not same_rows(found, rows):
            raise InputError(
                "events are no tokens: expected a 1 of at most one token of each channel, and 0 of "
                "all others"
            )
        return found

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.numbers), self.numbers.shape[1] * self.tokens

    @property
    def size(self) -> int:
        return len(self) * self.shape[1]

    def __len__(self) -> int:
        return len(self.numbers)

    def __repr__(self) -> str:
        return f"TokenRows({len(self)} steps, {self.shape[1]} sources)"

    def __getitem__(self, rows: slice | NDArray[Any]) -> TokenRows:
        """Return some rows, which a slice, numbers or a mask (steps,) choose."""
        return TokenRows(self.numbers[rows], self.tokens, self.dtype)

    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("rows of tokens are no array yet: make one with np.asarray")
        wanted = self.dtype if dtype is None else np.dtype(dtype)
        return one_of_each(self.numbers, self.tokens, wanted)

    def __eq__(self, other: object) -> Any:
        return np.asarray(self) == other

    def __ne__(self, other: object) -> Any:
        return np.asarray(self) != other

    __hash__ = None  # type: ignore[assignment]

    def astype(self, dtype: DTypeLike, copy: bool = True) -> TokenRows:
        return TokenRows(self.numbers, self.tokens, dtype)

    def sum(self) -> int:
        """Return the number of messages: each is 1."""
        return int(np.count_nonzero(self.numbers))

    def __matmul__(self, weights: NDArray[Any]) -> NDArray[Any]:
        """Return the product with weights (sources, …): a row of weights for each token."""
        number = np.result_type(self.dtype, weights.dtype)
        padded = np.concatenate([np.zeros_like(weights[:1]), weights]).astype(number, copy=False)
        source = self.numbers.astype(np.intp) + self.tokens * np.arange(self.numbers.shape[1])
        source[self.numbers == PADDING] = 0
        found: NDArray[Any] = padded[source[:, 0]]
        for of_channel in source.T[1:]:
            found += padded[of_channel]
        return found


Rows = NDArray[Any] | TokenRows
"""Values (steps, sources): an array, or rows of tokens."""


def parts(rows: Rows) -> Iterator[slice]:
    """Yield all rows, as many at a time as make a small array."""
    at_once = max(1, AT_ONCE // max(1, rows.shape[1]))
    for first in range(0, len(rows), at_once):
        yield slice(first, first + at_once)


def narrowed(rows: Rows) -> NDArray[Any]:
    """Return an array whose rows differ where these do: of rows of tokens their numbers."""
    return rows.numbers if isinstance(rows, TokenRows) else rows


def same_rows(a: Rows, b: Rows) -> bool:
    """Return whether both have the same shape and values."""
    return a.shape == b.shape and all(
        np.array_equal(np.asarray(a[part]), np.asarray(b[part])) for part in parts(a)
    )
