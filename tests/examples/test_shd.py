"""The SHD example, on files of the same form, and without its files."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from event_data import put_heidelberg

import hardware
from spiking_gru.data.sources.files import VARIABLE

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

Import = Callable[[str], ModuleType]


@pytest.fixture
def shd(example: Import, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Return the example; its files belong into a folder of the test."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    return example("shd")


@pytest.mark.usefixtures("unpainted")
def test_the_shd_example_runs_on_files_of_the_form(
    shd: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_heidelberg(tmp_path / "data")
    for name, value in {"hidden": 16, "batch": 4, "channel_mask": 0.0}.items():
        monkeypatch.setitem(shd.SETTINGS, name, value)
    found = shd.main([1], tmp_path / "runs", epochs=8)[1]["tables"]["shd"]
    assert set(found) == {"gru", "lstm", "state", "deployed"}
    trained = json.loads((tmp_path / "runs/seed-1/shd/training.json").read_text())
    accuracy = found["deployed"]["figures"]["accuracy"]
    assert accuracy == trained["test"]["quantised"]["accuracy"] > 1 / 3
    program = hardware.Program.load(tmp_path / "runs/seed-1/shd/program.sgru")
    assert program.classes == ("zero", "one", "null")
    assert (program.encoder.kind, program.encoder.channels) == ("events", 140)


@pytest.mark.usefixtures("shd")
@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (
            lambda folder: None,
            "shd/shd_train.h5 is missing: put it there: the data set is published at "
            "https://zenkelab.org/datasets/",
        ),
        (
            lambda folder: (folder / "shd_test.h5").unlink(),
            "shd/shd_test.h5 is missing: put it there",
        ),
        (
            lambda folder: (folder / "shd_test.h5").write_bytes(b"half a file"),
            "shd/shd_test.h5: not a readable HDF5 file",
        ),
    ],
)
def test_a_file_that_is_missing_or_damaged_is_one_line_and_exit_2(
    prepare: Callable[[Path], object],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    if "shd_train" not in says:
        put_heidelberg(tmp_path / "data")
    prepare(tmp_path / "data" / "shd")
    out = tmp_path / "runs"
    monkeypatch.setattr(sys, "argv", ["shd.py", "--out", str(out)])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(EXAMPLES / "shd.py"), run_name="__main__")
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not out.exists(), "nothing half-written"
