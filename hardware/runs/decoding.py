"""`translate`: a pair of programs reads a source and writes a text, greedily or with a beam.

A text costs the sum of its tokens' −log2 p, in integers (`hardware.definition.sampling.costs`), so
that all engines choose the same one. A beam of B keeps the B cheapest texts at every step, those
that have ended among them. It stops when none that goes on is cheaper than the best that has ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hardware.definition.sampling import costs
from hardware.definition.tokens import PADDING
from hardware.definition.vocabulary import UNKNOWN
from hardware.engines.registry import Stepper, connected
from hardware.engines.saturation import require_within_word
from hardware.errors import SettingError
from hardware.program.model import Program
from hardware.program.pair import ProgramPair
from hardware.program.start import Carried, Start, carried_at_start, start_of
from hardware.runs.generation import vocabulary_of, writes_end
from hardware.runs.given import pair_of
from hardware.runs.run import run
from hardware.runs.translation import Translation, received
from hardware.sequences.dense import Inputs

MOST = 200
"""Tokens of a text, unless told otherwise."""


@dataclass(frozen=True)
class Hypothesis:
    """The beginning of a text."""

    cost: int = 0
    """In 256ths of a bit."""

    tokens: tuple[int, ...] = ()
    has_ended: bool = False
    carried: Carried | None = None
    """The state of the decoder before the last token; None where the decoder is there already."""


def translate(
    pair: ProgramPair | str | Path,
    sources: Inputs | list[str],
    *,
    beam: int = 1,
    most: int = MOST,
    engine: str = "events",
    **options: Any,
) -> Translation:
    """Return the text that a pair writes for each source, of at most `most` tokens.

    With a beam of 1 every token is the likeliest one after the tokens before it. Options are those
    of `Session`.
    """
    pair = pair_of(pair)
    for name, value in (("beam", beam), ("most", most)):
        if value < 1:
            raise SettingError(f"{name} is {value}, expected 1 or more")
    decoder, words = pair.decoder, vocabulary_of(pair.decoder)
    read = run(pair.encoder, sources, engine, **options)
    start = start_of(decoder, read.final_state, len(read.lengths))
    assert start is not None
    search = _Search(decoder, beam, most, writes_end(decoder, words))
    stepper = connected(engine, decoder, options)
    try:
        found = [search.best(stepper, start, source) for source in range(len(read.lengths))]
        overflow = stepper.overflow()
    finally:
        stepper.close()
    require_within_word(decoder, overflow)
    texts = [best for best, _ in found]
    tokens = tuple(best.tokens for best in texts)
    return Translation(
        pair,
        tokens,
        tuple(best.cost for best in texts),
        tuple(best.has_ended for best in texts),
        tuple(steps for _, steps in found),
        read,
        run(decoder, received(tokens, most), engine, initial_state=read.final_state, **options),
        most=most,
        beam=beam,
    )


@dataclass(frozen=True)
class _Search:
    """The search for the cheapest text of one source."""

    decoder: Program
    beam: int
    most: int
    ends: bool

    def best(self, stepper: Stepper, start: Start, source: int) -> tuple[Hypothesis, int]:
        """Return the cheapest text that was found, and the steps that it took."""
        first = carried_at_start(self.decoder, start.part(slice(source, source + 1)))
        pool, steps = [Hypothesis(carried=first)], 0
        for _ in range(self.most):
            going_on = [h for h in pool if not h.has_ended]
            ended = [h for h in pool if h.has_ended]
            if not going_on or (ended and ended[0].cost <= going_on[0].cost):
                break
            longer = [h for i, one in enumerate(going_on) for h in self._after(stepper, one, i)]
            steps += len(going_on)
            pool = sorted([*ended, *longer], key=lambda h: h.cost)[: self.beam]
        best = min(pool, key=lambda h: (not h.has_ended, h.cost))
        return best, steps

    def _after(self, stepper: Stepper, before: Hypothesis, number: int) -> list[Hypothesis]:
        """Return the cheapest texts of one more token, the largest score first among equals."""
        if before.carried is not None:
            stepper.load(before.carried)
        last = before.tokens[-1] if before.tokens else PADDING
        answer = stepper.step(np.array([last], dtype=np.float32))
        assert answer is not None
        scores = answer[UNKNOWN:]
        carried = stepper.carried() if self.beam > 1 else None
        bits = costs(scores, self.decoder.readout.unit)
        order = np.lexsort((-scores, bits))[: self.beam]
        end = len(scores) - 1 if self.ends else -1
        return [
            Hypothesis(
                before.cost + int(bits[i]),
                before.tokens if i == end else (*before.tokens, int(i) + UNKNOWN + 1),
                bool(i == end),
                carried,
            )
            for i in order
        ]
