"""Training a row without recurrent synapses step by step, and by a scan over time.

`python benchmarks/scan.py` times forward and backward of formulation `minimal` with emit="state" in
float, one thread, all ways in turn.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from spiking_gru import SpikingGRUCell
from spiking_gru.sequence import sequence

BATCH, INPUTS, HIDDEN = 32, 64, 128
WAYS = ("numba", "torch", "scan")


def once(way: str, cell: SpikingGRUCell, x: torch.Tensor) -> float:
    cell.zero_grad()
    start = time.perf_counter()
    first = cell.first_state(x.shape[1])
    results = sequence(cell.arithmetic, cell.prepared(), cell.spike_grad, x, *first, None, way=way)
    results[0].sum().backward()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    cell = SpikingGRUCell(INPUTS, HIDDEN, formulation="minimal", emit="state")
    print(f"minimal, emit=state: batch {BATCH}, {INPUTS} → {HIDDEN}, forward and backward")
    print(f"{'':12}" + "".join(f"{way:>10}{'median':>10}" for way in WAYS))
    for steps in (100, 1000):
        x = torch.randn(steps, BATCH, INPUTS)
        times: dict[str, list[float]] = {way: [once(way, cell, x)][1:] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                times[way].append(once(way, cell, x))
        row = "".join(
            f"{min(found) * 1e3:7.1f} ms{statistics.median(found) * 1e3:7.1f} ms"
            for found in times.values()
        )
        print(f"{steps:6} steps{row}")


if __name__ == "__main__":
    main()
