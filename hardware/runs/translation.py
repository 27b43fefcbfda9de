"""Result of `translate`: the texts, and the run of both programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hardware.definition.sampling import STEPS
from hardware.definition.token_rows import TokenRows
from hardware.definition.tokens import PADDING
from hardware.errors import InputError
from hardware.program.pair import HALVES, ProgramPair
from hardware.runs.generation import vocabulary_of
from hardware.runs.trace import Trace


@dataclass(frozen=True)
class Translation:
    """The texts that a pair wrote, and the run of both programs."""

    pair: ProgramPair
    tokens: tuple[tuple[int, ...], ...]
    """The tokens of each text."""

    costs: tuple[int, ...]
    """The cost of each text, in 256ths of a bit."""

    ended: tuple[bool, ...]
    """Whether each text came to its end within the most tokens."""

    decoder_steps: tuple[int, ...]
    """Steps of the decoder for each source; with a beam those of all hypotheses."""

    encoder_trace: Trace
    decoder_trace: Trace
    """The decoder on the tokens of each text: without a beam, all that it computed."""

    most: int
    """The most tokens that a text could have."""

    beam: int
    """Texts that were kept at every step."""

    def __repr__(self) -> str:
        return f"Translation({len(self.tokens)} texts, {sum(self.decoder_steps)} decoder steps)"

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The text of each source."""
        words = vocabulary_of(self.pair.decoder)
        return tuple(words.decode(tokens) for tokens in self.tokens)

    @cached_property
    def sources(self) -> tuple[str, ...] | None:
        """Each source as the encoder read it; None where sources are no texts."""
        words, trace = self.pair.encoder.vocabulary, self.encoder_trace
        if words is None:
            return None
        tokens = TokenRows.of(trace.events, self.pair.encoder.encoder.fields).numbers[:, 0]
        of_texts = np.split(tokens, np.cumsum(trace.lengths)[:-1])
        return tuple(words.decode(of_text.tolist()) for of_text in of_texts)

    @property
    def bits(self) -> tuple[float, ...]:
        """−log2 of the probability of each text."""
        return tuple(cost / STEPS for cost in self.costs)

    @property
    def traces(self) -> dict[str, Trace]:
        """The trace of each half by its name."""
        return dict(zip(HALVES, (self.encoder_trace, self.decoder_trace), strict=True))

    def right(self, expected: Sequence[str]) -> NDArray[np.bool_]:
        """Return which texts are the expected ones, each as a whole."""
        if len(expected) != len(self.texts):
            raise InputError(
                f"{len(expected)} expected texts for {len(self.texts)} that were written: give one "
                f"for each"
            )
        return np.array([a == b for a, b in zip(self.texts, expected, strict=True)], dtype=bool)


def received(tokens: Sequence[Sequence[int]], most: int) -> list[NDArray[np.float32]]:
    """Return the frames that a decoder receives: padding, then the tokens of a text.

    Of a text of the most tokens the last one is left out, because nothing follows it.
    """
    return [
        np.array([PADDING, *of_text[: most - 1]], dtype=np.float32)[:, np.newaxis]
        for of_text in tokens
    ]
