from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from programs import random_program, random_sequences
from reports import SEQUENCES, program_of_values

from hardware.errors import InputError
from hardware.runs.comparison import compare
from hardware.runs.run import run
from hardware.runs.trace import Trace


@pytest.fixture
def trace() -> Trace:
    return run(random_program(0, hidden=(5, 4)), random_sequences(0, 3, [3, 6, 2]))


def flipped(trace: Trace, layer: int, row: int, neuron: int) -> Trace:
    spikes = [s.copy() for s in trace.emitted]
    spikes[layer][row, neuron] ^= 1
    return replace(trace, emitted=tuple(spikes))


def test_equal_traces_have_no_divergence(trace: Trace) -> None:
    comparison = compare(trace, trace)
    assert comparison.equal
    assert comparison.compared["emission"] == 11 * 9
    assert sum(comparison.mismatches.values()) == comparison.differing_classes == 0


def test_a_flipped_spike_is_found_with_its_place_and_values(trace: Trace) -> None:
    row, neuron = 3 + 4, 2
    comparison = compare(trace, flipped(trace, 1, row, neuron))
    first = comparison.first
    assert first is not None
    assert (first.sequence, first.step, first.layer, first.neuron) == (1, 4, "layer 1", 2)
    value = int(trace.emitted[1][row, neuron])
    assert first.values == (value, 1 - value)
    assert comparison.mismatches == {"event": 0, "emission": 1, "membrane": 0, "score": 0}
    assert comparison.by_layer == {"layer 1": {"emission": 1}}
    assert str(first).startswith("sequence 1, step 4, layer 1, neuron 2: emission")


def test_the_first_divergence_is_the_first_in_time_not_in_depth(trace: Trace) -> None:
    changed = flipped(flipped(trace, 0, 10, 0), 1, 1, 3)
    first = compare(trace, changed).first
    assert first is not None
    assert (first.sequence, first.step, first.layer) == (0, 1, "layer 1")


def test_a_changed_score_is_found_at_the_last_step(trace: Trace) -> None:
    scores = trace.scores.copy()
    scores[2, 1] += 1
    first = compare(trace, replace(trace, scores=scores)).first
    assert first is not None
    assert (first.quantity, first.sequence, first.step) == ("score", 2, 1)


def test_traces_of_different_runs_cannot_be_compared(trace: Trace) -> None:
    other = run(random_program(0, hidden=(5, 4)), random_sequences(0, 3, [3, 6]))
    with pytest.raises(InputError, match="different sequences"):
        compare(trace, other)
    other = run(random_program(0, hidden=(5, 3)), random_sequences(0, 3, [3, 6, 2]))
    with pytest.raises(InputError, match="different programs"):
        compare(trace, other)


def test_classes_that_differ_are_counted(trace: Trace) -> None:
    reversed_scores = replace(trace, scores=-trace.scores)
    expected = int((trace.scores.argmax(1) != (-trace.scores).argmax(1)).sum())
    assert compare(trace, reversed_scores).differing_classes == expected
    assert expected == len(np.unique(trace.starts))


def test_programs_of_values_differ_in_no_class() -> None:
    trace = run(program_of_values("mean"), SEQUENCES)
    found = compare(trace, replace(trace, scores=trace.scores[:, ::-1].copy()))
    assert found.mismatches["score"] > 0
    assert found.differing_classes == 0
