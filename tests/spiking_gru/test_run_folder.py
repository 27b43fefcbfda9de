from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sealing import write_resealed

from hardware.errors import InputError
from spiking_gru.run_folder import RunFolder

NETWORK: dict[str, Any] = {
    "title": "a network",
    "dense": False,
    "hidden": 4,
    "parameters": 90,
    "layer_weights": 70,
    "readout_weights": 8,
}
TRAINING: dict[str, Any] = {
    "settings": {"data": "japanese-vowels", "seed": 0, "hidden": 4},
    "dataset": {"name": "japanese-vowels", "fingerprint": "0", "test_samples": 3},
    "test": {"float": {"accuracy": 1, "loss": 0.5}, "quantised": {"accuracy": 0.5}},
    "networks": [{**NETWORK, "name": name} for name in ("quantised", "float")],
    "best_epochs": {"float": 3},
}


def test_what_training_wrote_comes_back_whole(tmp_path: Path) -> None:
    write_resealed(tmp_path / "training.json", TRAINING)
    assert RunFolder(tmp_path).training() == TRAINING


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "no field 'settings'"),
        ({**TRAINING, "settings": 3}, "field 'settings' is 3"),
        ({**TRAINING, "settings": {"data": "x"}}, "no field 'settings.seed'"),
        ({**TRAINING, "settings": {"data": 1, "seed": 0}}, "field 'settings.data' is 1"),
        ({**TRAINING, "settings": {"data": "x", "seed": -1}}, "field 'settings.seed' is -1"),
        ({**TRAINING, "settings": {"data": "x", "seed": "0"}}, "field 'settings.seed' is \"0\""),
        ({**TRAINING, "dataset": {"name": "x"}}, "no field 'dataset.fingerprint'"),
        ({k: v for k, v in TRAINING.items() if k != "test"}, "no field 'test'"),
        ({k: v for k, v in TRAINING.items() if k != "networks"}, "no field 'networks'"),
        (
            {**TRAINING, "networks": [{**NETWORK, "name": "float"}]},
            r"networks names \['float'\], but test \['float', 'quantised'\]",
        ),
        ({**TRAINING, "networks": [NETWORK]}, "no field 'networks.0.name'"),
        ({**TRAINING, "networks": [{**NETWORK, "name": "a", "hidden": 0}]}, "field 'networks.0.hi"),
        ({**TRAINING, "networks": [{**NETWORK, "name": "a", "x": 0}]}, "field 'networks.0.x' is 0"),
        ({**TRAINING, "test": []}, r"field 'test' is \[\]"),
        ({**TRAINING, "test": {"float": 0.5}}, "field 'test.float' is 0.5"),
        (
            {**TRAINING, "test": {**TRAINING["test"], "float": {}}},
            "float has neither accuracy nor rmse nor hamming_loss",
        ),
        ({**TRAINING, "test": {"float": {"accuracy": "1"}}}, "field 'test.float.accuracy' is"),
        ({**TRAINING, "test": {"float": {"accuracy": 2}}}, "field 'test.float.accuracy' is 2"),
        ({**TRAINING, "history": {"float": []}}, "field 'history' is "),
        ({**TRAINING, "history": [3]}, "field 'history.0' is 3"),
        ({**TRAINING, "best_epochs": {"float": "3"}}, "field 'best_epochs.float' is \"3\""),
    ],
)
def test_a_field_that_is_missing_or_wrong_is_named_in_one_line(
    tmp_path: Path, content: dict[str, Any], message: str
) -> None:
    write_resealed(tmp_path / "training.json", content)
    for read in (RunFolder(tmp_path).training, RunFolder(tmp_path).dataset):
        with pytest.raises(
            InputError, match=f"training.json: {message}.*train again with"
        ) as found:
            read()
        assert "\n" not in str(found.value)


def test_an_edited_or_unsealed_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    write_resealed(tmp_path / "training.json", TRAINING)
    text = (tmp_path / "training.json").read_text()
    for edited, message in (
        (text.replace('"accuracy": 0.5', '"accuracy": 0.9'), "the checksum of its content is"),
        (json.dumps(TRAINING), "no checksum"),
    ):
        assert edited != text
        (tmp_path / "training.json").write_text(edited)
        remedy = f"train again with `spiking-gru train --out {tmp_path} --force`$"
        with pytest.raises(InputError, match=f"training.json: {message}.*{remedy}"):
            RunFolder(tmp_path).training()


def test_a_folder_without_training_is_not_that_of_a_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not the folder of a run \(no training.json\)"):
        RunFolder(tmp_path).training()


RESULTS = (
    "model.json",
    "model.safetensors",
    "program.sgru",
    "trace.safetensors",
    "verification.json",
    "report.json",
    "report.html",
    "per_inference.csv",
    "encoder.nir",
    "readout.nir",
    "logs/events.out.tfevents.1.host.2.0",
)


def test_nothing_of_an_earlier_training_is_left(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for name in ("training.json", *RESULTS):
        (tmp_path / name).write_text("old")
    (tmp_path / "mine.txt").write_text("kept")
    RunFolder(tmp_path).forget_results()
    assert [path.name for path in tmp_path.rglob("*")] == ["mine.txt"]
    RunFolder(tmp_path).forget_results()


def test_what_the_user_keeps_in_a_folder_of_logs_stays(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "mine.log").write_text("kept")
    (tmp_path / "logs" / "events.out.tfevents.1.host.2.0").write_text("old")
    RunFolder(tmp_path).forget_results()
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["mine.log"]


def test_what_makes_a_folder_a_run_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_resealed(tmp_path / "training.json", TRAINING)
    (tmp_path / "model.json").write_text("old")
    unlink = Path.unlink

    def interrupted(path: Path, missing_ok: bool = False) -> None:
        if path.name != "training.json":
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", interrupted)
    with pytest.raises(KeyboardInterrupt):
        RunFolder(tmp_path).forget_results()
    with pytest.raises(InputError, match="not the folder of a run"):
        RunFolder(tmp_path).training()
