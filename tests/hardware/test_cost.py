from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware.chip import CHIPS, load_chip, parse_chip
from hardware.cost import cost, estimate
from hardware.counts import Counts, count
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
    expected = 23.2e-3 * 9e-6 * ticks
    assert priced.host_j[1] == pytest.approx(expected)
    assert priced.host_s[1] == pytest.approx(9e-6 * ticks)


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


def test_the_dense_gru_multiplies_every_weight_at_every_step() -> None:
    program = random_program(2, channels=3, hidden=(4,), outputs=2)
    counts = count(run(program, random_sequences(2, 3, [5])), program)
    dense = dense_gru(program, counts)
    assert dense.multiply_accumulates.tolist() == [5 * (3 * 4 * 3 + 3 * 4 * 4 + 4 * 2)]
    assert dense.energy_j["int8"] == pytest.approx(dense.multiply_accumulates * 0.3e-12)


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
