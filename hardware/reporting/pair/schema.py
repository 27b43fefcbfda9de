"""The fields of a translation's `report.json`. Figures are per inference: of one source."""

from __future__ import annotations

from typing import Any

from hardware.reporting.schema import (
    ChipFigures,
    DatasetPart,
    DeviceFigures,
    Networks,
    PerInference,
    RivalFigures,
    Strict,
    UseFigures,
    Verified,
)

PAIR_SCHEMA = 2


class PartFigures(Strict):
    """Counts and cost of one half, or of both together."""

    per_inference: PerInference
    chips: dict[str, ChipFigures]


class TextFigures(Strict):
    """One text."""

    sample: int
    source: str | None
    """None where sources are no texts."""

    written: str
    expected: str | None
    ended: bool
    bits: float
    """−log2 of its probability."""


class PairReport(Networks):
    """The report of a translation; that of each half has the figures of its layers."""

    schema_number: int
    dataset: DatasetPart
    engine: str
    beam: int
    most: int
    """The most tokens of a text."""

    ended: float
    """Share of the texts that came to their end."""

    exact_match_interval: tuple[float, float] | None
    verification: Verified | None
    emits: str
    chip: str
    charged: str
    """The name of `chip` in `chips`."""

    encoder: PartFigures
    decoder: PartFigures
    both: PartFigures
    handed_over: int
    """Membranes that the host hands over."""

    cost_model: str
    dense_gru: RivalFigures
    """Dense GRUs of the same sizes."""

    devices: list[DeviceFigures]
    use: UseFigures

    conclusion: str
    texts: list[TextFigures]
    """Those shown on the page: wrong ones first."""

    provenance: dict[str, Any]
    versions: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """As `report.json` holds it."""
        content = self.model_dump(mode="json")
        content["schema"] = content.pop("schema_number")
        return content

    @property
    def parts(self) -> dict[str, PartFigures]:
        """The figures of each half and of both by name."""
        return {"encoder": self.encoder, "decoder": self.decoder, "both": self.both}
