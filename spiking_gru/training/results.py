"""The networks of a training run: their size, and their metrics on the test part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from spiking_gru.model import SequenceModel
from spiking_gru.seq2seq import Seq2Seq
from spiking_gru.settings import NetworkSettings, PairSettings
from spiking_gru.training.evaluation import Score
from spiking_gru.training.skipping import Skipping


@dataclass
class Results:
    """Content of `training.json` for each network: sizes in the order of training, and metrics."""

    networks: list[dict[str, Any]] = field(default_factory=list)
    test: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipping: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(
        self,
        name: str,
        title: str,
        model: SequenceModel,
        settings: NetworkSettings | PairSettings,
        score: Score,
        *,
        dense: bool = False,
    ) -> None:
        """Add a network; a `dense` one multiplies every weight at every frame or answer."""
        self.networks.append(
            {
                "name": name,
                "title": title,
                "dense": dense,
                "hidden": settings.hidden,
                "parameters": parameters_of(model),
                **multiplied(model),
            }
        )
        self.test[name] = score.figures()

    def add_skipping(self, name: str, found: Skipping) -> None:
        """Add what the network of a name does as a GRU that skips what hardly moves."""
        self.skipping[name] = {
            "threshold": found.threshold,
            "multiply_accumulates": found.multiply_accumulates,
            "metrics": found.score.figures(),
        }


def parameters_of(model: SequenceModel) -> int:
    """Return the number of parameters: those of the recurrent layers and of the readout."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def multiplied(model: SequenceModel) -> dict[str, int]:
    """Return the weights that a frame meets, and those that an answer meets.

    Of a pair those of its encoder are told as well: only the frames of the source meet them.
    """
    of_readout = model.readout.weight.numel()
    found = {"layer_weights": _weights(model) - of_readout, "readout_weights": of_readout}
    if isinstance(model, Seq2Seq):
        found["encoder_weights"] = _weights(model.encoder_half)
    return found


def _weights(model: SequenceModel) -> int:
    return sum(p.numel() for p in model.parameters() if p.ndim == 2 and p.requires_grad)
