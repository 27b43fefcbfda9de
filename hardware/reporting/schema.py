"""The fields of `report.json`. Units are in the names; figures are per inference."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, model_validator

from hardware.errors import choose

SCHEMA = 4


class Strict(BaseModel):
    """No field is missing, unknown or changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetPart(Strict):
    name: str
    fingerprint: str | None
    test_samples: int


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
    """Of each network its metrics of this head; the deployed program is the last."""

    accuracy_interval: tuple[float, float] | None
    by_class: list[ClassFigures] | None
    by_output: list[OutputFigures] | None
    confusion: list[list[int]] | None


class ClampedInputs(Strict):
    """Values of the frames that the encoder clamped."""

    share: float
    largest_share: float
    """Of the inputs of the channel with the most."""

    channel: int
    """The channel with the most."""

    warning: str | None
    """Where it is more than such an encoder clamps of data like the training's."""


class FrontEndFigures(Strict):
    """Operations of the host on a recording before the encoder sees its frames."""

    name: str
    settings: dict[str, Any]
    arithmetic_per_frame: int
    """Multiplications and additions."""

    logarithms_per_frame: int
    arithmetic: float
    """Multiplications and additions, a mean per inference."""


class Verified(Strict):
    """Engines whose numbers were compared.

    `mismatches` counts events, spikes, membranes and scores; `spikes_compared` the spikes alone.
    """

    engines: list[str]
    spikes_compared: NonNegativeInt
    mismatches: NonNegativeInt


class Spread(Strict):
    mean: float
    median: float
    p95: float


class PerInference(Strict):
    steps: Spread
    input_events: Spread
    spikes: Spread
    synaptic_operations: Spread
    neuron_updates: Spread


class Range(Strict):
    low: float
    nominal: float
    high: float


class LayerFigures(Strict):
    """One layer; counts are means."""

    name: str
    cores: int
    neurons: int
    synapses: int
    spikes: float
    synaptic_operations: float
    neuron_updates: float
    firing_rate: float
    core_dynamic_j: Range


class Energy(Strict):
    core_dynamic: Range
    core_static: Range
    host: Range


class Latency(Strict):
    core: Range
    host: Range


class ChipFigures(Strict):
    """Mean cost of an inference on one chip."""

    name: str
    cores: int
    runs_gated_neurons: bool
    note: str
    inherited: dict[str, str]
    """Scopes that rest on another chip's figures, with that chip's name."""

    energy_j: Energy
    latency_s: Latency


class Sample(Strict):
    """One inference; `why` says for what it was chosen."""

    sample: int
    why: str
    predicted: str | None
    actual: str | None
    values: list[float] | None
    """The answer of a program of values, in the unit of the target."""

    targets: list[float | None] | None
    error: float | None
    """Share of wrong classes among its targets, or RMSE."""

    scores: list[float]
    steps: int
    spikes: int
    synaptic_operations: int
    core_dynamic_j: Range


class Distribution(Strict):
    """How core dynamic energy, nominal, is spread over the inferences."""

    core_dynamic_j: Spread
    least_j: float
    most_j: float
    bin_edges_j: list[float]
    inferences: list[int]
    """In each bin; one less than edges."""

    most_expensive: list[Sample]


class ExitFigures(Strict):
    """The result of early exit at one margin; figures are means of one inference."""

    margin: float | None
    """In the unit of logits; None for whole sequences."""

    accuracy: float
    frames: float
    synaptic_operations: float
    core_dynamic_j: float
    """Nominal."""


class DenseFigures(Strict):
    """The same task as a GRU of the same size."""

    multiply_accumulates: float
    energy_j: dict[str, float]
    """Arithmetic only, by number format."""

    device_j: dict[str, float]
    """Whole devices."""


class MeasuredFigures(Strict):
    """An ordinary network on an ordinary machine, by the clock."""

    network: str
    machine: str
    software: str
    threads: int
    batch: int
    frames: int
    rounds: int
    least_s: float
    median_s: float
    power_w: float | None
    energy_j: float | None


class Networks(Strict):
    """The networks that a report compares, and how they were trained."""

    networks: list[NetworkFigures]
    """The deployed program is the last."""

    curves: list[Curve]
    """Of each phase of training in its order; none where the training is not known."""

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


class Report(Networks):
    schema_number: int
    dataset: DatasetPart
    classes: list[str]
    decision: str
    """The way from scores to classes."""

    targets: KnownTargets | None
    accuracy_interval: tuple[float, float] | None
    """Of the program; None where targets are of frames, which depend on each other."""

    by_class: list[ClassFigures] | None
    by_output: list[OutputFigures] | None
    """Errors of each value of an answer, for forecasts of each step ahead."""

    confusion: list[list[int]] | None
    """Rows are what samples are, columns what they were named, in the order of `classes`."""

    verification: Verified | None
    clamped_inputs: ClampedInputs | None
    """None where the trace has not counted them, and where the encoder clamps nothing."""

    front_end: FrontEndFigures | None
    """None where the program states no features that the host computes."""

    engine: str
    emits: str
    readout: str
    chip: str
    charged: str
    """The name of `chip` in `chips`."""

    per_inference: PerInference
    energy_j: Energy
    core_dynamic_by_operation_j: dict[str, Range]
    latency_s: Latency
    layers: list[LayerFigures]
    early_exit: list[ExitFigures] | None = None
    """The curve of early exit, whole sequences last; None where no sequence ends early."""

    distribution: Distribution
    samples: list[Sample]
    """Those drawn on the page."""

    chips: dict[str, ChipFigures]
    dense_gru: DenseFigures
    delta_gru: DenseFigures
    """One that skips what has not changed."""

    measured_gru: MeasuredFigures | None
    """On the host, where it was measured."""

    spikes_per_synapse: float
    break_even: tuple[float, float]
    conclusion: str
    head: str | None = None
    """The head whose metrics and answers the fields above hold: the first of several."""

    heads: list[HeadFigures] = []
    """Each of several heads; none where there is one target."""

    provenance: dict[str, Any]
    versions: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """As `report.json` holds it: Python keeps the name `schema` for itself."""
        content = self.model_dump(mode="json", by_alias=True)
        content["schema"] = content.pop("schema_number")
        return content
