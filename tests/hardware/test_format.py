"""Engines and reader against a program that knows nothing but docs/format.md."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from independent.checksums import golden_digest
from independent.engine import Result, outside_the_word
from independent.engine import run as run_reference
from independent.reader import read
from many_programs import hard_sequences, is_wild, program_number
from programs import random_program, taken_by

from hardware import Program, Session, Trace, run, stream
from hardware.definition.arithmetic import ACTIVATIONS
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.encoder import ENCODERS
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.readout import READOUTS
from hardware.runs.heads import by_head
from hardware.sequences.dense import Sequences

pytestmark = pytest.mark.filterwarnings("ignore::hardware.errors.ClampedInputsWarning")

SAVED = sorted((Path(__file__).parents[1] / "saved").glob("*.sgru"))
LENGTHS = [3, 1, 5]


def file_of(program: Program, folder: Path) -> bytes:
    """Return the bytes of the program's file."""
    program.save(folder / "p.sgru")
    return (folder / "p.sgru").read_bytes()


def reference_results(file: bytes, sequences: Sequences) -> tuple[list[Result], int]:
    """Return what the reference computes, and how many values leave the word."""
    program, outside = read(file), []
    frames = [[tuple(map(float, frame)) for frame in sequence] for sequence in sequences]
    results = [
        run_reference(program, f, watch=lambda *seen: outside.append(outside_the_word(*seen)))
        for f in frames
    ]
    return results, sum(outside)


def assert_equal(program: Program, trace: Trace, results: list[Result]) -> None:
    """Compare every number of a trace with the reference's."""

    def same(found: np.ndarray, expected: list[list[list[int]]]) -> bool:
        return np.array_equal(found, [row for rows in expected for row in rows])

    assert same(trace.events, [r.events for r in results])
    for i, (emitted, membranes) in enumerate(zip(trace.emitted, trace.membranes, strict=True)):
        assert same(emitted, [r.emissions[i] for r in results])
        assert same(membranes, [r.membranes[i] for r in results])
    assert same(trace.scores, [r.scores for r in results])
    values = np.array([row for r in results for row in r.values])
    assert program.values(trace).tobytes() == values.tobytes()
    for place, (alone, of_head) in enumerate(by_head(program, trace).values()):
        if alone.classes:
            assert of_head.predictions.tolist() == [r.labels[place] for r in results]
        else:
            assert of_head.values is not None
            rows = program.readout.target.parts[place][0]
            assert of_head.values.tobytes() == values[:, rows].tobytes()


def check(number: int, folder: Path) -> None:
    """Compare the engines numpy and events, a stream and a session with the reference."""
    program = program_number(number)
    sequences = hard_sequences(number, program.encoder.channels, LENGTHS)
    sequences = taken_by(program.encoder, sequences)
    file = file_of(program, folder)
    results, outside = reference_results(file, sequences)
    assert read(file).digest == program.digest
    for engine in ("numpy", "events"):
        trace = run(program, sequences, engine=engine, strict=False)
        assert_equal(program, trace, results)
        assert trace.saturations is not None
        assert trace.saturations[:, 2].sum() == outside
    for scores, result in zip(
        stream(program, sequences, strict=False, threads=1), results, strict=True
    ):
        assert np.atleast_2d(scores).tolist() == result.scores
    if program.bidirectional:
        return
    with Session(program, strict=False) as session:
        for frames, result in zip(sequences, results, strict=True):
            session.reset()
            answers = [session.step(frame).tolist() for frame in frames]
            assert answers[-1] == result.scores[-1]


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_the_reference_computes_the_golden_samples_of_a_saved_program(path: Path) -> None:
    program = read(path.read_bytes())
    assert len(program.golden) == 3
    for sample in program.golden:
        assert golden_digest(run_reference(program, sample.frames)) == sample.digest
    assert program.digest == Program.load(path).digest


@pytest.mark.parametrize("start", range(0, 48, 12))
def test_every_engine_computes_the_numbers_of_the_page(start: int, tmp_path: Path) -> None:
    for number in range(start, start + 12):
        check(number, tmp_path)


def test_these_programs_are_of_every_kind() -> None:
    programs = [program_number(number) for number in range(48)]
    cells = [layer.cell for program in programs for layer in program.layers]
    found = [
        {(cell.formulation, cell.emit) for cell in cells},
        {cell.reset_mechanism for cell in cells},
        {cell.activation for cell in cells},
        {program.encoder.kind for program in programs},
        {program.readout.kind for program in programs},
    ]
    pairs = product(FORMULATIONS, EMISSIONS)
    assert found == list(map(set, (pairs, RESET_MECHANISMS, ACTIVATIONS, ENCODERS, READOUTS)))
    assert {program.bidirectional for program in programs} == {True, False}
    assert {len(program.levels) for program in programs} == {1, 2}


def test_the_word_ends_where_the_page_says(tmp_path: Path) -> None:
    program = random_program(0, 1, (1,), 1)
    [layer] = program.layers
    gate = replace(
        layer.gate,
        bias=np.array([[2**23 - 1], [1 - 2**23], [2**23]]),
        recurrent_bias=np.array([-(2**23)]),
    )
    still = replace(layer, input_weights=layer.input_weights * 0, gate=gate)
    program = replace(program, layers=(still,))
    frames = Sequences.of(np.ones((1, 4, 1)), 1)
    _, outside = reference_results(file_of(program, tmp_path), frames)
    trace = run(program, frames, engine="numpy", strict=False)
    assert trace.saturations is not None
    assert trace.saturations[:, 2].sum() == outside > 0


@pytest.mark.long
def test_every_engine_computes_the_numbers_of_the_page_for_1000_programs(tmp_path: Path) -> None:
    for number in range(48, 1048):
        check(number, tmp_path)


def check_lava(number: int, folder: Path) -> None:
    """Compare Lava's simulator with the reference."""
    program = program_number(number)
    sequences = hard_sequences(number, program.encoder.channels, LENGTHS)
    sequences = taken_by(program.encoder, sequences)
    results, _ = reference_results(file_of(program, folder), sequences)
    assert_equal(program, run(program, sequences, engine="lava", strict=False), results)


@pytest.mark.parametrize("number", [0, 1])
def test_lava_computes_the_numbers_of_the_page(number: int, tmp_path: Path) -> None:
    check_lava(number, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("number", [n for n in range(2, 32) if not is_wild(n)])
def test_lava_computes_the_numbers_of_the_page_for_more_programs(
    number: int, tmp_path: Path
) -> None:
    check_lava(number, tmp_path)


def test_an_initial_membrane_that_the_host_gives_is_rounded_half_to_even(tmp_path: Path) -> None:
    program = program_number(1)
    one = 2 ** program.layers[0].cell.state_fraction
    rng = np.random.default_rng(0)
    given, expected = {}, []
    for layer in program.layers:
        halves = rng.integers(-2 * one, 2 * one + 1, layer.neurons) / 2
        given[layer.name] = halves / one
        expected.append([round(half) for half in halves.tolist()])
    sequences = taken_by(program.encoder, hard_sequences(1, program.encoder.channels, [4]))
    reference = read(file_of(program, tmp_path))
    frames = sequences.values.tolist()
    trace = run(program.starting_from(given), sequences)
    assert_equal(program, trace, [run_reference(reference, frames, initial=expected)])
