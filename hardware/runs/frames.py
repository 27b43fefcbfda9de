"""Programs and frames that are given to sessions: converted at the door, or refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hardware.definition.encoder import Encoder
from hardware.definition.tokens import require_tokens
from hardware.display import number_of
from hardware.errors import InputError, SettingError
from hardware.program.model import Program
from hardware.runs.given import ProgramLike, program_of
from hardware.sequences.dense import float_frames


def steppable(program: ProgramLike) -> Program:
    """Return a program that can answer frame by frame."""
    program = program_of(program)
    for layer in program.layers:
        if layer.backward:
            raise SettingError(
                f"{layer.name} reads from the last frame to the first, so it cannot answer "
                f"frame by frame: use `run`, or train one direction"
            )
    return program


def frame_of(program: Program, frame: ArrayLike | str) -> NDArray[np.float32]:
    """Return a frame (channels,), or the token of a piece of a text, as an array."""
    if isinstance(frame, str):
        frame = token_of(program, frame)
    channels = program.encoder.channels
    values = float_frames("the frame", frame, f"({channels},)")
    if values.shape != (channels,):
        raise InputError(f"the frame has shape {values.shape}, expected ({channels},)")
    return values


def token_of(program: Program, piece: str) -> list[int]:
    """Return the frame of a piece of a text."""
    (tokens,) = program.sequences([piece])
    if len(tokens) != 1:
        raise InputError(
            f"{piece!r:.60} is {len(tokens)} tokens: expected one: step() each of "
            f"vocabulary.cut(text)"
        )
    return [int(tokens[0, 0])]


def require_values(encoder: Encoder, frames: NDArray[np.float32], first: int) -> None:
    """Refuse frames (frames, channels) with a value that the encoder cannot take.

    `first` is the number of the first frame.
    """
    wrong = np.argwhere(~np.isfinite(frames))
    if len(wrong):
        row, channel = wrong[0]
        where = f" of frame {row} of the block" if len(frames) > 1 else ""
        raise InputError(
            f"{frames[row, channel]} in channel {channel}{where}: expected a finite number"
        )
    if encoder.row.by_token:
        require_tokens(frames, encoder.fields, first)


def require_proven(program: Program, elapsed: int, more: int) -> None:
    """Refuse to go further than the readout's scores are proven to fit."""
    if program.max_steps is not None and elapsed + more > program.max_steps:
        gone = number_of(elapsed, "step")
        if more > program.encoder.steps:
            gone += f" and would go {more:,} more"
        raise InputError(
            f"the session has gone {gone}, but readout scores are proven only up "
            f"to {program.max_steps}: reset() it before{program.readout.remedy}"
        )
