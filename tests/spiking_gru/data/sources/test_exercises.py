"""Exercises from a file of the form that seglearn holds: a pickle, so no other is read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from packages_of_data import put_exercises

from hardware.errors import InputError
from spiking_gru import data
from spiking_gru.data.npz_form import dataset_of
from spiking_gru.data.sources import exercises as source
from spiking_gru.data.sources.exercises import exercises


class Evil:
    def __reduce__(self) -> tuple:
        return os.mkdir, ("evil",)


@pytest.fixture
def known_site(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder with a small file in it, which takes the place of the known one."""
    path = put_exercises(site)
    monkeypatch.setattr(source, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return site


@pytest.mark.usefixtures("known_site")
def test_windows_of_two_seconds_start_every_second() -> None:
    dataset = data.load("exercises")
    assert set(dataset.test.sequences.lengths.tolist()) == {100}
    starts = [int(window[0, 0]) for window in dataset.test.sequences]
    assert starts[:6] == [0, 50, 100, 0, 50, 100]  # 210 frames, then 225
    for window in dataset.test.sequences:
        assert np.array_equal(np.diff(window[:, 0]), np.ones(99))


@pytest.mark.usefixtures("known_site")
def test_no_subject_is_in_two_parts_and_three_are_the_test_part() -> None:
    dataset = data.load("exercises")
    groups = []
    for part in (dataset.training, dataset.validation, dataset.test):
        assert part.groups is not None
        for window, group in zip(part.sequences, part.groups, strict=True):
            assert group == f"subject {int(window[0, 1])}"
        groups.append(set(part.groups.tolist()))
    assert groups[2] == {"subject 1", "subject 2", "subject 3"}
    assert sum(map(len, groups)) == len(set.union(*groups)) == 10


@pytest.mark.usefixtures("known_site")
def test_other_subjects_can_be_the_test_part() -> None:
    dataset = dataset_of("exercises", exercises(test_subjects=(7, 8, 9)), seed=0)
    assert dataset.test.groups is not None
    assert set(dataset.test.groups.tolist()) == {"subject 7", "subject 8", "subject 9"}


@pytest.mark.parametrize("change", [b"", b"x"])
def test_a_file_that_is_not_the_known_one_is_not_unpickled(
    known_site: Path, monkeypatch: pytest.MonkeyPatch, change: bytes
) -> None:
    monkeypatch.chdir(known_site)
    if change:
        path = known_site / "seglearn" / "data" / "watch_dataset.npy"
        path.write_bytes(path.read_bytes() + change)
    else:
        put_exercises(known_site, {"X": Evil()})
    with pytest.raises(InputError, match=r"is not the file of seglearn 1\.2\.5: its SHA-256 is"):
        exercises()
    assert not (known_site / "evil").exists()
