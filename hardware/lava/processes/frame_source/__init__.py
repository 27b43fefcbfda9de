"""The input as a Lava process: a frame and a clock message for each step, from shared arrays."""

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.lava.processes.model import Process, TickModel
from hardware.lava.shared_arrays import Feed, FeedReader


class FrameSource(Process):
    """Sends what a feed holds, with a clock message for each step."""

    def __init__(
        self,
        *,
        channels: int,
        feed: Feed,
        batch: int | None = None,
        name: str = "frames",
    ) -> None:
        super().__init__(feed=feed, batch=batch, name=name)
        lead = () if batch is None else (batch,)
        self.s_out = OutPort(shape=(*lead, channels))
        self.clock_out = OutPort(shape=lead or (1,))


@implements(proc=FrameSource, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyFrameSource(TickModel):
    """Sends what the reader of the feed gives."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    clock_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=3)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.reader = FeedReader(proc_params["feed"])

    def tick(self):
        frames, clock = self.reader.at(self.time_step)
        self.s_out.send(frames.reshape(self.s_out.shape))
        self.clock_out.send(clock)
