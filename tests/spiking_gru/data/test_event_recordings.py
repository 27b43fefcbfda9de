"""A folder of event files becomes a data set of sparse frames, by a TOML file or in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from event_data import aedat_bytes, bin_bytes, some_events

from hardware import SparseSequences
from hardware.errors import InputError, SettingError
from hardware.sequences.events import EventForm
from hardware.sequences.on_disk import DiskSparseSequences
from spiking_gru.data import Dataset, load
from spiking_gru.data.registry import load_inputs

SETTINGS: dict[str, Any] = {"sensor_size": [12, 8, 2], "dt": 1000, "pool": [4, 4]}


def clips(place: Path, count: int = 6) -> Path:
    """Write event files of three kinds, in a folder for each label."""
    for i in range(2 * count):
        folder = place / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        events = some_events(i, 12, 8, 9000)
        if i % 3 == 0:
            t, x, y, p = np.array(events).T
            np.savez(folder / f"{i}.npz", t=t, x=x, y=y, p=p)
        else:
            content = bin_bytes(events) if i % 3 == 1 else aedat_bytes([events])
            (folder / f"{i}.{('bin', 'aedat')[i % 3 - 1]}").write_bytes(content)
    return place


def test_labels_are_subfolders_and_frames_are_counts(tmp_path: Path) -> None:
    made = Dataset.from_folder(clips(tmp_path / "clips"), events=SETTINGS)
    assert (made.task, made.classes, made.channels) == ("classify", ("a", "b"), 12)
    parts = (made.training, made.validation, made.test)
    assert all(isinstance(part.sequences, SparseSequences) for part in parts)
    assert sum(int(part.sequences.values.sum()) for part in parts) == 12 * 40
    by_form = Dataset.from_folder(tmp_path / "clips", events=EventForm((12, 8, 2), 1000, (4, 4)))
    assert by_form.fingerprint == made.fingerprint


def test_a_description_has_a_table_of_events(tmp_path: Path) -> None:
    expected = Dataset.from_folder(clips(tmp_path / "clips"), events=SETTINGS)
    description = tmp_path / "clips.toml"
    text = 'folder = "clips"\n\n[events]\nsensor_size = [12, 8, 2]\ndt = 1000\npool = [4, 4]\n'
    description.write_text(text)
    assert load(str(description)).fingerprint == expected.fingerprint
    inputs = load_inputs(str(description), ("a", "b"))
    assert isinstance(inputs.sequences, SparseSequences)
    description.write_text(text.replace("dt", "dtt"))
    with pytest.raises((InputError, SettingError), match="unknown events setting 'dtt': did you"):
        load(str(description))
    for wrong, fault in (("", "events has no dt: give"), ("dt = 0\n", "dt is 0, expected the")):
        description.write_text(text.replace("dt = 1000\n", wrong))
        with pytest.raises(SettingError, match=f"^{description}: {fault}"):
            load(str(description))


def test_more_than_fits_is_kept_on_disk_with_the_same_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Dataset.from_folder(clips(tmp_path / "clips"), events=SETTINGS)
    monkeypatch.setattr("spiking_gru.data.event_recordings.IN_MEMORY", 1000)
    found = Dataset.from_folder(tmp_path / "clips", events=SETTINGS)
    assert isinstance(found.test.sequences, DiskSparseSequences)
    assert found.fingerprint == expected.fingerprint
    for one, other in zip(found.test.sequences, expected.test.sequences, strict=True):
        assert np.array_equal(one, other)


def test_a_sensor_of_more_channels_than_a_network_has_is_refused(tmp_path: Path) -> None:
    wide = {"sensor_size": [2000, 2000, 2], "dt": 1000}
    fault = r"sensor_size \(2000, 2000, 2\) has 8,000,000 channels, expected at most 65,536: choose"
    with pytest.raises(SettingError, match=fault):
        Dataset.from_folder(clips(tmp_path / "clips"), events=wide)


def test_a_fault_names_the_file(tmp_path: Path) -> None:
    path = clips(tmp_path / "clips") / "a" / "4.bin"
    path.write_bytes(bin_bytes([(0, 1, 1, 1), (5, 12, 1, 1)]))
    with pytest.raises(InputError, match=f"^{path}: event 1 has x = 12, expected 0 to 11"):
        Dataset.from_folder(tmp_path / "clips", events=SETTINGS)
    with pytest.raises(InputError, match=r"\.(bin|aedat) holds events: give events ="):
        Dataset.from_folder(tmp_path / "clips")


@pytest.mark.parametrize("options", [{"missing": "hold"}, {"time": "t"}, {"log_mel": {"mels": 4}}])
def test_options_without_a_meaning_for_events_are_refused(
    options: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"{next(iter(options))} has no meaning for events"):
        Dataset.from_folder(clips(tmp_path / "clips"), events=SETTINGS, **options)


def test_events_of_another_type_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="events: found 3, expected EventForm"):
        Dataset.from_folder(clips(tmp_path / "clips"), events=3)  # type: ignore[arg-type]
