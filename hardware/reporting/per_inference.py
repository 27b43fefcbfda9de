"""One row for each inference, as CSV and, where pyarrow is installed, as Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.cost.energy import Cost
from hardware.cost.step_time import RANGE
from hardware.reporting.study import Study, known
from hardware.runs.heads import ALONE

COUNTS = ("steps", "input_events", "spikes", "synaptic_operations", "neuron_updates")
COSTS = ("core_dynamic_j", "core_static_j", "chip_static_j", "host_j", "core_s", "host_s")

Columns = dict[str, list[Any]]

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Where a text in a CSV begins so, a spreadsheet computes it, or follows a link in it."""


def per_inference(run: Study) -> Columns:
    """Sample, answer, target and error, counts, and the cost on the charged chip."""
    columns: Columns = {"sample": list(range(len(run.trace.lengths)))}
    columns |= of_each_head(run, _answers)
    columns |= {name: getattr(run.counts, name).tolist() for name in COUNTS}
    return columns | costs_of(run.cost)


def of_each_head(run: Study, columns_of: Callable[[Study], Columns]) -> Columns:
    """Return the columns of answers; with several heads, names begin with that of the head."""
    return {
        f"{name}_{column}" if name else column: items
        for name, of_head in (run.heads or {ALONE: run}).items()
        for column, items in columns_of(of_head).items()
    }


def costs_of(cost: Cost) -> Columns:
    """Return the cost of each inference, low, nominal and high in each scope."""
    return {
        f"{scope}_{bound}": values.tolist()
        for scope in COSTS
        for bound, values in zip(RANGE, getattr(cost, scope), strict=True)
    }


def _answers(run: Study) -> Columns:
    """Return the answer, target and error of each sample."""
    sequences, columns = range(len(run.trace.lengths)), Columns()
    if run.names_classes:
        columns["predicted"] = [run.class_of(i)[0] for i in sequences]
        if run.targets is not None:
            columns["actual"] = [run.class_of(i)[1] for i in sequences]
    else:
        columns |= by_output("value", run.final_answers)
        if run.final_targets is not None:
            columns |= by_output("target", run.final_targets)
    if run.errors is not None:
        columns["error"] = [known(error) for error in run.errors.tolist()]
    return columns


def by_output(name: str, found: NDArray[np.float64]) -> Columns:
    """Return a column for each output."""
    return {f"{name}_{i}": [known(v) for v in of.tolist()] for i, of in enumerate(found.T)}


def as_csv(columns: Columns) -> bytes:
    """Every number with all its digits, and no text that a spreadsheet takes for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in (columns, *zip(*columns.values(), strict=True)):
        writer.writerow([_inert(value) for value in row])
    return text.getvalue().encode()


def _inert(value: Any) -> Any:
    """A text behind an apostrophe where it would start a formula; all else as it is."""
    formula = isinstance(value, str) and value.startswith(STARTS_A_FORMULA)
    return f"'{value}" if formula else value


def parquet_is_installed() -> bool:
    return find_spec("pyarrow") is not None


def as_parquet(columns: Columns) -> bytes:
    import pyarrow
    from pyarrow import parquet

    content = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), content)
    return content.getvalue()
