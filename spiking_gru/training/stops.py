"""Signals that stop a training wait for the end of a step, so that the step can be saved whole."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Handler = Callable[[int, FrameType | None], Any]


class Stops:
    """Holds back the first signal that arrives within a step; a second one acts at once."""

    def __init__(self) -> None:
        self.holding = False
        self.waiting: Callable[[], Any] | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Hold signals back within the block, as `held` says; only the main thread handles any.

        A signal that is ignored stays so. SIGTERM and SIGHUP end the process with 128 and their
        number where nothing else handles them, so that the training is saved.
        """
        before: dict[int, Any] = {}
        if current_thread() is main_thread():
            for number in map(int, SIGNALS):
                handler = signal.getsignal(number)
                if handler is signal.SIG_DFL and number != signal.SIGINT:
                    before[number] = signal.signal(number, self._before(_end))
                elif callable(handler):
                    before[number] = signal.signal(number, self._before(handler))
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold a signal back until the end of the block."""
        self.holding, self.waiting = True, None
        try:
            yield
        finally:
            self.holding = False
        if self.waiting is not None:
            waiting, self.waiting = self.waiting, None
            waiting()

    def _before(self, handler: Handler) -> Handler:
        """Return a handler that waits if it has to, and then acts as the given one."""

        def handle(number: int, frame: FrameType | None) -> None:
            if self.holding and self.waiting is None:
                self.waiting = lambda: handler(number, frame)
            else:
                handler(number, frame)

        return handle


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
