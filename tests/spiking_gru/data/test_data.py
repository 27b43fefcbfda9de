from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datasets import small_arrays, small_file

from hardware.errors import InputError, SettingError
from spiking_gru import data
from spiking_gru.data.registry import load_inputs


def test_japanese_vowels_has_its_official_split_and_nine_speakers() -> None:
    dataset = data.load("japanese-vowels")
    assert len(dataset.training) + len(dataset.validation) == 270
    assert len(dataset.test) == 370
    assert len(dataset.classes) == 9
    assert dataset.channels == 12
    lengths = np.concatenate([dataset.training.sequences.lengths, dataset.test.sequences.lengths])
    assert (lengths.min(), lengths.max()) == (7, 29)
    expected = [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert np.bincount(dataset.test.labels).tolist() == expected


def test_validation_comes_from_the_training_half_alone_and_has_every_class() -> None:
    dataset = data.load("japanese-vowels", seed=3)

    def frames(part: data.Labelled) -> set[bytes]:
        return {sequence.tobytes() for sequence in part.sequences}

    training, validation, test = map(frames, (dataset.training, dataset.validation, dataset.test))
    assert not training & validation
    assert not (training | validation) & test
    assert set(dataset.validation.labels) == set(range(9))


def test_the_seed_chooses_the_validation_part_and_nothing_else() -> None:
    one, same, other = (data.load("japanese-vowels", seed=s) for s in (1, 1, 2))
    assert np.array_equal(one.validation.sequences.values, same.validation.sequences.values)
    assert one.validation.sequences.values.shape != other.validation.sequences.values.shape
    assert one.fingerprint == other.fingerprint
    assert np.array_equal(one.test.sequences.values, other.test.sequences.values)


def test_a_file_of_the_same_form_is_a_data_set(tmp_path: Path) -> None:
    dataset = data.load(str(small_file(tmp_path)))
    assert dataset.name == "small"
    assert dataset.classes == ("class 0", "class 1", "class 2")
    named = data.load(str(small_file(tmp_path, classes=np.array(["x", "y", "z"]))))
    assert named.classes == ("x", "y", "z")
    assert named.fingerprint != dataset.fingerprint


def test_an_unknown_name_is_refused_with_the_nearest_known() -> None:
    with pytest.raises(SettingError, match="'japanese-vowel': did you mean 'japanese-vowels'"):
        data.load("japanese-vowel")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_labels": np.zeros(30)}, "train_labels must be one whole number"),
        ({"train_labels": np.arange(5)}, "30 sequences, but 5 labels"),
        ({"test_labels": np.full(9, 7)}, "labels run from 7 to 7, expected 0 to 2"),
        ({"test_values": np.full((3, 3), np.inf), "test_lengths": np.array([3])}, "inf in seq"),
        ({"test_values": np.zeros((9, 2)), "test_lengths": np.ones(9, int)}, "2 channels in the"),
        ({"train_values": np.array(["a"])}, "train_values must be numbers"),
        ({"train_lengths": np.ones(30, int)}, "lengths sum to 30"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_reason(
    tmp_path: Path, changes: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        data.load(str(small_file(tmp_path, **changes)))


def test_a_file_without_an_array_names_it(tmp_path: Path) -> None:
    arrays = small_arrays()
    del arrays["test_lengths"]
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(InputError, match="no array test_lengths"):
        data.load(str(tmp_path / "d.npz"))


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none\.npz: No such file"):
        data.load(str(tmp_path / "none.npz"))
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(InputError, match="not a readable .npz"):
        data.load(str(tmp_path / "text.npz"))
    np.savez(tmp_path / "objects.npz", train_values=np.array([object()]))
    with pytest.raises(InputError, match="not a readable .npz"):
        data.load(str(tmp_path / "objects.npz"))


def test_inputs_need_no_labels(tmp_path: Path) -> None:
    values, lengths = np.zeros((5, 3)), np.array([2, 3])
    np.savez(tmp_path / "i.npz", values=values, lengths=lengths)
    sequences, labels = load_inputs(str(tmp_path / "i.npz"))
    assert len(sequences) == 2
    assert labels is None
    np.savez(tmp_path / "i.npz", values=values, lengths=lengths, labels=np.array([1, 0]))
    _, labels = load_inputs(str(tmp_path / "i.npz"))
    assert labels is not None
    assert labels.tolist() == [1, 0]
