"""One long series for forecasting, as windows that are split by time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import InputError
from spiking_gru.data.recordings import MOST_VALUES, Recordings
from spiking_gru.data.splits import TEST_SHARE, VALIDATION_SHARE
from spiking_gru.data.table_files import read_table
from spiking_gru.data.tables import Table, table_of_array, table_of_frame
from spiking_gru.data.time_order import require_time_order
from spiking_gru.data.windows import steps_ahead, windows_by_time


def forecasts(
    series: Any,
    history: int,
    horizon: int | Sequence[int],
    target: Sequence[str],
    known: Sequence[str] = (),
    time: str | None = None,
    missing: str | None = None,
    test: float | None = None,
    validation: float | None = None,
    season: int | None = None,
) -> Recordings:
    """Return the windows of a series with their parts; see `Dataset.from_series`."""
    table = table_of(series, time)
    told = sorted(set(target) & set(known))
    if told:
        raise InputError(f"{told[0]!r} is a target, so it is not known in advance: leave it out")
    for name in (*target, *known, time):
        if name is not None:
            table.require(name)
    if time is not None:
        require_time_order(table, time)
    names = table.without([] if time is None else [time])
    if not target and len(names) > 1:
        raise InputError(
            f"{table.source} has the columns {', '.join(names)[:100]}: give target='NAME' for the "
            f"one to forecast"
        )
    values = table.numbers(names, missing)
    wanted = values[:, [names.index(name) for name in target or names]]
    if len(values) * max(history, 1) * len(names) > MOST_VALUES:
        raise InputError(
            f"{table.source}: windows of {history} steps over {len(values)} rows of {len(names)} "
            f"columns are more than {MOST_VALUES} values: give a shorter history or series"
        )
    try:
        later = steps_ahead(horizon)[-1]
        parts = windows_by_time(
            _shown(values, [names.index(name) for name in known], later),
            history,
            horizon,
            wanted,
            TEST_SHARE if test is None else test,
            VALIDATION_SHARE if validation is None else validation,
            season,
        )
    except InputError as error:
        raise InputError(f"{table.source}: {error}") from error
    return Recordings(
        [window for part in parts.values() for window in part.sequences],
        [answer for part in parts.values() for answer in part.targets],
        parts=[name for name, part in parts.items() for _ in part.targets],
        channels=tuple(names),
        naive={
            name: np.concatenate([part.naive[name] for part in parts.values()])
            for name in next(iter(parts.values())).naive
        },
    )


def table_of(series: Any, time: str | None = None) -> Table:
    """Return the table in a file, in a data frame, or in an array."""
    if isinstance(series, (str, Path)):
        return read_table(Path(series), () if time is None else (time,))
    if hasattr(series, "columns") or isinstance(series, dict):
        return table_of_frame("the series", series, () if time is None else (time,))
    return table_of_array("the series", series)


def _shown(values: NDArray[np.float64], known: list[int], ahead: int) -> NDArray[np.float64]:
    """Return what frames show: columns in `known` as they will be `ahead` steps later.

    The last steps repeat the last value; no window ends there.
    """
    later = np.minimum(np.arange(len(values)) + ahead, len(values) - 1)
    shown = values.copy()
    shown[:, known] = values[later][:, known]
    return shown
