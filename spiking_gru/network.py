"""Network: encoder, spiking GRU and readout; what is trained, saved and converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from hardware.definition.cell import cell_settings
from hardware.definition.readout import Target
from hardware.definition.vocabulary import Vocabulary
from spiking_gru.data.tasks import task_of
from spiking_gru.encoder import Encoder
from spiking_gru.layer import SpikingGRU, State
from spiking_gru.model import Carried, SequenceModel
from spiking_gru.operations import expected_operations, input_operations
from spiking_gru.readout import Readout, Seen
from spiking_gru.settings import NetworkSettings
from spiking_gru.sources import are_sources


def make_encoder(settings: NetworkSettings) -> Encoder:
    return Encoder(
        settings.channels,
        settings.encoder,
        threshold=settings.encoder_threshold,
        steps=settings.encoder_steps,
        fields=settings.encoder_fields,
        tokens=settings.tokens,
    )


def make_readout(settings: NetworkSettings, event_fraction: int) -> Readout:
    """A readout of the last layer, whose emissions have that many fraction bits."""
    return Readout(
        settings.hidden * (2 if settings.bidirectional else 1),
        settings.outputs,
        settings.readout,
        weight_bits=settings.bits,
        event_fraction=event_fraction,
        membrane_fraction=settings.cell.gate_fraction,
        leak=settings.leak,
        window=settings.window,
    )


class Network(SequenceModel):
    """A model of sequences: raw frames in, logits out.

    Without `classes` its answers are values, scaled as `target` says.

    `quantise(True)` switches the forward pass to the chip's integer arithmetic.
    """

    preprocessing: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """The steps on the host that make frames: stated in the program, not executed here."""

    vocabulary: Vocabulary | None = None
    """The tokens of texts, where frames are texts."""

    def __init__(
        self,
        encoder: Encoder,
        gru: SpikingGRU,
        readout: Readout,
        classes: tuple[str, ...] = (),
        dropout: float = 0.0,
        *,
        target: Target | None = None,
        task: str | None = None,
    ) -> None:
        target = target or Target(tuple(classes))
        super().__init__(
            encoder,
            readout,
            target,
            task or task_of(bool(target.classes), False, target.row.several),
            dropout,
        )
        self.gru = gru

    @classmethod
    def build(cls, settings: NetworkSettings) -> Network:
        network = cls(
            make_encoder(settings),
            SpikingGRU(
                settings.sources,
                settings.hidden,
                settings.layers,
                bidirectional=settings.bidirectional,
                **cell_settings(settings.cell),
                threshold=settings.threshold,
                learn_threshold=settings.learn_threshold,
                learn_initial_state=settings.learn_initial_state,
                embedding=settings.embedding,
                at_once=settings.at_once,
            ),
            make_readout(settings, settings.cell.event_fraction),
            dropout=settings.dropout,
            target=settings.target,
            task=settings.task,
        )
        network.preprocessing = settings.preprocessing
        if settings.vocabulary is not None:
            network.vocabulary = Vocabulary.of(settings.vocabulary)
        return network

    def quantise(self, on: bool = True) -> Network:
        """Switch cells and readout to integers, or back to floats; the encoder always rounds."""
        for module in (*self.gru.cells, self.readout):
            module.quantised = on
        return self

    def heard(
        self, events: Tensor, steps: Tensor, state: Carried | None, counted: bool = False
    ) -> tuple[Seen, Carried]:
        """Return the last layer's emissions, and its membranes after each direction's last step."""
        start = None if state is None else State(*state)
        if not are_sources(events):
            events = events.to(self.readout.weight.dtype)
        activities, end = self.gru.activities(events, start, lengths=steps)
        last_layer = activities[-self.gru.directions :]
        emitted = torch.cat([activity.emitted for activity in last_layer], dim=-1)
        operations = None
        if counted:
            weights, _ = self.readout.prepared()
            by_change = self.encoder.integers().sends_changes
            operations = expected_operations(self.gru, activities, weights, steps)
            operations = operations + input_operations(self.gru, events, steps, by_change=by_change)
        return Seen(emitted, self.last_membranes(end), steps, operations), end

    def starting_from(self, state: Carried) -> Carried:
        """Return the state of sequences that start from the final membranes of others."""
        membranes = dict(zip(self.gru.names, State(*state).membrane, strict=True))
        return self.gru.starting_from(membranes, state[0].shape[1])

    @property
    def state_shape(self) -> tuple[int, int]:
        return len(self.gru.cells), self.gru.hidden_size

    @property
    def is_bidirectional(self) -> bool:
        return self.gru.bidirectional

    def last_membranes(self, state: State) -> Tensor:
        """The last layer's membranes, as a message carries them: on the gate grid."""
        *_, cells = self.gru.layers()
        ends = state.membrane[-len(cells) :]
        return torch.cat(
            [cell.arithmetic.gate(end) for cell, end in zip(cells, ends, strict=True)], dim=-1
        )
