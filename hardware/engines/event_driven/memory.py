"""The memory of a run: state from step to step, the messages of each step, scratch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.encoder import Encoder
from hardware.engines.event_driven.arrays import (
    SLOTS,
    STEPS_AHEAD,
    EncoderState,
    Events,
    Initial,
    LayerState,
    Listing,
    Messages,
    Products,
    ReadoutState,
    Scratch,
    Slots,
    Synapses,
    owned,
    room,
)
from hardware.engines.event_driven.density import Density
from hardware.engines.event_driven.intrinsics import LANES
from hardware.engines.event_driven.layout import LayerLayout, Layout, padded
from hardware.engines.event_driven.tiles import PANEL
from hardware.engines.event_driven.wiring import Wires
from hardware.program.start import Start


def layer_state(
    layer: LayerLayout, number: type[np.integer], partner: LayerState | None = None
) -> LayerState:
    """Return a layer before its first step; it uses the scratch of its partner.

    With a partner it has one slot: it goes on with one sequence only.
    """
    slots = SLOTS if partner is None else 1
    neurons, wiring = layer.neurons, layer.wiring
    inputs, n = len(wiring.input.weights), len(neurons.initial_membrane)
    return LayerState(
        input=synapses_of(wiring.input, number),
        emission=synapses_of(wiring.emission, number),
        reset=synapses_of(wiring.reset, number),
        output=synapses_of(wiring.output, number),
        accumulators=room((slots, wiring.accumulators), number),
        e=owned(np.tile(neurons.initial_emission, (slots, 1)), np.int16),
        h=owned(np.tile(neurons.initial_membrane, (slots, 1)), number),
        scratch=(
            scratch_of(inputs, n, number, products_of(wiring[:4]))
            if partner is None
            else partner.scratch
        ),
    )


def initial_states(layout: Layout, start: Start | None) -> tuple[Initial, ...]:
    """Return the initial states of every layer, as the kernels read them."""
    if start is None:
        none = tuple(np.empty((0, layer.neurons), np.int64) for layer in layout.program.layers)
        start = Start(none, none)
    found = []
    for emitted, membranes in zip(*start, strict=True):
        sequences, neurons = membranes.shape
        emission = rows_of(sequences, neurons)
        emission[:, :neurons] = emitted
        found.append(Initial(emission, owned(membranes, layout.number)))
    return tuple(found)


def states_of(initial: tuple[Initial, ...], sequences: slice) -> tuple[Initial, ...]:
    """Return the initial states of some sequences; no rows where there are none."""
    return tuple(Initial(each.emission[sequences], each.membrane[sequences]) for each in initial)


def readout_state(layout: Layout, partner: ReadoutState | None = None) -> ReadoutState:
    """Return the readout before its first step; it uses the scratch of its partner."""
    outputs, sources = layout.program.readout.weights.shape
    score, window, steps = layout.program.readout.tally(1)
    return ReadoutState(
        synapses=synapses_of(layout.readout, layout.number),
        accumulators=room((outputs,), layout.number),
        score=score[0],
        window=window[0],
        steps=steps,
        scratch=(
            scratch_of(sources, 0, layout.number, products_of((layout.readout,)))
            if partner is None
            else partner.scratch
        ),
    )


def encoder_state(layout: Layout, clamped: NDArray[np.int64] | None = None) -> EncoderState:
    """Return the encoder before its first frame; it counts clamped inputs in `clamped`."""
    encoder = layout.program.encoder
    return EncoderState(
        held=encoder.initial_state(),
        rounded=rows_of(2, encoder.sources),
        tail=room((LANES,), np.float32),
        clamped=room((encoder.channels,), np.int64) if clamped is None else clamped,
    )


def synapses_of(wires: Wires, number: type[np.integer]) -> Synapses:
    """Return synapses through which nothing has arrived yet."""
    return Synapses(
        weights=wires.weights,
        packed=wires.packed,
        runs=wires.runs,
        by_change=wires.by_change,
        held=room((padded(len(wires.weights)),), number),
        base=wires.base,
        first=wires.first,
        quiet=wires.quiet,
    )


def scratch_of(inputs: int, neurons: int, number: type[np.integer], products: Products) -> Scratch:
    """Return memory for the work of a layer."""
    sources = padded(max(inputs, neurons))
    return Scratch(
        listing=Listing(
            events=Events(room((sources,), np.int32), room((sources,), number)),
            change=room((sources,), number),
        ),
        message=room((SLOTS, padded(neurons)), np.int16),
        rows=room((SLOTS, 6, neurons), number),
        products=products,
        slots=Slots(np.arange(SLOTS), *(np.zeros(SLOTS, dtype=np.int64) for _ in range(2))),
    )


def products_of(wires: Iterable[Wires]) -> Products:
    """Return memory for the sums of dense messages; the first of the wires reads ahead."""
    columns = [each.packed.shape[0] * PANEL for each in wires]
    return Products(
        sums=room((SLOTS, max(columns)), np.int32),
        blocks=room((SLOTS, STEPS_AHEAD, columns[0]), np.int32),
        spans=np.zeros((SLOTS, 2), dtype=np.int64),
        places=np.zeros(STEPS_AHEAD, dtype=np.int64),
    )


class Rooms:
    """Room for the messages of a call. A call for more steps than ever before makes new ones.

    Partners have the same rooms, and so the same choice of dense messages.
    """

    def __init__(self, layout: Layout, dense: str) -> None:
        self.layout = layout
        self.density = Density(layout, dense)
        layout.pack(self.density.dense)
        self.encoded_steps = self.steps = self.sequences = 0
        self.encoded: Messages | None = None
        self.emitted: list[Messages] = []
        self.ends: list[NDArray[np.int16]] = []
        """Per level (sequences, padded neurons): the last membranes on the gate grid."""

    def for_encoder(self, steps: int) -> Messages:
        """Return room for the encoder's messages; those of the last call are lost."""
        if self.encoded is None or steps > self.encoded_steps:
            self.encoded_steps = steps
            encoder, dense = self.layout.program.encoder, self.density.dense[0]
            self.encoded = encoder_messages(encoder, steps, dense)
        return self.encoded

    def for_levels(self, steps: int, sequences: int) -> list[Messages]:
        """Return room for the messages of every level; those of the last call are lost."""
        if not self.emitted or steps > self.steps or sequences > self.sequences:
            self.steps, self.sequences = max(steps, self.steps), max(sequences, self.sequences)
            self.ends = [rows_of(self.sequences, width) for width in self.layout.level_widths]
            self.emitted = [
                messages_of(
                    [layer.neurons for layer in level],
                    by_change,
                    dense,
                    self.steps,
                    self.sequences,
                )
                for level, by_change, dense in zip(
                    self.layout.program.levels,
                    self.layout.by_change[1:],
                    self.density.dense[1:],
                    strict=True,
                )
            ]
        return self.emitted

    def choose(self, dense: list[bool]) -> None:
        """Make room for messages that are dense, or not, from the next call on."""
        if dense != self.density.dense:
            self.density.dense = dense
            self.layout.pack(dense)
            self.encoded, self.emitted = None, []


def encoder_messages(encoder: Encoder, steps: int, dense: bool) -> Messages:
    """Return room for the messages of an encoder."""
    if encoder.sends_changes or dense:
        return rows_messages(rows_of(steps, encoder.sources), dense)
    return lists_of(steps, steps * encoder.most_events)


def messages_of(
    widths: list[int], by_change: bool, dense: bool, steps: int, sequences: int
) -> Messages:
    """Return room for the messages of senders of these widths: the layers of one level.

    A layer copies, for the readers of its level, the list of the layers before it at each step.
    At the start of a sequence it lists for itself what it sent before.
    """
    if by_change or dense:
        return rows_messages(rows_of(steps, sum(widths)), dense)
    most = steps * sum(np.cumsum(widths)) + sequences * sum(widths)
    return lists_of(steps, int(most))


def rows_of(steps: int, width: int) -> NDArray[np.int16]:
    """Return a row for each step, with a padded number of sources."""
    return room((steps, padded(width)), np.int16)


def lists_of(steps: int, most: int) -> Messages:
    """Return a list for each step, with at most `most` events in all.

    Memory that is never written takes no pages.
    """
    begin, end = np.empty((2, steps), dtype=np.int64)
    events = Events(np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int16))
    return Messages(events, begin, end, rows_of(0, 0), False)


def rows_messages(rows: NDArray[np.int16], dense: bool) -> Messages:
    """Return messages that have rows and no lists."""
    return lists_of(0, 0)._replace(rows=rows, dense=dense)


def compact(values: NDArray[Any]) -> NDArray[Any]:
    """Return the values contiguous and writable: kernels are compiled for no other kind."""
    return values if values.flags.carray else np.require(values, requirements=["C", "W"])
