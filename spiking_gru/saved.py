"""A trained network in a folder: its weights, its settings, and the checksum of both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from hardware.errors import InputError
from hardware.files.disk import first_fault, one_line, read_tensors, write_tensors
from hardware.files.sealed import (
    read_sealed,
    require_checksum,
    tensors_checksum,
    write_sealed,
)
from spiking_gru.network import Network
from spiking_gru.replacement import settle
from spiking_gru.seq2seq import Seq2Seq
from spiking_gru.settings import NetworkSettings, PairSettings

Trained = Network | Seq2Seq
About = NetworkSettings | PairSettings


class _Sealed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    weights_sha256: str


class _SavedNetwork(_Sealed):
    """The content of `model.json`."""

    settings: NetworkSettings


class _SavedPair(_Sealed):
    """The content of `model.json` of an encoder and a decoder."""

    settings: PairSettings


def _restored(content: dict[str, Any]) -> _SavedNetwork | _SavedPair:
    """Return the checked content of `model.json`; that of a pair has settings of a decoder."""
    settings = content.get("settings")
    is_pair = isinstance(settings, dict) and "decoder" in settings
    return (_SavedPair if is_pair else _SavedNetwork).model_validate(content)


def save_network(network: Trained, settings: About, folder: Path) -> list[Path]:
    """Weights to `model.safetensors`; settings and the checksum of the weights to `model.json`."""
    state = {name: tensor.cpu().numpy() for name, tensor in network.state_dict().items()}
    weights, about = folder / "model.safetensors", folder / "model.json"
    write_tensors(weights, state, {})
    checksum = tensors_checksum(state, {})
    saved = {"settings": settings.model_dump(mode="json"), "weights_sha256": checksum}
    write_sealed(about, saved)
    return [weights, about]


def load_network(folder: str | Path) -> tuple[Network, NetworkSettings]:
    """Return the network that `save_network` wrote, quantised and in evaluation mode."""
    network, settings = load_trained(folder)
    if isinstance(network, Seq2Seq) or isinstance(settings, PairSettings):
        raise InputError(f"{folder} holds an encoder and a decoder: read them with load_pair")
    return network, settings


def load_pair(folder: str | Path) -> tuple[Seq2Seq, PairSettings]:
    """Return the encoder and the decoder that `save_network` wrote, as `load_network`."""
    network, settings = load_trained(folder)
    if isinstance(network, Network) or isinstance(settings, NetworkSettings):
        raise InputError(f"{folder} holds one network: read it with load_network")
    return network, settings


def built(settings: About) -> Trained:
    """Return the network, or the pair of networks, that has these settings."""
    networks = [Network.build(part) for part in settings.parts]
    return Seq2Seq(*networks) if len(networks) > 1 else networks[0]


def load_trained(folder: str | Path) -> tuple[Trained, About]:
    """The network or the pair that `save_network` wrote."""
    folder = Path(folder)
    settle(folder)
    weights, about = folder / "model.safetensors", folder / "model.json"
    remedy = f"train again with `spiking-gru train --out {folder} --force`"
    try:
        saved = _restored(read_sealed(about, remedy))
    except ValidationError as error:
        raise InputError(f"{about}: {first_fault(error)}: {remedy}") from error
    tensors, description = read_tensors(weights)
    require_checksum(weights, saved.weights_sha256, tensors_checksum(tensors, description), remedy)
    _require_enough(tensors, saved.settings, weights, remedy)
    network = built(saved.settings)
    state: dict[str, Any] = {name: torch.from_numpy(array) for name, array in tensors.items()}
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        text = one_line(" ".join(str(error).split()))
        raise InputError(f"{weights} does not fit {about.name}: {text}: {remedy}") from error
    for name, tensor in network.state_dict().items():
        if not tensor.isfinite().all():
            raise InputError(f"{weights}: {name} holds NaN or infinity: {remedy}")
    network.eval().quantise()
    return network, saved.settings


def _require_enough(
    tensors: Mapping[str, NDArray[Any]], settings: About, weights: Path, remedy: str
) -> None:
    """Refuse settings of a larger network than the file can fill, before it takes memory."""
    held = sum(array.size for array in tensors.values())
    asked = sum(part.trained_weights for part in settings.parts)
    if held < asked:
        raise InputError(
            f"{weights} holds {held:,} numbers, but model.json asks for {asked:,} weights: {remedy}"
        )
