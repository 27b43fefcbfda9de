"""The input as a Lava process: graded spikes and resets, tick by tick, from files."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol


class FrameSource(AbstractProcess):
    """Sends row t of two `.npy` files at tick t: frames (ticks, channels), resets (ticks, 1)."""

    def __init__(self, *, channels: int, frames: str, resets: str, name: str) -> None:
        super().__init__(frames=frames, resets=resets, name=name)
        self.s_out = OutPort(shape=(channels,))
        self.reset_out = OutPort(shape=(1,))


@implements(proc=FrameSource, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyFrameSource(PyLoihiProcessModel):
    """Maps the files into memory, so that any length costs the same to set up."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    reset_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=1)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.frames = np.load(proc_params["frames"], mmap_mode="r")
        self.resets = np.load(proc_params["resets"], mmap_mode="r")

    def run_spk(self):
        self.s_out.send(self.frames[self.time_step - 1])
        self.reset_out.send(self.resets[self.time_step - 1])
