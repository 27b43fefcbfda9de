"""Metrics of predictions, in NumPy: of classes, of labels and of values.

For K classes, n_ij items of class i predicted as j::

    accuracy     Σ_i n_ii / Σ_ij n_ij
    precision_j  n_jj / Σ_i n_ij          recall_i  n_ii / Σ_j n_ij
    F1_i         2 n_ii / (Σ_j n_ij + Σ_j n_ji), macro F1 its mean over the classes that occur

    perplexity   exp(−mean log p), p the softmax of the logits at the true class

Of K labels any number may be right at once. Over the items n_k whose label k is known, with true
positives TP_k, false positives FP_k and false negatives FN_k::

    F1_k          2 TP_k / (2 TP_k + FP_k + FN_k), macro F1 the mean over the labels that occur
    micro F1      2 Σ TP_k / Σ (2 TP_k + FP_k + FN_k)
    exact match   items with every label right / items, of those whose labels are all known
    Hamming loss  Σ (FP_k + FN_k) / Σ n_k

For errors d = prediction − target of each output::

    MAE    mean |d|           RMSE   √(mean d²)
    NRMSE  √(mean (d / σ)²), where σ is the standard deviation of the output's targets
    sMAPE  mean 200 |d| / (|prediction| + |target|), in per cent; 0 / 0 counts as 0
    MASE   MAE / the MAE of the naive forecast

An item whose target is missing (a class or label below 0, a value that is NaN) counts nowhere.
MASE rests on the items whose naive forecast is known.
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
class TokenMetrics(ClassMetrics):
    """Metrics of predicted tokens."""

    perplexity: float


@dataclass(frozen=True)
class LabelMetrics:
    """Metrics of predicted labels, several for each item; per label where a tuple."""

    items: int
    """Labels that are known, of all items."""

    exact_match: float
    micro_f1: float
    macro_f1: float
    hamming_loss: float
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]
    positives: tuple[int, ...]
    """Items that have the label."""


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

    mae_by_output: tuple[float, ...] = ()
    rmse_by_output: tuple[float, ...] = ()


Metrics = ClassMetrics | LabelMetrics | ValueMetrics


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


def with_perplexity(metrics: ClassMetrics, logits: Values, targets: Classes) -> TokenMetrics:
    """Return the metrics and the perplexity, from the logits (items, classes) of the same items."""
    known = targets >= 0
    shifted = logits[known] - logits[known].max(axis=-1, keepdims=True)
    lost = np.log(np.exp(shifted).sum(axis=-1)) - shifted[np.arange(len(shifted)), targets[known]]
    return TokenMetrics(**vars(metrics), perplexity=float(np.exp(_mean(lost))))


def label_metrics(predicted: Classes, targets: Classes) -> LabelMetrics:
    """Return the metrics of predicted labels (items, labels), each 0 or 1."""
    known = targets >= 0
    positive, named = known & (targets == 1), known & (predicted == 1)
    right, actual, found = (x.sum(axis=0) for x in (positive & named, positive, named))
    f1, occurs = _divided(2 * right, actual + found), actual + found > 0
    wrong = known & (targets != predicted)
    whole = known.all(axis=1)
    return LabelMetrics(
        items=int(known.sum()),
        exact_match=float(_divided((~wrong[whole].any(axis=1)).sum(), whole.sum())),
        micro_f1=float(_divided(2 * right.sum(), (actual + found).sum())),
        macro_f1=float(f1[occurs].mean()) if occurs.any() else float("nan"),
        hamming_loss=float(_divided(wrong.sum(), known.sum())),
        precision=tuple(_divided(right, found).tolist()),
        recall=tuple(_divided(right, actual).tolist()),
        f1=tuple(f1.tolist()),
        positives=tuple(actual.tolist()),
    )


def value_metrics(predicted: Values, targets: Values, naive: Values | None = None) -> ValueMetrics:
    """Return the metrics of predicted values; `naive` are the values of a naive forecast."""
    known = ~np.isnan(targets)
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
        mase=None if naive is None else _mase(predicted, targets, naive),
        mae_by_output=tuple(_mean_by_output(np.abs(predicted - targets)).tolist()),
        rmse_by_output=tuple(np.sqrt(_mean_by_output((predicted - targets) ** 2)).tolist()),
    )


def _mase(predicted: Values, targets: Values, naive: Values) -> float:
    known = ~(np.isnan(targets) | np.isnan(naive))
    error, of_naive = (np.abs(x[known] - targets[known]) for x in (predicted, naive))
    return float(_divided(_mean(error), _mean(of_naive)))


def _mean_by_output(values: Values) -> Values:
    """Return the mean of each column over what is not NaN."""
    known = ~np.isnan(values)
    return _divided(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0))


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
