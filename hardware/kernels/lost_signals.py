"""Signals that arrive while LLVM compiles.

LLVM calls back into Python. An exception of a signal's handler in such a call is lost, so that
Ctrl-C would do nothing.
"""

from __future__ import annotations

import signal
import sys
import time
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread
from traceback import walk_stack
from types import CodeType
from typing import Any

WAIT_S = 0.01
"""Seconds between two looks at what the main thread does."""

SIGNALS = {KeyboardInterrupt: signal.SIGINT, SystemExit: signal.SIGTERM}
"""The signals whose handlers raise these exceptions."""


class LostSignals:
    """Sends a signal again if the exception of its handler went nowhere."""

    def __init__(self) -> None:
        self.sending: Thread | None = None

    @contextmanager
    def sent_again(self) -> Iterator[None]:
        """Send again what is lost within the block."""
        if current_thread() is not main_thread():  # no other thread handles signals
            yield
            return
        before = sys.unraisablehook

        def send_again(lost: Any) -> None:
            number = SIGNALS.get(lost.exc_type)
            if number is None:
                before(lost)
                return
            # Later, because this is still the call in which exceptions go nowhere.
            self.sending = Thread(target=send_after, args=(send_again.__code__, number))
            self.sending.start()

        sys.unraisablehook = send_again
        try:
            yield
        finally:
            sys.unraisablehook = before

    def wait(self) -> None:
        """Wait until nothing is left to be sent again."""
        if self.sending is not None:
            self.sending.join()


def send_after(function: CodeType, number: signal.Signals) -> None:
    """Send a signal as soon as the main thread has left a function."""

    def runs() -> bool:
        frame = sys._current_frames().get(main_thread().ident or 0)
        return any(each.f_code is function for each, _ in walk_stack(frame))

    while runs():
        time.sleep(WAIT_S)
    interrupt_main(signal.Signals(number))
