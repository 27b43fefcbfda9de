"""The curves of a training run in a report: loss and first metric of every epoch, by phase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from hardware.errors import InputError, choose
from hardware.files.disk import first_fault
from hardware.reporting.schema import Curve, NetworkFigures
from hardware.runs.heads import ALONE

History = Iterable[Mapping[str, Any]]
"""Columns of each phase: `phase` (its name), `epoch`, `training_loss`, `validation_loss`, ….

`validation_` and the name of a metric is that metric on the validation part.
"""


def curves_of(
    history: History,
    best_epochs: Mapping[str, int],
    networks: Sequence[NetworkFigures],
    head: str = ALONE,
) -> list[Curve]:
    """Return the curves of each phase that made one of the networks.

    A phase whose epochs have no such metric has a curve of its losses alone. The metric is that of
    the `head`.
    """
    names = [network.name for network in networks]
    headline = next(iter(networks[-1].metrics))
    if head != ALONE:
        headline = f"{head}/{headline}"
    found = []
    for columns in history:
        name = choose("phase in history", str(columns.get("phase")), names)
        content = {
            "phase": name,
            "epoch": columns.get("epoch"),
            "training_loss": columns.get("training_loss"),
            "validation_loss": columns.get("validation_loss"),
            "metric": columns.get(f"validation_{headline}"),
            "kept_epoch": best_epochs.get(name),
        }
        try:
            found.append(Curve.model_validate(content, strict=True))
        except ValidationError as error:
            raise InputError(
                f"the history of {name} is not usable: {first_fault(error)}: give the one that "
                f"training has written"
            ) from error
    return found
