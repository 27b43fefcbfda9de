from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware.chip import CHIPS, load_chip, parse_chip
from hardware.cost import cost, estimate
from hardware.counts import Counts, LayerCounts, count
from hardware.dense import dense_gru, spikes_per_synapse
from hardware.errors import RangeError, SettingError
from hardware.inference import run
from hardware.placement import place


@pytest.fixture
def counts() -> Counts:
    program = random_program(2, hidden=(4, 3))
    return count(run(program, random_sequences(2, 3, [4, 9])), program)


def chip_text(name: str) -> str:
    from importlib.resources import files

    return (files("hardware") / "chips" / f"{name}.toml").read_text()


@pytest.mark.parametrize("name", CHIPS)
def test_core_dynamic_energy_is_the_sum_of_counts_times_constants(
    counts: Counts, name: str
) -> None:
    chip = load_chip(name)
    energy = chip.energy_pj
    priced = cost(counts, chip)
    for row, bound in enumerate(("low", "nominal", "high")):
        expected = (
            counts.synaptic_operations * getattr(energy.synaptic_operation, bound)
            + counts.neuron_updates * getattr(energy.neuron_update, bound)
            + counts.spikes * getattr(energy.spike, bound)
        )
        assert priced.core_dynamic_j[row] == pytest.approx(expected * 1e-12)
    assert priced.core_dynamic_j == pytest.approx(sum(priced.core_dynamic_by_layer_j))


@pytest.mark.parametrize("name", CHIPS)
def test_every_scope_has_low_below_nominal_below_high(counts: Counts, name: str) -> None:
    priced = cost(counts, load_chip(name))
    for scope in ("core_dynamic_j", "core_static_j", "host_j", "core_s", "host_s"):
        low, nominal, high = getattr(priced, scope)
        assert (low > 0).all()
        assert (low <= nominal).all()
        assert (nominal <= high).all()


def test_host_energy_is_power_times_the_time_of_every_tick(counts: Counts) -> None:
    chip = load_chip("loihi1")
    priced = cost(counts, chip)
    ticks = np.array([4, 9]) + 3
    assert priced.host_s == pytest.approx(np.outer([9.0e-6, 10.9e-6, 12.0e-6], ticks))
    assert priced.host_j == pytest.approx(priced.host_s * [[23.0e-3], [23.2e-3], [144.0e-3]])


@pytest.mark.parametrize("name", CHIPS)
def test_host_time_lies_between_both_estimates_and_what_the_slowest_run_leaves(name: str) -> None:
    low, nominal, high = load_chip(name).host.time_us_per_step.range
    assert low == 9.0
    assert nominal == pytest.approx(15.54 - 4.67, abs=0.05)
    assert high == pytest.approx(13.99e3 / 840 - 4.67, abs=0.05)


def by_hand() -> Counts:
    """One sequence of five steps through 2,000 neurons, two cores on Loihi 1, and a readout."""
    layer = LayerCounts(
        name="layer 0",
        neurons=2000,
        synapses=50_000,
        synapse_bits=400_000,
        spikes=np.array([10]),
        synaptic_operations=np.array([40_000]),
        neuron_updates=np.array([10_000]),
    )
    readout = LayerCounts(
        name="readout",
        neurons=3,
        synapses=6000,
        synapse_bits=48_000,
        spikes=np.array([0]),
        synaptic_operations=np.array([300]),
        neuron_updates=np.array([15]),
    )
    return Counts((layer, readout), np.array([5]), np.array([7]), np.array([20]))


def test_every_closed_form_by_hand_on_three_cores_of_loihi_1() -> None:
    priced = cost(by_hand(), load_chip("loihi1"))
    assert priced.cores == 3
    picojoules = [
        40_300 * 23.6 + 10_015 * 52.0 + 10 * 1.7,
        40_300 * 23.6 + 10_015 * 72.8 + 10 * 69.3,
        40_300 * 35.5 + 10_015 * 81.0 + 10 * 180.3,
    ]
    # Each of the layer's two cores does half of its work, more than the readout's one.
    nanoseconds = [
        (40_000 * 3.5 + 10_000 * 5.3 + 10 * 2.1) / 2 + 7 * 113,
        (40_000 * 3.8 + 10_000 * 8.4 + 10 * 30.0) / 2 + 7 * 600,
        (40_000 * 4.7 + 10_000 * 9.7 + 10 * 35.1) / 2 + 7 * 1800,
    ]
    milliwatts = [3 * 0.23, 3 * 0.81, 3 * 0.815]
    microseconds = [7 * 9.0, 7 * 10.9, 7 * 12.0]
    assert picojoules[1] == pytest.approx(1_680_865)
    assert nanoseconds[1] == pytest.approx(122_350)
    assert priced.core_dynamic_j[:, 0] == pytest.approx(np.array(picojoules) * 1e-12)
    assert priced.core_s[:, 0] == pytest.approx(np.array(nanoseconds) * 1e-9)
    assert priced.core_static_j[:, 0] == pytest.approx(np.multiply(milliwatts, nanoseconds) * 1e-12)
    assert priced.host_s[:, 0] == pytest.approx(np.array(microseconds) * 1e-6)
    assert priced.host_j[:, 0] == pytest.approx(
        np.multiply(microseconds, [23.0, 23.2, 144.0]) * 1e-9
    )


def test_the_busiest_core_sets_the_pace_even_where_it_is_the_readout() -> None:
    layer, readout = by_hand().layers
    busy = replace(readout, synaptic_operations=np.array([100_000]))
    priced = cost(replace(by_hand(), layers=(layer, busy)), load_chip("loihi1"))
    nanoseconds = 100_000 * 3.8 + 15 * 8.4 + 7 * 600
    assert priced.core_s[1, 0] == pytest.approx(nanoseconds * 1e-9)


def test_estimate_of_a_trace_is_the_cost_of_its_counts() -> None:
    program = random_program(2)
    trace = run(program, random_sequences(2, 3, [4]))
    direct = cost(count(trace, program), load_chip("loihi2"))
    assert np.array_equal(estimate(trace, program).core_dynamic_j, direct.core_dynamic_j)


def test_layers_are_cut_when_a_core_is_full(counts: Counts) -> None:
    chip = load_chip("loihi2")
    small = chip.model_copy(
        update={"limits": chip.limits.model_copy(update={"neurons_per_core": 2})}
    )
    assert place(counts, chip).cores == (1, 1, 1)
    assert place(counts, small).cores == (2, 2, 1)
    tiny = small.model_copy(update={"limits": small.limits.model_copy(update={"cores": 4})})
    with pytest.raises(RangeError, match="5 cores are needed, Loihi 2 has 4"):
        place(counts, tiny)


@pytest.mark.parametrize(
    ("neurons", "bits", "cores"),
    [
        (1024, 1_048_576, 1),
        (1025, 1_048_576, 2),
        (1024, 1_048_577, 2),
        (1, 3 * 1_048_576, 3),
        (5000, 3 * 1_048_576, 5),
        (1025, 3 * 1_048_576 + 1, 4),
    ],
)
def test_a_layer_takes_cores_for_its_neurons_or_its_synapses_whichever_are_more(
    neurons: int, bits: int, cores: int
) -> None:
    layer, readout = by_hand().layers
    layer = replace(layer, neurons=neurons, synapse_bits=bits)
    placement = place(replace(by_hand(), layers=(layer, readout)), load_chip("loihi1"))
    assert placement.cores == (cores, 1)
    assert placement.total == cores + 1


def test_the_dense_gru_multiplies_every_weight_at_every_step() -> None:
    program = random_program(2, channels=3, hidden=(4,), outputs=2)
    counts = count(run(program, random_sequences(2, 3, [5])), program)
    dense = dense_gru(program, counts)
    assert dense.multiply_accumulates.tolist() == [5 * (3 * 4 * 3 + 3 * 4 * 4 + 4 * 2)]
    assert set(dense.energy_j) == {"int8", "fp32"}
    assert dense.energy_j["int8"] == pytest.approx([460 * 0.3e-12])
    assert dense.energy_j["fp32"] == pytest.approx([460 * 4.6e-12])


def test_the_dense_gru_counts_every_layer_of_every_sequence() -> None:
    program = random_program(2, channels=3, hidden=(4, 5), outputs=2)
    counts = count(run(program, random_sequences(2, 3, [5, 7])), program)
    per_step = 3 * 4 * (3 + 4) + 3 * 5 * (4 + 5) + 5 * 2
    assert dense_gru(program, counts).multiply_accumulates.tolist() == [5 * per_step, 7 * per_step]


def test_spikes_per_synapse_is_events_seen_by_an_average_synapse(counts: Counts) -> None:
    expected = counts.synaptic_operations / sum(layer.synapses for layer in counts.layers)
    assert spikes_per_synapse(counts) == pytest.approx(expected)


def test_an_unknown_chip_is_refused_with_the_nearest_known() -> None:
    with pytest.raises(SettingError, match="unknown chip 'loihi3': did you mean 'loihi"):
        load_chip("loihi3")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("low = 23.6", "low = 99.0", "energy_pj.synaptic_operation"),
        ("[energy_pj.spike]", "[energy_pj.spikes]", "energy_pj.spike"),
        ("cores = 128", "cores = 0", "limits.cores"),
        ("cores = 128", "cores = ", "not valid TOML"),
        ("gated_neurons = false", "gated_neurons = 'maybe'", "gated_neurons"),
    ],
)
def test_a_wrong_chip_file_is_refused_by_field(old: str, new: str, field: str) -> None:
    text = chip_text("loihi1")
    assert old in text
    with pytest.raises(SettingError, match=field):
        parse_chip("mine", text.replace(old, new, 1))


def test_energy_on_loihi_2_is_marked_as_inherited() -> None:
    assert load_chip("loihi2").inherited_energy_from == "Loihi 1"
    assert load_chip("loihi1").gated_neurons is False
    assert "cost reference" in load_chip("loihi1").gated_neurons_note


def test_more_ticks_cost_more_time(counts: Counts) -> None:
    chip = load_chip("loihi2")
    longer = replace(counts, ticks=counts.ticks + 10)
    gained = cost(longer, chip).core_s - cost(counts, chip).core_s
    barrier = chip.time_ns.barrier
    assert gained[:, 0] == pytest.approx(np.array(barrier.range) * 10e-9)
