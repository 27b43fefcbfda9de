"""Callbacks: code of the user that watches a training, and may end a phase of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hardware.errors import InputError
from spiking_gru.model import SequenceModel
from spiking_gru.training.evaluation import Score


@dataclass(frozen=True)
class PhaseReport:
    """A phase that begins."""

    phase: str
    epochs: int
    model: SequenceModel
    """The model that the phase trains."""

    done: int | None = None
    """Epochs that a killed training has done, which are not trained again; None if there was none.

    The model gets their weights after the call.
    """


@dataclass(frozen=True)
class BatchReport:
    """A batch that has ended."""

    phase: str
    epoch: int
    batch: int
    """Its number in the epoch, from 1."""

    batches: int
    loss: float
    gradient_norm: float
    """The gradient's norm before it is clipped."""

    learning_rate: float


@dataclass(frozen=True)
class EpochReport:
    """An epoch that has ended."""

    phase: str
    epoch: int
    epochs: int
    loss: float
    """Mean training loss."""

    validation: Score
    learning_rate: float
    gradient_norm: float
    """Mean norm of the gradients before they are clipped."""

    seconds: float

    @property
    def spike_rate(self) -> float:
        """Emissions of a neuron in a step, on the validation part."""
        return self.validation.spike_rate


class Callback:
    """Watches a training; a subclass overrides the methods that it needs.

    `on_batch` and `on_epoch` end the phase where they return True. An exception ends the training;
    the same call goes on from the last checkpoint.
    """

    def on_phase(self, report: PhaseReport) -> None:
        """Act before the first epoch of a phase."""

    def on_batch(self, report: BatchReport) -> bool | None:
        """Act after a batch."""

    def on_epoch(self, report: EpochReport) -> bool | None:
        """Act after an epoch."""


class _Function(Callback):
    """A function that is called after each epoch."""

    def __init__(self, function: Callable[[EpochReport], object]) -> None:
        self.function = function

    def on_epoch(self, report: EpochReport) -> bool | None:
        return self.function(report) is True


Watcher = Callback | Callable[[EpochReport], object]
"""A callback, or a function that is called after each epoch."""


class Callbacks(Callback):
    """Several callbacks in turn; the phase ends where one of them returns True."""

    def __init__(self, given: Iterable[Watcher]) -> None:
        self.each = [as_callback(watcher) for watcher in given]

    def on_phase(self, report: PhaseReport) -> None:
        for each in self.each:
            each.on_phase(report)

    def on_batch(self, report: BatchReport) -> bool:
        answers = [each.on_batch(report) for each in self.each]
        return True in answers

    def on_epoch(self, report: EpochReport) -> bool:
        answers = [each.on_epoch(report) for each in self.each]
        return True in answers


def as_callback(given: Watcher) -> Callback:
    """Return a callback as it is; a function as one that is called after each epoch."""
    if isinstance(given, Callback):
        return given
    if isinstance(given, type) or not callable(given):
        found = f"the class {given.__name__}" if isinstance(given, type) else repr(given)
        raise InputError(
            f"a callback is {found:.60}: expected an instance of spiking_gru.Callback, or a "
            f"function of an EpochReport"
        )
    return _Function(given)
