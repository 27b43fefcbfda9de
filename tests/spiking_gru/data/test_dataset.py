"""A data set from what people have: lists, arrays, tensors, data frames; three disjoint parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from hardware.errors import InputError
from spiking_gru.data import Dataset

RNG = np.random.default_rng(0)
SEQUENCES = [RNG.normal(size=(n, 3)) for n in RNG.integers(2, 7, 60)]
LABELS = ["loud" if i % 3 else "quiet" for i in range(60)]


def frames(dataset: Dataset) -> list[set[bytes]]:
    parts = (dataset.training, dataset.validation, dataset.test)
    return [{sequence.tobytes() for sequence in part.sequences} for part in parts]


def test_lists_of_arrays_become_three_disjoint_parts() -> None:
    dataset = Dataset.from_lists(SEQUENCES, LABELS, test=0.25, validation=0.2, seed=3)
    assert [len(p) for p in (dataset.training, dataset.validation, dataset.test)] == [36, 9, 15]
    training, validation, test = frames(dataset)
    assert len(training | validation | test) == 60
    assert (dataset.task, dataset.classes, dataset.channels) == ("classify", ("loud", "quiet"), 3)
    for part in (dataset.training, dataset.validation, dataset.test):
        assert np.mean(part.labels == 0) == pytest.approx(2 / 3, abs=0.05)


@pytest.mark.parametrize(
    "kind", [np.array, torch.tensor, lambda a: torch.tensor(a).requires_grad_()]
)
def test_one_array_or_tensor_is_taken_like_a_list(kind: Any) -> None:
    whole = RNG.normal(size=(30, 4, 2))
    found = Dataset.from_lists(kind(whole), torch.tensor([i % 2 for i in range(30)]))
    expected = Dataset.from_lists(list(whole), [i % 2 for i in range(30)])
    assert found.fingerprint == expected.fingerprint
    assert np.array_equal(found.test.sequences.values, expected.test.sequences.values)


def test_targets_go_with_their_sequences() -> None:
    for targets in ([x.sum() for x in SEQUENCES], [x.cumsum(axis=0) for x in SEQUENCES]):
        dataset = Dataset.from_lists(SEQUENCES, targets)
        for part in (dataset.training, dataset.validation, dataset.test):
            for i, sequence in enumerate(part.sequences):
                alone = part.take([i]).targets
                wanted = sequence.cumsum(axis=0) if part.per_step else [[sequence.sum()]]
                assert np.allclose(alone, wanted, atol=1e-4)


def test_with_groups_no_group_is_in_two_parts() -> None:
    people = np.array([f"person {i % 10}" for i in range(60)])
    dataset = Dataset.from_lists(SEQUENCES, LABELS, groups=people, validation=0.2)
    groups = [set(p.groups) for p in (dataset.training, dataset.validation, dataset.test)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 10


def test_a_split_by_time_takes_the_last_sequences() -> None:
    dataset = Dataset.from_lists(SEQUENCES, LABELS, split="time", test=0.1, validation=0.1)
    last = [sequence.astype(np.float32) for sequence in SEQUENCES[-6:]]
    assert all(np.array_equal(a, b) for a, b in zip(dataset.test.sequences, last, strict=True))


def test_the_fingerprint_is_of_all_that_was_given() -> None:
    one = Dataset.from_lists(SEQUENCES, LABELS)
    changed = [SEQUENCES[0] + 1, *SEQUENCES[1:]]
    assert one.fingerprint == Dataset.from_lists(SEQUENCES, LABELS).fingerprint
    assert one.fingerprint != Dataset.from_lists(changed, LABELS).fingerprint
    assert one.fingerprint != Dataset.from_lists(SEQUENCES, LABELS[::-1]).fingerprint


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets": LABELS[:-1]}, "59 targets for 60 sequences"),
        ({"targets": ["same"] * 60}, "every label is 'same', expected at least two classes"),
        ({"targets": [1.5] * 60}, "every target is the same"),
        ({"groups": ["a"] * 59}, "59 groups for 60 sequences"),
        ({"groups": [None, *["a", "b"] * 29, "a"]}, "sequence 0 has no group"),
        ({"groups": [0.0] * 59 + [np.nan]}, "sequence 59 has no group"),
        ({"split": "group"}, "there are no groups"),
        ({"split": "grup"}, "unknown split 'grup': did you mean 'group'"),
        ({"test": 0}, "a share of 0 is held out"),
        ({"targets": ["rare", *LABELS[1:]]}, "class 'rare' has 1"),
        ({"sequences": [np.full((3, 3), np.nan)] * 60}, "nan in sequence 0"),
    ],
)
def test_data_that_make_no_sense_are_refused(changes: dict, message: str) -> None:
    given = {"sequences": SEQUENCES, "targets": LABELS, **changes}
    with pytest.raises(ValueError, match=message):
        Dataset.from_lists(**given)


def test_sequences_without_a_label_are_never_held_out() -> None:
    labels = [None if i % 6 == 0 else label for i, label in enumerate(LABELS)]
    dataset = Dataset.from_lists(SEQUENCES, labels)
    assert (dataset.training.labels < 0).sum() == 10
    assert (dataset.validation.labels >= 0).all()
    assert (dataset.test.labels >= 0).all()
    assert Dataset.from_lists(SEQUENCES, [None, *LABELS[1:]]).classes == ("loud", "quiet")


def test_several_labels_of_each_sequence_make_a_data_set_of_labels() -> None:
    labels = [["low"] * (i % 2) + ["loud"] * (i % 3 == 0) for i in range(60)]
    dataset = Dataset.from_lists(SEQUENCES, labels)
    assert (dataset.task, dataset.classes, dataset.outputs) == ("multi-label", ("loud", "low"), 2)
    assert dataset.described == "any of 2 classes of each sequence"
    assert [len(p) for p in (dataset.training, dataset.validation, dataset.test)] == [43, 5, 12]
    assert dataset.training.targets.shape == (43, 2)
    with pytest.raises(InputError, match="values or several labels, expected classes"):
        _ = dataset.training.labels


@pytest.mark.parametrize(("label", "fault"), [(1, "is without"), (0, "has")])
def test_a_label_that_all_or_none_have_is_refused(label: int, fault: str) -> None:
    labels = [[i % 2, label] for i in range(60)]
    with pytest.raises(InputError, match=f"no training target {fault} the label '1'"):
        Dataset.from_lists(SEQUENCES, labels, task="multi-label")


def test_naive_forecasts_go_with_their_targets() -> None:
    values = RNG.normal(size=(60, 2))
    dataset = Dataset.from_lists(SEQUENCES, values, naive={"a": values + 1, "b": values - 2})
    for part in (dataset.training, dataset.validation, dataset.test):
        assert np.array_equal(part.naive["a"], part.targets + 1)
        assert np.array_equal(part.take([2, 0]).naive["b"], part.targets[[2, 0]] - 2)
    without = Dataset.from_lists(SEQUENCES, values)
    assert without.fingerprint != dataset.fingerprint
    with pytest.raises(InputError, match=r"'a' has shape \(60, 1\), the targets \(60, 2\)"):
        Dataset.from_lists(SEQUENCES, values, naive={"a": values[:, 0]})


@pytest.mark.parametrize("part", ["validation", "test"])
@pytest.mark.parametrize("kind", ["class", "label", "value"])
def test_a_part_whose_targets_are_all_missing_is_refused(part: str, kind: str) -> None:
    parts = ["train"] * 40 + ["validation"] * 10 + ["test"] * 10
    known = {"class": "a", "label": ["a"], "value": 0.5}[kind]
    other = {"class": "b", "label": ["b"], "value": 1.5}[kind]
    targets = [
        None if name == part else (known if i % 2 else other) for i, name in enumerate(parts)
    ]
    with pytest.raises(InputError, match=f"every target of the {part} part is missing, .*: move"):
        Dataset.from_lists(SEQUENCES, targets, parts=parts)
