from __future__ import annotations

import numpy as np
import pytest

from hardware.errors import TrainingError
from spiking_gru.training.notes import notes_on, require_finite

LABELS = np.array([0, 0, 0, 1, 2])


def test_a_result_better_than_chance_before_the_last_epoch_needs_no_note() -> None:
    assert notes_on("float", 10, 9, 0.61, LABELS) == []


@pytest.mark.parametrize("accuracy", [0.2, 0.6])
def test_a_result_no_better_than_the_most_frequent_class_is_noted(accuracy: float) -> None:
    (note,) = notes_on("float", 10, 9, accuracy, LABELS)
    assert "no better than chance" in note
    assert "60.0%" in note


def test_a_best_epoch_that_is_the_last_is_noted() -> None:
    assert notes_on("float", 10, 10, 1.0, LABELS) == [
        "float: the last of 10 epochs was the best; more may do better"
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_stops_the_training(value: float) -> None:
    require_finite("the training loss", 1e30, 0.1)
    with pytest.raises(
        TrainingError, match=r"the training loss is .*lower the learning rate.*0\.1"
    ):
        require_finite("the training loss", value, 0.1)
