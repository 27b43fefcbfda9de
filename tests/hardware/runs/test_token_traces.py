"""Traces of token programs: as those with an array of events, in the memory of their tokens."""

from __future__ import annotations

import tracemalloc
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences, taken_by

from hardware import Program, compare, count, run
from hardware.cost.chip import load_chip
from hardware.cost.core_loads import core_loads
from hardware.cost.dense_gru import delta_gru
from hardware.cost.placement import place
from hardware.definition import token_rows
from hardware.definition.encoder import Encoder
from hardware.definition.token_rows import TokenRows
from hardware.errors import InputError
from hardware.files.disk import read_tensors, write_tensors
from hardware.files.sealed import tensors_checksum
from hardware.reporting.divergence import divergence_figure
from hardware.reporting.raster import raster
from hardware.runs.golden import sample_digests
from hardware.runs.trace import Trace
from hardware.sequences.dense import Sequences

LENGTHS = [4, 1, 6]

WORDS = 4000
"""Tokens of a large vocabulary."""


def traced(program: dict, cell: dict, engine: str = "numpy") -> tuple[Program, Trace, Trace]:
    """A token program, its trace, and that trace with an array of events."""
    made = random_program(**{**program, "encoder": "tokens"}, **cell)
    sequences = random_sequences(program["seed"], made.encoder.channels, LENGTHS)
    trace = run(made, taken_by(made.encoder, sequences), engine, strict=False)
    assert isinstance(trace.events, TokenRows)
    return made, trace, replace(trace, events=np.asarray(trace.events))


def equal(a: object, b: object) -> bool:
    """Whether two dataclasses of arrays are equal in everything."""
    return all(
        np.array_equal(of_a, of_b) if isinstance(of_a, np.ndarray) else of_a == of_b
        for of_a, of_b in zip(flat(a), flat(b), strict=True)
    )


def flat(found: Any) -> list[Any]:
    if isinstance(found, tuple | list):
        return [item for each in found for item in flat(each)]
    return [found]


@settings(max_examples=15, deadline=None)
@given(program=every_program, cell=every_cell, engine=st.sampled_from(["numpy", "events"]))
def test_costs_are_those_of_the_array_in_parts_of_any_size(
    program: dict, cell: dict, engine: str
) -> None:
    made, trace, dense = traced(program, cell, engine)
    placement = place(made, load_chip("loihi2"))
    expected = [
        astuple(count(dense, made)),
        delta_gru(made, dense),
        *loads(core_loads(dense, made, placement)),
    ]
    for at_once in (1, 7, 2**22):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(token_rows, "AT_ONCE", at_once)
            patch.setattr("hardware.cost.traffic.AT_ONCE", at_once)
            for each in (trace, dense):
                found = [
                    astuple(count(each, made)),
                    delta_gru(made, each),
                    *loads(core_loads(each, made, placement)),
                ]
                assert equal(found, expected)


def loads(found: Any) -> list[Any]:
    return [getattr(found, f.name) for f in fields(found) if f.name not in ("placement", "slots")]


@settings(max_examples=20, deadline=None)
@given(program=every_program, cell=every_cell)
def test_digests_and_comparisons_are_those_of_the_array(program: dict, cell: dict) -> None:
    _, trace, dense = traced(program, cell)
    assert sample_digests(trace) == sample_digests(dense)
    assert compare(trace, dense).first is None
    assert compare(trace, dense) == compare(dense, dense)


def test_a_file_holds_the_tokens_and_one_of_an_earlier_release_the_array(tmp_path: Path) -> None:
    program = {"seed": 3, "channels": 2, "hidden": (4,)}
    _, trace, dense = traced(program, {})
    for name, each in (("tokens", trace), ("array", dense)):
        each.save(tmp_path / name)
        loaded = Trace.load(tmp_path / name)
        assert type(loaded.events) is type(each.events)
        assert compare(loaded, trace).first is None
        assert np.array_equal(loaded.clamped, trace.clamped)
    tensors, about = read_tensors(tmp_path / "tokens")
    assert "events" not in tensors
    assert tensors["tokens"].tolist() == trace.events.numbers.tolist()
    assert about["tokens"] == str(trace.events.tokens)


@pytest.mark.parametrize(
    ("tokens", "of_channel", "message"),
    [
        (None, "4", "numbers of tokens are 0 to 5, expected 0 to 4"),
        (None, "", "tokens of a channel are '', expected a number of 2 to 65535"),
        (None, "65536", "tokens of a channel are '65536', expected"),
        (None, "1e3", "tokens of a channel are '1e3', expected"),
        (None, "9" * 5000, "tokens of a channel are '9{60}', expected"),
        (None, None, "has no 'tokens'"),
        (np.zeros((11, 2), dtype=np.int64), "5", "tokens are of type int64, expected int32"),
        (np.zeros(11, dtype=np.int32), "5", r"have shape \(11,\) of int32, expected whole numbers"),
        (np.zeros((9, 2), dtype=np.int32), "5", "event of encoder has 9 rows, expected 11"),
        (np.zeros((11, 3), dtype=np.int32), "5", r"clamped have shape \(2,\)"),
    ],
)
def test_a_file_with_other_tokens_is_refused(
    tokens: np.ndarray | None, of_channel: str | None, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "t"
    traced({"seed": 3, "channels": 2, "hidden": (4,)}, {})[1].save(file)
    tensors, about = read_tensors(file)
    if tokens is not None:
        tensors["tokens"] = tokens
    del about["tokens"], about["sha256"]
    about |= {} if of_channel is None else {"tokens": of_channel}
    write_tensors(file, tensors, {**about, "sha256": tensors_checksum(tensors, about)})
    with pytest.raises(InputError, match=message):
        Trace.load(file)


def test_pictures_are_those_of_the_array() -> None:
    program = {"seed": 3, "channels": 2, "hidden": (4,)}
    made, trace, dense = traced(program, {})
    assert raster(made, trace, 2) == raster(made, dense, 2)
    other = replace(trace, events=TokenRows(5 - trace.events.numbers, 5))
    comparison = compare(trace, other)
    differ = np.argwhere(np.asarray(trace.events) != np.asarray(other.events))
    assert comparison.mismatches["event"] == len(differ)
    assert comparison.by_layer == {"encoder": {"event": len(differ)}}
    assert comparison.first is not None
    assert [comparison.first.step, comparison.first.neuron] == differ[0].tolist()
    figure = divergence_figure(trace, other, comparison.first)
    assert figure.axes[0].get_ylabel() == "neuron of encoder"


def test_a_part_that_differs_is_found_wherever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    _, trace, _ = traced({"seed": 3, "channels": 2, "hidden": (4,)}, {})
    numbers = trace.events.numbers.copy()
    numbers[[5, 9], 1] = 5 - numbers[[5, 9], 1]
    other = replace(trace, events=TokenRows(numbers, 5))
    expected = compare(trace, other)
    for at_once in (1, 25):
        monkeypatch.setattr(token_rows, "AT_ONCE", at_once)
        assert compare(trace, other) == expected
    assert expected.first is not None
    assert (expected.first.sequence, expected.first.step) == (2, 0)


def test_many_steps_of_a_large_vocabulary_take_little_memory(tmp_path: Path) -> None:
    """An array of the events would have 160 MB."""
    program, rng = (
        random_program(3, channels=1, hidden=(2,), encoder="tokens"),
        np.random.default_rng(0),
    )
    weights = rng.integers(-127, 128, (len(program.layers[0].input_weights), WORDS))
    encoder = Encoder(np.zeros(1), np.ones(1), 0, 1, "tokens", fields=WORDS)
    layers = (replace(program.layers[0], input_weights=weights.astype(np.int8)),)
    program = replace(program, encoder=encoder, layers=layers)
    tokens = rng.integers(0, WORDS + 1, (20_000, 1)).astype(np.float32)
    sequences = Sequences(tokens, np.full(40, 500))
    tracemalloc.start()
    trace = run(program, sequences)
    found = [trace, run(program, sequences, "numpy")]
    trace.save(tmp_path / "t")
    found.append(Trace.load(tmp_path / "t"))
    assert all(compare(each, trace).first is None for each in found)
    count(trace, program)
    delta_gru(program, trace)
    core_loads(trace, program, place(program, load_chip("loihi2")))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 60e6, f"{most / 1e6:.0f} MB"
