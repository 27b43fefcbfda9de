"""Operations of the host in each inference: features, encoder, messages to and from the chip.

::

    features   frames × operations of a frame, a logarithm being LOGARITHM of them
    encoder    values × VALUE, and steps × sources × the operations of its kind
    messages   (input events + scores) × MESSAGE
    replay     2 × messages between levels × MESSAGE, where a layer reads backwards

With both directions the host stores the messages of a level and sends them on. An encoder of counts
reads nonzero counts only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.cost.traffic import Traffic, in_all
from hardware.sequences.log_mel import front_end

LOGARITHM = 20
"""Operations of a logarithm."""

VALUE = 5
"""Operations that standardise a value, round it and clamp it: 2, 1 and 2."""

MESSAGE = 8
"""Operations of a message: its source, payload and address are read and written, and counted."""


def host_operations(traffic: Traffic) -> NDArray[np.int64]:
    """(sequences,): operations of the host."""
    trace, program = traffic.trace, traffic.program
    encoder, readout = program.encoder, program.readout
    frames = trace.lengths // encoder.steps
    answers = trace.lengths if readout.answers_every_step else np.ones_like(trace.lengths)
    messages = answers * readout.outputs
    for projection, sent in traffic.messages():
        if not projection.sources:
            messages = messages + in_all(sent, trace)
        elif program.bidirectional and not projection.recurrent:
            messages = messages + 2 * in_all(sent, trace)
    counts = encoder.row.counts
    values = in_all(traffic.of_encoder, trace) if counts else frames * encoder.channels
    sources = encoder.sources // encoder.alternatives
    operations = values * VALUE + trace.lengths * sources * encoder.row.operations
    features = front_end(program.preprocessing)
    if features is not None:
        of_frame = features.operations
        operations += frames * (of_frame.arithmetic + LOGARITHM * of_frame.logarithms)
    found: NDArray[np.int64] = operations + messages * MESSAGE
    return found
