"""Parts of a report that others have as fields."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """No field is missing, unknown or changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(Strict):
    low: float
    nominal: float
    high: float


class Spread(Strict):
    mean: float
    median: float
    p95: float


class DatasetPart(Strict):
    name: str
    fingerprint: str | None
    test_samples: int
