"""The report as one self-contained HTML page."""

from __future__ import annotations

import json

import jinja2
import numpy as np
from numpy.typing import NDArray

from hardware.program import Program
from hardware.reporting import units
from hardware.reporting.schema import Report
from hardware.trace import Trace


def render_page(
    report: Report, program: Program, trace: Trace, labels: NDArray[np.int64] | None
) -> str:
    """The whole page; it loads nothing from anywhere."""
    from hardware.reporting import figures  # matplotlib is slow to import

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hardware.reporting", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        joules=units.joules,
        percent=units.percent,
        whole=units.whole,
        joule_span=lambda r: units.span(r.nominal, r.low, r.high, "J"),
        second_span=lambda r: units.span(r.nominal, r.low, r.high, "s"),
    )
    shown = typical_sequence(trace)
    charged = next(chip for chip in report.chips.values() if chip.name == report.chip)
    return environment.get_template("page.html.j2").render(
        report=report,
        raster=figures.raster(program, trace, shown),
        energy=figures.energy(report),
        accuracy=figures.accuracy(report),
        shown=shown,
        mark="*" if "core_dynamic" in charged.inherited else "",
        predicted=program.classes[trace.predictions[shown]],
        actual=None if labels is None else program.classes[labels[shown]],
        provenance=json.dumps(report.provenance, indent=2, sort_keys=True),
    )


def typical_sequence(trace: Trace) -> int:
    """The sequence of median length that comes first."""
    median = np.sort(trace.lengths)[len(trace.lengths) // 2]
    return int(np.flatnonzero(trace.lengths == median)[0])
