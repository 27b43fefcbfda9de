"""Programs that an earlier release wrote compute what they computed then, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sealing import sealed, taken_apart

from hardware.errors import ProgramError
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


def sealed_again(name: str, tmp_path: Path, change: Callable[[dict, dict], None]) -> Path:
    """A saved program with a change in it and every checksum right."""
    manifest, tensors = taken_apart((SAVED[0].parent / f"{name}.sgru").read_bytes())
    change(manifest, tensors)
    path = tmp_path / "changed.sgru"
    path.write_bytes(sealed(manifest, tensors))
    return path


def rename(tensors: dict, old: str, new: str) -> None:
    tensors[new] = tensors.pop(old)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda m, t: t.update({"readouts.0.weights": t["readout.weights"]}),
            "no tensor 'readouts",
        ),
        (lambda m, t: rename(t, "readout.weights", "readouts.0.weights"), "no tensor 'readouts"),
        (lambda m, t: t.pop("layers.0.recurrent_bias"), "layers.0.recurrent_bias is missing"),
        (
            lambda m, t: t.update({"layers.0.recurrent_bias": np.full((7, 2), np.nan)}),
            "layers.0.recurrent_bias is of float64",
        ),
        (
            lambda m, t: m["layers"][0]["cell"].update(formulation="minimal"),
            "rows of 2 gates|no lay",
        ),
        (
            lambda m, t: m["layers"][1].update(name=m["layers"][0]["name"]),
            "two parts have the name",
        ),
    ],
)
@pytest.mark.parametrize("name", ["keep-binary", "forget-signed"])
def test_an_older_file_is_read_as_strictly(
    name: str, change: Callable[[dict, dict], None], fault: str, tmp_path: Path
) -> None:
    with pytest.raises(ProgramError, match=fault):
        Program.load(sealed_again(name, tmp_path, change))
