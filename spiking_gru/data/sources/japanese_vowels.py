"""JapaneseVowels (Kudo, Toyama and Shimbo, 1999), which this package holds."""

from __future__ import annotations

from importlib.resources import files

import numpy as np

from spiking_gru.data.npz import Arrays


def japanese_vowels() -> Arrays:
    """Nine speakers say /ae/: 12 LPC cepstra a frame, 7 to 29 frames; the class is the speaker."""
    resource = files("spiking_gru.data") / "japanese_vowels.npz"
    with resource.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays: Arrays = dict(archive)
    arrays["train_labels"] = arrays.pop("train_speaker")
    arrays["test_labels"] = arrays.pop("test_speaker")
    arrays["classes"] = np.array([f"speaker {i + 1}" for i in range(9)])
    return arrays
