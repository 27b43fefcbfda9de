"""A GRU that skips what has hardly moved, at a threshold that costs it nothing.

A trained `state` baseline sends its state at every step. The same weights with the emission
`graded` send a state only where it has moved by more than a threshold, and with the encoder
`send-on-delta` an input. One threshold for both, as a share of their range, rises rung after rung.
The last rung before the validation part is answered worse is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

import torch
from torch import Tensor

from spiking_gru.batches import pieces, whole
from spiking_gru.data import Dataset, Part
from spiking_gru.encoder import FRACTION, LIMIT, Encoder
from spiking_gru.model import SequenceModel
from spiking_gru.network import Network
from spiking_gru.operations import expected_operations, input_operations
from spiking_gru.settings import NetworkSettings
from spiking_gru.sources import are_sources
from spiking_gru.training.as_good import worse
from spiking_gru.training.evaluation import Score, evaluate

RUNGS = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3)
"""Thresholds that are tried, as shares of a state's ±1 and of an input's range."""


class Skipping(NamedTuple):
    """The network at the threshold that was kept."""

    threshold: float
    """A share of a state's ±1."""

    score: Score
    """On the test part."""

    multiply_accumulates: float
    """Weights met by what is sent, a mean over the test part."""


def calibrated(model: SequenceModel, about: NetworkSettings, dataset: Dataset) -> Skipping:
    """Return a trained `state` baseline as a GRU that skips; the test part is looked at once."""
    at_none = evaluate(skipping(model, about, 0.0), dataset.validation)

    def as_good(rung: float) -> bool:
        found = evaluate(skipping(model, about, rung), dataset.validation)
        return not worse(found, at_none)

    kept = [0.0, *takewhile(as_good, RUNGS[1:])][-1]
    network = skipping(model, about, kept)
    operations = list(multiplied(network, dataset.test))
    return Skipping(
        kept,
        evaluate(network, dataset.test),
        float(torch.cat(operations).double().mean()),
    )


def skipping(model: SequenceModel, about: NetworkSettings, threshold: float) -> Network:
    """Return the weights of a `state` baseline in a network that sends what moved by more."""
    told = about.model_copy(
        update={"emit": "graded", "threshold": threshold, "learn_threshold": False}
    )
    network = Network.build(told)
    weights = {k: v for k, v in model.state_dict().items() if not k.endswith("threshold")}
    network.load_state_dict(weights, strict=False)
    network.encoder = _encoder(model.encoder, threshold)
    return network.to(model.device)


def _encoder(given: Encoder, threshold: float) -> Encoder:
    """Return an encoder that skips, where the given one sends graded values."""
    if not given.row.direct or not given.row.standardises:
        return given
    made = Encoder(given.channels, "send-on-delta", threshold=threshold * LIMIT / 2**FRACTION)
    made.load_state_dict(given.state_dict())
    return made.to(given.offset.device)


@torch.no_grad()
def multiplied(network: Network, part: Part) -> Iterator[Tensor]:
    """Yield (sequences,): weights that what is sent meets, for pieces of a part."""
    network.eval()
    for piece in pieces(part):
        frames, lengths, _ = whole(piece, network.device).to(network.device)
        events, steps = network.encoder(frames), lengths * network.encoder.steps
        arriving = events if are_sources(events) else events.to(network.readout.weight.dtype)
        activities, _ = network.gru.activities(arriving, None, lengths=steps)
        weights, _ = network.readout.prepared()
        sent = expected_operations(network.gru, activities, weights, steps, exact=True)
        by_change = network.encoder.integers().sends_changes
        arrived = input_operations(network.gru, events, steps, by_change=by_change, exact=True)
        yield (sent + arrived).cpu()
