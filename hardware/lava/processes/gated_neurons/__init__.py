"""One layer of gated neurons as a Lava process; its synapses are Lava's own Dense processes."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.definition.arithmetic import shift
from hardware.definition.cell import step
from hardware.lava.clock import Pace, change, turns
from hardware.lava.processes.model import Process, TickModel
from hardware.program.model import Layer


class GatedNeurons(Process):
    """The neurons between the synapses W and U of a layer: two currents in, messages out.

    `recurrent_out` goes to U: a block of messages for each product of a step in turn. `s_out` goes
    on to the next layer; it carries no message but at the end of a step.
    """

    def __init__(
        self,
        *,
        layer: Layer,
        input_changes: bool = False,
        clocked: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(
            layer=layer, input_changes=input_changes, clocked=clocked, name=name or layer.name
        )
        gate, n, gates = layer.gate, layer.neurons, len(layer.cell.gates)
        self.input_current = InPort(shape=(gates * n,))
        self.recurrent_current = InPort(shape=(gates * n,))
        self.clock_in = InPort(shape=(1,))
        self.recurrent_out = OutPort(shape=(layer.cell.products_in_turn * n,))
        self.s_out = OutPort(shape=(n,))
        self.clock_out = OutPort(shape=(1,))
        self.state_out = OutPort(shape=(n,))
        self.membrane_out = OutPort(shape=(n,))
        self.input_shift = Var(shape=(gates,), init=gate.input_shift)
        self.recurrent_shift = Var(shape=(gates,), init=gate.recurrent_shift)
        self.bias = Var(shape=(gates, n), init=gate.bias)
        self.recurrent_bias = Var(shape=(n,), init=gate.recurrent_bias)
        self.threshold = Var(shape=(n,), init=gate.threshold)
        self.membrane = Var(shape=(n,), init=layer.initial_membrane)
        self.emitted = Var(shape=(n,), init=layer.initial_emission)


class ProductMissingError(Exception):
    """The step needs a product whose message has yet to be sent."""

    def __init__(self, gate, message):
        self.gate, self.message = gate, message


@implements(proc=GatedNeurons, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyGatedNeurons(TickModel):
    """The integer step of the definition, tried once a tick until all its products are there.

    In each tick the step runs as far as the products allow; the message it then asks a product for
    is sent, and comes back through the synapses in the next tick.
    """

    input_current: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    recurrent_current: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    clock_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=3)
    recurrent_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    clock_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=3)
    state_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    membrane_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
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
        self.input_changes = proc_params["input_changes"]
        self.pace = Pace(1, self.cell.products_in_turn, proc_params["clocked"])
        self.turns = turns(self.cell)
        self.begin()

    def begin(self):
        """A clean state: nothing in the dendrites, and nothing said in this sequence."""
        n, gates = self.layer.neurons, len(self.cell.gates)
        self.arrived = np.zeros(gates * n, dtype=np.int64)
        self.seen = self.arrived
        self.arrived_back = np.zeros(gates * n, dtype=np.int64)
        self.said = np.zeros((self.cell.products_in_turn, n), dtype=np.int64)
        self.membrane = self.layer.initial_membrane.copy()
        self.emitted = self.layer.initial_emission.copy()

    def tick(self):
        beat = self.pace.beat()
        self.arrived += self.input_current.recv()
        self.arrived_back += self.recurrent_current.recv()
        outgoing = np.zeros_like(self.said)
        sent, ended = np.zeros_like(self.membrane), False
        turn = beat.turn[0]
        if turn == 1:
            self.see()
        if turn <= self.pace.ticks:
            try:
                emitted, self.membrane = self.step(turn)
            except ProductMissingError as needed:
                outgoing[turn] = self.message(turn, needed.message)
            else:
                sent = change(emitted, self.emitted, self.cell)
                self.emitted = emitted
                ended = True
                outgoing[0] = self.message(0, emitted)
                if not self.cell.sends_changes:
                    self.arrived_back = np.zeros_like(self.arrived_back)
        self.s_out.send(sent.astype(np.int32))
        self.clock_out.send(beat.done.astype(np.int32))
        if self.state_out.csp_ports:
            state = shift(self.membrane, self.cell.gate_fraction - self.cell.state_fraction)
            self.state_out.send((state * ended).astype(np.int32))
        if self.membrane_out.csp_ports:
            self.membrane_out.send(self.membrane.astype(np.int32))
        if self.pace.hear(self.clock_in.recv())[0]:
            self.begin()
            outgoing = np.zeros_like(self.said)
            outgoing[0] = self.message(0, self.emitted)
        self.recurrent_out.send(outgoing.ravel().astype(np.int32))

    def see(self):
        """A step sees what has come by its begin; where changes are sent, that stays."""
        self.seen = self.arrived.copy()
        if not self.input_changes:
            self.arrived[:] = 0

    def step(self, turn):
        """The step with the products that have come by this turn of it."""
        currents = dict(
            zip(self.turns, self.arrived_back.reshape(len(self.turns), -1), strict=True)
        )

        def U(gate, message):
            if self.turns[gate] > turn:
                raise ProductMissingError(gate, message)
            return currents[gate]

        return step(self.cell, self.gate_parameters(), self.seen, U, self.emitted, self.membrane)

    def message(self, block, values):
        """What goes on the wire for these values, and remember that they were said."""
        sent, self.said[block] = change(values, self.said[block], self.cell), values
        return sent
