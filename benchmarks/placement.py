"""How far messages travel: cores laid out by `place` against cores in row order, and its time.

Hops are exact, from the loads of a run. Both layouts fill the same number of tiles.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from networks import NETWORKS, random_network, sparse_sequences

from hardware import load, load_chip, place, run
from hardware.loads import Loads
from hardware.placement.mesh import places
from hardware.projections import projections

STEPS = 100
LARGE = (500, (1650,), 10)


def hops(loads: Loads) -> int:
    return int(loads.hops_east_west.sum() + loads.hops_north_south.sum())


def main() -> None:
    chip = load_chip("loihi2")
    print(f"{'on ' + chip.name:18}{'cores':>7}{'tiles':>7}{'row order':>11}{'laid out':>10}{'':>8}")
    for name, shape in NETWORKS.items():
        rng = np.random.default_rng(0)
        program = random_network(rng, *shape)
        trace = run(program, sparse_sequences(rng, shape[0], 1, STEPS))
        laid = place(program, chip)
        in_order = replace(laid, tiles=places(chip.mesh, laid.chips)[: laid.total])
        a, b = (hops(load(trace, program, placement)) for placement in (in_order, laid))
        saved = f"{(b - a) / a:+8.0%}" if a else f"{'–':>8}"
        print(f"{name:18}{laid.total:7}{laid.tiles_in_use:7}{a:11,}{b:10,}{saved}")
    program = random_network(np.random.default_rng(0), *LARGE)
    synapses = sum(int(np.count_nonzero(p.weights)) for p in projections(program))
    start = time.perf_counter()
    placement = place(program, chip)
    seconds = time.perf_counter() - start
    print(f"\n{synapses:,} synapses placed on {placement.total} cores in {seconds:.1f} s")


if __name__ == "__main__":
    main()
