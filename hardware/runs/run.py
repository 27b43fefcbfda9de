"""`run`: a program and raw sequences in, a `Trace` out, whichever engine does the work."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from hardware.engines import Recording, engine_named
from hardware.engines.registry import require_options
from hardware.engines.saturation import require_within_word
from hardware.errors import ClampedInputsWarning
from hardware.program.start import InitialState, start_of
from hardware.runs.clamped import clamped_inputs
from hardware.runs.early_exit import exit_rule, exits_of, scores_of_frames, shortened
from hardware.runs.given import ProgramLike, program_of
from hardware.runs.trace import Trace
from hardware.runs.traced_layers import TracedLayer
from hardware.sequences.dense import Inputs


def run(
    program: ProgramLike,
    inputs: Inputs,
    engine: str = "events",
    deadline: float | None = None,
    *,
    strict: bool = True,
    initial_state: InitialState | None = None,
    early_exit: float | None = None,
    fewest: int = 1,
    **options: Any,
) -> Trace:
    """Run every sequence from a clean state, or from an initial one, and record it.

    `inputs` are raw frames: a list of (steps, channels) arrays, one (sequences, steps, channels)
    array, or `Sequences`; or a list of texts. `deadline` bounds the seconds that an engine in a
    child process may take. A value that leaves the chip's word is a RangeError; without
    `strict` it is only counted. Frames of which the encoder clamps too many values give a
    `ClampedInputsWarning`.

    `initial_state` has membranes by layer name, (neurons,) for all sequences or (sequences,
    neurons) for each, such as another run's `Trace.final_state`: see
    `hardware.program.start.start_of`.

    With `early_exit` each sequence ends at the first frame after which its best class leads by this
    margin in the unit of logits, but has at least `fewest` frames: see
    `hardware.definition.early_exit`. The trace is that of the shortened sequences. Options are the
    engine's own: `threads` and `dense` of `events`; `mapping` and `batch` of `lava`. With `dense`
    at `"auto"`, messages that most sources send are multiplied as whole rows; `"always"` and
    `"never"` do so everywhere or nowhere, with the same bits.
    """
    program = program_of(program)
    exits = None
    if early_exit is not None:
        rule = exit_rule(program, early_exit, fewest)
        inputs = program.sequences(inputs)
        whole = record(
            program, inputs, engine, deadline, strict=False, initial_state=initial_state, **options
        )
        leads = rule.lead(scores_of_frames(program, whole))
        exits = exits_of(rule, leads, inputs.lengths)
        inputs = shortened(inputs, exits)
    trace = record(
        program, inputs, engine, deadline, strict=strict, initial_state=initial_state, **options
    )
    trace = replace(trace, exits=exits)
    found = clamped_inputs(trace, program)
    text = found and found.warning(program.encoder)
    if text:
        warnings.warn(text, ClampedInputsWarning, stacklevel=2)
    return trace


def record(
    program: ProgramLike,
    inputs: Inputs,
    engine: str = "events",
    deadline: float | None = None,
    *,
    strict: bool = True,
    initial_state: InitialState | None = None,
    **options: Any,
) -> Trace:
    """As `run`, without a warning: for frames that are no data to be answered."""
    program = program_of(program)
    execute = engine_named(engine)
    require_options(engine, execute, options)
    sequences = program.sequences(inputs)
    clamped = np.zeros(program.encoder.channels, dtype=np.int64)
    start = start_of(program, initial_state, len(sequences))
    events, steps = program.encode(sequences, clamped)
    recording: Recording = execute(program, events, steps, deadline, start, **options)
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
        heads=program.heads,
        layers=tuple(TracedLayer(layer.name, layer.backward) for layer in program.layers),
        initial=None if start is None else start.membranes,
    )
