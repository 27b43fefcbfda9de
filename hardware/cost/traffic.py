"""Who sends a message at which step of a trace, over each set of synapses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.cost.projections import Projection, projections
from hardware.definition.arithmetic import Integers
from hardware.definition.cell import step
from hardware.definition.token_rows import AT_ONCE, Rows, TokenRows, parts
from hardware.engines.reference import product_of, synapses
from hardware.errors import InputError
from hardware.kernels.calls import Kernel
from hardware.kernels.fields import arguments_at
from hardware.program.model import Layer, Program
from hardware.runs.trace import Trace
from hardware.sequences.dense import in_parts

Sent = NDArray[np.bool_]
"""(steps, sources): where a message is sent."""

AnySent = Sent | TokenRows
"""The same, of the encoder as well."""

EXACT_IN_FLOAT32 = 2**24


def check_owner(trace: Trace, program: Program) -> None:
    if trace.program_digest != program.digest:
        raise InputError("the trace was recorded with a different program: run this program again")


class Traffic:
    """Who sends a message at which step of a trace, each worked out once."""

    def __init__(self, trace: Trace, program: Program) -> None:
        check_owner(trace, program)
        self.trace = trace
        self.program = program
        self.of_layer = [emissions(trace, layer, i) for i, layer in enumerate(program.layers)]
        self.of_encoder = sent_by_encoder(trace, program)
        self._over_u: dict[int, list[Sent]] = {}

    def messages(self) -> Iterator[tuple[Projection, AnySent]]:
        """Yield every projection in the order of `projections`, with its messages.

        Messages carry emissions. If a product waits for another one, messages also carry `r ⊙ e` or
        the emission that h would have. Each step is computed again for these, from the state
        before.
        """
        trace, program = self.trace, self.program
        ways = iter(projections(program))
        seen: Rows = trace.events
        by_change, number = program.encoder.sends_changes, 0
        arriving = self.of_encoder
        for level in program.levels:
            numbers = range(number, number + len(level))
            for i, layer in zip(numbers, level, strict=True):
                # A backward layer sees other changes, for it sees the steps the other way round.
                back = by_change and layer.backward
                sees_others = is_sent(np.asarray(seen), trace, True, True) if back else arriving
                yield next(ways), sees_others
                for sent in self._recurrent(i, layer, seen):
                    yield next(ways), sent
            seen = side_by_side([trace.emitted[i] for i in numbers])
            number, by_change = number + len(level), level[0].cell.sends_changes
            if by_change and any(layer.backward for layer in level):
                arriving = is_sent(seen, trace, by_change)
            else:
                arriving = side_by_side([self.of_layer[i] for i in numbers])
        if program.readout.sees_membranes:
            arriving = np.zeros(seen.shape, dtype=np.bool_)
            arriving[np.cumsum(trace.lengths) - 1] = True
        yield next(ways), arriving

    def _recurrent(self, number: int, layer: Layer, seen: Rows) -> list[Sent]:
        """Messages over U, for each message of a step; computed once."""
        if number not in self._over_u:
            self._over_u[number] = self._computed(number, layer, seen)
        return self._over_u[number]

    def _computed(self, number: int, layer: Layer, seen: Rows) -> list[Sent]:
        trace, cell, back = self.trace, layer.cell, layer.backward
        if cell.ticks == 1:
            # A message of the last step meets its synapses too: no chip knows it was the last.
            return [self.of_layer[number] for _ in cell.row.messages]
        product, start = product_of(layer), self._start(number, layer)
        sent: dict[str, Sent] = {}

        def listening(gate: str, message: Integers) -> Integers:
            sent[gate] = is_sent(message, trace, cell.sends_changes, back)
            return product(gate, message)

        step(
            cell,
            layer.gate,
            synapses(layer.input_weights, seen.astype(np.int64)),
            listening,
            before(
                trace.emitted[number].astype(np.int64), trace, layer.emission_before(start), back
            ),
            before(trace.membranes[number].astype(np.int64), trace, start, back),
        )
        return [sent[message.gates[0]] for message in cell.row.messages]

    def _start(self, number: int, layer: Layer) -> Integers:
        """Membranes before the first step: (sequences, neurons), or (neurons,) of the program."""
        initial = self.trace.initial
        return layer.initial_membrane if initial is None else initial[number]

    def at_work(self, number: int) -> Sent:
        """Where a neuron of this layer has an update that does something.

        It is idle where the membrane is 0 before and after it and nothing is sent.
        """
        trace, layer = self.trace, self.program.layers[number]
        moved = trace.membranes[number] != 0
        active = before(moved, trace, self._start(number, layer) != 0, layer.backward)
        active |= moved
        active |= self.of_layer[number]
        return active


def is_sent(values: NDArray[np.integer], trace: Trace, by_change: bool, back: bool = False) -> Sent:
    """Return where a message is sent: for each nonzero value, or for each value that changes.

    `back` is for values in the order of a backward layer, whose first step is the last.
    """
    sent: Sent = values != 0
    if by_change:
        changes = values[1:] != values[:-1]
        sent[slice(None, -1) if back else slice(1, None)] = changes
        firsts = np.cumsum(trace.lengths) - 1 if back else trace.starts
        sent[firsts] = values[firsts] != 0
    return sent


def sent_by_encoder(trace: Trace, program: Program) -> AnySent:
    """Return where the encoder sends: a nonzero event, or its change."""
    if program.encoder.sends_changes:
        return is_sent(np.asarray(trace.events), trace, by_change=True)
    return trace.events.astype(np.bool_)


def emissions(trace: Trace, layer: Layer, number: int) -> Sent:
    """Where the layer of this number sends: a spike, its change, or a value of the state."""
    return is_sent(trace.emitted[number], trace, layer.cell.sends_changes, layer.backward)


def side_by_side(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def met(sent: AnySent, weights: NDArray[Any]) -> NDArray[np.int32]:
    """`sent · weights`, exactly; columns all alike are one, as those of dense weights are."""
    if not (weights != weights[:, :1]).any():
        sums = np.empty((len(sent), 1), dtype=np.int32)
        for part in parts(sent):
            weigh(marks(sent[part]), weights[:, 0].astype(np.int32), sums[part, 0])
        return np.broadcast_to(sums, (len(sent), weights.shape[1]))
    exact: type[np.floating] = np.float64
    if weights.sum(axis=0).max(initial=0) < EXACT_IN_FLOAT32:
        exact = np.float32
    factors, sums = weights.astype(exact), np.empty((len(sent), weights.shape[1]), dtype=np.int32)
    for part in parts(sent):
        sums[part] = sent[part].astype(exact) @ factors
    return sums


def marks(sent: AnySent) -> NDArray[np.uint8]:
    """Return 1 where something is sent, else 0, as kernels take it."""
    return np.require(np.asarray(sent), requirements=["C", "W"]).view(np.uint8)


@Kernel
def weigh(form: Any, address: int) -> int:
    """`sums = sent · weights`, in one thread: those of a matrix product wait for busy cores."""
    sent, weights, sums = arguments_at(form, address)
    for t in range(sent.shape[0]):
        total = np.int32(0)
        for i in range(sent.shape[1]):
            total = np.int32(total + np.int32(sent[t, i]) * weights[i])
        sums[t] = total
    return 0


def per_source(sent: AnySent, trace: Trace) -> Iterator[tuple[slice, NDArray[np.int64]]]:
    """How often each source sends in each sequence: some sequences, and (sequences, sources)."""
    sequence = np.repeat(np.arange(len(trace.lengths)), trace.lengths)
    for some in in_parts(trace.lengths, max(1, AT_ONCE // sent.shape[1])):
        sums = np.zeros((some.stop - some.start, sent.shape[1]), dtype=np.int32)
        rows = slice(*np.searchsorted(sequence, (some.start, some.stop)))
        of_some, own = sent[rows], sequence[rows] - some.start
        for part in parts(of_some):
            tally(marks(of_some[part]), own[part], sums)
        yield some, sums.astype(np.int64)


@Kernel
def tally(form: Any, address: int) -> int:
    """Add each row to the sums of its sequence."""
    sent, sequence, sums = arguments_at(form, address)
    for t in range(sent.shape[0]):
        total = sums[sequence[t]]
        for i in range(sent.shape[1]):
            total[i] += np.int32(sent[t, i])
    return 0


def in_all(sent: AnySent, trace: Trace) -> NDArray[np.int64]:
    """(sequences,): how often anything is sent in each sequence."""
    ends = trace.starts + trace.lengths
    return np.array(
        [sent[a:b].sum() for a, b in zip(trace.starts, ends, strict=True)], dtype=np.int64
    )


def before(
    values: NDArray[Any], trace: Trace, first: NDArray[Any], back: bool = False
) -> NDArray[Any]:
    """Return each value of one step before (one step later for a backward layer)."""
    shifted = np.empty_like(values)
    if back:
        shifted[:-1] = values[1:]
    else:
        shifted[1:] = values[:-1]
    shifted[np.cumsum(trace.lengths) - 1 if back else trace.starts] = first
    return shifted
