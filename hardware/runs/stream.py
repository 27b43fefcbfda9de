"""`stream`: sequences in, their scores out, any number of them in memory that does not grow."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from hardware.definition.vocabulary import require_list
from hardware.engines.event_driven.engine import Scorer, threads_to_use
from hardware.engines.saturation import Saturations, require_within_word
from hardware.errors import ClampedInputsWarning, SettingError
from hardware.program.model import Program
from hardware.program.start import InitialState, Start, start_of
from hardware.runs.batches import Batch, Source, Work, batches, runnable
from hardware.runs.clamped import Clamped
from hardware.runs.early_exit import exit_rule
from hardware.runs.given import ProgramLike, program_of
from hardware.sequences.sparse import AnySequences


class Scored(NamedTuple):
    """A batch that has been computed."""

    scores: list[NDArray[Any]]
    """Or their values."""

    frames: list[int]
    """Frames used of each sequence."""

    overflow: Saturations | None
    """Values that have left the word."""

    clamped: Clamped
    failure: Exception | None
    """Why there are no more."""


class Exit(NamedTuple):
    """The end of a sequence with early exit."""

    scores: NDArray[Any]
    """Or their values."""

    frames: int
    """Frames used."""


@overload
def stream(
    program: ProgramLike,
    sequences: Source,
    *,
    strict: bool = True,
    threads: int | None = None,
    values: bool = False,
    initial_state: InitialState | None = None,
    early_exit: float | None = None,
    fewest: int = 1,
    exits: Literal[False] = False,
) -> Iterator[NDArray[Any]]: ...


@overload
def stream(
    program: ProgramLike,
    sequences: Source,
    *,
    strict: bool = True,
    threads: int | None = None,
    values: bool = False,
    initial_state: InitialState | None = None,
    early_exit: float,
    fewest: int = 1,
    exits: Literal[True],
) -> Iterator[Exit]: ...


def stream(
    program: ProgramLike,
    sequences: Source,
    *,
    strict: bool = True,
    threads: int | None = None,
    values: bool = False,
    initial_state: InitialState | None = None,
    early_exit: float | None = None,
    fewest: int = 1,
    exits: bool = False,
) -> Iterator[NDArray[Any] | Exit]:
    """Yield the scores of one sequence after another on the events engine; keep nothing else.

    Sequences are (steps, channels) arrays of raw frames, or `Sequences` and `SparseSequences` of
    many at a time. An array needs memory of its own, because it is kept until a batch is complete.
    Scores are (outputs,) of each sequence, or (steps, outputs) if the readout answers at every
    step. With `values` they are in the unit of the target, for classes the logits of training.

    `threads` is the number of batches in parallel, by default one for each core. `strict` and a
    `ClampedInputsWarning` are as in `run`. An exception of `sequences`, or an InputError for a
    sequence that the program cannot take, is raised after the scores of all earlier sequences.

    `initial_state`, `early_exit` and `fewest` are as in `run`. Membranes (sequences, neurons) need
    a list, an array or sequences whose number is known. With `early_exit` no frame is computed
    after the exit, except a few that are computed together. With `exits` as well each item is an
    `Exit`: the scores, or values, and the frames used.
    """
    program = program_of(program)
    if exits and early_exit is None:
        raise SettingError("exits are asked for without early_exit: give a margin there")
    workers = threads_to_use(threads)
    sequences = with_tokens(program, sequences)
    rule = None if early_exit is None else exit_rule(program, early_exit, fewest)
    starts = Starts.of(program, initial_state, sequences)
    scorer, channels = Scorer(program), program.encoder.channels

    def work(batch: Work, first: int) -> Scored:
        sequences, failure = runnable(program, batch, first)
        if sequences is None:
            return Scored([], [], None, Clamped.none(channels), failure)
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
        return Scored(scores, used.tolist(), overflow, Clamped(clamped, int(used.sum())), failure)

    todo = batches(sequences)
    done = (work(*each) for each in todo) if workers == 1 else in_threads(work, todo, workers)
    so_far, text = Clamped.none(channels), None
    for scores, frames, overflow, clamped, failure in done:
        if strict:
            require_within_word(program, overflow)
        if text is None:
            so_far = so_far.and_then(clamped)
            text = so_far.warning(program.encoder)
            if text is not None:
                warnings.warn(text, ClampedInputsWarning, stacklevel=2)
        yield from map(Exit, scores, frames) if exits else scores
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
    require_list(source)
    if program.vocabulary is None or isinstance(source, (AnySequences, np.ndarray)):
        return source
    found = (
        next(iter(program.sequences([item]))) if isinstance(item, str) else item for item in source
    )
    return list(found) if isinstance(source, (list, tuple)) else found


def in_threads(
    work: Callable[[Work, int], Scored], todo: Iterator[Batch], workers: int
) -> Iterator[Scored]:
    """Yield the result of each batch in order; one batch more than workers is in progress."""
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
