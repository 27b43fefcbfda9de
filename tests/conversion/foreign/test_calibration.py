"""Calibration spends no more than its budget, on data that is not the test part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from datasets import small_file
from foreign import fitted, random_gru

from conversion import calibrate
from conversion.foreign import calibration as module
from conversion.foreign.calibration import RUNGS, Calibration
from conversion.foreign.floating import predictions
from conversion.foreign.gru import ForeignGRU, Head
from hardware.errors import InputError, SettingError
from hardware.runs.run import run
from spiking_gru.data import Dataset, Part, load

BUDGETS = (1.0, 3.0, 10.0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load(str(small_file(tmp_path_factory.mktemp("data"))))


@pytest.fixture(scope="module")
def gru(dataset: Dataset) -> ForeignGRU:
    return fitted(random_gru(units=(12,), spread=0.5), dataset)


@pytest.fixture(scope="module", autouse=True)
def few_copies() -> Iterator[None]:
    """A fifth of the usual noisy sequences: the search takes the same steps in less time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEWEST", 200)
        yield


@pytest.fixture(scope="module")
def calibrated(few_copies: None, gru: ForeignGRU, dataset: Dataset) -> Calibration:
    """The calibration with a budget of 5 points."""
    return calibrate(gru, dataset, 5.0)


def test_a_larger_budget_buys_fewer_operations(gru: ForeignGRU, dataset: Dataset) -> None:
    found = [calibrate(gru, dataset, budget) for budget in BUDGETS]
    operations = [calibration.chosen.operations for calibration in found]
    assert operations[2] < operations[1] < operations[0] < found[0].curve[0].operations
    for calibration, budget in zip(found, BUDGETS, strict=True):
        assert 0 <= 100 * calibration.chosen.lost < budget
    assert found[0].accuracy == (
        (predictions(gru, dataset.validation.sequences) == dataset.validation.labels).mean()
    )


def test_operations_that_are_stated_are_met_by_the_lowest_threshold(
    gru: ForeignGRU, dataset: Dataset
) -> None:
    calibration = calibrate(gru, dataset, operations=0.5)
    chosen, curve = calibration.chosen, calibration.curve
    assert chosen.operations <= 0.5
    assert all(point.operations > 0.5 for point in curve[: curve.index(chosen)])
    assert calibration.program.provenance["calibration"]["operations"] == 0.5


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (1e-6, "highest threshold still does"),
        (0.0, "operations are 0 % of the dense ones: expected more than 0 and at most 100 %"),
        (50, "operations are 5000 % of the dense ones: expected more than 0 and at most 100 %"),
    ],
)
def test_operations_that_cannot_be_met_are_refused(
    gru: ForeignGRU, dataset: Dataset, operations: float, message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        calibrate(gru, dataset, operations=operations)


def test_the_curve_begins_where_every_change_is_sent_and_falls(calibrated: Calibration) -> None:
    curve = calibrated.curve
    assert [point.thresholds.levels for point in curve] == [(rung,) for rung in RUNGS]
    operations = [point.operations for point in curve]
    assert operations == sorted(operations, reverse=True)


def test_the_chosen_program_is_the_one_that_was_measured(
    calibrated: Calibration, dataset: Dataset
) -> None:
    program, chosen = calibrated.program, calibrated.chosen
    assert program.encoder.threshold == round(chosen.thresholds.encoder * 127)
    validation = dataset.validation
    found = run(program, validation.sequences).predictions
    assert (found == validation.labels).mean() == chosen.accuracy
    assert program.provenance["calibration"]["budget"] == 5.0
    assert program.classes == dataset.classes


def test_the_test_part_is_not_looked_at(
    calibrated: Calibration, gru: ForeignGRU, dataset: Dataset
) -> None:
    silent = replace(dataset.test.sequences, values=np.zeros_like(dataset.test.sequences.values))
    blind = replace(dataset, test=Part(silent, dataset.test.labels))
    assert calibrate(gru, blind, 5.0).program.digest == calibrated.program.digest


def test_a_graded_encoder_has_no_threshold_to_raise(gru: ForeignGRU, dataset: Dataset) -> None:
    calibration = calibrate(gru, dataset, 5.0, encoder="graded")
    assert calibration.program.encoder.kind == "graded"
    assert {point.thresholds.encoder for point in calibration.curve} == {0.0}
    assert calibration.chosen.thresholds.levels > (0.0,)


def test_a_budget_that_rounding_alone_exceeds_is_refused(gru: ForeignGRU, dataset: Dataset) -> None:
    # Answers a thousandth apart: the grids of weights cannot tell them from one another.
    near = 1 + 1e-3 * gru.head.weights
    torn = replace(gru, head=Head(near, 1e-3 * gru.head.bias, "mean"))
    with pytest.raises(
        SettingError, match=r"quantised GRU has [3-9]\d.\d\d % accuracy .*the GRU itself 100.00 %"
    ):
        calibrate(torn, dataset, 0.0)


def test_what_does_not_fit_the_data_is_refused(gru: ForeignGRU, dataset: Dataset) -> None:
    with pytest.raises(InputError, match="the head gives 2 answers, but small has 3 classes"):
        calibrate(random_gru(), dataset)
    with pytest.raises(SettingError, match="the budget is -1 points of accuracy: expected 0 to"):
        calibrate(gru, dataset, -1)
