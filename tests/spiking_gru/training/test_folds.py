"""Cross-validation tests every sequence once, by a network that has not seen it."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import small_file

from hardware.errors import InputError, SettingError
from spiking_gru import Dataset, TrainingSettings, cross_validate, data
from spiking_gru.run_folder import RunFolder
from spiking_gru.training import folds

SETTINGS = TrainingSettings(hidden=4, batch=8, epochs=1, quantised_epochs=1, baseline="none")
COUNT = 40


def numbered(targets: Any = None, **more: Any) -> Dataset:
    """Sequences that hold their own number."""
    sequences = [np.full((2 + i % 3, 1), float(i)) for i in range(COUNT)]
    labels = np.arange(COUNT) % 2 if targets is None else targets
    parts = ["train"] * 24 + ["validation"] * 6 + ["test"] * 10
    return Dataset.from_lists(sequences, labels, parts=parts, **more)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Dataset]:
    """The data sets that would be trained on."""
    seen: list[Dataset] = []

    def keep(settings: TrainingSettings, dataset: Dataset, *_: object, **__: object) -> dict:
        seen.append(dataset)
        loss = float(len(seen) ** 2)
        undefined = {} if len(seen) == 2 else {"nrmse": 1.0}
        return {"test": {"quantised": {"loss": loss, "accuracy": 0.5, **undefined}}}

    monkeypatch.setattr(folds, "train", keep)
    return seen


def numbers(part: data.Part) -> list[int]:
    return [int(sequence[0, 0]) for sequence in part.sequences]


@pytest.mark.parametrize(("include_test", "used"), [(False, 30), (True, 40)])
def test_every_sequence_is_tested_once_and_the_test_part_only_if_it_is_asked_for(
    trained: list[Dataset], include_test: bool, used: int
) -> None:
    cross_validate(SETTINGS, numbered(), 5, include_test=include_test)
    assert len(trained) == 5
    tested = [number for dataset in trained for number in numbers(dataset.test)]
    assert sorted(tested) == list(range(used))
    for dataset in trained:
        parts = [numbers(part) for part in (dataset.training, dataset.validation, dataset.test)]
        assert sorted(chain(*parts)) == list(range(used))
        assert all(parts)
        for part in (dataset.training, dataset.validation, dataset.test):
            assert part.labels.tolist() == [number % 2 for number in numbers(part)]


def test_every_fold_has_about_as_many_of_each_class(trained: list[Dataset]) -> None:
    cross_validate(SETTINGS, numbered(), 5)
    for dataset in trained:
        assert np.bincount(dataset.test.labels).tolist() == [3, 3]


def test_every_group_is_in_one_fold_and_in_one_part_of_it(trained: list[Dataset]) -> None:
    groups = np.concatenate([np.arange(30) // 4, 100 + np.arange(10)])
    cross_validate(SETTINGS, numbered(groups=groups), 4)
    homes = [set(dataset.test.groups.tolist()) for dataset in trained]  # type: ignore[union-attr]
    assert sum(map(len, homes)) == len(set.union(*homes)) == 8
    for dataset in trained:
        members = [
            set(part.groups.tolist())  # type: ignore[union-attr]
            for part in (dataset.training, dataset.validation, dataset.test)
        ]
        assert sum(map(len, members)) == len(set.union(*members))


def test_values_and_frames_are_folded_at_random(trained: list[Dataset]) -> None:
    cross_validate(SETTINGS, numbered(np.arange(COUNT) / 3), 3)
    assert sorted(chain(*(numbers(dataset.test) for dataset in trained))) == list(range(30))
    assert numbers(trained[0].test) != list(range(10))
    steps = [np.full(2 + i % 3, i % 2) for i in range(COUNT)]
    trained.clear()
    cross_validate(SETTINGS, numbered(steps, task="classify-steps"), 3)
    for dataset in trained:
        of_frames = np.repeat(numbers(dataset.test), dataset.test.sequences.lengths)
        assert dataset.test.labels.tolist() == (of_frames % 2).tolist()


def test_a_fold_keeps_what_the_data_set_says_of_itself(trained: list[Dataset]) -> None:
    dataset = numbered(np.arange(COUNT) / 3)
    parts = {
        name: replace(part, naive={"last": part.targets + 1, **more})
        for name, part, more in (
            ("training", dataset.training, {"other": dataset.training.targets}),
            ("validation", dataset.validation, {}),
        )
    }
    steps = ({"kind": "log-mel"},)
    named = replace(dataset, channel_names=("left",), licence="CC0", preprocessing=steps, **parts)
    cross_validate(SETTINGS, named, 3)
    for fold in trained:
        assert (fold.channel_names, fold.licence, fold.task) == (("left",), "CC0", "regress")
        assert fold.preprocessing == steps
        for part in (fold.training, fold.validation, fold.test):
            assert list(part.naive) == ["last"]
            assert np.array_equal(part.naive["last"], part.targets + 1)


def test_the_seed_chooses_the_folds(trained: list[Dataset]) -> None:
    for seed in (0, 0, 1):
        cross_validate(SETTINGS.model_copy(update={"seed": seed}), numbered(), 2)
    first, again, other = (numbers(trained[i].test) for i in (0, 2, 4))
    assert first == again
    assert first != other


def test_the_mean_and_the_spread_are_those_of_the_folds(trained: list[Dataset]) -> None:
    found = cross_validate(SETTINGS, numbered(), 3)
    losses = [fold["test"]["quantised"]["loss"] for fold in found.folds]
    assert losses == [1.0, 4.0, 9.0]
    assert found.mean == {"quantised": {"loss": pytest.approx(np.mean(losses)), "accuracy": 0.5}}, (
        "a metric that one fold lacks has no mean"
    )
    assert found.spread["quantised"]["loss"] == pytest.approx(np.std(losses, ddof=1))
    assert repr(found).startswith("CrossValidation(3 folds, quantised: loss 4.667 ± 4")


def test_folds_that_cannot_be_made_are_refused_before_training(trained: list[Dataset]) -> None:
    with pytest.raises(InputError, match="1 fold of 30 sequences: expected 2 to 30"):
        cross_validate(SETTINGS, numbered(), 1)
    with pytest.raises(InputError, match="by group, but there are no groups.*by='class'"):
        cross_validate(SETTINGS, numbered(), by="group")
    with pytest.raises(SettingError, match="unknown way to fold 'time'"):
        cross_validate(SETTINGS, numbered(), by="time")
    assert trained == []


def test_runs_are_kept_in_the_folder_that_is_named(tmp_path: Path) -> None:
    dataset = data.load(str(small_file(tmp_path)))
    phases: list[str] = []
    found = cross_validate(
        SETTINGS, dataset, 2, folder=tmp_path / "runs",
        callbacks=(each for each in [lambda report: phases.append(report.phase)]),
    )  # fmt: skip
    assert [RunFolder(tmp_path / "runs" / f"fold-{k}").training() for k in (1, 2)] == list(
        found.folds
    )
    assert phases == ["float", "quantised"] * 2
    assert 0 <= found.mean["quantised"]["accuracy"] <= 1


def test_a_stopped_cross_validation_trains_only_the_folds_that_are_missing(tmp_path: Path) -> None:
    dataset = data.load(str(small_file(tmp_path)))
    place = tmp_path / "runs"
    trained: list[str] = []

    def watch(report: Any) -> None:
        trained.append(report.phase)
        if len(trained) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cross_validate(SETTINGS, dataset, 2, folder=place, callbacks=[watch])
    trained[:] = ["stopped"] * 3
    found = cross_validate(SETTINGS, dataset, 2, folder=place, callbacks=[watch])
    assert trained[3:] in (["quantised"], ["float", "quantised"])
    assert found == cross_validate(SETTINGS, dataset, 2, folder=tmp_path / "undisturbed")


def test_finished_folds_of_other_settings_or_folds_are_refused_and_replaced_with_force(
    tmp_path: Path,
) -> None:
    dataset = data.load(str(small_file(tmp_path)))
    place = tmp_path / "runs"
    first = cross_validate(SETTINGS, dataset, 2, folder=place)
    other = SETTINGS.model_copy(update={"hidden": 5})
    for settings, count in ((other, 2), (SETTINGS, 3)):
        with pytest.raises(InputError, match="--force"):
            cross_validate(settings, dataset, count, folder=place)
    assert cross_validate(SETTINGS, dataset, 2, folder=place) == first
    assert cross_validate(other, dataset, 2, folder=place, force=True) != first


def test_folds_of_texts_and_of_pairs_have_the_tokens_of_the_whole(trained: list[Dataset]) -> None:
    texts = [f"text {i}" for i in range(COUNT)]
    for whole in (
        Dataset.from_texts(texts, np.arange(COUNT) % 2),
        Dataset.from_texts(texts),
        Dataset.from_pairs(texts, texts[::-1]),
    ):
        trained.clear()
        cross_validate(SETTINGS, whole, 3)
        for fold in trained:
            assert (fold.vocabulary, fold.reads) == (whole.vocabulary, whole.reads)
            assert (fold.classes, fold.task) == (whole.classes, whole.task)
            assert fold.fingerprint != whole.fingerprint
