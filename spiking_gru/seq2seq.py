"""Seq2Seq: one network reads a sequence, another goes on from its final state and writes.

`spiking_gru.data.pairs` defines the frames of a pair. The last channel tells the source, which the
encoder reads, from the frames after it, which the decoder answers.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hardware.definition.tokens import PADDING
from hardware.definition.vocabulary import UNKNOWN
from hardware.errors import SettingError
from spiking_gru.data.pairs import READING
from spiking_gru.encoder import Encoder
from spiking_gru.model import Carried, SequenceModel
from spiking_gru.readout import Seen


class Seq2Seq(SequenceModel):
    """An encoder and a decoder, trained together with teacher forcing.

    The layers of the decoder start from the membranes after the encoder's last step, so both halves
    have the same number of layers and neurons. The readout of the encoder is not used.
    """

    def __init__(self, encoder: SequenceModel, decoder: SequenceModel) -> None:
        super().__init__(
            decoder.encoder, decoder.readout, decoder.target, decoder.task, decoder.dropout.p
        )
        _require_fitting(encoder, decoder)
        self.encoder_half, self.decoder_half = encoder, decoder
        encoder.readout.requires_grad_(False)
        for parameter in encoder.readout.parameters():
            parameter.zero_()

    @property
    def encoders(self) -> tuple[Encoder, ...]:
        return self.encoder_half.encoder, self.decoder_half.encoder

    @property
    def halves(self) -> tuple[SequenceModel, SequenceModel]:
        """The encoder and the decoder."""
        return self.encoder_half, self.decoder_half

    def quantise(self, on: bool = True) -> Seq2Seq:
        """Switch both halves to integers, or back to floats."""
        for half in self.halves:
            half.quantise(on)
        return self

    def seen(self, frames: Tensor, lengths: Tensor, counted: bool = False) -> Seen:
        """Return the input of the decoder's readout; it is empty in frames of the source."""
        of_decoder = frames[..., -1]
        within = torch.arange(len(frames), device=frames.device).unsqueeze(-1) < lengths
        read = ((of_decoder == READING) & within).sum(0)
        heard, state = self.read(frames[: int(read.max()), :, :-1], read, counted)
        written = lengths - read
        place, there = _after(read, written)
        tokens = torch.where(there, of_decoder.gather(0, place), 0).unsqueeze(-1)
        found, _ = self.decoder_half.heard(self.encoder(tokens), written, state, counted)
        rows = torch.arange(frames.shape[1], device=frames.device).expand_as(place)
        emitted = found.emitted.new_zeros(*frames.shape[:2], found.emitted.shape[-1])
        emitted = emitted.index_put((place[there], rows[there]), found.emitted[there])
        operations = None
        if heard.operations is not None and found.operations is not None:
            operations = heard.operations + found.operations
        return Seen(emitted, found.last, lengths, operations)

    def read(self, frames: Tensor, lengths: Tensor, counted: bool = False) -> tuple[Seen, Carried]:
        """Return what the encoder hears of sources, and the state from which the decoder starts."""
        encoder = self.encoder_half
        heard, state = encoder.heard(
            encoder.encoder(frames), lengths * encoder.encoder.steps, None, counted
        )
        return heard, self.decoder_half.starting_from(state)

    @torch.no_grad()
    def write(self, frames: Tensor, lengths: Tensor, most: int) -> list[list[int]]:
        """Return the tokens of each source (frames, batch, channels), written greedily.

        Each token is the likeliest one after the tokens before it, never `<unknown>`. There are at
        most `most` tokens.
        """
        _, state = self.read(frames, lengths)
        ones = torch.ones_like(lengths)
        tokens = lengths.new_full((1, len(lengths), 1), PADDING).to(frames.dtype)
        written: list[list[int]] = [[] for _ in range(len(lengths))]
        ended = [False] * len(lengths)
        end = len(self.classes) - 1
        for _ in range(most):
            seen, state = self.decoder_half.heard(self.encoder(tokens), ones, state)
            chosen = self.readout.scores(seen)[0, :, UNKNOWN:].argmax(-1) + UNKNOWN
            for row, answer in enumerate(chosen.tolist()):
                ended[row] = ended[row] or answer == end
                if not ended[row]:
                    written[row].append(answer + 1)
            if all(ended):
                break
            # A text that has ended goes on with padding, and what it writes is not looked at.
            tokens = torch.where(chosen == end, PADDING, chosen + 1).to(frames.dtype)[None, :, None]
        return written


def _after(read: Tensor, written: Tensor) -> tuple[Tensor, Tensor]:
    """Return the places (steps, batch) of the frames after those read, and which there are."""
    steps = torch.arange(int(written.max()), device=read.device).unsqueeze(-1)
    there = steps < written
    return torch.where(there, read + steps, 0), there


def _require_fitting(encoder: SequenceModel, decoder: SequenceModel) -> None:
    """Refuse halves of which one cannot go on from the state of the other."""
    both_ways = encoder.is_bidirectional or decoder.is_bidirectional
    if encoder.state_shape != decoder.state_shape or both_ways:
        raise SettingError(
            f"the encoder has {_described(encoder)}, the decoder {_described(decoder)}: give both "
            f"the same layers and hidden size, in one direction"
        )
    if decoder.encoder.steps != 1 or decoder.encoder.channels != 1:
        raise SettingError(
            f"the input of the decoder has {decoder.encoder.channels} channels and "
            f"{decoder.encoder.steps} steps a frame: expected one token a step"
        )
    if not decoder.row.per_step:
        raise SettingError(
            f"the task of the decoder is {decoder.task!r}: expected one whose frames have targets, "
            f"such as 'translate'"
        )


def _described(model: SequenceModel) -> str:
    states, hidden = model.state_shape
    directions = " in both directions" if model.is_bidirectional else ""
    return f"{states} state{'' if states == 1 else 's'} of {hidden} neurons{directions}"
