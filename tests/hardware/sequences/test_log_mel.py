"""Log-mel features equal their equation, and a stream of samples gives the bits of the whole."""

from __future__ import annotations

import cmath
import json
from math import cos, log, log10, pi
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import InputError, SettingError
from hardware.sequences import log_mel as module
from hardware.sequences.log_mel import LogMel, front_end
from hardware.sequences.log_mel_stream import LogMelStream

SMALL: dict[str, Any] = {"rate": 2000, "window_ms": 12.5, "hop_ms": 5, "mels": 6}


def sound(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.2, samples)


def hertz(mel: float) -> float:
    return 700 * (10 ** (mel / 2595) - 1)


def by_loops(settings: LogMel, samples: list[float]) -> list[list[float]]:
    """The equation with plain sums over samples and frequencies."""
    window = round(settings.rate * settings.window_ms / 1000)
    hop = round(settings.rate * settings.hop_ms / 1000)
    points = 1
    while points < window:
        points *= 2
    low, high = (2595 * log10(1 + f / 700) for f in (settings.lowest, settings.highest or 0))
    step = (high - low) / (settings.mels + 1)
    corners = [hertz(low + i * step) for i in range(settings.mels + 2)]
    found = []
    for start in range(0, len(samples) - window + 1, hop):
        weighted = [
            samples[start + i] * (0.5 - 0.5 * cos(2 * pi * i / window)) for i in range(window)
        ]
        power = []
        for k in range(points // 2 + 1):
            turned = (y * cmath.exp(-2j * pi * i * k / points) for i, y in enumerate(weighted))
            power.append(abs(sum(turned)) ** 2)
        frame = []
        for left, middle, right in zip(corners, corners[1:], corners[2:], strict=False):
            energy = 0.0
            for k, p in enumerate(power):
                f = k * settings.rate / points
                energy += p * max(
                    0, min((f - left) / (middle - left), (right - f) / (right - middle))
                )
            frame.append(log(max(energy, settings.floor)))
        found.append(frame)
    return found


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"lowest": 0},
        {"lowest": 300, "highest": 700, "mels": 3},
        {"window_ms": 16},
        {"hop_ms": 20},
        {"floor": 0.5},
        {"rate": 1333, "window_ms": 20.3, "hop_ms": 6.1},
    ],
)
def test_features_equal_plain_sums_over_samples_and_frequencies(other: dict[str, Any]) -> None:
    settings = LogMel(**{**SMALL, **other})
    samples = sound(120)
    expected = np.array(by_loops(settings, samples.tolist()))
    found = settings(samples)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)


def test_silence_is_the_logarithm_of_the_floor() -> None:
    found = LogMel(16000, floor=1e-3)(np.zeros(400))
    assert found.shape == (1, 40)
    assert (found == np.float32(log(1e-3))).all()


def test_a_tone_is_loudest_in_the_filter_around_its_frequency() -> None:
    settings = LogMel(16000, mels=20)
    peaks = settings.filters.argmax(axis=1) * settings.rate / settings.size
    for frequency in (300, 1000, 3000):
        tone = np.sin(2 * pi * frequency * np.arange(1600) / 16000)
        loudest = settings(tone).mean(axis=0).argmax()
        assert abs(peaks - frequency).argmin() == loudest


@given(
    cuts=st.lists(st.integers(0, 300), max_size=12),
    hop_ms=st.sampled_from([2.5, 5.0, 30.0]),
    seed=st.integers(0, 99),
)
def test_a_stream_gives_the_bits_of_the_whole_wherever_it_is_cut(
    cuts: list[int], hop_ms: float, seed: int
) -> None:
    settings = LogMel(**{**SMALL, "hop_ms": hop_ms})
    samples = sound(300, seed)
    stream = LogMelStream(settings)
    pieces = np.split(samples, sorted(cuts))
    found = np.concatenate([stream.push(piece) for piece in pieces])
    assert found.tobytes() == settings(samples).tobytes()


def test_a_stream_that_is_reset_begins_again() -> None:
    settings, samples = LogMel(**SMALL), sound(40)
    stream = LogMelStream(settings)
    first = stream.push(samples)
    stream.reset()
    assert np.array_equal(stream.push(samples), first)


def test_features_do_not_depend_on_how_many_frames_are_computed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings, samples = LogMel(**SMALL), sound(1000)
    whole = settings(samples)
    monkeypatch.setattr(module, "BLOCK", 3 * settings.size)
    assert settings(samples).tobytes() == whole.tobytes()


def test_whole_samples_are_scaled_to_their_full_scale() -> None:
    settings, samples = LogMel(**SMALL), sound(100).clip(-1, 0.99)
    for kind, full, middle in (("int16", 2**15, 0), ("int32", 2**31, 0), ("uint8", 128, 128)):
        whole = np.rint(samples * full + middle).astype(kind)
        exact = (whole.astype(np.float64) - middle) / full
        assert np.array_equal(settings(whole), settings(exact))


def test_the_mean_of_several_channels_is_taken_only_when_asked_for() -> None:
    left, right = sound(100), sound(100, 1)
    both = np.stack([left, right], axis=1)
    assert np.array_equal(LogMel(**SMALL, mix=True)(both), LogMel(**SMALL)((left + right) / 2))
    with pytest.raises(InputError, match=r"2 channels, expected 1: .*mix = true"):
        LogMel(**SMALL)(both)
    assert np.array_equal(LogMel(**SMALL)(left[:, np.newaxis]), LogMel(**SMALL)(left))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(24), "24 samples, but a window has 25"),
        ([], "0 samples, but a window has 25"),
        (np.full(30, np.nan), "sample 0 is nan, expected a finite number"),
        ([[0.0, 1e7]] * 30, "sample 0 is 10000000.0, expected a finite number; full scale is ±1"),
        (np.zeros((2, 30, 1)), r"shape \(2, 30, 1\), expected"),
        (np.zeros((30, 0)), r"shape \(30, 0\), expected"),
        (np.zeros(30, np.int64), "samples are of int64, expected floating point"),
        (["a"] * 30, "samples are of <U1"),
        ([[1.0], [1.0, 2.0]], "not an array of numbers"),
    ],
)
def test_samples_of_another_form_are_refused(samples: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LogMel(**SMALL)(samples)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "log-mel has no rate"),
        ({"rate": 0}, "rate is 0, expected 1 to"),
        ({"rate": 10**400}, "rate is 1000"),
        ({"rate": 8000.0}, "rate is 8000.0, expected a whole number"),
        ({"rate": True}, "rate is True, expected a whole number"),
        ({"rate": 8000, "mels": 0}, "mels is 0, expected 1 to"),
        ({"rate": 8000, "mels": 400}, "mel filter 0 of 400 has no frequency"),
        ({"rate": 8000, "window_ms": float("nan")}, "window_ms is nan, expected a finite number"),
        ({"rate": 8000, "window_ms": 1e9}, r"window_ms is 1e\+09, expected"),
        ({"rate": 8000, "hop_ms": 0}, "hop_ms is 0, expected"),
        ({"rate": 8000, "highest": 4001}, "highest is 4001, expected 0 to 4000"),
        ({"rate": 8000, "lowest": 4000}, "lowest is 4000, expected 0 or more and less than"),
        ({"rate": 8000, "lowest": -1}, "lowest is -1, expected 0 or more"),
        ({"rate": 8000, "floor": 0}, "floor is 0, expected"),
        ({"rate": 8000, "lowest": -(10**400)}, r"lowest is -1e\+300, expected 0 or more"),
        ({"rate": 8000, "mix": 1}, "mix is 1, expected true or false"),
        ({"rate": 8000, "wndow_ms": 20}, "did you mean 'window_ms'"),
        ({"rate": 8000, "lowest": "low"}, "lowest is 'low', expected a finite number"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message) as caught:
        LogMel.of(settings)
    assert str(caught.value).isprintable()


def test_settings_are_complete_and_give_the_same_features_again() -> None:
    settings = LogMel(8000)
    assert settings.settings["highest"] == 4000
    assert LogMel.of(settings.settings) == settings
    assert front_end([("windows", {}), ("log-mel", settings.settings)]) == settings
    assert front_end([("windows", {})]) is None
    of_numpy = LogMel(np.int64(8000), hop_ms=np.float32(10), mels=np.int16(40))  # type: ignore[arg-type]
    assert json.dumps(of_numpy.settings) == json.dumps(LogMel(8000, hop_ms=10).settings)


def test_the_operations_of_a_frame_follow_from_the_settings() -> None:
    settings = LogMel(**SMALL)
    weights = sum(weight > 0 for row in settings.filters for weight in row)
    assert (settings.window, settings.size) == (25, 32)
    assert settings.operations == (25 + 400 + 3 * 17 + 2 * weights, 6)
