"""Sequences of tokens: the first value that is none is refused, with its place."""

from __future__ import annotations

from hardware.definition.limits import MOST_TOKENS
from hardware.definition.tokens import first_wrong, refusal
from hardware.sequences.place import place_of
from hardware.sequences.sparse import AnySequences
from hardware.sequences.statistics import largest


def require_tokens(sequences: AnySequences, tokens: int) -> None:
    """Refuse a value that is no whole number of 0 … `tokens`; 0 is padding."""
    place = first_wrong(sequences.values, tokens)
    if place is None:
        return
    raise refusal(float(sequences.values[place]), place_of(sequences, place), tokens)


def largest_token(sequences: AnySequences) -> int:
    """Return the largest token; an InputError where a value is none."""
    require_tokens(sequences, MOST_TOKENS)
    return int(largest(sequences))
