"""`run`: a program and raw sequences in, a `Trace` out, whichever engine does the work."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from hardware.engines import Recording, engine_named
from hardware.engines.registry import require_options
from hardware.engines.saturation import require_within_word
from hardware.errors import ClampedInputsWarning
from hardware.program.model import Program
from hardware.runs.clamped import clamped_inputs
from hardware.runs.trace import Trace
from hardware.sequences.dense import Inputs, Sequences


def run(
    program: Program,
    inputs: Inputs,
    engine: str = "events",
    deadline: float | None = None,
    *,
    strict: bool = True,
    **options: Any,
) -> Trace:
    """Run every sequence from a clean state and record it.

    `inputs` are raw frames: a list of (steps, channels) arrays, one (sequences, steps, channels)
    array, or `Sequences`. `deadline` bounds the seconds that an engine in a child process may take.
    A value that leaves the chip's word is a RangeError, or only counted if not `strict`. Frames of
    which the encoder clamps too many values give a `ClampedInputsWarning`. Options are the engine's
    own: `threads` of `events`; `mapping` and `batch` of `lava`.
    """
    trace = record(program, inputs, engine, deadline, strict=strict, **options)
    found = clamped_inputs(trace, program)
    text = found and found.warning(program.encoder)
    if text:
        warnings.warn(text, ClampedInputsWarning, stacklevel=2)
    return trace


def record(
    program: Program,
    inputs: Inputs,
    engine: str = "events",
    deadline: float | None = None,
    *,
    strict: bool = True,
    **options: Any,
) -> Trace:
    """As `run`, without a warning: for frames that are no data to be answered."""
    execute = engine_named(engine)
    require_options(engine, execute, options)
    sequences = Sequences.of(inputs, program.encoder.channels)
    clamped = np.zeros(program.encoder.channels, dtype=np.int64)
    events, steps = program.encode(sequences, clamped)
    recording: Recording = execute(program, events, steps, deadline, **options)
    found = recording.saturations
    if strict:
        require_within_word(program, found)
    return Trace(
        engine=engine,
        program_digest=program.digest,
        lengths=steps,
        events=events,
        emitted=recording.emitted,
        membranes=recording.membranes,
        scores=recording.scores,
        saturations=None if found is None else found.counts,
        clamped=clamped,
        values=program.answered_values(recording.scores, steps),
        decision=program.readout.target.decision,
    )
