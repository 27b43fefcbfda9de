from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware.errors import InputError, SettingError
from hardware.inference import run
from hardware.trace import Trace


def test_every_form_of_input_gives_the_same_trace() -> None:
    program = random_program(0)
    sequences = random_sequences(0, 3, [4, 4])
    as_list = run(program, list(sequences))
    as_array = run(program, sequences.values.reshape(2, 4, 3))
    expected = run(program, sequences)
    for trace in (as_list, as_array):
        assert np.array_equal(trace.scores, expected.scores)


def test_an_unknown_engine_is_refused_with_the_nearest_known() -> None:
    with pytest.raises(SettingError, match="unknown engine 'event': did you mean 'events'"):
        run(random_program(0), random_sequences(0, 3, [2]), engine="event")


def test_a_trace_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    trace = run(random_program(1, hidden=(4, 3)), random_sequences(1, 3, [3, 5]))
    trace.save(tmp_path / "trace")
    trace.save(tmp_path / "again")
    assert (tmp_path / "trace").read_bytes() == (tmp_path / "again").read_bytes()
    loaded = Trace.load(tmp_path / "trace")
    assert (loaded.engine, loaded.program_digest) == (trace.engine, trace.program_digest)
    pairs = zip(trace.quantities(), loaded.quantities(), strict=True)
    assert all(np.array_equal(ours[2], theirs[2]) for ours, theirs in pairs)


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path) -> None:
    from hardware.files import write_tensors

    write_tensors(tmp_path / "t", {"x": np.zeros(1)}, {})
    with pytest.raises(InputError, match="not a trace of schema 1"):
        Trace.load(tmp_path / "t")
