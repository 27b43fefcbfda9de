"""A recorder as a Lava process: what arrives goes to a file, without a message per value."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol


class Recorder(AbstractProcess):
    """Writes what arrives at tick t into row t of an existing `.npy` file (ticks, width)."""

    def __init__(self, *, width: int, file: str, name: str) -> None:
        super().__init__(file=file, name=name)
        self.values = InPort(shape=(width,))


@implements(proc=Recorder, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyRecorder(PyLoihiProcessModel):
    """Writes through a shared memory map; reading a Var would cost a message for each value."""

    values: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.rows = np.load(proc_params["file"], mmap_mode="r+")

    def run_spk(self):
        self.rows[self.time_step - 1] = self.values.recv()
