from __future__ import annotations

import numpy as np
import pytest
import torch

from hardware.definition.encoder import ENCODERS
from hardware.errors import SettingError
from spiking_gru.encoder import Encoder


def test_the_encoder_standardises_by_the_statistics_it_was_fitted_to() -> None:
    frames = np.random.default_rng(0).normal(3, 2, (200, 1, 4)).astype(np.float32)
    encoder = Encoder(4)
    encoder.fit(frames[:, 0])
    encoded = encoder(torch.from_numpy(frames))
    assert encoded.mean((0, 1)).abs().max() < 1 / 64
    assert (encoded.std((0, 1)) - 1).abs().max() < 0.02


def test_a_constant_channel_is_only_centred() -> None:
    encoder = Encoder(1)
    encoder.fit(np.full((5, 1), 7.0))
    assert encoder(torch.full((5, 2, 1), 8.0)).flatten().tolist() == [1.0] * 10


def test_graded_values_stay_on_their_grid_and_within_their_limits() -> None:
    steps = Encoder(1)(torch.linspace(-9, 9, 1001).reshape(-1, 1, 1)) * 32
    assert torch.equal(steps, steps.round())
    assert steps.min() == -127
    assert steps.max() == 127


@pytest.mark.parametrize("kind", ENCODERS)
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
