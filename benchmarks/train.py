"""Forward and backward of a spiking GRU against torch.nn.GRU and others, on two threads.

All contestants run in turn, round after round, in one process; compare by the ratios of one run.
`--processor` takes processor time on one thread: what else runs on the machine then hardly matters.
Training uses one thread too, unless it is told otherwise.
`--memory` measures peak memory, each contestant in a process of its own; `--steps` the growth with
the number of steps; `--long` 10,000 steps of 512 neurons with recomputed segments.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

import snntorch
import torch
from torch import Tensor

from hardware.definition.formulation import FORMULATIONS
from spiking_gru import SpikingGRU, SpikingGRUCell

SIZES = ((64, 100, 140, 128), (16, 50, 12, 64), (128, 250, 700, 512))
"""batch, steps, inputs, hidden"""

SETTINGS = {
    "spiking, hard": {"activation": "hard"},
    "spiking, exact σ/tanh": {"activation": "table"},
    "quantised, hard": {"activation": "hard"},
    "quantised, table": {"activation": "table"},
    "not spiking (emit=state)": {"activation": "table", "emit": "state"},
}
OTHERS = {f"formulation {name}": {"formulation": name} for name in FORMULATIONS if name != "torch"}
PEERS = {"SpikingJelly SpikingGRU": "spikingjelly", "EvNN EGRU": "evnn_pytorch"}
"""Layers of other packages, and the module of each. EvNN has no wheels: it is built from source."""

ON_ONE_THREAD = "EvNN EGRU"
"""A peer whose products are OpenBLAS's: next to torch's threads, both would wait for cores."""

SLOW = ("cell in a Python loop", "snn.SLSTM")


def contestant(name: str, inputs: int, hidden: int) -> tuple[torch.nn.Module, Callable]:
    """A module, and what runs it over a sequence."""
    if name == "torch.nn.GRU":
        gru = torch.nn.GRU(inputs, hidden)
        return gru, lambda x: gru(x)[0]
    if name == "cell in a Python loop":
        cell = SpikingGRUCell(inputs, hidden)

        def loop(x: Tensor) -> Tensor:
            (spk, mem), spikes = cell.first_state(x.shape[1]), []
            for frame in x:
                spk, mem = cell(frame, spk, mem)
                spikes.append(spk)
            return torch.stack(spikes)

        return cell, loop
    if name == "snn.SLSTM":
        lstm = snntorch.SLSTM(inputs, hidden, threshold=0.1)

        def lstm_loop(x: Tensor) -> Tensor:
            syn = mem = torch.zeros(x.shape[1], hidden)
            spikes = []
            for frame in x:
                spk, syn, mem = lstm(frame, syn, mem)
                spikes.append(spk)
            return torch.stack(spikes)

        return lstm, lstm_loop
    if name == "SpikingJelly SpikingGRU":
        from spikingjelly.activation_based.rnn import SpikingGRU as TheirSpikingGRU

        theirs = TheirSpikingGRU(inputs, hidden, 1)
        return theirs, lambda x: theirs(x)[0]
    if name == "EvNN EGRU":
        from evnn_pytorch import EGRU

        egru = EGRU(inputs, hidden)
        return egru, lambda x: egru(x)[0]
    spiking = SpikingGRU(inputs, hidden, **(SETTINGS | OTHERS)[name])
    for cell in spiking.cells:
        cell.quantised = name.startswith("quantised")
    return spiking, lambda x: spiking(x)[0]


def once(module: torch.nn.Module, run: Callable, x: Tensor) -> float:
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    module.zero_grad()
    start = clock()
    run(x).sum().backward()
    return clock() - start


def compare(size: tuple[int, int, int, int], rounds: int) -> None:
    batch, steps, inputs, hidden = size
    x = torch.randn(steps, batch, inputs)
    formulations = OTHERS if size == SIZES[0] else ()
    peers = dict(PEERS)
    if torch.get_num_threads() > 1:
        del peers[ON_ONE_THREAD]
    for name in [name for name, package in peers.items() if not find_spec(package)]:
        print(f"\n{peers.pop(name)} is not installed: {name} is left out")
    names = ["torch.nn.GRU", *SETTINGS, *formulations, *SLOW, *peers]
    contestants = {name: contestant(name, inputs, hidden) for name in names}
    times: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        once(*contestants[name], x)
    for _ in range(rounds):
        for name in names:
            times[name].append(once(*contestants[name], x))
    print(f"\nbatch {batch}, {steps} steps, {inputs} → {hidden}: forward and backward")
    print(f"{'':26}{'best':>10}{'median':>10}{'ratio':>8}{'median':>8}")
    reference = times["torch.nn.GRU"]
    for name in names:
        best, median = min(times[name]), statistics.median(times[name])
        print(
            f"{name:26}{best * 1e3:7.1f} ms{median * 1e3:7.1f} ms"
            f"{best / min(reference):8.2f}{median / statistics.median(reference):8.2f}"
        )


def growth() -> None:
    batch, _, inputs, hidden = SIZES[0]
    print(f"\nmilliseconds per 100 steps, batch {batch}, {inputs} → {hidden}, spiking, hard")
    module, run = contestant("spiking, hard", inputs, hidden)
    for steps in (100, 200, 500, 1000, 2000):
        x = torch.randn(steps, batch, inputs)
        best = min(once(module, run, x) for _ in range(4))
        print(f"{steps:6} steps {best * 1e5 / steps:8.1f}")


def memory() -> None:
    print("\npeak memory over that of the imports, batch 64, 500 steps, 140 → 128")
    for name in ("torch.nn.GRU", *SETTINGS):
        command = [sys.executable, __file__, "--peak", name]
        print(f"{name:26}{subprocess.check_output(command, text=True).strip():>8} MB")


def peak(name: str) -> None:
    module, run = contestant(name, 140, 128)
    once(module, run, torch.randn(3, 64, 140))  # compiled kernels and buffers of libraries
    x = torch.randn(500, 64, 140)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    once(module, run, x)
    print(round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def long() -> None:
    gru = SpikingGRU(140, 512, recompute_every=250)
    x = torch.randn(10_000, 16, 140)
    seconds = once(gru, lambda x: gru(x)[0], x)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print("\n10,000 steps, batch 16, 140 → 512, segments of 250 recomputed:")
    print(f"{seconds:.0f} s, {used:.2f} GiB in all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="how many, from the first")
    parser.add_argument("--processor", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--steps", action="store_true")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    torch.set_num_threads(1 if chosen.processor else 2)
    if chosen.processor:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before a peer loads it
    if chosen.peak:
        peak(chosen.peak)
    elif chosen.memory or chosen.steps or chosen.long:
        if chosen.memory:
            memory()
        if chosen.steps:
            growth()
        if chosen.long:
            long()
    else:
        for size in SIZES[: chosen.sizes]:
            compare(size, chosen.rounds if size[3] < 512 else 3)


if __name__ == "__main__":
    main()
