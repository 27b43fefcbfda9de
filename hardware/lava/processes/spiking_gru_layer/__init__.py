"""A spiking GRU layer as one Lava process, with a model of synapses and neurons, and a fused one.

::

    s_in ─► Dense W ─► GatedNeurons ─► s_out              the structural model
                       ▲          │
                       └─ Dense U ◄┘

The fused model computes the same in one process, for one sample or a batch of them. Both answer in
the same tick: what arrives in tick t is first seen in tick t + 1, as behind any Lava Dense, and
s_out carries the answer in tick t + n of a formulation whose steps take n ticks.
"""

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.model.sub.model import AbstractSubProcessModel
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.dense.process import Dense
from lava.utils.weightutils import SignMode

from hardware.definition.arithmetic import shift
from hardware.definition.cell import step
from hardware.errors import SettingError
from hardware.lava.clock import Pace, change, lanes_of, recurrent_matrix
from hardware.lava.processes.frame_source import FrameSource
from hardware.lava.processes.gated_neurons import GatedNeurons
from hardware.lava.processes.model import Process, TickModel
from hardware.lava.scores import Scores, Tally
from hardware.lava.synapses import RecurrentSynapses, Synapses
from hardware.lava.tape import Feed, Player
from hardware.program.model import Layer

GRADED_BITS = 16
ALL_WEIGHT_BITS = 9
"""Of Lava's Dense, whose weights of mixed sign have a bit more than the 8 of int8: none is cut."""


def dense(weights, name, graded):
    """Synapses with exactly these weights; the sign mode is named, not left to be guessed."""
    return Dense(
        weights=weights.astype(np.int32),
        num_weight_bits=ALL_WEIGHT_BITS,
        sign_mode=SignMode.MIXED,
        num_message_bits=GRADED_BITS if graded else 0,
        name=name,
    )


class SpikingGRULayer(Process):
    """One layer of a program: events in on `s_in`, what its neurons emit out on `s_out`.

    Parameters
    ----------
    layer : hardware.program.model.Layer
        Weights, gate parameters, thresholds and initial membrane, as `convert` gives them.
    graded_input : bool
        Whether `s_in` carries numbers; if not, any message counts as one spike.
    input_changes : bool
        Whether `s_in` carries by how much a value has changed, as of a send-on-delta source.
    clocked : bool
        Whether a step begins only where a message on `clock_in` says so (see hardware.lava.clock),
        which also resets the layer where a sequence begins. If not, step follows step.
    batch : int, optional
        So many samples at once: every port gets a first axis of this size. Fused model only.
    feed : hardware.lava.tape.Feed, optional
        Of sessions: frames and clock come from the tape there, not from `s_in` and `clock_in`.
    tally : hardware.lava.scores.Tally, optional
        Of sessions: what the layer emits goes through a readout in the same process, as through a
        ReadoutLayer behind it. Fused model only.

    `membrane_out` carries the membrane in every tick, on the state grid; `state_out` where a step
    ends, on the gate grid, which is what a readout of the last membrane sees.
    """

    def __init__(
        self,
        *,
        layer: Layer,
        graded_input: bool = True,
        input_changes: bool = False,
        clocked: bool = False,
        batch: int | None = None,
        feed: Feed | None = None,
        tally: Tally | None = None,
        name: str | None = None,
    ) -> None:
        if batch is not None and batch < 1:
            raise SettingError(f"batch is {batch!r}, expected at least 1, or None for no batch")
        super().__init__(
            layer=layer,
            graded_input=graded_input,
            input_changes=input_changes,
            clocked=clocked,
            batch=batch,
            feed=feed,
            tally=tally,
            name=name or layer.name,
        )
        gate, n, gates = layer.gate, layer.neurons, len(layer.cell.gates)
        lead = () if batch is None else (batch,)
        recurrent = recurrent_matrix(layer)
        self.s_in = InPort(shape=(*lead, layer.inputs))
        self.clock_in = InPort(shape=lead or (1,))
        self.s_out = OutPort(shape=(*lead, n))
        self.clock_out = OutPort(shape=lead or (1,))
        self.state_out = OutPort(shape=(*lead, n))
        self.membrane_out = OutPort(shape=(*lead, n))
        self.input_weights = Var(shape=layer.input_weights.shape, init=layer.input_weights)
        self.recurrent_weights = Var(shape=recurrent.shape, init=recurrent)
        self.input_shift = Var(shape=(gates,), init=gate.input_shift)
        self.recurrent_shift = Var(shape=(gates,), init=gate.recurrent_shift)
        self.bias = Var(shape=(gates, n), init=gate.bias)
        self.recurrent_bias = Var(shape=(n,), init=gate.recurrent_bias)
        self.threshold = Var(shape=(n,), init=gate.threshold)
        self.membrane = Var(
            shape=(*lead, n), init=np.broadcast_to(layer.initial_membrane, (*lead, n)).copy()
        )
        self.emitted = Var(
            shape=(*lead, n), init=np.broadcast_to(layer.initial_emission, (*lead, n)).copy()
        )


@implements(proc=SpikingGRULayer, protocol=LoihiProtocol)
@tag("fixed_pt")
class StructuralSpikingGRULayer(AbstractSubProcessModel):
    """What the chip would hold: two matrices of synapses, and the neurons between them."""

    def __init__(self, proc):
        layer, cell = proc.proc_params["layer"], proc.proc_params["layer"].cell
        if proc.proc_params["batch"] is not None:
            raise SettingError(
                f"{proc.name}: batch is {proc.proc_params['batch']}, but synapses of Lava's own "
                f"take one sample at a time: use the fused model, or no batch"
            )
        if proc.proc_params["tally"] is not None:
            raise SettingError(
                f"{proc.name}: a tally is of the fused model: connect a ReadoutLayer instead"
            )
        self.W = dense(
            layer.input_weights, f"{proc.name}.W", graded=proc.proc_params["graded_input"]
        )
        self.U = dense(
            recurrent_matrix(layer),
            f"{proc.name}.U",
            graded=cell.emit != "binary" or cell.products_in_turn > 1,
        )
        self.neurons = GatedNeurons(
            layer=layer,
            input_changes=proc.proc_params["input_changes"],
            clocked=proc.proc_params["clocked"],
            name=f"{proc.name}.neurons",
        )
        proc.in_ports.s_in.connect(self.W.in_ports.s_in)
        if proc.proc_params["feed"] is not None:
            self.frames = FrameSource(
                channels=layer.inputs, feed=proc.proc_params["feed"], name=f"{proc.name}.frames"
            )
            self.frames.out_ports.s_out.connect(self.W.in_ports.s_in)
            self.frames.out_ports.clock_out.connect(self.neurons.in_ports.clock_in)
        self.W.out_ports.a_out.connect(self.neurons.in_ports.input_current)
        self.neurons.out_ports.recurrent_out.connect(self.U.in_ports.s_in)
        self.U.out_ports.a_out.connect(self.neurons.in_ports.recurrent_current)
        proc.in_ports.clock_in.connect(self.neurons.in_ports.clock_in)
        for port in ("s_out", "clock_out", "state_out", "membrane_out"):
            getattr(self.neurons.out_ports, port).connect(getattr(proc.out_ports, port))
        proc.vars.input_weights.alias(self.W.vars.weights)
        proc.vars.recurrent_weights.alias(self.U.vars.weights)
        for var in (
            "input_shift", "recurrent_shift", "bias", "recurrent_bias", "threshold",
            "membrane", "emitted",
        ):  # fmt: skip
            getattr(proc.vars, var).alias(getattr(self.neurons.vars, var))


@implements(proc=SpikingGRULayer, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class FusedSpikingGRULayer(TickModel):
    """The whole layer in one process; a lane for each sample of a batch."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=16)
    clock_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=3)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    clock_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=3)
    state_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    membrane_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    input_weights: np.ndarray = LavaPyType(np.ndarray, np.int64)
    recurrent_weights: np.ndarray = LavaPyType(np.ndarray, np.int64)
    input_shift: np.ndarray = LavaPyType(np.ndarray, np.int64)
    recurrent_shift: np.ndarray = LavaPyType(np.ndarray, np.int64)
    bias: np.ndarray = LavaPyType(np.ndarray, np.int64)
    recurrent_bias: np.ndarray = LavaPyType(np.ndarray, np.int64)
    threshold: np.ndarray = LavaPyType(np.ndarray, np.int64)
    membrane: np.ndarray = LavaPyType(np.ndarray, np.int64)
    emitted: np.ndarray = LavaPyType(np.ndarray, np.int64)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.layer = proc_params["layer"]
        self.cell = self.layer.cell
        self.lanes = proc_params["batch"] or 1
        self.graded_input = proc_params["graded_input"]
        self.input_changes = proc_params["input_changes"]
        self.pace = Pace(self.lanes, self.cell.products_in_turn, proc_params["clocked"])
        self.arrived = np.zeros((self.lanes, self.layer.inputs), dtype=np.int64)
        self.seen = self.arrived.copy()
        self.player = proc_params["feed"] and Player(proc_params["feed"])
        self.tally = proc_params["tally"] and LayerScores(
            self.layer, self.lanes, proc_params["clocked"], proc_params["tally"]
        )
        self.W: Any = None
        self.U: Any = None
        self.gate: Any = None

    def on_var_update(self):
        """Take up weights that were set."""
        self.gate = self.gate_parameters()
        self.W = Synapses(self.input_weights)
        self.U = RecurrentSynapses(self.recurrent_weights, self.cell)

    def tick(self):
        if self.W is None:
            self.on_var_update()
        cell, n = self.cell, self.layer.neurons
        beat = self.pace.beat()
        membrane = self.membrane.reshape(self.lanes, n)
        emitted = self.emitted.reshape(self.lanes, n)
        sent = np.zeros((self.lanes, n), dtype=np.int32)
        self.see(lanes_of(beat.turn == 1))
        lanes = lanes_of(beat.done)
        if lanes is not None:
            e, membrane[lanes] = step(
                cell,
                self.gate,
                self.W(self.seen[lanes]),
                self.U.product(),
                emitted[lanes],
                membrane[lanes],
            )
            sent[lanes] = change(e, emitted[lanes], cell)
            emitted[lanes] = e
        self.s_out.send(sent.reshape(self.s_out.shape))
        self.clock_out.send(beat.done.astype(np.int32))
        if self.state_out.csp_ports:
            state = states(cell, membrane, beat.done)
            self.state_out.send(state.reshape(self.state_out.shape).astype(np.int32))
        if self.membrane_out.csp_ports:
            self.membrane_out.send(self.membrane.astype(np.int32))
        if self.tally is not None:
            self.tally.take(beat.done, sent, membrane)
        message, clock = self.receive()
        fresh = lanes_of(self.pace.hear(clock))
        if fresh is not None:
            self.arrived[fresh] = 0
            membrane[fresh] = self.layer.initial_membrane
            emitted[fresh] = self.layer.initial_emission
        self.arrived += message

    def receive(self):
        """The messages and the clock messages of this tick, of every lane."""
        if self.player is not None:
            return self.player.at(self.time_step)
        message, clock = self.s_in.recv().reshape(self.lanes, -1), self.clock_in.recv()
        return (message if self.graded_input else message.astype(bool)), clock

    def see(self, begins):
        """A step sees what has come by its begin; where changes are sent, that stays."""
        if isinstance(begins, slice) and not self.input_changes:
            self.seen, self.arrived = self.arrived, np.zeros_like(self.arrived)
        elif begins is not None:
            self.seen[begins] = self.arrived[begins]
            if not self.input_changes:
                self.arrived[begins] = 0


class LayerScores:
    """The readout of what a layer emits, in the ticks that a process of its own would take."""

    def __init__(self, layer, lanes, clocked, tally):
        self.cell, self.readout = layer.cell, tally.readout
        self.V = Synapses(self.readout.weights)
        self.score = np.zeros((lanes, self.readout.outputs), dtype=np.int64)
        self.scores = Scores(
            self.readout,
            np.zeros((lanes, layer.neurons), dtype=np.int64),
            clocked=clocked,
            input_changes=self.cell.sends_changes and not self.readout.sees_membranes,
            folder=tally.folder,
        )

    def take(self, clock, sent, membrane):
        """One tick, in which the layer sends this."""
        self.scores.step(self.score, self.V)
        self.scores.hear(self.score, clock)
        if self.readout.sees_membranes:
            sent = states(self.cell, membrane, clock)
        self.scores.arrived += sent


def states(cell, membrane, clock):
    """The membranes of all lanes on the gate grid, where a step ends."""
    state = shift(membrane, cell.gate_fraction - cell.state_fraction)
    state[clock == 0] = 0
    return state
