"""Tokens against their equation, one value at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.definition.encoder import Encoder
from hardware.definition.limits import MOST_TOKENS
from hardware.errors import InputError, SettingError


def encoder_of(tokens: int, channels: int = 1) -> Encoder:
    return Encoder(np.zeros(channels), np.ones(channels), 0, 1, "tokens", fields=tokens)


@given(tokens=st.integers(2, 40), channels=st.integers(1, 3), data=st.data())
def test_a_token_is_one_message_of_its_own_source_and_padding_is_none(
    tokens: int, channels: int, data: st.DataObject
) -> None:
    frame = st.lists(st.integers(0, tokens), min_size=channels, max_size=channels)
    frames = data.draw(st.lists(frame, min_size=1, max_size=6))
    encoder = encoder_of(tokens, channels)
    events, _ = encoder.encode(np.array(frames, dtype=np.float32), encoder.initial_state())
    assert events.shape == (len(frames), channels * tokens)
    for frame_of_tokens, row in zip(frames, events.tolist(), strict=True):
        expected = {c * tokens + i - 1 for c, i in enumerate(frame_of_tokens) if i}
        assert {source for source, x in enumerate(row) if x} == expected
        assert sum(row) == len(expected)
    assert encoder.range == (0, 1)
    assert encoder.most_events == channels


def test_the_last_token_of_the_largest_vocabulary_is_the_last_source() -> None:
    encoder = encoder_of(MOST_TOKENS)
    frames = np.array([[1], [MOST_TOKENS]], dtype=np.float32)
    events, _ = encoder.encode(frames, encoder.initial_state())
    assert np.argwhere(events).tolist() == [[0, 0], [1, MOST_TOKENS - 1]]


@pytest.mark.parametrize("wrong", [-1, 0.5, 4, 1e30, np.nan])
def test_a_value_that_is_no_token_is_refused_and_never_clamped(wrong: float) -> None:
    encoder = encoder_of(3, channels=2)
    frames = np.array([[1, 3], [0, wrong]], dtype=np.float32)
    expected = (
        rf"^{np.float32(wrong):.9g}".replace("+", r"\+")
        + r" in frame 1, channel 1: expected a token, a whole number of 1 to 3, or 0 for padding: "
        "encode"
    )
    with pytest.raises(InputError, match=expected):
        encoder.encode(frames, encoder.initial_state())


@pytest.mark.parametrize("kind", ["tokens", "events"])
@pytest.mark.parametrize(("offset", "gain"), [(0.5, 1.0), (0.0, 2.0)])
def test_frames_that_are_taken_as_they_are_have_no_standardisation(
    kind: str, offset: float, gain: float
) -> None:
    fields = 3 if kind == "tokens" else 1
    with pytest.raises(SettingError, match=f"{kind} takes frames as they are"):
        Encoder(np.full(1, offset), np.full(1, gain), 0, 1, kind, fields=fields)


@pytest.mark.parametrize(
    ("limit", "fields", "message"),
    [
        (2, 3, "limit is 2, expected 1 for tokens"),
        (1, 1, "1 fields of each channel, expected 2 to 65535 for tokens"),
        (1, 65536, "65536 fields of each channel, expected 2 to 65535 for tokens"),
    ],
)
def test_an_encoder_of_tokens_that_makes_no_sense_is_refused(
    limit: int, fields: int, message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        Encoder(np.zeros(1), np.ones(1), 0, limit, "tokens", fields=fields)


def test_counts_are_rounded_half_to_even_and_clamped_at_the_limit() -> None:
    encoder = Encoder(np.zeros(1), np.ones(1), 0, 3, "events")
    frames = np.array([0, 0.5, 1.5, 1, 3, 3.5, -9], dtype=np.float32)[:, np.newaxis]
    clamped = np.zeros(1, dtype=np.int64)
    events, _ = encoder.encode(frames, encoder.initial_state(), clamped)
    assert events[:, 0].tolist() == [0, 0, 2, 1, 3, 3, -3]
    assert clamped.tolist() == [2]
