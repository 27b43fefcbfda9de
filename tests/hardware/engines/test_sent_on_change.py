"""Spikes that are sent on change: the bits of the same spikes sent one by one, on every engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from formulations import ROWS, with_row
from hypothesis import given, settings
from hypothesis import strategies as st
from lava_threads import ThreadedSession
from programs import every_cell, every_program, random_program, random_sequences

from conversion.sending import sending
from hardware import Session, SparseSequences, compare, run, stream
from hardware.definition.emission import EMISSIONS, sent
from hardware.definition.formulation import Formulation
from hardware.program.model import Program
from hardware.runs.golden import sample_digests

VALUES = [name for name, row in EMISSIONS.items() if row.twin and not row.by_change]
mappings = st.sampled_from([("structural", 1), ("fused", 1), ("fused", 3)])
some_lengths = st.lists(st.integers(1, 6), min_size=1, max_size=4)


def on_change(program: Program) -> Program:
    return sending(program, [True] * len(program.levels))


@pytest.mark.parametrize("name", EMISSIONS)
def test_twins_differ_in_what_they_send_only(name: str) -> None:
    row = EMISSIONS[name]
    if row.twin is None:
        assert sent(name, by_change=not row.by_change) == name
        return
    twin = EMISSIONS[row.twin]
    assert (twin.twin, twin.by_change) == (name, not row.by_change)
    assert replace(twin, by_change=row.by_change, twin=row.twin, plural=row.plural) == row
    assert sent(name, by_change=row.by_change) == name
    assert sent(name, by_change=not row.by_change) == row.twin


@settings(max_examples=40, deadline=None)
@given(
    row=st.sampled_from(ROWS),
    program=every_program,
    cell=every_cell,
    emit=st.sampled_from(VALUES),
    lengths=some_lengths,
    how=mappings,
)
def test_every_engine_gives_the_bits_of_the_spikes_sent_one_by_one(
    row: Formulation,
    program: dict,
    cell: dict,
    emit: str,
    lengths: list[int],
    how: tuple[str, int],
) -> None:
    with with_row(row) as name:
        values = random_program(**program, **{**cell, "formulation": name, "emit": emit})
        changes = on_change(values)
        assert changes.layers[0].cell.sends_changes
        sequences = random_sequences(program["seed"], program["channels"], lengths)
        expected = run(values, sequences, engine="numpy", strict=False)
        for engine in ("numpy", "events"):
            found = run(changes, sequences, engine=engine, strict=False)
            assert sample_digests(found) == sample_digests(expected)
            assert np.array_equal(found.saturations, expected.saturations)
        assert compare(run(changes, sequences, "numpy", strict=False), found).equal
        for given_as in (sequences, SparseSequences.of(sequences)):
            rows = list(stream(changes, given_as, strict=False, threads=1))
            assert np.array_equal(np.concatenate(rows).ravel(), expected.scores.ravel())
        if not changes.bidirectional:
            with Session(changes, strict=False) as session:
                for frames, scores in zip(sequences, expected.final_scores, strict=True):
                    session.reset()
                    assert np.array_equal([session.step(frame) for frame in frames][-1], scores)
        events, steps = changes.encode(sequences)
        with ThreadedSession(changes, *how, ("emitted", "membranes")) as lava:
            recorded = lava.run(events, steps)
        assert np.array_equal(recorded["scores"], expected.scores)
        for i in range(len(changes.layers)):
            assert np.array_equal(recorded[f"emitted.{i}"], expected.emitted[i])
            assert np.array_equal(recorded[f"membranes.{i}"], expected.membranes[i])


def test_levels_that_send_otherwise_run_together() -> None:
    values = random_program(4, hidden=(5, 4, 3), bidirectional=True, emit="signed")
    sequences = random_sequences(4, 3, [6, 1, 3])
    expected = sample_digests(run(values, sequences, engine="numpy"))
    for by_change in ([True, False, True], [False, True, False]):
        mixed = sending(values, by_change)
        assert [layer.cell.sends_changes for layer in mixed.layers[::2]] == by_change
        for engine in ("numpy", "events"):
            assert sample_digests(run(mixed, sequences, engine=engine)) == expected
