"""The instruction lists and counts on docs/lava.md are those of `hardware.cost.microcode`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from instructions import execute, parsed

from hardware.cost.microcode import StepProgram, step_program
from hardware.definition.cell import Cell
from hardware.definition.formulation import FORMULATIONS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "lava.md").read_text()
BLOCK, SUM, EMISSION = map(parsed, re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL))

OF_VALUES = step_program(Cell())
OF_CHANGES = step_program(Cell(emit="binary-on-change"), input_by_change=True)


def test_the_page_has_the_generated_list() -> None:
    assert OF_VALUES.ticks == (BLOCK,)


def test_the_page_has_the_parts_that_differ_with_changes() -> None:
    (tick,) = OF_CHANGES.ticks
    assert tick[: len(SUM)] == SUM
    assert tick[-len(EMISSION) :] == EMISSION
    assert sum(name == "RDC" for name, *_ in tick) == 6


def test_the_page_counts_the_instructions() -> None:
    spike, none = OF_VALUES.instructions(1, 1, 1, 0), OF_VALUES.instructions(1, 0, 0, 0)
    said = f"{spike} instructions for each neuron and step, and {none} where it does not spike"
    assert said in PAGE


@pytest.mark.parametrize(
    ("what", "threshold", "last"),
    [
        ("no spike, as before", 1, 0),
        ("a spike begins", -1, 0),
        ("a spike goes on", -1, 1),
        ("a spike ends", 1, 1),
    ],
)
def test_the_page_counts_the_instructions_of_changes(what: str, threshold: int, last: int) -> None:
    counts = []
    for program in (OF_VALUES, OF_CHANGES):
        (tick,) = program.ticks
        names = {word for _, *words in tick for word in words if not re.fullmatch(r"-?\d+", word)}
        _, count = execute({**dict.fromkeys(names, 0), "k_Uc": 0, "θ": threshold, "e": last}, tick)
        counts.append(count)
    assert f"| {what} | {counts[0]} | {counts[1]} |" in PAGE


def test_the_page_has_the_counts_of_every_formulation() -> None:
    rows = []
    for name, row in FORMULATIONS.items():
        of_values = step_program(Cell(name))
        of_changes = step_program(Cell(name, "binary-on-change"), input_by_change=True)
        figures = [row.ticks, *counts(of_values), *counts(of_changes)]
        rows.append(f"| `{name}` | {' | '.join(map(str, figures))} |\n")
    assert f"|---|---|---|---|---|---|---|---|\n{''.join(rows)}\n" in PAGE


def counts(program: StepProgram) -> tuple[int, int, int]:
    return program.always, program.firing, program.starting
