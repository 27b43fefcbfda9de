"""Runs from given membranes: the same bits on every engine, and figures that take them in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences
from states import LAVA, random_states

from hardware import Session, Trace, compare, count, run, stream, verify_engines
from hardware.definition.emission import EMISSIONS
from hardware.definition.formulation import FORMULATIONS
from hardware.errors import InputError, RangeError

LENGTHS = [5, 2, 7]


@settings(max_examples=40, deadline=None)
@given(program=every_program, cell=every_cell, threads=st.sampled_from([1, 2]))
def test_each_sequence_starts_from_its_own_state_on_numpy_events_streams_and_sessions(
    program: dict, cell: dict, threads: int
) -> None:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], LENGTHS)
    states = random_states(made, program["seed"], 3)
    events = run(made, sequences, strict=False, initial_state=states, threads=threads)
    numpy = run(made, sequences, "numpy", strict=False, initial_state=states)
    assert compare(events, numpy).equal
    streamed = list(stream(made, sequences, strict=False, initial_state=states, threads=threads))
    every_step = made.readout.answers_every_step
    assert np.array_equal(np.concatenate(streamed) if every_step else streamed, numpy.scores)
    for i, frames in enumerate(sequences):
        own = {name: rows[i] for name, rows in states.items()}
        alone = run(made.starting_from(own), [frames], "numpy", strict=False)
        steps = slice(numpy.starts[i], numpy.starts[i] + numpy.lengths[i])
        for ours, theirs in zip(numpy.quantities(), alone.quantities(), strict=True):
            if ours[0] != "score" or every_step:
                assert np.array_equal(ours[2][steps], theirs[2])
        assert np.array_equal(numpy.final_scores[i], alone.final_scores[0])
        if not made.bidirectional and i == 0:
            with Session(made, strict=False, initial_state=own) as session:
                for _ in range(2):
                    session.reset()
                    *_, scores = [session.step(frame) for frame in frames]
                    assert np.array_equal(scores, alone.final_scores[0])
                assert np.array_equal(session.run([frames, frames])[-1], alone.scores[-1])


@pytest.mark.parametrize(
    ("number", "emit", "formulation"),
    [(0, "graded", "torch"), (1, "binary", "output-gated"), (2, "state", "keep")],
)
@pytest.mark.parametrize("mapping", LAVA, ids=str)
def test_each_sequence_starts_from_its_own_state_on_lava(
    mapping: dict, number: int, emit: str, formulation: str
) -> None:
    program = random_program(
        number, hidden=(4, 3), emit=emit, formulation=formulation, bidirectional=number == 2,
        readout=["mean", "last", "step"][number],
        encoder=["send-on-delta", "graded", "rate"][number],
    )  # fmt: skip
    sequences, states = random_sequences(number, 3, LENGTHS), random_states(program, number, 3)
    expected = run(program, sequences, "numpy", strict=False, initial_state=states)
    found = run(program, sequences, "lava", strict=False, initial_state=states, **mapping)
    assert compare(expected, found).equal


@pytest.mark.long
@pytest.mark.parametrize("formulation", FORMULATIONS)
@pytest.mark.parametrize("emit", EMISSIONS)
@pytest.mark.parametrize("mapping", LAVA, ids=str)
def test_lava_starts_from_any_state_of_every_formulation_and_emission(
    mapping: dict, emit: str, formulation: str
) -> None:
    program = random_program(3, hidden=(4, 3), emit=emit, formulation=formulation)
    sequences, states = random_sequences(3, 3, LENGTHS), random_states(program, 3, 3)
    expected = run(program, sequences, "numpy", initial_state=states, strict=False)
    found = run(program, sequences, "lava", initial_state=states, **mapping)
    assert compare(expected, found).equal


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_final_state_is_an_initial_state(bidirectional: bool) -> None:
    program = random_program(4, hidden=(4, 3), bidirectional=bidirectional, emit="state")
    sequences = random_sequences(4, 3, LENGTHS)
    first = run(program, sequences)
    final = first.final_state
    assert list(final) == [layer.name for layer in program.layers]
    for layer, membranes in zip(program.layers, first.membranes, strict=True):
        place = first.starts if layer.backward else first.starts + first.lengths - 1
        assert np.array_equal(final[layer.name], membranes[place])
    again = run(program, sequences, initial_state=final)
    assert np.array_equal(again.initial[0], final["layer 0"])
    assert not np.array_equal(again.scores, first.scores)


def test_the_state_that_an_encoder_leaves_starts_a_decoder_of_its_size() -> None:
    encoder = random_program(1, hidden=(4, 3))
    decoder = random_program(2, channels=2, hidden=(4, 3))
    final = run(encoder, random_sequences(1, 3, LENGTHS)).final_state
    trace = run(decoder, random_sequences(2, 2, [4, 4, 4]), initial_state=final)
    assert np.array_equal(trace.initial[1], final["layer 1"])
    small = random_program(2, channels=2, hidden=(4, 2))
    with pytest.raises(InputError, match=r"layer 1: the initial membrane has shape \(3, 3\)"):
        run(small, random_sequences(2, 2, [4, 4, 4]), initial_state=final)
    with pytest.raises(InputError, match="for each of 2 sequences"):
        run(decoder, random_sequences(2, 2, [4, 4]), initial_state=final)


def test_a_stream_of_unknown_length_takes_one_state_for_all() -> None:
    program, sequences = random_program(5, hidden=(2,)), random_sequences(5, 3, LENGTHS)
    expected = run(program, sequences, initial_state={"layer 0": [0.5, 1.0]}).scores
    for source in (iter(sequences), list(sequences), [sequences], sequences):
        found = list(stream(program, source, initial_state={"layer 0": [0.5, 1.0]}))
        assert np.array_equal(found, expected)
    states = {"layer 0": np.array([[1, 2], [3, 4], [5, 6]])}
    expected = run(program, sequences, initial_state=states).scores
    assert np.array_equal(list(stream(program, list(sequences), initial_state=states)), expected)
    with pytest.raises(InputError, match="for each of 1 sequences"):
        list(stream(program, iter(sequences), initial_state=states))


@settings(max_examples=20, deadline=None)
@given(program=every_program, cell=every_cell)
def test_counts_see_the_membranes_before_the_first_step(program: dict, cell: dict) -> None:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], LENGTHS)
    states = random_states(made, program["seed"], 3)
    counts = count(run(made, sequences, strict=False, initial_state=states), made)
    for i, frames in enumerate(sequences):
        own = made.starting_from({name: rows[i] for name, rows in states.items()})
        alone = count(run(own, [frames], strict=False), own)
        for name in ("active_updates", "idle_updates", "messages", "synaptic_operations"):
            assert counts.total(name)[i] == alone.total(name)[0]


def test_a_trace_keeps_where_it_began_in_its_file(tmp_path: Path) -> None:
    program, sequences = random_program(6, hidden=(4, 3)), random_sequences(6, 3, LENGTHS)
    trace = run(program, sequences, initial_state=random_states(program, 6, 3))
    trace.save(tmp_path / "t")
    loaded = Trace.load(tmp_path / "t")
    assert compare(trace, loaded).equal
    assert loaded.layers == trace.layers
    assert all(map(np.array_equal, loaded.final_state.values(), trace.final_state.values()))
    with pytest.raises(InputError, match="began from different initial states"):
        compare(loaded, run(program, sequences))


def test_an_empty_batch_has_no_states() -> None:
    program = random_program(6, hidden=(2,))
    for engine in ("numpy", "events", "lava"):
        trace = run(program, [], engine, initial_state={"layer 0": [1, 2]})
        assert trace.final_state["layer 0"].shape == (0, 2)


def test_a_state_beyond_the_proof_is_refused_by_every_door() -> None:
    program, frames = random_program(6, hidden=(2,)), random_sequences(6, 3, [3])
    wrong = {"layer 0": [0.5, 1.5]}
    for call in (
        lambda: run(program, frames, initial_state=wrong),
        lambda: list(stream(program, frames, initial_state=wrong)),
        lambda: Session(program, initial_state=wrong),
    ):
        with pytest.raises(RangeError, match="neuron 1: the initial membrane is 1.5"):
            call()


def test_engines_are_verified_from_an_initial_state() -> None:
    program, sequences = random_program(6, hidden=(2,)), random_sequences(6, 3, LENGTHS)
    states = random_states(program, 6, 3)
    verified = verify_engines(program, sequences, ["numpy", "events"], initial_state=states)
    assert verified.equal
    assert np.array_equal(verified.traces[0].initial[0], states["layer 0"])
