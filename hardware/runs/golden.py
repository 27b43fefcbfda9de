"""Golden samples: inputs that a program carries, with the hash of their exact output trace.

Whoever holds the file can replay them on any engine, without torch and without the data.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from hardware.errors import InputError
from hardware.program.model import Golden, Program
from hardware.runs.run import record
from hardware.runs.trace import Trace
from hardware.sequences.dense import Inputs

__all__ = ["Golden", "golden_samples", "replay"]


def golden_samples(program: Program, inputs: Inputs) -> Program:
    """The program with these inputs as its golden samples, as the definition computes them."""
    sequences = program.sequences(inputs)
    digests = sample_digests(record(program, sequences, "numpy"))
    samples = (Golden(frames, sha) for frames, sha in zip(sequences, digests, strict=True))
    return replace(program, golden=tuple(samples))


def replay(program: Program, engine: str, deadline: float | None = None) -> list[int]:
    """Run the golden samples on an engine: the positions of those whose trace is another one."""
    if not program.golden:
        raise InputError("the program carries no golden samples: convert it anew")
    trace = record(program, [sample.frames for sample in program.golden], engine, deadline)
    pairs = zip(program.golden, sample_digests(trace), strict=True)
    return [i for i, (sample, found) in enumerate(pairs) if sample.digest != found]


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
