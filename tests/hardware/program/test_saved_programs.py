"""Programs that an earlier release wrote compute what they computed then, on every engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.lava.compat import problem
from hardware.program import Program
from hardware.runs.golden import replay

SAVED = sorted((Path(__file__).parents[2] / "saved").glob("*.sgru"))


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
@pytest.mark.parametrize("engine", ["numpy", "events", "lava"])
def test_a_saved_program_computes_the_same_numbers(path: Path, engine: str) -> None:
    if engine == "lava" and problem():
        pytest.skip(str(problem()))
    assert replay(Program.load(path), engine) == []


def test_every_formulation_and_emission_of_that_release_is_saved() -> None:
    formulations = {"torch", "keep", "write", "output-gated", "forget"}
    emissions = {"binary", "signed", "graded", "state"}
    found = {(layer.cell.formulation, layer.cell.emit) for layer in map(first_layer, SAVED)}
    assert found == {(f, e) for f in formulations for e in emissions}


def first_layer(path: Path):
    return Program.load(path).layers[0]


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_weights_that_nothing_reads_are_dropped(path: Path) -> None:
    for layer in Program.load(path).layers:
        row, n = layer.cell.row, layer.neurons
        assert len(layer.input_weights) == len(row.input_gates) * n
        assert len(layer.recurrent_weights) == len(row.recurrent_gates) * n
