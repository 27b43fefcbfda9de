"""Settings of a network for any data; every field is an option of `train`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.limits import LONGEST_WINDOW
from hardware.errors import SettingError, choose
from spiking_gru.settings.called import CalledByUsers
from spiking_gru.settings.names import one_of

if TYPE_CHECKING:
    from hardware.definition.cell import Cell

SPIKES = "binary"
"""The emission of a network that is built without one."""

SPIKES_ABOVE = 0.3
"""The threshold of spikes that training takes unless told otherwise."""


class NetworkChoices(BaseModel, metaclass=CalledByUsers):
    """Settings of a network for any data."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    hidden: int = Field(128, ge=1, le=8192, description="Neurons in each layer.")
    layers: int = Field(1, ge=1, le=16, description="Layers.")
    bidirectional: bool = Field(False, description="Read every sequence backward as well.")
    formulation: str = Field("torch", description=f"{one_of(FORMULATIONS)}.")
    emit: str | None = Field(
        None,
        description=f"{one_of(EMISSIONS)}; graded is send-on-delta. Default: binary for classes, "
        "graded for values.",
    )
    reset_mechanism: str = Field(
        "subtract", description=f"After a spike: {one_of(RESET_MECHANISMS)}."
    )
    activation: str = Field("hard", description="Form of σ and tanh: hard or table.")
    threshold: float | None = Field(
        None,
        ge=0,
        lt=1,
        description=f"Threshold of a spike or a graded message. Default: {SPIKES_ABOVE} for "
        "spikes; for graded 0.1 with classes, 0.05 with values.",
    )
    learn_threshold: bool = Field(False, description="Learn the threshold of each layer.")
    learn_initial_state: bool = Field(
        False, description="Learn the membranes at the start of a sequence."
    )
    bits: int = Field(8, ge=2, le=8, description="Bits of a weight, 2 to 8.")
    encoder: str | None = Field(
        None,
        description="graded, send-on-delta, rate, latency, level-crossing, population; events for "
        "counts of an event camera, tokens for text. Default: by the data.",
    )
    encoder_threshold: float = Field(
        0.25,
        ge=0,
        le=7,
        description="In standard deviations: the change that send-on-delta sends; the distance of "
        "two levels of level-crossing.",
    )
    encoder_steps: int = Field(4, ge=1, le=256, description="rate, latency: steps of a frame.")
    encoder_fields: int = Field(
        8, ge=2, le=32, description="population: receptive fields of a channel."
    )
    embedding: int = Field(
        0,
        ge=0,
        le=4096,
        description="tokens: values of a token's embedding, which is multiplied into the first "
        "layer's weights; 0 is none.",
    )
    leak: int = Field(4, ge=1, le=8, description="leaky: a score loses 2^-leak at each step.")
    window: int = Field(
        64,
        ge=1,
        le=LONGEST_WINDOW,
        description="sliding, tumbling: steps of a window, whose steps a score sums.",
    )
    dropout: float = Field(0.3, ge=0, lt=1, description="Share of emissions dropped in training.")

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Show the settings that differ from the usual ones."""
        return [
            (name, value)
            for name, value in self
            if value != type(self).model_fields[name].get_default()
        ]

    def _cell(self, emit: str) -> Cell:
        from hardware.definition.cell import Cell

        return Cell(
            formulation=self.formulation,
            emit=emit,
            reset_mechanism=self.reset_mechanism,
            activation=self.activation,
            weight_bits=self.bits,
        )

    @model_validator(mode="after")
    def _names_are_known(self) -> NetworkChoices:
        from hardware.definition.encoder import ENCODERS

        if self.encoder is not None:
            choose("encoder", self.encoder, ENCODERS)
        if self.embedding and self.encoder and not ENCODERS[self.encoder].by_token:
            raise SettingError(
                f"embedding is {self.embedding}, but the encoder {self.encoder!r} sends no tokens: "
                f"use the encoder tokens, or leave the embedding out"
            )
        spiking = self._cell(self.emit or SPIKES).spiking
        if self.emit and spiking and self.threshold == 0:
            raise SettingError(
                f"threshold is 0 with {self.emit} spikes: it must lie between 0 and 1, or a "
                f"neuron would fire whenever it is not silent"
            )
        return self
