"""A torch.nn.GRU is read as torch itself computes it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from foreign import Classifier, every_gru
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_sequences
from torch import nn

from conversion import from_torch_gru
from conversion.foreign.floating import predictions, scores
from conversion.foreign.gru import HEADS
from conversion.foreign.torch_gru import from_torch_state
from hardware.errors import InputError, SettingError


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=every_gru,
    reads=st.sampled_from(HEADS),
    batch_first=st.booleans(),
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=4),
)
def test_what_is_read_computes_what_torch_computes(
    seed: int, shape: dict, reads: str, batch_first: bool, lengths: list
) -> None:
    network = Classifier(**shape, reads=reads, batch_first=batch_first, seed=seed)
    sequences = random_sequences(seed, shape["channels"], lengths)
    found = scores(from_torch_gru(network.gru, network.head, reads), sequences)
    np.testing.assert_allclose(found, network.answers(sequences), atol=1e-4, rtol=1e-4)


def test_a_step_is_answered_for_by_the_last_one() -> None:
    network = Classifier(reads="step")
    sequences = random_sequences(0, 3, [4, 2])
    gru = from_torch_gru(network.gru, network.head, "step")
    expected = network.answers(sequences)[[3, 5]].argmax(axis=1)
    assert predictions(gru, sequences).tolist() == expected.tolist()


def test_the_standardisation_it_was_trained_behind_is_part_of_it() -> None:
    network, sequences = Classifier(), random_sequences(0, 3, [4, 2])
    mean, deviation = np.array([1.0, -2, 0.5]), np.array([0.5, 3, 2])
    gru = from_torch_gru(network.gru, network.head).standardised(mean, deviation)
    standardised = type(sequences)(
        ((sequences.values - mean) / deviation).astype(np.float32), sequences.lengths
    )
    np.testing.assert_allclose(
        scores(gru, sequences), network.answers(standardised), atol=1e-4, rtol=1e-4
    )


def test_without_a_head_the_states_are_read() -> None:
    network, sequences = Classifier(layers=2, bidirectional=True), random_sequences(0, 3, [4])
    _, ends = network.gru(torch.from_numpy(sequences.values).unsqueeze(1))
    expected = torch.cat([ends[-2], ends[-1]], dim=-1).detach().numpy()
    np.testing.assert_allclose(scores(from_torch_gru(network.gru), sequences), expected, atol=1e-5)


def test_a_state_dictionary_is_read_by_its_names_whatever_they_begin_with() -> None:
    network, sequences = Classifier(layers=2, reads="mean"), random_sequences(0, 3, [4, 2])
    state = {f"model.{name}": value.numpy() for name, value in network.state_dict().items()}
    assert any(name.startswith("model.gru.weight_hh_l1") for name in state)
    np.testing.assert_allclose(
        scores(from_torch_state(state, "mean"), sequences), network.answers(sequences), atol=1e-4
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"norm.weight": np.ones(5)},
            "next to the GRU there are .*norm.weight.*expected the weight",
        ),
        ({"other.weight": np.ones((3, 5))}, "next to the GRU there are .*one Linear head"),
        ({"gru.weight_hh_l0": None}, "gru.weight_hh_l0 is missing"),
        ({"gru.weight_ih_l0": None}, "found none"),
        ({"second.weight_ih_l0": np.ones((15, 3))}, "found 'gru.', 'second.'"),
        ({"gru.weight_ih_l2": np.ones((15, 5))}, "gru.weight_ih_l2 belongs to no layer"),
        (
            {"gru.weight_ih_l0": np.ones((12, 3))},
            r"shape \(12, 3\).*expected \(3 · units, inputs\)",
        ),
        ({"gru.weight_ih_l0": np.full((15, 3), np.nan)}, "input weights: nan, expected finite"),
        ({"gru.bias_ih_l0": np.ones(14)}, r"input bias has shape \(14,\), expected \(15,\)"),
        ({"head.weight": np.ones((3, 4))}, "the head takes 4 states, but layer 0 gives 5"),
        ({"head.bias": np.ones(2)}, r"the bias \(2,\), expected \(outputs, states\)"),
        ({"head.weight": np.array([["a"] * 5] * 3)}, "found <U1 .*expected numbers"),
    ],
)
def test_what_is_no_gru_with_a_head_is_refused(change: dict, message: str) -> None:
    state = {name: value.numpy() for name, value in Classifier().state_dict().items()}
    changed = {name: value for name, value in (state | change).items() if value is not None}
    with pytest.raises(InputError, match=message):
        from_torch_state(changed)


def test_other_modules_and_other_ways_to_read_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected a torch.nn.GRU, found LSTM"):
        from_torch_gru(nn.LSTM(3, 5))
    with pytest.raises(InputError, match=r"the head is a ReLU, expected a torch.nn.Linear"):
        from_torch_gru(nn.GRU(3, 5), nn.ReLU())
    with pytest.raises(SettingError, match="unknown head reads 'first'"):
        from_torch_gru(nn.GRU(3, 5), nn.Linear(5, 2), "first")
    with pytest.raises(InputError, match="a deviation is 0.0, expected more than 0"):
        from_torch_gru(nn.GRU(3, 5)).standardised(np.zeros(3), np.zeros(3))
    with pytest.raises(InputError, match=r"the mean has shape \(2,\), expected one value for each"):
        from_torch_gru(nn.GRU(3, 5)).standardised(np.zeros(2), np.ones(3))
