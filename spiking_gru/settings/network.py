"""Settings from which a network for given data is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from hardware.definition.decision import ONE_OF
from hardware.definition.limits import FEWEST_TOKENS, MOST_TOKENS, MOST_WEIGHTS, WIDEST
from hardware.errors import SettingError, choose, name_fault
from spiking_gru.settings.choices import SPIKES, SPIKES_ABOVE, NetworkChoices

if TYPE_CHECKING:
    from hardware.definition.cell import Cell
    from hardware.definition.target import Head, Target

OFTEN = 256
"""Tokens of a vocabulary that are each seen often."""


class HeadSettings(BaseModel):
    """One of several targets of a network: classes, or the scale and offset of each value."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    classes: tuple[str, ...] = Field((), max_length=WIDEST)
    scale: tuple[float, ...] = Field((), max_length=WIDEST)
    offset: tuple[float, ...] = Field((), max_length=WIDEST)
    decision: str = ONE_OF

    @property
    def head(self) -> Head:
        from hardware.definition.target import Head, Target

        target = Target(self.classes, self.scale, self.offset, self.decision)
        outputs = target.row.outputs(len(self.classes)) if self.classes else len(self.scale)
        return Head(self.name, target, outputs)


class NetworkSettings(NetworkChoices):
    """All settings from which a network is built."""

    emit: str = SPIKES
    threshold: float = Field(SPIKES_ABOVE, ge=0, lt=1)
    encoder: str = "graded"
    channels: int = Field(ge=1, le=WIDEST)
    tokens: int = Field(0, ge=0, le=MOST_TOKENS)
    """Tokens of each channel, for the encoder `tokens`."""

    task: str = "classify"
    readout: str = "mean"
    classes: tuple[str, ...] = Field((), max_length=WIDEST)
    scale: tuple[float, ...] = Field((), max_length=WIDEST)
    """Unit of each value, for a task of values."""

    offset: tuple[float, ...] = Field((), max_length=WIDEST)
    decision: str | None = None
    """The way from scores to classes; that of the task unless told otherwise."""

    preprocessing: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Names and settings of the steps on the host that make frames, as a program states them."""

    vocabulary: dict[str, Any] | None = None
    """The vocabulary of texts, as a program states it."""

    heads: tuple[HeadSettings, ...] = ()
    """Several targets, in place of classes, scale and offset."""

    @field_validator("vocabulary", mode="before")
    @classmethod
    def _as_stated(cls, given: Any) -> Any:
        """Take a `Vocabulary` as well."""
        return getattr(given, "described", given)

    @model_serializer(mode="wrap")
    def _without_what_is_none(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what there is none of and older files did not have."""
        content: dict[str, Any] = fields(self)
        for name in ("heads", "tokens", "embedding", "vocabulary"):
            if not getattr(self, name):
                del content[name]
        return content

    @property
    def cell(self) -> Cell:
        return self._cell(self.emit)

    @property
    def target(self) -> Target:
        from hardware.definition.target import Target
        from spiking_gru.data.tasks import row_of

        row = row_of(self.task)
        if self.heads:
            return Target(heads=tuple(settings.head for settings in self.heads))
        decision = self.decision or row.decision
        return Target(self.classes, self.scale, self.offset, decision)

    @property
    def outputs(self) -> int:
        if self.heads:
            return sum(head.outputs for head in self.target.heads)
        classes = len(self.classes)
        return self.target.row.outputs(classes) if classes else len(self.scale)

    @property
    def states(self) -> int:
        """Values that the readout of the last layer sees, and 1 for its biases."""
        return self.hidden * (2 if self.bidirectional else 1) + 1

    @property
    def sources(self) -> int:
        """Number of sources of the first layer: the channels, their receptive fields or tokens."""
        from hardware.definition.encoder import ENCODERS

        row = ENCODERS[self.encoder]
        of_each = self.encoder_fields if row.by_field else self.tokens if row.by_token else 1
        return self.channels * of_each

    @property
    def at_once(self) -> float | None:
        """Inputs by which the first weights are scaled; None for the sources of the encoder.

        Of tokens those that send at a step. Columns of many tokens begin smaller: a token that is
        seldom seen keeps its first column, which is noise.
        """
        return self.channels * max(1.0, self.tokens / OFTEN) if self.tokens else None

    @property
    def trained_weights(self) -> int:
        """Weights that are trained: those of an embedding in place of its product's."""
        if not self.embedding:
            return self.weights
        row, directions = self.cell.row, 2 if self.bidirectional else 1
        received = len(row.input_gates) * directions * self.hidden
        return (
            self.weights
            - received * self.sources
            + self.embedding * (received + directions * self.sources)
        )

    @property
    def parts(self) -> tuple[NetworkSettings, ...]:
        """The settings of each network: of this one alone."""
        return (self,)

    def sized(self, hidden: int) -> NetworkSettings:
        """Return the same settings with that many neurons in each layer."""
        return self.model_copy(update={"hidden": hidden})

    @property
    def weights(self) -> int:
        """Weights of all layers and of the readout, as a program has them."""
        row, directions = self.cell.row, 2 if self.bidirectional else 1
        states = directions * self.hidden
        inputs = self.sources + (self.layers - 1) * states
        received = len(row.input_gates) * inputs
        received += self.layers * len(row.recurrent_gates) * self.hidden
        return states * (received + self.outputs)

    @model_validator(mode="after")
    def _can_be_converted(self) -> NetworkSettings:
        from hardware.definition.readout import READOUTS

        choose("readout", self.readout, READOUTS)
        for fault in filter(None, map(name_fault, self.target.names)):
            raise SettingError(f"classes: {fault}: choose another name")
        given = bool(self.classes or self.scale or self.offset)
        if not self.outputs or len(self.target.offset) != len(self.scale) or (self.heads and given):
            raise SettingError(
                f"{len(self.classes)} classes, {len(self.scale)} scales and {len(self.offset)} "
                f"offsets: expected classes, or a scale and an offset of each value"
            )
        if not self.sources:
            raise SettingError(
                f"the encoder is {self.encoder!r}, but there are {self.tokens} tokens: give the "
                f"number of tokens of the data, {FEWEST_TOKENS} to {MOST_TOKENS:,}"
            )
        if self.sources > WIDEST:
            raise SettingError(
                f"{self.channels} channels of {self.sources // self.channels} receptive fields or "
                f"tokens are {self.sources:,} inputs, but a layer takes {WIDEST:,}: use fewer"
            )
        if self.weights > MOST_WEIGHTS:
            raise SettingError(
                f"{self.hidden} neurons in {self.layers} layers have {self.weights:,} weights, "
                f"but a program holds {MOST_WEIGHTS:,}: use fewer neurons or layers"
            )
        return self
