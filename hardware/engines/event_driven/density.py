"""Which messages are dense, so that whole rows are multiplied: chosen as measured, or as told."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from hardware.engines.event_driven.arrays import Messages
from hardware.engines.event_driven.encoding import TOKENS
from hardware.engines.event_driven.layout import Layout
from hardware.errors import choose

DENSE = ("auto", "always", "never")
"""Settings: as measured; wherever the numbers of a program allow it; nowhere."""

ENTER, LEAVE = 0.3, 0.2
"""Shares of sources that send: messages become dense above the first, lists below the second.

Measured with AVX-512, both paths cost the same at 10 to 15 %. Shorter vectors gain less from rows.
"""

ROWS_BETWEEN = 1024
"""Steps between two measurements: these cost some microseconds."""

SAMPLE = 32
"""Rows of a measurement."""


class Density:
    """Whether the messages of the encoder, and then of each level, are dense.

    The choice changes no bit. It begins with a guess, which the first measurement corrects.
    """

    def __init__(self, layout: Layout, setting: str = "auto") -> None:
        choose("dense", setting, DENSE)
        program = layout.program
        encoder = program.encoder.row
        # Sums of pairs have 32 bits. Tokens are always listed: one source of many sends.
        exact = layout.number is np.int32
        self.possible = [exact and layout.encoding.kind != TOKENS] + [exact] * len(layout.levels)
        self.measures = setting == "auto"
        values = not (encoder.spiking or layout.silence_is_silent)
        guesses = [values, *(not level[0].cell.spiking for level in program.levels)]
        wanted = guesses if self.measures else [setting == "always"] * len(guesses)
        self.dense = [a and b for a, b in zip(self.possible, wanted, strict=True)]
        self.by_change = layout.by_change
        self.widths = program.encoder.sources, *layout.level_widths
        self.unmeasured = ROWS_BETWEEN
        self.looks = self.measures and self.possible[0] and layout.silence_is_silent

    def guessed_by(self, frames: NDArray[np.float32]) -> list[bool]:
        """Return the choice for the first frames of an encoder that sends nothing for a 0."""
        if not self.looks or not frames.size:
            return self.dense
        self.looks = False
        some = frames[:SAMPLE]
        return [bool(np.count_nonzero(some) > ENTER * some.size), *self.dense[1:]]

    def measured(self, messages: list[Messages], rows: int) -> list[bool]:
        """Return the choice for the next call, from the messages of this one.

        Most calls measure nothing and leave the choice as it is.
        """
        self.unmeasured += rows
        if not rows or not self.measures or self.unmeasured < ROWS_BETWEEN:
            return self.dense
        self.unmeasured = 0
        return self.chosen(map(share_of, messages, repeat(rows), self.widths, self.by_change))

    def chosen(self, shares: Iterable[float]) -> list[bool]:
        """Return the choice by the shares of sources that send: of the encoder, of each level."""
        return [
            possible and bool(share > (LEAVE if dense else ENTER))
            for possible, dense, share in zip(self.possible, self.dense, shares, strict=True)
        ]


def share_of(messages: Messages, rows: int, width: int, by_change: bool) -> float:
    """Return the share of sources that send in a step."""
    if len(messages.begin):
        sent = int((messages.end[:rows] - messages.begin[:rows]).sum())
        return sent / (rows * width)
    some = np.linspace(min(1, rows - 1), rows - 1, min(rows, SAMPLE)).astype(np.int64)
    values = messages.rows[some, :width]
    if by_change and rows > 1:
        values = values != messages.rows[some - 1, :width]
    return np.count_nonzero(values) / values.size
