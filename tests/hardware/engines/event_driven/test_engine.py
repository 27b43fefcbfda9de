"""The events engine gives the bits of the definition for every kind of program."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware import Session, compare, run, stream
from hardware.definition.emission import EMISSIONS
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.readout import READOUTS
from hardware.engines.event_driven.layout import Layout
from hardware.errors import SettingError
from hardware.kernels.calls import Kernel
from hardware.kernels.fields import Fields
from hardware.program.model import Layer, Program
from hardware.runs.trace import Trace
from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import SparseSequences

every_grid = st.fixed_dictionaries(
    {"gate_fraction": st.integers(4, 10), "state_fraction": st.integers(8, 14)}
)


def both(program: Program, sequences: Sequences, threads: int = 1) -> list[Trace]:
    """The traces of the definition, and of the events engine by each of its paths."""
    return [
        run(program, sequences, engine="numpy", strict=False),
        *(
            run(program, sequences, engine="events", strict=False, threads=threads, dense=dense)
            for dense in ("always", "never")
        ),
    ]


def assert_equal(expected: Trace, *of_engine: Trace) -> None:
    for found in of_engine:
        assert compare(expected, found).first is None
        assert [e.dtype for e in found.emitted] == [e.dtype for e in expected.emitted]
        assert np.array_equal(expected.saturations, found.saturations)


@settings(max_examples=150, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    grid=every_grid,
    lengths=st.lists(st.integers(1, 8), min_size=1, max_size=4),
    threads=st.sampled_from([1, 2, 4]),
)
def test_every_kind_of_program_gives_the_bits_of_the_definition(
    program: dict, cell: dict, grid: dict, lengths: list[int], threads: int
) -> None:
    made = random_program(**program, **{**cell, **grid})
    sequences = random_sequences(program["seed"], program["channels"], lengths)
    assert_equal(*both(made, sequences, threads))


@pytest.mark.parametrize(("formulation", "emit"), list(product(FORMULATIONS, EMISSIONS)))
def test_sizes_that_fill_no_whole_number_of_lanes(formulation: str, emit: str) -> None:
    program = random_program(
        7,
        channels=45,
        hidden=(70, 33),
        outputs=19,
        bidirectional=True,
        encoder="send-on-delta",
        formulation=formulation,
        emit=emit,
        reset_mechanism="zero",
    )
    assert_equal(*both(program, random_sequences(7, 45, [9, 4])))


def with_extremes(program: Program, largest: int) -> Program:
    """The program with every weight at an end of 8 bits, every bias and threshold at one of 32."""

    def ends(shape: tuple[int, ...], low: int, high: int) -> np.ndarray:
        return np.where(np.random.default_rng(3).random(shape) < 0.5, low, high)

    def extreme(layer: Layer) -> Layer:
        gate = layer.gate
        return replace(
            layer,
            input_weights=ends(layer.input_weights.shape, -128, 127).astype(np.int8),
            recurrent_weights=ends(layer.recurrent_weights.shape, -128, 127).astype(np.int8),
            gate=replace(
                gate,
                bias=ends(gate.bias.shape, -largest, largest),
                recurrent_bias=ends(gate.recurrent_bias.shape, -largest, largest)
                * layer.cell.row.resets_after,
                threshold=ends(gate.threshold.shape, 1, largest),
            ),
        )

    readout = program.readout
    return replace(
        program,
        layers=tuple(extreme(layer) for layer in program.layers),
        readouts=(
            replace(
                readout,
                weights=ends(readout.weights.shape, -128, 127).astype(np.int8),
                bias=ends(readout.bias.shape, -largest, largest),
            ),
        ),
    )


@pytest.mark.parametrize(("formulation", "emit"), list(product(FORMULATIONS, EMISSIONS)))
def test_the_extremes_of_what_a_file_can_hold(formulation: str, emit: str) -> None:
    for largest, number in ((2**20, np.int32), (2**31 - 1, np.int64)):
        program = with_extremes(
            random_program(
                1, channels=7, hidden=(9, 5), formulation=formulation, emit=emit, initial=True
            ),
            largest,
        )
        assert Layout(program).number is number
        expected, *found = both(program, random_sequences(1, 7, [5, 8]))
        assert_equal(expected, *found)
    assert expected.saturations is not None
    assert expected.saturations[:, 2].all()


def test_a_threshold_below_zero_whose_reset_makes_membranes_grow() -> None:
    made = random_program(2, emit="binary", reset_mechanism="subtract")
    layer = made.layers[0]
    rising = replace(layer, gate=replace(layer.gate, threshold=layer.gate.threshold - 2**24))
    program = replace(made, layers=(rising,))
    expected, *found = both(program, random_sequences(2, 3, [30]))
    assert_equal(expected, *found)
    assert expected.membranes[0].min() > 2**23


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("emit", EMISSIONS)
def test_silence_is_computed_like_anything_else(emit: str, readout: str) -> None:
    program = random_program(4, hidden=(6, 4), emit=emit, readout=readout)
    mute = replace(program, encoder=replace(program.encoder, gain=np.zeros(3)))
    expected, *found = both(mute, random_sequences(4, 3, [7, 1]))
    assert not expected.events.any()
    assert_equal(expected, *found)


def test_programs_of_the_usual_kind_need_32_bits_and_no_look_at_the_word() -> None:
    layout = Layout(random_program(0, channels=140, hidden=(128,)))
    assert layout.number is np.int32
    assert not layout.watched


@pytest.mark.parametrize("readout", READOUTS)
def test_neither_threads_nor_company_change_a_sequence(readout: str) -> None:
    lengths = np.random.default_rng(0).integers(1, 40, 200).tolist()
    program = random_program(5, hidden=(20,), bidirectional=True, readout=readout)
    sequences = random_sequences(5, 3, lengths)
    together = run(program, sequences, threads=1)
    for threads in (2, 3, 8):
        assert compare(together, run(program, sequences, threads=threads)).equal
    for i in (0, 57, 199):
        alone = run(program, sequences.take([i]))
        rows = slice(together.starts[i], together.starts[i] + together.lengths[i])
        assert np.array_equal(alone.emitted[1], together.emitted[1][rows])
        assert np.array_equal(alone.final_scores[0], together.final_scores[i])


@pytest.mark.parametrize("threads", [0, -1, 1.5, True])
def test_a_number_of_threads_that_is_none_is_refused(threads: object) -> None:
    with pytest.raises(SettingError, match="threads is .*: expected a whole number of at least 1"):
        run(random_program(0), random_sequences(0, 3, [2]), threads=threads)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, str, tuple[Any, ...]]]:
    """Calls of kernels: whether in this thread, the kernel's name, the types of its arguments."""
    made, here, prepared = [], threading.current_thread(), Kernel.function

    def function(kernel: Kernel, parts: tuple[Fields, ...]) -> int:
        is_here = threading.current_thread() is here
        made.append((is_here, kernel.name, tuple(part.key for part in parts)))
        return prepared(kernel, parts)

    monkeypatch.setattr(Kernel, "function", function)
    return made


@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_no_thread_but_the_caller_s_compiles(
    offset: float, calls: list[tuple[bool, str, tuple[Any, ...]]]
) -> None:
    program = random_program(0)
    program = replace(program, encoder=replace(program.encoder, offset=np.full(3, offset)))
    sequences = random_sequences(0, 3, [3, 2, 4])
    for use in (
        lambda: run(program, sequences, threads=2),
        lambda: list(stream(program, sequences, threads=2)),
        lambda: list(stream(program, SparseSequences.of(sequences), threads=2)),
    ):
        calls.clear()
        use()
        here = {call[1:] for call in calls if call[0]}
        there = {call[1:] for call in calls if not call[0]}
        assert there
        assert there <= here


def test_a_session_compiles_before_its_first_frame(
    calls: list[tuple[bool, str, tuple[Any, ...]]],
) -> None:
    program, sequences = random_program(0), random_sequences(0, 3, [3])
    with Session(program) as session:
        compiled, calls[:] = {call[1:] for call in calls}, []
        session.step(sequences.values[0])
        session.run(sequences)
    assert calls
    assert {call[1:] for call in calls} <= compiled
