"""The readout as a Lava process: scores that add up over a sequence."""

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

from hardware.readout import Readout


class ScoreAccumulator(AbstractProcess):
    """`hardware.readout`'s step; cleared by `reset_in`, still for `delay` ticks after it."""

    def __init__(self, *, readout: Readout, delay: int, name: str) -> None:
        super().__init__(readout=readout, delay=delay, name=name)
        shape = readout.bias.shape
        self.current = InPort(shape=shape)
        self.reset_in = InPort(shape=(1,))
        self.score_out = OutPort(shape=shape)
        self.score = Var(shape=shape, init=np.zeros(shape, dtype=np.int64))
        self.age = Var(shape=(1,), init=np.zeros(1, dtype=np.int64))


@implements(proc=ScoreAccumulator, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyScoreAccumulator(PyLoihiProcessModel):
    """Sums in 24-bit words; `Program.max_steps` says how long a sequence they hold."""

    current: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    reset_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=1)
    score_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    score: np.ndarray = LavaPyType(np.ndarray, np.int64)
    age: np.ndarray = LavaPyType(np.ndarray, np.int64)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.readout = proc_params["readout"]
        self.delay = proc_params["delay"]

    def run_spk(self):
        self.age = np.zeros_like(self.age) if self.reset_in.recv().any() else self.age + 1
        current = self.current.recv().astype(np.int64)
        if self.age[0] < self.delay:
            self.score = np.zeros_like(self.score)
        else:
            self.score = self.readout.step(self.score, current)
        self.score_out.send(self.score.astype(np.int32))
