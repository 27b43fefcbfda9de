"""A recorder as a Lava process: it writes what a layer sends to the session's shared arrays."""

from pathlib import Path

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.lava.clock import FIRST
from hardware.lava.processes.model import Process, TickModel
from hardware.lava.shared_arrays import RecordingWriter


class Recorder(Process):
    """Writes the values of every step; it adds up those that come as changes."""

    def __init__(
        self,
        *,
        width: int,
        recording: str,
        folder: Path,
        changes: bool = False,
        batch: int | None = None,
    ) -> None:
        super().__init__(
            recording=recording, folder=str(folder), changes=changes, batch=batch,
            name=f"recorder of {recording}",
        )  # fmt: skip
        lead = () if batch is None else (batch,)
        self.values = InPort(shape=(*lead, width))
        self.clock_in = InPort(shape=lead or (1,))


@implements(proc=Recorder, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyRecorder(TickModel):
    """Values and their clock message come in the same tick."""

    values: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    clock_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=3)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.changes = proc_params["changes"]
        self.writer = RecordingWriter(proc_params["folder"], proc_params["recording"], "rows")
        self.seen = None

    def tick(self):
        clock = self.clock_in.recv()
        values = self.values.recv().reshape(len(clock), -1)
        if self.changes:
            if self.seen is None:
                self.seen = np.zeros_like(values)
            self.seen[(clock & FIRST) > 0] = 0
            self.seen += values
            values = self.seen
        self.writer.write(clock, values)
