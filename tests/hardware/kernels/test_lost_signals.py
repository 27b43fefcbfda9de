"""A Ctrl-C is obeyed also if it arrives while LLVM calls back into Python."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from llvmlite.binding.executionengine import ExecutionEngine

from hardware.kernels.cache import compiled
from hardware.kernels.lost_signals import LostSignals


def one_more(x: int) -> int:
    return x + 1


@pytest.fixture
def calls_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[int], None]], None]:
    """Makes every call of LLVM into Python call a function first, with the number of the call."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    find = ExecutionEngine._find_module_ptr

    def use(function: Callable[[int], None]) -> None:
        calls = iter(range(1000))

        def called(engine: Any, pointer: Any) -> Any:
            function(next(calls))
            return find(engine, pointer)

        monkeypatch.setattr(ExecutionEngine, "_find_module_ptr", called)

    return use


@pytest.fixture
def ends_in_order() -> Iterator[None]:
    """SIGTERM ends this process as it ends a command; a shell's background job ignores SIGINT."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    of_interrupts = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)
    signal.signal(signal.SIGINT, of_interrupts)


@pytest.mark.usefixtures("ends_in_order")
@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_in_any_call_of_llvm_stops_the_compilation(
    number: signal.Signals,
    raised: type[BaseException],
    calls_back: Callable[[Callable[[int], None]], None],
    tmp_path: Path,
) -> None:
    calls: list[int] = []
    compiled(one_more)(0.5)  # the first compilation of a process makes more calls
    calls_back(calls.append)
    compiled(one_more)(1)
    assert len(calls) > 1
    for last in calls:
        for file in tmp_path.iterdir():
            file.unlink()
        calls_back(lambda call, last=last: signal.raise_signal(number) if call == last else None)
        kernel = compiled(one_more)
        with pytest.raises(raised):
            kernel(1)
        assert kernel(1) == 2


def test_other_lost_exceptions_go_where_they_went_before(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finalised:
        def __del__(self) -> None:
            raise ZeroDivisionError

    lost: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: lost.append(found.exc_type))
    hook = sys.unraisablehook
    with LostSignals().sent_again():
        Finalised()
    assert lost == [ZeroDivisionError]
    assert sys.unraisablehook is hook


def test_a_thread_that_compiles_leaves_signals_alone() -> None:
    hooks = []

    def look() -> None:
        with LostSignals().sent_again():
            hooks.append(sys.unraisablehook)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert hooks == [sys.unraisablehook]
