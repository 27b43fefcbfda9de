"""The report's files, and all of them in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from hardware.cost.chip import DIGITAL_CHIPS, Chip
from hardware.cost.dense_gru import Measured
from hardware.cost.digital import DigitalChip
from hardware.cost.model import CURRENT
from hardware.files.disk import json_text
from hardware.reporting.build import make_report
from hardware.reporting.curves import History
from hardware.reporting.demand import NO_DEMAND, Demand
from hardware.reporting.files import Contents, tables_of, write_files
from hardware.reporting.networks import Trained
from hardware.reporting.page import render_page
from hardware.reporting.per_inference import per_inference
from hardware.reporting.predictions import predictions
from hardware.reporting.rivals import Skipping
from hardware.reporting.schema import Report
from hardware.reporting.study import Study, study
from hardware.runs.answers import Forecasts
from hardware.runs.given import ProgramLike, TraceLike, program_and_trace


def report(
    program: ProgramLike,
    trace: TraceLike,
    folder: str | Path | None = None,
    *,
    targets: ArrayLike | Mapping[str, ArrayLike] | None = None,
    naive: Forecasts | None = None,
    dataset: str = "",
    chip: str | Path | Chip = "loihi2",
    trained: Trained | None = None,
    history: History = (),
    best_epochs: Mapping[str, int] | None = None,
    verification: Mapping[str, Any] | None = None,
    measured: Measured | Sequence[Measured] = (),
    demand: Demand = NO_DEMAND,
    cost_model: str = CURRENT,
    rival: str | Path | DigitalChip = DIGITAL_CHIPS[0],
    objective: str | None = None,
    skipping: Skipping | None = None,
) -> Report:
    """Report a trace; with a folder, write its files there too.

    The files are `report.json`, `per_inference.csv` and Parquet, and the page `report.html`. A
    program that answers every frame has `predictions.csv` and Parquet as well.

    - `targets`: class indices, labels or values of each sequence or of each frame, with -1 or NaN
      where one is missing; for a program with heads a dict of these by the name of the head.
    - `naive`: forecasts of values by name, to compare with.
    - `dataset`: the name of the data.
    - `chip`, `rival`: a name, a description file or an object. Dense networks are priced on the
      digital chip `rival`.
    - `cost_model`: a version of the closed form. `objective`: as for `place`.
    - `trained`: networks to compare with, by name. Each one is its metrics, its accuracy alone, or
      a `TrainedNetwork`. `history` has the epochs of their phases, `best_epochs` the kept epochs.
    - `skipping`: a delta GRU that training has calibrated; without it the threshold is 0.
    - `verification`: the content of `verification.json`.
    - `measured`: times of other networks on the host. `demand`: rate, deadline, battery.
    """
    program, trace = program_and_trace("report", program, trace)
    run = study(
        program,
        trace,
        targets,
        chip,
        naive,
        cost_model=cost_model,
        rival=rival,
        objective=objective,
    )
    content = make_report(
        run,
        dataset=dataset or "a run",
        trained=trained,
        history=history,
        best_epochs=best_epochs,
        verification=verification,
        measured=measured,
        demand=demand,
        skipping=skipping,
    )
    if folder is not None:
        write_report(content, run, Path(folder))
    return content


def write_report(report: Report, run: Study, folder: Path) -> list[Path]:
    """Write all files, once all could be made; their paths."""
    return write_files(contents_of(report, run), folder)


def contents_of(report: Report, run: Study) -> Contents:
    """Return the content of each file of a report by its name."""
    return {
        "report.json": json_text(report.as_json()).encode(),
        **tables_of(per_inference(run), "per_inference"),
        **tables_of(predictions(run), "predictions"),
        "report.html": render_page(report, run).encode(),
    }
