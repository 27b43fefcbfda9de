from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import small_arrays, small_file
from programs import STANDARDISING

from hardware.errors import InputError, SettingError
from hardware.runs.clamped import Clamped
from spiking_gru import data
from spiking_gru.data.npz import read_arrays
from spiking_gru.data.registry import DATASETS, load_inputs
from spiking_gru.data.sources.digits import SCIKIT_LEARN
from spiking_gru.data.tasks import TASKS
from spiking_gru.encoder import Encoder

COUNTS = ("moving-shapes",)
"""Data sets of events, which are not standardised."""

BUILT_IN = [
    name
    for name, row in DATASETS.items()
    if row.needs in (None, SCIKIT_LEARN)
    and name not in COUNTS
    and not TASKS[row.task].predicts_tokens
]
EMPTY = {
    part: {
        f"{part}_values": np.zeros((0, 3)),
        f"{part}_lengths": np.zeros(0, int),
        f"{part}_labels": np.zeros(0, int),
    }
    for part in ("train", "test")
}


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


def test_digits_are_read_row_by_row_with_a_fixed_test_part() -> None:
    pytest.importorskip("sklearn")
    one, other = data.load("digits", seed=0), data.load("digits", seed=1)
    assert len(one.training) + len(one.validation) == 1258
    assert len(one.test) == 539
    assert one.channels == 8
    assert set(one.test.sequences.lengths) == {8}
    assert np.array_equal(one.test.sequences.values, other.test.sequences.values)


def test_validation_comes_from_the_training_half_alone_and_has_every_class() -> None:
    dataset = data.load("japanese-vowels", seed=3)

    def frames(part: data.Part) -> set[bytes]:
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


def test_a_validation_part_in_the_file_is_taken_as_it_is(tmp_path: Path) -> None:
    held_out = data.load(str(small_file(tmp_path)))
    part = {
        "validation_values": np.arange(12.0).reshape(4, 3),
        "validation_lengths": np.array([1, 3]),
        "validation_labels": np.array([2, 0]),
    }
    for seed in (0, 1):
        dataset = data.load(str(small_file(tmp_path, **part)), seed)
        assert len(dataset.training) == 30
        assert dataset.validation.labels.tolist() == [2, 0]
        assert [len(frames) for frames in dataset.validation.sequences] == [1, 3]
        assert dataset.fingerprint != held_out.fingerprint
    for changes, message in (
        ({"validation_lengths": None}, "no array validation_lengths"),
        ({"validation_labels": None}, "no array validation_labels, nor validation_targets"),
        ({"validation_values": np.zeros((4, 2))}, "2 channels in the validation part, but 3"),
        (
            {"validation_labels": np.array([0, 7])},
            "validation_labels of the validation part: target 1: a label is '7'",
        ),
        (
            {"validation_labels": None, "validation_targets": np.zeros(2)},
            "the training part is to classify, the validation part to regress: give every part the "
            "same kind of targets",
        ),
    ):
        with pytest.raises(InputError, match=message):
            data.load(str(small_file(tmp_path, **(part | changes))))


def test_an_unknown_name_is_refused_with_the_nearest_known() -> None:
    with pytest.raises(SettingError, match="'japanese-vowel': did you mean 'japanese-vowels'"):
        data.load("japanese-vowel")


def test_a_path_where_nothing_is_is_refused_as_a_path(tmp_path: Path) -> None:
    for name in (str(tmp_path / "gone"), "gone/japanese-vowels", "./japanese-vowels"):
        with pytest.raises(InputError, match=f"^{name} is not there, expected .*: check the path$"):
            data.load(name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"train_labels": np.arange(5)},
            "train_labels of the train part: 5 targets for 30 sequences",
        ),
        (
            {"test_labels": np.full(9, 7)},
            r"small\.npz: test_labels of the test part: target 0: a label is '7', but",
        ),
        (
            {"train_targets": np.zeros(30)},
            r"small\.npz: both train_labels and train_targets are here: give one",
        ),
        (
            {"train_labels_a": np.arange(30) % 2},
            r"small\.npz: train_labels_a is the targets of a head, but there is an array",
        ),
        ({"test_values": np.full((3, 3), np.inf), "test_lengths": np.array([3])}, "inf in seq"),
        (
            {"test_values": np.zeros((9, 2)), "test_lengths": np.ones(9, int)},
            "2 channels in the test part, but 3 in the training part: give every part the same",
        ),
        ({"train_labels": np.array(["a"] * 30)}, "a label is '0', but the classes are a"),
        ({"train_labels": np.arange(30) % 2 + 1}, "a label is '0', but the classes are 1, 2"),
        (
            {"classes": np.array(["x", "y", "z", "v"])},
            r"no sequence has the label 'v', .*; count labels from 0",
        ),
        (
            {"classes": np.array(["x", "y"])},
            "train_labels of the train part: target 2: a label is '2', but the classes are x, y",
        ),
        (
            {f"{part}_targets": np.zeros(n) for part, n in (("train", 30), ("test", 9))}
            | {"train_labels": None, "test_labels": None},
            "every target is the same",
        ),
        ({"train_labels": np.zeros(30, int), "test_labels": np.zeros(9, int)}, "at least two clas"),
        ({"train_values": np.zeros((160, 3))}, "train_values and train_lengths: len"),
        ({"train_values": np.array(["a"])}, "train_values must be numbers"),
        ({"train_lengths": np.ones(30, int)}, "lengths sum to 30"),
        ({"test_values": np.ones((9, 3)) * 1j, "test_lengths": np.ones(9, int)}, "complex128"),
        ({"test_values": np.full((9, 3), 1e300), "test_lengths": np.ones(9, int)}, "inf in seq"),
        (EMPTY["train"], "train_lengths is empty, expected at least one sequence"),
        (EMPTY["test"], "test_lengths is empty, expected at least one sequence"),
        ({"train_values": np.zeros((160, 0))}, r"shape \(160, 0\), expected at least one channel"),
        ({"classes": np.array("abc")}, r"classes has shape \(\), expected one dimension"),
        ({"classes": np.array([["a", "b", "c"]])}, r"classes has shape \(1, 3\)"),
        ({"classes": np.array([], dtype=str)}, r"classes has shape \(0,\)"),
        ({"classes": np.array(["x"] * 31)}, r"classes has shape \(31,\), expected .* of 1 to 30"),
        ({"classes": np.array(["x", "a\nb", "z"])}, r"the name 'a\\nb' has 3 characters"),
        ({"classes": np.array(["x", "", "z"])}, "the name '' has 0 characters"),
        ({"train_labels": np.array([2**62] * 30)}, "but the classes are 4611686018427387904"),
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


def test_a_file_of_text_is_refused_without_advice_to_open_it_unsafely(tmp_path: Path) -> None:
    (tmp_path / "data.dat").write_text("1,2\n3,4\n")
    with pytest.raises(InputError, match="neither a .npz archive") as refused:
        data.load(str(tmp_path / "data.dat"))
    assert "pickle" not in str(refused.value)


def test_one_array_where_an_archive_is_needed_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(InputError, match=r"one array \(.npy\), expected a .npz .*numpy.savez"):
        data.load(str(tmp_path / "one.npy"))


def test_an_archive_that_holds_something_else_names_it(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(InputError, match=r"holds 'notes.txt', which is not an array"):
        data.load(str(path))


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the archive's directory
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a readable .npz .*encrypted"):
        data.load(str(path))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_damaged_file_is_refused_or_gives_what_was_written(tmp_path: Path, save: Any) -> None:
    path = tmp_path / "d.npz"
    expected = {"values": np.arange(40.0), "lengths": np.array([3])}
    save(path, **expected)
    content = path.read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            found = read_arrays(path)
        except InputError:
            continue
        assert all(np.array_equal(found[name], expected[name]) for name in set(found) & {*expected})


@pytest.mark.parametrize("dtype", [np.float16, np.int8, bool, np.dtype(">f8")])
def test_values_of_any_real_type_become_float32(tmp_path: Path, dtype: Any) -> None:
    np.savez(tmp_path / "i.npz", values=np.ones((5, 3), dtype), lengths=np.array([2, 3]))
    sequences = load_inputs(str(tmp_path / "i.npz")).sequences
    assert sequences.values.dtype == np.float32
    assert (sequences.values == 1).all()


def test_inputs_that_hold_no_sequence_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "i.npz", values=np.zeros((0, 3)), lengths=np.zeros(0, int))
    with pytest.raises(InputError, match="lengths is empty, expected at least one sequence"):
        load_inputs(str(tmp_path / "i.npz"))


def test_inputs_need_no_labels(tmp_path: Path) -> None:
    values, lengths = np.zeros((5, 3)), np.array([2, 3])
    np.savez(tmp_path / "i.npz", values=values, lengths=lengths)
    inputs = load_inputs(str(tmp_path / "i.npz"))
    assert len(inputs.sequences) == 2
    assert inputs.targets is None


@pytest.mark.parametrize("labels", [[1, 0], ["y", "x"], [1.0, 0.0], [True, False], [2, 1]])
def test_labels_beside_inputs_are_those_of_the_program(tmp_path: Path, labels: list) -> None:
    arrays = {"values": np.zeros((5, 3)), "lengths": np.array([2, 3]), "labels": np.array(labels)}
    names = ("False", "True") if labels[0] is True else ("x", "y")
    np.savez(tmp_path / "i.npz", **arrays)
    targets = load_inputs(str(tmp_path / "i.npz"), names).targets
    assert targets is not None
    assert targets.tolist() == [1, 0]
    np.savez(tmp_path / "i.npz", classes=np.array(["y", "x"]), **arrays)
    with pytest.raises(InputError, match="has the classes y, x, but the program names"):
        load_inputs(str(tmp_path / "i.npz"), names)


def test_values_beside_inputs_are_targets_of_sequences_or_frames(tmp_path: Path) -> None:
    arrays = {"values": np.zeros((5, 3)), "lengths": np.array([2, 3])}
    for shape in ((2,), (2, 4), (5,), (5, 4)):
        np.savez(tmp_path / "i.npz", targets=np.zeros(shape), **arrays)
        targets = load_inputs(str(tmp_path / "i.npz")).targets
        assert targets is not None
        assert targets.shape == (shape[0], shape[1] if len(shape) > 1 else 1)


@pytest.mark.parametrize("names", [np.array("x"), np.array(["x\ny"]), np.array([["x"]])])
def test_class_names_beside_inputs_are_checked(tmp_path: Path, names: np.ndarray) -> None:
    np.savez(tmp_path / "i.npz", values=np.zeros((5, 3)), lengths=np.array([2, 3]), classes=names)
    with pytest.raises(InputError, match=r"i\.npz: classes"):
        load_inputs(str(tmp_path / "i.npz"))


@pytest.mark.parametrize("kind", STANDARDISING)
@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_data_is_seldom_clamped_and_in_another_unit_it_is_noticed(
    name: str, kind: str
) -> None:
    if DATASETS[name].package:
        pytest.importorskip("sklearn")
    dataset = data.load(name)
    trained = Encoder(dataset.channels, kind)
    trained.fit(dataset.training.sequences.values)
    encoder = trained.integers()

    def clamped(frames: np.ndarray) -> Clamped:
        counts = np.zeros(dataset.channels, dtype=np.int64)
        encoder.rounded(frames, clamped=counts)
        return Clamped(counts, len(frames))

    for part in (dataset.training, dataset.validation, dataset.test):
        found = clamped(part.sequences.values)
        print(f"{name}, {kind}: {found.share:.2%} clamped, {found.by_channel.max():.1%} at most")
        assert found.share < encoder.row.most_clamped / 6
        assert found.warning(encoder) is None
        assert clamped(10 * part.sequences.values).warning(encoder) is not None
    for frames in list(dataset.test.sequences)[:100]:
        assert clamped(frames).warning(encoder) is None
        if frames.size >= 64:  # seven steps of a straight walk tell too little
            assert clamped(10 * frames).warning(encoder) is not None


def test_the_parts_of_a_file_count_their_labels_alike(tmp_path: Path) -> None:
    arrays = small_arrays()
    names = np.array(["left", "right", "none"])
    changes = {"train_labels": arrays["train_labels"] + 1, "test_labels": np.array([1, 2, 1] * 3)}
    dataset = data.load(str(small_file(tmp_path, classes=names, **changes)))
    assert dataset.test.labels.tolist() == [0, 1, 0] * 3


def test_parts_of_a_file_share_no_group(tmp_path: Path) -> None:
    groups = {"train_groups": np.arange(30) % 3, "test_groups": np.arange(9) % 3}
    with pytest.raises(
        InputError, match=r"the group '0' is in the training part \(sequence 0\) and in the test"
    ):
        data.load(str(small_file(tmp_path, **groups)))
