"""`stream`: sequences in, their scores out, any number of them in memory that does not grow."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.arithmetic import Integers
from hardware.engines.events import Scorer, threads_to_use
from hardware.engines.saturation import Saturations, require_within_word
from hardware.errors import InputError
from hardware.program import Program
from hardware.sequences import Sequences

VALUES_AT_ONCE = 2**17
"""Half a MiB of frames is one piece of work: it stays in a core's cache."""

Scored = tuple[list[Integers], Saturations | None]


def stream(
    program: Program,
    sequences: Iterable[ArrayLike],
    *,
    strict: bool = True,
    threads: int | None = None,
) -> Iterator[NDArray[np.int64]]:
    """Scores of one sequence after another on the events engine; nothing else is kept.

    Sequences are (steps, channels) arrays of raw frames. Scores are (outputs,) of each, or
    (steps, outputs) where the readout answers at every step. `threads` work on so many batches of
    sequences at once, by default one for each core; `strict` is as in `run`.
    """
    workers = threads_to_use(threads)
    scorer = Scorer(program)

    def work(batch: list[ArrayLike], first: int) -> Scored:
        return scorer.score(checked(program, batch, first), first)

    def finished(future: Future[Scored]) -> list[Integers]:
        scores, overflow = future.result()
        if strict:
            require_within_word(program, overflow)
        return scores

    under_way: deque[Future[Scored]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for batch, first in batches(sequences):
            under_way.append(pool.submit(work, batch, first))
            if len(under_way) > workers:
                yield from finished(under_way.popleft())
        while under_way:
            yield from finished(under_way.popleft())


def batches(sequences: Iterable[ArrayLike]) -> Iterator[tuple[list[ArrayLike], int]]:
    """As many sequences together as are worth a call, and the number of the first."""
    waiting: list[ArrayLike] = []
    first = values = 0
    for sequence in sequences:
        waiting.append(sequence)
        values += np.size(sequence)
        if values >= VALUES_AT_ONCE:
            yield waiting, first
            first, values, waiting = first + len(waiting), 0, []
    if waiting:
        yield waiting, first


def checked(program: Program, batch: list[ArrayLike], first: int) -> Sequences:
    """The batch; an InputError that names the first sequence which the program cannot take."""
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
