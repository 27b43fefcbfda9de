"""One layer of gated neurons as a Lava process; its synapses are Lava's own Dense processes."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.cell import Cell, GateParameters, step


class GatedNeurons(AbstractProcess):
    """The gate neurons of one layer: two currents in, spikes and (if connected) membranes out.

    A message on `reset_in` clears the membrane; the neurons then hold still until `delay` ticks
    have passed, when the sequence's first frame reaches them.
    """

    def __init__(self, *, cell: Cell, gate: GateParameters, delay: int, name: str) -> None:
        super().__init__(cell=cell, delay=delay, name=name)
        gates, neurons = gate.bias.shape
        self.input_current = InPort(shape=(gates * neurons,))
        self.recurrent_current = InPort(shape=(gates * neurons,))
        self.reset_in = InPort(shape=(1,))
        self.s_out = OutPort(shape=(neurons,))
        self.membrane_out = OutPort(shape=(neurons,))
        self.input_shift = Var(shape=(gates,), init=gate.input_shift)
        self.recurrent_shift = Var(shape=(gates,), init=gate.recurrent_shift)
        self.bias = Var(shape=(gates, neurons), init=gate.bias)
        self.recurrent_bias = Var(shape=(neurons,), init=gate.recurrent_bias)
        self.threshold = Var(shape=(neurons,), init=gate.threshold)
        self.membrane = Var(shape=(neurons,), init=np.zeros(neurons, dtype=np.int64))
        self.events = Var(shape=(neurons,), init=np.zeros(neurons, dtype=np.int64))
        self.age = Var(shape=(1,), init=np.zeros(1, dtype=np.int64))


@implements(proc=GatedNeurons, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyGatedNeurons(PyLoihiProcessModel):
    """The integer step of `hardware.cell`, once a tick."""

    input_current: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    recurrent_current: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    reset_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=1)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=1)
    membrane_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    input_shift: np.ndarray = LavaPyType(np.ndarray, np.int64)
    recurrent_shift: np.ndarray = LavaPyType(np.ndarray, np.int64)
    bias: np.ndarray = LavaPyType(np.ndarray, np.int64)
    recurrent_bias: np.ndarray = LavaPyType(np.ndarray, np.int64)
    threshold: np.ndarray = LavaPyType(np.ndarray, np.int64)
    membrane: np.ndarray = LavaPyType(np.ndarray, np.int64)
    events: np.ndarray = LavaPyType(np.ndarray, np.int64)
    age: np.ndarray = LavaPyType(np.ndarray, np.int64)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.cell = proc_params["cell"]
        self.delay = proc_params["delay"]

    def run_spk(self):
        self.age = np.zeros_like(self.age) if self.reset_in.recv().any() else self.age + 1
        input_current = self.input_current.recv().astype(np.int64)
        recurrent_current = self.recurrent_current.recv().astype(np.int64)
        if self.age[0] < self.delay:
            self.membrane = np.zeros_like(self.membrane)
            self.events = np.zeros_like(self.events)
        else:
            parameters = GateParameters(
                self.input_shift,
                self.recurrent_shift,
                self.bias,
                self.recurrent_bias,
                self.threshold,
            )
            gates = self.cell.gates
            arrived = dict(zip(gates, np.split(recurrent_current, len(gates)), strict=True))
            # The synapses have done the product with the spikes of the last tick already.
            self.events, self.membrane = step(
                self.cell,
                parameters,
                input_current,
                lambda gate, _: arrived[gate],
                self.events,
                self.membrane,
            )
        self.s_out.send(self.events.astype(np.int32))
        self.membrane_out.send(self.membrane.astype(np.int32))
