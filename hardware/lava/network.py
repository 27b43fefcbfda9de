"""A program as a network of Lava processes: the structural mapping.

::

    FrameSource ─► Dense W ─► GatedNeurons ─► … ─► Dense V ─► ScoreAccumulator
                              ▲          │
                              └─ Dense U ◄┘

Every Dense delays by one tick; along U that is the recurrence itself.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.lava.compat import import_lava
from hardware.program import Program

import_lava()

from lava.proc.dense.process import Dense  # noqa: E402
from lava.utils.weightutils import SignMode  # noqa: E402

from hardware.lava.processes.frame_source import FrameSource  # noqa: E402
from hardware.lava.processes.gated_neuron import GatedNeurons  # noqa: E402
from hardware.lava.processes.recorder import Recorder  # noqa: E402
from hardware.lava.processes.score_accumulator import ScoreAccumulator  # noqa: E402

GRADED_BITS = 16


def dense(weights: NDArray[np.int8], name: str, graded: bool = False) -> Dense:
    """Synapses with exactly these weights.

    Lava's fixed-point Dense keeps even weights of 9 bits in mixed sign mode: doubling the weights
    and halving the sum by its exponent loses nothing, and names the sign mode instead of leaving
    it to be guessed.
    """
    return Dense(
        weights=2 * weights.astype(np.int32),
        weight_exp=-1,
        sign_mode=SignMode.MIXED,
        num_message_bits=GRADED_BITS if graded else 0,
        name=name,
    )


def build(program: Program, frames: Path, resets: Path, recordings: dict[str, Path]) -> FrameSource:
    """Connect the processes of a program; a run of the returned source runs them all."""
    source = FrameSource(
        channels=program.encoder.channels, frames=str(frames), resets=str(resets), name="frames"
    )
    arriving = source.s_out
    for i, layer in enumerate(program.layers):
        W = dense(layer.input_weights, f"{layer.name}.W", graded=i == 0)
        U = dense(layer.recurrent_weights, f"{layer.name}.U")
        neurons = GatedNeurons(cell=layer.cell, gate=layer.gate, delay=i + 1, name=layer.name)
        source.reset_out.connect(neurons.reset_in)
        arriving.connect(W.s_in)
        W.a_out.connect(neurons.input_current)
        neurons.s_out.connect(U.s_in)
        U.a_out.connect(neurons.recurrent_current)
        _record(neurons.s_out, layer.neurons, recordings[f"emitted.{i}"])
        _record(neurons.membrane_out, layer.neurons, recordings[f"membranes.{i}"])
        arriving = neurons.s_out
    V = dense(program.readout.weights, "readout.V")
    scores = ScoreAccumulator(
        readout=program.readout, delay=len(program.layers) + 1, name="readout"
    )
    source.reset_out.connect(scores.reset_in)
    arriving.connect(V.s_in)
    V.a_out.connect(scores.current)
    _record(scores.score_out, program.readout.outputs, recordings["scores"])
    return source


def _record(port: object, width: int, file: Path) -> None:
    recorder = Recorder(width=width, file=str(file), name=f"recorder.{file.stem}")
    port.connect(recorder.values)  # type: ignore[attr-defined]
