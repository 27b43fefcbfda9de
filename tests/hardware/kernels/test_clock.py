"""The time of kernels is counted apart from the time of a run."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from programs import random_program

from hardware.kernels.cache import compiled
from hardware.kernels.clock import KERNEL_TIME, KernelTime
from spiking_gru.cli.console import Voice
from spiking_gru.cli.run import run_program


def test_a_block_in_a_block_counts_once_and_a_failed_one_counts() -> None:
    clock = KernelTime()
    start = time.perf_counter()
    with clock.running(), clock.running():
        time.sleep(0.02)
    with pytest.raises(KeyError), clock.running():
        time.sleep(0.02)
        raise KeyError
    assert 0.04 <= clock.seconds <= time.perf_counter() - start


def test_other_threads_have_a_time_of_their_own() -> None:
    clock, found = KernelTime(), []

    def work() -> None:
        with clock.running():
            time.sleep(0.02)
        found.append(clock.seconds)

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert found[0] >= 0.02
    assert clock.seconds == 0


def test_a_kernel_counts_when_it_is_first_called_and_not_again() -> None:
    def double(x):  # type: ignore[no-untyped-def]
        return 2 * x

    kernel, start = compiled(double), time.perf_counter()
    before = KERNEL_TIME.seconds
    assert kernel(3) == 6
    first = KERNEL_TIME.seconds - before
    assert 0 < first <= time.perf_counter() - start
    assert kernel(4) == 8
    assert KERNEL_TIME.seconds - before == first


def test_run_says_the_time_of_kernels_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import hardware.runs.run as runs

    run = runs.run

    def slow_at_first(*given: object, **options: object) -> object:
        with KERNEL_TIME.running():
            time.sleep(0.3)
        return run(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "run", slow_at_first)
    random_program(0).save(tmp_path / "program.sgru")
    np.savez(tmp_path / "data.npz", values=np.zeros((6, 3)), lengths=np.array([6]))
    given = (tmp_path / "program.sgru", str(tmp_path / "data.npz"), "numpy", tmp_path / "t", None)
    start = time.perf_counter()
    result = run_program(*given, Voice(False))
    whole = time.perf_counter() - start
    said = capsys.readouterr()
    assert 0.3 <= result["kernel_seconds"] < 0.5
    assert result["seconds"] <= whole - result["kernel_seconds"]
    shown = f"steps in {result['seconds']:.1f} s (and {result['kernel_seconds']:.1f} s for kernels)"
    assert shown in said.out + said.err
    monkeypatch.setattr(runs, "run", run)
    assert run_program(*given, Voice(False))["kernel_seconds"] == 0
    said = capsys.readouterr()
    assert "for kernels" not in said.out + said.err
