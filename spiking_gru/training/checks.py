"""Refusals of data that a training run cannot take, before its first epoch."""

from __future__ import annotations

from hardware.definition.encoder import ENCODERS
from hardware.errors import InputError, SettingError
from hardware.sequences.counts import require_counts
from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import AnySequences
from spiking_gru.data import Dataset
from spiking_gru.data.pairs import source_of
from spiking_gru.data.part import Part
from spiking_gru.data.tasks import row_of
from spiking_gru.settings import TrainingSettings


def require_trainable(settings: TrainingSettings, dataset: Dataset) -> None:
    """Refuse anything but a data set, and frames that the encoder cannot take."""
    _require_dataset(dataset)
    if settings.bidirectional and row_of(dataset.task).predicts_tokens:
        raise SettingError(
            "a bidirectional network reads a text from its end as well, so it would see the tokens "
            "that it predicts: leave bidirectional out"
        )
    _require_values(dataset, settings.resolved(dataset.task, dataset.encoder).encoder or "")


def _require_dataset(dataset: object) -> None:
    if not isinstance(dataset, Dataset):
        raise InputError(
            f"the data set is of the type {type(dataset).__name__}, expected a Dataset: make one "
            f"with Dataset.from_lists(sequences, targets), or load one by name or path"
        )


def _require_values(dataset: Dataset, encoder: str) -> None:
    """Refuse frames that are no counts where the encoder takes counts."""
    if not ENCODERS[encoder].counts:
        return
    for name in ("training", "validation", "test"):
        try:
            require_counts(_seen(dataset, getattr(dataset, name)))
        except InputError as error:
            raise InputError(f"the encoder {encoder!r}: {name} part, {error}") from error


def _seen(dataset: Dataset, part: Part) -> AnySequences:
    """Return the frames that the encoder sees; of pairs their sources."""
    if dataset.reads is None:
        return part.sequences
    return Sequences.of([source_of(one) for one in part.sequences])
