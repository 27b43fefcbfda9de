"""`run`: a program and raw sequences in, a `Trace` out, whichever engine does the work."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any

from numpy.typing import ArrayLike

from hardware.engines import Recording, engine_named
from hardware.errors import choose
from hardware.program import Program
from hardware.program_file import digest
from hardware.sequences import Sequences
from hardware.trace import Trace


def run(
    program: Program,
    inputs: Sequences | ArrayLike | Sequence[ArrayLike],
    engine: str = "events",
    deadline: float | None = None,
    **options: Any,
) -> Trace:
    """Run every sequence from a clean state and record it.

    `inputs` are raw frames: a list of (steps, channels) arrays, one (sequences, steps, channels)
    array, or `Sequences`. `deadline` bounds the seconds that an engine in a child process may take;
    `options` are an engine's own, as `mapping` and `batch` of `lava`.
    """
    execute = engine_named(engine)
    known = [p.name for p in signature(execute).parameters.values() if p.kind == p.KEYWORD_ONLY]
    for option in options:
        choose(f"option of engine {engine!r}", option, known)
    sequences = Sequences.of(inputs)
    events, steps = program.encode(sequences)
    recording: Recording = execute(program, events, steps, deadline, **options)
    return Trace(
        engine=engine,
        program_digest=digest(program),
        lengths=steps,
        events=events,
        emitted=recording.emitted,
        membranes=recording.membranes,
        scores=recording.scores,
    )
