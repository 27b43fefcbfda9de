"""Both directions: a buffer keeps a whole sequence, then sends it on, in order and reversed."""

from collections import deque

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.lava.clock import FIRST, LAST, STEP
from hardware.lava.processes.model import Process, TickModel


class SequenceBuffer(Process):
    """The host between two levels: a layer that reads backwards can only begin at the end.

    It takes the messages of a forward layer of n neurons and of a backward one of m (m is 0 without
    one). It sends both together, in order on `forward_out` and reversed on `backward_out`.
    `in_time` reverses the backward layer's messages first, so that messages of the same time go
    together; otherwise those of the same step do.
    """

    def __init__(
        self,
        *,
        neurons: int,
        backward_neurons: int,
        period: int,
        name: str,
        in_time: bool = True,
        changes: tuple[bool, ...] = (False, False),
        batch: int | None = None,
    ) -> None:
        super().__init__(
            period=period, backward_neurons=backward_neurons, in_time=in_time, changes=changes,
            batch=batch, name=name,
        )  # fmt: skip
        lead = () if batch is None else (batch,)
        width = neurons + backward_neurons
        self.forward_in = InPort(shape=(*lead, neurons))
        self.forward_clock_in = InPort(shape=lead or (1,))
        self.backward_in = InPort(shape=(*lead, max(1, backward_neurons)))
        self.backward_clock_in = InPort(shape=lead or (1,))
        self.forward_out = OutPort(shape=(*lead, width))
        self.backward_out = OutPort(shape=(*lead, width))
        self.clock_out = OutPort(shape=lead or (1,))


class _Direction:
    """The messages of one layer in a lane: the sequence that is coming, and complete ones."""

    def __init__(self):
        self.coming, self.complete = [], deque[np.ndarray]()

    def take(self, clock, values, changes):
        if clock:
            if changes and self.coming:
                values = values + self.coming[-1]
            self.coming.append(values)
        if clock & LAST:
            self.complete.append(np.array(self.coming))
            self.coming = []


class _Lane:
    """One lane: two directions in, a sequence at a time out."""

    def __init__(self, sides):
        self.sides = [_Direction() for _ in range(sides)]
        self.sending: np.ndarray | None = None
        self.tick = 0

    def next_message(self, period, in_time):
        """Return the message of this tick: (the sequence, the number of the step); or None."""
        if self.sending is not None and self.tick == period * len(self.sending):
            self.sending = None
        if self.sending is None and all(side.complete for side in self.sides):
            parts = [side.complete.popleft() for side in self.sides]
            if in_time:
                parts[1:] = [part[::-1] for part in parts[1:]]
            self.sending, self.tick = np.concatenate(parts, axis=1), 0
        if self.sending is None:
            return None
        step, between = divmod(self.tick, period)
        self.tick += 1
        return None if between else (self.sending, step)


@implements(proc=SequenceBuffer, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PySequenceBuffer(TickModel):
    """Sends before it receives, as a Dense does; each lane by itself."""

    forward_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=16)
    forward_clock_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=3)
    backward_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=16)
    backward_clock_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=3)
    forward_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    backward_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=16)
    clock_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=3)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        sides = 2 if proc_params["backward_neurons"] else 1
        self.lanes = [_Lane(sides) for _ in range(proc_params["batch"] or 1)]
        self.period, self.in_time = proc_params["period"], proc_params["in_time"]
        self.changes = proc_params["changes"]

    def tick(self):
        width = self.forward_out.shape[-1]
        forward = np.zeros((len(self.lanes), width), dtype=np.int32)
        backward = np.zeros_like(forward)
        clock = np.zeros(len(self.lanes), dtype=np.int32)
        for i, lane in enumerate(self.lanes):
            found = lane.next_message(self.period, self.in_time)
            if found is not None:
                sequence, step = found
                end = len(sequence) - 1
                clock[i] = STEP | (FIRST if step == 0 else 0) | (LAST if step == end else 0)
                forward[i] = self.message(sequence, step)
                backward[i] = self.message(sequence[::-1], step)
        self.forward_out.send(forward.reshape(self.forward_out.shape))
        self.backward_out.send(backward.reshape(self.backward_out.shape))
        self.clock_out.send(clock)
        for side, (values, clocks) in enumerate(
            (
                (self.forward_in.recv(), self.forward_clock_in.recv()),
                (self.backward_in.recv(), self.backward_clock_in.recv()),
            )
        ):
            rows = values.reshape(len(self.lanes), -1)
            for lane, message, row in zip(self.lanes, clocks, rows, strict=True):
                if side < len(lane.sides):
                    lane.sides[side].take(message, row, self.changes[side])

    def message(self, sequence, step):
        """Return a step's values, or their change where only changes are sent."""
        if not all(self.changes) or step == 0:
            return sequence[step]
        return sequence[step] - sequence[step - 1]
