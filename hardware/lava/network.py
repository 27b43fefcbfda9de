"""A program as a network of Lava processes.

::

    FrameSource ─► SpikingGRULayer ─► … ─► SpikingGRULayer ─► ReadoutLayer

Each layer and the readout have a structural and a fused model; which of them runs is the run
configuration's choice. With both directions a SequenceBuffer stands behind every level.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hardware.lava.processes.frame_source import FrameSource
from hardware.lava.processes.readout_layer import ReadoutLayer
from hardware.lava.processes.recorder import Recorder
from hardware.lava.processes.sequence_buffer import SequenceBuffer
from hardware.lava.processes.spiking_gru_layer import SpikingGRULayer
from hardware.program import Program


class Wire(NamedTuple):
    """Two ports that belong together, and what the values are."""

    values: Any
    clock: Any
    changes: bool
    graded: bool


class Options(NamedTuple):
    """What all processes of a network are told."""

    folder: Path
    batch: int | None
    record: Sequence[str]


def build(program: Program, options: Options) -> FrameSource:
    """Connect the processes of a program; a run of the returned source runs them all."""
    forward = source(program, "frames", options)
    wires = {False: wire_of(forward, program)}
    if any(layer.backward for layer in program.levels[0]):
        wires[True] = wire_of(source(program, "frames turned round", options), program)
    number = 0
    for depth, level in enumerate(program.levels):
        to_readout = depth == len(program.levels) - 1
        sees_membranes = to_readout and program.readout.sees_membranes
        ends = []
        for layer in level:
            ends.append(place(layer, number, wires[layer.backward], sees_membranes, options))
            number += 1
        if program.bidirectional:
            wires = keep(program, depth, ends, not sees_membranes, options)
        else:
            wires = {False: ends[0]}
    connect(
        wires[False],
        ReadoutLayer(
            readout=program.readout,
            graded_input=wires[False].graded,
            input_changes=wires[False].changes,
            clocked=True,
            batch=options.batch,
            folder=options.folder,
        ),
    )
    return forward


def source(program: Program, frames: str, options: Options) -> FrameSource:
    return FrameSource(
        channels=program.encoder.channels,
        frames=frames,
        period=program.period,
        folder=options.folder,
        batch=options.batch,
        name=frames,
    )


def wire_of(source: FrameSource, program: Program) -> Wire:
    return Wire(source.s_out, source.clock_out, program.encoder.sends_changes, graded=True)


def connect(wire: Wire, process: Any) -> None:
    wire.values.connect(process.s_in)
    wire.clock.connect(process.clock_in)


def place(layer: Any, number: int, wire: Wire, sees_membranes: bool, options: Options) -> Wire:
    """A layer behind a wire, with its recorders; the wire on which it answers."""
    cell = layer.cell
    process = SpikingGRULayer(
        layer=layer,
        graded_input=wire.graded,
        input_changes=wire.changes,
        clocked=True,
        batch=options.batch,
    )
    connect(wire, process)
    for recording, port, changes in (
        (f"emitted.{number}", process.s_out, cell.sends_changes),
        (f"membranes.{number}", process.membrane_out, False),
    ):
        if recording in options.record:
            recorder = Recorder(
                width=layer.neurons,
                recording=recording,
                folder=options.folder,
                changes=changes,
                batch=options.batch,
            )
            port.connect(recorder.values)
            process.clock_out.connect(recorder.clock_in)
    if sees_membranes:
        return Wire(process.state_out, process.clock_out, changes=False, graded=True)
    return Wire(process.s_out, process.clock_out, cell.sends_changes, cell.emit != "binary")


def keep(
    program: Program, depth: int, ends: list[Wire], in_time: bool, options: Options
) -> dict[bool, Wire]:
    """A buffer behind a level; its wires in both directions, by whether they are turned round."""
    level = program.levels[depth]
    widths = [layer.neurons for layer in level]
    buffer = SequenceBuffer(
        neurons=widths[0],
        backward_neurons=sum(widths[1:]),
        period=program.period,
        in_time=in_time,
        changes=tuple(end.changes for end in ends),
        batch=options.batch,
        name=f"buffer {depth}",
    )
    for end, values, clock in zip(
        ends,
        (buffer.forward_in, buffer.backward_in),
        (buffer.forward_clock_in, buffer.backward_clock_in),
        strict=False,
    ):
        end.values.connect(values)
        end.clock.connect(clock)
    changes, graded = all(end.changes for end in ends), any(end.graded for end in ends)
    return {
        False: Wire(buffer.forward_out, buffer.clock_out, changes, graded),
        True: Wire(buffer.backward_out, buffer.clock_out, changes, graded),
    }
