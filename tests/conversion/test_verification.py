from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from networks import random_network
from programs import OF_NUMBERS, random_program, random_sequences

from conversion import convert, verification, verify
from conversion.verification import integers, network_trace, probes
from hardware import Session, run, stream
from hardware.definition.emission import RESET_MECHANISMS
from hardware.definition.encoder import ENCODERS
from hardware.definition.readout import READOUTS
from hardware.errors import EngineError, InputError
from hardware.runs.trace import Trace
from hardware.sequences.dense import Sequences


@pytest.mark.parametrize("reset_mechanism", RESET_MECHANISMS)
def test_torch_events_and_lava_agree_on_a_small_network(reset_mechanism: str) -> None:
    network = random_network(7, hidden=6, layers=2, reset_mechanism=reset_mechanism)
    sequences = random_sequences(7, 3, [5, 2, 8])
    verified = verify(convert(network), network, sequences)
    assert verified.equal
    summary = verified.summary()
    assert summary["engines"] == ["torch", "events", "lava"]
    assert summary["spikes_compared"] == 2 * 15 * 12
    assert summary["mismatches"] == 0


def test_one_wrong_weight_is_found_with_its_first_effect() -> None:
    network = random_network(7, spread=0.3, hidden=6)
    program = convert(network)
    layer = program.layers[0]
    bias = layer.gate.bias.copy()
    bias[2, 4] += 4
    wrong = replace(program, layers=(replace(layer, gate=replace(layer.gate, bias=bias)),))
    verified = verify(wrong, network, random_sequences(7, 3, [5, 9]), engines=["events"])
    assert not verified.equal
    first = verified.comparisons[0].first
    assert first is not None
    assert (first.quantity, first.sequence, first.neuron) == ("membrane", 0, 4)
    assert verified.summary()["mismatches"] > 0


def test_verifying_does_not_leave_a_network_in_evaluation() -> None:
    network = random_network(7).train()
    verify(convert(network), network, random_sequences(0, 3, [3]), engines=["events"])
    assert network.training


@pytest.mark.parametrize("channels", [1, 4])
def test_frames_of_another_width_are_refused_by_the_network_as_by_the_program(
    channels: int,
) -> None:
    network = random_network(0, channels=3)
    program = convert(network)
    sequences = Sequences.of([np.zeros((4, channels))])
    message = f"frames have {channels} channels, but the program was trained on 3: give"
    for compare in (network_trace, lambda *_: verify(program, network, sequences)):
        with pytest.raises(InputError, match=message):
            compare(network, program, sequences)


def test_a_value_between_two_integers_is_an_error() -> None:
    assert integers(torch.tensor([0.5, -0.25]), 2).tolist() == [2, -1]
    with pytest.raises(EngineError, match="0.3.* not on the grid"):
        integers(torch.tensor([0.3]), 12)
    assert integers(torch.zeros(0), 3).dtype == np.int64


def test_convert_compares_the_program_with_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    network = random_network(0)
    convert(network)
    assert not network.readout.quantised
    honest = verification.network_trace

    def other(*arguments: Any) -> Trace:
        trace = honest(*arguments)
        trace.membranes[0][-1] += 1
        return trace

    monkeypatch.setattr(verification, "network_trace", other)
    with pytest.raises(EngineError, match="not handed out: first at sequence 7.*layer 0"):
        convert(network)
    assert convert(network, verify=False).layers


@pytest.mark.parametrize("encoder", OF_NUMBERS)
def test_probes_fit_a_program_and_reach_the_ends_of_its_encoder(encoder: str) -> None:
    program = random_program(1, encoder=encoder)
    for most in (program.encoder.steps, 1000):
        limited = replace(program, max_steps=most)
        sequences = probes(limited)
        assert len(sequences) == 8
        limited.encode(sequences)
    rounded = program.encoder.rounded(sequences.values)
    assert (np.abs(rounded) == program.encoder.limit).any(axis=0).all()
    assert (rounded != 0).any(axis=0).all()


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("readout", READOUTS)
def test_an_empty_batch_is_equal_and_has_empty_answers(
    readout: str, encoder: str, bidirectional: bool
) -> None:
    network = random_network(
        0, encoder=encoder, tokens=4, readout=readout, bidirectional=bidirectional
    )
    program = convert(network, verify=False)
    verified = verify(program, network, [])
    assert verified.equal
    assert verified.summary()["sequences"] == 0
    for quantised in (False, True):
        logits = network.quantise(quantised)(torch.zeros(4, 0, 3), torch.zeros(0, dtype=torch.long))
        assert logits.shape[-2:] == (0, 2)


@pytest.mark.filterwarnings("error::hardware.errors.ClampedInputsWarning")
@pytest.mark.parametrize("encoder", OF_NUMBERS)
def test_a_comparison_with_the_network_does_not_warn_of_clamped_inputs(encoder: str) -> None:
    network = random_network(0, encoder=encoder)
    program = convert(network)
    frames = 1000 * random_sequences(0, 3, [30]).values
    assert verify(program, network, [frames], engines=["events"]).equal


def test_tensors_are_frames_also_with_a_gradient() -> None:
    program = random_program(0)
    frames = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    arrays = [frames.detach().numpy()]
    expected = run(program, arrays).scores
    assert np.array_equal(run(program, [frames]).scores, expected)
    assert np.array_equal(run(program, frames.unsqueeze(0)).scores, expected)
    assert np.array_equal(list(stream(program, [frames])), expected)
    assert np.array_equal(
        list(stream(program, [frames.half()])), run(program, [frames.half()]).scores
    )
    with Session(program) as session:
        *_, last = [session.step(frame) for frame in frames]
        assert np.array_equal(last, expected[0])
        assert np.array_equal(session.run([frames]), expected)
    for odd in (frames.to_sparse(), frames.to("meta")):
        with pytest.raises(InputError, match="array"):
            run(program, [odd])
        with pytest.raises(InputError, match="sequence 0 of the stream: not an array"):
            list(stream(program, [odd]))
        with pytest.raises(InputError, match="the frame: not an array"):
            Session(program).step(odd)


@pytest.mark.parametrize("readout", ["mean", "step"])
def test_the_trace_of_a_network_of_values_has_the_values_of_the_program(readout: str) -> None:
    task = "regress-steps" if readout == "step" else "regress"
    network = random_network(
        0, classes=(), task=task, scale=(2.0, 3.0), offset=(1.0, -5.0), readout=readout
    )
    program, sequences = convert(network, verify=False), random_sequences(0, 3, [4, 2])
    found = verification.network_trace(network, program, sequences).values
    assert found is not None
    assert np.array_equal(found, run(program, sequences).values)
