"""Commands and snippets of pages with little training, for tests of words and files."""

from __future__ import annotations

import re

import pytest

SHORTER = (
    (r" --quantised-epochs \d+", ""),
    (r" --epochs \d+", " --epochs 2 --quantised-epochs 1"),
    (r"TrainingSettings\(epochs=\d+", "TrainingSettings(hidden=16, epochs=2, quantised_epochs=1"),
    (r"EPOCHS, QUANTISED_EPOCHS = \d+, \d+", "EPOCHS, QUANTISED_EPOCHS = 1, 1"),
    (r"\.test\.", ".validation."),
)
"""Patterns, and what is in their place; the validation part is smaller than the test part."""

sizes = pytest.mark.parametrize(
    "whole",
    [
        pytest.param(False, id="with little training"),
        pytest.param(True, id="as written", marks=pytest.mark.long),
    ],
)
"""Run a test twice: always with little training, and in `make test-long` as the page says."""


def shortened(text: str) -> str:
    """Return commands or code with two epochs and one quantised one; refuse a text without any."""
    shorter = text
    for pattern, replacement in SHORTER:
        shorter = re.sub(pattern, replacement, shorter)
    assert shorter != text, "nothing to shorten"
    return shorter
