"""A fault of data is refused in one line that names the file or sequence, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import small_arrays
from sounds import tone, write_wav

from hardware.errors import InputError, SettingError
from spiking_gru.data import Dataset, load
from spiking_gru.data.event_recordings import event_recordings
from spiking_gru.data.folder_index import Entry
from spiking_gru.data.places import Places
from spiking_gru.data.registry import load_inputs
from spiking_gru.data.targets import targets_of

RNG = np.random.default_rng(0)
SEQUENCES = [RNG.normal(size=(n, 2)) for n in RNG.integers(4, 9, 40)]
PARTS = ["train"] * 20 + ["validation"] * 10 + ["test"] * 10
HALVES = [i % 2 for i in range(40)]


def refused(message: str, *arguments: Any, **options: Any) -> None:
    with pytest.raises(InputError, match=message) as found:
        Dataset.from_lists(*arguments, **options)
    assert str(found.value).isprintable()


def listed(folder: Path, *rows: str, columns: str = "file,label") -> Path:
    """Write an index of recordings, and the recordings but those that are called gone."""
    for i, row in enumerate(rows):
        path = folder / row.split(",")[0]
        if path.stem != "gone":
            np.savetxt(path, SEQUENCES[i % 40], delimiter=",")
    (folder / "index.csv").write_text("\n".join([columns, *rows]) + "\n")
    return folder


def test_no_sequences_are_refused_as_such() -> None:
    refused("there are no sequences, expected .*: give", [], [])
    refused("there are no sequences", np.zeros((0, 4, 2)), [])


def test_a_label_that_occurs_once_is_named_by_its_sequence() -> None:
    labels = [*HALVES[:17], "odd", *HALVES[18:]]
    refused(r"class 'odd' has 1 sequence \(sequence 17\), .*: correct its label", SEQUENCES, labels)
    places = [f"{i}.csv" for i in range(40)]
    refused(r"'odd' has 1 sequence \(17\.csv\)", SEQUENCES, labels, places=places)
    refused("39 places for 40 sequences.*: give", SEQUENCES, HALVES, places=places[1:])
    twice = [*HALVES[:17], "odd", "odd", *HALVES[19:]]
    message = r"no validation part .* class 'odd' has 1 sequence \((17|18)\.csv\)"
    refused(message, SEQUENCES, twice, places=places)


def test_a_label_that_occurs_once_in_an_index_is_named_by_its_line(tmp_path: Path) -> None:
    rows = [f"{i}.csv,{'wlak' if i == 8 else 'ab'[i % 2]}" for i in range(12)]
    message = rf"^{tmp_path}: class 'wlak' has 1 sequence \(index\.csv: line 10, 8\.csv\)"
    with pytest.raises(InputError, match=message):
        Dataset.from_folder(listed(tmp_path, *rows))


def test_a_recording_that_is_listed_and_not_there_is_named_by_its_line(tmp_path: Path) -> None:
    rows = ["0.csv,a", "1.csv,b", "gone.csv,a", "2.csv,b"]
    message = r"index\.csv: line 4, gone\.csv: no such file, .*: correct its name, or take the line"
    with pytest.raises(InputError, match=message):
        Dataset.from_folder(listed(tmp_path, *rows))
    (tmp_path / "gone.csv").mkdir()
    with pytest.raises(InputError, match=message):
        Dataset.from_folder(tmp_path)


@pytest.mark.parametrize("number", ["inf", "-inf", "1e999"])
def test_an_infinite_target_in_an_index_is_named_by_its_line(tmp_path: Path, number: str) -> None:
    rows = [f"{i}.csv,{number if i == 8 else i / 4}" for i in range(12)]
    message = r"index\.csv: line 10, column 'target' is '.*': expected a finite number"
    with pytest.raises(InputError, match=message):
        Dataset.from_folder(listed(tmp_path, *rows, columns="file,target"))


def test_a_target_that_is_no_number_is_named_by_its_place() -> None:
    texts = ["high" if i == 5 else i / 4 for i in range(40)]
    pairs = [[0.5, "high" if i == 5 else 1.0] for i in range(40)]
    for targets in (texts, pairs):
        message = "targets are no numbers: target 5 is 'high', expected a number: give"
        refused(message, SEQUENCES, targets, task="regress")


def test_places_follow_their_sequences_through_every_choice() -> None:
    places = [f"{i}.csv" for i in range(40)]
    dataset = Dataset.from_lists(SEQUENCES, HALVES, places=places)
    for part in (dataset.training, dataset.validation, dataset.test):
        for i, frames in enumerate(part.sequences):
            number = next(n for n, s in enumerate(SEQUENCES) if len(s) == len(frames)
                          and np.array_equal(s.astype(np.float32), frames))  # fmt: skip
            assert part.where(i) == f"{number}.csv"
    assert Places().where(3) == "sequence 3"
    assert Places().take(np.array([5, 7])).take(np.array([1])).where(0) == "sequence 7"


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_class_outside_the_training_part_is_named_by_its_sequence(part: str) -> None:
    place = PARTS.index(part) + 3
    labels = ["new" if i == place else "ab"[i % 2] for i in range(40)]
    message = f"the label 'new', which sequence {place} of the {part} part has, .*: move some"
    with pytest.raises(InputError, match=message) as found:
        Dataset.from_lists(SEQUENCES, labels, parts=PARTS)
    assert "count labels" not in str(found.value)
    steps = [["a", *[x] * (len(s) - 1)] for x, s in zip(labels, SEQUENCES, strict=True)]
    refused(message, SEQUENCES, steps, parts=PARTS, task="classify-steps")


def test_only_numbers_are_told_to_be_counted_from_0() -> None:
    names = ["x", "y", "z"]
    message = "no sequence has the label 'z', .*: leave the class out"
    with pytest.raises(InputError, match=rf"{message}$"):
        Dataset.from_lists(SEQUENCES, ["xy"[i] for i in HALVES], classes=names)
    labels = [1, *HALVES[1:]] if HALVES[0] else HALVES
    refused(f"{message}; count labels from 0, without gaps", SEQUENCES, labels, classes=names)
    heads = {"a": labels, "b": HALVES}
    refused(f"head 'a': {message}; count", SEQUENCES, heads, classes={"a": names})
    heads = {"a": ["xy"[i] for i in HALVES], "b": HALVES}
    refused(f"head 'a': {message}$", SEQUENCES, heads, classes={"a": names})


def test_a_group_in_two_parts_is_named_by_a_sequence_of_each() -> None:
    groups = [f"p{i}" for i in range(40)]
    groups[33] = "p4"
    message = (
        r"the group 'p4' is in the train part \(sequence 4\) and in the test part "
        r"\(sequence 33\), .*: move"
    )
    refused(message, SEQUENCES, HALVES, groups=groups, parts=PARTS)


def test_one_group_and_too_few_sequences_are_refused_with_a_remedy() -> None:
    refused("every sequence is of the group 'p'.*: add", SEQUENCES, HALVES, groups=["p"] * 40)
    refused("there is 1 sequence, .*: add sequences", SEQUENCES[:1], [0.5])
    refused("expected at least two classes: add sequences", SEQUENCES, ["a"] * 40)


def test_targets_of_frames_that_are_too_few_are_named_by_their_sequence() -> None:
    for steps in (
        [s[:, 0] for s in SEQUENCES],
        [["ab"[int(x > 0)] for x in s[:, 0]] for s in SEQUENCES],
    ):
        short = [target[:-1] if i == 7 else target for i, target in enumerate(steps)]
        frames = len(SEQUENCES[7])
        message = (
            f"sequence 7 has {frames} frames, but {frames - 1} targets, .*: give it {frames} t"
        )
        refused(message, SEQUENCES, short)
        refused(message, SEQUENCES, short, task=Dataset.from_lists(SEQUENCES, steps).task)
    message = f"give every .* or one for each frame, of which sequence 0 has {len(SEQUENCES[0])}$"
    refused(message, SEQUENCES, [s[1:, 0] for s in SEQUENCES])
    lengths = np.array([4, 2, 3, 4])
    with pytest.raises(InputError, match="widths: target 2 is one number, .* list of 2 .*: give"):
        targets_of([[1, 2.5], [1, 2], 1.5, [1, 2]], lengths)
    assert targets_of([["a"], ["a", "b"], [], ["b"]], lengths).task == "multi-label"


def test_the_first_label_that_is_no_known_class_is_named() -> None:
    labels = ["maybe" if i == 5 else ("yes", "no")[i % 2] for i in range(40)]
    message = (
        "target 5: a label is 'maybe', but the classes are yes, no, expected one of them: corr"
    )
    refused(message, SEQUENCES, labels, classes=("yes", "no"))


def test_real_numbers_are_no_classes() -> None:
    values = [float(s.mean()) for s in SEQUENCES]
    message = r"targets are real numbers such as -?\d\.\d+, .* task classify: give"
    refused(message, SEQUENCES, values, task="classify")
    refused(message, SEQUENCES, {"a": HALVES, "b": values}, task={"b": "classify"})
    refused(r"such as -?\d\.\d+ and text such as 'a', ", SEQUENCES, ["a", *values[1:]])
    halves = Dataset.from_lists(SEQUENCES, [i + 0.5 for i in HALVES], task="classify")
    assert halves.classes == ("0.5", "1.5")


def test_a_recording_of_one_frame_is_refused(tmp_path: Path) -> None:
    for i in range(12):
        (tmp_path / "ab"[i % 2]).mkdir(exist_ok=True)
        np.savetxt(tmp_path / "ab"[i % 2] / f"{i:02}.csv", SEQUENCES[i], delimiter=",")
    assert Dataset.from_folder(tmp_path).classes == ("a", "b")
    (tmp_path / "b" / "07.csv").write_text("1,2\n")
    with pytest.raises(InputError, match=r"b/07\.csv: 1 frame, expected at least 2: record it aga"):
        Dataset.from_folder(tmp_path)
    ones = [s[:1] for s in SEQUENCES]
    assert len(Dataset.from_lists(ones, HALVES).test.sequences) == 8
    assert Dataset.from_texts(["a", "b"] * 20, HALVES).task == "classify"


def test_sound_and_events_of_one_frame_are_refused_too(tmp_path: Path) -> None:
    write_wav(tmp_path / "a" / "0.wav", tone(400, 900))
    log_mel = {"window_ms": 1000 * 900 / 8000, "hop_ms": 1000 * 900 / 8000}
    with pytest.raises(InputError, match=r"a/0\.wav: 1 frame, expected at least 2"):
        Dataset.from_folder(tmp_path, log_mel=log_mel)
    path = tmp_path / "e.npz"
    np.savez(path, t=np.array([0, 5]), x=np.array([1, 2]))
    form = {"sensor_size": 3, "dt": 10}
    with pytest.raises(InputError, match=r"e\.npz: 1 frame, expected at least 2"):
        event_recordings([Entry(path, 0)], form)
    assert event_recordings([Entry(path, 0)], {**form, "dt": 5}).sequences.lengths.tolist() == [2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_lengths": np.array([0] * 30)}, "train_values and train_lengths: .*: leave it out"),
        ({"train_labels": None}, "no array train_labels, .*: add"),
        ({"test_values": None}, "no array test_values, .*: add"),
        ({"test_labels": np.array([7] * 9)}, "test_labels of the test part: target 0: .*: correct"),
        ({"train_labels": np.zeros(30, int), "test_labels": np.zeros(9, int)}, "every .*: add"),
    ],
)
def test_errors_of_an_archive_name_its_path(tmp_path: Path, changes: Any, message: str) -> None:
    path = tmp_path / "mine.npz"
    arrays = {**small_arrays(), **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(InputError, match=rf"^{path}: {message}") as found:
        load(str(path))
    assert str(found.value).count("mine") == 1


def test_errors_of_an_archive_of_inputs_name_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, values=np.zeros((5, 2)), lengths=np.array([2, 2]))
    with pytest.raises(InputError, match=rf"^{path}: values and lengths: lengths sum to 4.*: corr"):
        load_inputs(str(path))


def test_values_for_a_program_of_classes_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "load.csv"
    path.write_text("x\n" + "".join(f"{x:.4f}\n" for x in np.sin(np.arange(200) / 3)))
    (tmp_path / "load.toml").write_text('series = "load.csv"\nhistory = 8\nhorizon = 1\n')
    described = str(tmp_path / "load.toml")
    message = (
        rf"{described} has targets that are values, but the program answers with classes: give"
    )
    with pytest.raises(InputError, match=message):
        load_inputs(described, ("a", "b"), heads={})
    assert load_inputs(described, (), heads={}).targets is not None
    np.savez(tmp_path / "v.npz", values=np.zeros((4, 1)), lengths=np.array([2, 2]),
             targets=np.zeros(2))  # fmt: skip
    with pytest.raises(
        InputError, match=r"v\.npz: it has targets that are values, but the program"
    ):
        load_inputs(str(tmp_path / "v.npz"), ("a", "b"), heads={})
    np.savez(tmp_path / "c.npz", **small_arrays())
    with pytest.raises(InputError, match=r"c\.npz has targets that are classes, but the .* values"):
        load_inputs(str(tmp_path / "c.npz"), (), heads={})


def test_a_wrong_setting_in_a_description_names_its_file(tmp_path: Path) -> None:
    for i in range(12):
        write_wav(tmp_path / "sounds" / "ab"[i % 2] / f"{i}.wav", tone(400, 900, seed=i))
    path = tmp_path / "sounds.toml"
    for lines, message in (
        ("[log-mel]\nhop_m = 3\n", "unknown log-mel setting 'hop_m': did you mean 'hop_ms'"),
        ('split = "grup"\n', "unknown split 'grup': did you mean 'group'"),
    ):
        path.write_text(f'folder = "sounds"\n{lines}')
        with pytest.raises(SettingError, match=rf"^{path}: {message}"):
            load(str(path))
    path.write_text("folder = nope\n")
    with pytest.raises(InputError, match=rf"^{path}: Invalid value \(at line 1.*: correct"):
        load(str(path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("r.csv", b"x,y\n1,2\n\xe9,3\n", "line 3 has the byte 0xe9: save it as UTF-8"),
        ("r.csv", "x\n1\n".encode("utf-16"), "line 1 has the byte 0xff: save it as UTF-8"),
        ("r.csv", b'x,y\n1,2\n3,"' + b"4" * 200000, "line 3: not a CSV file: .*: correct the quot"),
        ("r.parquet", b"PAR1nope", "not a readable Parquet file: .*[^.]: write it again"),
        ("r.wav", b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00", ".*: copy or record it"),
        ("r.csv", b"", "no columns, .*: fill it"),
        ("r.csv", b"x,y\n", "no rows, .*: fill it"),
        ("r.csv", b"x,y\n1,2\ninf,3\n", "line 3, column 'x' is inf: .*: correct it"),
    ],
)
def test_a_damaged_recording_is_refused_with_its_line_and_a_remedy(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"a/{name}: .*{message}"):
        Dataset.from_folder(tmp_path)
