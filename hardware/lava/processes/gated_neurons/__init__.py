"""One layer of gated neurons as a Lava process; its synapses are Lava's own Dense processes."""

from typing import Any

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
from hardware.lava.clock import StepClock, change, product_ticks
from hardware.lava.processes.model import Process, TickModel, gate_parameters, parameter_names
from hardware.lava.starts import LayerFiles, LayerStates
from hardware.program.model import Layer


class FeedforwardNeurons(Process):
    """The neurons of a layer without recurrent synapses: the current of W in, messages out.

    `s_out` goes on to the next layer; it carries a message only at the end of a step.
    """

    def __init__(
        self,
        *,
        layer: Layer,
        input_changes: bool = False,
        clocked: bool = False,
        files: LayerFiles | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            layer=layer,
            input_changes=input_changes,
            clocked=clocked,
            files=files,
            name=name or layer.name,
        )
        n = layer.neurons
        self.input_current = InPort(shape=(len(layer.cell.row.input_gates) * n,))
        self.clock_in = InPort(shape=(1,))
        self.s_out = OutPort(shape=(n,))
        self.clock_out = OutPort(shape=(1,))
        self.state_out = OutPort(shape=(n,))
        self.membrane_out = OutPort(shape=(n,))
        for parameter in parameter_names(layer):
            values = getattr(layer.gate, parameter)
            setattr(self, parameter, Var(shape=values.shape, init=values))
        self.membrane = Var(shape=(n,), init=layer.initial_membrane)
        self.emitted = Var(shape=(n,), init=layer.initial_emission)


class GatedNeurons(FeedforwardNeurons):
    """The neurons between the synapses W and U of a layer: two currents in, messages out.

    `recurrent_out` goes to U, with a block for each recurrent message of a step.
    """

    def __init__(self, *, layer: Layer, **options: Any) -> None:
        super().__init__(layer=layer, **options)
        row, n = layer.cell.row, layer.neurons
        self.recurrent_current = InPort(shape=(len(row.recurrent_gates) * n,))
        self.recurrent_out = OutPort(shape=(len(row.messages) * n,))


class ProductMissingError(Exception):
    """The step needs a product whose message has yet to be sent."""

    def __init__(self, gate, message):
        self.gate, self.message = gate, message


class NeuronsModel(TickModel):
    """The integer step of the definition, tried once a tick until all its products are there.

    In each tick the step runs as far as the products allow. The message that it then asks a product
    for is sent, and comes back through the synapses in the next tick.
    """

    input_current: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    clock_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=3)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    clock_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=3)
    state_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    membrane_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    input_shift: np.ndarray = LavaPyType(np.ndarray, np.int64)
    bias: np.ndarray = LavaPyType(np.ndarray, np.int64)
    threshold: np.ndarray = LavaPyType(np.ndarray, np.int64)
    membrane: np.ndarray = LavaPyType(np.ndarray, np.int64)
    emitted: np.ndarray = LavaPyType(np.ndarray, np.int64)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.layer = proc_params["layer"]
        self.cell = self.layer.cell
        self.input_changes = proc_params["input_changes"]
        self.clock = StepClock(1, self.cell.ticks, proc_params["clocked"])
        self.gate: Any = None
        self.states = LayerStates(self.layer, proc_params["files"])
        self.begin(self.layer.initial_emission, self.layer.initial_membrane)

    def on_var_update(self):
        """Take up parameters that were set."""
        self.gate = gate_parameters(self)

    def begin(self, emitted, membrane):
        """Begin a sequence from its initial state, without currents."""
        inputs = len(self.cell.row.input_gates) * self.layer.neurons
        self.arrived = np.zeros(inputs, dtype=np.int64)
        self.seen = self.arrived
        self.membrane, self.emitted = membrane.copy(), emitted.copy()
        self.told = np.zeros_like(self.emitted)  # receivers begin from zero as well

    def tick(self):
        if self.gate is None:
            self.on_var_update()
        tick = self.clock.advance()
        self.arrived += self.input_current.recv()
        self.receive_products()
        sent, ended = np.zeros_like(self.membrane), False
        number = tick.number[0]
        if number == 1:
            self.see()
        if number <= self.clock.ticks:
            try:
                emitted, self.membrane = step(
                    self.cell,
                    self.gate,
                    self.seen,
                    self.product(number),
                    self.emitted,
                    self.membrane,
                )
            except ProductMissingError as needed:
                self.send_to(needed.gate, needed.message)
            else:
                sent = change(emitted, self.told, self.cell)
                self.told = self.emitted = emitted
                self.states.write(emitted, self.membrane)
                ended = True
                self.end_step()
        self.s_out.send(sent.astype(np.int32))
        self.clock_out.send(tick.done.astype(np.int32))
        if self.state_out.csp_ports:
            state = shift(self.membrane, self.cell.gate_fraction - self.cell.state_fraction)
            self.state_out.send((state * ended).astype(np.int32))
        if self.membrane_out.csp_ports:
            self.membrane_out.send(self.membrane.astype(np.int32))
        if self.clock.receive(self.clock_in.recv())[0]:
            self.begin(*(np.ravel(values) for values in self.states.first(slice(None))))
        self.send_messages()

    def see(self):
        """A step sees the input that has come by its begin; where changes are sent, that stays."""
        self.seen = self.arrived.copy()
        if not self.input_changes:
            self.arrived[:] = 0

    def product(self, tick):
        """Return the recurrent products that have come by this tick of a step."""

    def receive_products(self):
        """Take the current of U; without recurrent synapses there is none."""

    def send_to(self, gate, message):
        """Put a message for this gate's recurrent synapses on the wire."""

    def end_step(self):
        """Put what was emitted on the wire to U."""

    def send_messages(self):
        """Send the recurrent messages of this tick."""


@implements(proc=FeedforwardNeurons, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyFeedforwardNeurons(NeuronsModel):
    """Neurons that receive no recurrent message: a step takes one tick."""


@implements(proc=GatedNeurons, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyGatedNeurons(NeuronsModel):
    """Neurons with recurrent synapses."""

    recurrent_current: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    recurrent_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    recurrent_shift: np.ndarray = LavaPyType(np.ndarray, np.int64)
    recurrent_bias: np.ndarray = LavaPyType(np.ndarray, np.int64)

    def __init__(self, proc_params):
        row = proc_params["layer"].cell.row
        self.ticks = product_ticks(proc_params["layer"].cell)
        self.blocks = {gate: i for i, m in enumerate(row.messages) for gate in m.gates}
        self.of_emission = [gate for gate, tick in self.ticks.items() if tick == 1][:1]
        super().__init__(proc_params)

    def begin(self, emitted, membrane):
        super().begin(emitted, membrane)
        row, n = self.cell.row, self.layer.neurons
        self.arrived_back = np.zeros((len(row.recurrent_gates), n), dtype=np.int64)
        self.last_sent = np.zeros((len(row.messages), n), dtype=np.int64)
        self.outgoing = np.zeros_like(self.last_sent)
        self.send_emitted()

    def receive_products(self):
        self.arrived_back += self.recurrent_current.recv().reshape(self.arrived_back.shape)
        self.outgoing = np.zeros_like(self.last_sent)

    def product(self, tick):
        currents = dict(zip(self.cell.row.recurrent_gates, self.arrived_back, strict=True))

        def U(gate, message):
            if self.ticks[gate] > tick:
                raise ProductMissingError(gate, message)
            return currents[gate]

        return U

    def send_to(self, gate, message):
        i = self.blocks[gate]
        self.outgoing[i] = change(message, self.last_sent[i], self.cell)
        self.last_sent[i] = message

    def send_emitted(self):
        """Put what was emitted on the wire, where some gate receives it."""
        for gate in self.of_emission:
            self.send_to(gate, self.emitted)

    def end_step(self):
        self.send_emitted()
        if not self.cell.sends_changes:
            self.arrived_back = np.zeros_like(self.arrived_back)

    def send_messages(self):
        self.recurrent_out.send(self.outgoing.ravel().astype(np.int32))
