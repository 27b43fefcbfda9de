"""Baselines as small as the accuracy of the network allows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from programs import random_sequences

from spiking_gru.data import Dataset
from spiking_gru.settings import TrainingSettings
from spiking_gru.training import smallest, train
from spiking_gru.training.evaluation import evaluate


def dataset() -> Dataset:
    return Dataset.from_lists(
        list(random_sequences(1, 3, [8] * 60)), [0, 1] * 30, name="noise", seed=0
    )


SETTINGS = TrainingSettings(
    baseline="gru,lstm", baseline_size="accuracy", hidden=16, epochs=1, quantised_epochs=1
)


@pytest.mark.parametrize(
    ("least", "kept", "title"),
    [(8, 8, "same accuracy"), (16, 16, "same accuracy"), (0, 2, "same accuracy"),
     (99, 16, "less accurate")],
)  # fmt: skip
def test_the_smallest_that_is_as_good_is_kept(
    least: int, kept: int, title: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Baselines below a hidden size have a larger loss than the network."""

    def scored(model: Any, part: Any) -> Any:
        hidden = model.recurrent.hidden_size if hasattr(model, "recurrent") else 99
        score = evaluate(model, part)
        same = replace(score.metrics, accuracy=0.5)
        return replace(score, metrics=same, loss=1.0 if hidden >= least else 2.0)

    monkeypatch.setattr(smallest, "evaluate", scored)
    found = train(SETTINGS, dataset(), tmp_path / "run")
    rows = {row["name"]: row for row in found["networks"]}
    names = [f"gru-accuracy-{kept}", f"lstm-accuracy-{kept}", "float", "quantised"]
    assert sorted(rows) == sorted(names)
    assert rows[names[0]]["title"] == f"torch.nn.GRU, {title}"
    assert rows[names[0]]["hidden"] == kept
    assert rows[names[1]]["title"] == f"torch.nn.LSTM, {title}"
    assert set(found["test"]) == set(names)
    assert [columns["phase"] for columns in found["history"]] == [
        "float",
        "quantised",
        *names[:2],
    ], "a size that was rejected has no curve"
    assert set(found["best_epochs"]) == set(names)
    noted = {note.split(":")[0] for note in found["notes"] if "-accuracy-" in note}
    assert noted == set(names[:2])


def test_all_sizes_are_trained_for_all(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"baseline_size": "all", "baseline": "gru"})
    names = [row["name"] for row in train(settings, dataset(), tmp_path / "run")["networks"]]
    assert names[0] == "gru"
    assert [name for name in names if name.startswith("gru-accuracy-")]


def test_a_state_baseline_of_the_same_accuracy_is_calibrated_as_a_gru_that_skips(
    tmp_path: Path,
) -> None:
    settings = SETTINGS.model_copy(update={"baseline": "gru,state"})
    found = train(settings, dataset(), tmp_path / "run")
    (name,) = [row["name"] for row in found["networks"] if row["name"].startswith("state")]
    assert set(found["skipping"]) == {name}
    assert found["skipping"][name]["multiply_accumulates"] > 0


def test_other_phases_are_as_without_them(tmp_path: Path) -> None:
    alone = SETTINGS.model_copy(update={"baseline": "none"})
    both = [train(given, dataset(), tmp_path / str(i)) for i, given in enumerate((SETTINGS, alone))]
    assert both[0]["test"]["quantised"] == both[1]["test"]["quantised"]
