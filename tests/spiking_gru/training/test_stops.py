"""Signals wait for the end of a step."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from threading import Thread

import pytest

from spiking_gru.training.stops import Stops


@pytest.fixture
def stops() -> Iterator[Stops]:
    """Signals as a shell's foreground command has them, and held back."""
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    found = Stops()
    with found.installed():
        yield found
    assert {number: signal.getsignal(number) for number in handlers} == handlers
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_within_a_step_acts_at_its_end(stops: Stops) -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), stops.held():
        os.kill(os.getpid(), signal.SIGINT)
        done.append("the rest of the step")
    assert done


def test_a_signal_between_steps_acts_at_once(stops: Stops) -> None:
    with stops.held():
        pass
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_a_second_signal_acts_at_once(stops: Stops) -> None:
    with pytest.raises(KeyboardInterrupt), stops.held():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("it was to end")
    with stops.held():
        pass


def test_sigterm_exits_with_143_where_nothing_handles_it(stops: Stops) -> None:
    with pytest.raises(SystemExit) as found, stops.held():
        os.kill(os.getpid(), signal.SIGTERM)
    assert found.value.code == 143


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Stops().installed():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_error_in_a_step_is_the_one_that_is_raised(stops: Stops) -> None:
    with pytest.raises(ZeroDivisionError), stops.held():
        os.kill(os.getpid(), signal.SIGINT)
        raise ZeroDivisionError


def test_another_thread_leaves_the_handlers_alone() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def look() -> None:
        with Stops().installed():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]
