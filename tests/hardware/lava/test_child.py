"""The processes of a session's child end with it."""

from __future__ import annotations

import os
import signal

import pytest

from hardware.lava.child import end_with


@pytest.mark.parametrize(("orphaned", "end"), [(True, signal.SIGKILL), (False, 0)])
def test_a_process_whose_parent_died_before_it_could_ask_for_a_signal_ends_at_once(
    orphaned: bool, end: int
) -> None:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        end_with(0 if orphaned else parent)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == end
