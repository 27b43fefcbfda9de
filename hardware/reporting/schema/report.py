"""The fields of `report.json`. Units are in the names; figures are per inference."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hardware.reporting.schema.base import DatasetPart, Range
from hardware.reporting.schema.costs import (
    ChipFigures,
    DeviceFigures,
    Energy,
    Latency,
    MeasuredFigures,
    RivalFigures,
    UseFigures,
)
from hardware.reporting.schema.networks import (
    ClassFigures,
    HeadFigures,
    KnownTargets,
    Networks,
    OutputFigures,
)
from hardware.reporting.schema.run import (
    ClampedInputs,
    Distribution,
    ExitFigures,
    FrontEndFigures,
    LayerFigures,
    PerInference,
    Sample,
    Verified,
)


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
    host_operations: float
    """Of the host: features, encoder, and messages to and from the chip."""

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
    cost_model: str
    dense_gru: RivalFigures
    delta_gru: RivalFigures
    """One that skips what has not changed."""

    measured: list[MeasuredFigures]
    """Networks on the host, where they were measured."""

    devices: list[DeviceFigures]
    use: UseFigures
    events_per_use: float
    """Events that an average synapse sees where a dense GRU uses it once: at a frame."""

    break_even: tuple[float, float]
    conclusion: str
    head: str | None = None
    """The head whose metrics and answers the fields above hold: the first of several."""

    heads: list[HeadFigures] = Field(default_factory=list)
    """Each of several heads; none where there is one target."""

    provenance: dict[str, Any]
    versions: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """As `report.json` holds it: Python keeps the name `schema` for itself."""
        content = self.model_dump(mode="json", by_alias=True)
        content["schema"] = content.pop("schema_number")
        return content
