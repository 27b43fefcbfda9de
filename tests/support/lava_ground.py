"""Small networks of Lava's own processes; what they did, as JSON on standard output.

Run in a process of its own, which a test can end when Lava hangs.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import numpy as np

from hardware.lava.compat import import_lava

import_lava()

from lava.magma.core.run_conditions import RunSteps  # noqa: E402
from lava.magma.core.run_configs import Loihi2SimCfg  # noqa: E402
from lava.proc.dense.process import Dense  # noqa: E402
from lava.proc.io.sink import RingBuffer as Sink  # noqa: E402
from lava.proc.io.source import RingBuffer as Source  # noqa: E402
from lava.proc.lif.process import LIF  # noqa: E402
from lava.proc.monitor.process import Monitor  # noqa: E402
from lava.proc.sparse.process import Sparse  # noqa: E402
from lava.utils.weightutils import SignMode  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402

STEPS = 8
rng = np.random.default_rng(0)
GRADED = rng.integers(-20, 21, (4, STEPS))
SPIKES = rng.integers(0, 2, (4, STEPS))
WEIGHTS = rng.integers(-128, 128, (3, 4))


def play(process: Any, read: Any) -> Any:
    """What `read` finds after a run."""
    try:
        process.run(RunSteps(num_steps=STEPS), Loihi2SimCfg(select_tag="fixed_pt"))
        return read()
    finally:
        process.stop()


def through(data: np.ndarray, *processes: Any) -> list[list[int]]:
    """What comes out of processes in a row, a row for each neuron."""
    source = Source(data=data)
    out = source.s_out
    for process in processes:
        neurons = isinstance(process, LIF)
        out.connect(process.a_in if neurons else process.s_in)
        out = process.s_out if neurons else process.a_out
    sink = Sink(shape=out.shape, buffer=STEPS)
    out.connect(sink.a_in)
    return play(source, lambda: sink.data.get().astype(int).tolist())


def exact(weights: Any, graded: bool) -> dict[str, Any]:
    return {
        "weights": weights,
        "num_weight_bits": 9,
        "sign_mode": SignMode.MIXED,
        "num_message_bits": 16 if graded else 0,
    }


def lif() -> Any:
    return through(GRADED, LIF(shape=(4,), du=4095, dv=512, vth=20, bias_mant=64))


def dense_graded() -> Any:
    return through(GRADED, Dense(**exact(WEIGHTS, graded=True)))


def dense_spikes() -> Any:
    return through(SPIKES, Dense(**exact(WEIGHTS, graded=False)))


def dense_of_eight_bits() -> Any:
    return through(SPIKES, Dense(weights=WEIGHTS, sign_mode=SignMode.MIXED))


def two_dense() -> Any:
    back = np.eye(4, 3, dtype=int)
    return through(GRADED, Dense(**exact(WEIGHTS, graded=True)), Dense(**exact(back, graded=True)))


def sparse() -> Any:
    return through(GRADED, Sparse(**exact(csr_matrix(WEIGHTS), graded=True)))


def monitor() -> Any:
    source = Source(data=GRADED)
    neurons = LIF(shape=(4,), du=4095, dv=512, vth=20, bias_mant=64, name="neurons")
    voltages, spikes = Monitor(), Monitor()
    source.s_out.connect(neurons.a_in)
    voltages.probe(neurons.v, STEPS)
    spikes.probe(neurons.s_out, STEPS)

    def read() -> Any:
        return [
            voltages.get_data()["neurons"]["v"].astype(int).T.tolist(),
            spikes.get_data()["neurons"]["s_out"].astype(int).T.tolist(),
        ]

    return play(source, read)


def virtual_ports() -> Any:
    source, sink = Source(data=GRADED.reshape(2, 2, STEPS)), Sink(shape=(4,), buffer=STEPS)
    source.s_out.transpose((1, 0)).flatten().connect(sink.a_in)
    return play(source, lambda: sink.data.get().astype(int).tolist())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps({name: globals()[name]() for name in sys.argv[1:]}))
