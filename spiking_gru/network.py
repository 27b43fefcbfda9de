"""Network: encoder, spiking GRU and readout; what is trained, saved and converted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from safetensors.torch import save as tensor_bytes
from torch import Tensor

from hardware.cell import Cell, cell_settings
from hardware.errors import InputError
from hardware.files import first_fault, read_json, read_tensors, write_bytes, write_json
from spiking_gru.classifier import SequenceClassifier
from spiking_gru.encoder import GradedEncoder
from spiking_gru.layer import SpikingGRU
from spiking_gru.readout import MeanReadout


class NetworkSettings(BaseModel):
    """All that is needed to build a network again, beside its weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: int = Field(ge=1)
    classes: tuple[str, ...]
    hidden: int = Field(128, ge=1)
    layers: int = Field(1, ge=1)
    bidirectional: bool = False
    formulation: str = "torch"
    emit: str = "binary"
    reset_mechanism: str = "subtract"
    activation: str = "hard"
    threshold: float = Field(0.3, gt=0, lt=1)
    weight_bits: int = 8
    gain: float = 5.0
    dropout: float = Field(0.3, ge=0, lt=1)

    @property
    def cell(self) -> Cell:
        return Cell(
            formulation=self.formulation,
            emit=self.emit,
            reset_mechanism=self.reset_mechanism,
            activation=self.activation,
            weight_bits=self.weight_bits,
        )

    @model_validator(mode="after")
    def _makes_a_cell(self) -> NetworkSettings:
        _ = self.cell  # refuses settings that no cell has
        return self


class Network(SequenceClassifier):
    """A classifier of sequences: raw frames in, logits out.

    `quantise(True)` switches the forward pass to the chip's integer arithmetic.
    """

    def __init__(
        self,
        encoder: GradedEncoder,
        gru: SpikingGRU,
        readout: MeanReadout,
        classes: tuple[str, ...],
        dropout: float = 0.0,
    ) -> None:
        super().__init__(encoder, readout, dropout)
        self.gru = gru
        self.classes = classes

    @classmethod
    def build(cls, settings: NetworkSettings) -> Network:
        return cls(
            GradedEncoder(settings.channels),
            SpikingGRU(
                settings.channels,
                settings.hidden,
                settings.layers,
                settings.bidirectional,
                **cell_settings(settings.cell),
                threshold=settings.threshold,
            ),
            MeanReadout(
                settings.hidden * (2 if settings.bidirectional else 1),
                len(settings.classes),
                weight_bits=settings.weight_bits,
                gain=settings.gain,
            ),
            settings.classes,
            settings.dropout,
        )

    def quantise(self, on: bool = True) -> Network:
        """Switch encoder, cells and readout to integers, or back to floats."""
        for module in (self.encoder, *self.gru.cells, self.readout):
            module.quantised = on
        return self

    def features(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """The spikes of the last layer."""
        spikes, _ = self.gru(self.encoder(frames), lengths=lengths)
        return spikes


def save_network(network: Network, settings: NetworkSettings, folder: Path) -> list[Path]:
    """Weights to `model.safetensors`, settings to `model.json`."""
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    weights, about = folder / "model.safetensors", folder / "model.json"
    write_bytes(weights, tensor_bytes(state))
    write_json(about, settings.model_dump(mode="json"))
    return [weights, about]


def load_network(folder: str | Path) -> tuple[Network, NetworkSettings]:
    """The network that `save_network` wrote, in evaluation mode and quantised."""
    folder = Path(folder)
    try:
        settings = NetworkSettings.model_validate(read_json(folder / "model.json"))
    except ValidationError as error:
        raise InputError(f"{folder / 'model.json'}: {first_fault(error)}") from error
    network = Network.build(settings)
    tensors, _ = read_tensors(folder / "model.safetensors")
    state: dict[str, Any] = {name: torch.from_numpy(array) for name, array in tensors.items()}
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        text = " ".join(str(error).split())
        raise InputError(
            f"{folder / 'model.safetensors'} does not fit model.json: {text}"
        ) from error
    return network.eval().quantise(), settings
