"""Receptive fields: how strongly each field of a channel responds to a rounded value.

The centres of the K fields of a channel are spread evenly over ±limit, the first and the last at
its ends. The response is a Gaussian whose deviation is half of the distance between two centres::

    n = (q + limit) · (K − 1) − 2 · limit · j        for field j = 0 … K − 1
    x = round(32 · exp(−n² / (2 · limit²)))

n is an integer, so that only the quotient, the exponential and the rounding are floating point.
No response is near enough to a half for these to round it differently on another machine. A
response below 1/2 is 0: only the two or three fields nearest to a value send.
"""

from __future__ import annotations

import numpy as np

from hardware.definition.arithmetic import Integers

PEAK = 32
"""The response of a field to a value at its centre."""

FEWEST_FIELDS, MOST_FIELDS = 2, 32
"""Receptive fields of a channel."""


def responses(limit: int, fields: int) -> Integers:
    """Return (2 · limit + 1, fields): the response of each field to q = −limit … limit."""
    q = np.arange(-limit, limit + 1)[:, np.newaxis]
    n = (q + limit) * (fields - 1) - 2 * limit * np.arange(fields)
    return np.rint(PEAK * np.exp(-(n * n) / (2 * limit * limit))).astype(np.int64)
