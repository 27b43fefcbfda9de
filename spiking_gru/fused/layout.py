"""Order of the gates in a sequence's arrays, and the stages of a step: both follow from the row.

Gates that share a matrix product have adjacent columns. So the gradient of W, and that of U for
each recurrent message, is one product of one block of columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from hardware.definition.formulation import EMISSION, OUTPUT, RESET, Formulation, Message

CANDIDATE = "candidate"


class Block(NamedTuple):
    """The columns of gradients that belong to one recurrent message."""

    message: Message
    columns: slice
    gates: tuple[str, ...]
    """The message's gates in the order of these columns."""


class Layout(NamedTuple):
    """The order of gates in saved values, and of columns in the gradients of a step.

    With a reset after the product one more column comes first, the gradient of U_c e + d_c.
    """

    gates: tuple[str, ...]
    extra: int
    input_gates: tuple[str, ...]
    input_columns: slice
    blocks: tuple[Block, ...]

    @property
    def seen(self) -> slice:
        """The places of the gates with input among all gates."""
        return slice(self.input_columns.start - self.extra, self.input_columns.stop - self.extra)


class Stage(NamedTuple):
    """A part of a step: it waits for the products of one recurrent message."""

    message: Message | None
    opens: bool
    """Whether the reset and the mixing gate are computed."""

    closes: bool
    """Whether the candidate is computed and mixed with the old state."""

    ends: bool
    """Whether the output gate acts, and the neuron emits and resets."""


@cache
def layout_of(row: Formulation) -> Layout:
    """Return the order in which every product's gates are adjacent.

    ::

        U_c e + d_c     reset after the product
        candidate       without input, which receives e
        gates           with input, which receive e
        gates           with input, which receive no e
        candidate       without input, which receives no e itself
    """
    by_stream = {message.stream: message for message in row.messages}
    received = by_stream[EMISSION].gates if EMISSION in by_stream else ()
    direct = tuple(g for g in received if not (g == CANDIDATE and row.resets_after))
    unseen = () if row.candidate_input else (CANDIDATE,)
    first = tuple(gate for gate in unseen if gate in direct)
    last = tuple(gate for gate in unseen if gate not in direct)
    inputs = (
        *(gate for gate in row.input_gates if gate in direct),
        *(gate for gate in row.input_gates if gate not in direct),
    )
    gates = (*first, *inputs, *last)
    extra = int(row.resets_after)

    blocks = []
    for message in row.messages:
        order = tuple(gate for gate in gates if gate in message.gates)
        start = extra + gates.index(order[0])
        if message.stream == EMISSION and row.resets_after:
            order = (CANDIDATE, *(gate for gate in order if gate != CANDIDATE))
            start = 0
        blocks.append(Block(message, slice(start, start + len(order)), order))
    start = extra + len(first)
    return Layout(gates, extra, inputs, slice(start, start + len(inputs)), tuple(blocks))


@cache
def stages_of(row: Formulation) -> tuple[Stage, ...]:
    """The stages of a step: it is cut where a message of the step itself is waited for."""
    by_stream = {message.stream: message for message in row.messages}
    before, waits = row.resets_before, row.output_waits
    stages = [Stage(by_stream.get(EMISSION), True, not before, not (before or waits))]
    if before:
        stages.append(Stage(by_stream[RESET], False, True, not waits))
    if waits:
        stages.append(Stage(by_stream[OUTPUT], False, False, True))
    return tuple(stages)


def reordered(rows: Tensor, given: Sequence[str], wanted: Sequence[str]) -> Tensor:
    """Rows of one order of gates in another order; all of `wanted` are among `given`."""
    if tuple(given) == tuple(wanted):
        return rows
    blocks = dict(zip(given, rows.chunk(len(given)), strict=True))
    return torch.cat([blocks[gate] for gate in wanted])
