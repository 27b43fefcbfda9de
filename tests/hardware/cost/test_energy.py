from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from chips import small_chip
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware.cost.chip import CHIPS, Operations, load_chip
from hardware.cost.core_loads import CoreLoads, Slots, core_loads
from hardware.cost.counts import count
from hardware.cost.energy import OPERATIONS, cost, estimate
from hardware.cost.placement import Placement, place
from hardware.cost.placement.placing import PlacedLayer
from hardware.runs.run import run

PRIMES = dict(zip(Operations.model_fields, (2, 3, 5, 7, 11, 13, 17, 19, 23, 29), strict=True))
SCOPES = ("core_dynamic_j", "core_static_j", "host_j", "core_s", "host_s")


def by_hand(**given: list[list[int]]) -> CoreLoads:
    """Two sequences of two and three slots on two cores, of a layer and the readout."""
    chip = small_chip(
        {name: float(value) for name, value in PRIMES.items()},
        {name: float(value) for name, value in PRIMES.items()},
    )
    placed = tuple(PlacedLayer(f"layer {i}", 1, i, np.array([0]), {}) for i in range(2))
    tiles = np.array([[0, 0], [1, 0]])
    shapes = dict.fromkeys(OPERATIONS, (5, 2))
    shapes |= dict.fromkeys(("within_tile", "hops_east_west", "hops_north_south"), (2, 2))
    work = {name: np.array(given.get(name, np.zeros(shape))) for name, shape in shapes.items()}
    slots = Slots(starts=np.array([0, 2]), ticks=np.array([1, 1, 1, 2, 1]))
    return CoreLoads(Placement(chip, placed, (), tiles), slots, **work)


@pytest.mark.parametrize(("name", "constant"), OPERATIONS.items())
def test_each_count_costs_its_constant_in_its_layer_and_sequence(name: str, constant: str) -> None:
    rows = 2 if name in ("within_tile", "hops_east_west", "hops_north_south") else 5
    work = np.zeros((rows, 2), dtype=np.int64)
    work[0, 1], work[-1, 0] = 3, 4
    priced = cost(by_hand(**{name: work.tolist()}))
    expected = np.outer([0.5, 1, 2], [3, 4]) * PRIMES[constant] * 1e-12
    assert priced.core_dynamic_j == pytest.approx(expected)
    layer, readout = priced.core_dynamic_by_layer_j
    assert layer == pytest.approx(expected * [0, 1])
    assert readout == pytest.approx(expected * [1, 0])
    assert priced.core_dynamic_by_operation_j[constant] == pytest.approx(expected)
    assert sum(v.sum() for v in priced.core_dynamic_by_operation_j.values()) == pytest.approx(
        expected.sum()
    )


def test_core_time_is_the_busiest_core_of_each_slot_and_a_barrier_of_each_tick() -> None:
    loads = by_hand(
        active_updates=[[10, 0], [0, 1], [0, 0], [0, 0], [4, 1]],
        idle_updates=[[0, 8], [0, 0], [0, 0], [0, 0], [0, 0]],
        spikes=[[0, 0], [0, 2], [0, 0], [0, 0], [0, 0]],
        messages_out=[[0, 0], [0, 3], [0, 0], [0, 0], [0, 0]],
        messages_in=[[0, 0], [0, 0], [6, 0], [0, 0], [1, 1]],
        dense_operations=[[0, 0], [0, 0], [2, 30], [0, 0], [0, 4]],
        sparse_operations=[[0, 0], [0, 0], [0, 30], [5, 0], [0, 0]],
    )
    generation = [
        [10 * 5, 8 * 7],
        [0, 1 * 5 + 2 * 11 + 3 * 13],
        [0, 0],
        [0, 0],
        [4 * 5, 5],
    ]
    processing = [[0, 0], [0, 0], [6 * 17 + 2 * 2, 30 * 2 + 30 * 3], [5 * 3, 0], [17, 17 + 4 * 2]]
    paces = [max(*g, *p) for g, p in zip(generation, processing, strict=True)]
    assert paces == [56, 66, 150, 15, 25]
    # Two tiles wait 1,000 ns for each other at every tick.
    expected = [56 + 66 + 2 * 1000, 150 + 15 + 25 + 4 * 1000]
    assert cost(loads).core_s == pytest.approx(np.outer([0.5, 1, 2], expected) * 1e-9)


def test_cores_in_use_leak_while_they_compute() -> None:
    priced = cost(by_hand(spikes=[[1, 0]] * 5))
    assert priced.cores == 2
    assert priced.core_static_j == pytest.approx(
        2 * np.array([[0.5e-3], [1e-3], [2e-3]]) * priced.core_s
    )


def test_the_host_takes_its_time_and_power_for_every_tick() -> None:
    priced = cost(by_hand())
    ticks = np.array([2, 4])
    assert priced.host_s == pytest.approx(np.outer([5e-6, 10e-6, 20e-6], ticks))
    assert priced.host_j == pytest.approx(priced.host_s * [[10e-3], [20e-3], [40e-3]])


@settings(max_examples=20, deadline=None)
@given(program=every_program, cell=every_cell, chip=st.sampled_from(CHIPS))
def test_every_scope_is_positive_ordered_and_of_each_sequence_alone(
    program: dict, cell: dict, chip: str
) -> None:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], [4, 1, 6])
    priced = estimate(run(made, sequences, engine="numpy"), made, chip)
    alone = estimate(run(made, sequences.take([2]), engine="numpy"), made, chip)
    for scope in SCOPES:
        low, nominal, high = values = getattr(priced, scope)
        assert (low > 0).all()
        assert (low <= nominal).all()
        assert (nominal <= high).all()
        assert values[:, 2:] == pytest.approx(getattr(alone, scope))
    for parts in (priced.core_dynamic_by_layer_j, priced.core_dynamic_by_operation_j.values()):
        assert sum(parts) == pytest.approx(priced.core_dynamic_j)
    assert priced.inherited == load_chip(chip).inherited


def test_core_dynamic_energy_is_the_sum_of_counts_times_constants() -> None:
    program = random_program(2, hidden=(4, 3))
    for layer in program.layers:
        layer.input_weights[layer.input_weights == 0] = 1
        layer.recurrent_weights[layer.recurrent_weights == 0] = 1
    program.readout.weights[program.readout.weights == 0] = 1
    trace = run(program, random_sequences(2, 3, [4, 9]))
    counts, chip = count(trace, program), load_chip("loihi2")
    energy = chip.energy_pj
    # All on one tile: the input goes to the first layer's core, a spike to its own and the next.
    copies = 2 * counts.spikes
    for row, bound in enumerate(("low", "nominal", "high")):
        expected = (
            counts.synaptic_operations * getattr(energy.synaptic_operation_dense, bound)
            + counts.total("active_updates") * getattr(energy.neuron_update_active, bound)
            + counts.total("idle_updates") * getattr(energy.neuron_update_idle, bound)
            + counts.spikes * getattr(energy.spike, bound)
            + copies * getattr(energy.message_out, bound)
            + (copies + counts.input_events) * getattr(energy.message_in, bound)
            + (copies + counts.input_events) * getattr(energy.within_tile, bound)
        )
        assert estimate(trace, program).core_dynamic_j[row] == pytest.approx(expected * 1e-12)


def test_more_ticks_cost_more_time() -> None:
    loads = by_hand()
    longer = replace(loads, slots=Slots(loads.slots.starts, loads.slots.ticks + 1))
    gained = cost(longer).core_s - cost(loads).core_s
    assert gained == pytest.approx(np.outer([500e-9, 1000e-9, 2000e-9], [2, 3]))


def test_the_same_work_on_more_cores_takes_less_time_and_leaks_more_per_second() -> None:
    program = random_program(2, channels=8, hidden=(12,))
    trace = run(program, random_sequences(2, 8, [20]))
    chips = [
        small_chip({}, dict.fromkeys(PRIMES, 10.0), neurons_per_core=n, cores_per_tile=20)
        for n in (12, 3)
    ]
    few, many = (cost(core_loads(trace, program, place(program, chip))) for chip in chips)
    assert (few.cores, many.cores) == (2, 5)
    assert many.core_s[1, 0] < few.core_s[1, 0]
    assert many.core_static_j[1, 0] / many.core_s[1, 0] == pytest.approx(5e-3)
