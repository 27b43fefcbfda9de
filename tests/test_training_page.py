"""The snippets of docs/training.md run, one after another."""

from __future__ import annotations

import re
from pathlib import Path

from snippets import DOCS, printed_by

from spiking_gru.data.tasks import TASKS
from spiking_gru.settings import TrainingSettings
from spiking_gru.training.augmentation import AUGMENTATIONS

PAGE = (DOCS / "training.md").read_text()


def test_the_snippets_of_the_training_page_run(tmp_path: Path) -> None:
    assert printed_by(PAGE, tmp_path) == [
        "gru float quantised",
        "any of 2 classes of each sequence",
        "True True",
        "['loudness/rmse', 'low/accuracy']",
        "('low', 'loudness') True",
        "True (90,)",
        "True",
        "10 epochs",
        "gru 4",
        "float 4",
        "quantised 2",
        "{'gru': 1, 'float': 1, 'quantised': 1}",
        "quantised [1] ['epoch', 'gradient_norm']",
        "True 2",
    ]


def test_the_defaults_by_task_are_those_of_the_settings() -> None:
    rows = re.findall(r"^\| .* \| `(\w+)` \| ([\d.]+); .* \| `(\w+)` \|$", PAGE, re.MULTILINE)
    expected = set()
    for task in TASKS:
        found = TrainingSettings().resolved(task)
        expected.add((found.emit, str(found.threshold), found.readout))
    assert set(rows) == expected


def test_every_augmentation_is_in_its_table_in_the_order_of_the_code() -> None:
    part = PAGE.split("## Augmentation\n")[1].split("\n## ")[0]
    named = re.findall(r"^\| `--([\w-]+)` \|", part, re.MULTILINE)
    assert [name.replace("-", "_") for name in named] == list(AUGMENTATIONS)
