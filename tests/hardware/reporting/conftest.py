from __future__ import annotations

import pytest
from reports import BEST, HISTORY, LABELS, PROGRAM, SEQUENCES, TRAINED, VERIFICATION

from hardware.reporting import Report, Study, make_report, study
from hardware.runs.run import run
from hardware.runs.trace import Trace


@pytest.fixture(scope="session")
def trace() -> Trace:
    return run(PROGRAM, SEQUENCES)


@pytest.fixture(scope="session")
def measured(trace: Trace) -> Study:
    return study(PROGRAM, trace, LABELS)


@pytest.fixture(scope="session")
def report(measured: Study) -> Report:
    return make_report(
        measured,
        dataset="small",
        trained=TRAINED,
        history=HISTORY,
        best_epochs=BEST,
        verification=VERIFICATION,
    )
