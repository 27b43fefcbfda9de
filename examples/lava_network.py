"""A trained program with its encoder inside a Lava network of your own.

    python examples/lava_network.py [PROGRAM.sgru]

Without a program a small one is trained first, in about ten seconds. The network is::

    frames ─ encoder ─► RingBuffer ─► SpikingGRULayer … ─► ReadoutLayer          the program
                                                     └───► Dense ─► LIF          your own

It runs twice, with the layers as Lava's own synapses and neurons and as one fused process each. The
scores equal those of `hardware.run` in every bit.
"""

from __future__ import annotations

import sys
from tempfile import TemporaryDirectory

import numpy as np

import hardware
from hardware import Program
from hardware.lava import ReadoutLayer, SpikingGRULayer
from hardware.lava.clock import FIRST, LAST, STEP
from hardware.lava.synapses import emits_graded

# Only after `hardware.lava`, which helps Lava to import on newer Pythons.
from lava.magma.core.run_conditions import RunSteps  # isort: skip
from lava.magma.core.run_configs import Loihi2SimCfg  # isort: skip
from lava.proc.dense.process import Dense  # isort: skip
from lava.proc.io.source import RingBuffer  # isort: skip
from lava.proc.lif.process import LIF  # isort: skip
from lava.proc.monitor.process import Monitor  # isort: skip

WATCHERS = 3


def trained() -> Program:
    """A small program that tells nine speakers apart."""
    from conversion import convert
    from spiking_gru import data, load_network
    from spiking_gru.training import TrainingSettings, train

    with TemporaryDirectory() as folder:
        settings = TrainingSettings(hidden=32, epochs=4, quantised_epochs=2)
        train(settings, data.load("japanese-vowels"), f"{folder}/run")
        network, _ = load_network(f"{folder}/run")
    return convert(network)


def inputs(program: Program, frames: np.ndarray, ticks: int) -> tuple[RingBuffer, RingBuffer]:
    """Return the inputs of the first layer and its clock: a column for each tick."""
    events, _ = program.encoder.encode(frames, program.encoder.initial_state())
    if program.encoder.sends_changes:  # changes go on the wire
        events = np.diff(events, axis=0, prepend=0)
    steps = np.arange(len(events))
    values = np.zeros((events.shape[1], ticks), dtype=np.int32)
    clock = np.zeros((1, ticks), dtype=np.int32)
    values[:, program.period * steps] = events.T
    clock[:, program.period * steps] = STEP + FIRST * (steps == 0) + LAST * (steps == steps[-1])
    return RingBuffer(data=values), RingBuffer(data=clock)


def run(program: Program, frames: np.ndarray, structural: bool) -> tuple[np.ndarray, int]:
    """The scores of one sequence, and the spikes of your own neurons."""
    ticks = int(program.ticks(np.array([len(frames) * program.encoder.steps]))[0])
    values, clock = (buffer.s_out for buffer in inputs(program, frames, ticks))
    changes, graded = program.encoder.sends_changes, True
    for layer in program.layers:
        gru = SpikingGRULayer(layer=layer, graded_input=graded, input_changes=changes, clocked=True)
        values.connect(gru.s_in)
        clock.connect(gru.clock_in)
        values, clock = gru.s_out, gru.clock_out
        changes, graded = layer.cell.sends_changes, emits_graded(layer.cell)

    watchers = Dense(weights=np.full((WATCHERS, layer.neurons), 32), num_message_bits=8 * graded)
    alarm = LIF(shape=(WATCHERS,), du=4095, dv=256, vth=10, name="alarm")
    values.connect(watchers.s_in)
    watchers.a_out.connect(alarm.a_in)

    if program.readout.sees_membranes:
        values, changes, graded = gru.state_out, False, True
    readout = ReadoutLayer(
        readout=program.readout, graded_input=graded, input_changes=changes, clocked=True
    )
    values.connect(readout.s_in)
    clock.connect(readout.clock_in)

    scores, spikes = Monitor(), Monitor()
    scores.probe(readout.score, ticks)
    spikes.probe(alarm.s_out, ticks)
    config = Loihi2SimCfg(select_tag="fixed_pt", select_sub_proc_model=structural)
    readout.run(RunSteps(num_steps=ticks), config)
    try:
        of_ticks = scores.get_data()[readout.name]["score"]
        return of_ticks[-1], int(spikes.get_data()["alarm"]["s_out"].sum())
    finally:
        readout.stop()


def main() -> None:
    program = Program.load(sys.argv[1]) if sys.argv[1:] else trained()
    if program.bidirectional:
        sys.exit(
            "a bidirectional program needs the host's buffers: use hardware.run(engine='lava')"
        )
    noise = np.random.default_rng(0).normal(size=(15, program.encoder.channels))
    frames = program.encoder.offset + 0.3 * program.encoder.limit * noise / program.encoder.gain
    (found, spikes), (again, _) = (run(program, frames, structural) for structural in (True, False))
    expected = hardware.run(program, [frames], engine="numpy").final_scores[0]
    print(f"{spikes} spikes of {WATCHERS} neurons of your own")
    print(f"scores: {found.tolist()}")
    print(
        f"structural, fused and hardware.run agree: "
        f"{np.array_equal(found, expected) and np.array_equal(again, expected)}"
    )


if __name__ == "__main__":
    main()
