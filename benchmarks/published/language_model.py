"""The MLGRU language model of 370 million parameters on 24 chips (arXiv:2503.18002).

Its sizes are those of the published model: 24 blocks, 1,024 units, layers of 2,816. A block has one
chip. Every weight is stored in 8 bits, and every value is sent for every token. A matrix is cut as
`place` would cut it: on as few cores as its memory allows.
"""

from __future__ import annotations

import numpy as np

from hardware import load_chip
from hardware.cost.microcode import step_program
from hardware.definition.cell import Cell
from published.lines import Line, Network
from published.parts import Part, inherits_energy, of, priced, without_host

BLOCKS = 24
UNITS, WIDE = 1024, 2816
MATRICES = {
    "gates and candidate": (UNITS, 3 * UNITS),
    "output of the mixer": (UNITS, UNITS),
    "both halves of the gated layer": (UNITS, 2 * WIDE),
    "output of the gated layer": (WIDE, UNITS),
}
"""Inputs and outputs of the matrices of a block, in the order of their use."""

GENERATING_S, GENERATING_J = 1 / 41.5, 405e-3
PREFILLING_S, PREFILLING_J = 1 / 6632, 3.7e-3

INSTRUCTIONS = step_program(Cell(formulation="minimal")).always
"""Instructions for each output of a matrix."""


def weights() -> int:
    """Return the weights of all blocks."""
    return BLOCKS * sum(inputs * outputs for inputs, outputs in MATRICES.values())


def block(core_bits: int) -> list[Part]:
    """Return the work of one block for one token, a part for each matrix."""
    cores = [-(-outputs // (core_bits // (8 * inputs))) for inputs, outputs in MATRICES.values()]
    read_by = [*cores[1:], cores[0]]
    sent = [UNITS, UNITS, WIDE, UNITS]
    return [
        Part(
            of_matrix,
            inputs * outputs,
            messages_in=inputs * of_matrix,
            messages_made=made,
            copies=copies,
            instructions=INSTRUCTIONS * outputs,
            graded=True,
            dense=True,
        )
        for (inputs, outputs), of_matrix, made, copies in zip(
            MATRICES.values(), cores, sent, read_by, strict=True
        )
    ]


def language_model() -> Network:
    """Tokens one after another (generating), and in a pipeline (prefilling)."""
    chip = without_host(load_chip("loihi2"))
    parts = block(chip.limits.synapse_bits_per_core)
    everything = parts * BLOCKS
    pipeline = priced(chip, [everything], chips=BLOCKS)
    resting = [Part(part.cores, waiting=part.instructions / INSTRUCTIONS) for part in everything]
    one_by_one = []
    for place in range(len(everything)):
        step = list(resting)
        step[place] = everything[place]
        one_by_one.append(step)
    alone = priced(chip, one_by_one, chips=BLOCKS)
    marked = inherits_energy(chip, pipeline)
    lines = []
    for name, found, seconds, joules, assumed in (
        ("generating", alone, GENERATING_S, GENERATING_J, "one matrix at work in a step"),
        ("prefilling", pipeline, PREFILLING_S, PREFILLING_J, "all matrices at work in every step"),
    ):
        energy = of(np.add(found.core_dynamic_j, found.chip_static_j))
        whole = f"energy of a token, {BLOCKS} chips, {name}"
        lines += [
            Line(whole, "J", energy, joules, "whole chip", assumed, marked),
            Line(f"time of a token, {name}", "s", of(found.core_s), seconds, "time", assumed, True),
        ]
    return Network("MLGRU language model, Loihi 2", tuple(lines))
