"""Metrics equal scikit-learn's, and the formulas of their docstring."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hardware.metrics import class_metrics, label_metrics, value_metrics

sklearn = pytest.importorskip("sklearn.metrics")


def labels(seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    rng = np.random.default_rng(seed)
    classes = int(rng.integers(2, 7))
    targets = rng.integers(0, classes, 40)
    return np.where(rng.random(40) < 0.6, targets, rng.integers(0, classes, 40)), targets, classes


@pytest.mark.parametrize("seed", range(20))
def test_class_metrics_are_those_of_scikit_learn(seed: int) -> None:
    predicted, targets, classes = labels(seed)
    found, names = class_metrics(predicted, targets, classes), range(classes)
    assert found.accuracy == pytest.approx(sklearn.accuracy_score(targets, predicted))
    assert found.confusion == tuple(
        map(tuple, sklearn.confusion_matrix(targets, predicted, labels=names).tolist())
    )
    expected = sklearn.precision_recall_fscore_support(
        targets, predicted, labels=names, zero_division=np.nan
    )
    assert np.allclose((found.precision, found.recall, found.f1), expected[:3], equal_nan=True)
    assert found.macro_f1 == pytest.approx(sklearn.f1_score(targets, predicted, average="macro"))


@pytest.mark.parametrize("seed", range(20))
def test_value_metrics_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets, predicted = 3 * rng.normal(size=(2, 30, 2))
    found = value_metrics(predicted, targets)
    assert found.items == 60
    assert found.mae == pytest.approx(sklearn.mean_absolute_error(targets, predicted))
    flat = targets.ravel(), predicted.ravel()
    assert found.rmse == pytest.approx(np.sqrt(sklearn.mean_squared_error(*flat)))
    shares = 1 - sklearn.r2_score(targets, predicted, multioutput="raw_values")
    assert found.nrmse == pytest.approx(np.sqrt(shares.mean()))
    assert found.mase is None


def test_outputs_of_different_units_weigh_alike_in_the_nrmse() -> None:
    rng = np.random.default_rng(0)
    targets = rng.normal(size=(50, 2)) * [1.0, 1000.0] + [0.0, 1e5]
    mean = np.broadcast_to(targets.mean(axis=0), targets.shape)
    assert value_metrics(mean, targets).nrmse == pytest.approx(1)


def test_smape_and_mase_are_their_formulas() -> None:
    targets, predicted = np.array([[1.0], [0.0], [-2.0]]), np.array([[3.0], [0.0], [2.0]])
    found = value_metrics(predicted, targets, naive=np.array([[0.0], [1.0], [-2.0]]))
    assert found.smape == pytest.approx((100 + 0 + 200) / 3)
    assert found.mase == pytest.approx((2 + 0 + 4) / (1 + 1 + 0))


def test_an_item_without_a_target_counts_nowhere() -> None:
    found = class_metrics(np.array([0, 1, 1]), np.array([0, -1, 1]), 2)
    assert (found.items, found.accuracy, found.confusion) == (2, 1.0, ((1, 0), (0, 1)))
    values = value_metrics(np.array([[1.0], [9.0]]), np.array([[2.0], [np.nan]]))
    assert (values.items, values.mae) == (1, 1.0)


def test_a_class_that_never_occurs_has_no_precision_and_is_not_in_the_mean() -> None:
    found = class_metrics(np.array([0, 1]), np.array([0, 1]), 3)
    assert np.isnan(found.precision[2])
    assert found.macro_f1 == 1.0


def test_nothing_has_no_metrics() -> None:
    assert np.isnan(class_metrics(np.array([], int), np.array([], int), 2).accuracy)
    assert np.isnan(value_metrics(np.empty((0, 1)), np.empty((0, 1))).mae)


@pytest.mark.parametrize("seed", range(20))
def test_label_metrics_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets, predicted = rng.integers(0, 2, (2, 30, int(rng.integers(2, 5))))
    found = label_metrics(predicted, targets)
    options = {"average": None, "zero_division": np.nan}
    assert np.allclose(found.f1, sklearn.f1_score(targets, predicted, **options), equal_nan=True)
    assert np.allclose(found.precision, sklearn.precision_score(targets, predicted, **options))
    assert np.allclose(found.recall, sklearn.recall_score(targets, predicted, **options))
    for average in ("micro", "macro"):
        expected = sklearn.f1_score(targets, predicted, average=average, zero_division=np.nan)
        assert getattr(found, f"{average}_f1") == pytest.approx(expected)
    assert found.hamming_loss == pytest.approx(sklearn.hamming_loss(targets, predicted))
    assert found.exact_match == pytest.approx(sklearn.accuracy_score(targets, predicted))
    assert found.positives == tuple(targets.sum(axis=0))


def test_a_label_that_is_not_known_counts_nowhere() -> None:
    targets = np.array([[1, -1], [0, 1], [0, 0]])
    found = label_metrics(np.array([[1, 1], [0, 1], [1, 0]]), targets)
    assert (found.items, found.hamming_loss) == (5, 1 / 5)
    # The first item is not known as a whole.
    assert found.exact_match == 1 / 2
    assert found.f1 == pytest.approx((2 / 3, 1.0))
    nothing = label_metrics(np.array([[1]]), np.array([[-1]]))
    assert nothing.items == 0
    assert np.isnan((nothing.exact_match, nothing.micro_f1, nothing.hamming_loss)).all()


def test_a_naive_forecast_that_is_not_known_moves_the_mase_only() -> None:
    targets, predicted = np.array([[1.0], [2.0]]), np.array([[3.0], [2.5]])
    found = value_metrics(predicted, targets, naive=np.array([[np.nan], [3.0]]))
    assert (found.items, found.mae, found.mase) == (2, 1.25, 0.5)


def test_errors_by_output_are_those_of_each_column() -> None:
    targets = np.array([[1.0, 2.0], [np.nan, 4.0], [3.0, 0.0]])
    found = value_metrics(targets + np.array([2.0, -1.0]), targets)
    assert found.mae_by_output == (2.0, 1.0)
    off = np.array([[3.0, 0.0], [0.0, 0.0], [4.0, 0.0]])
    assert value_metrics(targets + off, targets).rmse_by_output == (
        pytest.approx(np.sqrt(12.5)),
        0.0,
    )
