"""A folder of recordings becomes a data set, or one line says why not."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hardware.sequences.on_disk import DiskSequences
from spiking_gru.data import Dataset, folder, load
from spiking_gru.data.summary import summary_of

RNG = np.random.default_rng(0)
PARTS_OF_EIGHT = ["train"] * 4 + ["validation"] * 2 + ["test"] * 2


def recording(path: Path, values: np.ndarray | str | None = None, header: str = "x,y") -> Path:
    """Write a recording in the form that its ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = RNG.normal(size=(RNG.integers(2, 6), 2)) if values is None else values
    if isinstance(values, str):
        path.write_text(values)
    elif path.suffix == ".npz":
        np.savez(path, values=values)
    else:
        np.savetxt(path, values, delimiter=",", header=header, comments="")
    return path


def labelled(place: Path, count: int = 5, labels: tuple[str, ...] = ("run", "walk")) -> Path:
    for label in labels:
        for i in range(count):
            recording(place / label / f"{i}.csv")
    return place


def with_index(place: Path, *lines: str) -> Path:
    """Write an index, and each recording that it lists."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "index.csv").write_text("\n".join(lines) + "\n")
    for line in lines[1:]:
        recording(place / line.split(",")[0])
    return place


def refused(place: Path, message: str, **options: object) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        Dataset.from_folder(place, **options)  # type: ignore[arg-type]
    assert str(caught.value).isprintable()
    assert str(place) in str(caught.value)


def test_labels_are_the_names_of_subfolders(tmp_path: Path) -> None:
    labelled(tmp_path / "moves")
    recording(tmp_path / "moves" / "walk" / "two frames.csv", np.array([[8.0, 9.0], [1.0, 2.0]]))
    (tmp_path / "moves" / "README.md").write_text("mine")
    (tmp_path / "moves" / "run" / ".hidden").write_text("")
    dataset = Dataset.from_folder(tmp_path / "moves", test=0.4, validation=0.3)
    assert (dataset.name, dataset.task, dataset.classes) == ("moves", "classify", ("run", "walk"))
    parts = (dataset.training, dataset.validation, dataset.test)
    assert sum(map(len, parts)) == 11
    found = {
        (dataset.classes[label], sequence.tobytes())
        for part in parts
        for sequence, label in zip(part.sequences, part.labels, strict=True)
    }
    for label in dataset.classes:
        for path in (tmp_path / "moves" / label).glob("*.csv"):
            values = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2).astype(np.float32)
            assert (label, values.tobytes()) in found


def test_parts_are_folders_above_the_labels(tmp_path: Path) -> None:
    for part, count in (("train", 4), ("validation", 2), ("test", 3)):
        labelled(tmp_path / part, count)
    dataset = Dataset.from_folder(tmp_path)
    parts = (dataset.training, dataset.validation, dataset.test)
    assert [len(part) for part in parts] == [8, 4, 6]
    values = np.loadtxt(tmp_path / "test" / "run" / "0.csv", delimiter=",", skiprows=1, ndmin=2)
    assert np.array_equal(next(iter(dataset.test.sequences)), values.astype(np.float32))


def test_an_index_says_label_group_and_part_of_each_recording(tmp_path: Path) -> None:
    rows = [f"{i}.csv,{'ab'[i % 2]},person {i // 2},{p}" for i, p in enumerate(PARTS_OF_EIGHT)]
    dataset = Dataset.from_folder(with_index(tmp_path, "file,label,group,part", *rows))
    parts = (dataset.training, dataset.validation, dataset.test)
    assert [len(part) for part in parts] == [4, 2, 2]
    assert [sorted(set(part.groups)) for part in parts] == [
        ["person 0", "person 1"],
        ["person 2"],
        ["person 3"],
    ]


def test_with_groups_in_the_index_no_group_is_in_two_parts(tmp_path: Path) -> None:
    rows = [f"{i}.npz,{'ab'[i % 2]},{i // 4}" for i in range(40)]
    dataset = Dataset.from_folder(with_index(tmp_path, "file,label,group", *rows))
    groups = [set(p.groups) for p in (dataset.training, dataset.validation, dataset.test)]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 10


def test_targets_in_the_index_are_values_and_may_be_missing(tmp_path: Path) -> None:
    rows = [f"{i}.csv,{i / 2},{'' if i == 3 else -i}" for i in range(12)]
    place = with_index(tmp_path, "file,target weight,target height", *rows)
    dataset = Dataset.from_folder(place)
    assert (dataset.task, dataset.outputs) == ("regress", 2)
    parts = (dataset.training, dataset.validation, dataset.test)
    found = np.concatenate([part.targets for part in parts])
    assert sorted(found[:, 0]) == [i / 2 for i in range(12)]
    assert np.isnan(found[found[:, 0] == 1.5, 1]).all()


def test_a_target_in_the_index_is_a_value_even_if_it_could_be_a_class(tmp_path: Path) -> None:
    place = with_index(tmp_path, "file,target", *[f"{i}.csv,{i % 2}" for i in range(12)])
    assert Dataset.from_folder(place).task == "regress"
    assert Dataset.from_folder(place, task="classify").classes == ("0", "1")


def test_a_column_of_each_recording_may_hold_a_target_of_each_frame(tmp_path: Path) -> None:
    for i in range(8):
        steps = RNG.integers(3, 6)
        rows = "".join(f"00:0{t},{i + t},{'on' if t > i % 3 else 'off'}\n" for t in range(steps))
        recording(tmp_path / f"{i}.csv", "when,x,state\n" + rows)
    dataset = Dataset.from_folder(tmp_path, target="state", time="when")
    assert (dataset.task, dataset.classes, dataset.channels) == ("classify-steps", ("off", "on"), 1)
    assert len(dataset.test.targets) == len(dataset.test.sequences.values)


def test_the_target_of_each_frame_may_be_numbers(tmp_path: Path) -> None:
    for i in range(8):
        recording(tmp_path / f"{i}.csv", f"x,y,z\n{i},2.5,{i}\n{i},,{i}\n{i},4,{i}\n")
    dataset = Dataset.from_folder(tmp_path, target=["y", "z"], task="regress-steps")
    wanted = [[[2.5, s[0, 0]], [np.nan, s[0, 0]], [4, s[0, 0]]] for s in dataset.test.sequences]
    assert np.array_equal(dataset.test.targets, np.concatenate(wanted), equal_nan=True)


def test_a_column_of_time_is_left_out_only_when_it_is_named(tmp_path: Path) -> None:
    for i in range(8):
        recording(tmp_path / "ab"[i % 2] / f"{i}.csv", f"when,x\n2020-01-01,{i}\n2020-01-02,{i}\n")
    assert Dataset.from_folder(tmp_path, time="when").channels == 1
    refused(tmp_path, r"0\.csv: line 2, column 'when' is '2020-01-01': expected a number")
    refused(tmp_path, r"0\.csv: unknown column 'wen': did you mean 'when'", time="wen")


def test_gaps_are_refused_or_filled_as_told(tmp_path: Path) -> None:
    labelled(tmp_path)
    recording(tmp_path / "run" / "2.csv", "x,y\n1,2\n3,\n5,6\n")
    refused(tmp_path, r"run/2\.csv: line 3, column 'y' is missing: .* give missing='interpolate'")
    refused(tmp_path / "gone", "not a folder")
    filled = Dataset.from_folder(tmp_path, missing="interpolate")
    parts = (filled.training, filled.validation, filled.test)
    wanted = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    assert any(np.array_equal(s, wanted) for part in parts for s in part.sequences)


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("run/0.csv", "x,y\n1,2\n3\n", r"run/0\.csv: line 3 has 1 cell, expected 2"),
        ("run/0.csv", "x,y\n1,2\n3,q\n", r"run/0\.csv: line 3, column 'y' is 'q'"),
        ("run/0.csv", "x,y\n", r"run/0\.csv: no rows, expected at least one frame"),
        ("run/0.csv", "", r"run/0\.csv: no columns"),
        (
            "walk/3.csv",
            "x,z\n1,2\n",
            r"walk/3\.csv has the columns x, z, expected x, y as in .*0\.",
        ),
        ("walk/3.csv", "1,2\n", r"walk/3\.csv has the columns 1, 2, expected x, y"),
        ("run/a.mp3", "ID3", r"run/a\.mp3: expected a recording that ends in \.csv"),
        ("run/deep/a.csv", "1\n", r"run/deep: a folder within the folder of a label"),
        ("run/a\nb.csv", "1\n", r"run: the name 'a\\nb\.csv' has 7 characters.*: rename the file"),
        ("stray.csv", "1\n", r"stray\.csv: a recording without a label"),
        ("index.csv", "file,lable\n", r"index\.csv: no rows"),
        ("index.csv", "file,lable\nrun/0.csv,a\n", r"unknown column 'lable': did you mean 'label'"),
        ("index.csv", "file\nrun/0.csv\n", r"expected a column label, or columns"),
        ("index.csv", "label\nrun\n", r"index\.csv: unknown column 'file'"),
        (
            "index.csv",
            "file,label\nrun/0.csv,\n",
            r"line 2, column 'label': the name '' has 0 char",
        ),
        ("index.csv", "file,label\n../a.csv,b\n", r"line 2, column 'file' is '\.\./a\.csv': expec"),
        (
            "index.csv",
            "file,label\nq.csv,b\n",
            r"index\.csv: line 2, q\.csv: no such file, expected .*: correct its name",
        ),
        ("index.csv", "file,label\nrun/0.csv,b\nrun/0.csv,c\n", r"line 3.* as in line 2: list"),
        (
            "index.csv",
            "file,target\nrun/0.csv,b\n",
            r"line 2, column 'target' is 'b': expected a n",
        ),
        ("index.csv", "file,label,part\nrun/0.csv,a,tst\n", r"line 2.*unknown part 'tst': did you"),
    ],
)
def test_a_folder_with_a_fault_is_refused_with_the_file_and_the_line(
    tmp_path: Path, path: str, content: str, message: str
) -> None:
    recording(labelled(tmp_path) / path, content)
    refused(tmp_path, message)


def test_folders_from_which_nothing_can_be_learnt_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "no recordings: put files that end in")
    refused(labelled(tmp_path / "one", labels=("a",)), "every label is 'a', expected at least two")
    refused(labelled(tmp_path / "few", 2), "no validation part next to the test part: class 'run'")
    refused(
        labelled(tmp_path / "fewer", 1), r"class 'run' has 1 sequence \(run/0\.csv\), .*: correct"
    )
    (labelled(tmp_path / "bare") / "none").mkdir()
    refused(tmp_path / "bare", "none: no recording in it")
    labelled(tmp_path / "late" / "train")
    labelled(tmp_path / "late" / "test", labels=("run", "walk", "swim"))
    refused(
        tmp_path / "late",
        r"no training sequence has the label 'swim', which test/swim/0\.csv of the test part has, "
        r"expected some of each class: move some to the training part, or leave the class out$",
    )


def test_given_parts_that_share_a_group_are_refused(tmp_path: Path) -> None:
    rows = [f"{i}.csv,{'ab'[i % 2]},{i % 3},{p}" for i, p in enumerate(PARTS_OF_EIGHT)]
    place = with_index(tmp_path, "file,label,group,part", *rows)
    refused(
        place,
        r"the group '1' is in the train part \(index\.csv: line 3, 1\.csv\) and in the validation "
        r"part \(index\.csv: line 6, 4\.csv\), .*: move its sequences",
    )


def test_given_parts_without_a_test_part_are_refused(tmp_path: Path) -> None:
    labelled(tmp_path / "train")
    refused(tmp_path, "no sequence is of the test part")


def test_a_pipe_and_a_loop_of_links_are_refused(tmp_path: Path) -> None:
    os.mkfifo(labelled(tmp_path / "pipe") / "run" / "p.csv")
    refused(tmp_path / "pipe", r"cannot read .*p\.csv: not a regular file")
    (labelled(tmp_path / "loop") / "run" / "l.csv").symlink_to("l.csv")
    refused(tmp_path / "loop", r"cannot read .*l\.csv: .*symbolic links")
    (labelled(tmp_path / "round") / "again").symlink_to(".")
    refused(tmp_path / "round", "again/again: a folder within the folder of a label")
    (tmp_path / "self").symlink_to("self")
    refused(tmp_path / "self", "self: not a folder")
    refused(tmp_path / ("x" * 5000), "not a folder")


def test_too_many_files_and_too_many_bytes_are_refused_before_any_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled(tmp_path)
    monkeypatch.setattr(folder, "read_table", lambda *_: pytest.fail("read"))
    monkeypatch.setattr(folder, "MOST_BYTES", 100)
    refused(tmp_path, r"its 10 recordings have \d+ bytes, the limit is 100")
    monkeypatch.setattr(folder, "MOST_FILES", 9)
    refused(tmp_path, "more than 9 recordings: leave some out")
    monkeypatch.setattr(folder, "MOST_FILES", 4)
    refused(tmp_path, "run: more than 4 files")


@pytest.mark.parametrize("per_frame", [False, True])
def test_more_frames_than_the_limit_are_kept_on_disk_and_are_the_same_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, per_frame: bool
) -> None:
    place = tmp_path if per_frame else labelled(tmp_path, 20)
    for i in range(20) if per_frame else ():
        recording(place / f"{i}.csv")
    options = {"target": "y", "task": "regress-steps"} if per_frame else {}
    whole = Dataset.from_folder(place, **options)  # type: ignore[arg-type]
    monkeypatch.setattr(folder, "IN_MEMORY", 100)
    kept = Dataset.from_folder(place, **options)  # type: ignore[arg-type]
    assert kept.fingerprint == whole.fingerprint
    assert isinstance(kept.training.sequences, DiskSequences)
    assert not isinstance(whole.training.sequences, DiskSequences)
    for part in ("training", "validation", "test"):
        one, other = getattr(kept, part), getattr(whole, part)
        assert np.array_equal(one.sequences.values, other.sequences.values)
        assert np.array_equal(one.targets, other.targets)
        two = one.take([1, 0])
        assert np.array_equal(two.sequences.values, other.take([1, 0]).sequences.values)
    assert summary_of(kept) == summary_of(whole)


def test_every_seed_has_the_same_test_part_and_its_own_validation_part(tmp_path: Path) -> None:
    place = str(labelled(tmp_path, 20))
    one, two = load(place, seed=1), load(place, seed=2)
    assert one.fingerprint == two.fingerprint
    assert np.array_equal(one.test.sequences.values, two.test.sequences.values)
    assert not np.array_equal(one.validation.sequences.values, two.validation.sequences.values)
    other = Dataset.from_folder(place, test_seed=3)
    assert not np.array_equal(one.test.sequences.values, other.test.sequences.values)


def test_text_of_targets_is_numbers_only_where_that_of_every_recording_is(tmp_path: Path) -> None:
    for i in range(10):
        rows = "".join(f"0,{'007' if i == 3 else 7 + j % 2}\n" for j in range(4 + i))
        (tmp_path / f"{i}.csv").write_text("x,state\n" + rows)
    dataset = Dataset.from_folder(tmp_path, target="state", task="classify-steps", test_seed=2)
    assert dataset.classes == ("007", "7", "8")
