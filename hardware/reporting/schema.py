"""The fields of `report.json`. Units are in the names; figures are per inference."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

SCHEMA = 4


class Strict(BaseModel):
    """No field is missing, unknown or changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetPart(Strict):
    name: str
    fingerprint: str | None
    test_samples: int


class Networks(Strict):
    """A metric of each network; None where a run has no such network or no such metric."""

    baseline_gru: float | None
    float_: float | None = Field(alias="float")
    quantised: float | None
    deployed: float | None

    def by_name(self) -> dict[str, float | None]:
        """Return the metric by the names that networks have in `report.json`."""
        return {
            "baseline_gru": self.baseline_gru,
            "float": self.float_,
            "quantised": self.quantised,
            "deployed": self.deployed,
        }


class Accuracy(Networks):
    """Share of the known targets that were predicted."""

    deployed_interval: tuple[float, float] | None
    """None where targets are of frames, which depend on each other."""


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


class ClampedInputs(Strict):
    """Values of the frames that the encoder clamped."""

    share: float
    largest_share: float
    """Of the inputs of the channel with the most."""

    channel: int
    """The channel with the most."""

    warning: str | None
    """Where it is more than such an encoder clamps of data like the training's."""


class Verified(Strict):
    """What was held against each other.

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


class Report(Strict):
    schema_number: int
    dataset: DatasetPart
    classes: list[str]
    targets: KnownTargets | None
    accuracy: Accuracy
    metrics: dict[str, Networks]
    """The other metrics of the task by name."""

    by_class: list[ClassFigures] | None
    confusion: list[list[int]] | None
    """Rows are what samples are, columns what they were named, in the order of `classes`."""

    verification: Verified | None
    clamped_inputs: ClampedInputs | None
    """None where the trace has not counted them."""

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
    provenance: dict[str, Any]
    versions: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """As `report.json` holds it: Python keeps the names `schema` and `float` for itself."""
        content = self.model_dump(mode="json", by_alias=True)
        content["schema"] = content.pop("schema_number")
        return content

    @property
    def headline(self) -> str:
        """The name of the metric that comes first."""
        return next(iter(self.each_metric()))

    def each_metric(self) -> dict[str, tuple[str, Networks]]:
        """Every metric of the task with its JSON pointer."""
        others = {name: (f"/metrics/{name}", found) for name, found in self.metrics.items()}
        return {"accuracy": ("/accuracy", self.accuracy), **others} if self.classes else others
