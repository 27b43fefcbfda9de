"""`spiking-gru export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Debug, Json, Source
from spiking_gru.cli.workplace import folder_of, require_there


def export(
    source: Source,
    part: Annotated[
        str, typer.Option(help="encoder or readout; NIR has no gated layer.")
    ] = "readout",
    out: Annotated[
        Path | None, typer.Option(help="The file.", show_default="PART.nir next to the program")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the encoder or the readout as NIR."""
    from conversion.nir_export import export_nir
    from hardware.program.model import Program

    voice = Voice(as_json)
    require_there(source)
    folder = folder_of(source if source.is_dir() else source.parent)
    file = folder.require(folder.program, "convert") if source.is_dir() else source
    written = export_nir(Program.load(file), out or folder.path / f"{part}.nir", part)
    voice.wrote([written])
    voice.result({"part": part, "file": str(written)})
