"""Data sets and their parts show one line, and compare by identity."""

from __future__ import annotations

import numpy as np
import pytest

from spiking_gru.data import Dataset


def sequences() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(5, 2)) for _ in range(40)]


def test_a_data_set_shows_its_parts_channels_and_answers() -> None:
    labels = ["a", "b"] * 20
    dataset = Dataset.from_lists(sequences(), labels, name="small")
    sizes = [len(part) for part in (dataset.training, dataset.validation, dataset.test)]
    assert repr(dataset) == (
        f"Dataset('small': {sizes[0]} + {sizes[1]} + {sizes[2]} sequences, 2 channels, classify, "
        f"2 classes of each sequence)"
    )
    assert repr(dataset.test) == (
        f"Part({sizes[2]} sequences, {5 * sizes[2]} frames, 2 channels, a target of each sequence)"
    )


def test_groups_and_targets_of_frames_are_in_the_line() -> None:
    targets = [np.zeros(5) + 0.5 * i for i in range(40)]
    dataset = Dataset.from_lists(
        sequences(), targets, groups=np.arange(40) % 8, task="regress-steps"
    )
    part = dataset.test
    assert repr(part) == (
        f"Part({len(part)} sequences, {5 * len(part)} frames, 2 channels, a target of each frame, "
        f"{len(set(part.groups.tolist()))} groups)"
    )
    assert "regress-steps, 1 value of each frame" in repr(dataset)


@pytest.mark.parametrize("part", [False, True])
def test_equality_is_identity(part: bool) -> None:
    one, other = (Dataset.from_lists(sequences(), ["a", "b"] * 20) for _ in range(2))
    a, b = (one.test, other.test) if part else (one, other)
    assert a == a
    assert a != b
    assert len({a, b}) == 2
