"""Recordings of single events become frames of counts; a fault names recording and event."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import random_program

from hardware import Session, SparseSequences, run
from hardware.errors import InputError, SettingError
from hardware.sequences import events as module
from hardware.sequences.events import EventForm

CAMERA: dict[str, Any] = {"sensor_size": (5, 4, 2), "dt": 10}


def recording(count: int, seed: int = 0, **fields: str) -> np.ndarray:
    """Events of a camera of 5 × 4 pixels within 100 units of time."""
    rng = np.random.default_rng(seed)
    types = {"x": "i2", "y": "u1", "p": "?", "t": "i8"} | fields
    made = np.zeros(count, dtype=list(types.items()))
    made["t"] = np.sort(rng.integers(0, 100, count))
    made["x"], made["y"] = rng.integers(0, 5, count), rng.integers(0, 4, count)
    made["p"] = rng.integers(0, 2, count)
    return made


def counted(events: np.ndarray, frames: int, pool: tuple[int, int] = (1, 1)) -> np.ndarray:
    """Count event by event."""
    width, height = -(-5 // pool[0]), -(-4 // pool[1])
    dense = np.zeros((frames, 2 * width * height))
    for event in events:
        x, y = int(event["x"]) // pool[0], int(event["y"]) // pool[1]
        dense[int(event["t"]) // 10, (int(event["p"]) * height + y) * width + x] += 1
    return dense


@settings(deadline=None)
@given(
    count=st.integers(1, 300),
    pool=st.sampled_from([(1, 1), (2, 3), (5, 4), (4, 1)]),
    at_once=st.sampled_from([1, 2, 7, 64, 2**17]),
)
def test_a_frame_holds_the_number_of_events_of_each_channel(
    count: int, pool: tuple[int, int], at_once: int
) -> None:
    events = recording(count, count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "AT_ONCE", at_once)
        found = SparseSequences.from_events(events, **CAMERA, pool=pool)
    frames = int(events["t"][-1]) // 10 + 1
    checked = SparseSequences(  # which requires sound edges and columns
        found.values, found.columns, found.edges, found.lengths, found.channels
    )
    assert np.array_equal(checked.dense().values, counted(events, frames, pool))
    assert found.lengths.tolist() == [frames]


def test_recordings_follow_one_another_in_their_order() -> None:
    events = [recording(30, 1), recording(1, 2), recording(80, 3)]
    found = SparseSequences.from_events((one for one in events), **CAMERA)
    assert len(found) == 3
    for sequence, one in zip(found, events, strict=True):
        assert np.array_equal(sequence, counted(one, len(sequence)))
    expected = "SparseSequences(3 sequences, 30 frames, 40 channels,"
    assert repr(SparseSequences.from_events(events, **CAMERA, frames=10)).startswith(expected)


@pytest.mark.parametrize("frames", [1, 3, 10, 25])
@pytest.mark.parametrize("at_once", [4, 1000])
def test_a_number_of_frames_cuts_recordings_or_ends_them_in_silence(
    frames: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", at_once)
    events = recording(60)
    whole = np.zeros((25, 40))
    whole[:10] = counted(events, 10)
    found = SparseSequences.from_events([events, events], **CAMERA, frames=frames)
    assert found.lengths.tolist() == [frames, frames]
    assert np.array_equal(next(iter(found)), whole[:frames])


@pytest.mark.parametrize(
    "names",
    [("ts", "x", "y", "polarity"), ("Timestamp", "col", "row", "pol"), ("time", "X", "Y", "P")],
)
def test_fields_go_by_their_common_names_in_any_order(names: tuple[str, ...]) -> None:
    events = recording(40)
    expected = SparseSequences.from_events(events, **CAMERA).values
    fields = dict(zip(names, (events[key] for key in "txyp"), strict=True))
    assert np.array_equal(SparseSequences.from_events(fields, **CAMERA).values, expected)
    backwards = np.zeros(40, dtype=[(name, fields[name].dtype) for name in reversed(names)])
    for name, field in fields.items():
        backwards[name] = field
    assert np.array_equal(SparseSequences.from_events(backwards, **CAMERA).values, expected)


def test_polarities_may_be_minus_one_and_one_and_are_left_out_where_the_sensor_has_one() -> None:
    events = recording(40)
    signed = {name: events[name] for name in "txy"} | {"p": 2 * events["p"].astype(int) - 1}
    both = SparseSequences.from_events(events, **CAMERA)
    assert np.array_equal(SparseSequences.from_events(signed, **CAMERA).values, both.values)
    for size in ((5, 4), (5, 4, 1)):
        merged = SparseSequences.from_events(signed, sensor_size=size, dt=10)
        assert merged.channels == 20
        dense = both.dense().values.reshape(-1, 2, 20)
        assert np.array_equal(merged.dense().values, dense.sum(axis=1))


@pytest.mark.parametrize("size", [7, (7,), (7, 1, 1)])
@pytest.mark.parametrize("name", ["x", "addr", "units"])
def test_a_cochlea_has_times_and_channels_only(size: Any, name: str) -> None:
    events = {"times": np.array([0.0, 0.014, 0.0149, 0.031]), name: np.array([6, 2, 2, 0])}
    found = SparseSequences.from_events(events, sensor_size=size, dt=0.01)
    expected = np.zeros((4, 7))
    expected[0, 6], expected[1, 2], expected[3, 0] = 1, 2, 1
    assert np.array_equal(found.dense().values, expected)
    pooled = SparseSequences.from_events(events, sensor_size=size, dt=0.01, pool=(5, 1))
    assert np.array_equal(pooled.dense().values, [[0, 1], [2, 0], [0, 0], [1, 0]])


@pytest.mark.parametrize(("start", "frames"), [(0, 13), (100, 3), ("first", 2)])
def test_times_count_from_the_start(start: float | str, frames: int) -> None:
    events = {"t": np.array([115, 129]), "x": np.array([0, 1])}
    found = SparseSequences.from_events(events, sensor_size=2, dt=10, start=start)
    assert found.lengths.tolist() == [frames]
    assert found.values.sum() == 2


def changed(**fields: Any) -> dict[str, Any]:
    events = recording(6)
    return {name: events[name] for name in "txyp"} | fields


TIMES = np.array([0, 1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        (changed(t=TIMES[::-1]), "event 1 is at 4, but the event before it is later"),
        (changed(t=TIMES - 2), "event 0 is at -2, expected no time before 0"),
        (
            changed(t=np.where(TIMES == 3, np.nan, TIMES)),
            "event 3 is at nan, expected a finite time: correct",
        ),
        (changed(t=TIMES * 2.0**40), "in frame 109951162777, the limit is 4194304"),
        (changed(x=np.array([0, 0, 5, 0, 0, 9])), r"event 2 has x = 5, expected 0 to 4"),
        (changed(y=np.array([0, -1, 0, 0, 0, 0])), r"event 1 has y = -1, expected 0 to 3"),
        (changed(p=np.array([0, 1, 2, 0, 0, 0])), r"event 2 has p = 2, expected 0 to 1"),
        (recording(0), "no events: leave the recording out"),
        ({"t": TIMES, "x": TIMES, "y": TIMES}, "no field for p, the fields are t, x, y"),
        (changed(time=TIMES), "2 fields for t, the fields are t, x, y, p, time"),
        ({"t": [], "x": [], "y": [], "p": []}, "no events: leave the recording out"),
        (
            changed(x=np.ones(6)),
            r"x is float64 of shape \(6,\), expected one whole number for each event: convert it",
        ),
        (changed(x=TIMES[:5] % 5), "5 values of x for 6 events: expected one for each: save them"),
        (np.zeros((6, 4)), "is no structured array of events"),
        ({}, "is no structured array of events"),
    ],
)
def test_a_fault_names_the_recording_the_event_and_the_remedy(events: Any, fault: str) -> None:
    with pytest.raises(InputError, match=f"^recording 1: .*{fault}|^recording 1 {fault}") as found:
        SparseSequences.from_events([recording(5), events], **CAMERA)
    assert "\n" not in str(found.value)
    if not isinstance(events, np.ndarray) or events.dtype.names:
        if events is None or not len(events):
            return
        with pytest.raises(InputError, match="^the recording"):
            SparseSequences.from_events(events, **CAMERA)


def test_faults_behind_the_first_events_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 3)
    for field, value, fault in (("t", 0, "later"), ("x", 7, "x = 7")):
        events = changed(t=TIMES)
        events[field] = events[field].copy()
        events[field][3] = value
        with pytest.raises(InputError, match=f"event 3 .*{fault}"):
            SparseSequences.from_events(events, **CAMERA)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"sensor_size": (0, 4, 2)}, "sensor_size is"),
        ({"sensor_size": (5, 4, 2, 1)}, "sensor_size is"),
        ({"sensor_size": 2.5}, "sensor_size is 2.5"),
        ({"sensor_size": (2**20, 2**20, 2)}, "channels, expected at most"),
        ({"pool": (2, 0)}, "pool is"),
        ({"pool": (2, 2, 2)}, "pool is"),
        ({"dt": 0}, "dt is 0, expected .* unit of t: give a number above 0"),
        ({"dt": float("inf")}, "dt is inf"),
        ({"dt": True}, "dt is True"),
        ({"frames": 0}, "frames is 0"),
        ({"start": "now"}, "start is 'now'"),
    ],
)
def test_settings_of_a_wrong_kind_are_refused_by_name(options: dict, fault: str) -> None:
    with pytest.raises(SettingError, match=fault):
        EventForm(**(CAMERA | options))


def test_from_events_says_which_settings_are_missing() -> None:
    with pytest.raises(InputError, match="needs sensor_size and dt"):
        SparseSequences.from_events(recording(3))
    with pytest.raises(InputError, match="needs lengths and channels"):
        SparseSequences.from_events([0], [0])
    with pytest.raises(InputError, match="events are of the type int"):
        SparseSequences.from_events(3, **CAMERA)


def test_a_clip_of_many_events_takes_little_memory_next_to_its_frames() -> None:
    events = {"t": np.arange(10**6), "x": np.arange(10**6) * 7919 % 128}

    def most_beyond_the_result(count: int) -> int:
        few = {name: field[:count] for name, field in events.items()}
        tracemalloc.start()
        made = SparseSequences.from_events(few, sensor_size=128, dt=100)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert made.values.sum() == count
        return most - sum(field.nbytes for field in (made.values, made.columns, made.edges))

    assert most_beyond_the_result(10**6) < 2 * most_beyond_the_result(2 * 10**5)


def test_a_session_that_is_given_frame_after_frame_gives_the_scores_of_a_run() -> None:
    program = random_program(5, 40, (3,), encoder="events")
    seen = SparseSequences.from_events([recording(50), recording(9)], **CAMERA)
    expected = run(program, seen, engine="numpy").scores
    with Session(program, engine="numpy") as session:
        for frame in seen.take([1]).frames():
            scores = session.step(frame)
    assert np.array_equal(scores, expected[1])
