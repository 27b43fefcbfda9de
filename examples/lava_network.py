"""A spiking GRU layer in a Lava network of one's own: LIF → SpikingGRULayer → Dense → LIF.

    python examples/lava_network.py [PROGRAM.sgru]

takes the first layer of a converted program, or makes one at random. It runs twice, with the layer
as Lava's own synapses and neurons and as one fused process, and both give the same in every tick.
"""

from __future__ import annotations

import sys

import numpy as np

from hardware import Program
from hardware.definition.cell import Cell, GateParameters
from hardware.lava import SpikingGRULayer
from hardware.program.model import Layer

# Only after `hardware.lava`, which helps Lava to import on newer Pythons.
from lava.magma.core.run_conditions import RunSteps  # isort: skip
from lava.magma.core.run_configs import Loihi2SimCfg  # isort: skip
from lava.proc.dense.process import Dense  # isort: skip
from lava.proc.lif.process import LIF  # isort: skip
from lava.proc.monitor.process import Monitor  # isort: skip

STEPS, OUTPUTS = 60, 3
rng = np.random.default_rng(0)


def random_layer(inputs: int, neurons: int) -> Layer:
    """A layer as `convert` gives them: integers, on the grids of its cell."""
    cell = Cell()
    gates = len(cell.gates)
    return Layer(
        name="gru",
        cell=cell,
        input_weights=rng.integers(-127, 128, (gates * neurons, inputs)).astype(np.int8),
        recurrent_weights=rng.integers(-127, 128, (gates * neurons, neurons)).astype(np.int8),
        gate=GateParameters(
            input_shift=np.full(gates, 5),  # a weight of 127 stands for 127 · 2^5 / 2^12, about 1
            recurrent_shift=np.full(gates, 4),
            bias=np.zeros((gates, neurons), dtype=np.int64),
            recurrent_bias=np.zeros(neurons, dtype=np.int64),
            threshold=np.full(neurons, 1000),
        ),
        initial_membrane=np.zeros(neurons, dtype=np.int64),
    )


def run(layer: Layer, structural: bool) -> tuple[np.ndarray, np.ndarray]:
    """The layer's membranes and the output's spikes, a row for each tick."""
    excite = LIF(
        shape=(layer.inputs,), bias_mant=np.linspace(50, 500, layer.inputs).astype(int), vth=20
    )
    gru = SpikingGRULayer(layer=layer, graded_input=False, name="gru")
    readout = Dense(weights=np.random.default_rng(1).integers(-64, 128, (OUTPUTS, layer.neurons)))
    answer = LIF(shape=(OUTPUTS,), du=4095, dv=256, vth=100, name="answer")
    excite.s_out.connect(gru.s_in)
    gru.s_out.connect(readout.s_in)
    readout.a_out.connect(answer.a_in)

    membranes, spikes = Monitor(), Monitor()
    membranes.probe(gru.membrane, STEPS)
    spikes.probe(answer.s_out, STEPS)
    config = Loihi2SimCfg(select_tag="fixed_pt", select_sub_proc_model=structural)
    gru.run(RunSteps(num_steps=STEPS), config)
    try:
        return next(iter(membranes.get_data().values()))["membrane"], spikes.get_data()["answer"][
            "s_out"
        ]
    finally:
        gru.stop()


def main() -> None:
    layer = Program.load(sys.argv[1]).layers[0] if sys.argv[1:] else random_layer(8, 16)
    membranes, spikes = run(layer, structural=False)
    same = all(
        np.array_equal(a, b)
        for a, b in zip((membranes, spikes), run(layer, structural=True), strict=True)
    )
    print(f"{spikes.sum():.0f} spikes of {OUTPUTS} output neurons in {STEPS} ticks")
    print(f"membranes between {membranes.min():.0f} and {membranes.max():.0f} of ±4096")
    print(f"structural and fused the same in every tick: {same}")


if __name__ == "__main__":
    main()
