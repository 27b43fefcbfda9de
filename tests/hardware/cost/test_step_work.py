"""The work of steps: a whole run less the steps left out is the run that ends before them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from chips import small_chip
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences, taken_by

from hardware.cost.chip import Operations
from hardware.cost.core_loads import core_loads
from hardware.cost.counts import count
from hardware.cost.energy import RANGE, cost
from hardware.cost.model import COST_MODELS
from hardware.cost.placement import place
from hardware.cost.step_work import step_work
from hardware.cost.traffic import Traffic
from hardware.program.model import Program
from hardware.runs.early_exit import first_rows, shortened
from hardware.runs.run import run
from hardware.runs.trace import Trace
from hardware.sequences.dense import Sequences

LENGTHS = [7, 1, 4]
NOMINAL = RANGE.index("nominal")
CHIP = small_chip(
    {name: 2.0**i + 1 for i, name in enumerate(Operations.model_fields)},
    neurons_per_core=3,
)
"""A chip on which each operation has an energy of its own, and layers take several cores."""


def require_equal(program: Program, sequences: Sequences, frames: list[int]) -> None:
    """Compare a whole run less the steps left out with a run of the shortened sequences."""
    placement, kept = place(program, CHIP), np.array(frames)

    def joules(trace: Trace, model: str) -> np.ndarray:
        return cost(core_loads(trace, program, placement), model).core_dynamic_j[NOMINAL]

    def operations(trace: Trace) -> np.ndarray:
        return count(trace, program).synaptic_operations

    whole = run(program, sequences, "numpy", strict=False)
    short = run(program, shortened(sequences, kept), "numpy", strict=False)
    left_out = ~first_rows(whole.lengths, kept * program.encoder.steps)
    for model in COST_MODELS:
        work = step_work(Traffic(whole, program), placement, model)
        for found, measured in (
            (work.synaptic_operations, operations),
            (work.core_dynamic_j, partial(joules, model=model)),
        ):
            saved = np.add.reduceat(found * left_out, whole.starts)
            assert measured(whole) - saved == pytest.approx(measured(short), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    frames=st.tuples(st.integers(1, 7), st.just(1), st.integers(1, 4)),
)
def test_a_run_that_ends_early_costs_the_whole_run_less_the_steps_left_out(
    program: dict, cell: dict, frames: tuple[int, ...]
) -> None:
    assume(not program["bidirectional"])
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], LENGTHS)
    require_equal(made, sequences, list(frames))


def test_the_steps_of_tokens_cost_what_they_cost_in_a_run() -> None:
    program = random_program(3, channels=2, encoder="tokens", hidden=(5,), outputs=3)
    sequences = taken_by(program.encoder, random_sequences(3, 2, LENGTHS))
    require_equal(program, sequences, [2, 1, 3])
