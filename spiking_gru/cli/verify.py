"""`spiking-gru verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Deadline, Debug, Json, Run
from spiking_gru.cli.workplace import folder_of, require_torch

if TYPE_CHECKING:
    from spiking_gru.run_folder import RunFolder


def verify(
    run: Run,
    engine: Annotated[
        list[str], typer.Option(help="An engine to hold against torch; give it again for more.")
    ] = ["events", "lava"],  # noqa: B006
    out: Annotated[
        Path | None, typer.Option(help="The summary.", show_default="RUN/verification.json")
    ] = None,
    deadline: Deadline = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Hold torch and the engines against each other, over every step of the whole test part."""
    voice = Voice(as_json)
    summary = verify_run(folder_of(run), engine, out, deadline, voice)
    voice.result(summary)
    if summary["mismatches"]:
        raise typer.Exit(1)


def verify_run(
    folder: RunFolder, engines: list[str], out: Path | None, deadline: float | None, voice: Voice
) -> dict[str, Any]:
    require_torch("verification against the network")
    from conversion import verify as hold_against
    from hardware.files import write_json
    from hardware.program import Program
    from hardware.program_file import digest
    from spiking_gru.network import load_network

    program = Program.load(folder.require(folder.program, "convert"))
    network, _ = load_network(folder.path)
    verification = hold_against(
        program, network, folder.dataset().test.sequences, engines, deadline
    )
    target = out or folder.verification
    summary = {"program_digest": digest(program), **verification.summary()}
    write_json(target, summary)
    for comparison in verification.comparisons:
        differing = sum(comparison.mismatches.values())
        compared = sum(comparison.compared.values())
        voice.say(f"{' ↔ '.join(comparison.engines)}: {differing} of {compared:,} values differ")
        if comparison.first is not None:
            voice.say(f"  first at {comparison.first}")
    voice.wrote([target])
    return summary
