"""The encoders against their equations, one value at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import OF_NUMBERS, random_encoder

from hardware.definition.encoder import ENCODERS, INPUT_LIMIT, Encoder
from hardware.errors import RangeError, SettingError


def plain(kind: str, limit: int = 64, **settings: int) -> Encoder:
    """One channel whose frames are the rounded values themselves."""
    return Encoder(np.zeros(1), np.ones(1), 0, limit, kind, **settings)


def encoded(encoder: Encoder, values: list[int]) -> list[int]:
    frames = np.array(values, dtype=np.float32)[:, np.newaxis]
    return encoder.encode(frames, encoder.initial_state())[0][:, 0].tolist()


values = st.lists(st.integers(-64, 64), min_size=1, max_size=20)


@given(values=values, threshold=st.integers(0, 40))
def test_send_on_delta_holds_a_value_until_it_has_moved_by_more_than_the_threshold(
    values: list[int], threshold: int
) -> None:
    held, expected = 0, []
    for value in values:
        if abs(value - held) > threshold:
            held = value
        expected.append(held)
    assert encoded(plain("send-on-delta", threshold=threshold), values) == expected


@given(values=values, steps=st.integers(1, 8))
def test_the_spikes_of_a_rate_sum_to_the_values_within_half_a_spike(
    values: list[int], steps: int
) -> None:
    spikes = encoded(plain("rate", steps=steps), values)
    assert set(spikes) <= {-1, 0, 1}
    for frame in range(1, len(values) + 1):
        total = steps * sum(values[:frame])
        assert abs(64 * sum(spikes[: frame * steps]) - total) <= 32


@given(value=st.integers(-64, 64), steps=st.integers(1, 8))
def test_a_latency_is_shorter_the_larger_the_value_and_one_spike_tells_it(
    value: int, steps: int
) -> None:
    spikes = encoded(plain("latency", steps=steps), [value])
    assert sum(map(abs, spikes)) == (value != 0)
    assert sum(spikes) == np.sign(value)
    if value:
        larger = encoded(plain("latency", steps=steps), [min(64, abs(value) + 1)])
        assert larger.index(1) <= np.flatnonzero(spikes)[0]
    if abs(value) == 64:
        assert spikes[0] != 0


@given(values=values, threshold=st.integers(1, 64))
def test_the_levels_that_are_crossed_sum_to_the_signal_within_a_level(
    values: list[int], threshold: int
) -> None:
    found = encoded(plain("level-crossing", threshold=threshold), values)
    level = 0
    for place, value in enumerate(values):
        crossed = 0
        while value >= level + threshold:
            level, crossed = level + threshold, crossed + 1
        while value <= level - threshold:
            level, crossed = level - threshold, crossed - 1
        assert found[place] == crossed
        assert abs(value - threshold * sum(found[: place + 1])) < threshold


@given(limit=st.integers(1, 1000), share=st.floats(0, 1))
def test_the_most_levels_that_a_range_allows_are_crossed_at_once(limit: int, share: float) -> None:
    threshold = 1 + int(share * (limit - 1))
    encoder = plain("level-crossing", limit, threshold=threshold)
    low, high = encoder.range
    assert encoded(encoder, [-limit, limit, -limit])[1:] == [high, low]
    assert high == -low == 2 * (limit // threshold)


@given(values=values, fields=st.integers(2, 32))
def test_each_field_of_each_channel_is_a_source(values: list[int], fields: int) -> None:
    one = plain("population", fields=fields)
    two = replace(one, offset=np.zeros(2), gain=np.array([1.0, -1.0]))
    frames = np.array([values, values], dtype=np.float32).T
    events, _ = two.encode(frames, two.initial_state())
    assert events.shape == (len(values), two.sources)
    for value, of_step in zip(values, events.tolist(), strict=True):
        assert of_step == [*one.responses[value + 64], *one.responses[64 - value]]


def test_every_other_encoder_has_one_source_for_each_channel() -> None:
    rng = np.random.default_rng(0)
    found = {kind: random_encoder(rng, 7, kind, fields=4).sources for kind in ENCODERS}
    assert found == {**dict.fromkeys(ENCODERS, 7), "population": 28, "tokens": 28}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), kind=st.sampled_from(OF_NUMBERS), cut=st.integers(1, 9))
def test_encoding_in_two_parts_is_encoding_at_once(seed: int, kind: str, cut: int) -> None:
    rng = np.random.default_rng(seed)
    encoder = random_encoder(rng, 3, kind)
    frames = rng.normal(size=(10, 4, 3))
    whole, end = encoder.encode(frames, encoder.initial_state(4))
    first, state = encoder.encode(frames[:cut], encoder.initial_state(4))
    second, state = encoder.encode(frames[cut:], state)
    assert np.array_equal(np.concatenate([first, second]), whole)
    assert np.array_equal(state, end)
    low, high = encoder.range
    assert low <= whole.min()
    assert whole.max() <= high


def test_changes_that_a_message_does_not_hold_are_refused() -> None:
    changes = replace(plain("graded"), kind="send-on-delta", limit=INPUT_LIMIT // 2)
    with pytest.raises(RangeError, match="a change can reach 32768, over 32767"):
        replace(changes, limit=INPUT_LIMIT // 2 + 1)


def test_levels_that_a_message_does_not_hold_are_refused() -> None:
    levels = plain("level-crossing", INPUT_LIMIT, threshold=3)
    assert levels.range == (-21844, 21844)
    assert plain("level-crossing", INPUT_LIMIT // 2, threshold=1).range[1] == INPUT_LIMIT - 1
    with pytest.raises(RangeError, match="can cross 65534 levels at once, over 32767"):
        replace(levels, threshold=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "poisson"}, "unknown encoder 'poisson'"),
        ({"limit": 0}, "limit is 0, expected 1 to 32767"),
        ({"threshold": -1}, "threshold is -1"),
        ({"steps": 2}, "2 steps of each frame, expected 1 to 1 for graded"),
        ({"kind": "level-crossing"}, "threshold is 0, expected 1 to 64 for level-crossing"),
        ({"kind": "level-crossing", "threshold": 65}, "threshold is 65, expected 1 to 64"),
        ({"fields": 2}, "2 fields of each channel, expected 1 to 1 for graded"),
        ({"kind": "population"}, "1 fields of each channel, expected 2 to 32 for population"),
        ({"kind": "population", "fields": 33}, "33 fields of each channel, expected 2 to 32"),
        ({"kind": "rate", "steps": 0}, "0 steps of each frame, expected 1 to 256 for rate"),
        ({"gain": np.array([np.nan])}, "every offset and gain must be a finite number"),
        ({"gain": np.ones(2)}, r"shapes \(1,\) and \(2,\)"),
    ],
)
def test_an_encoder_that_makes_no_sense_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        replace(plain("graded"), **changes)


def test_a_value_is_clamped_where_its_rounded_value_is_beyond_the_limit() -> None:
    clamped = np.zeros(1, dtype=np.int64)
    for value, beyond in [(126.5, 0), (127, 0), (127.49, 0), (127.5, 1), (-127.5, 1), (-1e30, 1)]:
        clamped[:] = 0
        plain("graded", limit=127).rounded(np.array([[value]]), clamped=clamped)
        assert clamped[0] == beyond, value


@pytest.mark.parametrize("kind", OF_NUMBERS)
def test_clamped_values_are_counted_by_channel_and_nothing_else_changes(kind: str) -> None:
    rng = np.random.default_rng(3)
    encoder = random_encoder(rng, 700, kind)
    frames = 3 * rng.normal(size=(400, 700)).astype(np.float32)  # more than is counted at a time
    clamped = np.arange(700)
    events, _ = encoder.encode(frames, encoder.initial_state(), clamped)
    scaled = np.rint((frames.astype(np.float64) - encoder.offset) * encoder.gain)
    assert np.array_equal(clamped - np.arange(700), (abs(scaled) > encoder.limit).sum(axis=0))
    assert np.array_equal(events, encoder.encode(frames, encoder.initial_state())[0])
