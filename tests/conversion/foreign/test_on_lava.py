"""An imported GRU, which sends what changes, gives the same bits on Lava."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from foreign import Classifier, every_form, random_gru
from hypothesis import given, settings
from hypothesis import strategies as st
from lava_threads import ThreadedSession
from programs import random_sequences

from conversion import Grids, deploy, from_torch_gru
from hardware import compare
from hardware.engines.reference import execute
from hardware.runs.run import run

THRESHOLDS = (0.0, 0.02, 0.3)


@settings(max_examples=60, deadline=None)
@given(
    form=every_form,
    threshold=st.sampled_from(THRESHOLDS),
    grids=st.builds(Grids, input_bits=st.integers(4, 12), gate_fraction=st.integers(4, 8)),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    how=st.sampled_from([("structural", 1), ("fused", 1), ("fused", 3)]),
)
def test_every_imported_gru_plays_as_defined_in_every_model(
    form: dict, threshold: float, grids: Grids, lengths: list[int], how: tuple[str, int]
) -> None:
    sequences = random_sequences(form["seed"], 3, lengths)
    program = deploy(random_gru(**form), sequences, threshold, grids=grids).program
    assert {layer.cell.emit for layer in program.layers} == {"graded"}
    events, steps = program.encode(sequences)
    expected = execute(program, events, steps)
    with ThreadedSession(program, *how, ("emitted", "membranes")) as session:
        found = session.run(events, steps)
    for i in range(len(program.layers)):
        np.testing.assert_array_equal(found[f"emitted.{i}"], expected.emitted[i])
        np.testing.assert_array_equal(found[f"membranes.{i}"], expected.membranes[i])
    np.testing.assert_array_equal(found["scores"], expected.scores)


@pytest.mark.parametrize(("mapping", "batch"), [("structural", 1), ("fused", 1), ("fused", 3)])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("threshold", THRESHOLDS[::2])
def test_a_stack_of_torch_gives_the_same_bits_on_lava_itself(
    mapping: str, batch: int, bidirectional: bool, threshold: float
) -> None:
    with torch.random.fork_rng():
        network = Classifier(layers=2, bidirectional=bidirectional)
    sequences = random_sequences(1, 3, [6, 1, 4])
    program = deploy(from_torch_gru(network.gru, network.head), sequences, threshold).program
    on_lava = run(program, sequences, engine="lava", mapping=mapping, batch=batch)
    comparison = compare(run(program, sequences), on_lava)
    assert comparison.equal, str(comparison.first)
