"""How long an ordinary GRU takes on this machine, to compare with a chip's time."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from hardware.errors import InputError

WITHIN_S, FEWEST_ROUNDS = 0.5, 3
"""Seconds of all rounds, and the fewest rounds."""


def time_gru(
    channels: int, widths: Sequence[int], frames: int, *, bidirectional: bool = False
) -> list[float]:
    """Seconds of one sequence through a float32 `torch.nn.GRU` of every width, round after round.

    It is one thread's time. A first round is not counted, and what the sequence and the weights
    hold makes no difference.
    """
    if not widths or min(channels, frames, *widths) < 1:
        raise InputError(
            f"a GRU of {channels} channels and widths {list(widths)} over {frames} frames: "
            f"expected at least one of each"
        )
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        layers, width = [], channels
        for neurons in widths:
            layers.append(nn.GRU(width, neurons, bidirectional=bidirectional))
            width = neurons * (2 if bidirectional else 1)
        return _rounds(layers, torch.randn(frames, 1, channels))


def _rounds(layers: Sequence[nn.GRU], sequence: torch.Tensor) -> list[float]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        _once(layers, sequence)
        found: list[float] = []
        end = time.perf_counter() + WITHIN_S
        while len(found) < FEWEST_ROUNDS or time.perf_counter() < end:
            found.append(_once(layers, sequence))
        return found
    finally:
        torch.set_num_threads(threads)


def _once(layers: Sequence[nn.GRU], sequence: torch.Tensor) -> float:
    start = time.perf_counter()
    for layer in layers:
        sequence, _ = layer(sequence)
    return time.perf_counter() - start


def processor() -> str:
    """The processor's model as Linux names it, or its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
