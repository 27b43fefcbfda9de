"""Random pairs of programs that translate."""

from __future__ import annotations

from dataclasses import replace

from programs import random_program
from texts import text_program, words

from hardware.program.pair import ProgramPair


def random_pair(seed: int = 1, hidden: tuple[int, ...] = (5,), **cell: object) -> ProgramPair:
    """Return an encoder of three channels and a decoder of a few characters."""
    encoder = random_program(seed, hidden=hidden, readout="last", **cell)
    decoder = text_program(words(), seed=seed + 1, hidden=hidden, **cell)
    return ProgramPair(encoder, decoder)


def of_texts(seed: int = 1, **cell: object) -> ProgramPair:
    """Return a pair that reads texts."""
    pair = random_pair(seed, **cell)
    encoder = replace(
        text_program(words(), seed=seed, ends=False, readout="last", **cell), max_steps=None
    )
    return replace(pair, encoder=encoder)
