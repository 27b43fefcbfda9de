"""Generated trajectories: what they keep, and what frames and targets are."""

from __future__ import annotations

import numpy as np
import pytest

from spiking_gru import data
from spiking_gru.data.sources import trajectories
from spiking_gru.data.sources.trajectories import ball_positions, walker_positions


def test_walkers_keep_their_speed_and_turn_smoothly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trajectories, "POSITION_NOISE", 0)
    moves = np.diff(walker_positions(500), axis=1)
    speed = np.linalg.norm(moves, axis=2)
    assert np.allclose(speed, speed[:, :1])
    assert 0.5 <= speed.min() < 0.51
    assert 1.49 < speed.max() <= 1.5
    heading = np.unwrap(np.arctan2(moves[..., 1], moves[..., 0]), axis=1)
    assert np.diff(heading, n=2, axis=1).std() == pytest.approx(0.05, rel=0.05)


def test_positions_of_walkers_are_noisy(monkeypatch: pytest.MonkeyPatch) -> None:
    noisy = walker_positions(2000)
    monkeypatch.setattr(trajectories, "POSITION_NOISE", 0)
    assert (noisy - walker_positions(2000)).std() == pytest.approx(0.02, rel=0.05)


def test_balls_stay_in_the_box_and_fall_between_bounces() -> None:
    positions = ball_positions(1000)
    assert positions.min() >= 0
    assert positions.max() <= 1
    moves = np.diff(positions, axis=1)
    change = np.diff(moves, axis=1)
    inside = ((positions[:, 1:-1] > 0.35) & (positions[:, 1:-1] < 0.65)).all(axis=2)
    assert inside.sum() > 100
    assert np.allclose(change[inside], [0, -0.01])


def test_along_x_a_ball_goes_to_and_fro_between_the_walls_without_loss() -> None:
    x = ball_positions(1000)[..., 0]
    first, second = x[:, :1], x[:, 1:2]
    assert (np.abs(np.diff(np.sign(np.diff(x)))) > 0).any()
    # The first step may have met no wall, the one at 0 or the one at 1.
    errors = []
    for move in (second - first, -second - first, 2 - second - first):
        straight = first + move * np.arange(x.shape[1])
        errors.append(np.abs(1 - np.abs(1 - straight % 2) - x).max(axis=1))
    assert np.min(errors, axis=0).max() < 1e-12


@pytest.mark.parametrize(
    ("name", "make"), [("walkers", walker_positions), ("balls", ball_positions)]
)
def test_frames_are_displacements_and_targets_are_relative_to_the_last_position(
    name: str, make: object
) -> None:
    dataset, positions = data.load(name), make(5000)  # type: ignore[operator]
    assert len(dataset.training) + len(dataset.validation) == 4000
    assert len(dataset.test) == 1000
    for i in (0, 999):
        seen, future = positions[4000 + i, :8], positions[4000 + i, 8:]
        frames = list(dataset.test.sequences)[i]
        assert np.allclose(frames[:, :2], np.diff(seen, axis=0), atol=1e-6)
        assert np.allclose(dataset.test.targets[i].reshape(12, 2), future - seen[-1])
        if name == "balls":
            assert np.allclose(frames[:, 2:], seen[1:], atol=1e-6)
