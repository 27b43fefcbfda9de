"""The files of a translation's report, and all of them in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hardware.cost.chip import DIGITAL_CHIPS, Chip
from hardware.cost.digital import DigitalChip
from hardware.cost.model import CURRENT
from hardware.files.disk import json_text
from hardware.program.pair import HALVES
from hardware.reporting.curves import History
from hardware.reporting.demand import NO_DEMAND, Demand
from hardware.reporting.files import Contents, tables_of, write_files
from hardware.reporting.networks import TrainedNetwork
from hardware.reporting.pair.build import Verifications, half_reports, make_pair_report
from hardware.reporting.pair.page import render_pair_page
from hardware.reporting.pair.schema import PairReport
from hardware.reporting.pair.study import PairStudy, pair_study, per_source
from hardware.reporting.schema import Report
from hardware.reporting.write import contents_of
from hardware.runs.translation import Translation


def report_pair(
    translation: Translation,
    folder: str | Path,
    *,
    expected: Sequence[str] | None = None,
    dataset: str = "",
    chip: str | Path | Chip = "loihi2",
    trained: Mapping[str, TrainedNetwork] | None = None,
    history: History = (),
    best_epochs: Mapping[str, int] | None = None,
    verification: Verifications | None = None,
    demand: Demand = NO_DEMAND,
    cost_model: str = CURRENT,
    rival: str | Path | DigitalChip = DIGITAL_CHIPS[0],
    objective: str | None = None,
) -> PairReport:
    """Report a translation: `report.json`, `per_inference.csv` and Parquet, `report.html`.

    They are written to a folder, those of each half to a folder `encoder` or `decoder` in it.
    `expected` has the right texts, `verification` the content of the verification of each half. All
    others are as for `report`.
    """
    run = pair_study(
        translation, expected, chip, cost_model=cost_model, rival=rival, objective=objective
    )
    halves = half_reports(run, dataset=dataset or "a run", verification=verification, demand=demand)
    content = make_pair_report(
        run, halves, trained=trained, history=history, best_epochs=best_epochs, demand=demand
    )
    write_files(pair_contents_of(content, halves, run), Path(folder))
    return content


def pair_contents_of(report: PairReport, halves: Mapping[str, Report], run: PairStudy) -> Contents:
    """Return the content of each file of a report, and of those of its halves, by its name."""
    return {
        "report.json": json_text(report.as_json()).encode(),
        **tables_of(per_source(run), "per_inference"),
        "report.html": render_pair_page(report).encode(),
        **{
            f"{half}/{name}": content
            for half in HALVES
            for name, content in contents_of(halves[half], run.halves[half]).items()
        },
    }
