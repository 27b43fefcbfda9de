"""`stream`: sequences in, their scores out, any number of them in memory that does not grow."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.arithmetic import Integers
from hardware.engines.events import Scorer, threads_to_use
from hardware.engines.saturation import Saturations, require_within_word
from hardware.errors import InputError
from hardware.program import Program
from hardware.sequences import Sequences

VALUES_AT_ONCE = 2**18
"""One MiB of frames is one piece of work: its calls cost little, and threads have many to share."""

Work = Sequences | list[ArrayLike] | Exception
"""Sequences, those that have been checked not to be checked again; or why there are no more."""

Batch = tuple[Work, int]
"""Work, and the number of its first sequence."""

Scored = tuple[list[Integers], Saturations | None]


def stream(
    program: Program,
    sequences: Iterable[ArrayLike],
    *,
    strict: bool = True,
    threads: int | None = None,
) -> Iterator[NDArray[np.int64]]:
    """Scores of one sequence after another on the events engine; nothing else is kept.

    Sequences are (steps, channels) arrays of raw frames, each with memory of its own, for they are
    kept until they make a batch. Scores are (outputs,) of each, or (steps, outputs) where the
    readout answers at every step. `threads` work on so many batches at once, by default one for
    each core; `strict` is as in `run`. What `sequences` raises is raised after the scores of all
    that came before.
    """
    workers = threads_to_use(threads)
    scorer = Scorer(program)

    def work(batch: Work, first: int) -> Scored:
        return scorer.score(checked(program, batch, first), first)

    todo = batches(sequences)
    done = (work(*each) for each in todo) if workers == 1 else in_threads(work, todo, workers)
    for scores, overflow in done:
        if strict:
            require_within_word(program, overflow)
        yield from scores


def in_threads(
    work: Callable[[Work, int], Scored], todo: Iterator[Batch], workers: int
) -> Iterator[Scored]:
    """What becomes of each batch, in order; one more is taken than there are workers."""
    under_way: deque[Future[Scored]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for batch, first in todo:
            under_way.append(pool.submit(work, batch, first))
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def batches(sequences: Iterable[ArrayLike]) -> Iterator[Batch]:
    """As many sequences together as are worth a call; what the source raises comes last."""
    if isinstance(sequences, Sequences):
        first = 0
        for part in sequences.parts(max(VALUES_AT_ONCE // max(sequences.channels, 1), 1)):
            yield part, first
            first += len(part)
        return
    waiting: list[ArrayLike] = []
    first = values = 0
    failure = None
    try:
        for sequence in sequences:
            waiting.append(sequence)
            values += np.size(sequence)
            if values >= VALUES_AT_ONCE:
                yield waiting, first
                first, values, waiting = first + len(waiting), 0, []
    except Exception as error:  # whatever the source raises, in its turn
        failure = error
    if waiting:
        yield waiting, first
    if failure is not None:
        yield failure, first + len(waiting)


def checked(program: Program, batch: Work, first: int) -> Sequences:
    """The batch; an InputError that names the first sequence which the program cannot take."""
    if isinstance(batch, Exception):
        raise batch
    try:
        sequences = Sequences.of(batch)
        program.steps_of(sequences)
        return sequences
    except InputError:
        for number, sequence in enumerate(batch, first):
            try:
                program.steps_of(Sequences.of([sequence]))
            except InputError as error:
                raise InputError(f"sequence {number} of the stream: {error}") from error
        raise
