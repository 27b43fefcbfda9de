"""`spiking-gru generate`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Debug, Engine, Json, Source
from spiking_gru.cli.workplace import folder_of, require_there


def generate(
    source: Source,
    prompt: Annotated[str, typer.Option(help="The text to continue.")] = "",
    steps: Annotated[int, typer.Option(help="Most tokens to write.")] = 200,
    temperature: Annotated[
        float, typer.Option(help="Below 1 favours likely tokens; 0 takes the likeliest.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Equal seeds write equal texts.")] = 0,
    engine: Engine = "events",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a text with a program that predicts tokens.

    The text is shown token by token. Every engine writes the same text.
    """
    from hardware.program.model import Program
    from hardware.runs.generation import generated

    require_there(source)
    folder = folder_of(source if source.is_dir() else source.parent)
    file = folder.require(folder.program, "convert") if source.is_dir() else source
    parts = generated(
        Program.load(file), prompt, steps, temperature=temperature, seed=seed, engine=engine
    )
    if as_json:
        Voice(as_json).result({"prompt": prompt, "text": "".join(parts), "seed": seed})
        return
    sys.stdout.write(prompt)
    for part in parts:
        sys.stdout.write(part)
        sys.stdout.flush()
    sys.stdout.write("\n")
