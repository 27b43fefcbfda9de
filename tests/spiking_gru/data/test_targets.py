"""Targets in the forms that people have become class indices or values; others are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from hardware.errors import InputError
from spiking_gru.data.targets import targets_of

LENGTHS = np.array([2, 3, 2, 4])


@pytest.mark.parametrize(
    ("given", "classes"),
    [
        (["b", "a", "a", "b"], ("a", "b")),
        (np.array(["b", "a", "a", "b"]), ("a", "b")),
        ([2, 1, 1, 2], ("1", "2")),
        ([10, 9, 9, 10], ("9", "10")),
        ([2.0, 1.0, 1.0, 2.0], ("1", "2")),
        (torch.tensor([2, 1, 1, 2]), ("1", "2")),
        ([True, False, False, True], ("False", "True")),
        ([[0, 1], [1, 0], [1, 0], [0, 1]], ("0", "1")),
        (torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), ("0", "1")),
    ],
)
def test_labels_of_any_form_are_taken(given: Any, classes: tuple[str, ...]) -> None:
    found = targets_of(given, LENGTHS)
    assert found.task == "classify"
    assert found.array.tolist() == [1, 0, 0, 1]
    assert found.array.dtype == np.int64
    assert found.classes == classes


def test_a_one_hot_row_has_a_class_for_each_column() -> None:
    assert targets_of(np.eye(5)[[0, 1, 1, 2]], LENGTHS).classes == ("0", "1", "2", "3", "4")


@pytest.mark.parametrize("given", [[0, 1, 1, 0], [1, 2, 2, 1], ["x", "y", "y", "x"]])
def test_with_names_numbers_count_them_from_0_or_1(given: list) -> None:
    found = targets_of(given, LENGTHS, classes=["x", "y"])
    assert (found.array.tolist(), found.classes) == ([0, 1, 1, 0], ("x", "y"))


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ([0.5, 1, 2, 3], (4, 1)),
        (torch.tensor([0.5, 1, 2, 3], requires_grad=True), (4, 1)),
        ([[0.5, 1], [2, 3], [4, 5], [6, 7]], (4, 2)),
        ([[1, 2], [0, 1], [1, 0], [0, 1]], (4, 2)),
    ],
)
def test_numbers_that_are_not_whole_and_rows_of_them_are_values(
    given: Any, shape: tuple[int, int]
) -> None:
    found = targets_of(given, LENGTHS)
    assert (found.task, found.classes, found.array.shape) == ("regress", (), shape)


def test_one_target_of_each_frame_is_a_task_of_steps() -> None:
    labels = targets_of([["a", "b"], ["a", "a", "b"], ["a", "b"], ["b"] * 4], LENGTHS)
    assert labels.task == "classify-steps"
    assert labels.array.tolist() == [0, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1]
    values = targets_of([np.full((n, 2), 0.5) for n in LENGTHS], LENGTHS)
    assert (values.task, values.array.shape) == ("regress-steps", (11, 2))


def test_none_and_nan_are_missing_targets() -> None:
    assert targets_of(["a", None, "b", "a"], LENGTHS).array.tolist() == [0, -1, 1, 0]
    assert targets_of([1, np.nan, 2, 1], LENGTHS, "classify").array.tolist() == [0, -1, 1, 0]
    found = targets_of([0.5, None, np.nan, 1.0], LENGTHS).array[:, 0]
    assert np.isnan(found).tolist() == [False, True, True, False]


def test_a_task_decides_where_the_targets_allow_two() -> None:
    with pytest.raises(InputError, match="4 different values: give task='classify'.*'regress'"):
        targets_of([1, 2, 3, 4], LENGTHS)
    assert targets_of([1, 2, 3, 4], LENGTHS, "regress").array.shape == (4, 1)
    assert targets_of([1, 2, 3, 4], LENGTHS, "classify").array.tolist() == [0, 1, 2, 3]
    pairs, lengths = [[1, 2], [1, 2], [1, 1], [2, 2]], np.full(4, 2)
    with pytest.raises(InputError, match="list of 2, and every sequence has as many frames"):
        targets_of(pairs, lengths)
    assert targets_of(pairs, lengths, "regress").array.shape == (4, 2)
    assert targets_of(pairs, lengths, "classify-steps").array.shape == (8,)


@pytest.mark.parametrize(
    ("given", "settings", "message"),
    [
        ([1, 2], {}, "2 targets for 4 sequences"),
        (5, {}, "expected one for each sequence"),
        ([[1, 2], [1], [1], [1]], {}, "different widths"),
        ([1, 2, 3, 1], {"classes": ["x", "y"]}, "a label is .*, but the classes are x, y"),
        (["a\n", "b", "b", "b"], {}, "printable"),
        ([float("inf"), 0.5, 0.5, 0.5], {}, "a target is inf"),
        ([None] * 4, {"task": "classify"}, "every label is missing"),
        ([None] * 4, {"task": "regress"}, "every target is missing"),
        ([1j, 1, 1, 1], {}, "no numbers"),
        ([["a", 1], ["b", 1], ["a", 2], ["b", 1]], {"task": "regress"}, "no numbers"),
        ([["a", "b"]] * 4, {"task": "multi-label", "classes": ["a", "c"]}, "a label is 'b', but"),
        ([[0, 1, 1]] * 4, {"classes": ["a", "c"]}, "rows of 3 labels for 2 classes"),
        ([["a", None], ["a"], [], []], {}, r"target 0 is \['a', None\]: .*; give None for all"),
        ([[0, 1], [1, 0], None, [0, 1]], {}, "one-hot rows, but some .*'multi-label'.*'classify'"),
        ([None] * 4, {"task": "multi-label"}, "every label is missing"),
        ([[1, 2, 3]] * 4, {"task": "classify"}, "3 numbers each"),
        ([1, 2, 2, 1], {"task": "classify-steps"}, "sequence 0 has 2 frames, but one target"),
        ([[1, 2], [1, 2], [1, 2], [1]], {"task": "regress-steps"}, "sequence 1 has 3 frames"),
    ],
)
def test_targets_that_make_no_sense_are_refused(given: Any, settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        targets_of(given, LENGTHS, **settings)


def test_numbers_that_may_count_from_0_or_from_1_are_refused() -> None:
    with pytest.raises(InputError, match="from 1 to 2 of 4 classes, which may be"):
        targets_of([1, 2, 2, 1], LENGTHS, classes=["a", "b", "c", "d"])
    numbered = ["class 1", "class 2", "class 3"]
    assert targets_of([1, 2, 2, 1], LENGTHS, classes=numbered).array.tolist() == [0, 1, 1, 0]


def test_whole_numbers_of_frames_may_be_measurements() -> None:
    with pytest.raises(InputError, match="11 targets are whole numbers with 4 different values"):
        targets_of([[1, 2], [3, 4, 1], [2, 1], [1, 2, 3, 4]], LENGTHS)


def test_another_part_is_read_as_the_first_was() -> None:
    first = targets_of([1, 2, 3, 1], LENGTHS, classes=["a", "b", "c"])
    assert first.written == ("1", "2", "3")
    again = targets_of([1, 2, 2, 1], LENGTHS, "classify", first.classes, first.written)
    assert again.array.tolist() == [0, 1, 1, 0]


def test_columns_of_one_hot_rows_are_the_classes_in_their_order() -> None:
    rows = np.eye(3, dtype=int)[[1, 2, 1, 2]]
    found = targets_of(rows, LENGTHS, classes=["1", "2", "3"])
    assert found.array.tolist() == [1, 2, 1, 2]
    with pytest.raises(InputError, match="one-hot rows .* 3 columns for 2 classes"):
        targets_of(rows, LENGTHS, classes=["no", "yes"])


@pytest.mark.parametrize(
    "given",
    [
        [["b", "c"], [], ["a"], ["c", "b"]],
        [("b", "c"), (), ("a",), ("b", "c")],
        [{"b", "c"}, set(), {"a"}, {"b", "c"}],
    ],
)
def test_lists_of_names_are_several_labels_of_each_sequence(given: Any) -> None:
    found = targets_of(given, np.full(4, 9))
    assert (found.task, found.classes) == ("multi-label", ("a", "b", "c"))
    assert found.array.tolist() == [[0, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 1]]
    assert found.array.dtype == np.int64


@pytest.mark.parametrize("kind", [int, float, bool])
def test_rows_of_0_and_1_that_are_not_one_hot_are_several_labels(kind: type) -> None:
    rows = np.array([[1, 1], [0, 1], [0, 0], [1, 0]], dtype=kind)
    found = targets_of(rows, LENGTHS, classes=["x", "y"])
    assert (found.task, found.classes) == ("multi-label", ("x", "y"))
    assert found.array.tolist() == rows.astype(int).tolist()


def test_rows_that_happen_to_be_one_hot_are_labels_where_the_task_says_so() -> None:
    found = targets_of(np.eye(4, dtype=int), LENGTHS, "multi-label")
    assert found.array.tolist() == np.eye(4).tolist()
    assert targets_of([[1], [0], [0], [1]], LENGTHS, "multi-label").array.shape == (4, 1)


def test_labels_in_one_text_have_a_bar_between_them() -> None:
    found = targets_of(["a|c", "b", " c | a ", None], LENGTHS, "multi-label")
    assert found.array.tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1], [-1, -1, -1]]


def test_labels_that_are_not_known_are_missing_one_by_one_or_together() -> None:
    rows = [[1, np.nan], [0, 1], [1, 1], None]
    assert targets_of(rows, LENGTHS).array.tolist() == [[1, -1], [0, 1], [1, 1], [-1, -1]]


def test_labels_of_each_frame_are_a_task_of_steps() -> None:
    names = [[["a"], []], [["a", "b"], ["b"], []], [[], []], [["a"]] * 4]
    found = targets_of(names, LENGTHS)
    assert (found.task, found.array.shape) == ("multi-label-steps", (11, 2))
    assert found.array[:4].tolist() == [[1, 0], [0, 0], [1, 1], [0, 1]]
    parts = np.split(found.array, np.cumsum(LENGTHS)[:-1])
    again = targets_of(parts, LENGTHS)
    assert again.task == "multi-label-steps"
    assert np.array_equal(again.array, found.array)


def test_another_part_is_read_with_the_labels_of_the_first() -> None:
    first = targets_of([["b"], ["a", "b"], [], []], np.full(4, 9))
    again = targets_of([["a"], [], ["a"], []], LENGTHS, "multi-label", first.classes, first.written)
    assert again.array.tolist() == [[1, 0], [0, 0], [1, 0], [0, 0]]
