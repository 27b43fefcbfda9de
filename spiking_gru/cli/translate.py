"""`spiking-gru translate`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from hardware.errors import InputError
from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Chip, Debug, Engine, Json, Source
from spiking_gru.cli.workplace import folder_of, require_there


def translate(
    source: Source,
    texts: Annotated[
        list[str] | None,
        typer.Argument(help="Texts; by default one line each from standard input."),
    ] = None,
    beam: Annotated[int, typer.Option(help="Texts kept at every step.")] = 1,
    most: Annotated[int, typer.Option(help="Most tokens of a text.")] = 200,
    engine: Engine = "events",
    chip: Chip = "loihi2",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Translate texts with an encoder and a decoder.

    Every engine writes the same texts. `--json` adds the bits of each text, and the energy of both
    programs.
    """
    from hardware.cost.halves import estimate_halves
    from hardware.program.pair import ProgramPair
    from hardware.runs.decoding import translate as translated

    require_there(source)
    folder = folder_of(source if source.is_dir() else source.parent)
    file = folder.require(folder.program, "convert") if source.is_dir() else source
    pair = ProgramPair.load(file)
    given = texts or [line.rstrip("\n") for line in sys.stdin]
    if not given:
        raise InputError("there is no text: give some, or a line each on standard input")
    found = translated(pair, given, beam=beam, most=most, engine=engine)
    if as_json:
        energy: dict[str, Any] = {
            name: cost.core_dynamic_j[1].tolist()
            for name, cost in zip(
                ("encoder_j", "decoder_j"), estimate_halves(found, chip), strict=True
            )
        }
        Voice(as_json).result(
            {"texts": found.texts, "bits": found.bits, "ended": found.ended, **energy}
        )
        return
    for text in found.texts:
        print(text)
