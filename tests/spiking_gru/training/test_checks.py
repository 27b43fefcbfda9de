"""Data that cannot be trained on are refused before the first epoch, with nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spiking_gru as sg
from hardware.errors import InputError, SettingError
from hardware.sequences.sparse import SparseSequences
from spiking_gru.data import Dataset
from spiking_gru.settings import TrainingSettings
from spiking_gru.training import train

RNG = np.random.default_rng(0)
COUNTS = [RNG.poisson(0.5, (n, 3)).astype(np.float32) for n in RNG.integers(4, 9, 40)]
LABELS = [i % 2 for i in range(40)]
SMALL = TrainingSettings(
    hidden=4, epochs=1, quantised_epochs=1, baseline="none", batch=8, encoder="events"
)


@pytest.mark.parametrize("begin", [train, sg.train])
@pytest.mark.parametrize("given", [[1, 2], COUNTS, None, "balls", np.zeros((3, 4, 2))])
def test_anything_but_a_data_set_is_refused(tmp_path: Path, begin: Any, given: Any) -> None:
    kind = type(given).__name__
    message = f"the data set is of the type {kind}, expected a Dataset: make one with Dataset.from"
    with pytest.raises(InputError, match=message):
        begin(SMALL, given, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("begin", [train, sg.train])
@pytest.mark.parametrize("form", [list, SparseSequences.of])
@pytest.mark.parametrize("part", ["training", "validation", "test"])
@pytest.mark.parametrize("wrong", [-1.0, 0.5])
def test_values_that_are_no_counts_are_refused_by_an_encoder_of_counts(
    tmp_path: Path, begin: Any, form: Any, part: str, wrong: float
) -> None:
    parts = ["training", "validation", "test"]
    frames = [array.copy() for array in COUNTS]
    frames[10 * (1 + parts.index(part)) + 1][2, 1] = wrong
    named = ["train"] * 20 + ["validation"] * 10 + ["test"] * 10
    dataset = Dataset.from_lists(form(frames), LABELS, parts=named)
    place = 11 if part == "training" else 1
    message = (
        f"^the encoder 'events': {part} part, sequence {place}, step 2, channel 1 is {wrong:g}"
    )
    with pytest.raises(InputError, match=message):
        begin(SMALL, dataset, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    begin(SMALL.model_copy(update={"encoder": "graded"}), dataset, tmp_path / "run")


@pytest.mark.parametrize(
    "dataset",
    [Dataset.from_texts(["abc", "bac"] * 9), Dataset.from_pairs(["ab", "ba"] * 9, ["1", "2"] * 9)],
    ids=lambda dataset: dataset.task,
)
def test_a_network_that_would_see_the_token_it_predicts_is_refused(
    tmp_path: Path, dataset: Dataset
) -> None:
    settings = SMALL.model_copy(update={"encoder": None, "bidirectional": True})
    with pytest.raises(SettingError, match="it would see the tokens that it predicts: leave"):
        sg.train(settings, dataset, tmp_path / "run")
    assert not (tmp_path / "run").exists()
