"""Network: encoder, spiking GRU and readout; what is trained, saved and converted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor

from hardware.definition.cell import cell_settings
from hardware.definition.readout import Target
from hardware.errors import InputError
from hardware.files.disk import first_fault, one_line, read_tensors, write_tensors
from hardware.files.sealed import (
    read_sealed,
    require_checksum,
    tensors_checksum,
    write_sealed,
)
from spiking_gru.data.tasks import task_of
from spiking_gru.encoder import Encoder
from spiking_gru.layer import SpikingGRU, State
from spiking_gru.model import Carried, SequenceModel
from spiking_gru.operations import expected_operations
from spiking_gru.readout import Readout, Seen
from spiking_gru.replacement import settle
from spiking_gru.settings import NetworkSettings


def make_encoder(settings: NetworkSettings) -> Encoder:
    return Encoder(
        settings.channels,
        settings.encoder,
        threshold=settings.encoder_threshold,
        steps=settings.encoder_steps,
        fields=settings.encoder_fields,
        tokens=settings.tokens,
    )


def make_readout(settings: NetworkSettings, event_fraction: int) -> Readout:
    """A readout of the last layer, whose emissions have so many fraction bits."""
    return Readout(
        settings.hidden * (2 if settings.bidirectional else 1),
        settings.outputs,
        settings.readout,
        weight_bits=settings.bits,
        event_fraction=event_fraction,
        membrane_fraction=settings.cell.gate_fraction,
        leak=settings.leak,
    )


class Network(SequenceModel):
    """A model of sequences: raw frames in, logits out.

    Without `classes` its answers are values, scaled as `target` says.

    `quantise(True)` switches the forward pass to the chip's integer arithmetic.
    """

    preprocessing: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """The steps on the host that make frames: stated in the program, not executed here."""

    def __init__(
        self,
        encoder: Encoder,
        gru: SpikingGRU,
        readout: Readout,
        classes: tuple[str, ...] = (),
        dropout: float = 0.0,
        *,
        target: Target | None = None,
        task: str | None = None,
    ) -> None:
        target = target or Target(tuple(classes))
        super().__init__(
            encoder,
            readout,
            target,
            task or task_of(bool(target.classes), False, target.row.several),
            dropout,
        )
        self.gru = gru

    @classmethod
    def build(cls, settings: NetworkSettings) -> Network:
        network = cls(
            make_encoder(settings),
            SpikingGRU(
                settings.sources,
                settings.hidden,
                settings.layers,
                settings.bidirectional,
                **cell_settings(settings.cell),
                threshold=settings.threshold,
                learn_threshold=settings.learn_threshold,
                learn_initial_state=settings.learn_initial_state,
            ),
            make_readout(settings, settings.cell.event_fraction),
            dropout=settings.dropout,
            target=settings.target,
            task=settings.task,
        )
        network.preprocessing = settings.preprocessing
        return network

    def quantise(self, on: bool = True) -> Network:
        """Switch cells and readout to integers, or back to floats; the encoder always rounds."""
        for module in (*self.gru.cells, self.readout):
            module.quantised = on
        return self

    def heard(
        self, events: Tensor, steps: Tensor, state: Carried | None, counted: bool = False
    ) -> tuple[Seen, Carried]:
        """What the last layer emits, and its membranes after each direction's last step."""
        start = None if state is None else State(*state)
        activities, end = self.gru.activities(
            events.to(self.readout.weight.dtype), start, lengths=steps
        )
        last_layer = activities[-self.gru.directions :]
        emitted = torch.cat([activity.emitted for activity in last_layer], dim=-1)
        operations = None
        if counted:
            weights, _ = self.readout.prepared()
            operations = expected_operations(self.gru, activities, weights, steps)
        return Seen(emitted, self.last_membranes(end), steps, operations), end

    def last_membranes(self, state: State) -> Tensor:
        """The last layer's membranes, as a message carries them: on the gate grid."""
        *_, cells = self.gru.layers()
        ends = state.membrane[-len(cells) :]
        return torch.cat(
            [cell.arithmetic.gate(end) for cell, end in zip(cells, ends, strict=True)], dim=-1
        )


class _Saved(BaseModel):
    """The content of `model.json`."""

    model_config = ConfigDict(extra="forbid")

    settings: NetworkSettings
    weights_sha256: str


def save_network(network: Network, settings: NetworkSettings, folder: Path) -> list[Path]:
    """Weights to `model.safetensors`; settings and the checksum of the weights to `model.json`."""
    state = {name: tensor.cpu().numpy() for name, tensor in network.state_dict().items()}
    weights, about = folder / "model.safetensors", folder / "model.json"
    write_tensors(weights, state, {})
    saved = _Saved(settings=settings, weights_sha256=tensors_checksum(state, {}))
    write_sealed(about, saved.model_dump(mode="json"))
    return [weights, about]


def load_network(folder: str | Path) -> tuple[Network, NetworkSettings]:
    """The network that `save_network` wrote, in evaluation mode and quantised."""
    folder = Path(folder)
    settle(folder)
    weights, about = folder / "model.safetensors", folder / "model.json"
    remedy = f"train again with `spiking-gru train --out {folder} --force`"
    try:
        saved = _Saved.model_validate(read_sealed(about, remedy))
    except ValidationError as error:
        raise InputError(f"{about}: {first_fault(error)}: {remedy}") from error
    tensors, description = read_tensors(weights)
    require_checksum(weights, saved.weights_sha256, tensors_checksum(tensors, description), remedy)
    _require_enough(tensors, saved.settings, weights, remedy)
    network = Network.build(saved.settings)
    state: dict[str, Any] = {name: torch.from_numpy(array) for name, array in tensors.items()}
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        text = one_line(" ".join(str(error).split()))
        raise InputError(f"{weights} does not fit {about.name}: {text}: {remedy}") from error
    for name, tensor in network.state_dict().items():
        if not tensor.isfinite().all():
            raise InputError(f"{weights}: {name} holds NaN or infinity: {remedy}")
    return network.eval().quantise(), saved.settings


def _require_enough(
    tensors: Mapping[str, NDArray[Any]], settings: NetworkSettings, weights: Path, remedy: str
) -> None:
    """Refuse settings of a larger network than the file can fill, before it takes memory."""
    held = sum(array.size for array in tensors.values())
    if held < settings.weights:
        raise InputError(
            f"{weights} holds {held:,} numbers, but model.json asks for {settings.weights:,} "
            f"weights: {remedy}"
        )
