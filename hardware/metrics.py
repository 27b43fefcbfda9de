"""Metrics of predictions, in NumPy: of classes and of values.

For K classes, n_ij items of class i predicted as j::

    accuracy     Σ_i n_ii / Σ_ij n_ij
    precision_j  n_jj / Σ_i n_ij          recall_i  n_ii / Σ_j n_ij
    F1_i         2 n_ii / (Σ_j n_ij + Σ_j n_ji), macro F1 its mean over the classes that occur

For errors d = prediction − target of each output::

    MAE    mean |d|           RMSE   √(mean d²)
    NRMSE  √(mean (d / σ)²), where σ is the standard deviation of the output's targets
    sMAPE  mean 200 |d| / (|prediction| + |target|), in per cent; 0 / 0 counts as 0
    MASE   MAE / the MAE of the naive forecast

An item whose target is missing (a class below 0, a value that is NaN) counts nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MISSING_CLASS = -1
"""The class index of an item whose class is not known."""

Classes = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class ClassMetrics:
    """Metrics of predicted classes; per class where a tuple. NaN where nothing is divided by."""

    items: int
    accuracy: float
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    macro_f1: float
    confusion: tuple[tuple[int, ...], ...]
    """Items by true class (rows) and predicted class."""


@dataclass(frozen=True)
class ValueMetrics:
    """Metrics of predicted values, over all outputs together."""

    items: int
    mae: float
    rmse: float
    nrmse: float
    smape: float
    mase: float | None = None
    """MAE relative to the naive forecast's; None without one."""


def class_metrics(predicted: Classes, targets: Classes, classes: int) -> ClassMetrics:
    """Return the metrics of predicted class indices."""
    known = targets >= 0
    pairs = targets[known] * classes + predicted[known]
    confusion = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
    right, actual, named = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    occurs = actual + named > 0
    f1 = _divided(2 * right, actual + named)
    return ClassMetrics(
        items=int(known.sum()),
        accuracy=float(_divided(right.sum(), actual.sum())),
        precision=tuple(_divided(right, named).tolist()),
        recall=tuple(_divided(right, actual).tolist()),
        f1=tuple(f1.tolist()),
        macro_f1=float(f1[occurs].mean()) if occurs.any() else float("nan"),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
    )


def value_metrics(predicted: Values, targets: Values, naive: Values | None = None) -> ValueMetrics:
    """Return the metrics of predicted values; `naive` are the values of a naive forecast."""
    known = ~np.isnan(targets)
    if naive is not None:
        known &= ~np.isnan(naive)
    target, prediction = targets[known], predicted[known]
    error = np.abs(prediction - target)
    rmse = float(np.sqrt(np.mean(error**2))) if error.size else float("nan")
    size = np.abs(prediction) + np.abs(target)
    relative = np.divide(200 * error, size, out=np.zeros_like(error), where=size > 0)
    mae = float(_mean(error))
    return ValueMetrics(
        items=int(known.sum()),
        mae=mae,
        rmse=rmse,
        nrmse=_nrmse(predicted, targets, known),
        smape=float(_mean(relative)),
        mase=None if naive is None else float(_divided(mae, _mean(np.abs(naive[known] - target)))),
    )


def _nrmse(predicted: Values, targets: Values, known: NDArray[np.bool_]) -> float:
    """Return the error in standard deviations of each output; NaN where an output has none."""
    columns = [column for column in range(targets.shape[1]) if known[:, column].any()]
    squares = [
        np.square(
            _divided(
                predicted[known[:, i], i] - targets[known[:, i], i], targets[known[:, i], i].std()
            )
        )
        for i in columns
    ]
    return float(np.sqrt(_mean(np.concatenate(squares)))) if squares else float("nan")


def _divided(a: NDArray[np.generic] | float, b: NDArray[np.generic] | float) -> NDArray[np.float64]:
    """Return a / b; NaN where b is 0."""
    a, b = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(b, np.float64))
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b != 0)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else float("nan")
