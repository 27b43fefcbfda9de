"""A program as a network of Lava processes.

::

    (feed ─►) SpikingGRULayer ─► … ─► SpikingGRULayer ─► ReadoutLayer (─► scores)

Each layer and the readout have a structural and a fused model; the run configuration chooses. In
the fused mapping the last layer steps the readout as well, because every process costs the
simulator a tenth of a millisecond and more in each tick. With both directions there is a
SequenceBuffer behind every level.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hardware.lava.processes.readout_layer import ReadoutLayer
from hardware.lava.processes.recorder import Recorder
from hardware.lava.processes.sequence_buffer import SequenceBuffer
from hardware.lava.processes.spiking_gru_layer import SpikingGRULayer
from hardware.lava.scores import FusedReadout
from hardware.lava.shared_arrays import FRAMES, FRAMES_REVERSED, Feed
from hardware.lava.starts import LayerFiles
from hardware.lava.synapses import emits_graded
from hardware.program.model import Layer, Program


class Wire(NamedTuple):
    """The input of a process: two ports or a feed, and the kind of its values.

    Values are changes where their source sends only those, and graded where they can be more than
    0 or 1.
    """

    ports: tuple[Any, Any] | None
    changes: bool
    graded: bool
    feed: Feed | None = None


class Options(NamedTuple):
    """Options of all processes of a network."""

    folder: Path
    fused: bool
    batch: int | None
    record: Sequence[str]


def build(program: Program, options: Options) -> Any:
    """Connect the processes of a program and return the last; a run of it runs them all."""
    changes, encoder = program.encoder.sends_changes, program.encoder
    tokens = encoder.fields if encoder.row.by_token else None
    wires = {
        backward: Wire(None, changes, True, Feed(options.folder, frames, program.period, tokens))
        for backward, frames in ((False, FRAMES), (True, FRAMES_REVERSED))
    }
    within = options.fused and not program.bidirectional
    number = 0
    for depth, level in enumerate(program.levels):
        to_readout = depth == len(program.levels) - 1
        sees_membranes = to_readout and program.readout.sees_membranes
        readout = FusedReadout(program.readout, options.folder) if to_readout and within else None
        ends = []
        for layer in level:
            wire = wires[layer.backward]
            ends.append(place(layer, number, wire, sees_membranes, readout, options))
            number += 1
        if program.bidirectional:
            wires = keep(program, depth, ends, not sees_membranes, options)
        else:
            wires = {False: ends[0]}
    last = wires[False]
    if within and last.ports is not None:
        return last.ports[0].process
    scores = ReadoutLayer(
        readout=program.readout,
        graded_input=last.graded,
        input_changes=last.changes,
        clocked=True,
        batch=options.batch,
        folder=options.folder,
    )
    connect(last, scores.s_in, scores.clock_in)
    return scores


def connect(wire: Wire, values: Any, clock: Any) -> None:
    if wire.ports is not None:
        for port, end in zip(wire.ports, (values, clock), strict=True):
            port.connect(end)


def place(
    layer: Layer,
    number: int,
    wire: Wire,
    sees_membranes: bool,
    readout: FusedReadout | None,
    options: Options,
) -> Wire:
    """Put a layer and its recorders behind a wire; return the wire on which the layer answers."""
    cell = layer.cell
    process = SpikingGRULayer(
        layer=layer,
        graded_input=wire.graded,
        input_changes=wire.changes,
        clocked=True,
        batch=options.batch,
        feed=wire.feed,
        readout=readout,
        files=LayerFiles(options.folder, number),
    )
    connect(wire, process.s_in, process.clock_in)
    emitted = Wire((process.s_out, process.clock_out), cell.sends_changes, emits_graded(cell))
    for recording, recorded in (
        (f"emitted.{number}", emitted),
        (f"membranes.{number}", Wire((process.membrane_out, process.clock_out), False, True)),
    ):
        if recording in options.record:
            recorder = Recorder(
                width=layer.neurons,
                recording=recording,
                folder=options.folder,
                changes=recorded.changes,
                batch=options.batch,
            )
            connect(recorded, recorder.values, recorder.clock_in)
    if sees_membranes:
        return Wire((process.state_out, process.clock_out), changes=False, graded=True)
    return emitted


def keep(
    program: Program, depth: int, ends: list[Wire], in_time: bool, options: Options
) -> dict[bool, Wire]:
    """Put a buffer behind a level; return its wires, by whether they carry reversed sequences."""
    widths = [layer.neurons for layer in program.levels[depth]]
    buffer = SequenceBuffer(
        neurons=widths[0],
        backward_neurons=sum(widths[1:]),
        period=program.period,
        in_time=in_time,
        changes=tuple(end.changes for end in ends),
        batch=options.batch,
        name=f"buffer {depth}",
    )
    into = (
        (buffer.forward_in, buffer.forward_clock_in),
        (buffer.backward_in, buffer.backward_clock_in),
    )
    for end, (values, clock) in zip(ends, into, strict=False):
        connect(end, values, clock)
    kind = all(end.changes for end in ends), any(end.graded for end in ends)
    return {
        False: Wire((buffer.forward_out, buffer.clock_out), *kind),
        True: Wire((buffer.backward_out, buffer.clock_out), *kind),
    }
