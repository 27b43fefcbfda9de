"""Data sets of data frames, loaders and given parts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pad_sequence

from hardware.errors import InputError
from spiking_gru.data import Dataset, recordings

RNG = np.random.default_rng(0)
SEQUENCES = [RNG.normal(size=(n, 2)).astype(np.float32) for n in RNG.integers(2, 7, 40)]
LABELS = ["loud" if i % 2 else "quiet" for i in range(40)]


class Frame:
    """What pandas and Polars have in common: names of columns, and arrays by name."""

    def __init__(self, **columns: Any) -> None:
        self.columns = list(columns)
        self._columns = columns

    def __getitem__(self, name: str) -> np.ndarray:
        return np.asarray(self._columns[name])


def framed(sequence: np.ndarray) -> Frame:
    return Frame(x=sequence[:, 0], y=sequence[:, 1])


def long_frame(**changes: Any) -> Frame:
    lengths = [len(sequence) for sequence in SEQUENCES]
    values = np.concatenate(SEQUENCES)
    columns = {
        "who": np.repeat([f"r{i}" for i in range(39, -1, -1)], lengths),
        "x": values[:, 0],
        "label": np.repeat(LABELS, lengths),
        "y": values[:, 1],
        "person": np.repeat(np.arange(40) // 4, lengths),
    }
    return Frame(**{n: c for n, c in {**columns, **changes}.items() if c is not None})


def same(one: Dataset, other: Dataset) -> bool:
    return one.fingerprint == other.fingerprint and np.array_equal(
        one.validation.targets, other.validation.targets
    )


def test_one_frame_of_each_sequence_is_taken_like_its_array() -> None:
    found = Dataset.from_frames([framed(s) for s in SEQUENCES], LABELS, seed=3)
    assert same(found, Dataset.from_lists(SEQUENCES, LABELS, seed=3))


def test_a_long_frame_is_cut_into_sequences_in_the_order_of_their_first_rows() -> None:
    found = Dataset.from_frames(long_frame(person=None), sequence="who", target="label")
    assert same(found, Dataset.from_lists(SEQUENCES, LABELS))


def test_rows_of_a_long_frame_may_be_mixed_as_long_as_each_sequence_is_in_order() -> None:
    frame = long_frame(person=None)
    order = np.argsort(np.concatenate([np.arange(len(s)) for s in SEQUENCES]), kind="stable")
    mixed = Frame(**{name: frame[name][order] for name in frame.columns})
    found = Dataset.from_frames(mixed, sequence="who", target="label")
    assert same(found, Dataset.from_lists(SEQUENCES, LABELS))


def test_groups_of_a_long_frame_stay_in_one_part() -> None:
    found = Dataset.from_frames(long_frame(), sequence="who", target="label", group="person")
    groups = [set(p.groups) for p in (found.training, found.validation, found.test)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 10


def test_a_target_that_changes_within_a_sequence_is_one_of_each_frame() -> None:
    total = np.concatenate([s.sum(axis=1) for s in SEQUENCES])
    frame = long_frame(label=total, person=None)
    found = Dataset.from_frames(frame, sequence="who", target="label")
    assert found.task == "regress-steps"
    assert same(found, Dataset.from_lists(SEQUENCES, [s.sum(axis=1) for s in SEQUENCES]))
    with pytest.raises(InputError, match="row 1, column 'label' and below: it changes within a"):
        Dataset.from_frames(frame, sequence="who", target="label", task="regress")


def test_a_gap_is_filled_from_its_own_sequence_alone() -> None:
    who = np.repeat(np.arange(20), 3)
    frame = Frame(who=who, x=np.where(np.arange(60) % 3 == 1, who, np.nan), label=who % 2)
    found = Dataset.from_frames(frame, sequence="who", target="label", missing="interpolate")
    assert all(len(np.unique(sequence)) == 1 for sequence in found.training.sequences)
    frame = Frame(who=who, x=np.where(who == 7, np.inf, 0), label=who % 2)
    with pytest.raises(InputError, match="the frame: row 22, column 'x' is inf"):
        Dataset.from_frames(frame, sequence="who", target="label")


def test_pandas_frames_are_taken_with_their_gaps() -> None:
    pandas = pytest.importorskip("pandas")
    frame = long_frame(person=None)
    whole = pandas.DataFrame({name: frame[name] for name in frame.columns})
    assert same(
        Dataset.from_frames(whole, sequence="who", target="label"),
        Dataset.from_lists(SEQUENCES, LABELS),
    )
    gap = pandas.DataFrame({"x": pandas.array([1, None, 3], dtype="Int64")})
    found = Dataset.from_frames([gap] * 40, LABELS, missing="interpolate")
    assert next(iter(found.test.sequences)).tolist() == [[1], [2], [3]]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"frames": [Frame(x=[1], y=[2]), Frame(y=[1], x=[2])]},
            "frame 1 has the columns y, x, expected x, y as in frame 0",
        ),
        ({"frames": [Frame(x=["a"])]}, "frame 0: row 1, column 'x' is 'a': expected a number"),
        ({"frames": [Frame(x=[1, None])]}, "frame 0: row 2, column 'x' is missing"),
        ({"frames": [Frame(x=[])]}, "frame 0: no rows"),
        ({"frames": [3]}, "frame 0 is of the type int, expected a data frame"),
        ({"frames": 3}, "frames: found 3, expected a data frame, or a list of them"),
        ({"sequence": "whom"}, "the frame: unknown column 'whom': did you mean 'who'"),
        (
            {"frames": Frame(who=["a", None], x=[1, 2], label=[1, 1])},
            "the frame: row 2, column 'who' is missing: give its sequence",
        ),
        ({"target": ()}, "no target column is named"),
        ({"group": "x"}, "row 1, column 'x' and below: it changes within a sequence, expected one"),
        ({"frames": Frame(who=["a"], label=["b"])}, "the frame: no column is left"),
    ],
)
def test_frames_that_make_no_sense_are_refused(given: dict, message: str) -> None:
    of_long = {"frames": long_frame(person=None), "sequence": "who", "target": "label"}
    is_long = "frames" not in given or isinstance(given["frames"], Frame)
    whole = of_long if is_long else {"targets": LABELS}
    with pytest.raises(InputError, match=message):
        Dataset.from_frames(**{**whole, **given})


def batches(kind: Any = torch.tensor, size: int = 7) -> list[tuple[Any, ...]]:
    """Return padded batches, their labels and their lengths."""
    found = []
    for start in range(0, 40, size):
        some = [torch.tensor(s) for s in SEQUENCES[start : start + size]]
        padded = pad_sequence(some, batch_first=True, padding_value=99.0)
        labels = [LABELS[i] == "loud" for i in range(start, start + len(some))]
        found.append((kind(padded.numpy()), kind(labels), kind([len(s) for s in some])))
    return found


@pytest.mark.parametrize("kind", [torch.tensor, np.array])
def test_batches_of_a_loader_are_taken_without_their_padding(kind: Any) -> None:
    found = Dataset.from_loader(batches(kind))
    assert same(found, Dataset.from_lists(SEQUENCES, [label == "loud" for label in LABELS]))


def test_a_torch_loader_is_taken_as_it_is() -> None:
    inputs, labels = torch.randn(30, 4, 2), torch.arange(30) % 3
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, labels), 8)
    assert same(Dataset.from_loader(loader), Dataset.from_lists(inputs, labels))


def test_padded_targets_of_each_frame_lose_their_padding() -> None:
    given = [(x, x.sum(axis=2), lengths) for x, _, lengths in batches(np.array)]
    found = Dataset.from_loader(given)
    assert found.task == "regress-steps"
    assert same(found, Dataset.from_lists(SEQUENCES, [s.sum(axis=1) for s in SEQUENCES]))
    with pytest.raises(InputError, match="every target is 6 numbers, and every batch has as many"):
        Dataset.from_loader([(np.ones((5, 6, 1)), np.ones((5, 6)), np.full(5, 3))])


def test_loaders_of_each_part_give_the_parts() -> None:
    first, second, third, *_ = batches()
    found = Dataset.from_loader([first], validation_loader=[second], test_loader=[third])
    assert [len(p) for p in (found.training, found.validation, found.test)] == [7, 7, 7]
    assert np.array_equal(next(iter(found.test.sequences)), SEQUENCES[14])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "the loader gave no batch"),
        ([3], r"batch 0 is int, expected \(inputs, targets\)"),
        ([(np.ones((2, 3, 1)),)], "batch 0 is 1 items, expected"),
        ([(np.ones((2, 3)), [0, 1])], r"batch 0 has the shapes \(2, 3\), \(2,\), expected"),
        ([(np.ones((5, 2, 1)), [0, 1])], "put the batch first"),
        ([(np.ones((2, 3, 1)), [0, 1], [3, 4])], r"the lengths \[3, 4\], expected whole numbers"),
        ([(np.ones((2, 3, 1)), [0, 1], [0, 3])], "the lengths"),
    ],
)
def test_batches_that_make_no_sense_are_refused(given: list, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Dataset.from_loader(given)


def test_a_loader_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "MOST_VALUES", 1000)
    with pytest.raises(InputError, match="more than 1000 values in 17 batches: .* a loader that"):
        Dataset.from_loader(repeat((np.ones((4, 5, 3)), [0, 1, 0, 1])))


def test_given_parts_are_kept() -> None:
    cuts = (slice(0, 20), slice(20, 30), slice(30, 40))
    training, validation, test = ((SEQUENCES[cut], LABELS[cut]) for cut in cuts)
    found = Dataset.from_parts(training, test, validation)
    parts = (found.training, found.validation, found.test)
    for part, cut in zip(parts, cuts, strict=True):
        assert np.array_equal(part.sequences.values, np.concatenate(SEQUENCES[cut]))
        assert [found.classes[label] for label in part.labels] == LABELS[cut]
    held = Dataset.from_parts(training, test)
    assert [len(p) for p in (held.training, held.validation, held.test)] == [18, 2, 10]
    other = Dataset.from_parts(training, test, (SEQUENCES[:10], LABELS[:10]))
    assert other.fingerprint != found.fingerprint


def test_the_groups_of_given_parts_are_kept_and_validation_takes_whole_ones() -> None:
    people = np.arange(40) // 4
    found = Dataset.from_parts(
        (SEQUENCES[:32], LABELS[:32], people[:32]), (SEQUENCES[32:], LABELS[32:], people[32:])
    )
    groups = [set(p.groups) for p in (found.training, found.validation, found.test)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 10


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (
            (SEQUENCES[:2], ["loud", "new"]),
            "the label 'new', which sequence 1 of the test part has",
        ),
        (
            (SEQUENCES[:2], ["loud", "quiet"], [0, 0]),
            r"'0' is in the train part \(sequence 0\) and in",
        ),
        ((SEQUENCES[:2], ["loud", "quiet"]), "only the train part has groups"),
        ((SEQUENCES[:2], ["loud"], [7, 7]), "39 targets for 40 sequences|targets for"),
        ((SEQUENCES[:2],), r"a part is not \(sequences, targets\)"),
        ((3, 4), "a part is not lists of sequences and targets"),
        (([], [], []), "no sequence is of the test part"),
        (([np.ones((3, 5))], ["loud"], [7]), r"sequence 40 has shape \(3, 5\), expected"),
    ],
)
def test_parts_that_do_not_fit_one_another_are_refused(test: tuple, message: str) -> None:
    groups = [[0] * 20 + [1] * 20] if len(test) == 3 or "only" in message else []
    with pytest.raises(InputError, match=message):
        Dataset.from_parts((SEQUENCES, LABELS, *groups), test)


def test_each_part_has_as_many_targets_as_sequences() -> None:
    rows, labels = [np.zeros((3, 1))] * 60, ["a", "b"] * 30
    with pytest.raises(InputError, match="41 targets for 40 sequences of the train"):
        Dataset.from_parts((rows[:40], [*labels[:40], "a"]), (rows[40:], labels[40:59]))


def test_a_loader_may_write_its_batches_into_the_same_memory() -> None:
    inputs, targets = np.zeros((10, 3, 1), np.float32), np.zeros(10)

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for number in range(4):
            inputs[:], targets[:] = number, number + 0.5
            yield inputs, targets

    dataset = Dataset.from_loader(batches())
    seen = {
        value for part in (dataset.training, dataset.test) for value in part.sequences.values[:, 0]
    }
    assert len(seen) > 1
    assert np.allclose(dataset.test.targets[:, 0] - 0.5, [s[0, 0] for s in dataset.test.sequences])


def test_sequences_and_groups_whose_numbers_float64_cannot_hold_stay_apart() -> None:
    first = 2**53
    who = np.repeat([first + i for i in range(40)], [len(s) for s in SEQUENCES])
    frame = long_frame(who=who, person=who // 4 + 2**60)
    found = Dataset.from_frames(frame, sequence="who", target="label", group="person")
    parts = (found.training, found.validation, found.test)
    assert sum(map(len, parts)) == 40
    groups = {str(group) for part in parts for group in part.groups}
    assert groups == {str((first + i) // 4 + 2**60) for i in range(40)}


def test_targets_whose_numbers_float64_cannot_hold_stay_apart() -> None:
    labels = np.repeat([2**53 + i % 2 for i in range(40)], [len(s) for s in SEQUENCES])
    for column in (labels, labels.astype(str)):
        frame = long_frame(label=column, person=None)
        found = Dataset.from_frames(frame, sequence="who", target="label", task="classify")
        assert found.classes == (str(2**53), str(2**53 + 1))


@pytest.mark.parametrize(
    ("texts", "classes"),
    [
        (["01", "1"], ("01", "1")),
        (["007", "7.0"], ("007", "7.0")),
        (["1", "2.0"], ("1", "2")),
        (["1.50", "2.50"], ("1.5", "2.5")),
        (["0", "-1"], ("-1", "0")),
    ],
)
def test_text_of_digits_with_a_leading_zero_is_a_name(
    texts: list[str], classes: tuple[str, ...]
) -> None:
    labels = np.repeat([texts[i % 2] for i in range(40)], [len(s) for s in SEQUENCES])
    frame = long_frame(label=labels, person=None)
    found = Dataset.from_frames(frame, sequence="who", target="label", task="classify")
    assert found.classes == classes


def test_names_of_columns_of_one_long_frame_need_it() -> None:
    frames = [framed(s) for s in SEQUENCES]
    for column in ("target", "group"):
        with pytest.raises(InputError, match="are for one long frame: give sequence='NAME', or"):
            Dataset.from_frames(frames, LABELS, **{column: "x"})


def test_channels_have_the_names_of_their_columns() -> None:
    found = Dataset.from_frames(long_frame(), sequence="who", target="label", group="person")
    assert found.channel_names == ("x", "y")
    assert Dataset.from_frames([framed(s) for s in SEQUENCES], LABELS).channel_names == ("x", "y")
    series = {"load": np.arange(90.0) % 7, "night": np.arange(90) % 2, "hour": np.arange(90)}
    found = Dataset.from_series(series, history=5, horizon=1, target="load", time="hour")
    assert found.channel_names == ("load", "night")
