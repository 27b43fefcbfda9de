"""The fields of `report.json`. Units are in the names; figures are per inference."""

from hardware.reporting.schema.base import DatasetPart, Range, Spread, Strict
from hardware.reporting.schema.costs import (
    ChipFigures,
    DemandFigures,
    DeviceFigures,
    Energy,
    FormatFigures,
    Latency,
    MeasuredFigures,
    RivalFigures,
    UseFigures,
)
from hardware.reporting.schema.networks import (
    ClassFigures,
    Curve,
    HeadFigures,
    KnownTargets,
    NetworkFigures,
    Networks,
    OutputFigures,
)
from hardware.reporting.schema.report import Report
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

SCHEMA = 5

__all__ = [
    "SCHEMA",
    "ChipFigures",
    "ClampedInputs",
    "ClassFigures",
    "Curve",
    "DatasetPart",
    "DemandFigures",
    "DeviceFigures",
    "Distribution",
    "Energy",
    "ExitFigures",
    "FormatFigures",
    "FrontEndFigures",
    "HeadFigures",
    "KnownTargets",
    "Latency",
    "LayerFigures",
    "MeasuredFigures",
    "NetworkFigures",
    "Networks",
    "OutputFigures",
    "PerInference",
    "Range",
    "Report",
    "RivalFigures",
    "Sample",
    "Spread",
    "Strict",
    "UseFigures",
    "Verified",
]
