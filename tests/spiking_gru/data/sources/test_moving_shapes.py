"""Moving shapes: the events of a clip tell where its shape goes."""

from __future__ import annotations

import numpy as np
import pytest

from spiking_gru.data.sources import moving_shapes
from spiking_gru.data.sources.moving_shapes import DIRECTIONS, FRAMES, SIDE, clips, events, inside


def test_clips_have_their_directions_equally_often_and_the_same_events_every_time() -> None:
    sequences, labels = clips(24, seed=3)
    assert np.bincount(labels).tolist() == [3] * len(DIRECTIONS)
    assert (len(sequences), sequences.channels) == (24, 2 * SIDE * SIDE)
    assert set(sequences.lengths.tolist()) == {FRAMES}
    assert np.array_equal(clips(24, seed=3)[0].columns, sequences.columns)
    assert not np.array_equal(clips(24, seed=4)[0].columns, sequences.columns)


@pytest.mark.parametrize("direction", range(len(DIRECTIONS)))
def test_pixels_light_up_ahead_of_a_shape_and_go_dark_behind_it(
    direction: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving_shapes, "NOISE", 0)
    maps = events(direction, np.random.default_rng(1)).reshape(FRAMES, 2, SIDE, SIDE)
    circle = np.exp(2j * np.pi * np.arange(SIDE) / SIDE)
    ahead = np.zeros(2)
    for on, off in maps:
        # The mean place on a torus is an angle along each axis.
        place = [[np.angle(m.sum(axis=axis) @ circle) for axis in (0, 1)] for m in (on, off)]
        moved = np.angle(np.exp(1j * np.subtract(*place)))
        ahead += moved
    angle = 2 * np.pi * direction / len(DIRECTIONS)
    towards = np.array([np.cos(angle), -np.sin(angle)])
    assert ahead @ towards > 0.95 * np.linalg.norm(ahead) > 0


def test_shapes_have_their_radius_around_their_centre() -> None:
    centre = np.array([0.0, 16.0])
    areas = [inside(shape, 5.0, centre).sum() for shape in range(3)]
    assert areas == [81, 121, 61]
    assert inside(0, 5.0, centre)[16, 27]
    assert not inside(0, 5.0, centre)[16, 26]


def test_noise_is_in_two_of_a_thousand_places(monkeypatch: pytest.MonkeyPatch) -> None:
    with_noise = len(clips(40, seed=0)[0].values)
    monkeypatch.setattr(moving_shapes, "NOISE", 0)
    noise = with_noise - len(clips(40, seed=0)[0].values)
    assert noise == pytest.approx(0.002 * 40 * FRAMES * 2 * SIDE * SIDE, rel=0.1)
