"""Tokens: whole numbers of which each has a source of its own.

A value i in 1 … V of channel c sends one message of 1 from source c · V + (i − 1). A value of 0 is
padding and sends nothing. At most one source of each channel sends at a step, so a sum over all
sources is a sum of one weight of each channel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hardware.errors import InputError

PADDING = 0
"""The token that sends nothing."""


def one_of_each(
    values: NDArray[np.integer], tokens: int, dtype: DTypeLike = np.int64
) -> NDArray[Any]:
    """Return the events (…, channels · tokens) of values (…, channels) that are tokens."""
    events = np.zeros((*values.shape, tokens), dtype)
    source = np.maximum(values.astype(np.intp) - 1, 0)[..., np.newaxis]
    np.put_along_axis(events, source, (values != PADDING).astype(dtype)[..., np.newaxis], -1)
    return events.reshape(*values.shape[:-1], values.shape[-1] * tokens)


def first_wrong(frames: NDArray[np.floating], tokens: int) -> tuple[int, ...] | None:
    """Return the place of the first value that is no whole number of 0 … V; None where all are."""
    wrong = ~((frames >= 0) & (frames <= tokens) & (frames == np.rint(frames)))
    if not wrong.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))


def refusal(value: float, where: str, tokens: int) -> InputError:
    """Return the error for a value that is no token."""
    return InputError(
        f"{value:.9g} in {where}: expected a token, a whole number of 1 to {tokens}, or "
        f"{PADDING} for padding: encode the input with the vocabulary of the training data"
    )


def require_tokens(frames: NDArray[np.floating], tokens: int, first: int = 0) -> None:
    """Refuse frames (frames, …, channels) with a value that is no token; `first` numbers them."""
    place = first_wrong(frames, tokens)
    if place is not None:
        where = f"frame {first + place[0]}, channel {place[-1]}"
        raise refusal(float(frames[place]), where, tokens)
