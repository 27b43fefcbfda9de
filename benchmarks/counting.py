"""What counting costs beside the run that is counted, in one thread, in interleaved rounds.

`count` gives totals of layers, `load` those of every core and tick. Nothing is counted unless one
of them is called.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from networks import NETWORKS, random_network, sparse_sequences

from hardware import core_loads, count, load_chip, place, run

SEQUENCES, STEPS, ROUNDS = 100, 100, 9


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(f"{'':18}{'run':>12}{'count':>16}{'load':>16}    µs a step, share of the run")
    for name, shape in NETWORKS.items():
        rng = np.random.default_rng(0)
        program = random_network(rng, *shape)
        sequences = sparse_sequences(rng, shape[0], SEQUENCES, STEPS)
        trace, placement = run(program, sequences), place(program, load_chip("loihi2"))
        contestants: dict[str, Callable[[], object]] = {
            "run": lambda p=program, s=sequences: run(p, s, threads=1),
            "count": lambda p=program, t=trace: count(t, p),
            "core_loads": lambda p=program, t=trace, q=placement: core_loads(t, p, q),
        }
        seconds: dict[str, list[float]] = {each: [] for each in contestants}
        for _ in range(ROUNDS):
            for each, work in contestants.items():
                seconds[each].append(timed(work))
        of_step = {
            each: 1e6 * statistics.median(times) / (SEQUENCES * STEPS)
            for each, times in seconds.items()
        }
        shares = "".join(
            f"{of_step[each]:8.2f} {of_step[each] / of_step['run']:6.0%} "
            for each in ("count", "core_loads")
        )
        print(f"{name:18}{of_step['run']:12.2f}{shares}")


if __name__ == "__main__":
    main()
