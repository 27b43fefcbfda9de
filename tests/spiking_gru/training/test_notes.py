from __future__ import annotations

import numpy as np
import pytest

from hardware.errors import TrainingError
from hardware.metrics import ClassMetrics, class_metrics, label_metrics, value_metrics
from spiking_gru.data import Dataset
from spiking_gru.data.notes import notes_on_data
from spiking_gru.training.notes import notes_on, require_finite

LABELS = np.array([0, 0, 0, 1, 2])


def named(*classes: int) -> ClassMetrics:
    return class_metrics(np.array(classes), LABELS, 3)


@pytest.mark.parametrize("held", [18, 20])
def test_a_validation_part_that_is_small_is_noted(held: int) -> None:
    sequences, labels = np.zeros((20 * held, 2, 1)), np.arange(20 * held) % 2
    dataset = Dataset.from_lists(sequences, labels, test=0.5, validation=0.1)
    assert len(dataset.validation) == held
    found = notes_on_data(dataset)
    assert found == (
        [f"the validation part has {held} sequences: too few to choose settings by"] * (held < 20)
    )


def test_a_result_better_than_chance_before_the_last_epoch_needs_no_note() -> None:
    assert notes_on("float", 10, 9, {"": named(0, 0, 0, 1, 0)}, {"": LABELS}) == []


@pytest.mark.parametrize("classes", [(0, 0, 0, 0, 0), (1, 1, 1, 1, 1)])
def test_a_result_no_better_than_the_most_frequent_class_is_noted(classes: tuple) -> None:
    (note,) = notes_on("float", 10, 9, {"": named(*classes)}, {"": LABELS})
    assert "% accuracy on the validation part is no better than chance: " in note
    assert "its most frequent class makes up 60.0 %" in note


def test_values_no_better_than_the_mean_are_noted() -> None:
    targets = np.array([[0.0], [2.0]])
    assert (
        notes_on(
            "float", 10, 9, {"": value_metrics(np.array([[0.5], [1.5]]), targets)}, {"": targets}
        )
        == []
    )
    (note,) = notes_on("float", 10, 9, {"": value_metrics(np.ones((2, 1)), targets)}, {"": targets})
    assert "no smaller than that of the mean" in note


def test_labels_no_better_than_always_the_same_answer_are_noted() -> None:
    targets = np.array([[0, 1], [0, 1], [0, -1], [1, 0]])
    wrong = targets.clip(min=0) ^ np.array([[1, 0], [0, 0], [0, 0], [0, 0]])
    assert notes_on("float", 10, 9, {"": label_metrics(wrong, targets)}, {"": targets}) == []
    same = np.array([[0, 1]] * 4)
    (note,) = notes_on("float", 10, 9, {"": label_metrics(same, targets)}, {"": targets})
    assert note.startswith("float: 28.6 % of the labels of the validation part are wrong")
    assert "no better than chance: 28.6 % are, if each label has its more frequent answer" in note


def test_a_best_epoch_that_is_the_last_is_noted() -> None:
    assert notes_on("float", 10, 10, {"": named(*LABELS)}, {"": LABELS}) == [
        "float: the last of 10 epochs was the best; more may do better"
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_stops_the_training(value: float) -> None:
    require_finite("the training loss", 1e30, 0.1)
    with pytest.raises(
        TrainingError, match=r"the training loss is .*lower the learning rate.*0\.1"
    ):
        require_finite("the training loss", value, 0.1)
