"""Random programs that take and write texts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from programs import random_program

from hardware.definition.target import Target
from hardware.definition.vocabulary import END_NAME, Vocabulary
from hardware.program.model import Program

TEXTS = ("abc abd", "bad cab", "a cab, a bad dab")


def words(kind: str = "characters") -> Vocabulary:
    return Vocabulary.learn(TEXTS, kind, size=12)


def text_program(
    vocabulary: Vocabulary, *, seed: int = 1, ends: bool = True, **settings: object
) -> Program:
    """Return a program that predicts the next token of a vocabulary."""
    size, rng = len(vocabulary), np.random.default_rng(seed)
    made = random_program(
        seed, **{"channels": 1, "encoder": "tokens", "readout": "step", **settings}
    )
    first, readout = made.layers[0], made.readout
    inputs = rng.integers(-99, 100, (first.input_weights.shape[0], size)).astype(np.int8)
    classes = (*vocabulary.names, END_NAME)[: size + ends]
    outputs = rng.integers(-127, 128, (len(classes), readout.weights.shape[1])).astype(np.int8)
    return replace(
        made,
        encoder=replace(made.encoder, fields=size),
        layers=(replace(first, input_weights=inputs), *made.layers[1:]),
        readouts=(
            replace(
                readout,
                weights=outputs,
                bias=rng.integers(-50, 50, len(classes)),
                target=Target(classes),
            ),
        ),
        vocabulary=vocabulary,
    )
