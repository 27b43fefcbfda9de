"""The time that kernels take before they run: they are compiled, or loaded if they are kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local


class KernelTime(local):
    """Seconds of the current thread. Engines prepare their kernels in the thread that calls."""

    seconds = 0.0
    _is_running = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of a block; a kernel that needs another one counts once."""
        if self._is_running:
            yield
            return
        self._is_running, start = True, time.perf_counter()
        try:
            yield
        finally:
            self._is_running = False
            self.seconds += time.perf_counter() - start


KERNEL_TIME = KernelTime()
