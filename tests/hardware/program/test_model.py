from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from programs import random_program, random_sequences, with_classes, with_readout

from hardware.errors import InputError, ProgramError, SettingError


def test_encoding_standardises_rounds_and_clamps() -> None:
    encoder = random_program(0).encoder
    frames = np.random.default_rng(1).normal(scale=3, size=(20, 3)).astype(np.float32)
    for frame, events in zip(frames, encoder.rounded(frames), strict=True):
        for channel in range(3):
            centred = float(frame[channel]) - float(encoder.offset[channel])
            scaled = round(Fraction(centred * float(encoder.gain[channel])))
            assert events[channel] == max(-127, min(127, scaled))


def test_frames_of_another_width_are_refused() -> None:
    with pytest.raises(
        InputError, match="frames have 4 channels, but the program was trained on 3"
    ):
        random_program(0).encode(random_sequences(0, 4, [2]))


def test_a_sequence_longer_than_proven_is_refused() -> None:
    program = replace(random_program(0), max_steps=5)
    with pytest.raises(InputError, match="has 6 steps, but readout scores are proven only up to 5"):
        program.encode(random_sequences(0, 3, [6]))


def test_layers_that_do_not_fit_together_are_refused() -> None:
    one, other = random_program(0, hidden=(5,)), random_program(0, hidden=(4,))
    with pytest.raises(ProgramError, match="readout: expects 4 inputs, but layer 0 gives 5"):
        with_readout(one, other.readout)
    with pytest.raises(ProgramError, match="layer 1: expects 3 inputs, but layer 0 gives 5"):
        replace(one, layers=(*one.layers, replace(one.layers[0], name="layer 1")))
    with pytest.raises(ProgramError, match="two parts have the name 'layer 0'"):
        replace(one, layers=one.layers * 2)
    with pytest.raises(SettingError, match="1 class names for 2 readout outputs"):
        with_classes(one, "only")


def test_a_parameter_of_a_wrong_shape_is_refused_by_name() -> None:
    layer = random_program(0).layers[0]
    with pytest.raises(ProgramError, match=r"layer 0: threshold has shape \(4,\), expected \(5,\)"):
        replace(layer, gate=replace(layer.gate, threshold=layer.gate.threshold[:4]))


def test_directions_that_emit_other_things_are_refused() -> None:
    program = random_program(0, hidden=(4,), bidirectional=True)
    forward, backward = program.layers
    for change in ({"emit": "signed"}, {"gate_fraction": 7}):
        other = replace(backward, cell=replace(backward.cell, **change))
        with pytest.raises(ProgramError, match="layer 0: its directions emit .*expected one"):
            replace(program, layers=(forward, other))


def test_the_sources_of_a_layer_are_the_level_before_it() -> None:
    program = random_program(0, hidden=(4, 3), bidirectional=True)
    first, _, _, last = program.layers
    assert program.sources_of(first) == ("encoder",)
    assert program.sources_of(last) == ("layer 0", "layer 0 backward")
    for foreign in (replace(first), random_program(1).layers[0]):
        with pytest.raises(ProgramError, match="layer 0 is no layer of this program"):
            program.sources_of(foreign)


def test_a_program_equals_those_that_compute_the_same() -> None:
    program = random_program(0)
    assert program == program
    assert program == random_program(0)
    assert program != random_program(1)
    assert program.layers[0] != random_program(0).layers[0]
