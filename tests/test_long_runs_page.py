"""The page of long runs: its snippet runs, and its files are those of a checkpoint."""

from __future__ import annotations

import re
from pathlib import Path

from snippets import DOCS, printed_by

from spiking_gru.training.checkpoints import BEFORE, NOW
from spiking_gru.training.plan import PLAN

PAGE = (DOCS / "long_runs.md").read_text()


def test_the_snippet_of_the_page_runs(tmp_path: Path) -> None:
    (printed,) = printed_by(PAGE, tmp_path)
    assert re.fullmatch(r"\{'gru': \d, 'float': \d, 'quantised': \d\}", printed)


def test_the_files_of_a_checkpoint_are_in_the_table() -> None:
    part = PAGE.split("## Checkpoints\n")[1].split("\n## ")[0]
    named = re.findall(r"^\| `([\w.-]+)` \|", part, re.MULTILINE)
    assert named == [PLAN, "ended-PHASE.safetensors", NOW, BEFORE]
