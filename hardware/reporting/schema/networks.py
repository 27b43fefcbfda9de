"""Networks that a report compares: their size, metrics and training."""

from __future__ import annotations

from pydantic import Field, model_validator

from hardware.errors import choose
from hardware.reporting.schema.base import Strict


class NetworkFigures(Strict):
    """One network: its size, its metrics, and what an inference of it does."""

    name: str
    title: str
    dense: bool
    """Whether it multiplies every weight at every step; else it sends events."""

    naive: bool = False
    """Whether it is a naive forecast, which has no weights."""

    hidden: int | None
    """Neurons of each layer; None where layers differ or it is not known."""

    parameters: int | None
    metrics: dict[str, float | None]
    """Every metric of the task by name; None where it is not known of this network."""

    spikes: float | None
    operations: float | None
    """Multiply-accumulates of a dense network, synaptic operations of the program."""

    energy_j: dict[str, float]
    """Arithmetic of a dense network by number format; core dynamic energy of the program."""

    @property
    def kind(self) -> str:
        """`naive`, `dense` or `spiking`."""
        return "naive" if self.naive else "dense" if self.dense else "spiking"

    @property
    def has_size(self) -> bool:
        """Whether more than its metrics is known."""
        return self.parameters is not None or self.operations is not None


class Curve(Strict):
    """The epochs of one phase of training, of which there may be an even choice."""

    phase: str
    """The name of the network that it made."""

    epoch: list[int] = Field(min_length=1)
    training_loss: list[float]
    validation_loss: list[float]
    metric: list[float | None] | None
    """The first metric of the task on the validation part."""

    kept_epoch: int | None

    @model_validator(mode="after")
    def _columns_are_equally_long(self) -> Curve:
        for column in (self.training_loss, self.validation_loss, self.metric):
            if column is not None and len(column) != len(self.epoch):
                raise ValueError(f"{len(column)} figures of {len(self.epoch)} epochs")
        return self

    @property
    def kept(self) -> int | None:
        """The place of the kept epoch in the columns."""
        return self.epoch.index(self.kept_epoch) if self.kept_epoch in self.epoch else None


class KnownTargets(Strict):
    """The targets that the metrics rest on."""

    per_frame: bool
    """Whether they are of frames; else of sequences."""

    known: int
    missing: int


class ClassFigures(Strict):
    """How one class was predicted; None where nothing is divided by."""

    name: str
    targets: int
    """Items of this class."""

    precision: float | None
    recall: float | None
    f1: float | None


class OutputFigures(Strict):
    """The errors of one output; None where none of its targets is known."""

    rmse: float | None
    mae: float | None


class HeadFigures(Strict):
    """How one of several targets was answered; the fields are as those of a report."""

    name: str
    classes: list[str]
    decision: str
    targets: KnownTargets | None
    metrics: dict[str, dict[str, float | None]]
    """Metrics of this head for each network; the deployed program is the last."""

    accuracy_interval: tuple[float, float] | None
    by_class: list[ClassFigures] | None
    by_output: list[OutputFigures] | None
    confusion: list[list[int]] | None


class Networks(Strict):
    """The networks that a report compares, and how they were trained."""

    networks: list[NetworkFigures]
    """The deployed program is the last."""

    curves: list[Curve]
    """Curves of the phases of training in order; none if the training is not known."""

    @property
    def deployed(self) -> NetworkFigures:
        """The program, as a row among the networks."""
        return self.networks[-1]

    def network(self, name: str) -> NetworkFigures:
        """Return the network of a name."""
        rows = {network.name: network for network in self.networks}
        return rows[choose("network", name, rows)]

    @property
    def metrics(self) -> list[str]:
        """The names of the task's metrics; the headline is the first."""
        return list(self.deployed.metrics)

    @property
    def headline(self) -> str:
        """The name of the metric that comes first."""
        return self.metrics[0]

    @property
    def known_metrics(self) -> list[str]:
        """The headline, and every other metric that is known of a network."""
        return [
            name
            for name in self.metrics
            if name == self.headline or any(n.metrics[name] is not None for n in self.networks)
        ]
