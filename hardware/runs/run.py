"""`run`: a program and raw sequences in, a `Trace` out, whichever engine does the work."""

from __future__ import annotations

from typing import Any

from hardware.engines import Recording, engine_named
from hardware.engines.registry import require_options
from hardware.engines.saturation import require_within_word
from hardware.program.model import Program
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
    A value that leaves the chip's word is a RangeError, or only counted if not `strict`. Options
    are the engine's own: `threads` of `events`; `mapping` and `batch` of `lava`.
    """
    execute = engine_named(engine)
    require_options(engine, execute, options)
    sequences = Sequences.of(inputs)
    events, steps = program.encode(sequences)
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
    )
