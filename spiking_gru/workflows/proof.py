"""The proof of a network that is still to be trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware.errors import RangeError

if TYPE_CHECKING:
    from spiking_gru.data import Dataset
    from spiking_gru.settings import TrainingSettings


def require_convertible(settings: TrainingSettings, dataset: Dataset) -> None:
    """Refuse to train a network whose numbers could leave the word before its first epoch."""
    from conversion import conversion_of
    from conversion.of_pair import networks_of
    from spiking_gru.seq2seq import Seq2Seq
    from spiking_gru.training.train import fresh_network

    made, _ = fresh_network(settings, dataset)
    try:
        for network in networks_of(made) if isinstance(made, Seq2Seq) else [made]:
            conversion_of(network)
    except RangeError as error:
        raise RangeError(f"before the first epoch, {error}") from error
