"""Shared memory, semaphores and queues without names, for Lava's channels.

Lava takes them from `multiprocessing`, which gives memory and semaphores names in /dev/shm. A
process that is killed at the wrong moment leaves these behind. A session makes its channels before
it forks its processes, so they need no names. The kernel frees everything with the last process.
"""

from __future__ import annotations

import mmap
import os
from multiprocessing import Pipe
from typing import Any


class Semaphore:
    """A counting semaphore, shared with the processes forked after it is made."""

    def __init__(self, value: int = 0) -> None:
        self.counter = os.eventfd(value, os.EFD_CLOEXEC | os.EFD_SEMAPHORE)

    def acquire(self) -> bool:
        os.read(self.counter, 8)  # `os.eventfd_read` would not start again after a signal
        return True

    def release(self) -> None:
        os.eventfd_write(self.counter, 1)


class Block:
    """A block of memory, shared with the processes forked after it is made."""

    def __init__(self, size: int) -> None:
        self.buf = memoryview(mmap.mmap(-1, size))


class SharedMemoryManager:
    """Lava's manager of shared blocks, without names and without a process of its own."""

    def start(self) -> None:
        """Do nothing: there is no process to start."""

    def shutdown(self) -> None:
        """Do nothing: the kernel frees a block with the last process that has it."""

    def create_shared_memory(self, size: int) -> Block:
        return Block(size)


class Queue:
    """A queue from one process to another; `multiprocessing.Queue` has semaphores in it."""

    def __init__(self) -> None:
        self.receiver, self.sender = Pipe(duplex=False)

    def put(self, item: Any) -> None:
        self.sender.send(item)

    def get(self) -> Any:
        return self.receiver.recv()


def use_for_channels() -> None:
    """Replace what Lava's channels and its runtime are made of, in this process."""
    from lava.magma.compiler.channels import pypychannel
    from lava.magma.runtime import runtime
    from lava.magma.runtime.message_infrastructure import multiprocessing as infrastructure

    pypychannel.Semaphore, runtime.Queue = Semaphore, Queue
    infrastructure.SharedMemoryManager = SharedMemoryManager
