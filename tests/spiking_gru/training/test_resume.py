"""A training that ends at any moment, and goes on, has the weights of an undisturbed one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from datasets import small_file
from on_disk_data import kept_dataset
from stopped_training import KilledError, Moments, results_of

import spiking_gru as sg
from hardware.errors import InputError
from spiking_gru import data
from spiking_gru.training import BatchReport, Callback, EpochReport, PhaseReport, train

SHORT: dict[str, Any] = {
    "data": "small", "hidden": 5, "epochs": 2, "quantised_epochs": 2, "batch": 8,
    "learning_rate": 0.02,
}  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "distilled and pruned": {"prune": 0.5, "distil": 0.3},
    "another recipe": {
        "optimiser": "sgd", "schedule": "linear", "patience": 1, "learn_threshold": True,
        "epochs": 4, "learning_rate": 0.3, "averaging": 0.0, "baseline": "none",
    },
    "on disk": {"baseline": "none", "batch": 3},
}  # fmt: skip
LONG_CASES: dict[str, dict[str, Any]] = {
    "smallest baselines": {"baseline_size": "all", "baseline": "lstm", "hidden": 4},
    "augmented": {"warp": 0.3, "shift": 0.2, "time_mask": 0.2, "channel_mask": 0.2, "epochs": 0},
    "states that skip": {"baseline": "state", "prune": 0.3, "energy_weight": 1.0},
    "two threads, two layers": {"threads": 2, "layers": 2, "bidirectional": True},
    "pair": {"batch": 4},
}  # fmt: skip
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> data.Dataset:
    return data.load(str(small_file(tmp_path_factory.mktemp("data"))))


def data_for(case: str, dataset: data.Dataset) -> data.Dataset:
    if case == "pair":
        return sg.Dataset.from_pairs(list(WORDS) * 3, [str(i) for i in range(1, 10)] * 3)
    return kept_dataset(dataset) if case == "on disk" else dataset


@pytest.mark.parametrize(
    "case", [*CASES, *(pytest.param(case, marks=pytest.mark.long) for case in LONG_CASES)]
)
def test_a_training_that_is_killed_at_random_moments_ends_with_the_same_weights(
    case: str, dataset: data.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, settings = (
        data_for(case, dataset),
        sg.TrainingSettings(**{**SHORT, **(CASES | LONG_CASES)[case]}),
    )
    train(settings, used, tmp_path / "whole")
    moments, choices = Moments(monkeypatch), random.Random(case)
    train(settings, used, tmp_path / "counted")
    every = moments.seen
    assert results_of(tmp_path / "counted") == results_of(tmp_path / "whole")
    kills = 0
    while True:
        moments.end_at(choices.randint(1, every // 2))
        try:
            train(settings, used, tmp_path / "killed")
        except KilledError:
            kills += 1
        else:
            break
    assert kills > 1
    assert results_of(tmp_path / "killed") == results_of(tmp_path / "whole")
    assert not list((tmp_path / "killed").glob(".*"))


class StoppedAt(Callback):
    """Raises what Ctrl-C raises, after a batch or an epoch of a phase."""

    def __init__(self, phase: str, epoch: int, batch: int | None) -> None:
        self.moment = (phase, epoch, batch)

    def on_batch(self, report: BatchReport) -> None:
        if (report.phase, report.epoch, report.batch) == self.moment:
            raise KeyboardInterrupt

    def on_epoch(self, report: EpochReport) -> None:
        if (report.phase, report.epoch, None) == self.moment:
            raise KeyboardInterrupt


class Trained(Callback):
    """Lists the batches that are trained, and how much of each phase was trained before."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, int, int]] = []
        self.done: dict[str, int | None] = {}
        self.models: dict[str, Any] = {}

    def on_phase(self, report: PhaseReport) -> None:
        self.done[report.phase], self.models[report.phase] = report.done, report.model

    def on_batch(self, report: BatchReport) -> None:
        self.batches.append((report.phase, report.epoch, report.batch))


@pytest.mark.parametrize(
    ("moment", "first", "done"),
    [
        (("gru", 1, 2), ("gru", 1, 3), {"gru": 0, "float": None, "quantised": None}),
        (("float", 1, None), ("float", 2, 1), {"gru": 2, "float": 1, "quantised": None}),
        (("quantised", 2, 4), None, {"gru": 2, "float": 2, "quantised": 1}),
    ],
)
def test_what_is_stopped_goes_on_with_the_next_batch(
    moment: tuple[str, int, int | None],
    first: tuple[str, int, int] | None,
    done: dict[str, int | None],
    dataset: data.Dataset,
    tmp_path: Path,
) -> None:
    settings, trained = sg.TrainingSettings(**SHORT), Trained()
    with pytest.raises(KeyboardInterrupt):
        train(settings, dataset, tmp_path / "a", callbacks=[StoppedAt(*moment)])
    train(settings, dataset, tmp_path / "a", callbacks=[trained])
    assert trained.done == done
    assert trained.batches[:1] == ([] if first is None else [first])
    whole = Trained()
    train(settings, dataset, tmp_path / "b", callbacks=[whole])
    assert results_of(tmp_path / "a") == results_of(tmp_path / "b")
    for phase, model in whole.models.items():
        again = trained.models[phase].state_dict()
        assert all(again[name].equal(value) for name, value in model.state_dict().items())


def test_a_training_may_be_stopped_twice_in_an_epoch(dataset: data.Dataset, tmp_path: Path) -> None:
    settings = sg.TrainingSettings(**SHORT, baseline="none")
    train(settings, dataset, tmp_path / "whole")
    for batch in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            train(settings, dataset, tmp_path / "a", callbacks=[StoppedAt("float", 2, batch)])
    train(settings, dataset, tmp_path / "a")
    assert results_of(tmp_path / "a") == results_of(tmp_path / "whole")


def test_resume_starts_over_or_is_refused_as_it_says(dataset: data.Dataset, tmp_path: Path) -> None:
    settings, trained = sg.TrainingSettings(**SHORT), Trained()
    with pytest.raises(InputError, match="holds no unfinished training: leave"):
        train(settings, dataset, tmp_path, resume=True)
    assert not list(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        train(settings, dataset, tmp_path, callbacks=[StoppedAt("float", 1, None)])
    train(settings, dataset, tmp_path, resume=False, callbacks=[trained])
    assert set(trained.done.values()) == {None}
    assert trained.batches[0] == ("gru", 1, 1)


def test_an_unfinished_training_goes_on_over_a_run_that_it_was_to_replace(
    dataset: data.Dataset, tmp_path: Path
) -> None:
    short = {**SHORT, "epochs": 1, "quantised_epochs": 1}
    train(sg.TrainingSettings(**short), dataset, tmp_path)
    before = results_of(tmp_path)
    settings, trained = sg.TrainingSettings(**SHORT), Trained()
    with pytest.raises(KeyboardInterrupt):
        stop = StoppedAt("float", 1, None)
        train(settings, dataset, tmp_path, callbacks=[stop], force=True)
    assert results_of(tmp_path) == before
    train(settings, dataset, tmp_path, callbacks=[trained])
    assert trained.done["gru"] == 2
    assert results_of(tmp_path) != before


def test_an_error_in_a_callback_keeps_the_last_checkpoint(
    dataset: data.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Moments(monkeypatch)
    settings, trained = sg.TrainingSettings(**SHORT), Trained()

    def fail(report: EpochReport) -> None:
        if (report.phase, report.epoch) == ("float", 2):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(settings, dataset, tmp_path, callbacks=[fail])
    train(settings, dataset, tmp_path, callbacks=[trained])
    assert trained.done == {"gru": 2, "float": 1, "quantised": None}
