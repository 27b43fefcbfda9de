"""Every valid formulation has the same bits everywhere, also one that is not in the table."""

from __future__ import annotations

import numpy as np
from formulations import ROWS, with_row
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware import Program, Session, SparseSequences, compare, run
from hardware.definition.formulation import Formulation
from hardware.engines.event_driven.density import DENSE
from hardware.engines.event_driven.engine import Scorer
from hardware.engines.event_driven.layout import Layout
from hardware.engines.magnitudes import bounds
from hardware.runs.trace import Trace
from hardware.sequences.dense import Sequences


def streamed(program: Program, sequences: Sequences | SparseSequences, dense: str) -> np.ndarray:
    """The scores of a stream, as in `Trace.scores`."""
    scores, *_ = Scorer(program, dense).score(sequences)
    return np.concatenate(scores) if program.readout.answers_every_step else np.array(scores)


def last_scores(program: Program, sequences: Sequences, dense: str) -> np.ndarray:
    """The scores of a session after each sequence, step by step."""
    found = []
    with Session(program, strict=False, dense=dense) as session:
        for frames in sequences:
            session.reset()
            found.append([session.step(frame) for frame in frames][-1])
    return np.array(found)


def assert_same_everywhere(program: Program, sequences: Sequences) -> Trace:
    expected = run(program, sequences, engine="numpy", strict=False)
    for dense in DENSE:
        found = run(program, sequences, engine="events", strict=False, threads=1, dense=dense)
        assert compare(expected, found).first is None
        assert np.array_equal(expected.saturations, found.saturations)
        for given_as in (sequences, SparseSequences.of(sequences)):
            assert np.array_equal(streamed(program, given_as, dense), expected.scores)
        if not program.bidirectional:
            assert np.array_equal(last_scores(program, sequences, dense), expected.final_scores)
    return expected


@settings(max_examples=200, deadline=None)
@given(
    row=st.sampled_from(ROWS),
    program=every_program,
    cell=every_cell,
    lengths=st.lists(st.integers(1, 8), min_size=1, max_size=4),
)
def test_every_engine_gives_the_same_bits(
    row: Formulation, program: dict, cell: dict, lengths: list[int]
) -> None:
    with with_row(row) as name:
        made = random_program(**program, **{**cell, "formulation": name})
        sequences = random_sequences(program["seed"], program["channels"], lengths)
        assert_same_everywhere(made, sequences)


def test_every_row_runs_joined_and_apart() -> None:
    joined = {True: 0, False: 0}
    for number, row in enumerate(ROWS):
        for emit in ("binary", "state", "graded"):
            with with_row(row) as name:
                program = random_program(
                    number, channels=5, hidden=(66, 3), initial=True, formulation=name, emit=emit
                )
                assert_same_everywhere(program, random_sequences(number, 5, [5, 2]))
                joined[Layout(program).levels[0][0].neurons.rules.joined] += 1
    assert min(joined.values()) > len(ROWS) // 2


@settings(max_examples=100, deadline=None)
@given(row=st.sampled_from(ROWS), program=every_program, cell=every_cell)
def test_no_emission_or_membrane_goes_over_its_bound(
    row: Formulation, program: dict, cell: dict
) -> None:
    with with_row(row) as name:
        made = random_program(**program, **{**cell, "formulation": name})
        allowed = {(bound.owner, bound.quantity): bound.magnitude for bound in bounds(made)}
        sequences = random_sequences(program["seed"], program["channels"], [6])
        trace = run(made, sequences, engine="numpy", strict=False)
        for layer, emitted, membranes in zip(
            made.layers, trace.emitted, trace.membranes, strict=True
        ):
            for quantity, values in (("emission", emitted), ("membrane", membranes)):
                largest = np.abs(values.astype(np.int64)).max()
                assert largest <= allowed[layer.name, quantity]
