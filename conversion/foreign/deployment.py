"""A foreign GRU becomes an event-driven delta GRU: a program of raw frames to answers.

States are sent where they have moved by more than a threshold (send-on-delta), synapses
accumulate, σ and tanh are tables. With every threshold 0 it is the quantised GRU exactly.

Frames go to whole numbers by a gain for each channel, `q = round((frame − mean) · limit / peak)`,
and the first layer's weights take the gain back, so that the GRU sees what it was trained on::

    W_c x_c = (W_c · peak_c / (deviation_c · limit)) · q_c
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from conversion.folded import FoldedLayer, FoldedReadout
from conversion.foreign.gru import Doubles, ForeignGRU, GRULayer, Head
from conversion.passes import Conversion, build
from hardware.definition.arithmetic import weight_exponent
from hardware.definition.cell import Cell
from hardware.definition.encoder import ENCODERS, Encoder
from hardware.definition.readout import Target
from hardware.errors import InputError, RangeError
from hardware.program.model import Program
from hardware.sequences.dense import Sequences


@dataclass(frozen=True)
class Grids:
    """Bits of a frame's value and of a weight; fraction bits of gates and events, and of states."""

    input_bits: int = 8
    weight_bits: int = 8
    gate_fraction: int = 8
    state_fraction: int = 12

    @property
    def limit(self) -> int:
        """The largest value that a frame becomes."""
        return 2 ** (self.input_bits - 1) - 1

    def coarser(self) -> Iterator[Grids]:
        """Return these grids, then all with fewer bits, in the order of the bits that they save.

        Among grids with as many bits, coarser events come first, then frames, weights and states.
        """
        most = (4, 3, 4, 2)
        choices = product(*(range(bits + 1) for bits in most))
        for events, frames, weights, states in sorted(choices, key=lambda c: (sum(c), c[::-1])):
            grids = (
                self.input_bits - frames,
                self.weight_bits - weights,
                self.gate_fraction - events,
                self.state_fraction - states,
            )
            if min(grids[:2]) >= 2 and grids[2] >= 4 and grids[3] >= 8:
                yield Grids(*grids)


@dataclass(frozen=True)
class Thresholds:
    """Largest changes that are not sent, as shares of a channel's peak and of a state's ±1."""

    encoder: float
    levels: tuple[float, ...]

    @classmethod
    def all(cls, gru: ForeignGRU, threshold: float) -> Thresholds:
        return cls(threshold, (threshold,) * len(gru.levels))


@dataclass(frozen=True)
class Deployment:
    """A foreign GRU as a program, on which grids, and why not on finer ones."""

    conversion: Conversion
    grids: Grids
    refused: str | None
    """Message of the range proof about the requested grids; None if it accepted them."""

    def __repr__(self) -> str:
        return f"Deployment({self.program!r})"

    @property
    def program(self) -> Program:
        return self.conversion.program


def deploy(
    gru: ForeignGRU,
    peak: ArrayLike | Sequences,
    thresholds: Thresholds | float = 0.0,
    *,
    classes: Sequence[str] = (),
    grids: Grids | None = None,
    encoder: str = "send-on-delta",
    emit: str = "graded",
    provenance: Mapping[str, Any] | None = None,
) -> Deployment:
    """Return the finest program, on these grids or coarser ones, that is proven to fit the word.

    `peak` is the largest |frame − mean| of each channel or of all channels, or the sequences from
    which this value is taken. Larger values are clamped. Sequences as long as the given ones
    must fit as well.
    """
    peaks, steps = peaks_of(gru, peak)
    wanted = grids or Grids()
    if not isinstance(thresholds, Thresholds):
        thresholds = Thresholds.all(gru, thresholds)
    refused: RangeError | None = None
    for candidate in wanted.coarser():
        about = {
            **(provenance or {}),
            "imported_from": gru.origin,
            "grids": asdict(candidate),
            "thresholds": {"encoder": thresholds.encoder, "levels": list(thresholds.levels)},
        }
        try:
            conversion = build(
                _encoder(gru, candidate, peaks, encoder, thresholds.encoder),
                list(_layers(gru, candidate, peaks, emit, thresholds.levels)),
                _readout(gru.head, _cell(gru, candidate, emit)),
                Target(tuple(classes)),
                about,
            )
            _require_steps(conversion.program, steps)
        except RangeError as error:
            refused = refused or error
            continue
        return Deployment(conversion, candidate, None if refused is None else str(refused))
    raise RangeError(f"no grids from {wanted} down fit: {refused}") from refused


def peaks_of(gru: ForeignGRU, peak: ArrayLike | Sequences) -> tuple[Doubles, int]:
    """The peak of each channel, and the steps of the longest sequence.

    A channel that never leaves its mean carries nothing; it is given a peak of one deviation.
    """
    steps, peaks = 1, np.asarray(0.0)
    if not isinstance(peak, Sequences):
        peaks = np.asarray(peak, dtype=np.float64)
    elif peak.channels != gru.channels:
        raise InputError(f"frames have {peak.channels} channels, but the GRU takes {gru.channels}")
    else:
        steps = int(peak.lengths.max())
        peaks = np.abs(peak.values.astype(np.float64) - gru.mean).max(axis=0)
        peaks = np.where(peaks > 0, peaks, gru.deviation)
    if peaks.shape not in ((), (gru.channels,)) or not (peaks > 0).all():
        raise InputError(
            f"the peak is {peaks}: expected a value above 0, or one for each of {gru.channels} "
            f"channels"
        )
    return np.broadcast_to(peaks, (gru.channels,)), steps


def _cell(gru: ForeignGRU, grids: Grids, emit: str) -> Cell:
    return Cell(
        formulation="torch" if gru.reset_after else "keep",
        emit=emit,
        activation="table",
        weight_bits=grids.weight_bits,
        gate_fraction=grids.gate_fraction,
        state_fraction=grids.state_fraction,
    )


def _encoder(gru: ForeignGRU, grids: Grids, peaks: Doubles, kind: str, threshold: float) -> Encoder:
    return Encoder(
        offset=gru.mean,
        gain=grids.limit / peaks,
        exponent=1 - grids.input_bits,
        limit=grids.limit,
        kind=kind,
        threshold=round(threshold * grids.limit) if ENCODERS[kind].by_change else 0,
    )


def _layers(
    gru: ForeignGRU, grids: Grids, peaks: Doubles, emit: str, thresholds: Sequence[float]
) -> Iterator[FoldedLayer]:
    cell = _cell(gru, grids, emit)
    scale = peaks / (gru.deviation * grids.limit) * 2.0 ** (grids.input_bits - 1)
    for i, (level, threshold) in enumerate(zip(gru.levels, thresholds, strict=True)):
        for backward, layer in enumerate(level):
            name = f"layer {i} backward" if backward else f"layer {i}"
            yield _folded(layer, name, cell, scale, threshold, bool(backward))
        scale = np.ones(1)


def _folded(
    layer: GRULayer, name: str, cell: Cell, scale: Doubles, threshold: float, backward: bool
) -> FoldedLayer:
    """A layer whose two biases are one, except the bias that a reset multiplies."""
    bias = layer.input_bias + layer.recurrent_bias
    inside = np.zeros(layer.units)
    if cell.row.resets_after:
        inside, bias[-1] = layer.recurrent_bias[-1], layer.input_bias[-1]
    return FoldedLayer(
        name=name,
        cell=cell,
        input_weights=layer.input_weights * scale,
        recurrent_weights=layer.recurrent_weights,
        bias=bias,
        recurrent_bias=inside,
        threshold=np.full(layer.units, threshold),
        initial_membrane=np.zeros(layer.units),
        backward=backward,
    )


def _readout(head: Head, cell: Cell) -> FoldedReadout:
    """The head on the grids of the readout that reads the same."""
    fraction = cell.gate_fraction if head.row.sees_membranes else cell.event_fraction
    shift = head.row.shift(fraction)
    weights = head.weights
    exponent = weight_exponent(float(np.abs(weights).max()), cell.weight_bits)
    return FoldedReadout(
        weights=weights,
        bias=head.bias,
        weight_exponent=exponent,
        exponent=exponent - fraction - shift,
        gain=1.0,
        kind=head.reads,
        shift=shift,
        leak=0,
    )


def _require_steps(program: Program, steps: int) -> None:
    if program.max_steps is not None and program.max_steps < steps:
        raise RangeError(
            f"readout: scores are proven for {program.max_steps} steps, but a sequence has {steps}"
        )
