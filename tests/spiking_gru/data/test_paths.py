"""Data sets by path: folders, and TOML files that describe a folder or a series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware.errors import InputError, SpikingGRUError
from spiking_gru.data import Dataset, load
from spiking_gru.data.description import FolderDescription, SeriesDescription
from spiking_gru.data.registry import load_inputs, located
from spiking_gru.run_folder import RunFolder


def series(place: Path, description: str) -> Path:
    (place / "load.csv").write_text("load,x\n" + "".join(f"{i},{i % 7}\n" for i in range(90)))
    (place / "load.toml").write_text(description)
    return place / "load.toml"


def test_a_description_says_how_a_series_becomes_a_data_set(tmp_path: Path) -> None:
    path = series(
        tmp_path,
        'series = "load.csv"\ntarget = "load"\nhistory = 5\nhorizon = [1, 3]\n'
        'known = ["x"]\ntest = 0.3\nlicence = "mine"\n',
    )
    found = load(str(path))
    wanted = Dataset.from_series(
        tmp_path / "load.csv", target="load", history=5, horizon=[1, 3], known="x", test=0.3
    )
    assert (found.fingerprint, found.name, found.licence) == (wanted.fingerprint, "load", "mine")
    assert np.array_equal(load_inputs(str(path)).targets, wanted.test.targets)


def test_a_description_says_how_a_folder_becomes_a_data_set(tmp_path: Path) -> None:
    for i in range(20):
        place = tmp_path / "recordings" / "ab"[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{i}.csv").write_text(f"t,x\nnoon,{i}\nlate,\n")
    (tmp_path / "mine.toml").write_text(
        'folder = "recordings"\ntime = "t"\nmissing = "zero"\nsplit = "time"\n'
    )
    found = load(str(tmp_path / "mine.toml"), seed=5)
    wanted = Dataset.from_folder(
        tmp_path / "recordings", time="t", missing="zero", split="time", seed=5
    )
    assert (found.fingerprint, found.name) == (wanted.fingerprint, "mine")
    (tmp_path / "mine.toml").write_text('folder = "recordings"\ntime = "t"\nmissing = "zero"\n')
    held = [load(str(tmp_path / "mine.toml"), seed).validation.sequences.values for seed in (1, 2)]
    assert not np.array_equal(*held)


@pytest.mark.parametrize(
    ("description", "message"),
    [
        (
            'series = "load.csv"\nhistory = 5\nhorizn = 1\n',
            "unknown key 'horizn': did you mean 'ho",
        ),
        ('series = "load.csv"\nhistory = 5\n', "no field 'horizon'"),
        ('series = "load.csv"\nhistory = "5"\nhorizon = 1\n', "field 'history' is \"5\": input sh"),
        ('series = "load.csv"\nhistory = 5\nhorizon = 1\nmissing = "holt"\n', "field 'missing' is"),
        ('series = "l.csv"\nhistory = 5\nhorizon = 1\n', r"cannot read .*l\.csv: No such file"),
        ('series = "a.csv"\nfolder = "b"\n', "expected one of the keys folder, series"),
        ('folder = "gone"\n', "gone: not a folder"),
        ("history = 5\n", "expected one of the keys folder, series"),
        ("history = \n", r"load\.toml: Invalid value"),
        ("x = 1\n" * 20000, "bytes, the limit is"),
    ],
)
def test_a_description_with_a_fault_is_refused_on_one_line(
    tmp_path: Path, description: str, message: str
) -> None:
    with pytest.raises(SpikingGRUError, match=message) as caught:
        load(str(series(tmp_path, description)))
    assert str(caught.value).isprintable()
    assert str(tmp_path) in str(caught.value)


def test_descriptions_have_the_options_of_the_constructors() -> None:
    from inspect import signature

    series_options = set(signature(Dataset.from_series).parameters)
    assert set(SeriesDescription.model_fields) == series_options - {"name"}
    folder_options = {"folder", *signature(Dataset.from_folder).parameters} - {"path", "options"}
    assert set(FolderDescription.model_fields) >= folder_options


def test_a_table_alone_says_that_it_needs_a_description(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"load\.csv is one table: write a file such as load\.toml"
    ):
        load(str(tmp_path / "load.csv"))


def test_a_path_is_made_absolute_and_a_name_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "digits").mkdir()
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert located("digits") == "digits"
    assert located("mine") == str(tmp_path / "mine")
    assert located("gone") == "gone"


def moves(place: Path) -> Path:
    rng = np.random.default_rng(0)
    for i in range(24):
        path = place / ("run", "walk")[i % 2] / f"{i}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(path, rng.normal(i % 2, 1, (rng.integers(3, 7), 2)), delimiter=",")
    return place


SMALL = ("--hidden", 4, "--epochs", 1, "--quantised-epochs", 1)


def test_a_run_finds_its_folder_again_from_anywhere_and_notices_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Any
) -> None:
    moves(tmp_path / "moves")
    monkeypatch.chdir(tmp_path)
    code, out, err = call("train", "--data", "moves", "--out", "a", *SMALL)
    assert code == 0, err
    assert "2 classes of each sequence" in out
    monkeypatch.chdir("/")
    found = RunFolder(tmp_path / "a").dataset()
    assert found.fingerprint == Dataset.from_folder(tmp_path / "moves").fingerprint
    (tmp_path / "moves" / "run" / "0.csv").write_text("1,2\n3,4\n")
    with pytest.raises(InputError, match="the data set moves is not the one this run was trained"):
        RunFolder(tmp_path / "a").dataset()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1,2\n3\n", "run/0.csv: line 2 has 1 cell, expected 2 as in the first"),
        ("1,2\n3,x\n", "run/0.csv: line 2, column '2' is 'x': expected a number"),
        ("1,2\n3,\n", "run/0.csv: line 2, column '2' is missing"),
        ("", "run/0.csv: no columns"),
    ],
)
def test_a_folder_with_a_fault_is_one_line_and_exit_code_2(
    tmp_path: Path, call: Any, content: str, expected: str
) -> None:
    (moves(tmp_path / "moves") / "run" / "0.csv").write_text(content)
    code, _, err = call("train", "--data", tmp_path / "moves", "--out", tmp_path / "a", *SMALL)
    assert code == 2
    assert expected in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "a").exists()
