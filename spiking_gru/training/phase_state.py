"""The state of a phase as named arrays and a JSON object, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from torch import Tensor
from torch.optim import Optimizer

from hardware.errors import InputError
from hardware.files.disk import one_line
from spiking_gru.training.history import Column
from spiking_gru.training.phase import Phase, Sums

Columns = dict[str, Column]
Arrays = dict[str, NDArray[Any]]


class About(BaseModel):
    """The part of a phase's state that JSON holds."""

    model_config = ConfigDict(extra="forbid", strict=True)

    phase: str
    epoch: int
    best_epoch: int
    history: list[str]
    """Names of the columns."""

    notes: list[str] | None = None
    """Notes on a phase that has ended; None of one in progress."""

    sums: dict[str, int | float] = {}
    schedule: dict[str, Any] = {}
    rates: list[float] = []
    """The learning rate of each group of parameters."""


class PhaseState(NamedTuple):
    """The state of a phase: named arrays, and what describes them."""

    arrays: Arrays
    about: About

    @classmethod
    def of_ended(cls, run: Phase, columns: Columns, notes: list[str]) -> PhaseState:
        """Return the state of a phase that has ended: its model, its history and its notes."""
        arrays = _arrays("model", run.model.state_dict()) | _history(columns)
        return cls(arrays, About(**_progress(run, columns), notes=notes))

    @classmethod
    def of(cls, run: Phase, columns: Columns) -> PhaseState:
        """Return everything that a phase needs in order to go on as if it had never stopped."""
        arrays = _history(columns)
        arrays |= _arrays("model", run.model.state_dict())
        arrays |= _arrays("averaged", run.averaged.state_dict())
        arrays |= _arrays("best", run.best_state)
        arrays |= _arrays("optimiser", _of_optimiser(run.optimiser))
        arrays |= _arrays("mask", {str(i): mask for i, mask in enumerate(run.pruning.masks)})
        arrays |= _arrays("random", {"batches": run.epoch_start, **_random(run)})
        about = About(
            **_progress(run, columns),
            sums=vars(run.sums),
            schedule=run.schedule.state_dict(),
            rates=[group["lr"] for group in run.optimiser.param_groups],
        )
        return cls(arrays, about)

    @property
    def has_ended(self) -> bool:
        return self.about.notes is not None

    @property
    def columns(self) -> Columns:
        """The history of the phase."""
        return {
            name: [None if math.isnan(x) else x for x in self.arrays[f"history:{name}"].tolist()]
            for name in self.about.history
        }

    def restore(self, run: Phase) -> None:
        """Bring a phase that has just begun to where this state was taken."""
        try:
            self._restore(run)
        except (RuntimeError, LookupError, TypeError, ValueError) as error:
            raise InputError(
                f"the checkpoint of the phase {run.name!r} does not fit it: "
                f"{one_line(' '.join(str(error).split()))}: start over with --force (force=True in "
                f"Python)"
            ) from error

    def _restore(self, run: Phase) -> None:
        arrays, about = self
        run.epoch, run.best_epoch = about.epoch, about.best_epoch
        run.model.load_state_dict(_tensors("model", arrays))
        if self.has_ended:
            return
        device = run.model.device
        run.averaged.load_state_dict(_tensors("averaged", arrays))
        run.best_state = {name: part.to(device) for name, part in _tensors("best", arrays).items()}
        _restore_optimiser(run.optimiser, _tensors("optimiser", arrays), about.rates)
        run.schedule.load_state_dict(about.schedule)
        for i, mask in enumerate(run.pruning.masks):
            mask.copy_(torch.from_numpy(arrays[f"mask:{i}"]).bool())
        run.sums = Sums(**about.sums)  # type: ignore[arg-type]
        random = _tensors("random", arrays)
        run.epoch_start = random["batches"]
        run.generator.set_state(run.epoch_start)
        torch.set_rng_state(random["torch"])
        if device.type == "cuda":
            torch.cuda.set_rng_state(random["cuda"], device)


def _progress(run: Phase, columns: Columns) -> dict[str, Any]:
    return {
        "phase": run.name,
        "epoch": run.epoch,
        "best_epoch": run.best_epoch,
        "history": list(columns),
    }


def _history(columns: Columns) -> Arrays:
    """Return a history as arrays; no figure of it is NaN."""
    return {f"history:{name}": np.array(column, np.float64) for name, column in columns.items()}


def _random(run: Phase) -> dict[str, Tensor]:
    """Return the states of the random numbers that dropout draws."""
    found = {"torch": torch.get_rng_state()}
    if run.model.device.type == "cuda":
        found["cuda"] = torch.cuda.get_rng_state(run.model.device)
    return found


def _of_optimiser(optimiser: Optimizer) -> dict[str, Tensor]:
    """Return the state of an optimiser: its tensors by parameter and name."""
    return {
        f"{number}:{name}": value
        for number, known in optimiser.state_dict()["state"].items()
        for name, value in known.items()
        if value is not None
    }


def _restore_optimiser(
    optimiser: Optimizer, known: Mapping[str, Tensor], rates: list[float]
) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for place, value in known.items():
        number, name = place.split(":")
        state.setdefault(int(number), {})[name] = value
    groups = optimiser.state_dict()["param_groups"]
    for group, rate in zip(groups, rates, strict=True):
        group["lr"] = rate
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def _arrays(kind: str, tensors: Mapping[str, Tensor]) -> Arrays:
    """Return tensors as arrays whose names begin with their kind; truth values as bytes."""
    arrays = {f"{kind}:{name}": tensor.detach().cpu() for name, tensor in tensors.items()}
    return {
        name: (tensor.to(torch.uint8) if tensor.dtype == torch.bool else tensor).numpy()
        for name, tensor in arrays.items()
    }


def _tensors(kind: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    """Return the tensors of a kind by the names that they had."""
    start = f"{kind}:"
    return {
        name[len(start) :]: torch.from_numpy(array)
        for name, array in arrays.items()
        if name.startswith(start)
    }
