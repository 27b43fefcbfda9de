"""The tutorial's commands run, and its outputs are theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from shortened import shortened, sizes
from tutorial import BLOCK, PAGE, with_outputs

pytest.importorskip("snntorch")

FIXED = ("│ ", "wrote ", "torch ↔ ", "==> ", "task ", "part ", "every number ", "equal to ")
"""Beginnings of lines whose words do not depend on what was learnt."""


def words(page: str) -> list[list[str]]:
    """The words of fixed lines, block by block; figures depend on the processor."""
    blocks = [block["output"].splitlines() for block in BLOCK.finditer(page)]
    fixed = [[line for line in lines if line.startswith(FIXED)] for lines in blocks]
    return [re.findall(r"[^\W\d_]+", "\n".join(lines)) for lines in fixed]


def with_little_training(commands: str) -> str:
    return shortened(commands) if "--epochs" in commands else commands


@sizes
def test_the_outputs_on_the_page_are_those_of_its_commands(whole: bool, tmp_path: Path) -> None:
    page = PAGE.read_text()
    assert page.count("```sh") == len(words(page)) == 8
    printed = with_outputs(page, tmp_path, str if whole else with_little_training)
    assert words(printed) == words(page)
    report = json.loads((tmp_path / "runs" / "gestures" / "report.json").read_text())
    accuracy = {row["name"]: row["metrics"]["accuracy"] for row in report["networks"]}
    assert accuracy["deployed"] == accuracy["quantised"]
    assert report["verification"]["mismatches"] == 0
    compared = json.loads((tmp_path / "runs" / "gestures" / "compare.json").read_text())
    if whole:
        assert accuracy["deployed"] > 0.8
        assert compared["figures"]["synaptic_operations"]["ratio"] < 0.6
