from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from programs import random_program, random_sequences, with_readout

from hardware.definition.readout import READOUTS, Target
from hardware.reporting import Report, Study, study, write_report
from hardware.reporting.per_inference import COSTS, COUNTS, as_csv, as_parquet, per_inference
from hardware.runs.run import run


def test_every_inference_has_its_counts_and_costs(measured: Study) -> None:
    columns = per_inference(measured)
    assert columns["sample"] == [0, 1, 2, 3]
    assert columns["actual"] == ["class 0", "class 1", "class 2", "class 1"]
    for name in COUNTS:
        assert columns[name] == getattr(measured.counts, name).tolist()
    for scope in COSTS:
        low, nominal, high = (columns[f"{scope}_{bound}"] for bound in ("low", "nominal", "high"))
        assert np.array_equal([low, nominal, high], getattr(measured.cost, scope))


def test_the_csv_loses_no_digit(measured: Study) -> None:
    columns = per_inference(measured)
    rows = list(csv.DictReader(io.StringIO(as_csv(columns).decode())))
    for name in ("core_dynamic_j_low", "host_s_high"):
        assert [float(row[name]) for row in rows] == columns[name]


def test_no_text_in_a_csv_is_a_formula_and_parquet_has_it_as_it_is() -> None:
    names = ["=1+1", "+1", "-1", "@sum", "\t=1", "a=1", "'=1", "", 'x",=1']
    columns = {"=sample": list(range(9)), "predicted": names, "joules": [-1.5] * 9}
    header, *rows = csv.reader(io.StringIO(as_csv(columns).decode(), newline=""))
    assert header == ["'=sample", "predicted", "joules"]
    assert [row[1] for row in rows] == [f"'{name}" for name in names[:5]] + names[5:]
    assert as_csv({"x": ["\r=1"]}) == b"x\n'\r=1\n"
    assert {float(row[2]) for row in rows} == {-1.5}
    parquet = pytest.importorskip("pyarrow.parquet")
    assert parquet.read_table(io.BytesIO(as_parquet(columns))).to_pydict() == columns


@pytest.mark.parametrize("readout", READOUTS)
def test_a_program_without_classes_has_its_values_there(readout: str) -> None:
    program = random_program(3, readout=readout)
    target = Target(scale=(2.0, -3.0), offset=(100.0, 0.5))
    program = with_readout(program, replace(program.readout, target=target))
    trace = run(program, random_sequences(3, 3, [4, 6]))
    columns = per_inference(study(program, trace))
    assert "predicted" not in columns
    values = program.values(trace)
    if trace.answers_every_step:
        values = values[[3, 9]]
    assert np.array_equal(np.transpose([columns["value_0"], columns["value_1"]]), values)


def test_parquet_holds_the_same_columns(measured: Study) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = per_inference(measured)
    found = parquet.read_table(io.BytesIO(as_parquet(columns)))
    assert found.to_pydict() == columns
    assert as_parquet(columns) == as_parquet(columns)


def test_without_pyarrow_no_old_parquet_stays_beside_newer_files(
    report: Report, measured: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "per_inference.parquet").write_bytes(b"old")
    monkeypatch.setattr("hardware.reporting.files.parquet_is_installed", lambda: False)
    names = {path.name for path in write_report(report, measured, tmp_path)}
    assert names == {path.name for path in tmp_path.iterdir()}
    assert names == {"report.json", "report.html", "per_inference.csv"}
