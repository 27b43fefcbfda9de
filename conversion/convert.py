"""Convert: a trained network becomes a program, number by number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from conversion.ranges import longest_sequence, prove
from hardware.arithmetic import quantise, weight_exponent
from hardware.cell import GateParameters
from hardware.encoding import Encoder
from hardware.errors import SettingError
from hardware.program import Layer, Program
from hardware.readout import Readout
from spiking_gru.cell import SpikingGRUCell
from spiking_gru.encoder import GradedEncoder
from spiking_gru.layer import SpikingGRU
from spiking_gru.network import Network
from spiking_gru.readout import MeanReadout

SPIKE_EXPONENT = 0
COVERED = {"formulation": ("torch",), "emit": ("binary",)}


def convert(network: Network, provenance: Mapping[str, Any] | None = None) -> Program:
    """The program that computes what `network.quantise()` computes, proven to fit the word."""
    require_covered(network.gru)
    encoder = convert_encoder(network.encoder)
    layers, exponent = [], encoder.exponent
    for i, cell in enumerate(network.gru.cells):
        assert isinstance(cell, SpikingGRUCell)
        layers.append(convert_cell(cell, f"layer {i}", exponent))
        exponent = SPIKE_EXPONENT
    readout = convert_readout(network.readout)
    program = Program(
        encoder=encoder,
        layers=tuple(layers),
        readout=readout,
        classes=tuple(network.classes),
        max_steps=longest_sequence(readout),
        provenance=dict(provenance or {}),
    )
    prove(program)
    return program


def require_covered(gru: SpikingGRU) -> None:
    """Refuse by name what conversion does not cover yet."""
    if gru.bidirectional:
        raise SettingError("bidirectional=True cannot be converted yet: train one direction")
    for cell in gru.cells:
        assert isinstance(cell, SpikingGRUCell)
        settings = cell.cell
        for name, value in (("formulation", settings.formulation), ("emit", settings.emit)):
            if value not in COVERED[name]:
                raise SettingError(
                    f"{name}={value!r} cannot be converted yet: covered are "
                    f"{', '.join(COVERED[name])}"
                )
        if cell.initial_state is not None:
            raise SettingError("learn_initial_state=True cannot be converted yet")


def convert_encoder(encoder: GradedEncoder) -> Encoder:
    """Events count steps of 2^-fraction, so the gain takes that power of two in."""
    return Encoder(
        offset=encoder.offset.numpy().copy(),
        gain=encoder.gain.numpy() * 2.0**encoder.fraction,
        exponent=-encoder.fraction,
        limit=round(encoder.limit * 2**encoder.fraction),
    )


def convert_cell(cell: SpikingGRUCell, name: str, input_exponent: int) -> Layer:
    """Weights to integers and one power of two for each gate and matrix; the rest to its grid."""
    gates, hidden, settings = len(cell.cell.gates), cell.hidden_size, cell.cell
    input_weights, input_exponents = quantise_gates(
        _array(cell.weight_ih), gates, settings.weight_bits
    )
    recurrent_weights, recurrent_exponents = quantise_gates(
        _array(cell.weight_hh), gates, settings.weight_bits
    )
    bias_ih = _array(cell.bias_ih).reshape(gates, hidden)
    bias_hh = _array(cell.bias_hh).reshape(gates, hidden)
    # Both biases are added in float32, as training adds them.
    recurrent_bias = np.zeros(hidden, dtype=np.int64)
    candidate = settings.gates.index("candidate")
    if settings.formulation == "torch":
        exponent = int(recurrent_exponents[candidate])
        recurrent_bias = quantise(bias_hh[candidate], exponent) << settings.event_fraction
        bias_hh = np.where(np.arange(gates)[:, np.newaxis] == candidate, 0, bias_hh)
    threshold = np.broadcast_to(_array(cell.threshold), (hidden,))
    return Layer(
        name=name,
        cell=settings,
        input_weights=input_weights,
        recurrent_weights=recurrent_weights,
        gate=GateParameters(
            input_shift=input_exponents + input_exponent + settings.state_fraction,
            recurrent_shift=recurrent_exponents - settings.event_fraction + settings.state_fraction,
            bias=quantise(bias_ih + bias_hh, -settings.state_fraction),
            recurrent_bias=recurrent_bias,
            threshold=quantise(threshold, -settings.state_fraction),
        ),
        initial_membrane=np.zeros(hidden, dtype=np.int64),
    )


def quantise_gates(
    weights: NDArray[np.float32], gates: int, bits: int
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Each gate's rows as integers of `bits` bits, and the exponent of each gate."""
    integers, exponents = [], []
    for rows in np.split(weights, gates):
        exponent = weight_exponent(float(np.abs(rows).max()), bits)
        integers.append(quantise(rows, exponent).astype(np.int8))
        exponents.append(exponent)
    return np.concatenate(integers), np.array(exponents, dtype=np.int64)


def convert_readout(readout: MeanReadout) -> Readout:
    weight = _array(readout.weight)
    exponent = weight_exponent(float(np.abs(weight).max()), readout.weight_bits)
    return Readout(
        weights=quantise(weight, exponent).astype(np.int8),
        bias=quantise(_array(readout.bias), exponent),
        exponent=exponent,
        gain=readout.gain,
    )


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.detach().cpu().numpy()
    return array
