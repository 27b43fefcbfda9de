from __future__ import annotations

import hashlib
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from programs import every_cell, every_program, random_program, random_sequences, with_readout

from hardware.errors import InputError, ProgramError
from hardware.program.model import Program
from hardware.runs.golden import Golden, golden_samples, replay, sample_digests
from hardware.runs.run import run
from hardware.runs.trace import Trace


@settings(max_examples=40, deadline=None)
@given(every_program, every_cell)
def test_a_program_replays_its_own_samples_after_it_was_saved(
    tmp_path_factory: pytest.TempPathFactory, program: dict, cell: dict
) -> None:
    path = tmp_path_factory.mktemp("golden") / "p.sgru"
    sound = random_program(**program, **cell)
    inputs = random_sequences(program["seed"], program["channels"], [3, 1, 5])
    golden_samples(sound, inputs).save(path)
    loaded = Program.load(path)
    assert replay(loaded, "numpy") == []
    assert replay(loaded, "events") == []
    for sample, frames in zip(loaded.golden, inputs, strict=True):
        assert np.array_equal(sample.frames, frames)
    assert loaded.digest == sound.digest


def test_lava_replays_the_samples_too() -> None:
    assert replay(golden_samples(random_program(0), random_sequences(0, 3, [3, 2])), "lava") == []


def hashed(rows: list[tuple[str, str, np.ndarray]]) -> str:
    """The hash as its description says, number by number."""
    text = b""
    for quantity, layer, values in rows:
        text += f"{quantity} {layer} {values.shape}\n".encode()
        for value in values.ravel():
            text += struct.pack("<q", int(value))
    return hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize("readout", ["mean", "step"])
def test_the_hash_is_that_of_every_number_of_every_step(readout: str) -> None:
    program = random_program(4, hidden=(3, 2), readout=readout)
    trace = run(program, random_sequences(4, 3, [2, 4, 1]))
    found = sample_digests(trace)
    for sequence, (start, end) in enumerate(((0, 2), (2, 6), (6, 7))):
        scores = slice(start, end) if readout == "step" else slice(sequence, sequence + 1)
        rows = [("event", "encoder", trace.events[start:end])]
        for i in range(2):
            rows.append(("emission", f"layer {i}", trace.emitted[i][start:end]))
            rows.append(("membrane", f"layer {i}", trace.membranes[i][start:end]))
        assert found[sequence] == hashed([*rows, ("score", "readout", trace.scores[scores])])


def test_a_sample_has_the_same_hash_alone_and_among_others() -> None:
    program, inputs = random_program(1), random_sequences(1, 3, [4, 2, 6])
    together = golden_samples(program, inputs).golden
    for sample, frames in zip(together, inputs, strict=True):
        assert golden_samples(program, [frames]).golden[0].digest == sample.digest


def with_one_number_changed(trace: Trace, quantity: str, row: int) -> Trace:
    values = getattr(trace, quantity)
    changed = (values[0] if isinstance(values, tuple) else values).copy()
    changed[row, -1] += 1
    return replace(trace, **{quantity: (changed,) if isinstance(values, tuple) else changed})


@pytest.mark.parametrize("quantity", ["events", "emitted", "membranes", "scores"])
def test_any_number_that_changes_in_any_step_changes_its_sample_alone(quantity: str) -> None:
    trace = run(random_program(2), random_sequences(2, 3, [2, 3]))
    before = sample_digests(trace)
    for row in range(2 if quantity == "scores" else 5):
        after = sample_digests(with_one_number_changed(trace, quantity, row))
        first = row < (1 if quantity == "scores" else 2)
        assert (after[0] == before[0], after[1] == before[1]) == (not first, first)


def test_what_computes_otherwise_is_found_by_its_sample() -> None:
    program = golden_samples(random_program(3), random_sequences(3, 3, [5, 4]))
    first, second = program.golden
    moved = replace(second, frames=second.frames + 0.5)
    assert replay(replace(program, golden=(first, moved)), "numpy") == [1]
    readout = replace(program.readout, bias=program.readout.bias + 1)
    assert replay(with_readout(program, readout), "numpy") == [0, 1]


def test_nothing_is_replayed_without_samples() -> None:
    with pytest.raises(InputError, match="carries no golden samples: convert it again"):
        replay(random_program(0), "numpy")


@pytest.mark.parametrize(
    ("frames", "sha", "message"),
    [
        (np.zeros(3, np.float32), "0" * 64, r"frames of shape \(3,\)"),
        (np.zeros((0, 3), np.float32), "0" * 64, "one frame at least"),
        (np.zeros((2, 3)), "0" * 64, "float64, expected float32"),
        (np.full((1, 3), np.nan, np.float32), "0" * 64, "every value must be a finite number"),
        (np.zeros((2, 3), np.float32), "0" * 63, "is not a SHA-256"),
        (np.zeros((2, 3), np.float32), "0" * 64 + "\n", "is not a SHA-256"),
    ],
)
def test_a_sample_that_is_none_is_refused(frames: np.ndarray, sha: str, message: str) -> None:
    with pytest.raises(ProgramError, match=f"golden sample: .*{message}"):
        Golden(frames, sha)


def test_samples_must_fit_their_program() -> None:
    program = random_program(0, encoder="rate")
    with pytest.raises(ProgramError, match="frames have 2 channels, but the encoder has 3"):
        replace(program, golden=(Golden(np.zeros((1, 2), np.float32), "0" * 64),))
    steps = 400 * program.encoder.steps
    with pytest.raises(ProgramError, match=f"{steps} steps, but at most 399 are proven"):
        sample = Golden(np.zeros((400, 3), np.float32), "0" * 64)
        replace(program, golden=(sample,), max_steps=399)
