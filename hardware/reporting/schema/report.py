"""The fields of `report.json`. Units are in the names; figures are per inference."""

from __future__ import annotations

from html import escape
from typing import Any

from pydantic import Field

from hardware.display import html_table, number_of
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

DEVICE_COLUMNS = {
    "dynamic_j": "dynamic, µJ",
    "static_j": "static, µJ",
    "host_j": "host, µJ",
    "total_j": "total, µJ",
    "time_s": "time, µs",
}
"""Fields of a device with their titles in a notebook."""


def _nominal(found: Range | None) -> str:
    return "–" if found is None else f"{1e6 * found.nominal:.3g}"


class Report(Networks):
    """The report of a run: what `report.json` holds and `report.html` shows."""

    schema_number: int
    dataset: DatasetPart
    classes: list[str]
    decision: str
    """The way from scores to classes."""

    targets: KnownTargets | None
    accuracy_interval: tuple[float, float] | None
    """95 % interval of the program; None for targets of frames, which depend on each other."""

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
    window: int | None = None
    """Steps of the readout's window; None without one."""

    chip: str
    charged: str
    """The name of `chip` in `chips`."""

    per_inference: PerInference
    host_operations: float
    """Operations of the host: features, encoder, and messages to and from the chip."""

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

    def __repr__(self) -> str:
        samples = number_of(self.dataset.test_samples, "inference")
        return f"Report({self.dataset.name!r}: {samples} on {self.chip}, {self.engine!r} engine)"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Return the table of devices with the verdict, for notebooks."""
        columns = ["device", *DEVICE_COLUMNS.values()]
        rows = [
            [device.name, *(_nominal(getattr(device, field)) for field in DEVICE_COLUMNS)]
            for device in self.devices
        ]
        return f"{html_table(repr(self), columns, rows)}<p>{escape(self.conclusion)}</p>"

    def as_json(self) -> dict[str, Any]:
        """As `report.json` holds it: Python keeps the name `schema` for itself."""
        content = self.model_dump(mode="json", by_alias=True)
        content["schema"] = content.pop("schema_number")
        return content
