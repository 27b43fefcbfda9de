"""The events engine against the definition, bit for bit, for every kind of program."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from inspect import getsource
from itertools import product
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware import Session, compare, run, stream
from hardware.cell import EMISSIONS, GATES
from hardware.encoding import ENCODERS
from hardware.engines import arrivals, frames, updates
from hardware.engines.frames import encode
from hardware.engines.kernels import run_layer, run_readout
from hardware.engines.layout import Layout
from hardware.errors import InputError, SettingError
from hardware.program import Layer, Program
from hardware.readout import READOUTS
from hardware.sequences import Sequences
from hardware.trace import Trace

every_grid = st.fixed_dictionaries(
    {"gate_fraction": st.integers(4, 10), "state_fraction": st.integers(8, 14)}
)


def both(program: Program, sequences: Sequences, threads: int = 1) -> tuple[Trace, Trace]:
    """The traces of the definition and of the events engine."""
    return (
        run(program, sequences, engine="numpy", strict=False),
        run(program, sequences, engine="events", strict=False, threads=threads),
    )


def assert_equal(expected: Trace, found: Trace) -> None:
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


@pytest.mark.parametrize(("formulation", "emit"), list(product(GATES, EMISSIONS)))
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
                * (layer.cell.formulation == "torch"),
                threshold=ends(gate.threshold.shape, 1, largest),
            ),
        )

    readout = program.readout
    return replace(
        program,
        layers=tuple(extreme(layer) for layer in program.layers),
        readout=replace(
            readout,
            weights=ends(readout.weights.shape, -128, 127).astype(np.int8),
            bias=ends(readout.bias.shape, -largest, largest),
        ),
    )


@pytest.mark.parametrize(("formulation", "emit"), list(product(GATES, EMISSIONS)))
def test_the_extremes_of_what_a_file_can_hold(formulation: str, emit: str) -> None:
    for largest, number in ((2**20, np.int32), (2**31 - 1, np.int64)):
        program = with_extremes(
            random_program(
                1, channels=7, hidden=(9, 5), formulation=formulation, emit=emit, initial=True
            ),
            largest,
        )
        assert Layout(program).number is number
        expected, found = both(program, random_sequences(1, 7, [5, 8]))
        assert_equal(expected, found)
    assert found.saturations is not None
    assert found.saturations[:, 2].all()


def test_a_threshold_below_zero_whose_reset_makes_membranes_grow() -> None:
    made = random_program(2, emit="binary", reset_mechanism="subtract")
    layer = made.layers[0]
    rising = replace(layer, gate=replace(layer.gate, threshold=layer.gate.threshold - 2**24))
    program = replace(made, layers=(rising,))
    expected, found = both(program, random_sequences(2, 3, [30]))
    assert_equal(expected, found)
    assert found.membranes[0].min() > 2**23


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("emit", EMISSIONS)
def test_silence_is_computed_like_anything_else(emit: str, readout: str) -> None:
    program = random_program(4, hidden=(6, 4), emit=emit, readout=readout)
    mute = replace(program, encoder=replace(program.encoder, gain=np.zeros(3)))
    expected, found = both(mute, random_sequences(4, 3, [7, 1]))
    assert not found.events.any()
    assert_equal(expected, found)


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


@settings(max_examples=60, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    threads=st.sampled_from([1, 2]),
)
def test_a_stream_gives_the_scores_of_a_run(
    program: dict, cell: dict, lengths: list[int], threads: int
) -> None:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], lengths)
    expected = run(made, sequences, engine="numpy", strict=False)
    found = list(stream(made, iter(sequences), strict=False, threads=threads))
    assert len(found) == len(sequences)
    if made.readout.answers_every_step:
        assert [len(scores) for scores in found] == expected.lengths.tolist()
        assert np.array_equal(np.concatenate(found), expected.scores)
    else:
        assert np.array_equal(found, expected.scores)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_stream_rounds_frames_as_the_encoder_does(encoder: str) -> None:
    program = random_program(8, channels=33, encoder=encoder, readout="step")
    values = np.random.default_rng(8).normal(size=(400, 33)) * 10.0 ** np.arange(-3, 30)
    half_way = (np.arange(400)[:, np.newaxis] + 0.5) / program.encoder.gain + program.encoder.offset
    frames = np.concatenate([values, half_way]).astype(np.float32)
    parts = np.split(frames, 4)
    found = list(stream(program, parts))
    assert np.array_equal(np.concatenate(found), run(program, parts, engine="numpy").scores)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("channels", [1, 15, 16, 33, 64])
def test_frames_that_are_silent_here_and_there_become_what_the_encoder_makes_of_them(
    encoder: str, channels: int
) -> None:
    program = random_program(9, channels=channels, encoder=encoder, readout="step")
    rng = np.random.default_rng(channels)
    frames = rng.normal(size=(300, channels)) * (rng.random((300, channels)) < 0.05)
    parts = np.split(frames, 3)
    assert np.signbit(frames[frames == 0]).any()
    found = list(stream(program, parts))
    assert np.array_equal(np.concatenate(found), run(program, parts, engine="numpy").scores)


def test_many_parts_of_a_stream_come_in_order() -> None:
    lengths = np.random.default_rng(1).integers(1, 60, 1500).tolist()
    program = random_program(6, channels=30, hidden=(4,))
    sequences = random_sequences(6, 30, lengths)
    expected = run(program, sequences, engine="numpy").scores
    assert np.array_equal(list(stream(program, iter(sequences))), expected)
    assert np.array_equal(list(stream(program, sequences)), expected)
    assert np.array_equal(list(stream(program, sequences, threads=1)), expected)
    assert list(stream(program, sequences.take([]))) == []


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("readout", READOUTS)
def test_no_sequences_have_no_scores(readout: str, encoder: str) -> None:
    program = random_program(6, encoder=encoder, readout=readout)
    none = random_sequences(6, 3, [2]).take([])
    assert_equal(*both(program, none))
    assert list(stream(program, none)) == []
    with Session(program) as session:
        assert session.run(none).shape == (0, 2)


def test_a_stream_needs_no_more_memory_the_longer_it_is() -> None:
    program = random_program(6, channels=64, hidden=(8,))
    frames = np.random.default_rng(0).normal(size=(500, 64)).astype(np.float32)
    list(stream(program, [frames], threads=1))

    def peak(sequences: int) -> int:
        tracemalloc.start()
        for _ in stream(program, (frames for _ in range(sequences)), threads=1):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(400) < 1.1 * peak(100)


def test_a_stream_reads_on_only_when_it_is_asked_for_more() -> None:
    program, taken = random_program(0, channels=1024, hidden=(2,)), []

    def source() -> Iterator[np.ndarray]:
        for i in range(10):
            taken.append(i)
            yield np.zeros((1000, 1024), dtype=np.float32)

    scores = stream(program, source(), threads=3)
    assert taken == []
    next(scores)
    assert len(taken) == 4


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("count", [0, 2, 9])
def test_what_came_before_its_source_failed_is_scored(threads: int, count: int) -> None:
    program = random_program(0, channels=1024, hidden=(2,))
    frames = np.random.default_rng(0).normal(size=(count, 200, 1024))

    def source() -> Iterator[np.ndarray]:
        yield from frames
        raise ConnectionError("the sensor is gone")

    found = []
    with pytest.raises(ConnectionError, match="the sensor is gone"):
        for scores in stream(program, source(), threads=threads):
            found.append(scores)
    assert len(found) == count
    assert not count or np.array_equal(found, run(program, frames, engine="numpy").scores)


def test_a_sequence_of_a_stream_that_cannot_be_run_is_named() -> None:
    program = random_program(0)
    good = np.zeros((4, 3))
    for bad, message in (
        (np.zeros((4, 2)), "frames have 2 channels"),
        (np.full((4, 3), np.nan), "nan in sequence 0, step 0"),
        (np.zeros((2000, 3)), "a sequence has 2000 steps"),
        (np.zeros(3), "has shape"),
    ):
        with pytest.raises(InputError, match=f"sequence 2 of the stream: .*{message}"):
            list(stream(program, [good, good, bad]))
    wide = random_program(0, channels=1024, hidden=(2,))
    for made, steps in ((program, 4), (wide, 600)):  # in one part, in three
        some = np.zeros((steps, made.encoder.channels))
        long = Sequences.of([some, some, np.zeros((2000, made.encoder.channels))])
        with pytest.raises(InputError, match="sequence 2 of the stream: .* has 2000 steps"):
            list(stream(made, long))
    for channels in (0, 2**20):
        strange = Sequences(np.zeros((4, channels), dtype=np.float32), np.array([4]))
        with pytest.raises(InputError, match=f"sequence 0 .*: frames have {channels} channels"):
            list(stream(program, strange))


def test_no_order_of_anyone_s_memory_makes_kernels_compile_anew() -> None:
    made = random_program(0, channels=4, hidden=(4,))

    def as_it_may_come(values: np.ndarray) -> np.ndarray:
        foreign = np.asfortranarray(values)
        foreign.setflags(write=False)
        return foreign

    layer, gate = made.layers[0], made.layers[0].gate
    foreign = replace(
        made,
        encoder=replace(made.encoder, offset=as_it_may_come(made.encoder.offset)),
        layers=(
            replace(
                layer,
                input_weights=as_it_may_come(layer.input_weights),
                initial_membrane=as_it_may_come(layer.initial_membrane),
                gate=replace(gate, **{k: as_it_may_come(v) for k, v in vars(gate).items()}),
            ),
        ),
        readout=replace(
            made.readout,
            weights=as_it_may_come(made.readout.weights),
            bias=as_it_may_come(made.readout.bias),
        ),
    )
    frames = random_sequences(0, 4, [6]).values
    only_read = frames.copy()
    only_read.setflags(write=False)
    kernels = (run_layer, run_readout, encode)

    def scores_of(program: Program, values: np.ndarray) -> list[np.ndarray]:
        with Session(program) as session:
            steps = [session.step(frame) for frame in values]
            lengths = np.array([6])
            lengths.setflags(write=values.flags.writeable)
            checked = Sequences(values, lengths)
            return [
                run(program, [values]).scores[0],
                next(stream(program, [values])),
                next(stream(program, checked)),
                session.run(checked)[0],
                steps[-1],
            ]

    expected = scores_of(made, frames)
    compiled = [len(kernel.signatures) for kernel in kernels]
    for values in (as_it_may_come(frames), only_read):
        assert np.array_equal(scores_of(foreign, values), expected)
    assert [len(kernel.signatures) for kernel in kernels] == compiled


def test_a_second_process_compiles_nothing() -> None:
    code = (
        "from programs import random_program, random_sequences\n"
        "from hardware import run, stream\n"
        "from hardware.engines import frames, kernels\n"
        "run(random_program(0), random_sequences(0, 3, [2]))\n"
        "list(stream(random_program(0), random_sequences(0, 3, [2])))\n"
        "for kernel in (kernels.run_layer, kernels.run_readout, frames.encode):\n"
        "    assert not kernel.stats.cache_misses, kernel\n"
        "    assert sum(kernel.stats.cache_hits.values()) == 1, kernel\n"
    )
    run(random_program(0), random_sequences(0, 3, [2]))
    list(stream(random_program(0), random_sequences(0, 3, [2])))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", [arrivals, frames, updates], ids=lambda module: module.__name__)
def test_no_function_puts_into_what_it_reads_by_at(module: ModuleType) -> None:
    functions = [
        node for node in ast.parse(getsource(module)).body if isinstance(node, ast.FunctionDef)
    ]
    writing = 0
    for function in functions:
        calls = [
            node
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        read, written = (
            {ast.unparse(call.args[0]) for call in calls if call.func.id == name}
            for name in ("at", "put")
        )
        assert not read & written, function.name
        writing += bool(written)
    assert writing
