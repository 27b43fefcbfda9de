from __future__ import annotations

import time
from dataclasses import replace
from importlib.resources import files
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from chips import small_chip
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware.cost.chip import Chip, Mesh, load_chip
from hardware.cost.core_loads import core_loads
from hardware.cost.placement import Placement, place
from hardware.cost.placement.mesh import distances, hops, lay_out, places
from hardware.cost.placement.needs import LIMITS, state_words
from hardware.cost.placement.placing import expected_traffic, sent_in
from hardware.cost.projections import projections
from hardware.definition.cell import Cell
from hardware.errors import InputError, PlacementError, SettingError
from hardware.program.model import Program
from hardware.runs.run import run


def attempt(program: Program, chip: Chip) -> tuple[Placement | None, str]:
    """A placement, or why there is none."""
    try:
        return place(program, chip), ""
    except PlacementError as error:
        return None, str(error)


def words_of(program: Program) -> list[int]:
    """State words of a neuron of each layer and of the readout, sender by sender."""
    words, by_change = [], program.encoder.sends_changes
    for level in program.levels:
        for layer in level:
            row, own = layer.cell.row, layer.cell.sends_changes
            sums = len(row.input_gates) + len(row.recurrent_gates)
            kept = sums + by_change * len(row.input_gates) + own * len(row.recurrent_gates)
            words.append(state_words(layer.cell) + kept)
        by_change = level[0].cell.sends_changes
    readout = program.readout
    of_window = {"sliding": readout.window + 1, "tumbling": 2}.get(readout.kind, 0)
    return [*words, 3 + of_window + (by_change and not readout.sees_membranes)]


def needed(program: Program, placement: Placement) -> dict[str, np.ndarray]:
    """What every core needs of each limit, one weight at a time."""
    limits, layers = placement.chip.limits, placement.layers
    found = {name: np.zeros(placement.total, dtype=np.int64) for name in LIMITS}
    words = words_of(program)
    core_of = [layer.core_of_neuron for layer in layers]
    for i, cores in enumerate(core_of):
        np.add.at(found["neurons_per_core"], cores, 1)
        np.add.at(found["state_words_per_core"], cores, words[i])
    for projection, sparse in zip(projections(program), placement.sparse, strict=True):
        bits = projection.weight_bits
        owners = [(i, n) for i in projection.sources for n in range(len(core_of[i]))]
        for neuron, core in enumerate(core_of[projection.target]):
            weights = projection.by_neuron[:, neuron]
            memory = weights.size * bits
            if sparse:
                memory = np.count_nonzero(weights) * (bits + limits.synapse_index_bits)
            found["synapse_bits_per_core"][core] += memory
        for core in np.unique(core_of[projection.target]):
            there = projection.by_neuron[:, core_of[projection.target] == core]
            for source in range(projection.weights.shape[1]):
                if there[:, :, source].any():
                    found["fan_in_axons_per_core"][core] += 1
                    if owners:
                        layer, neuron = owners[source]
                        found["fan_out_axons_per_core"][core_of[layer][neuron]] += 1
    return found


@settings(max_examples=60, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    zeros=st.floats(0, 0.95),
    limits=st.fixed_dictionaries(
        {
            "neurons_per_core": st.integers(1, 6),
            "synapse_bits_per_core": st.integers(100, 4000),
            "state_words_per_core": st.integers(19, 60),
            "fan_in_axons_per_core": st.integers(4, 40),
            "fan_out_axons_per_core": st.integers(4, 40),
            "synapse_index_bits": st.integers(0, 8),
        }
    ),
)
def test_every_core_stays_within_every_limit_or_the_layer_is_refused(
    program: dict, cell: dict, zeros: float, limits: dict
) -> None:
    made, rng = random_program(**program, **cell), np.random.default_rng(program["seed"])
    for projection in projections(made):
        weights = projection.weights
        weights[rng.random(weights.shape) < zeros] = 0
    chip = small_chip(**limits)
    placement, refusal = attempt(made, chip)
    if placement is None:
        assert any(name.removesuffix("_per_core").replace("_", " ") in refusal for name in LIMITS)
        return
    expected = needed(made, placement)
    for name in LIMITS:
        found = np.concatenate([layer.needs[name] for layer in placement.layers])
        assert found.tolist() == expected[name].tolist(), name
        assert (found <= getattr(chip.limits, name)).all(), name
    assert sum(placement.cores) == placement.total == len(placement.tiles)
    assert placement.load().max() <= 1
    for layer in placement.layers:
        assert layer.neurons_of_core.sum() == layer.neurons
        assert layer.neurons_of_core.min() >= 1
        assert np.array_equal(layer.members.sum(axis=0), layer.neurons_of_core)
    _, taken = np.unique(placement.tiles, axis=0, return_counts=True)
    assert taken.max() <= chip.mesh.cores_per_tile
    assert placement.tiles.min() >= 0
    assert placement.tiles[:, 1].max() < chip.mesh.rows
    assert placement.chips == -(-placement.total // chip.limits.cores)


@pytest.mark.parametrize(
    ("limits", "cores"),
    [
        ({"neurons_per_core": 20}, (1, 1)),
        ({"neurons_per_core": 7}, (3, 1)),
        # A neuron has 3 · (5 + 20) weights of 8 bits, the readout one of 20.
        ({"synapse_bits_per_core": 12_000}, (1, 1)),
        ({"synapse_bits_per_core": 11_999}, (2, 1)),
        ({"synapse_bits_per_core": 600}, (20, 1)),
        ({"state_words_per_core": 239}, (2, 1)),
        ({"fan_in_axons_per_core": 25}, (1, 1)),
        # Each neuron sends to every core of its layer and to the readout's.
        ({"fan_out_axons_per_core": 40}, (1, 1)),
        ({"fan_out_axons_per_core": 39}, (2, 1)),
    ],
)
def test_a_layer_takes_as_many_cores_as_its_tightest_limit_asks_for(
    limits: dict, cores: tuple[int, ...]
) -> None:
    program = random_program(1, channels=5, hidden=(20,), outputs=2)
    for projection in projections(program):
        projection.weights[projection.weights == 0] = 1
    assert place_dense(program, limits).cores == cores


def place_dense(program: Program, limits: dict) -> Placement:
    for layer in program.layers:
        # `projections` copies recurrent weights, so zeros are filled here as well.
        layer.recurrent_weights[layer.recurrent_weights == 0] = 1
    return place(program, small_chip(**{"synapse_index_bits": 8, **limits}))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"synapse_bits_per_core": 599},
            r"layer 0: neuron 0 alone needs 600 synapse bits, but a core of Small has 599: fewer "
            r"weight bits, sparser weights or a smaller layer would help",
        ),
        ({"fan_in_axons_per_core": 24}, r"layer 0: .* 25 fan in axons.* has 24: sparser weights"),
        ({"state_words_per_core": 11}, r"layer 0: .* 12 state words.* has 11: a formulation"),
        ({"fan_out_axons_per_core": 1}, r"layer 0: .* fan out axons.* has 1: sparser weights"),
    ],
)
def test_what_no_core_can_hold_is_an_error_that_names_layer_need_limit_and_remedy(
    limits: dict, message: str
) -> None:
    program = random_program(1, channels=5, hidden=(20,), outputs=2)
    for projection in projections(program):
        projection.weights[projection.weights == 0] = 1
    with pytest.raises(PlacementError, match=message):
        place_dense(program, limits)


def test_a_window_that_no_core_can_hold_is_refused_with_a_shorter_one_as_the_remedy() -> None:
    made = random_program(1, readout="sliding", window=60)
    message = r"readout: neuron 0 alone needs 64 state words, .* has 63: .* or a shorter window"
    with pytest.raises(PlacementError, match=message):
        place(made, small_chip(state_words_per_core=63))
    place(made, small_chip(state_words_per_core=64))


@pytest.mark.parametrize(
    ("limits", "settings", "message"),
    [
        ({"weight_bits": 4}, {"weight_bits": 5}, "weights have 5 bits, but Small has 4: training"),
        (
            {"spike_payload_bits": 9},
            {"emit": "graded"},
            "its messages carry 10 bits, but a spike of Small carries 9",
        ),
        ({"spike_payload_bits": 0}, {}, "its messages carry 8 bits, but a spike of Small carries"),
        ({"state_word_bits": 23}, {}, "a state word has 24 bits, but Small has 23"),
    ],
)
def test_words_that_are_too_narrow_are_refused(limits: dict, settings: dict, message: str) -> None:
    with pytest.raises(PlacementError, match=message):
        place(random_program(1, **settings), small_chip(**limits))


def test_loihi_1_refuses_a_gated_neuron_and_is_a_cost_reference() -> None:
    program, chip = random_program(1), load_chip("loihi1")
    with pytest.raises(PlacementError, match="layer 0 cannot be placed on Loihi 1: .* no program"):
        place(program, chip)
    assert place(program, chip, as_reference=True, objective="cores").cores == (1, 1)


def test_sparse_weights_take_only_what_is_not_zero_and_an_index_each() -> None:
    program = random_program(1, channels=5, hidden=(20,), outputs=2)
    program.layers[0].input_weights[:] = 0
    program.layers[0].input_weights[3, 2] = 1
    placement = place(program, small_chip(synapse_index_bits=13))
    assert placement.sparse == (True, False, False)
    expected = 1 * (8 + 13) + program.layers[0].recurrent_weights.size * 8
    assert placement.layers[0].needs["synapse_bits_per_core"].tolist() == [expected]


PRICED = {"synaptic_operation_dense": 20.0, "synaptic_operation_sparse": 20.0}


def half_of_its_weights() -> Program:
    """A program in which every second weight is zero."""
    program = random_program(1, channels=6, hidden=(20,), outputs=2)
    for weights in (program.layers[0].input_weights, program.layers[0].recurrent_weights):
        weights[weights == 0] = 1
        weights[:, ::2] = 0
    program.readout.weights[program.readout.weights == 0] = 1
    return program


@pytest.mark.parametrize(
    ("room", "cores", "sparse"),
    [
        # Sparse, each of 3 · 13 weights of a neuron takes 8 + 13 bits; dense, each of 78 takes 8.
        (20 * 3 * 13 * 21, 1, (True, True, False)),
        # All as lists need a second core; those of U do not.
        (20 * 3 * 13 * 21 - 1, 1, (False, True, False)),
        # Both ways take two cores.
        (10 * 3 * 13 * 21, 2, (True, True, False)),
    ],
)
def test_synapses_are_sparse_where_that_takes_no_more_cores(
    room: int, cores: int, sparse: tuple[bool, ...]
) -> None:
    chip = small_chip(PRICED, synapse_index_bits=13, synapse_bits_per_core=room)
    placement = place(half_of_its_weights(), chip)
    assert placement.cores == (cores, 1)
    assert placement.sparse == sparse


def test_a_neuron_too_large_as_a_list_is_stored_dense() -> None:
    chip = small_chip(PRICED, synapse_index_bits=13, synapse_bits_per_core=3 * 26 * 8)
    placement = place(half_of_its_weights(), chip)
    assert placement.cores == (20, 1)
    assert placement.sparse == (False, False, False)


def test_cost_model_0_1_stores_synapses_where_they_are_smaller() -> None:
    chip = small_chip(PRICED, synapse_index_bits=13)
    placement = place(half_of_its_weights(), chip, cost_model="0.1")
    assert placement.sparse == (False, False, False)
    assert placement.layers[0].needs["state_words_per_core"].tolist() == [20 * 6]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"formulation": "torch"}, 6),
        ({"formulation": "forget"}, 4),
        ({"formulation": "forget", "emit": "state"}, 5),
        ({"formulation": "keep"}, 7),
        ({"formulation": "output-gated"}, 8),
        ({"formulation": "torch", "emit": "graded"}, 7),
        ({"formulation": "torch", "emit": "binary-on-change"}, 7),
        # The last r ⊙ e, and what h would have emitted.
        ({"formulation": "keep", "emit": "graded"}, 8),
        ({"formulation": "keep", "emit": "signed-on-change"}, 8),
        ({"formulation": "output-gated", "emit": "binary-on-change"}, 10),
        ({"formulation": "minimal", "emit": "binary-on-change"}, 5),
    ],
)
def test_a_neuron_keeps_its_membrane_threshold_biases_and_what_it_needs_once_more(
    settings: dict, words: int
) -> None:
    assert state_words(Cell(**settings)) == words


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        # W_r, W_z, W_c, U_r, U_z and U_c are words, as docs/lava.md lists them.
        ({}, [12, 12, 3]),
        # W_r, W_z, W_c of the first layer once more.
        ({"encoder": "send-on-delta"}, [15, 12, 3]),
        # The last spike, and the sums of U; then those of W, and that of the readout.
        ({"emit": "binary-on-change"}, [16, 19, 4]),
        ({"emit": "graded", "encoder": "send-on-delta"}, [19, 19, 4]),
        ({"emit": "graded", "readout": "last"}, [16, 19, 3]),
        ({"emit": "binary-on-change", "formulation": "minimal"}, [7, 9, 4]),
        # A ring and the place in it; the sum of the window and the place in it.
        ({"readout": "sliding", "window": 20}, [12, 12, 3 + 20 + 1]),
        ({"readout": "tumbling", "window": 20}, [12, 12, 3 + 1 + 1]),
    ],
)
def test_accumulators_are_words_and_those_that_changes_reach_are_two(
    settings: dict, words: list[int]
) -> None:
    program = random_program(1, hidden=(4, 3), **settings)
    placement = place(program, small_chip())
    of_layers = zip(placement.layers, words, strict=True)
    for layer, expected in of_layers:
        assert layer.needs["state_words_per_core"].sum() == layer.neurons * expected


def test_chips_are_added_when_one_is_full() -> None:
    program = random_program(1, hidden=(30,))
    chip = small_chip(neurons_per_core=1)
    placement = place(program, chip)
    assert (placement.total, placement.chips) == (32, 2)
    assert placement.tiles[:, 0].max() < 2 * chip.mesh.columns


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), cores=st.integers(1, 40))
def test_the_layout_never_travels_further_than_row_order(seed: int, cores: int) -> None:
    rng, chip = np.random.default_rng(seed), small_chip()
    traffic = rng.integers(0, 50, (cores, cores)).astype(np.float64)
    host = rng.integers(0, 50, cores).astype(np.float64)
    chips = -(-cores // chip.limits.cores)
    tiles = lay_out(traffic, host, chip.mesh, chips)
    assert hops(traffic, host, tiles) <= hops(traffic, host, places(chip.mesh, chips)[:cores])
    assert len(np.unique(tiles, axis=0)) == -(-cores // chip.mesh.cores_per_tile)
    _, taken = np.unique(tiles, axis=0, return_counts=True)
    assert taken.max() <= chip.mesh.cores_per_tile


def test_the_layout_of_two_pairs_that_talk_puts_each_in_one_tile() -> None:
    traffic = np.zeros((4, 4))
    traffic[0, 2] = traffic[3, 1] = 5
    tiles = lay_out(traffic, np.zeros(4), small_chip().mesh, 1)
    assert hops(traffic, np.zeros(4), tiles) == 0
    assert distances(tiles, tiles)[0, 2] == distances(tiles, tiles)[3, 1] == 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    size=st.sampled_from([(1, 2), (1, 3), *((2, cores) for cores in range(1, 7))]),
    quiet=st.floats(0, 0.9),
)
def test_no_layout_on_up_to_three_tiles_travels_less(
    seed: int, size: tuple[int, int], quiet: float
) -> None:
    per_tile, cores = size
    rng = np.random.default_rng(seed)
    mesh = small_chip(columns=3, rows=2, cores_per_tile=per_tile).mesh
    traffic = rng.integers(0, 50, (cores, cores)) * (rng.random((cores, cores)) >= quiet)
    host = rng.integers(0, 50, cores) * (rng.random(cores) >= quiet)
    tiles = lay_out(traffic.astype(np.float64), host.astype(np.float64), mesh, 1)
    assert hops(traffic, host, tiles) == fewest_hops(traffic, host, mesh)


def fewest_hops(traffic: np.ndarray, host: np.ndarray, mesh: Mesh) -> float:
    """Of every way to lay the cores on as few tiles as hold them, the fewest hops."""
    everywhere = places(mesh, 1)[:: mesh.cores_per_tile]
    tiles = -(-len(host) // mesh.cores_per_tile)
    ways = {
        way
        for way in product(range(tiles), repeat=len(host))
        if np.bincount(way).max() <= mesh.cores_per_tile
    }
    return min(
        hops(traffic, host, everywhere[list(chosen)][list(way)])
        for chosen in permutations(range(len(everywhere)), tiles)
        for way in ways
        if list(dict.fromkeys(way)) == sorted(set(way))  # tiles are permuted already
    )


@settings(max_examples=30, deadline=None)
@given(program=every_program, cell=every_cell)
def test_a_profile_lays_cores_out_for_the_hops_that_its_trace_has(
    program: dict, cell: dict
) -> None:
    made = random_program(**program, **cell)
    trace = run(made, random_sequences(program["seed"], made.encoder.channels, [3, 4]))
    chip = small_chip(neurons_per_core=2, cores_per_tile=1)
    laid = place(made, chip, profile=trace)
    traffic, host = expected_traffic(projections(made), laid.layers, sent_in(trace, made))
    found = core_loads(trace, made, laid)
    assert (
        hops(traffic, host, laid.tiles) == found.hops_east_west.sum() + found.hops_north_south.sum()
    )
    in_order = places(chip.mesh, laid.chips)[: laid.total]
    assert hops(traffic, host, laid.tiles) <= hops(traffic, host, in_order)


def test_a_profile_of_another_program_is_refused() -> None:
    program, other = random_program(1), random_program(2)
    trace = run(other, random_sequences(1, other.encoder.channels, [3]))
    with pytest.raises(InputError, match="the trace was recorded with a different program"):
        place(program, small_chip(), profile=trace)


def test_traffic_is_what_travels_if_everything_sends_once() -> None:
    program = random_program(1, channels=5, hidden=(6, 4), outputs=2)
    placement = place(program, small_chip(neurons_per_core=3))
    traffic, host = expected_traffic(projections(program), placement.layers)
    assert placement.cores == (2, 2, 1)
    expected = np.zeros((5, 5))
    expected[:2, :4] = 3
    expected[2:4, 2:4] = 2
    expected[2:4, 4] = 2
    assert traffic.tolist() == expected.tolist()
    assert host.tolist() == [5, 5, 0, 0, 0]


def test_ten_million_synapses_are_placed_in_ten_seconds() -> None:
    program = random_program(1, channels=500, hidden=(1650,), outputs=10)
    assert sum(projection.weights.size for projection in projections(program)) > 10_000_000
    start = time.process_time()
    placement = place(program, load_chip("loihi2"))
    assert time.process_time() - start < 10
    assert placement.total > 80


def test_equal_programs_are_placed_equally() -> None:
    program, chip = random_program(1, hidden=(20, 9)), small_chip(neurons_per_core=2)
    a, b = place(program, chip), place(replace(program), chip)
    assert a.tiles.tolist() == b.tiles.tolist()


def test_a_chip_is_given_by_its_name_or_its_file_as_everywhere_else(tmp_path: Path) -> None:
    program = random_program(0)
    expected = place(program, load_chip("loihi2"))
    text = (files("hardware.cost") / "chips" / "loihi2.toml").read_bytes()
    (tmp_path / "mine.toml").write_bytes(text)
    for chip in ("loihi2", tmp_path / "mine.toml", str(tmp_path / "mine.toml")):
        placement = place(program, chip)
        assert placement.chip == expected.chip
        assert np.array_equal(placement.tiles, expected.tiles)
    with pytest.raises(SettingError, match="unknown chip 'loihi3': did you mean 'loihi"):
        place(program, "loihi3")
    with pytest.raises(SettingError, match="unknown chip 'None'"):
        place(program, None)  # type: ignore[arg-type]


SLOW = {"microcode_instruction": 3.0, "neuron_update_active": 3.0}
"""Nanoseconds: a step of `torch` takes 41 instructions."""


def test_the_knee_brings_the_neurons_of_a_core_down_to_the_barrier() -> None:
    program = random_program(1, channels=5, hidden=(40,), outputs=2)
    chip = small_chip({}, SLOW)
    fewest, knee = (place(program, chip, objective=name) for name in ("cores", "knee"))
    assert fewest.cores == (1, 1)
    assert program.layers[0].cell.formulation == "torch"
    # 8 neurons · 41 · 3 ns, and 3 · 3 ns of one that spikes: 993 of the 1,000 ns of three tiles.
    assert knee.cores == (5, 1)
    assert place(program, chip).cores == knee.cores
    assert place(program, chip, cost_model="0.1").cores == fewest.cores


@pytest.mark.parametrize(
    ("neurons", "cores"),
    [
        (40, 5),
        # On 5 cores the fullest has 9 of them, 1,107 ns.
        (41, 6),
        (48, 6),
    ],
)
def test_the_knee_counts_the_neurons_of_the_fullest_core(neurons: int, cores: int) -> None:
    program = random_program(1, channels=5, hidden=(neurons,), outputs=2)
    assert place(program, small_chip({}, SLOW)).cores == (cores, 1)


def test_the_knee_counts_what_a_neuron_sends() -> None:
    program = random_program(1, channels=5, hidden=(40,), outputs=2)
    # A spike goes to each core of the layer and to the readout's: 6 · 2 ns do not fit in 7 ns.
    assert place(program, small_chip({}, {**SLOW, "message_out": 2.0})).cores == (6, 1)
    assert place(program, small_chip({}, {**SLOW, "message_out": 1.0})).cores == (5, 1)


def test_no_core_is_taken_that_messages_make_useless() -> None:
    # 3 inputs and 12 values, all sent at every step, enter both cores of a tile: 3,000 ns.
    program = random_program(1, channels=3, hidden=(12,), outputs=2, emit="state")
    port = {"hop_east_west": 100.0}
    waits, works = (
        place(program, small_chip({}, {**SLOW, **more})).cores[0] for more in (port, {})
    )
    assert (waits, works) == (1, 2)


@settings(max_examples=25, deadline=None)
@given(
    program=every_program,
    cell=every_cell,
    limits=st.fixed_dictionaries(
        {
            "neurons_per_core": st.integers(1, 6),
            "fan_in_axons_per_core": st.integers(20, 40),
            "fan_out_axons_per_core": st.integers(10, 40),
        }
    ),
)
def test_the_fewest_cores_are_no_more_than_those_at_the_knee(
    program: dict, cell: dict, limits: dict
) -> None:
    made, chip = random_program(**program, **cell), small_chip({}, SLOW, **limits)
    try:
        fewest = place(made, chip, objective="cores")
    except PlacementError:
        return
    assert fewest.total <= place(made, chip, objective="knee").total


def test_the_fewest_cores_of_a_layer_with_many_axons_are_the_fewest() -> None:
    program = random_program(7, channels=16, hidden=(2400,), outputs=3, emit="binary")
    fewest, knee = (place(program, "loihi2", objective=name).total for name in ("cores", "knee"))
    assert fewest == 135 <= knee
    old = place(program, "loihi2", cost_model="0.1").total
    assert old == 140, "cost model 0.1 left numbers of cores out"


def test_the_knee_brings_the_reads_of_a_core_down_to_the_barrier() -> None:
    program = half_of_its_weights()
    reads = {"synaptic_operation_dense": 20.0, "synaptic_operation_sparse": 40.0}
    # Inputs send at every step, neurons a tenth as often: 3 · 20 · (6 + 20 / 10) weights of 20 ns.
    dense = place(program, small_chip({}, reads, synapse_index_bits=13))
    assert dense.sparse[:2] == (False, False)
    assert dense.cores == (10, 1), "of 9,600 ns 3 neurons take 1,440; four tiles take 1,400"
    # Half of them, of 40 ns each.
    sparse = place(program, small_chip(PRICED, reads, synapse_index_bits=13))
    assert sparse.sparse[:2] == (True, True)
    assert sparse.cores == dense.cores


def test_the_knee_takes_no_further_chip() -> None:
    program = random_program(1, channels=5, hidden=(40,), outputs=2)
    slow = {name: 100 * value for name, value in SLOW.items()}
    placement = place(program, small_chip({}, slow, columns=2, rows=2, cores_per_tile=2))
    assert placement.chips == 1
    assert 2 < placement.total <= 8


def test_without_a_barrier_every_further_core_saves_time() -> None:
    program = random_program(1, hidden=(40,))
    for times, total in ((SLOW, 24), ({}, 2)):
        text = small_chip({}, times).model_dump()
        for bound in ("low", "nominal", "high"):
            text["time_ns"]["barrier"][bound] = [0.0] * 4
        placement = place(program, Chip.model_validate(text))
        assert placement.chips == 1
        assert placement.total <= total
        assert placement.total > total / 3


def test_some_synapses_are_sparse_where_not_all_fit_as_lists() -> None:
    program = half_of_its_weights()
    # W of a neuron takes 3 · 6 · 8 bits, as a list 3 · 3 · 21; U 3 · 20 · 8, as a list 3 · 10 · 21.
    room = 20 * (3 * 3 * 21 + 3 * 20 * 8)
    chip = small_chip(PRICED, synapse_index_bits=13, synapse_bits_per_core=room)
    placement = place(program, chip)
    assert placement.cores == (1, 1)
    assert placement.sparse == (True, False, False)


def test_an_unknown_objective_is_refused() -> None:
    with pytest.raises(SettingError, match="unknown objective 'knees': did you mean 'knee'"):
        place(random_program(1), small_chip(), objective="knees")
