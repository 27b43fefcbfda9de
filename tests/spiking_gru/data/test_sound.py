"""A folder of WAV files becomes a data set of log-mel features, which the program states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sounds import tone, write_wav

from hardware.errors import InputError, SettingError
from hardware.sequences.log_mel import LogMel
from spiking_gru.data import Dataset, load
from spiking_gru.data.registry import load_inputs
from spiking_gru.data.wav import read_wav

SETTINGS: dict[str, Any] = {"mels": 8, "window_ms": 16, "hop_ms": 8}


def words(place: Path, count: int = 6) -> Path:
    for label, frequency in (("high", 2000), ("low", 400)):
        for i in range(count):
            write_wav(place / label / f"{i}.wav", tone(frequency, 900 + 40 * i, seed=i))
    return place


def refused(place: Path, message: str, **options: Any) -> None:
    with pytest.raises((InputError, SettingError), match=message) as caught:
        Dataset.from_folder(place, **options)
    assert str(caught.value).isprintable()


def test_labels_are_subfolders_and_frames_are_log_mel_features(tmp_path: Path) -> None:
    dataset = Dataset.from_folder(words(tmp_path / "words"), log_mel=SETTINGS)
    assert (dataset.task, dataset.classes, dataset.channels) == ("classify", ("high", "low"), 8)
    assert dataset.channel_names == tuple(f"mel {i}" for i in range(8))
    features = LogMel(8000, **SETTINGS)
    assert dataset.preprocessing == (("log-mel", features.settings),)
    expected = {
        features(read_wav(path)[0]).tobytes(): path.parent.name
        for path in tmp_path.glob("words/*/*.wav")
    }
    parts = (dataset.training, dataset.validation, dataset.test)
    found = {
        frames.tobytes(): dataset.classes[label]
        for part in parts
        for frames, label in zip(part.sequences, part.labels, strict=True)
    }
    assert found == expected


def test_an_index_names_labels_and_groups_of_sound(tmp_path: Path) -> None:
    rows = [f"{i}.wav,{'ab'[i % 2]},{i // 4}" for i in range(16)]
    for i in range(16):
        write_wav(tmp_path / f"{i}.wav", tone(300 + 500 * (i % 2), 900, seed=i))
    (tmp_path / "index.csv").write_text("\n".join(["file,label,group", *rows]))
    dataset = Dataset.from_folder(tmp_path, log_mel=SETTINGS)
    groups = [set(part.groups) for part in (dataset.training, dataset.validation, dataset.test)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 4


def test_the_rate_is_that_of_the_files_and_other_settings_have_defaults(tmp_path: Path) -> None:
    dataset = Dataset.from_folder(words(tmp_path))
    assert dict(dataset.preprocessing)["log-mel"] == LogMel(8000).settings


def test_a_description_has_the_settings_in_a_table(tmp_path: Path) -> None:
    words(tmp_path / "words")
    (tmp_path / "w.toml").write_text('folder = "words"\n[log-mel]\nmels = 5\nrate = 8000\n')
    settings = dict(load(str(tmp_path / "w.toml")).preprocessing)["log-mel"]
    assert settings == LogMel(8000, mels=5).settings


def test_a_file_of_another_rate_is_named(tmp_path: Path) -> None:
    words(tmp_path)
    write_wav(tmp_path / "low" / "3.wav", tone(400, 2000, 16000), 16000)
    refused(tmp_path, r"low/3\.wav: 16000 samples per second, expected 8000 as in 0\.wav: convert")
    refused(tmp_path, r"high/0\.wav: 8000 samples per second, expected 16000: convert",
            log_mel={"rate": 16000})  # fmt: skip


def test_a_file_of_two_channels_is_named_or_mixed(tmp_path: Path) -> None:
    words(tmp_path)
    samples = np.repeat(tone(400, 900), 2)
    write_wav(tmp_path / "low" / "3.wav", samples, channels=2)
    refused(tmp_path, r"low/3\.wav: 2 channels, expected 1: .*mix = true")
    dataset = Dataset.from_folder(tmp_path, log_mel={**SETTINGS, "mix": True})
    assert dict(dataset.preprocessing)["log-mel"]["mix"] is True


def test_faults_of_sound_are_named_before_any_file_is_turned_into_features(tmp_path: Path) -> None:
    words(tmp_path)
    write_wav(tmp_path / "low" / "3.wav", tone(400, 127))
    refused(tmp_path, r"low/3\.wav: 127 samples, but a window has 128", log_mel=SETTINGS)
    write_wav(tmp_path / "low" / "3.wav", [])
    refused(tmp_path, r"low/3\.wav: no samples")
    (tmp_path / "low" / "3.wav").write_bytes(b"no sound")
    refused(tmp_path, r"low/3\.wav: not a WAV file")
    (tmp_path / "low" / "3.wav").rename(tmp_path / "low" / "3.csv")
    refused(tmp_path, r"low/3\.csv: not a WAV file, but 0\.wav is one")


def test_settings_without_sound_or_with_a_fault_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.csv").write_text("1,2\n")
    refused(tmp_path, r"settings of log-mel features, but no recording ends in \.wav", log_mel={})
    words(tmp_path / "words")
    refused(tmp_path / "words", "unknown log-mel setting 'mel': did you", log_mel={"mel": 3})
    refused(tmp_path / "words", "mels is 0, expected 1 to", log_mel={"mels": 0})


def test_a_program_takes_sound_by_its_own_settings(tmp_path: Path) -> None:
    words(tmp_path / "words")
    stated = (("log-mel", LogMel(8000, **SETTINGS).settings),)
    own = Dataset.from_folder(tmp_path / "words", log_mel=SETTINGS).test.sequences
    found = load_inputs(str(tmp_path / "words"), ("high", "low"), preprocessing=stated)
    assert np.array_equal(found.sequences.values, own.values)
    description = tmp_path / "w.toml"
    description.write_text('folder = "words"\n')
    found = load_inputs(str(description), ("high", "low"), preprocessing=stated)
    assert np.array_equal(found.sequences.values, own.values)
    description.write_text('folder = "words"\n[log-mel]\nmels = 9\nwindow_ms = 16\nhop_ms = 8\n')
    with pytest.raises(InputError, match="mels = 9, but the program states 8: leave"):
        load_inputs(str(description), preprocessing=stated)
    with pytest.raises(InputError, match="is sound, but the program states no log-mel"):
        load_inputs(str(tmp_path / "words"))


def test_frames_that_are_features_already_need_no_sound(tmp_path: Path) -> None:
    for label in "ab":
        for i in range(6):
            (tmp_path / "f" / label).mkdir(parents=True, exist_ok=True)
            np.savez(tmp_path / "f" / label / f"{i}.npz", values=np.random.rand(4, 8))
    stated = (("log-mel", LogMel(8000, **SETTINGS).settings),)
    assert load_inputs(str(tmp_path / "f"), preprocessing=stated).sequences.channels == 8


def test_the_settings_go_from_the_folder_into_the_program_and_back(
    tmp_path: Path, call: Any
) -> None:
    from hardware.program.model import Program
    from spiking_gru.saved import load_network

    words(tmp_path / "words")
    (tmp_path / "w.toml").write_text('folder = "words"\n[log-mel]\nmels = 8\nhop_ms = 8\n')
    run, stated = tmp_path / "run", (("log-mel", LogMel(8000, mels=8, hop_ms=8).settings),)
    small = ("--hidden", 4, "--epochs", 1, "--quantised-epochs", 1, "--baseline", "none")
    code, _, err = call("train", "--data", tmp_path / "w.toml", "--out", run, *small)
    assert code == 0, err
    network, settings = load_network(run)
    assert settings.preprocessing == network.preprocessing == stated
    assert call("convert", run)[0] == 0
    program = run / "program.sgru"
    assert Program.load(program).preprocessing == stated
    code, out, err = call("run", program, "--data", tmp_path / "words", "--json")
    assert code == 0, err
    on_folder = json.loads(out)["predictions"]
    code, out, err = call("run", run, "--json")
    assert code == 0, err
    assert json.loads(out)["predictions"] == on_folder
    (tmp_path / "w.toml").write_text('folder = "words"\n[log-mel]\nmels = 9\n')
    code, out, err = call("run", program, "--data", tmp_path / "w.toml")
    assert (code, out) == (2, "")
    assert "the program states" in err
    assert err.count("\n") == 1
