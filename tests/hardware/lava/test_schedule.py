from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hardware.lava.schedule import Schedule

lengths = st.lists(st.integers(1, 9), min_size=1, max_size=6).map(np.array)


@given(lengths, st.integers(1, 4))
def test_every_frame_is_sent_once_and_in_order(lengths: np.ndarray, delay: int) -> None:
    schedule = Schedule(lengths, delay)
    events = np.arange(1, lengths.sum() + 1)[:, np.newaxis]
    sent = schedule.frames(events)
    assert sent[sent > 0].tolist() == events.ravel().tolist()
    assert len(sent) == schedule.ticks == lengths.sum() + delay * len(lengths)


@given(lengths, st.integers(1, 4))
def test_a_frame_takes_effect_one_tick_later_for_each_set_of_synapses(
    lengths: np.ndarray, delay: int
) -> None:
    schedule = Schedule(lengths, delay)
    for d in range(delay + 1):
        assert (schedule.rows(d) - schedule.rows(0) == d).all()


@given(lengths, st.integers(1, 4))
def test_the_last_effect_comes_before_the_next_reset(lengths: np.ndarray, delay: int) -> None:
    schedule = Schedule(lengths, delay)
    resets = np.flatnonzero(schedule.resets)
    assert resets.tolist() == schedule.starts.tolist()
    assert (schedule.last_rows(delay)[:-1] < resets[1:]).all()
    assert schedule.last_rows(delay)[-1] == schedule.ticks - 1
