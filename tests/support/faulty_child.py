"""The child of a Lava session with a fault in it: FAULT PROCESS TICK, then a child's own arguments.

The fault comes in that process, at that tick; at tick 0 while it is being built.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time

from hardware.lava import child, unnamed
from hardware.lava.processes.model import TickModel

fault, process, tick = sys.argv[1], sys.argv[2], int(sys.argv[3])


def go_wrong() -> None:
    if fault == "raise":
        raise ValueError("as the test asks for")
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "bus":  # what a process gets that touches shared memory for which there is no room
        os.kill(os.getpid(), signal.SIGBUS)
    if fault == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(1000)


build, run = TickModel.__init__, TickModel.run_spk


def building(self, proc_params):
    build(self, proc_params)
    if tick == 0 and proc_params["name"] == process:
        go_wrong()


def running(self):
    if self.time_step == tick and self.proc_params["name"] == process:
        self.tick = go_wrong
    run(self)


def no_room(size):
    raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


if fault == "memory":
    unnamed.Block = no_room
else:
    TickModel.__init__, TickModel.run_spk = building, running
child.main(*sys.argv[4:])
