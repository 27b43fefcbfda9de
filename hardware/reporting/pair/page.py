"""The report of a translation as one self-contained HTML page."""

from __future__ import annotations

import json
from functools import partial

from hardware.program.pair import HALVES
from hardware.reporting import units
from hardware.reporting.device_table import use_lines
from hardware.reporting.metrics import METRICS
from hardware.reporting.page import fill
from hardware.reporting.pair.schema import PairReport
from hardware.reporting.table import COSTS, inherited_name


def render_pair_page(report: PairReport) -> str:
    """The whole page. It links to the pages of the halves, and loads nothing from anywhere."""
    from hardware.reporting import charts  # matplotlib is slow to import
    from hardware.reporting.figures import for_both
    from hardware.reporting.training_chart import training

    return fill(
        "pair.html.j2",
        report.as_json(),
        report=report,
        halves=HALVES,
        metrics=METRICS,
        metric=for_both(partial(charts.metric, report)),
        training=for_both(partial(training, report)),
        energy=for_both(partial(_energy, report)),
        costs=COSTS,
        use_lines=use_lines(report.use, report.both.chips[report.charged]),
        inherited_name=inherited_name,
        sent=units.sent(report.emits),
        emitted=units.emitted(report.emits),
        mark="*" if "core_dynamic" in report.both.chips[report.charged].inherited else "",
        provenance=json.dumps(report.provenance, indent=2, sort_keys=True),
    )


def _energy(report: PairReport, width: float) -> str:
    """Core dynamic energy of each half, all scopes of both, and that of dense GRUs."""
    from hardware.reporting.charts import SCOPES, Row, of_rival, ranges
    from hardware.reporting.figures import ACCENT

    energy = {name: part.chips[report.charged].energy_j for name, part in report.parts.items()}
    rows: list[Row] = [
        (f"{half}: core, dynamic", energy[half].core_dynamic, ACCENT) for half in HALVES
    ]
    rows += [(f"both: {SCOPES[s]}", getattr(energy["both"], s), ACCENT) for s in SCOPES]
    rows += of_rival(report.dense_gru)
    label = "Energy per text by half and scope, with its range, next to dense GRUs"
    return ranges(rows, label, "energy", width)
