"""Metrics equal torchmetrics', for classes, for labels and for values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hardware.metrics import class_metrics, label_metrics, value_metrics

torch = pytest.importorskip("torch")
classification = pytest.importorskip("torchmetrics.functional.classification")
regression = pytest.importorskip("torchmetrics.functional.regression")

SEEDS = range(8)


def tensors(*arrays: np.ndarray) -> list[Any]:
    return [torch.from_numpy(array) for array in arrays]


@pytest.mark.parametrize("seed", SEEDS)
def test_class_metrics_are_those_of_torchmetrics(seed: int) -> None:
    rng = np.random.default_rng(seed)
    classes = int(rng.integers(2, 7))
    targets = rng.integers(0, classes, 60)
    predicted = np.where(rng.random(60) < 0.6, targets, rng.integers(0, classes, 60))
    found, given = class_metrics(predicted, targets, classes), tensors(predicted, targets)
    options = {"num_classes": classes}
    for name in ("precision", "recall", "f1_score"):
        expected = getattr(classification, f"multiclass_{name}")(*given, average="none", **options)
        values = getattr(found, name.removesuffix("_score"))
        assert np.nan_to_num(values) == pytest.approx(expected.numpy())
    accuracy = classification.multiclass_accuracy(*given, average="micro", **options)
    assert found.accuracy == pytest.approx(float(accuracy))
    macro = classification.multiclass_f1_score(*given, average="macro", **options)
    assert found.macro_f1 == pytest.approx(float(macro))
    confusion = classification.multiclass_confusion_matrix(*given, **options)
    assert np.array_equal(found.confusion, confusion.numpy())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_missing_class_is_one_that_torchmetrics_ignores(seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets, predicted = rng.integers(-1, 3, 60), rng.integers(0, 3, 60)
    expected = classification.multiclass_f1_score(
        *tensors(predicted, targets), num_classes=3, average="macro", ignore_index=-1
    )
    assert class_metrics(predicted, targets, 3).macro_f1 == pytest.approx(float(expected))


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_label_metrics_are_those_of_torchmetrics(seed: int, missing: bool) -> None:
    rng = np.random.default_rng(seed)
    labels = int(rng.integers(2, 6))
    targets = rng.integers(-1 if missing else 0, 2, (60, labels))
    predicted = rng.integers(0, 2, (60, labels))
    found, given = label_metrics(predicted, targets), tensors(predicted, targets)
    options = {"num_labels": labels, "ignore_index": -1}
    for name in ("precision", "recall", "f1_score"):
        expected = getattr(classification, f"multilabel_{name}")(*given, average="none", **options)
        values = getattr(found, name.removesuffix("_score"))
        assert np.nan_to_num(values) == pytest.approx(expected.numpy())
    for average in ("micro", "macro"):
        expected = classification.multilabel_f1_score(*given, average=average, **options)
        assert getattr(found, f"{average}_f1") == pytest.approx(float(expected))
    hamming = classification.multilabel_hamming_distance(*given, average="micro", **options)
    assert found.hamming_loss == pytest.approx(float(hamming))
    whole = (targets >= 0).all(axis=1)
    if whole.any():
        known = tensors(predicted[whole], targets[whole])
        exact = classification.multilabel_exact_match(*known, num_labels=labels)
        assert found.exact_match == pytest.approx(float(exact))


@pytest.mark.parametrize("seed", SEEDS)
def test_value_metrics_are_those_of_torchmetrics(seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets, predicted = 3 * rng.normal(size=(2, 30, 2))
    found = value_metrics(predicted, targets)
    flat = tensors(predicted.ravel(), targets.ravel())
    assert found.mae == pytest.approx(float(regression.mean_absolute_error(*flat)))
    rmse = regression.mean_squared_error(*flat, squared=False)
    assert found.rmse == pytest.approx(float(rmse))
    smape = regression.symmetric_mean_absolute_percentage_error(*flat)
    assert found.smape == pytest.approx(100 * float(smape))
    given = tensors(predicted, targets)
    of_outputs = regression.mean_squared_error(*given, squared=False, num_outputs=2)
    assert found.rmse_by_output == pytest.approx(of_outputs.numpy())
    normalised = regression.normalized_root_mean_squared_error(
        *given, normalization="std", num_outputs=2
    )
    assert found.nrmse == pytest.approx(float(normalised.square().mean().sqrt()))
