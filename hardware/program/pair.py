"""A pair of programs: an encoder, and a decoder that starts from the encoder's final state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hardware.definition.limits import MOST_WEIGHTS
from hardware.errors import ProgramError, SettingError
from hardware.files.archive import begins_with, pack, unpack
from hardware.files.disk import read_bytes, write_bytes
from hardware.program.file import MANIFEST, OF_PAIR
from hardware.program.model import Program, reason

HALVES = ("encoder", "decoder")
"""The names of the programs of a pair."""

ENCODER, DECODER = OF_PAIR, "decoder.sgru"
"""Names of the members of a file, each a program file."""


@dataclass(frozen=True)
class ProgramPair:
    """Two programs: the second starts from the final state of the first.

    Each layer of the decoder starts from the membranes of the encoder's layer with the same name.
    """

    encoder: Program
    decoder: Program

    def __post_init__(self) -> None:
        found, expected = (
            {layer.name: layer.neurons for layer in program.layers}
            for program in (self.encoder, self.decoder)
        )
        if found != expected or self.decoder.bidirectional:
            raise SettingError(
                f"the encoder's layers are {_listed(self.encoder)}, the decoder's "
                f"{_listed(self.decoder)}: expected the same, in one direction"
            )
        if not (self.decoder.encoder.row.by_token and self.decoder.readout.answers_every_step):
            raise SettingError(
                f"the decoder has the encoder {self.decoder.encoder.kind!r} and the readout "
                f"{self.decoder.readout.kind!r}: expected 'tokens' and 'step'"
            )

    def __repr__(self) -> str:
        return f"ProgramPair({_listed(self.encoder)} → {self.decoder.readout.outputs} classes)"

    @property
    def halves(self) -> dict[str, Program]:
        """Both programs by their names."""
        return dict(zip(HALVES, (self.encoder, self.decoder), strict=True))

    @property
    def digests(self) -> list[str]:
        """The digest of each program."""
        return [self.encoder.digest, self.decoder.digest]

    def save(self, path: str | Path) -> None:
        """Write both programs to one `.sgru` file, whole or not at all."""
        try:
            content = pack({ENCODER: self.encoder.content, DECODER: self.decoder.content})
        except ProgramError as error:
            raise ProgramError(f"cannot write {path}: {error}") from error
        write_bytes(Path(path), content)

    @staticmethod
    def load(path: str | Path) -> ProgramPair:
        """Read a pair; raise a ProgramError that names the fault of any other file."""
        content = read_bytes(Path(path), 2 * MOST_WEIGHTS)
        try:
            members = unpack(content, (ENCODER, DECODER))
            return ProgramPair(*(Program.of_content(member) for member in members.values()))
        except ValueError as error:
            if begins_with(content, MANIFEST):
                raise ProgramError(
                    f"{path}: it holds one program: read it with Program.load, or use "
                    f"`spiking-gru run`"
                ) from error
            raise ProgramError(f"{path}: no pair of programs: {reason(error)}") from error


def load_programs(path: str | Path) -> Program | ProgramPair:
    """Read a program, or a pair; a ProgramError that says what is wrong with any other file."""
    content = read_bytes(Path(path), 2 * MOST_WEIGHTS)
    is_pair = begins_with(content, OF_PAIR)
    return ProgramPair.load(path) if is_pair else Program.load(path)


def _listed(program: Program) -> str:
    return ", ".join(f"{layer.name} of {layer.neurons}" for layer in program.layers)
