from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chips import small_chip
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware.cost.chip import CHIPS, Operations, load_chip
from hardware.cost.core_loads import BY_SLOT, CoreLoads, Slots, core_loads
from hardware.cost.counts import count
from hardware.cost.energy import cost, estimate, inherited
from hardware.cost.microcode import step_program
from hardware.cost.model import COST_MODELS, TRAVEL
from hardware.cost.placement import Placement, place
from hardware.cost.placement.layers import PlacedLayer
from hardware.errors import SettingError
from hardware.runs.run import run

PRIMES = dict(
    zip(Operations.model_fields, (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37), strict=True)
)
SCOPES = ("core_dynamic_j", "core_static_j", "chip_static_j", "host_j", "core_s", "host_s")
RANGES = np.array([[0.5], [1.0], [2.0]])
EVERY_COUNT = (*BY_SLOT, *TRAVEL)


def by_hand(**given: list[list[int]]) -> CoreLoads:
    """Two sequences of two and three slots on two cores, of a layer and the readout."""
    chip = small_chip(
        {name: float(value) for name, value in PRIMES.items()},
        {name: float(value) for name, value in PRIMES.items()},
    )
    placed = tuple(PlacedLayer(f"layer {i}", 1, i, np.array([0]), {}) for i in range(2))
    tiles = np.array([[0, 0], [1, 0]])
    shapes = dict.fromkeys(EVERY_COUNT, (5, 2)) | dict.fromkeys(TRAVEL, (2, 2))
    shapes |= {"entering": (5,), "host_operations": (2,)}
    work = {name: np.array(given.get(name, np.zeros(shape))) for name, shape in shapes.items()}
    slots = Slots(starts=np.array([0, 2]), ticks=np.array([1, 1, 1, 2, 1]))
    return CoreLoads(Placement(chip, placed, (), tiles), slots, **work)


CHARGED = [(model, *pair) for model in COST_MODELS for pair in COST_MODELS[model].energy.items()]


@pytest.mark.parametrize(("model", "name", "constant"), CHARGED)
def test_each_count_costs_its_constant_in_its_layer_and_sequence(
    model: str, name: str, constant: str
) -> None:
    rows = 2 if name in TRAVEL else 5
    work = np.zeros((rows, 2), dtype=np.int64)
    work[0, 1], work[-1, 0] = 3, 4
    priced = cost(by_hand(**{name: work.tolist()}), model)
    expected = np.outer([0.5, 1, 2], [3, 4]) * PRIMES[constant] * 1e-12
    assert priced.core_dynamic_j == pytest.approx(expected)
    layer, readout = priced.core_dynamic_by_layer_j
    assert layer == pytest.approx(expected * [0, 1])
    assert readout == pytest.approx(expected * [1, 0])
    assert priced.core_dynamic_by_operation_j[constant] == pytest.approx(expected)
    assert sum(v.sum() for v in priced.core_dynamic_by_operation_j.values()) == pytest.approx(
        expected.sum()
    )


def test_cost_model_0_1_takes_the_busiest_core_of_each_slot_and_a_barrier_of_each_tick() -> None:
    loads = by_hand(
        active_updates=[[10, 0], [0, 1], [0, 0], [0, 0], [4, 1]],
        idle_updates=[[0, 8], [0, 0], [0, 0], [0, 0], [0, 0]],
        spikes=[[0, 0], [0, 2], [0, 0], [0, 0], [0, 0]],
        messages_out=[[0, 0], [0, 3], [0, 0], [0, 0], [0, 0]],
        messages_in=[[0, 0], [0, 0], [6, 0], [0, 0], [1, 1]],
        dense_operations=[[0, 0], [0, 0], [2, 30], [0, 0], [0, 4]],
        sparse_operations=[[0, 0], [0, 0], [0, 30], [5, 0], [0, 0]],
        instructions=[[100, 100]] * 5,
    )
    generation = [[10 * 5, 8 * 7], [0, 1 * 5 + 2 * 13 + 3 * 17], [0, 0], [0, 0], [4 * 5, 5]]
    processing = [[0, 0], [0, 0], [6 * 19 + 2 * 2, 30 * 2 + 30 * 3], [5 * 3, 0], [19, 19 + 4 * 2]]
    paces = [max(*g, *p) for g, p in zip(generation, processing, strict=True)]
    assert paces == [56, 82, 150, 15, 27]
    # Two tiles wait 1,000 ns for each other at every tick.
    expected = [56 + 82 + 2 * 1000, 150 + 15 + 27 + 4 * 1000]
    assert cost(loads, "0.1").core_s == pytest.approx(RANGES * expected * 1e-9)


def test_the_slowest_of_neurons_synapses_messages_and_barrier_sets_the_time_of_a_step() -> None:
    loads = by_hand(
        instructions=[[0, 200], [0, 0], [0, 0], [0, 0], [0, 0]],
        readout_updates=[[0, 3], [0, 0], [0, 0], [0, 0], [0, 0]],
        waiting_updates=[[0, 2], [0, 0], [0, 0], [0, 0], [0, 0]],
        spikes=[[0, 5], [0, 0], [0, 0], [0, 0], [0, 0]],
        messages_out=[[0, 7], [0, 0], [0, 0], [0, 0], [0, 0]],
        messages_in=[[0, 0], [10, 0], [0, 100], [0, 0], [0, 0]],
        dense_operations=[[0, 0], [600, 0], [0, 0], [0, 0], [0, 0]],
        sparse_operations=[[0, 0], [7, 0], [0, 0], [0, 0], [0, 0]],
        payloads=[[0, 0], [0, 0], [0, 60], [0, 0], [0, 0]],
        entering=[0, 0, 0, 0, 50],
    )
    neurons = 200 * 11 + 3 * 5 + 2 * 7 + 5 * 13 + 7 * 17
    synapses = 10 * 19 + 600 * 2 + 7 * 3
    into_tile, from_host = 100 * 31 + 60 * 23, 50 * 31
    assert min(neurons, synapses, into_tile, from_host) > 1000  # a tick of two tiles
    found = cost(loads)
    for name, expected in {
        "neurons": [neurons, 0],
        "synapses": [synapses, 0],
        "messages": [0, into_tile + from_host],
        "barrier": [0, 2 * 1000],
    }.items():
        assert found.bound_s[name] == pytest.approx(RANGES * expected * 1e-9), name
    assert found.core_s == pytest.approx(sum(found.bound_s.values()))
    for name, expected in {
        "neurons": [neurons, 0],
        "synapses": [synapses, 100 * 19],
        "messages": [10 * 31, into_tile + from_host],
        "barrier": [2 * 1000, 4 * 1000],
    }.items():
        assert found.needed_s[name] == pytest.approx(RANGES * expected * 1e-9), name


def test_cost_model_0_1_needs_no_time_for_messages() -> None:
    loads = by_hand(messages_in=[[40, 40], [0, 0], [0, 0], [0, 0], [0, 0]])
    found = cost(loads, "0.1")
    assert not found.needed_s["messages"].any()
    assert found.needed_s["barrier"] == pytest.approx(found.bound_s["barrier"])


def test_messages_into_one_tile_wait_for_each_other() -> None:
    loads = by_hand(messages_in=[[40, 40], [0, 0], [0, 0], [0, 0], [0, 0]])
    together = replace(loads.placement, tiles=np.array([[0, 0], [0, 0]]))
    alone, one_tile = (cost(replace(loads, placement=p)) for p in (loads.placement, together))
    assert alone.bound_s["messages"][1].tolist() == pytest.approx([40 * 31e-9, 0])
    assert one_tile.bound_s["messages"][1].tolist() == pytest.approx([80 * 31e-9, 0])


def test_cores_in_use_and_whole_chips_leak_while_cores_and_host_work() -> None:
    loads = by_hand(spikes=[[1, 0]] * 5)
    priced = cost(loads)
    assert (priced.cores, priced.chips) == (2, 1)
    leaks = RANGES * 1e-3 * (priced.core_s + priced.host_s)
    assert priced.core_static_j == pytest.approx(2 * leaks)
    assert priced.chip_static_j == pytest.approx(24 * leaks)
    of_old = cost(loads, "0.1")
    assert of_old.core_static_j == pytest.approx(2 * RANGES * 1e-3 * of_old.core_s)


def test_every_chip_in_use_leaks() -> None:
    program = random_program(1, hidden=(30,))
    trace = run(program, random_sequences(1, 3, [4]))
    placement = place(program, small_chip(neurons_per_core=1))
    priced = cost(core_loads(trace, program, placement))
    assert (placement.total, priced.chips) == (32, 2)
    assert priced.chip_static_j / priced.core_static_j == pytest.approx(48 / 32)


def test_the_host_takes_its_time_and_power_for_every_tick_and_energy_for_its_operations() -> None:
    priced, ticks = cost(by_hand()), np.array([2, 4])
    assert priced.host_s == pytest.approx(np.outer([5e-6, 10e-6, 20e-6], ticks))
    assert priced.host_j == pytest.approx(priced.host_s * [[10e-3], [20e-3], [40e-3]])
    working = by_hand(host_operations=[3, 1000])
    added = cost(working).host_j - priced.host_j
    assert added == pytest.approx(RANGES * 50e-12 * [3, 1000])
    assert cost(working, "0.1").host_j == pytest.approx(priced.host_j)


def test_cost_model_0_1_gives_the_figures_of_version_0_1() -> None:
    cases = json.loads((Path(__file__).parent / "golden" / "cost-0.1.json").read_text())
    for found in cases:
        case = found["case"] | {"hidden": tuple(found["case"]["hidden"])}
        program = random_program(**case)
        frames = random_sequences(case["seed"], case["channels"], [6, 3])
        priced = estimate(
            run(program, frames, engine="numpy"), program, found["chip"], cost_model="0.1"
        )
        assert priced.cores == found["cores"]
        for scope in ("core_dynamic_j", "core_static_j", "host_j", "core_s", "host_s"):
            assert getattr(priced, scope) == pytest.approx(np.array(found[scope]), rel=1e-12)


def test_an_unknown_cost_model_is_refused_with_the_nearest() -> None:
    program = random_program(1)
    trace = run(program, random_sequences(1, 3, [4]))
    with pytest.raises(SettingError, match="unknown cost model '0.11': did you mean '0.1'"):
        estimate(trace, program, cost_model="0.11")


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
        assert (low > 0).all() or (scope == "host_s" and chip != "loihi1")
        assert (low <= nominal).all()
        assert (nominal <= high).all()
        assert values[:, 2:] == pytest.approx(getattr(alone, scope))
    for parts in (priced.core_dynamic_by_layer_j, priced.core_dynamic_by_operation_j.values()):
        assert sum(parts) == pytest.approx(priced.core_dynamic_j)
    assert sum(priced.bound_s.values()) == pytest.approx(priced.core_s)
    assert priced.inherited == inherited(load_chip(chip), COST_MODELS["0.2"])


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
    listed = step_program(program.layers[0].cell)
    assert (listed.always, listed.firing) == (41, 2)
    # A neuron of `torch` runs 41 instructions a step, 44 with a spike.
    instructions = 7 * (41 * counts.steps + listed.starting) + 3 * counts.spikes
    waiting = counts.ticks * 9 - counts.steps * 9
    for row, bound in enumerate(("low", "nominal", "high")):
        expected = (
            counts.synaptic_operations * getattr(energy.synaptic_operation_dense, bound)
            + instructions * getattr(energy.microcode_instruction, bound)
            + 2 * counts.steps * getattr(energy.neuron_update_active, bound)
            + waiting * getattr(energy.neuron_update_idle, bound)
            + counts.input_events * getattr(energy.graded_payload, bound)
            + counts.spikes * getattr(energy.spike, bound)
            + copies * getattr(energy.message_out, bound)
            + (copies + counts.input_events) * getattr(energy.message_in, bound)
            + (copies + counts.input_events) * getattr(energy.within_tile, bound)
        )
        assert estimate(trace, program).core_dynamic_j[row] == pytest.approx(expected * 1e-12)


def test_more_ticks_cost_more_time() -> None:
    loads = by_hand()
    longer = replace(loads, slots=Slots(loads.slots.starts, loads.slots.ticks + 1))
    for model in COST_MODELS:
        gained = cost(longer, model).core_s - cost(loads, model).core_s
        assert gained == pytest.approx(np.outer([500e-9, 1000e-9, 2000e-9], [2, 3]))


def test_the_same_work_on_more_cores_takes_less_time_and_leaks_more_per_second() -> None:
    program = random_program(2, channels=8, hidden=(12,))
    trace = run(program, random_sequences(2, 8, [20]))
    few, many = (
        cost(core_loads(trace, program, place(program, chip, objective="cores")))
        for chip in (
            small_chip({}, dict.fromkeys(PRIMES, 100.0), neurons_per_core=n, cores_per_tile=20)
            for n in (12, 3)
        )
    )
    assert (few.cores, many.cores) == (2, 5)
    assert many.core_s[1, 0] < few.core_s[1, 0]
    whole_s = many.core_s[1, 0] + many.host_s[1, 0]
    assert many.core_static_j[1, 0] / whole_s == pytest.approx(5e-3)
