"""The files of a checkpoint: written whole, kept twice, refused if damaged, removed at the end."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from stopped_training import Moments, results_of

import spiking_gru as sg
from hardware.errors import InputError, LeftoverWarning, TrainingError
from hardware.files.disk import read_tensors, write_tensors
from hardware.files.sealed import tensors_checksum
from spiking_gru.run_folder import RunFolder
from spiking_gru.training import checkpoints, train
from spiking_gru.training.checkpoints import BEFORE, NOW, Checkpoints

SETTINGS = sg.TrainingSettings(
    hidden=4, epochs=3, quantised_epochs=2, baseline="none", data="noise", batch=4
)


@pytest.fixture(scope="module")
def dataset() -> sg.Dataset:
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(4, 2)) for _ in range(16)]
    return sg.Dataset.from_lists(sequences, [0, 1] * 8, name="noise")


@pytest.fixture(scope="module")
def whole(dataset: sg.Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of an undisturbed training."""
    folder = tmp_path_factory.mktemp("whole")
    train(SETTINGS, dataset, folder)
    return results_of(folder)


def in_epoch(phase: str, epoch: int, act: Callable[[], object]) -> Callable[[Any], None]:
    """A callback that acts after an epoch."""

    def on_epoch(report: sg.EpochReport) -> None:
        if (report.phase, report.epoch) == (phase, epoch):
            act()

    return on_epoch


def interrupt() -> NoReturn:
    raise KeyboardInterrupt


@pytest.fixture
def unfinished(dataset: sg.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A training that was saved after every batch, and stopped in the quantised phase."""
    with monkeypatch.context() as context:
        Moments(context)
        with pytest.raises(KeyboardInterrupt):
            train(SETTINGS, dataset, tmp_path, callbacks=[in_epoch("quantised", 1, interrupt)])
    return RunFolder(tmp_path)


def test_a_checkpoint_has_the_phase_twice_and_phases_that_have_ended(
    unfinished: RunFolder,
) -> None:
    names = sorted(file.name for file in unfinished.checkpoint.iterdir())
    assert names == [BEFORE, "ended-float.safetensors", NOW, "plan.json"]
    found = Checkpoints(unfinished.checkpoint).find("quantised")
    assert found is not None
    assert (found.about.epoch, found.has_ended) == (1, False)


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def halved(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [flipped, halved, emptied])
@pytest.mark.parametrize("names", [[NOW], [NOW, BEFORE], ["ended-float.safetensors"]])
def test_a_damaged_file_is_said_and_the_one_before_is_taken(
    names: list[str],
    damage: Callable[[Path], None],
    unfinished: RunFolder,
    dataset: sg.Dataset,
    whole: dict[str, bytes],
) -> None:
    for name in names:
        damage(unfinished.checkpoint / name)
    with pytest.warns(LeftoverWarning) as said:
        train(SETTINGS, dataset, unfinished.path)
    texts = [str(warning.message) for warning in said]
    for name in names:
        assert any(text.startswith(str(unfinished.checkpoint / name)) for text in texts)
        assert all(text.endswith(": what was saved before it is taken") for text in texts)
    assert results_of(unfinished.path) == whole


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda arrays, about: arrays.pop("random:torch"), "'torch'"),
        (lambda arrays, about: arrays.pop("model:readout.weight"), "readout.weight"),
        (lambda arrays, about: arrays.update({"mask:0": np.ones(7, np.uint8)}), "size"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(
    change: Callable[[dict[str, Any], dict[str, str]], object],
    named: str,
    unfinished: RunFolder,
    dataset: sg.Dataset,
) -> None:
    file = unfinished.checkpoint / NOW
    arrays, about = read_tensors(file)
    del about["sha256"]
    change(arrays, about)
    write_tensors(file, arrays, {**about, "sha256": tensors_checksum(arrays, about)})
    with pytest.raises(InputError, match="does not fit it: ") as found:
        train(SETTINGS, dataset, unfinished.path)
    assert named in str(found.value)
    assert str(found.value).endswith("start over with --force (force=True in Python)")


def test_a_checkpoint_of_another_form_is_not_used(
    unfinished: RunFolder, dataset: sg.Dataset, whole: dict[str, bytes]
) -> None:
    for text in ("{}", "[]", '{"phase": 3}'):
        about = {"state": text}
        write_tensors(
            unfinished.checkpoint / NOW, {}, {**about, "sha256": tensors_checksum({}, about)}
        )
        with pytest.warns(LeftoverWarning, match="not a checkpoint"):
            Checkpoints(unfinished.checkpoint).find("quantised")
    with pytest.warns(LeftoverWarning, match="not a checkpoint"):
        train(SETTINGS, dataset, unfinished.path)
    assert results_of(unfinished.path) == whole


def test_what_a_killed_write_left_is_removed(unfinished: RunFolder, dataset: sg.Dataset) -> None:
    left = unfinished.checkpoint / ".next.safetensors.abc"
    left.write_bytes(b"half")
    (unfinished.path / ".unfinished" / ".model.json.abc").write_bytes(b"half")
    train(SETTINGS, dataset, unfinished.path)
    assert not [path.name for path in unfinished.path.iterdir() if path.name.startswith(".")]


def test_saving_takes_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    kept = Checkpoints(Path())
    saved: list[float] = []

    def save(*_: object) -> None:
        nonlocal now
        saved.append(now)
        now += 0.5
        kept.written, kept.took_s = now, 0.5

    monkeypatch.setattr("time.monotonic", lambda: now)
    monkeypatch.setattr(kept, "save", save)
    kept.written = 0.0
    while now < 200:
        kept.save_if_due(None, {})  # type: ignore[arg-type]
        now += 0.25
    assert saved[0] == checkpoints.LEAST_S
    assert np.diff(saved) == pytest.approx(50.5, abs=0.5)


def test_a_training_that_fails_by_its_settings_leaves_nothing(
    dataset: sg.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Moments(monkeypatch)

    def fail() -> NoReturn:
        raise TrainingError("the loss is infinite")

    with pytest.raises(TrainingError):
        train(SETTINGS, dataset, tmp_path, callbacks=[in_epoch("quantised", 1, fail)])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_full_or_read_only_folder_is_one_line_and_nothing_is_lost(
    number: int,
    dataset: sg.Dataset,
    whole: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as context:
        Moments(context)
        sync = os.fsync

        def full(handle: int) -> None:
            raise OSError(number, os.strerror(number))

        def fill() -> None:
            context.setattr("os.fsync", full)

        with pytest.raises(InputError) as found:
            train(SETTINGS, dataset, tmp_path, callbacks=[in_epoch("float", 2, fill)])
        context.setattr("os.fsync", sync)
    assert str(found.value) == (
        f"cannot write to {tmp_path / '.unfinished'}: {os.strerror(number)}: make room, or make "
        f"the folder writable; the same command then goes on from the last checkpoint"
    )
    last = Checkpoints(RunFolder(tmp_path).checkpoint).find("float")
    assert last is not None
    assert last.about.epoch == 1
    train(SETTINGS, dataset, tmp_path)
    assert results_of(tmp_path) == whole


def test_a_vanished_folder_is_one_line(
    dataset: sg.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Moments(monkeypatch)
    run, away = tmp_path / "run", tmp_path / "away"

    def move() -> None:
        shutil.move(run, away)

    with pytest.raises(InputError) as found:
        train(SETTINGS, dataset, run, callbacks=[in_epoch("float", 2, move)])
    assert str(found.value) == (
        f"{RunFolder(run).checkpoint} has vanished during the training: it was removed, moved or "
        f"unmounted: put it back and give the same command again, or choose another --out"
    )
    assert not run.exists()
    train(SETTINGS, dataset, away)
    assert results_of(away)
