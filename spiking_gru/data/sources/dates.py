"""Dates as people write them, and the same dates by ISO 8601: generated pairs to translate."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from spiking_gru.data.sources.texts import Pairs

FIRST, LAST = date(1950, 1, 1), date(2049, 12, 31)
TRAINING, TEST = 6_000, 500
SEED = 0

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

FORMATS = (
    lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    lambda day: f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
    lambda day: f"{MONTHS[day.month - 1][:3]} {day.day} {day.year}",
    lambda day: f"{day.day:02}.{day.month:02}.{day.year}",
    lambda day: f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}",
    lambda day: f"{WEEKDAYS[day.weekday()]}, {MONTHS[day.month - 1]} {day.day} {day.year}",
)
"""Six ways to write a day, in lower case."""


def dates() -> Pairs:
    """Return 6,000 pairs for training and 500 for the test, no phrase in both.

    Formats take turns. A day may come in both parts in different formats.
    """
    rng = np.random.default_rng(SEED)
    days = (LAST - FIRST).days + 1
    pairs: dict[str, str] = {}
    while len(pairs) < TRAINING + TEST:
        day = FIRST + timedelta(days=int(rng.integers(days)))
        pairs[FORMATS[len(pairs) % len(FORMATS)](day)] = day.isoformat()
    parts = ("train",) * TRAINING + ("test",) * TEST
    return Pairs(tuple(pairs), tuple(pairs.values()), parts)
