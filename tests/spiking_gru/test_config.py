"""A file of settings says what the options say, and repeats a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import InputError, SettingError
from spiking_gru.config import read_config, read_run, write_config
from spiking_gru.data.paths import FORMS
from spiking_gru.settings import TrainingSettings


def is_no_path(text: str) -> bool:
    return not text.endswith(FORMS) and not os.path.exists(f"./{text}")  # noqa: PTH110


@given(
    data=st.text(st.characters(codec="utf-8"), max_size=30).filter(is_no_path),
    rate=st.floats(1e-300, 1e300),
    hidden=st.integers(1, 8192),
    learn=st.booleans(),
)
def test_settings_that_are_written_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, data: str, rate: float, hidden: int, learn: bool
) -> None:
    settings = TrainingSettings(
        data=data, learning_rate=rate, hidden=hidden, learn_threshold=learn, readout="count"
    )
    path = tmp_path_factory.mktemp("config") / "config.toml"
    write_config(path, settings)
    assert TrainingSettings.model_validate(read_config(path)) == settings


def test_names_may_be_those_of_the_options(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("quantised-epochs = 3\nlearning_rate = 0.5\n")
    assert read_config(path) == {"quantised_epochs": 3, "learning_rate": 0.5}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("hiden = 3", SettingError, r"run\.toml: unknown setting 'hiden': did you mean 'hidden'"),
        (
            "hidden = 'x'",
            InputError,
            r"run\.toml: field 'hidden' is \"x\": input should be",
        ),
        (
            "hidden = 0",
            InputError,
            r"run\.toml: field 'hidden' is 0: .* greater than or equal",
        ),
        ("optimiser = 'adamm'", InputError, "unknown optimiser 'adamm': did you mean 'adam'"),
        ("out = 3", InputError, "field 'out' is 3"),
        ("force = 'yes'", InputError, "field 'force' is \"yes\""),
        ("noise = inf", InputError, "field 'noise'"),
        ("threads = 4294967296", InputError, "field 'threads'"),
        ("[network]\nhidden = 3", SettingError, "unknown setting 'network'"),
        ("hidden =", InputError, r"run\.toml: not valid TOML"),
        ("x = 1\n" * 20_000, InputError, "the limit is 65536"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name(
    tmp_path: Path, text: str, error: type[Exception], message: str
) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(error, match=message):
        read_config(path)


def test_a_path_of_data_is_taken_from_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "settings"
    (place / "moves").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def data_of(name: str) -> str:
        (place / "run.toml").write_text(f"data = '{name}'\n")
        return read_config(place / "run.toml")["data"]

    assert data_of("moves") == str(place / "moves")
    assert data_of("../settings/moves") == str(place / ".." / "settings" / "moves")
    assert data_of("gone.toml") == str(place / "gone.toml")
    assert data_of("/gone.npz") == "/gone.npz"
    assert data_of("digits") == "digits"
    assert data_of("digitz") == "digitz"
    assert data_of("x" * 900) == "x" * 900


def test_a_file_says_where_the_run_goes_and_whether_it_replaces_one(tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "run.toml").write_text("hidden = 4\nout = 'here'\nforce = true\n")
    settings, place = read_run(tmp_path / "run.toml")
    assert settings == {"hidden": 4}
    assert (place.out, place.force) == (str(tmp_path / "here"), True)
    (tmp_path / "small.toml").write_text(
        "hidden = 4\nepochs = 0\nquantised-epochs = 1\nbaseline = 'none'\nout = 'here'\n"
    )
    for times in range(2):
        code, _, err = call("train", "--config", tmp_path / "small.toml")
        assert code == 2 * times, err
    assert (tmp_path / "here" / "model.json").is_file()
    assert call("train", "--config", tmp_path / "small.toml", "--force")[0] == 0
    assert call("train", "--config", tmp_path / "small.toml", "--out", tmp_path / "b")[0] == 0
    assert (tmp_path / "b" / "model.json").is_file()
