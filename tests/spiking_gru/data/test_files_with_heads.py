"""Files with several targets: an index, columns of frames, one long frame, parts and arrays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spiking_gru as sg
from hardware.errors import InputError
from spiking_gru.data.npz_form import inputs_of_test
from spiking_gru.data.registry import load, load_inputs
from spiking_gru.data.summary import summary_of

RNG = np.random.default_rng(2)
XS = [RNG.normal(size=(n, 2)).round(3) for n in RNG.integers(3, 6, 24)]
HEADS: dict[str, list[Any]] = {
    "digit": [i % 3 for i in range(24)],
    "who": ["anna" if i % 2 else "ben" for i in range(24)],
    "seconds": [None if i == 5 else len(x) / 8 for i, x in enumerate(XS)],
}
FIRST = "folder = 'spoken'\nheads = ['digit', 'who', 'seconds']\n"


def folder_of(place: Path, index: bool = True, per_frame: bool = False) -> Path:
    folder = place / "spoken"
    folder.mkdir()
    lines = ["file," + ",".join(HEADS)]
    for i, x in enumerate(XS):
        answers = ["" if HEADS[h][i] is None else str(HEADS[h][i]) for h in HEADS]
        more = [answers if per_frame else []] * len(x)
        header = ",".join(["left", "right", *(HEADS if per_frame else [])])
        rows = [",".join([*map(str, row), *of]) for row, of in zip(x.tolist(), more, strict=True)]
        (folder / f"{i:02}.csv").write_text("\n".join([header, *rows]) + "\n")
        lines.append(",".join([f"{i:02}.csv", *answers]))
    if index:
        (folder / "index.csv").write_text("\n".join(lines) + "\n")
    return folder


def wanted(per_frame: bool = False) -> sg.Dataset:
    heads: dict[str, Any] = HEADS
    if per_frame:
        heads = {h: [[v] * len(x) for v, x in zip(of, XS, strict=True)] for h, of in HEADS.items()}
    return sg.Dataset.from_lists(XS, heads)


def test_columns_of_an_index_are_heads(tmp_path: Path) -> None:
    folder_of(tmp_path)
    (tmp_path / "spoken.toml").write_text(FIRST)
    found = load(str(tmp_path / "spoken.toml"))
    assert found.fingerprint == wanted().fingerprint
    assert found.described == (
        "digit (3 classes), who (2 classes), seconds (1 value) of each sequence"
    )


def test_columns_of_recordings_are_heads_of_their_frames(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, index=False, per_frame=True)
    found = sg.Dataset.from_folder(folder, heads=list(HEADS))
    assert found.fingerprint == wanted(per_frame=True).fingerprint
    assert found.task == "heads-with-values-steps"


def test_tasks_and_classes_of_heads_are_in_the_description(tmp_path: Path) -> None:
    folder_of(tmp_path)
    (tmp_path / "a.toml").write_text(
        FIRST + "[task]\ndigit = 'regress'\n[classes]\nwho = ['ben', 'anna']\n"
    )
    found = load(str(tmp_path / "a.toml"))
    assert found.head("digit").task == "regress"
    assert found.head("who").classes == ("ben", "anna")


@pytest.mark.parametrize("per_frame", [False, True])
def test_columns_of_one_long_frame_are_heads(per_frame: bool) -> None:
    lengths = [len(x) for x in XS]
    frame: dict[str, Any] = {"n": np.repeat(np.arange(24), lengths)}
    frame["left"], frame["right"] = np.concatenate(XS).T
    for head, items in HEADS.items():
        frame[head] = np.repeat(np.array(items, dtype=object), lengths)
    if per_frame:
        frame["digit"] = np.arange(sum(lengths)) % 3
    found = sg.Dataset.from_frames(frame, sequence="n", heads=list(HEADS))
    assert found.row.per_step == per_frame
    if not per_frame:
        assert found.fingerprint == wanted().fingerprint


def test_targets_of_heads_may_come_with_frames_and_with_parts() -> None:
    frames = [{"left": x[:, 0], "right": x[:, 1]} for x in XS]
    assert sg.Dataset.from_frames(frames, HEADS).fingerprint == wanted().fingerprint
    half = [{h: of[part] for h, of in HEADS.items()} for part in (slice(12), slice(12, None))]
    found = sg.Dataset.from_parts((XS[:12], half[0]), (XS[12:], half[1]))
    assert found.head("who").test.labels.tolist() == [0 if i % 2 else 1 for i in range(12, 24)]
    with pytest.raises(InputError, match="a part has not the targets of the heads digit"):
        sg.Dataset.from_parts((XS[:12], half[0]), (XS[12:], half[1]["who"]))


def arrays() -> dict[str, Any]:
    found: dict[str, Any] = {"classes_who": np.array(["anna", "ben"])}
    for part, rows in (("train", slice(0, 16)), ("test", slice(16, 24))):
        found |= {
            f"{part}_values": np.concatenate(XS[rows]).astype(np.float32),
            f"{part}_lengths": np.array([len(x) for x in XS[rows]]),
            f"{part}_labels_digit": np.array(HEADS["digit"][rows]),
            f"{part}_labels_who": np.array(HEADS["who"][rows]),
            f"{part}_targets_seconds": np.array(HEADS["seconds"][rows], dtype=float),
        }
    return found


def test_arrays_of_heads_end_in_their_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "spoken.npz", **arrays())
    found = load(str(tmp_path / "spoken.npz"))
    assert found.head("who").test.labels.tolist() == [1 - i % 2 for i in range(16, 24)]
    assert found.head("digit").classes == ("class 0", "class 1", "class 2")
    assert found.head("seconds").test.targets[:, 0].tolist() == HEADS["seconds"][16:]


def test_a_part_without_some_class_of_a_head_is_read_as_the_training_part_is(
    tmp_path: Path,
) -> None:
    given = arrays()
    given["test_labels_digit"] = np.array([1, 2] * 4)
    np.savez(tmp_path / "spoken.npz", **given)
    assert load(str(tmp_path / "spoken.npz")).head("digit").test.labels.tolist() == [1, 2] * 4


def test_inputs_alone_may_have_the_targets_of_heads(tmp_path: Path) -> None:
    of_test = {n.removeprefix("test_"): a for n, a in arrays().items() if not n.startswith("train")}
    np.savez(tmp_path / "inputs.npz", **of_test)
    known = {"digit": ("0", "1", "2"), "who": ("ben", "anna"), "seconds": ()}
    targets = load_inputs(str(tmp_path / "inputs.npz"), heads=known).targets
    assert isinstance(targets, dict)
    assert targets["who"].tolist() == [i % 2 for i in range(16, 24)]


def one_head_less(given: dict[str, Any]) -> None:
    del given["test_labels_who"]


def one_target_more(given: dict[str, Any]) -> None:
    given["train_labels"] = given["train_labels_who"]


def one_head_twice(given: dict[str, Any]) -> None:
    given["train_targets_who"] = given["train_targets_seconds"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (one_head_less, "the training part has targets of digit, who, seconds, the test part of"),
        (
            one_target_more,
            "train_labels_digit is the targets of a head, but there is an array",
        ),
        (one_head_twice, "both train_labels_who and train_targets_who are here"),
    ],
)
def test_arrays_whose_heads_differ_are_refused(
    change: Callable[[dict[str, Any]], None], message: str, tmp_path: Path
) -> None:
    given = arrays()
    change(given)
    np.savez(tmp_path / "spoken.npz", **given)
    with pytest.raises(InputError, match=message):
        load(str(tmp_path / "spoken.npz"))


def test_data_with_other_heads_than_the_program_are_refused(tmp_path: Path) -> None:
    folder_of(tmp_path)
    path = tmp_path / "spoken.toml"
    path.write_text(FIRST)
    same = {"digit": ("0", "1", "2"), "who": ("anna", "ben"), "seconds": ()}
    given = load_inputs(str(path), heads=same)
    assert isinstance(given.targets, dict)
    assert given.targets.keys() == same.keys()
    for heads, message in (
        ({}, "has digit, seconds, who, but the program answers one target"),
        ({"digit": ("0", "1", "2")}, "has digit, seconds, who, but the program answers digit"),
        ({**same, "who": ("ben", "anna")}, "head 'who', has the classes anna, ben, but the prog"),
    ):
        with pytest.raises(InputError, match=message):
            load_inputs(str(path), heads=heads)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": ["digit", "whom"]}, "index.csv: unknown column 'who': .*name it as a head"),
        ({"heads": ["digit", "who", "seconds", "x"]}, "index.csv: unknown column 'x'"),
        ({"heads": ["left", "right"]}, "unknown column 'digit'"),
        ({"heads": ["digit", "who"], "target": "left"}, "target and heads are given: name all"),
    ],
)
def test_heads_that_are_no_columns_are_refused(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises((InputError, ValueError), match=message):
        sg.Dataset.from_folder(folder_of(tmp_path), **options)


def test_a_summary_has_the_figures_of_each_head() -> None:
    data = wanted()
    found = summary_of(data)
    assert list(found.heads) == list(HEADS)
    assert found.heads["who"] == summary_of(data.head("who"))
    parts = (data.training, data.validation, data.test)
    assert sum(part.missing for part in found.parts.values()) == 1
    assert sum(part.targets for part in found.parts.values()) == 3 * sum(map(len, parts))
    assert inputs_of_test(data).targets.keys() == HEADS.keys()  # type: ignore[union-attr]
