"""The fused model of a layer: synapses and neurons of all lanes in one process."""

from typing import Any

import numpy as np
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType

from hardware.definition.arithmetic import shift
from hardware.definition.cell import step
from hardware.lava.clock import StepClock, change, lanes_of
from hardware.lava.processes.model import TickModel, gate_parameters
from hardware.lava.scores import Scores
from hardware.lava.shared_arrays import FeedReader
from hardware.lava.starts import LayerStates
from hardware.lava.synapses import Synapses


class FusedLayer(TickModel):
    """The whole layer in one process; a lane for each sample of a batch."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=16)
    clock_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=3)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    clock_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=3)
    state_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    membrane_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    input_weights: np.ndarray = LavaPyType(np.ndarray, np.int64)
    input_shift: np.ndarray = LavaPyType(np.ndarray, np.int64)
    bias: np.ndarray = LavaPyType(np.ndarray, np.int64)
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
        self.clock = StepClock(self.lanes, self.cell.ticks, proc_params["clocked"])
        self.arrived = np.zeros((self.lanes, self.layer.inputs), dtype=np.int64)
        self.seen = self.arrived.copy()
        self.feed = proc_params["feed"] and FeedReader(proc_params["feed"])
        self.readout = proc_params["readout"] and LayerScores(
            self.layer, self.lanes, proc_params["clocked"], proc_params["readout"]
        )
        self.states = LayerStates(self.layer, proc_params["files"])
        self.told = np.zeros((self.lanes, self.layer.neurons), dtype=np.int64)
        self.W: Any = None
        self.gate: Any = None

    def on_var_update(self):
        """Take up weights that were set."""
        self.gate = gate_parameters(self)
        self.W = Synapses(self.input_weights)

    def product(self):
        """Return the recurrent products of one step; without recurrent synapses none is asked."""

    def tick(self):
        if self.W is None:
            self.on_var_update()
        cell, n = self.cell, self.layer.neurons
        tick = self.clock.advance()
        membrane = self.membrane.reshape(self.lanes, n)
        emitted = self.emitted.reshape(self.lanes, n)
        sent = np.zeros((self.lanes, n), dtype=np.int32)
        self.see(lanes_of(tick.number == 1))
        lanes = lanes_of(tick.done)
        if lanes is not None:
            e, membrane[lanes] = step(
                cell,
                self.gate,
                self.W(self.seen[lanes]),
                self.product(),
                emitted[lanes],
                membrane[lanes],
            )
            sent[lanes] = change(e, self.told[lanes], cell)
            self.told[lanes] = emitted[lanes] = e
            self.states.write(emitted, membrane)
        self.s_out.send(sent.reshape(self.s_out.shape))
        self.clock_out.send(tick.done.astype(np.int32))
        if self.state_out.csp_ports:
            state = states(cell, membrane, tick.done)
            self.state_out.send(state.reshape(self.state_out.shape).astype(np.int32))
        if self.membrane_out.csp_ports:
            self.membrane_out.send(self.membrane.astype(np.int32))
        if self.readout is not None:
            self.readout.receive(tick.done, sent, membrane)
        message, clock = self.receive()
        fresh = lanes_of(self.clock.receive(clock))
        if fresh is not None:
            self.arrived[fresh] = 0
            emitted[fresh], membrane[fresh] = self.states.first(fresh)
            self.told[fresh] = 0  # receivers begin from zero as well
        self.arrived += message

    def receive(self):
        """Return the messages and the clock messages of this tick, of every lane."""
        if self.feed is not None:
            return self.feed.at(self.time_step)
        message, clock = self.s_in.recv().reshape(self.lanes, -1), self.clock_in.recv()
        return (message if self.graded_input else message.astype(bool)), clock

    def see(self, begins):
        """A step sees the input that has come by its begin; where changes are sent, that stays."""
        if isinstance(begins, slice) and not self.input_changes:
            self.seen, self.arrived = self.arrived, np.zeros_like(self.arrived)
        elif begins is not None:
            self.seen[begins] = self.arrived[begins]
            if not self.input_changes:
                self.arrived[begins] = 0


class LayerScores:
    """The readout of what a layer emits, in the ticks that a process of its own would take."""

    def __init__(self, layer, lanes, clocked, fused):
        self.cell, self.readout = layer.cell, fused.readout
        self.V = Synapses(self.readout.weights)
        self.score = np.zeros((lanes, self.readout.outputs), dtype=np.int64)
        self.scores = Scores(
            self.readout,
            np.zeros((lanes, layer.neurons), dtype=np.int64),
            clocked=clocked,
            input_changes=self.cell.sends_changes and not self.readout.sees_membranes,
            folder=fused.folder,
        )

    def receive(self, clock, sent, membrane):
        """Take what the layer sends in this tick."""
        self.scores.step(self.score, self.V)
        self.scores.receive(self.score, clock)
        if self.readout.sees_membranes:
            sent = states(self.cell, membrane, clock)
        self.scores.arrived += sent


def states(cell, membrane, clock):
    """Return the membranes of all lanes on the gate grid where a step ends, 0 elsewhere."""
    state = shift(membrane, cell.gate_fraction - cell.state_fraction)
    state[clock == 0] = 0
    return state
