"""A training goes on only if settings, data and versions are those of the checkpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sealing import write_resealed

import spiking_gru as sg
from hardware.errors import InputError, LeftoverWarning, SettingError
from hardware.files.sealed import read_sealed
from spiking_gru.run_folder import RunFolder
from spiking_gru.training import train
from spiking_gru.training.plan import PLAN, Plan

SETTINGS = sg.TrainingSettings(
    hidden=4, epochs=1, quantised_epochs=1, baseline="none", data="noise"
)


def data_set(seed: int = 0) -> sg.Dataset:
    rng = np.random.default_rng(seed)
    sequences = [rng.normal(size=(4, 2)) for _ in range(16)]
    return sg.Dataset.from_lists(sequences, [0, 1] * 8, name="noise")


def stop(report: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def unfinished(tmp_path: Path) -> RunFolder:
    with pytest.raises(KeyboardInterrupt):
        train(SETTINGS, data_set(), tmp_path, callbacks=[stop])
    return RunFolder(tmp_path)


def changed(folder: RunFolder, **fields: Any) -> None:
    """Change the plan of an unfinished training, with a right checksum."""
    file = folder.checkpoint / PLAN
    write_resealed(file, {**read_sealed(file, ""), **fields})


def refusal(folder: RunFolder, settings: sg.TrainingSettings, dataset: sg.Dataset) -> str:
    """The error of a training that does not go on; nothing is lost by it."""
    before = {file: file.read_bytes() for file in folder.path.rglob("*") if file.is_file()}
    with pytest.raises((InputError, SettingError)) as found:
        train(settings, dataset, folder.path)
    after = {file: file.read_bytes() for file in folder.path.rglob("*") if file.is_file()}
    assert after == before
    assert "\n" not in str(found.value)
    return str(found.value)


def test_other_settings_are_refused_by_name(unfinished: RunFolder) -> None:
    other = SETTINGS.model_copy(update={"hidden": 5, "prune": 0.5})
    assert refusal(unfinished, other, data_set()) == (
        f"the unfinished training in {unfinished.path} has other settings: hidden 4, prune 0.0, "
        f"now hidden 5, prune 0.5: go on with its own by `spiking-gru train --out "
        f"{unfinished.path} --resume`, or start over with --force (force=True in Python)"
    )
    many = other.model_copy(update={"noise": 0.1, "seed": 3, "batch": 2})
    assert "(and 2 more)" in refusal(unfinished, many, data_set())


def test_other_data_are_refused(unfinished: RunFolder) -> None:
    text = refusal(unfinished, SETTINGS, data_set(1))
    assert "is of other data: noise with the fingerprint" in text
    assert text.endswith(": put the data back, or start over with --force (force=True in Python)")


def test_another_split_of_the_same_data_is_other_data(unfinished: RunFolder) -> None:
    dataset = data_set()
    fewer = replace(dataset, training=dataset.training.take(np.arange(6)))
    assert fewer.fingerprint == dataset.fingerprint
    assert "is of other data" in refusal(unfinished, SETTINGS, fewer)


def test_the_same_data_under_another_name_go_on(unfinished: RunFolder) -> None:
    moved = SETTINGS.model_copy(update={"data": "/elsewhere/noise.npz"})
    found = train(moved, data_set(), unfinished.path)
    assert found["settings"]["data"] == "/elsewhere/noise.npz"


def test_another_version_is_refused(unfinished: RunFolder) -> None:
    then = {**Plan.read(unfinished).versions, "spiking-gru": "0.0.1"}
    changed(unfinished, versions=then)
    text = refusal(unfinished, SETTINGS, data_set())
    assert "was begun with checkpoint 1, spiking-gru 0.0.1, torch " in text
    assert ": go on with those versions, or start over with --force" in text


def test_another_device_is_refused(unfinished: RunFolder) -> None:
    changed(unfinished, device="cuda")
    text = refusal(unfinished, SETTINGS, data_set())
    assert "was begun on the device cuda, but this is cpu: choose the same with --device" in text


@pytest.mark.parametrize(
    ("content", "named"),
    [("{", "not valid JSON"), ("[]", "not an object"), ('{"a": 1}', "no checksum")],
)
def test_a_damaged_plan_is_refused(unfinished: RunFolder, content: str, named: str) -> None:
    (unfinished.checkpoint / PLAN).write_text(content)
    text = refusal(unfinished, SETTINGS, data_set())
    assert named in text
    assert text.endswith(f"start over with `spiking-gru train --out {unfinished.path} --force`")


@pytest.mark.parametrize("fields", [{"settings": 3}, {"device": None}, {"more": 1}])
def test_a_plan_of_another_form_is_refused(unfinished: RunFolder, fields: dict[str, Any]) -> None:
    changed(unfinished, **fields)
    assert f"field '{next(iter(fields))}'" in refusal(unfinished, SETTINGS, data_set())


def test_a_missing_plan_is_refused(unfinished: RunFolder) -> None:
    (unfinished.checkpoint / PLAN).unlink()
    assert "plan.json: No such file" in refusal(unfinished, SETTINGS, data_set())


def test_force_starts_over_and_says_that_the_unfinished_one_is_removed(
    unfinished: RunFolder,
) -> None:
    other = SETTINGS.model_copy(update={"hidden": 5})
    with pytest.warns(LeftoverWarning, match="another one, or damaged: it is removed"):
        train(other, data_set(), unfinished.path, force=True)
    assert sg.load_network(unfinished.path)[1].hidden == 5


def test_resume_is_not_overruled_by_force(unfinished: RunFolder) -> None:
    other = SETTINGS.model_copy(update={"hidden": 5})
    with pytest.raises(SettingError, match="has other settings"):
        train(other, data_set(), unfinished.path, force=True, resume=True)
    assert unfinished.has_checkpoint


def test_force_goes_on_with_the_same_training(unfinished: RunFolder) -> None:
    done = []

    class Done(sg.Callback):
        def on_phase(self, report: sg.PhaseReport) -> None:
            done.append(report.done)

    train(SETTINGS, data_set(), unfinished.path, force=True, callbacks=[Done()])
    assert done == [1, None]
