"""The report's files: `report.json`, `per_inference.csv`, `report.html`."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.cost import RANGE, estimate
from hardware.counts import count
from hardware.files import json_text, write_text
from hardware.program import Program
from hardware.reporting.page import render_page
from hardware.reporting.schema import Report
from hardware.trace import Trace


def write_report(
    report: Report,
    program: Program,
    trace: Trace,
    labels: NDArray[np.int64] | None,
    folder: Path,
    chip: str,
) -> list[Path]:
    """Write all three, once all three could be made; their paths."""
    texts = {
        folder / "report.json": json_text(report.as_json()),
        folder / "per_inference.csv": per_inference_csv(program, trace, labels, chip),
        folder / "report.html": render_page(report, program, trace, labels),
    }
    for path, text in texts.items():
        write_text(path, text)
    return list(texts)


def per_inference_csv(
    program: Program, trace: Trace, labels: NDArray[np.int64] | None, chip: str
) -> str:
    """One row for each inference: class, counts, and the cost on one chip."""
    counts, priced = count(trace, program), estimate(trace, program, chip)
    columns: dict[str, list[object]] = {"sample": list(range(len(trace.lengths)))}
    columns["predicted"] = [program.classes[i] for i in trace.predictions]
    if labels is not None:
        columns["actual"] = [program.classes[i] for i in labels]
    for name in ("steps", "input_events", "spikes", "synaptic_operations", "neuron_updates"):
        columns[name] = getattr(counts, name).tolist()
    for scope in ("core_dynamic_j", "core_static_j", "host_j", "core_s", "host_s"):
        for bound, values in zip(RANGE, getattr(priced, scope), strict=True):
            columns[f"{scope}_{bound}"] = [f"{value:.6g}" for value in values]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()
