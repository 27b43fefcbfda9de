"""The choice between spikes and their changes, by what each costs on the user's data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from networks import random_network
from programs import every_cell, every_program, random_program, random_sequences

import hardware
from conversion import conversion_of, convert
from conversion.ranges import layer_bounds, prove
from conversion.sending import WAYS, Sending, choose_sending, sending
from hardware.definition.emission import EMISSIONS
from hardware.errors import InputError, SettingError
from hardware.program.model import Program
from hardware.runs.golden import replay
from hardware.sequences.dense import Sequences

SAMPLES = random_sequences(3, 3, [9, 4, 7])
SPIKES = [name for name, row in EMISSIONS.items() if row.twin]


def total(program: Program, samples: Sequences) -> float:
    """The mean synaptic operations of a sequence, counted for this program alone."""
    trace = hardware.run(program, samples, engine="numpy", strict=False)
    return float(hardware.count(trace, program).synaptic_operations.mean())


def pushed(program: Program, candidate: float, mixing: float, threshold: float) -> Program:
    """The program whose membranes move towards `candidate`, at the same speed in every step."""
    layers = []
    for layer in program.layers:
        cell, one = layer.cell, 1 << layer.cell.state_fraction
        bias = np.zeros_like(layer.gate.bias)
        bias[cell.candidate] = round(candidate * one)
        bias[cell.gates.index(cell.row.mixing)] = round(4 * (mixing - 0.5) * one)
        gate = replace(
            layer.gate,
            bias=bias,
            threshold=np.full(layer.neurons, round(threshold * one)),
            # Nothing that arrives moves a membrane.
            input_shift=np.full_like(layer.gate.input_shift, -24),
        )
        layers.append(replace(layer, gate=gate))
    return replace(program, layers=tuple(layers))


def bursty(emit: str) -> Program:
    """Neurons that fire in every step: there is one change, at the begin."""
    made = random_program(1, hidden=(6,), emit=emit, reset_mechanism="none", formulation="minimal")
    return pushed(made, candidate=1, mixing=0.25, threshold=0.3)


def sparse(emit: str) -> Program:
    """Neurons that fire in every fourth step: each spike begins and ends."""
    made = random_program(1, hidden=(6,), emit=emit, reset_mechanism="zero", formulation="minimal")
    return pushed(made, candidate=1, mixing=0.75, threshold=0.6)


@pytest.mark.parametrize("emit", SPIKES)
@pytest.mark.parametrize(("kind", "by_change"), [(bursty, True), (sparse, False)])
def test_a_burst_is_sent_by_its_changes_and_a_spike_alone_as_it_is(
    emit: str, kind, by_change: bool
) -> None:
    program = kind(emit)
    made, (choice,) = choose_sending(program, "auto", SAMPLES)
    assert made.layers[0].cell.sends_changes == choice.by_change == by_change
    assert (choice.changes < choice.values) == by_change
    other = sending(program, [not by_change])
    assert total(made, SAMPLES) < total(other, SAMPLES)


def test_a_burst_of_n_steps_takes_one_nth_of_the_operations() -> None:
    samples = random_sequences(3, 3, [10])
    _, (choice,) = choose_sending(bursty("binary"), "auto", samples)
    assert choice.values == 10 * choice.changes


@settings(max_examples=40, deadline=None)
@given(program=every_program, cell=every_cell)
def test_the_choice_is_the_cheapest_of_all_and_its_figures_are_those_of_the_count(
    program: dict, cell: dict
) -> None:
    made = random_program(**program, **cell)
    samples = random_sequences(program["seed"], program["channels"], [5, 2])
    chosen, choices = choose_sending(made, "auto", samples)
    levels = len(made.levels)
    if not choices:
        assert chosen.digest == made.digest
        return
    assert len(choices) == levels
    found = {way: total(sending(made, [way] * levels), samples) for way in (False, True)}
    saved = sum(choice.values - choice.changes for choice in choices)
    assert found[False] - found[True] == pytest.approx(saved)
    least = sum(min(choice.values, choice.changes) - choice.values for choice in choices)
    assert total(chosen, samples) == pytest.approx(found[False] + least)


@pytest.mark.parametrize("emit", ["binary", "signed"])
def test_the_proof_holds_for_both_ways_because_the_bounds_are_those_of_the_values(
    emit: str,
) -> None:
    program = convert(random_network(3, layers=2, emit=emit, formulation="keep"))
    changes = sending(program, [True, True])
    prove(changes)
    events = program.encoder.range
    for a, b in zip(program.layers, changes.layers, strict=True):
        of_values, of_changes = layer_bounds(a, events), layer_bounds(b, events)
        assert of_values.keys() == of_changes.keys()
        for quantity, bounds in of_values.items():
            assert (bounds == of_changes[quantity]).all(), quantity
        assert a.cell.emission_range == b.cell.emission_range
        events = a.cell.emission_range


def test_each_level_is_chosen_by_itself_and_both_directions_alike() -> None:
    first, second = bursty("binary").layers[0], sparse("binary").layers[0]
    made = random_program(
        1, hidden=(6, 6), bidirectional=True, reset_mechanism="zero", formulation="minimal"
    )
    layers = tuple(
        replace(layer, cell=like.cell, gate=like.gate)
        for layer, like in zip(made.layers, (first, first, second, second), strict=True)
    )
    chosen, choices = choose_sending(replace(made, layers=layers), "auto", SAMPLES)
    assert [layer.cell.sends_changes for layer in chosen.layers] == [True, True, False, False]
    assert [choice.layers for choice in choices] == [
        ("layer 0", "layer 0 backward"),
        ("layer 1", "layer 1 backward"),
    ]


def test_a_tie_leaves_a_level_as_it_was_trained() -> None:
    for emit in SPIKES:
        silent = pushed(random_program(1, emit=emit), candidate=0, mixing=0.5, threshold=0.9)
        for layer in silent.layers:
            layer.recurrent_weights[:] = 0
        chosen, (choice,) = choose_sending(silent, "auto", SAMPLES)
        assert choice.values == choice.changes == 0
        assert chosen.layers[0].cell.emit == emit


@pytest.mark.parametrize("emit", EMISSIONS)
@pytest.mark.parametrize("send", ["values", "changes"])
def test_a_way_that_is_asked_for_is_taken_without_a_trace(emit: str, send: str) -> None:
    program = convert(random_network(0, emit=emit), send=send)
    row = EMISSIONS[emit]
    expected = emit if row.twin is None or row.by_change == (send == "changes") else row.twin
    assert program.layers[0].cell.emit == expected


def test_without_samples_a_network_sends_as_it_was_trained() -> None:
    for emit in SPIKES:
        conversion = conversion_of(random_network(0, emit=emit))
        assert conversion.program.layers[0].cell.emit == emit
        assert conversion.sending == ()
        assert "sending" not in conversion.program.provenance


def test_an_unknown_way_of_sending_is_an_error_that_names_the_ways() -> None:
    with pytest.raises(SettingError, match="way of sending 'chnges': did you mean 'changes'"):
        convert(random_network(0), send="chnges")
    assert WAYS == ("auto", "values", "changes")


def test_the_choice_and_its_figures_stay_with_the_file(tmp_path) -> None:
    network = random_network(2, layers=2, reset_mechanism="none")
    program = convert(network, {"who": "me"}, samples=SAMPLES)
    program.save(tmp_path / "p.sgru")
    loaded = Program.load(tmp_path / "p.sgru")
    assert loaded.provenance == program.provenance
    assert loaded.provenance["who"] == "me"
    for layer, told in zip(program.layers, loaded.provenance["sending"], strict=True):
        assert told["layers"] == [layer.name]
        assert told["emit"] == layer.cell.emit
        assert (told["changes"] < told["values"]) == layer.cell.sends_changes


def test_samples_become_golden_samples_that_every_engine_replays() -> None:
    program = convert(random_network(2, emit="signed"), samples=list(SAMPLES) * 2)
    assert [sample.frames.shape for sample in program.golden] == [(9, 3), (4, 3), (7, 3)]
    for engine in ("numpy", "events"):
        assert replay(program, engine) == []


def test_samples_are_compared_with_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "conversion.of_network.require_equal", lambda program, network, inputs: seen.append(inputs)
    )
    convert(random_network(2), samples=list(SAMPLES) * 4)
    assert [len(inputs) for inputs in seen] == [8]
    assert np.array_equal(seen[0].values[: len(SAMPLES.values)], SAMPLES.values)
    convert(random_network(2), samples=list(SAMPLES), verify=False)
    assert len(seen) == 1


def test_no_sample_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match="samples is empty: give at least one sequence, or None"):
        convert(random_network(2), samples=[])


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (
            Sending(("layer 0",), "binary-on-change", 6010.4, 3120.0),
            "layer 0 sends changes: 3,120 instead of 6,010 synaptic operations a sequence",
        ),
        (
            Sending(("layer 1", "layer 1 backward"), "signed", 40.0, 70.0),
            "layer 1 and layer 1 backward send spikes: 40 instead of 70 synaptic operations a "
            "sequence",
        ),
        (Sending(("layer 0",), "binary"), "layer 0 sends spikes"),
    ],
)
def test_a_choice_is_one_line(choice: Sending, said: str) -> None:
    assert str(choice) == said
