"""Figures of a data set, counted by hand."""

from __future__ import annotations

import numpy as np

from spiking_gru.data import Dataset
from spiking_gru.data.summary import Range, summary_of

SEQUENCES = [np.full((2 + i % 3, 2), (i, -i)) for i in range(40)]


def test_figures_of_classes_and_groups() -> None:
    labels = ["a" if i % 4 else "b" for i in range(40)]
    groups = [f"person {i % 5}" for i in range(40)]
    dataset = Dataset.from_lists(SEQUENCES, labels, groups=groups, name="x", licence="CC0")
    found = summary_of(dataset)
    assert (found.name, found.licence, found.classes) == ("x", "CC0", ("a", "b"))
    assert found.described == "2 classes of each sequence"
    assert sum(part.sequences for part in found.parts.values()) == 40
    frames = sum(map(len, SEQUENCES))
    assert sum(part.frames for part in found.parts.values()) == frames
    assert np.sum([part.of_class for part in found.parts.values()], axis=0).tolist() == [30, 10]
    assert sorted(g for part in found.parts.values() for g in part.groups) == sorted(set(groups))
    test = found.parts["test"]
    assert (test.shortest, test.longest, test.missing, test.targets) == (2, 4, 0, 8)
    assert found.outputs == ()


def test_figures_of_values_leave_out_what_is_missing() -> None:
    values = [[float(i), None if i % 2 else 1.5] for i in range(40)]
    found = summary_of(Dataset.from_lists(SEQUENCES, values, split="time"))
    assert found.described == "2 values of each sequence"
    assert [(part.targets, part.missing) for part in found.parts.values()] == [
        (58, 14),
        (6, 2),
        (16, 4),
    ]
    assert found.outputs == (Range("0", 0, 28, 14), Range("1", 1.5, 1.5, 1.5))
    assert found.channels[0].highest == 28
    assert found.channels[1].lowest == -28
    assert found.parts["training"].of_class == ()


def test_one_value_is_one() -> None:
    dataset = Dataset.from_lists(SEQUENCES, np.arange(40) / 3, task="regress")
    assert summary_of(dataset).described == "1 value of each sequence"
