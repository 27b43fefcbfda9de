"""Training of a network whose numbers are proven to fit, before its first epoch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spiking_gru.data import Dataset
from spiking_gru.run_folder import RunFolder
from spiking_gru.settings import TrainingSettings
from spiking_gru.training import train as train_networks
from spiking_gru.training.callbacks import Watcher
from spiking_gru.training.checks import require_trainable
from spiking_gru.workflows.proof import require_convertible


def train(
    settings: TrainingSettings,
    dataset: Dataset,
    folder: str | Path,
    report: Watcher = lambda _: None,
    *,
    force: bool = False,
    resume: bool | None = None,
    callbacks: Iterable[Watcher] = (),
    progress: bool | None = None,
) -> dict[str, Any]:
    """Train all networks, write ours with its settings; write and return `training.json`.

    The range of every integer is proven before the first epoch; a RangeError names the integer that
    does not fit. Only `force` replaces a run in the folder, once the new run is complete.
    `tensorboard --logdir FOLDER` shows the curves during training. A callback is a `Callback`, or a
    function that is called after each epoch; it ends a phase by returning True. A terminal and a
    notebook show the `progress`; True shows it anywhere, False nowhere.

    A training that was stopped or killed continues from its checkpoint to the same weights, if
    settings, data and versions are the same. With `resume=True` the call continues or is an error,
    with `resume=False` it starts over.
    """
    require_trainable(settings, dataset)
    RunFolder(Path(folder)).require_free_to_train(force, resume)
    require_convertible(settings.resolved(dataset.task, dataset.encoder), dataset)
    return train_networks(
        settings,
        dataset,
        folder,
        report,
        force=force,
        resume=resume,
        callbacks=callbacks,
        progress=progress,
    )
