"""`stream`: sequences in, their scores out, any number of them in memory that does not grow."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.engines.event_driven.engine import Scorer, threads_to_use
from hardware.engines.saturation import Saturations, require_within_word
from hardware.errors import ClampedInputsWarning, InputError
from hardware.program.model import Program
from hardware.program.start import InitialState, Start, start_of
from hardware.runs.clamped import Clamped
from hardware.runs.early_exit import exit_rule
from hardware.sequences.dense import NO_ARRAY, Sequences, as_array
from hardware.sequences.sparse import AnySequences, SparseSequences

VALUES_AT_ONCE = 2**18
"""One MiB of frames is one piece of work: its calls cost little, and threads have many to share."""

FRAMES_AT_ONCE = 4096
"""Of sparse sequences, whose silence takes no memory."""

Source: TypeAlias = AnySequences | Iterable[ArrayLike | AnySequences]

Work: TypeAlias = AnySequences | list[NDArray[np.generic]] | Exception
"""Sequences, those that have been checked not to be checked again; or why there are no more."""

Batch = tuple[Work, int]
"""Work, and the number of its first sequence."""


class Scored(NamedTuple):
    """A batch that has been computed."""

    scores: list[NDArray[Any]]
    """Or their values."""

    overflow: Saturations | None
    """Values that have left the word."""

    clamped: Clamped
    failure: Exception | None
    """Why there are no more."""


def stream(
    program: Program,
    sequences: Source,
    *,
    strict: bool = True,
    threads: int | None = None,
    values: bool = False,
    initial_state: InitialState | None = None,
    early_exit: float | None = None,
    fewest: int = 1,
) -> Iterator[NDArray[Any]]:
    """Scores of one sequence after another on the events engine; nothing else is kept.

    Sequences are (steps, channels) arrays of raw frames, each with memory of its own, because they
    are kept until they make a batch; or `Sequences` and `SparseSequences`, of many at a time.
    Scores are (outputs,) of each, or (steps, outputs) where the readout answers at every step; with
    `values` they are given in the unit of the target, for classes as the logits of training.
    `threads` work on that number of batches at once, by default one for each core; `strict` and a
    `ClampedInputsWarning` are as in `run`. What `sequences` raises is raised after the scores of
    all that came before, and so is an InputError for a sequence that the program cannot take.

    `initial_state`, `early_exit` and `fewest` are as in `run`. Membranes (sequences, neurons) need
    a list, an array or sequences whose number is known. With `early_exit` no frame is computed
    after the one that ends its sequence, but for a few that are worked on together.
    """
    workers = threads_to_use(threads)
    sequences = with_tokens(program, sequences)
    rule = None if early_exit is None else exit_rule(program, early_exit, fewest)
    starts = Starts.of(program, initial_state, sequences)
    scorer, channels = Scorer(program), program.encoder.channels

    def work(batch: Work, first: int) -> Scored:
        sequences, failure = runnable(program, batch, first)
        if sequences is None:
            return Scored([], None, Clamped.none(channels), failure)
        start = starts.at(first, len(sequences))
        used = sequences.lengths
        if rule is None:
            found, overflow, clamped = scorer.score(sequences, first, start)
        else:
            found, overflow, clamped, used = scorer.score_until(sequences, rule, first, start)
        scores: list[NDArray[Any]] = list(found)
        if values:
            steps = used * program.encoder.steps
            scores = [program.readout.values(*each) for each in zip(scores, steps, strict=True)]
        return Scored(scores, overflow, Clamped(clamped, int(used.sum())), failure)

    todo = batches(sequences)
    done = (work(*each) for each in todo) if workers == 1 else in_threads(work, todo, workers)
    so_far, text = Clamped.none(channels), None
    for scores, overflow, clamped, failure in done:
        if strict:
            require_within_word(program, overflow)
        if text is None:
            so_far = so_far.and_then(clamped)
            text = so_far.warning(program.encoder)
            if text is not None:
                warnings.warn(text, ClampedInputsWarning, stacklevel=2)
        yield from scores
        if failure is not None:
            raise failure


class Starts(NamedTuple):
    """The initial states of a stream: of the program, of each sequence, or one for all."""

    start: Start | None
    of_each: bool

    @classmethod
    def of(cls, program: Program, given: InitialState | None, sequences: Source) -> Starts:
        """Return the initial states that are given for a stream of these sequences."""
        if given is None:
            return cls(None, False)
        if isinstance(sequences, AnySequences):
            count = len(sequences)
        elif isinstance(sequences, (list, tuple, np.ndarray)):
            items = list(sequences)
            count = sum(len(item) if isinstance(item, AnySequences) else 1 for item in items)
        else:
            return cls(start_of(program, given, 1), False)
        return cls(start_of(program, given, count), True)

    def at(self, first: int, count: int) -> Start | None:
        """Return the start of `count` sequences, of which `first` numbers the first one."""
        if self.start is None:
            return None
        if self.of_each:
            return self.start.part(slice(first, first + count))
        return self.start.repeated(count)


def with_tokens(program: Program, source: Source) -> Source:
    """The source with the tokens of each text in its place."""
    if program.vocabulary is None or isinstance(source, (AnySequences, np.ndarray)):
        return source
    found = (
        next(iter(program.sequences([item]))) if isinstance(item, str) else item for item in source
    )
    return list(found) if isinstance(source, (list, tuple)) else found


def in_threads(
    work: Callable[[Work, int], Scored], todo: Iterator[Batch], workers: int
) -> Iterator[Scored]:
    """What becomes of each batch, in order; one more is taken than there are workers."""
    under_way: deque[Future[Scored]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for batch, first in todo:
            under_way.append(pool.submit(work, batch, first))
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        # Without waiting: the garbage collector may close a stream that nobody reads any more
        # in a thread that holds the lock which Thread.join needs (Python 3.10 to 3.12).
        pool.shutdown(wait=False, cancel_futures=True)


def batches(sequences: Source) -> Iterator[Batch]:
    """As many sequences together as are worth a call; what the source raises comes last."""
    waiting: list[NDArray[np.generic]] = []
    first = values = 0
    failure = None
    try:
        for item in [sequences] if isinstance(sequences, AnySequences) else sequences:
            parts: Iterable[AnySequences] = ()
            if isinstance(item, AnySequences):
                parts = item.parts(frames_at_once(item))
            else:
                waiting.append(array_of(item, first + len(waiting)))
                values += waiting[-1].size
                if values < VALUES_AT_ONCE:
                    continue
            if waiting:
                yield waiting, first
                first, values, waiting = first + len(waiting), 0, []
            for part in parts:
                yield part, first
                first += len(part)
    except Exception as error:  # whatever the source raises, in its turn
        failure = error
    if waiting:
        yield waiting, first
    if failure is not None:
        yield failure, first + len(waiting)


def array_of(item: ArrayLike, number: int) -> NDArray[np.generic]:
    """A sequence as an array; an InputError for anything else."""
    try:
        return as_array(item)
    except NO_ARRAY as error:
        raise InputError(
            f"sequence {number} of the stream: not an array of shape (steps, channels): {error}"
        ) from error


def frames_at_once(sequences: AnySequences) -> int:
    """How many of them are worth a call."""
    if isinstance(sequences, SparseSequences):
        return FRAMES_AT_ONCE
    return max(VALUES_AT_ONCE // max(sequences.channels, 1), 1)


def runnable(
    program: Program, batch: Work, first: int
) -> tuple[AnySequences | None, Exception | None]:
    """What comes before the first sequence that the program cannot take, and why it cannot."""
    if isinstance(batch, Exception):
        return None, batch
    try:
        return sound(program, batch), None
    except InputError as refusal:
        for i in range(len(batch)):
            try:
                sound(program, part_of(batch, slice(i, i + 1)))
            except InputError as error:
                named = InputError(f"sequence {first + i} of the stream: {error}")
                return sound(program, part_of(batch, slice(0, i))) if i else None, named
        return None, refusal


def part_of(
    batch: AnySequences | list[NDArray[np.generic]], part: slice
) -> AnySequences | list[NDArray[np.generic]]:
    """Some of the sequences, by their places."""
    if isinstance(batch, list):
        return batch[part]
    edges = np.concatenate([[0], np.cumsum(batch.lengths)])
    return batch.part(part, slice(edges[part.start], edges[part.stop]))


def sound(program: Program, batch: AnySequences | list[NDArray[np.generic]]) -> AnySequences:
    """The batch as sequences that the program can take; else an InputError."""
    sequences: AnySequences
    if isinstance(batch, SparseSequences):
        sequences = batch
    else:
        sequences = Sequences.of(batch, program.encoder.channels)
    program.steps_of(sequences)
    return sequences
