"""A foreign GRU's program: the quantised GRU at threshold 0, near the float one, proven to fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from foreign import every_form, random_gru
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_sequences

from conversion import Grids, Thresholds, deploy
from conversion.foreign.floating import answers, states
from hardware.cost.counts import count
from hardware.errors import InputError, RangeError
from hardware.program.limits import require_sound
from hardware.runs.run import run
from hardware.sequences.dense import Sequences


@settings(max_examples=100, deadline=None)
@given(
    form=every_form,
    grids=st.builds(
        Grids,
        input_bits=st.integers(4, 12),
        weight_bits=st.integers(3, 8),
        gate_fraction=st.integers(4, 10),
        state_fraction=st.integers(8, 12),
    ),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4),
)
def test_at_threshold_0_the_delta_gru_is_the_quantised_gru_at_every_step(
    form: dict, grids: Grids, lengths: list
) -> None:
    gru, sequences = random_gru(**form), random_sequences(form["seed"], 3, lengths)
    delta = deploy(gru, sequences, 0.0, grids=grids).program
    dense = deploy(gru, sequences, 0.0, grids=grids, encoder="graded", emit="state").program
    assert {layer.cell.emit for layer in delta.layers} == {"graded"}
    sent, whole = run(delta, sequences), run(dense, sequences)
    for (quantity, _, a), (_, _, b) in zip(sent.quantities(), whole.quantities(), strict=True):
        assert np.array_equal(a, b), quantity


@settings(max_examples=60, deadline=None)
@given(form=every_form)
def test_states_and_scores_are_near_those_in_floating_point(form: dict) -> None:
    gru = random_gru(**form)
    sequences = random_sequences(form["seed"], 3, [12, 5, 8])
    program = deploy(gru, sequences, 0.0).program
    trace = run(program, sequences)
    directions = len(gru.levels[-1])
    found = [membranes * 2.0**-12 for membranes in trace.membranes[-directions:]]
    # A table's entry is up to 1/32 off in what it is asked, which three layers carry on.
    assert np.abs(np.subtract(found, states(gru, sequences))).mean() < 0.03
    score, weights = 2.0**program.readout.exponent, gru.head.weights
    scores = trace.scores * score
    if gru.head.reads == "mean":
        scores = scores / sequences.lengths[:, np.newaxis]
    # Half a step of each weight, a step of each state that is sent, and one of the score.
    rounding = weights.shape[1] * 2**7 * score + np.abs(weights).sum(axis=1).max() / 2**8 + score
    assert np.abs(scores - answers(gru.head, found, sequences)).max() < rounding


@settings(max_examples=60, deadline=None)
@given(
    form=every_form,
    grids=st.builds(Grids, input_bits=st.integers(2, 12), gate_fraction=st.integers(4, 10)),
)
def test_whatever_is_deployed_can_be_kept_in_a_file(form: dict, grids: Grids) -> None:
    sequences = random_sequences(form["seed"], 3, [1])
    require_sound(deploy(random_gru(**form), sequences, grids=grids).program)


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("swapped", [(1, 0, 2), (0, 2, 1), (2, 1, 0)])
def test_the_nearness_tells_gates_apart(reset_after: bool, swapped: tuple) -> None:
    gru, sequences = random_gru(reset_after=reset_after), random_sequences(0, 3, [12, 5, 8])
    layer = gru.levels[0][0]
    parts = (layer.input_weights, layer.recurrent_weights, layer.input_bias, layer.recurrent_bias)
    other = replace(gru, levels=((type(layer)(*(part[list(swapped)] for part in parts)),),))
    found = run(deploy(other, sequences).program, sequences).membranes[0] * 2.0**-12
    assert np.abs(found - states(gru, sequences)[0]).mean() > 0.1


def test_the_two_biases_of_the_candidate_are_told_apart() -> None:
    gru, sequences = random_gru(), random_sequences(0, 3, [12, 5, 8])
    layer = gru.levels[0][0]
    swapped = replace(layer, input_bias=layer.recurrent_bias, recurrent_bias=layer.input_bias)
    other = replace(gru, levels=((swapped,),))
    found = run(deploy(other, sequences).program, sequences).membranes[0] * 2.0**-12
    assert np.abs(found - states(gru, sequences)[0]).mean() > 0.05


def test_raw_frames_of_any_scale_are_what_the_gru_was_trained_on() -> None:
    gru, sequences = random_gru(), random_sequences(0, 3, [12, 5, 8])
    mean, deviation = np.array([100.0, -0.003, 0]), np.array([30.0, 0.001, 1])
    raw = Sequences(sequences.values * deviation + mean, sequences.lengths)
    program = deploy(gru.standardised(mean, deviation), raw).program
    found = run(program, raw).membranes[0] * 2.0**-12
    assert np.abs(found - states(gru, sequences)[0]).mean() < 0.02


def test_a_higher_threshold_sends_less() -> None:
    gru, sequences = random_gru(units=(6, 4)), random_sequences(0, 3, [20, 20])
    operations = []
    for threshold in (0.0, 0.05, 0.2, 0.5):
        program = deploy(gru, sequences, threshold).program
        operations.append(count(run(program, sequences), program).synaptic_operations.sum())
    assert operations == sorted(operations, reverse=True)
    assert operations[-1] < operations[0] / 2


def test_every_layer_and_the_encoder_have_thresholds_of_their_own() -> None:
    gru = random_gru(units=(6, 4), bidirectional=True)
    program = deploy(gru, 4.0, Thresholds(0.25, (0.125, 0.5))).program
    assert program.encoder.threshold == round(0.25 * 127)
    assert [set(layer.gate.threshold) for layer in program.layers] == [
        {512}, {512}, {2048}, {2048}
    ]  # fmt: skip
    assert program.provenance["thresholds"] == {"encoder": 0.25, "levels": [0.125, 0.5]}


def test_where_the_proof_refuses_the_events_are_sent_more_coarsely_and_it_is_said_why() -> None:
    gru = random_gru(units=(300,))
    layer = gru.levels[0][0]
    full = replace(layer, recurrent_weights=0.24 * np.sign(layer.recurrent_weights))
    deployment = deploy(replace(gru, levels=((full,),)), 4.0)
    assert deployment.grids == Grids(gate_fraction=7)
    assert deployment.refused is not None
    assert "layer 0, reset, neuron 0: the recurrent accumulator can reach" in deployment.refused
    assert deployment.program.layers[0].cell.gate_fraction == 7
    assert deploy(random_gru(), 4.0).refused is None


def test_of_grids_that_fit_the_finest_are_taken() -> None:
    tried = list(Grids().coarser())
    lost = [8 + 8 + 8 + 12 - sum(vars(grids).values()) for grids in tried]
    assert tried[0] == Grids()
    assert lost == sorted(lost)
    assert len(set(tried)) == len(tried)


def test_long_sequences_get_grids_whose_scores_hold_them() -> None:
    gru = replace(random_gru(units=(40,), reads="mean"))
    head = replace(gru.head, weights=np.ones((2, 40)), bias=np.zeros(2))
    gru, steps = replace(gru, head=head), 4000
    sequences = Sequences(np.ones((steps, 3), dtype=np.float32), np.array([steps]))
    deployment = deploy(gru, sequences)
    assert deployment.refused is not None
    assert "scores are proven for" in deployment.refused
    assert "but a sequence has 4000" in deployment.refused
    assert deployment.program.max_steps >= steps
    assert deployment.grids.weight_bits < 8


def test_weights_that_no_grids_hold_are_refused_with_a_remedy() -> None:
    gru = random_gru()
    large = replace(gru.levels[0][0], input_bias=np.full((3, 5), 1e5))
    with pytest.raises(RangeError, match=r"no grids from Grids\(.*down fit: layer 0, .*would help"):
        deploy(replace(gru, levels=((large,),)), 4.0)


def test_a_channel_that_never_moves_has_a_peak_all_the_same() -> None:
    sequences = random_sequences(0, 3, [6])
    sequences.values[:, 1] = 0
    program = deploy(random_gru(), sequences).program
    assert program.encoder.gain.tolist()[1] == 127
    assert not run(program, sequences).events[:, 1].any()


@pytest.mark.parametrize(
    ("peak", "message"),
    [
        (0.0, "the peak is 0.0: expected a value above 0"),
        ([1.0, 2.0], "or one for each of 3 channels"),
        (float("nan"), "the peak is nan: expected a value above 0"),
        (random_sequences(0, 2, [4]), "frames have 2 channels, but the GRU takes 3"),
    ],
)
def test_peaks_that_cannot_be_are_refused(peak: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        deploy(random_gru(), peak)  # type: ignore[arg-type]
