"""What Lava's channels are made of has no name, so that nothing of it can be left behind."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest
from leftovers import group_of, named_memory
from programs import random_program

from hardware.lava.session import LavaSession
from hardware.lava.unnamed import Queue, Semaphore, SharedMemoryManager


@pytest.mark.parametrize("mapping", ["structural", "fused"])
def test_no_process_of_a_session_has_shared_memory_or_semaphores_with_a_name(mapping: str) -> None:
    with LavaSession(random_program(0, hidden=(4,)), mapping) as session:
        session.run(np.zeros((2, 3), dtype=int), np.array([2]))
        assert session.supervisor is not None
        processes = group_of(session.supervisor.child.pid)
        assert len(processes) > 2, "it has no actors"
        assert [named_memory(pid) for pid in processes] == [set()] * len(processes)


def test_a_block_and_a_semaphore_are_shared_with_a_forked_process() -> None:
    block, written = SharedMemoryManager().create_shared_memory(8), Semaphore()
    pid = os.fork()
    if pid == 0:
        block.buf[7] = 3
        written.release()
        os._exit(0)
    assert written.acquire()
    assert block.buf[7] == 3
    assert os.waitpid(pid, 0)[1] == 0
    os.close(written.counter)


def test_a_queue_keeps_what_a_process_has_put_in_it_before_it_ended() -> None:
    queue = Queue()
    pid = os.fork()
    if pid == 0:
        queue.put(None)
        queue.put(ValueError("as the test asks for"))
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert queue.get() is None
    assert str(queue.get()) == "as the test asks for"
    queue.receiver.close()
    queue.sender.close()


def test_a_semaphore_counts() -> None:
    semaphore = Semaphore(1)
    semaphore.release()
    os.set_blocking(semaphore.counter, False)
    assert semaphore.acquire()
    assert semaphore.acquire()
    with pytest.raises(BlockingIOError):
        semaphore.acquire()
    os.close(semaphore.counter)


def test_a_signal_does_not_end_the_wait_for_a_semaphore() -> None:
    semaphore, heard = Semaphore(), []
    before = signal.signal(signal.SIGALRM, lambda *_: heard.append(time.monotonic()))
    release = threading.Timer(0.1, semaphore.release)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        release.start()
        assert semaphore.acquire()
    finally:
        signal.signal(signal.SIGALRM, before)
        release.join()
    assert len(heard) == 1
    os.close(semaphore.counter)
