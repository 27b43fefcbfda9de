"""Input events of every kind of encoder, counted again from the raw frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from independent.encoder import encode
from independent.reader import read
from programs import random_program, random_sequences, taken_by

from hardware.cost.counts import count
from hardware.cost.projections import projections
from hardware.definition.encoder import ENCODERS
from hardware.runs.run import run


@pytest.mark.parametrize("kind", ENCODERS)
def test_input_events_and_their_synaptic_operations_are_those_of_the_raw_frames(
    kind: str, tmp_path: Path
) -> None:
    program = random_program(3, channels=5, hidden=(4,), encoder=kind)
    program.layers[0].recurrent_weights[:] = 0  # leaves the input's synaptic operations alone
    program.save(tmp_path / "p.sgru")
    encoder = read((tmp_path / "p.sgru").read_bytes()).encoder
    sequences = taken_by(program.encoder, random_sequences(3, 5, [6, 1, 9]))
    synapses = np.count_nonzero(program.layers[0].input_weights, axis=0)
    sent, operations, payload = [], [], 0
    for frames in sequences:
        events = np.array(encode(encoder, frames.tolist()))
        if kind == "send-on-delta":
            events = np.diff(events, axis=0, prepend=0)
        sent.append(np.count_nonzero(events))
        operations.append(((events != 0) * synapses).sum())
        payload = max(payload, len(np.unique(events[events != 0])))
    counts = count(run(program, sequences, engine="numpy"), program)
    assert counts.input_events.tolist() == counts.host_messages_in.tolist() == sent
    assert counts.layers[0].synaptic_operations.tolist() == operations
    arriving = projections(program)[0]
    assert arriving.weights.shape[1] == encoder.sources == len(synapses)
    assert payload <= 2**arriving.payload_bits
