"""The events of a trace in its file: an array, or the numbers of tokens.

A program of tokens has as many sources as its vocabulary has tokens, of which one of each channel
sends at a step. Files of earlier releases hold its events as an array.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.limits import FEWEST_TOKENS, MOST_TOKENS
from hardware.definition.token_rows import Rows, TokenRows
from hardware.errors import InputError
from hardware.files.disk import one_line

TOKENS = "tokens"
"""The name of the tensor of numbers, and of the text that says how many tokens a channel has."""

Tensors = MutableMapping[str, NDArray[Any]]


def store_events(events: Rows, tensors: Tensors, about: MutableMapping[str, str]) -> None:
    """Add events to the tensors and texts of a file."""
    if isinstance(events, TokenRows):
        tensors[TOKENS], about[TOKENS] = events.numbers.astype(np.int32), str(events.tokens)
    else:
        tensors["events"] = events.astype(np.int16, copy=False)


def popped_events(tensors: Tensors, about: MutableMapping[str, str]) -> Rows:
    """Take the events from the tensors of a file; an InputError for numbers that are no tokens."""
    if TOKENS not in tensors:
        return tensors.pop("events")
    numbers, text = tensors.pop(TOKENS), about[TOKENS]
    tokens = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not FEWEST_TOKENS <= tokens <= MOST_TOKENS:
        raise InputError(
            f"{TOKENS} of a channel are {one_line(text)[:60]!r}, expected a number of "
            f"{FEWEST_TOKENS} to {MOST_TOKENS}"
        )
    if numbers.dtype != np.int32:
        raise InputError(f"{TOKENS} are of type {numbers.dtype}, expected int32")
    return TokenRows(numbers, tokens)
