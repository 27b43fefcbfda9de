"""`run` records what a program does with raw sequences, `stream` only scores them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.engines import Recording, engine_named
from hardware.engines.registry import require_options
from hardware.engines.saturation import require_within_word
from hardware.errors import InputError
from hardware.program import Program
from hardware.program_file import digest
from hardware.sequences import Sequences
from hardware.trace import Trace

VALUES_AT_ONCE = 2**20
"""Of a stream: 4 MiB of frames are waited for before they are scored."""


def run(
    program: Program,
    inputs: Sequences | ArrayLike | Sequence[ArrayLike],
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
    are the engine's own: `threads` of `events`.
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
        program_digest=digest(program),
        lengths=steps,
        events=events,
        emitted=recording.emitted,
        membranes=recording.membranes,
        scores=recording.scores,
        saturations=None if found is None else found.counts,
    )


def stream(
    program: Program,
    sequences: Iterable[ArrayLike],
    *,
    strict: bool = True,
    threads: int | None = None,
) -> Iterator[NDArray[np.int64]]:
    """Scores of one sequence after another on the events engine, in memory that does not grow.

    Sequences are (steps, channels) arrays of raw frames. Scores are (outputs,) of each, or
    (steps, outputs) where the readout answers at every step; nothing else is kept.
    """
    from hardware.engines.events import score

    for scores, saturations in score(program, batches(program, sequences), threads):
        if strict:
            require_within_word(program, saturations)
        yield from scores


def batches(program: Program, sequences: Iterable[ArrayLike]) -> Iterator[Sequences]:
    """Sequences that the program can take, so many together as are worth a call."""
    waiting: list[ArrayLike] = []
    done = values = 0
    for sequence in sequences:
        waiting.append(sequence)
        values += np.size(sequence)
        if values >= VALUES_AT_ONCE:
            yield checked(program, waiting, done)
            done, values = done + len(waiting), 0
            waiting = []
    if waiting:
        yield checked(program, waiting, done)


def checked(program: Program, sequences: list[ArrayLike], done: int) -> Sequences:
    """What a program can take; an InputError that names the first of them that it cannot."""
    try:
        batch = Sequences.of(sequences)
        program.steps_of(batch)
        return batch
    except InputError:
        for number, sequence in enumerate(sequences, done):
            try:
                program.steps_of(Sequences.of([sequence]))
            except InputError as error:
                raise InputError(f"sequence {number} of the stream: {error}") from error
        raise
