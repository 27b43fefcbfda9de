"""The fields of `report.json`. Units are in the names; figures are per inference."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeInt

SCHEMA = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatasetPart(_Strict):
    name: str
    test_samples: int


class Accuracy(_Strict):
    """Share of test samples named rightly; None where a run has no such network."""

    baseline_gru: float | None
    float_: float | None
    quantised: float | None
    deployed: float | None


class Verified(_Strict):
    """What was held against each other.

    `mismatches` counts events, spikes, membranes and scores; `spikes_compared` the spikes alone.
    """

    engines: list[str]
    spikes_compared: NonNegativeInt
    mismatches: NonNegativeInt


class Spread(_Strict):
    mean: float
    median: float
    p95: float


class PerInference(_Strict):
    steps: Spread
    input_events: Spread
    spikes: Spread
    synaptic_operations: Spread
    neuron_updates: Spread


class LayerFigures(_Strict):
    """One layer; counts are means."""

    name: str
    neurons: int
    synapses: int
    spikes: float
    synaptic_operations: float
    neuron_updates: float
    firing_rate: float
    core_dynamic_j: float


class Range(_Strict):
    low: float
    nominal: float
    high: float


class Energy(_Strict):
    core_dynamic: Range
    core_static: Range
    host: Range


class Latency(_Strict):
    core: Range
    host: Range


class ChipFigures(_Strict):
    """Mean cost of an inference on one chip."""

    name: str
    cores: int
    runs_gated_neurons: bool
    note: str
    inherited: dict[str, str]
    """Scopes that rest on another chip's figures, with that chip's name."""

    energy_j: Energy
    latency_s: Latency


class DenseFigures(_Strict):
    """The same task as a GRU of the same size."""

    multiply_accumulates: float
    energy_j: dict[str, float]
    """Arithmetic only, by number format."""

    device_j: dict[str, float]
    """Whole devices."""


class Report(_Strict):
    schema_number: int
    dataset: DatasetPart
    classes: list[str]
    accuracy: Accuracy
    verification: Verified | None
    engine: str
    chip: str
    per_inference: PerInference
    energy_j: Energy
    latency_s: Latency
    layers: list[LayerFigures]
    chips: dict[str, ChipFigures]
    dense_gru: DenseFigures
    delta_gru: DenseFigures
    """One that skips what has not changed."""

    spikes_per_synapse: float
    break_even: tuple[float, float]
    conclusion: str
    provenance: dict[str, Any]
    versions: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """As `report.json` holds it: Python keeps the names `schema` and `float` for itself."""
        content = self.model_dump(mode="json")
        content["schema"] = content.pop("schema_number")
        content["accuracy"]["float"] = content["accuracy"].pop("float_")
        return content
