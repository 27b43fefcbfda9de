from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from formulations import ROWS, with_row
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import every_cell, every_program, random_program, random_sequences

from hardware.cost.chip import load_chip
from hardware.cost.core_loads import core_loads
from hardware.cost.counts import ADDITIVE, count
from hardware.cost.dense_gru import dense_gru
from hardware.cost.energy import estimate
from hardware.cost.placement import place
from hardware.cost.projections import projections
from hardware.definition.cell import step
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.formulation import FORMULATIONS, Formulation
from hardware.engines.reference import product_of
from hardware.errors import InputError
from hardware.program.model import Layer, Program
from hardware.runs.run import run


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_synaptic_operations_equal_a_walk_over_every_event_and_weight(seed: int) -> None:
    program = random_program(seed, hidden=(4, 3))
    trace = run(program, random_sequences(seed, 3, [4, 2]))
    counts = count(trace, program)
    for i, rows in enumerate((slice(0, 4), slice(4, 6))):
        arriving = trace.events[rows]
        *of_hidden, of_readout = counts.layers
        for layer, of_layer, spikes in zip(program.layers, of_hidden, trace.emitted, strict=True):
            operations = 0
            for t in range(len(arriving)):
                for source in np.flatnonzero(arriving[t]):
                    operations += np.count_nonzero(layer.input_weights[:, source])
                for source in np.flatnonzero(spikes[rows][t]):
                    operations += np.count_nonzero(layer.recurrent_weights[:, source])
            assert of_layer.synaptic_operations[i] == operations
            assert of_layer.spikes[i] == spikes[rows].sum()
            assert of_layer.neuron_updates[i] == (len(arriving) + 2 + 1) * layer.neurons
            arriving = spikes[rows]
        operations = 0
        for t in range(len(arriving)):
            for source in np.flatnonzero(arriving[t]):
                operations += np.count_nonzero(program.readout.weights[:, source])
        assert of_readout.synaptic_operations[i] == operations
        assert of_readout.spikes[i] == 0
        assert of_readout.active_updates[i] == len(arriving) * 2
        assert of_readout.idle_updates[i] == (2 + 1) * 2


def messages(layer: Layer, arriving: np.ndarray) -> dict[str, list[np.ndarray]]:
    """What goes over the recurrent synapses of each gate at every step, in the order of reading."""
    sent: dict[str, list[np.ndarray]] = {gate: [] for gate in layer.cell.row.recurrent_gates}
    product = product_of(layer)

    def listen(gate: str, message: np.ndarray) -> np.ndarray:
        sent[gate].append(message)
        return product(gate, message)

    e, h = layer.initial_emission, layer.initial_membrane
    for x in arriving[::-1] if layer.backward else arriving:
        e, h = step(layer.cell, layer.gate, layer.input_weights.astype(np.int64) @ x, listen, e, h)
    if layer.cell.ticks == 1:
        # The last step's spikes travel too.
        for gate in sent:
            sent[gate] = [*sent[gate][1:], e]
    return sent


def walk(weights: np.ndarray, values: list[np.ndarray], by_change: bool) -> int:
    """Synaptic operations, one message and one weight at a time."""
    operations, before = 0, np.zeros(weights.shape[1], dtype=np.int64)
    for value in values:
        moved = value - before if by_change else value
        before = value
        for source in np.flatnonzero(moved):
            operations += sum(int(w != 0) for w in weights[:, source])
    return operations


@settings(max_examples=60, deadline=None)
@given(program=every_program, cell=every_cell)
def test_every_kind_of_program_counts_as_a_walk_over_its_messages_does(
    program: dict, cell: dict
) -> None:
    assert_counts_equal_a_walk(program, cell)


def assert_counts_equal_a_walk(program: dict, cell: dict) -> None:
    made = random_program(**program, **cell)
    trace = run(made, random_sequences(program["seed"], program["channels"], [5]), engine="numpy")
    *of_layers, of_readout = count(trace, made).layers
    arriving, by_change, number = trace.events, made.encoder.sends_changes, 0
    for level in made.levels:
        outputs = []
        for layer in level:
            seen = list(arriving[::-1] if layer.backward else arriving)
            expected = walk(layer.input_weights, seen, by_change)
            for gate, sent in messages(layer, arriving).items():
                expected += walk(layer.recurrent_rows(gate), sent, layer.cell.sends_changes)
            assert of_layers[number].synaptic_operations.tolist() == [expected]
            outputs.append(trace.emitted[number].astype(np.int64))
            number += 1
        arriving, by_change = np.concatenate(outputs, axis=1), level[0].cell.sends_changes
    weights = made.readout.weights
    if made.readout.sees_membranes:
        expected = int((weights != 0).sum())
    else:
        expected = walk(weights, list(arriving), by_change)
    assert of_readout.synaptic_operations.tolist() == [expected]


@settings(max_examples=60, deadline=None)
@given(program=every_program, cell=every_cell, row=st.sampled_from(ROWS))
def test_every_row_counts_as_a_walk_over_its_messages_does(
    program: dict, cell: dict, row: Formulation
) -> None:
    with with_row(row) as name:
        cell = {**cell, "formulation": name}
        assert_counts_equal_a_walk(program, cell)
        made = random_program(**program, **cell)
        trace = run(made, random_sequences(program["seed"], program["channels"], [5]), "numpy")
        loads = core_loads(trace, made, place(made, load_chip("loihi2")))
        synapses = sum(int(np.count_nonzero(p.weights)) for p in projections(made))
        assert synapses == count(trace, made).synapses
        assert loads.ticks.tolist() == count(trace, made).ticks.tolist()


@pytest.mark.parametrize("bits", [2, 5, 8])
def test_synapses_are_the_weights_that_are_not_zero_the_footprint_is_of_all(bits: int) -> None:
    program = random_program(2, hidden=(4, 3), weight_bits=bits)
    program.readout.weights[:, 0] = 0
    counts = count(run(program, random_sequences(2, 3, [4])), program)
    all_matrices = (
        (program.layers[0].input_weights, program.layers[0].recurrent_weights),
        (program.layers[1].input_weights, program.layers[1].recurrent_weights),
        (program.readout.weights,),
    )
    expected = [
        sum(int(w != 0) for matrix in matrices for w in matrix.flat) for matrices in all_matrices
    ]
    sizes = [sum(matrix.size for matrix in matrices) for matrices in all_matrices]
    assert [layer.synapses for layer in counts.layers] == expected
    assert [layer.weights for layer in counts.layers] == sizes
    assert [layer.neurons for layer in counts.layers] == [4, 3, 2]
    assert counts.synapses == sum(expected)
    assert counts.connection_sparsity == pytest.approx(1 - sum(expected) / sum(sizes))
    assert counts.footprint_bytes == sum(-(-size * bits // 8) for size in sizes)


def test_a_sequence_takes_a_tick_for_each_step_and_each_set_of_synapses_on_its_way() -> None:
    program = random_program(2, hidden=(4, 3))
    counts = count(run(program, random_sequences(2, 3, [4, 9])), program)
    assert counts.steps.tolist() == [4, 9]
    assert counts.ticks.tolist() == [4 + 2 + 1, 9 + 2 + 1]


@settings(max_examples=30, deadline=None)
@given(program=every_program, cell=every_cell)
def test_counts_add_up_over_sequences_and_layers(program: dict, cell: dict) -> None:
    made = random_program(**program, **cell)
    sequences = random_sequences(program["seed"], program["channels"], [4, 1, 7])
    together = count(run(made, sequences, engine="numpy"), made)
    for i in range(3):
        alone = count(run(made, sequences.take([i]), engine="numpy"), made)
        for name in ADDITIVE:
            assert alone.total(name)[0] == together.total(name)[i], name
        for name in ("ticks", "input_events", "host_messages_in", "host_messages_out"):
            assert getattr(alone, name)[0] == getattr(together, name)[i], name
    by_layer = sum(layer.neuron_updates for layer in together.layers)
    assert np.array_equal(together.neuron_updates, by_layer)


@settings(max_examples=60, deadline=None)
@given(program=every_program, cell=every_cell)
def test_every_count_is_what_its_name_says(program: dict, cell: dict) -> None:
    made = random_program(**program, **cell)
    trace = run(made, random_sequences(program["seed"], program["channels"], [5]), engine="numpy")
    counts, steps = count(trace, made), len(trace.events)
    kind = made.layers[0].cell
    for number, layer in enumerate(made.layers):
        found, emitted = counts.layers[number], trace.emitted[number].astype(np.int64)
        in_order = slice(None, None, -1) if layer.backward else slice(None)
        spikes, active, last = 0, 0, np.zeros(layer.neurons, dtype=np.int64)
        before = layer.initial_membrane
        for e, h in zip(emitted[in_order], trace.membranes[number][in_order], strict=True):
            sent = (e != last) if kind.sends_changes else (e != 0)
            spikes += int(sent.sum())
            active += int(((before != 0) | (h != 0) | sent).sum())
            last, before = e, h
        assert found.spikes.tolist() == [spikes]
        assert found.active_updates.tolist() == [active * kind.ticks]
        assert found.neuron_updates.tolist() == [int(counts.ticks[0]) * layer.neurons]
        products = 2 + ("reset" in kind.gates) + ("output" in kind.gates)
        assert found.gate_products.tolist() == [products * steps * layer.neurons]
        if kind.ticks == 1 and not made.readout.sees_membranes:
            assert found.messages.tolist() == [spikes]
        weights = layer.input_weights.size + layer.recurrent_weights.size
        assert found.dense_synaptic_operations.tolist() == [steps * weights]
        assert found.synaptic_operations[0] <= found.dense_synaptic_operations[0]
    answers = steps if made.readout.kind == "step" else 1
    assert counts.host_messages_out.tolist() == [answers * made.readout.outputs]


def test_messages_of_a_product_that_waits_are_counted_with_their_payload() -> None:
    program = random_program(3, hidden=(4,), formulation="keep", readout="step")
    trace = run(program, random_sequences(3, 3, [6]), engine="numpy")
    found = count(trace, program).layers[0]
    sent = messages(program.layers[0], trace.events)["candidate"]
    waiting = sum(int(np.count_nonzero(message)) for message in sent)
    assert waiting > 0
    assert found.messages.tolist() == [found.spikes[0] + waiting]
    # A spike carries nothing; r ⊙ e is one of 256 values.
    assert found.payload_bits.tolist() == [waiting * 8]


@pytest.mark.parametrize(
    ("settings", "bits"),
    [
        ({"emit": "binary"}, 0),
        ({"emit": "signed"}, 1),
        ({"emit": "state"}, 9),
        ({"emit": "graded"}, 10),
        # On and off; −2, −1, 1 and 2.
        ({"emit": "binary-on-change"}, 1),
        ({"emit": "signed-on-change"}, 2),
    ],
)
def test_the_payload_of_an_emission_is_the_bits_of_its_values(settings: dict, bits: int) -> None:
    program = random_program(3, **settings)
    found = count(run(program, random_sequences(3, 3, [6])), program).layers[0]
    assert found.payload_bits.tolist() == (found.spikes * bits).tolist()


def test_a_readout_of_membranes_gets_each_once() -> None:
    program = random_program(3, hidden=(4,), readout="last")
    *_, found, readout = count(run(program, random_sequences(3, 3, [6, 2])), program).layers
    assert (found.messages - found.spikes).tolist() == [4, 4]
    assert found.payload_bits.tolist() == [4 * 9] * 2
    assert readout.synaptic_operations.tolist() == [readout.synapses] * 2
    assert readout.dense_synaptic_operations.tolist() == [readout.weights] * 2
    assert readout.active_updates.tolist() == [2, 2]
    assert readout.multiply_accumulates.tolist() == [readout.synapses] * 2


def test_graded_messages_multiply_and_spikes_only_add() -> None:
    program = random_program(2, hidden=(4, 3))
    first, second, readout = count(run(program, random_sequences(2, 3, [5])), program).layers
    arriving = run(program, random_sequences(2, 3, [5])).events
    multiplied = walk(program.layers[0].input_weights, list(arriving), by_change=False)
    assert first.multiply_accumulates.tolist() == [multiplied]
    assert first.accumulates.tolist() == [first.synaptic_operations[0] - multiplied]
    assert first.multiplications.tolist() == [multiplied + first.gate_products[0]]
    assert first.additions.tolist() == first.synaptic_operations.tolist()
    assert second.multiply_accumulates.tolist() == readout.multiply_accumulates.tolist() == [0]


def test_each_direction_gets_its_own_input_messages() -> None:
    sequences = random_sequences(2, 3, [5])
    one, both = random_program(2), random_program(2, bidirectional=True)
    of_one, of_both = count(run(one, sequences), one), count(run(both, sequences), both)
    assert of_one.host_messages_in.tolist() == of_one.input_events.tolist()
    assert of_both.host_messages_in.tolist() == (2 * of_both.input_events).tolist()


silent_cells = st.fixed_dictionaries(
    {
        "formulation": st.sampled_from(list(FORMULATIONS)),
        "emit": st.sampled_from(list(EMISSIONS)),
        "reset_mechanism": st.sampled_from(list(RESET_MECHANISMS)),
    }
)


@settings(max_examples=30, deadline=None)
@given(program=every_program, cell=silent_cells)
def test_a_silent_input_costs_updates_only(program: dict, cell: dict) -> None:
    """Without biases, whose neurons would move by themselves; some field answers to any value."""
    made = random_program(**{**program, "initial": False}, **cell)
    assume(not made.encoder.row.by_field)
    for layer in made.layers:
        layer.gate.bias[:] = 0
        layer.gate.recurrent_bias[:] = 0
    frames = np.tile(made.encoder.offset, (4, 1)).astype(np.float32)
    counts = count(run(made, [frames], engine="numpy"), made)
    once = made.readout.sees_membranes
    quiet = ["spikes", "synaptic_operations", "multiply_accumulates", "messages", "payload_bits"]
    if once:
        # The last membranes are sent whatever they are.
        neurons = sum(layer.neurons for layer in made.levels[-1])
        assert counts.total("messages").tolist() == [neurons]
        assert counts.total("synaptic_operations").tolist() == [counts.layers[-1].synapses]
        quiet = ["spikes"]
    assert {name: counts.total(name).tolist() for name in quiet} == {name: [0] for name in quiet}
    assert counts.host_messages_in.tolist() == [0]
    assert all(layer.active_updates.tolist() == [0] for layer in counts.layers[:-1])
    neurons = sum(layer.neurons for layer in counts.layers)
    assert counts.neuron_updates.tolist() == [int(counts.ticks[0]) * neurons]


def permuted(program: Program, seed: int) -> Program:
    """The same network with the neurons of every layer in another order."""
    rng = np.random.default_rng(seed)
    layers, columns = [], np.arange(program.encoder.sources)
    for level in program.levels:
        orders = []
        for layer in level:
            order, row = rng.permutation(layer.neurons), layer.cell.row
            receiving, recurrent = (
                (np.arange(len(gates))[:, np.newaxis] * layer.neurons + order).ravel()
                for gates in (row.input_gates, row.recurrent_gates)
            )
            gate = replace(
                layer.gate,
                bias=layer.gate.bias[:, order],
                recurrent_bias=layer.gate.recurrent_bias[order],
                threshold=layer.gate.threshold[order],
            )
            layers.append(
                replace(
                    layer,
                    input_weights=layer.input_weights[receiving][:, columns],
                    recurrent_weights=layer.recurrent_weights[recurrent][:, order],
                    gate=gate,
                    initial_membrane=layer.initial_membrane[order],
                )
            )
            orders.append(order)
        before = np.cumsum([0, *(len(order) for order in orders)])
        columns = np.concatenate([o + b for o, b in zip(orders, before[:-1], strict=True)])
    readout = replace(program.readout, weights=program.readout.weights[:, columns])
    return replace(program, layers=tuple(layers), readouts=(readout,))


@settings(max_examples=30, deadline=None)
@given(program=every_program, cell=every_cell)
def test_permuting_neurons_changes_nothing(program: dict, cell: dict) -> None:
    made = random_program(**program, **cell)
    other = permuted(made, program["seed"])
    sequences = random_sequences(program["seed"], program["channels"], [5, 3])
    of_made = count(run(made, sequences, engine="numpy"), made)
    of_other = count(run(other, sequences, engine="numpy"), other)
    for a, b in zip(of_made.layers, of_other.layers, strict=True):
        for name in ADDITIVE:
            assert getattr(a, name).tolist() == getattr(b, name).tolist(), name


def test_an_update_is_idle_where_the_membrane_stays_zero_and_nothing_is_emitted() -> None:
    program = random_program(2, hidden=(1,), outputs=1)
    trace = run(program, random_sequences(2, 3, [6, 2]))
    membranes = np.array([0, 5, 0, 0, 0, 0, 7, 0]).reshape(-1, 1)
    emitted = np.array([0, 0, 0, 0, 1, 0, 0, 0], dtype=np.uint8).reshape(-1, 1)
    found = count(replace(trace, membranes=(membranes,), emitted=(emitted,)), program).layers[0]
    # Steps 1 (after), 2 (before) and 4 (a spike) of the first, both of the second.
    assert found.active_updates.tolist() == [3, 2]
    assert found.idle_updates.tolist() == [6 + 2 - 3, 2 + 2 - 2]


@pytest.mark.parametrize("steps", [300, 70_000])
def test_no_sequence_is_too_long_to_count(steps: int) -> None:
    program = random_program(2, channels=1, hidden=(1,), outputs=1)
    program.layers[0].input_weights[:] = 1
    silent = np.zeros((steps, 1), dtype=np.uint8)
    trace = replace(
        run(program, random_sequences(2, 1, [1])),
        lengths=np.array([steps]),
        events=np.ones((steps, 1), dtype=np.int64),
        emitted=(silent,),
        membranes=(silent.astype(np.int64),),
    )
    counts = count(trace, program)
    assert counts.layers[0].synaptic_operations.tolist() == [3 * steps]
    assert counts.host_messages_in.tolist() == [steps]


@pytest.mark.parametrize("engine", ["events", "lava"])
def test_counts_agree_between_engines(engine: str) -> None:
    program, sequences = random_program(2, hidden=(4, 3)), random_sequences(2, 3, [4, 9])
    a = count(run(program, sequences, engine="numpy"), program)
    b = count(run(program, sequences, engine=engine), program)
    for name in ADDITIVE:
        assert a.total(name).tolist() == b.total(name).tolist(), name


def test_a_trace_of_another_program_is_refused() -> None:
    trace = run(random_program(1), random_sequences(1, 3, [2]))
    with pytest.raises(InputError, match="trace was recorded with a different program"):
        count(trace, random_program(2))


@pytest.mark.parametrize("chip", ["loihi1", "loihi2"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_an_empty_trace_has_empty_counts_and_costs_nothing(chip: str, bidirectional: bool) -> None:
    program = random_program(0, hidden=(4, 3), bidirectional=bidirectional)
    trace = run(program, [])
    counts, priced = count(trace, program), estimate(trace, program, chip)
    assert counts.steps.shape == counts.synaptic_operations.shape == counts.spikes.shape == (0,)
    assert counts.activation_sparsity == 1
    assert priced.core_dynamic_j.shape == priced.core_s.shape == priced.host_j.shape == (3, 0)
    assert dense_gru(program, counts).multiply_accumulates.shape == (0,)
