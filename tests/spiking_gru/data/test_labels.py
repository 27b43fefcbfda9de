"""Several labels of one item, from files, frames and loaders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datasets import small_arrays

from hardware.errors import InputError
from spiking_gru.data import Dataset, load
from spiking_gru.data.labels import are_labels
from spiking_gru.data.registry import load_inputs
from spiking_gru.data.summary import summary_of

RNG = np.random.default_rng(0)
ROWS = {"train": RNG.integers(0, 2, (30, 2)), "test": np.eye(2, dtype=int)[RNG.integers(0, 2, 9)]}


def file_of_labels(folder: Path) -> Path:
    """A file whose test part happens to have one label of each sequence."""
    arrays = small_arrays()
    for part, rows in ROWS.items():
        arrays[f"{part}_labels"] = rows
    np.savez(folder / "labels.npz", **arrays, classes=np.array(["x", "y"]))
    return folder / "labels.npz"


def test_all_parts_of_a_file_have_labels_if_the_training_part_has(tmp_path: Path) -> None:
    dataset = load(str(file_of_labels(tmp_path)))
    assert (dataset.task, dataset.classes) == ("multi-label", ("x", "y"))
    assert np.array_equal(dataset.test.targets, ROWS["test"])
    found = summary_of(dataset)
    assert found.parts["test"].of_class == tuple(ROWS["test"].sum(axis=0))
    assert found.parts["test"].missing == 0


@pytest.mark.parametrize("has_labels", [True, False])
def test_inputs_are_read_as_the_program_names_classes(tmp_path: Path, has_labels: bool) -> None:
    arrays = small_arrays()
    given = {"values": arrays["test_values"], "lengths": arrays["test_lengths"]}
    np.savez(tmp_path / "inputs.npz", **given, labels=ROWS["test"])
    found = load_inputs(str(tmp_path / "inputs.npz"), ("x", "y"), has_labels).targets
    expected = ROWS["test"] if has_labels else ROWS["test"].argmax(axis=1)
    assert found is not None
    assert np.array_equal(found, expected)


def test_a_column_for_each_label_of_a_data_frame() -> None:
    lengths = RNG.integers(2, 5, 40)
    rows = RNG.integers(0, 2, (40, 2))
    frame = {
        "who": np.repeat(np.arange(40), lengths),
        "level": RNG.normal(size=lengths.sum()),
        "low": np.repeat(rows[:, 0], lengths),
        "loud": np.repeat(rows[:, 1], lengths),
    }
    dataset = Dataset.from_frames(
        frame, sequence="who", target=["low", "loud"], classes=["low", "loud"]
    )
    assert (dataset.task, dataset.classes) == ("multi-label", ("low", "loud"))


def test_labels_of_an_index_have_a_bar_between_them(tmp_path: Path) -> None:
    lines = ["file,label"]
    for i in range(30):
        (tmp_path / f"{i}.csv").write_text(f"level\n{i}\n{i + 1}\n")
        lines.append(f"{i}.csv,{('low', 'loud', 'low|loud')[i % 3]}")
    (tmp_path / "index.csv").write_text("\n".join(lines))
    dataset = Dataset.from_folder(tmp_path, task="multi-label")
    assert dataset.classes == ("loud", "low")
    assert dataset.training.targets.sum(axis=1).max() == 2
    assert Dataset.from_folder(tmp_path).classes == ("loud", "low", "low|loud")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([[1, 1], [0, 1]], True),
        ([[0, 0], [0, 1]], True),
        ([["a"], [], None], True),
        ([[1, 0], [0, 1]], False),
        ([[1], [0]], False),
        ([[1, 2], [0, 1]], False),
        ([[0.5, 1.0], [0, 1]], False),
        ([1, 0, 1], False),
        (["a", "b"], False),
        ([], False),
    ],
)
def test_rows_and_lists_show_whether_they_are_labels(items: list, expected: bool) -> None:
    assert are_labels(items) == expected


def test_one_hot_rows_of_which_some_are_missing_need_a_task() -> None:
    with pytest.raises(InputError, match="'multi-label' if several .* task='classify'"):
        are_labels([[0, 1], [1, 0], [np.nan, np.nan]])
