"""Windows over a series: edges, parts, and no leak between them. The series counts its steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hardware.errors import InputError
from spiking_gru.data.windows import arrays_of_windows, from_last_known, windows, windows_by_time


def test_a_window_is_followed_by_its_targets() -> None:
    sequences, targets, _ = windows(range(6), history=3, horizon=2)
    assert sequences[..., 0].tolist() == [[0, 1, 2], [1, 2, 3]]
    assert targets.tolist() == [[3, 4], [4, 5]]


def test_steps_ahead_can_be_named_one_by_one() -> None:
    sequences, targets, _ = windows(range(8), history=2, horizon=(4, 2))
    assert sequences[..., 0].tolist() == [[0, 1], [1, 2], [2, 3]]
    assert targets.tolist() == [[3, 5], [4, 6], [5, 7]]


def test_the_naive_forecast_is_the_last_value() -> None:
    series = np.stack([np.arange(8), -np.arange(8)], axis=1)
    found = windows(np.arange(8), history=3, horizon=2, targets=series)
    last = found.sequences[:, -1]
    assert list(found.naive) == ["last value"]
    assert np.array_equal(found.naive["last value"], np.hstack([last, -last, last, -last]))


@pytest.mark.parametrize("season", [1, 3, 5, 20])
@pytest.mark.parametrize("horizon", [1, 4, (2, 7)])
def test_the_seasonal_naive_forecast_is_the_value_a_whole_number_of_seasons_before(
    season: int, horizon: int | tuple[int, ...]
) -> None:
    series = np.arange(30)
    found = windows(series, history=2, horizon=horizon, season=season)
    assert list(found.naive) == [f"{season} steps before", "last value"]
    seasonal = found.naive[f"{season} steps before"]
    for window, targets, naive in zip(found.sequences, found.targets, seasonal, strict=True):
        now = int(window[-1, 0])
        for target, forecast in zip(targets.astype(int), naive, strict=True):
            # The latest step that is known and as far in its season.
            known = [step for step in range(now + 1) if (target - step) % season == 0]
            assert forecast == known[-1] if known else np.isnan(forecast)


def test_the_shortest_series_has_one_window_and_a_shorter_one_none() -> None:
    assert len(windows(range(5), history=3, horizon=2).targets) == 1
    with pytest.raises(InputError, match="steps 0 to 4 of 4 hold no window of 3 steps"):
        windows(range(4), history=3, horizon=2)


def test_targets_can_be_other_values_than_those_shown() -> None:
    series = np.stack([np.arange(5), -np.arange(5)], axis=1)
    sequences, targets, _ = windows(series, 2, 2, targets=np.arange(10).reshape(5, 2))
    assert sequences.shape == (2, 2, 2)
    assert sequences[0].tolist() == [[0, 0], [1, -1]]
    assert targets.tolist() == [[4, 5, 6, 7], [6, 7, 8, 9]]


@given(
    steps=st.integers(12, 120),
    history=st.integers(1, 12),
    ahead=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    test=st.floats(0.05, 0.6),
    validation=st.floats(0.05, 0.6),
)
def test_no_part_shows_or_forecasts_a_target_of_a_later_part(
    steps: int, history: int, ahead: list[int], test: float, validation: float
) -> None:
    last_step = steps - round(test * steps)
    first_step = last_step - round(validation * last_step)
    spread = max(ahead) - min(ahead)
    assume(first_step >= history + max(ahead))
    assume(min(last_step - first_step, steps - last_step) > spread)
    parts = windows_by_time(np.arange(steps), history, ahead, test=test, validation=validation)
    training, held, last = parts.values()
    for earlier, later in ((training, held), (held, last), (training, last)):
        reached = max(earlier.sequences.max(), earlier.targets.max())
        assert reached < later.targets.min()
    for sequences, targets, _ in parts.values():
        now = sequences[:, -1, 0]
        assert np.array_equal(sequences[..., 0], now[:, None] + np.arange(1 - history, 1))
        assert np.array_equal(targets, now[:, None] + sorted(set(ahead)))
        assert np.array_equal(np.diff(now), np.ones(len(now) - 1))
    assert last.targets.max() == steps - 1
    assert training.sequences.min() == 0


def test_parts_are_shares_of_the_steps_that_are_forecast() -> None:
    parts = windows_by_time(np.arange(100), 5, 1, test=0.2, validation=0.1)
    spans = {name: (int(w.targets.min()), int(w.targets.max())) for name, w in parts.items()}
    assert spans == {"train": (5, 71), "validation": (72, 79), "test": (80, 99)}


def test_a_series_that_drifts_is_counted_from_the_last_known_value() -> None:
    series = np.stack([np.arange(40.0) ** 2, -np.arange(40.0)], axis=1)
    plain = windows_by_time(series, 3, 2)
    for name, (sequences, targets, naive) in from_last_known(plain).items():
        assert not naive["last value"].any()
        last = plain[name].sequences[:, -1]
        assert np.array_equal(sequences + last[:, None], plain[name].sequences)
        assert not sequences[:, -1].any()
        later = targets.reshape(-1, 2, 2) + last[:, None]
        assert np.array_equal(later.reshape(len(targets), 4), plain[name].targets)


def test_windows_become_arrays_of_the_npz_form() -> None:
    arrays = arrays_of_windows(windows_by_time(np.arange(40.0), 3, 2))
    assert arrays["train_values"].shape == (3 * len(arrays["train_targets"]), 1)
    assert set(arrays["validation_lengths"].tolist()) == {3}
    assert arrays["test_targets"].shape[1] == 2
    assert arrays["test_naive"].shape == (1, *arrays["test_targets"].shape)
    assert arrays["naive"].tolist() == ["last value"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"series": np.zeros((2, 2, 2))}, r"the series has shape \(2, 2, 2\)"),
        ({"series": []}, r"the series has shape \(0, 1\)"),
        ({"series": [1.0, np.nan, 2.0]}, "the series has nan at step 1, column 0"),
        ({"series": ["a"]}, "series is of <U1"),
        ({"targets": np.zeros(9)}, "9 steps of targets for 20 steps of the series"),
        ({"history": 0}, "the history is 0 steps"),
        ({"horizon": 0}, "the horizon is 0"),
        ({"season": 0}, "the season is 0 steps, expected at least 1"),
        ({"horizon": ()}, r"the horizon is \(\)"),
        ({"horizon": (0, 1)}, r"the horizon is \(0, 1\)"),
        ({"span": (19, 30)}, "steps 19 to 30 of 20 hold no window of 18 steps"),
    ],
)
def test_a_wrong_argument_is_refused(changes: dict, message: str) -> None:
    arguments = {"series": np.arange(20.0), "history": 2, "horizon": 1, **changes}
    if "span" in changes:
        arguments |= {"history": 18, "horizon": 3}
    with pytest.raises(InputError, match=message):
        windows(**arguments)


@pytest.mark.parametrize("shares", [{"test": 0}, {"test": 1}, {"validation": -0.1}])
def test_a_share_that_leaves_nothing_is_refused(shares: dict) -> None:
    with pytest.raises(InputError, match="share is .* expected more than 0 and less than 1"):
        windows_by_time(np.arange(100), 2, 1, **shares)
