"""Windows over a long series, for forecasts: the past in, the values that follow out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from hardware.errors import InputError
from hardware.sequences.dense import float_frames
from spiking_gru.data.npz import Arrays
from spiking_gru.data.splits import PARTS, TEST_SHARE, VALIDATION_SHARE


class Windows(NamedTuple):
    """Windows in the order of time."""

    sequences: NDArray[np.float32]
    """(windows, history, channels)."""

    targets: NDArray[np.float32]
    """(windows, steps ahead × outputs), the nearest step first."""

    naive: dict[str, NDArray[np.float32]]
    """Naive forecasts of the targets by name, NaN where the series does not reach back so far."""


def windows(
    series: ArrayLike,
    history: int,
    horizon: int | Sequence[int],
    targets: ArrayLike | None = None,
    span: tuple[int, int] | None = None,
    season: int | None = None,
) -> Windows:
    """Return every window whose targets all lie in `span`, the steps from its first to its last.

    `series` is (steps,) or (steps, channels). Each window holds `history` steps of it. Its targets
    are the next `horizon` values of `targets`, which are the series itself unless given; a sequence
    such as `(84,)` names the steps ahead one by one. The history may begin before the span. With a
    `season` of that many steps, the value a season before is the first naive forecast.
    """
    past = _columns("series", series)
    future = past if targets is None else _columns("targets", targets)
    if len(future) != len(past):
        raise InputError(
            f"{len(future)} steps of targets for {len(past)} steps of the series: expected as many"
        )
    ahead = steps_ahead(horizon)
    if history < 1:
        raise InputError(f"the history is {history} steps, expected at least 1")
    begin, end = span or (0, len(past))
    # The last known step of each window.
    now = np.arange(max(history - 1, begin - ahead[0]), min(end, len(past)) - ahead[-1])
    if not len(now):
        raise InputError(
            f"steps {begin} to {end} of {len(past)} hold no window of {history} steps whose "
            f"targets are up to {ahead[-1]} steps later: give a longer series, a shorter history "
            f"or a nearer horizon"
        )
    seen = sliding_window_view(past, history, axis=0)[now - history + 1]
    answers = future[now[:, None] + np.array(ahead)].reshape(len(now), -1)
    naive = _naive(future, now, np.array(ahead), season)
    return Windows(np.ascontiguousarray(seen.swapaxes(1, 2)), answers, naive)


def _naive(
    future: NDArray[np.float32],
    now: NDArray[np.int64],
    ahead: NDArray[np.int64],
    season: int | None,
) -> dict[str, NDArray[np.float32]]:
    """Return the naive forecasts of windows whose last known steps are `now`.

    ::

        last value           y(now + k) = y(now)
        N steps before       y(now + k) = y(now + k − N ⌈k / N⌉), with the season N
    """
    sources = {"last value": np.repeat(now[:, None], len(ahead), axis=1)}
    if season is not None:
        if season < 1:
            raise InputError(f"the season is {season} steps, expected at least 1")
        before = now[:, None] + ahead - season * -(-ahead // season)
        sources = {f"{season} steps before": before, **sources}
    return {
        name: np.where((steps >= 0)[..., None], future[steps], np.float32(np.nan)).reshape(
            len(now), -1
        )
        for name, steps in sources.items()
    }


def windows_by_time(
    series: ArrayLike,
    history: int,
    horizon: int | Sequence[int],
    targets: ArrayLike | None = None,
    test: float = TEST_SHARE,
    validation: float = VALIDATION_SHARE,
    season: int | None = None,
) -> dict[str, Windows]:
    """Return the windows of a training, a validation and a test part.

    The test part forecasts the last `test` of all steps, the validation part the last `validation`
    of the steps before. No window of one part reaches a target of a later part. A window of a later
    part may look back at steps that an earlier part forecasts, because these are known by then.
    """
    for name, share in (("test", test), ("validation", validation)):
        if not 0 < share < 1:
            raise InputError(f"the {name} share is {share}: expected more than 0 and less than 1")
    steps = len(_columns("series", series))
    last = steps - round(test * steps)
    first = last - round(validation * last)
    spans = zip(PARTS, ((0, first), (first, last), (last, steps)), strict=True)
    return {part: windows(series, history, horizon, targets, span, season) for part, span in spans}


def from_last_known(parts: dict[str, Windows]) -> dict[str, Windows]:
    """Return windows whose values and targets are counted from the last value that each shows.

    A series that drifts stays in the range of training this way. The targets are values of the
    series itself, so a forecast of no change is 0.
    """
    counted = {}
    for name, (sequences, targets, naive) in parts.items():
        last = sequences[:, -1:]
        known = np.tile(last[:, 0], targets.shape[1] // sequences.shape[2])
        counted[name] = Windows(
            sequences - last,
            targets - known,
            {forecast: values - known for forecast, values in naive.items()},
        )
    return counted


def joined(parts: Sequence[dict[str, Windows]]) -> dict[str, Windows]:
    """Return the windows of several series, part by part."""
    return {
        name: Windows(
            np.concatenate([part[name].sequences for part in parts]),
            np.concatenate([part[name].targets for part in parts]),
            {
                forecast: np.concatenate([part[name].naive[forecast] for part in parts])
                for forecast in parts[0][name].naive
            },
        )
        for name in parts[0]
    }


def arrays_of_windows(parts: dict[str, Windows]) -> Arrays:
    """Return the arrays of a data set in the `.npz` form."""
    arrays: Arrays = {}
    for name, (sequences, targets, naive) in parts.items():
        count, history, channels = sequences.shape
        arrays[f"{name}_values"] = sequences.reshape(-1, channels)
        arrays[f"{name}_lengths"] = np.full(count, history)
        arrays[f"{name}_targets"] = targets
        arrays[f"{name}_naive"] = np.stack(list(naive.values()))
        arrays["naive"] = np.array(list(naive))
    return arrays


def steps_ahead(horizon: int | Sequence[int]) -> list[int]:
    """Return the steps ahead that are forecast, in order."""
    ahead = list(range(1, horizon + 1)) if isinstance(horizon, int) else sorted(set(horizon))
    if not ahead or ahead[0] < 1:
        raise InputError(f"the horizon is {horizon}, expected steps of at least 1")
    return ahead


def _columns(name: str, values: Any) -> NDArray[np.float32]:
    """Return (steps, columns) of finite numbers."""
    array = float_frames(name, values, "(steps,) or (steps, columns)")
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        raise InputError(
            f"the {name} has shape {array.shape}, expected (steps,) or (steps, columns)"
        )
    if not np.isfinite(array).all():
        step, column = np.argwhere(~np.isfinite(array))[0]
        raise InputError(
            f"the {name} has {array[step, column]} at step {step}, column {column}: expected "
            f"finite numbers: fill the gaps first"
        )
    return array
