"""Energy and time against SANA-FE, where `SANAFE_PYTHON` names an interpreter that has it.

SANA-FE is under the GPL: it is an oracle in an environment of its own, never imported here.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from chips import small_chip
from programs import random_program, random_sequences

from hardware.cost.core_loads import core_loads, slot_of_step, slots_of
from hardware.cost.energy import cost
from hardware.cost.placement import Placement, place
from hardware.cost.projections import projections
from hardware.program.model import Program
from hardware.runs.run import run
from hardware.runs.trace import Trace

INTERPRETER = os.environ.get("SANAFE_PYTHON", "")
REPLAY = Path(__file__).parents[2] / "support" / "sanafe_replay.py"

# SANA-FE's own figures for Loihi 1. Given spikes are replayed by units that are never updated, so
# access and update are merged into one figure, active or idle.
ENERGY = {
    "synaptic_operation_dense": 35.5,
    "synaptic_operation_sparse": 35.5,
    "neuron_update_active": 72.8,
    "neuron_update_idle": 72.8,
    "spike": 69.3,
    "message_out": 111.0,
    "message_in": 0.0,
    "within_tile": 0.0,
    "hop_east_west": 3.0,
    "hop_north_south": 4.2,
}
TIME = {
    "synaptic_operation_dense": 3.8,
    "synaptic_operation_sparse": 3.8,
    "neuron_update_active": 9.7,
    "neuron_update_idle": 9.7,
    "spike": 30.0,
    "message_out": 5.1,
    "message_in": 16.0,
}


def fired(trace: Trace, program: Program, slots: np.ndarray) -> list[list[np.ndarray]]:
    """Of the host and then of every layer the spikes of each neuron, over the ticks."""

    def over_ticks(values: np.ndarray, level: int) -> list[np.ndarray]:
        row = np.arange(len(values)) if level < 0 else slot_of_step(trace, program, slots, level)
        spikes = np.zeros((len(slots.ticks), values.shape[1]), dtype=np.int64)
        spikes[row] = values != 0
        return list(spikes.T)

    readout = np.zeros((len(trace.events), program.readout.outputs))
    layers = [over_ticks(emitted, i) for i, emitted in enumerate(trace.emitted)]
    return [over_ticks(trace.events, -1), *layers, over_ticks(readout, len(program.levels))]


def replayed(trace: Trace, program: Program, placement: Placement) -> dict[str, float]:
    """What SANA-FE says of the same network, placement and spikes."""
    slots, chip = slots_of(trace, program), placement.chip
    neurons, first = [], []
    taken: dict[tuple[int, int], list[int]] = {}
    for number, spikes in enumerate(fired(trace, program, slots)):
        first.append(len(neurons))
        for i, times in enumerate(spikes):
            tile, core = None, 0
            if number:
                index = int(placement.layers[number - 1].core_of_neuron[i])
                tile = tuple(int(n) for n in placement.tiles[index])
                on_tile = taken.setdefault(tile, [])
                if index not in on_tile:
                    on_tile.append(index)
                core = on_tile.index(index)
            neurons.append({"tile": tile, "core": core, "spikes": [bool(n) for n in times]})
    synapses = []
    for projection in projections(program):
        (source,) = projection.sources or (-1,)
        for _, target, column in np.argwhere(projection.by_neuron):
            synapses.append(
                (first[source + 1] + int(column), first[projection.target + 1] + int(target))
            )
    barrier = chip.time_ns.barrier
    task = {
        "columns": chip.mesh.columns,
        "rows": chip.mesh.rows,
        "cores_per_tile": chip.mesh.cores_per_tile,
        "barrier": [(n, t * 1e-9) for n, t in zip(barrier.tiles, barrier.nominal, strict=True)],
        "energy": ENERGY,
        "time": TIME,
        "ticks": len(slots.ticks),
        "neurons": neurons,
        "synapses": synapses,
    }
    done = subprocess.run(
        [INTERPRETER, str(REPLAY)], input=json.dumps(task), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.skipif(not INTERPRETER, reason="SANAFE_PYTHON names no interpreter with sanafe")
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("bits", [2, 8])
def test_energy_and_time_equal_sanafe_on_the_same_network_placement_and_spikes(
    seed: int, bits: int
) -> None:
    chip = small_chip(ENERGY, TIME, synapse_bits_per_core=4000 if bits == 8 else 1200)
    program = random_program(seed, channels=6, hidden=(20, 14), outputs=3, weight_bits=bits)
    trace = run(program, random_sequences(seed, 6, [12]), engine="numpy")
    # SANA-FE adds the barrier to the work of a step and has no microcode, as cost model 0.1.
    placement = place(program, chip, cost_model="0.1")
    priced = cost(core_loads(trace, program, placement), "0.1")
    oracle = replayed(trace, program, placement)
    assert placement.tiles_in_use > 2
    assert priced.core_dynamic_j[1, 0] == pytest.approx(oracle["energy_j"], rel=1e-3)
    assert priced.core_s[1, 0] == pytest.approx(oracle["time_s"], rel=1e-3)
