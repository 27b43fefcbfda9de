"""The input as a Lava process: a frame and a clock message for each step, from the tape."""

from pathlib import Path

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import OutPort
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.lava.processes.model import Process, TickModel
from hardware.lava.tape import Tracks


class FrameSource(Process):
    """Sends what the plan of a run says, a frame of each lane every `period` ticks.

    `frames` names the array of the tape to play: each sequence in order, or turned round.
    """

    def __init__(
        self,
        *,
        channels: int,
        frames: str,
        period: int,
        folder: Path,
        batch: int | None = None,
        name: str = "frames",
    ) -> None:
        super().__init__(frames=frames, period=period, folder=str(folder), batch=batch, name=name)
        lead = () if batch is None else (batch,)
        self.s_out = OutPort(shape=(*lead, channels))
        self.clock_out = OutPort(shape=lead or (1,))


@implements(proc=FrameSource, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyFrameSource(TickModel):
    """Nothing is sent between steps, and after the last."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    clock_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=3)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.tracks = Tracks(proc_params["folder"], (proc_params["frames"], "rows", "clock"))
        self.period = proc_params["period"]

    def tick(self):
        self.tracks.turn()
        frames, rows, clock = self.tracks.arrays
        slot, between = divmod(self.tracks.ticks_into(self.time_step), self.period)
        lanes = rows.shape[1]
        sent = np.zeros((lanes, frames.shape[1]), dtype=np.int32)
        message = np.zeros(lanes, dtype=np.int32)
        if not between and slot < len(rows):
            playing = rows[slot] >= 0
            sent[playing] = frames[rows[slot][playing]]
            message[:] = clock[slot]
        self.s_out.send(sent.reshape(self.s_out.shape))
        self.clock_out.send(message)
