from __future__ import annotations

import numpy as np
import pytest
import torch
from programs import OF_NUMBERS

from hardware.definition.encoder import INPUT_LIMIT
from hardware.errors import InputError, SettingError
from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import SparseSequences
from spiking_gru.encoder import Encoder
from spiking_gru.sources import one_hot


def test_the_encoder_standardises_by_the_statistics_it_was_fitted_to() -> None:
    frames = np.random.default_rng(0).normal(3, 2, (200, 1, 4)).astype(np.float32)
    encoder = Encoder(4)
    encoder.fit(frames[:, 0])
    encoded = encoder(torch.from_numpy(frames))
    assert encoded.mean((0, 1)).abs().max() < 1 / 64
    assert (encoded.std((0, 1)) - 1).abs().max() < 0.02


@pytest.mark.parametrize("kind", OF_NUMBERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_frames_of_another_width_are_refused(kind: str, channels: int) -> None:
    message = rf"frames have shape \(5, 4, {channels}\), expected \(frames, batch, 2\): give"
    with pytest.raises(InputError, match=message):
        Encoder(2, kind)(torch.zeros(5, 4, channels))


def test_a_constant_channel_is_only_centred() -> None:
    encoder = Encoder(1)
    encoder.fit(np.full((5, 1), 7.0))
    assert encoder(torch.full((5, 2, 1), 8.0)).flatten().tolist() == [1.0] * 10


def test_graded_values_stay_on_their_grid_and_within_their_limits() -> None:
    steps = Encoder(1)(torch.linspace(-9, 9, 1001).reshape(-1, 1, 1)) * 32
    assert torch.equal(steps, steps.round())
    assert steps.min() == -127
    assert steps.max() == 127


@pytest.mark.parametrize("kind", OF_NUMBERS)
def test_what_the_network_sees_is_what_the_program_sees(kind: str) -> None:
    torch.manual_seed(0)
    encoder = Encoder(3, kind, steps=3)
    frames = torch.randn(9, 4, 3)
    integers = encoder.integers()
    events, _ = integers.encode(frames.numpy(), integers.initial_state(4))
    seen = encoder(frames)
    assert seen.dtype == torch.float32
    assert len(seen) == 9 * encoder.steps
    assert np.array_equal(seen.numpy(), events * 2.0**integers.exponent)


def test_a_threshold_of_standard_deviations_is_one_of_the_grid() -> None:
    encoder = Encoder(1, "send-on-delta", threshold=0.5)
    frames = torch.tensor([0.25, 0.5, 0.53125, 0.8, 1.1]).reshape(-1, 1, 1)
    assert encoder(frames).flatten().tolist() == [0, 0, 0.53125, 0.53125, 1.09375]


def test_levels_are_standard_deviations_apart() -> None:
    encoder = Encoder(1, "level-crossing", threshold=0.5)
    frames = torch.tensor([0.4, 0.5, 0.6, 1.7, 1.1, 0.9]).reshape(-1, 1, 1)
    assert encoder(frames).flatten().tolist() == [0, 1, 0, 2, 0, -1]


@pytest.mark.parametrize("threshold", [0, 0.015, 3.99])
def test_levels_that_no_value_crosses_or_that_are_no_distance_apart_are_refused(
    threshold: float,
) -> None:
    expected = "threshold is .*: expected 0.03125 to 3.96875 standard deviations for level-crossing"
    with pytest.raises(SettingError, match=expected):
        Encoder(1, "level-crossing", threshold=threshold)


def test_fields_see_the_value_that_is_nearest_to_their_centre() -> None:
    encoder = Encoder(2, "population", fields=3)
    seen = encoder(torch.tensor([[[-9.0, 2.0]], [[0.0, 1.0]]]))
    assert seen.shape == (2, 1, 6)
    first, second = seen[:, 0].tolist()
    assert first == [1, 0.125, 0, 0, 0.125, 1]
    assert second[:3] == [0.125, 1, 0.125]
    assert second[3] == 0
    assert abs(second[4] - second[5]) < 0.05


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SettingError, match="unknown encoder 'poisson'"):
        Encoder(1, "poisson")


def test_tokens_become_the_numbers_of_their_sources() -> None:
    encoder = Encoder(2, "tokens", tokens=5)
    frames = torch.tensor([[[1.0, 0.0], [5.0, 5.0]], [[0.0, 1.0], [3.0, 2.0]]])
    seen = encoder(frames)
    assert seen.dtype == torch.int64
    assert seen.tolist() == [[[1, 0], [5, 10]], [[0, 6], [3, 7]]]
    integers = encoder.integers()
    events, _ = integers.encode(frames.numpy(), integers.initial_state(2))
    assert np.array_equal(one_hot(seen, encoder.sources).numpy(), events)
    with pytest.raises(InputError, match="6 in frame 0, channel 0: expected a token"):
        encoder(torch.tensor([[[6.0, 1.0]]]))


@pytest.mark.parametrize("sparse", [False, True])
def test_counts_are_taken_as_they_are_up_to_the_largest_of_the_training_data(sparse: bool) -> None:
    encoder = Encoder(3, "events")
    frames = Sequences.of([np.array([[0, 2, 0], [0, -7, 1]]), np.array([[0, 0, 3]])])
    encoder.fit(SparseSequences.of(frames) if sparse else frames)
    assert encoder.integers().limit == 7
    assert not encoder(torch.zeros(4, 2, 3)).any()
    assert encoder(torch.tensor([[[9.0, 1.0, -8.0]]])).tolist() == [[[7, 1, -7]]]


@pytest.mark.parametrize(("largest", "limit"), [(0.2, 1), (1e6, INPUT_LIMIT)])
def test_the_limit_of_counts_is_one_that_a_message_carries(largest: float, limit: int) -> None:
    encoder = Encoder(1, "events")
    encoder.fit(np.array([[0.0], [largest]]))
    assert encoder.integers().limit == limit


def test_the_limit_of_counts_is_saved_with_the_weights() -> None:
    encoder, other = Encoder(1, "events"), Encoder(1, "events")
    encoder.fit(np.array([[5.0]]))
    other.load_state_dict(encoder.state_dict())
    assert other.integers().limit == 5
    assert "most" not in Encoder(1).state_dict()
