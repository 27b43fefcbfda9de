"""Work of a run: its inputs, counts, layers and single inferences."""

from __future__ import annotations

from typing import Any

from pydantic import NonNegativeInt

from hardware.reporting.schema.base import Range, Spread, Strict


class ClampedInputs(Strict):
    """Values of the frames that the encoder clamped."""

    share: float
    largest_share: float
    """Share of the inputs of the channel with the most."""

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


class PerInference(Strict):
    steps: Spread
    input_events: Spread
    spikes: Spread
    synaptic_operations: Spread
    neuron_updates: Spread


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
    instructions_per_step: int | None
    """Instructions of a neuron that emits nothing; None for the readout, which has no list."""

    core_dynamic_j: Range


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
