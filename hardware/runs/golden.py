"""Golden samples: inputs that a program carries, with the hash of their exact output trace.

Anyone who has the file can replay them on any engine, without torch and without the data.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from hardware.errors import InputError
from hardware.program.model import Golden, Program
from hardware.program.pair import ProgramPair
from hardware.runs.run import record
from hardware.runs.trace import Trace
from hardware.sequences.dense import Inputs

__all__ = ["Golden", "golden_samples", "replay", "replay_pair"]

HANDED_OVER = "decoder after encoder"
"""The decoder's samples from the states with which the encoder's samples end."""


def golden_samples(program: Program, inputs: Inputs) -> Program:
    """The program with these inputs as its golden samples, as the definition computes them."""
    sequences = program.sequences(inputs)
    digests = sample_digests(record(program, sequences, "numpy"))
    samples = (Golden(frames, sha) for frames, sha in zip(sequences, digests, strict=True))
    return replace(program, golden=tuple(samples))


def replay(program: Program, engine: str, deadline: float | None = None) -> list[int]:
    """Run the golden samples on an engine: the positions of those whose trace is another one."""
    if not program.golden:
        raise InputError("the program carries no golden samples: convert it again")
    trace = record(program, [sample.frames for sample in program.golden], engine, deadline)
    pairs = zip(program.golden, sample_digests(trace), strict=True)
    return [i for i, (sample, found) in enumerate(pairs) if sample.digest != found]


def replay_pair(
    pair: ProgramPair, engine: str, deadline: float | None = None
) -> dict[str, list[int]]:
    """Replay the golden samples of both halves: the positions of those that differ, by half.

    A decoder's digests are of samples that begin as its program says. So its samples also run from
    the states that the encoder hands over, and are compared with the definition.
    """
    found = {half: replay(program, engine, deadline) for half, program in pair.halves.items()}
    of_engine, of_definition = (_handed_over(pair, name, deadline) for name in (engine, "numpy"))
    digests = zip(of_engine, of_definition, strict=True)
    return {**found, HANDED_OVER: [i for i, (a, b) in enumerate(digests) if a != b]}


def _handed_over(pair: ProgramPair, engine: str, deadline: float | None) -> list[str]:
    """Return the digests of the decoder's samples, each after one of the encoder's."""
    samples = zip(pair.encoder.golden, pair.decoder.golden, strict=False)
    read, written = zip(*((a.frames, b.frames) for a, b in samples), strict=True)
    state = record(pair.encoder, list(read), engine, deadline).final_state
    trace = record(pair.decoder, list(written), engine, deadline, initial_state=state)
    return sample_digests(trace)


def sample_digests(trace: Trace) -> list[str]:
    """For each sequence, SHA-256 of every event, emission, membrane and score at every step.

    Each quantity is hashed as its name, its layer, its shape, and its values as 64-bit integers,
    little-endian, step after step.
    """
    return [_digest(trace, sequence) for sequence in range(len(trace.lengths))]


def _digest(trace: Trace, sequence: int) -> str:
    start = trace.starts[sequence]
    steps = slice(start, start + trace.lengths[sequence])
    total = hashlib.sha256()
    for quantity, layer, values in trace.quantities():
        at_every_step = quantity != "score" or trace.answers_every_step
        rows = values[steps if at_every_step else slice(sequence, sequence + 1)]
        total.update(f"{quantity} {layer} {rows.shape}\n".encode())
        total.update(np.ascontiguousarray(rows, dtype="<i8").data)
    return total.hexdigest()
