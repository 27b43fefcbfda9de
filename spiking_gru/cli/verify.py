"""`spiking-gru verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Deadline, Debug, Json, Run
from spiking_gru.cli.workplace import folder_of, require_torch

if TYPE_CHECKING:
    from conversion import Verification
    from hardware.program import Program
    from hardware.sequences import Sequences
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
    """Hold torch and the engines against each other, over every step of the whole test part.

    An imported program has no network of torch here: the NumPy definition stands in its place.
    """
    voice = Voice(as_json)
    summary = verify_run(folder_of(run), engine, out, deadline, voice)
    voice.result(summary)
    if summary["mismatches"]:
        raise typer.Exit(1)


def verify_run(
    folder: RunFolder, engines: list[str], out: Path | None, deadline: float | None, voice: Voice
) -> dict[str, Any]:
    require_torch("verification")
    from conversion.verify import verify_engines
    from hardware.files import write_json
    from hardware.program import Program
    from hardware.program_file import digest

    program = Program.load(folder.require(folder.program, "convert"))
    sequences = folder.dataset().test.sequences
    if folder.is_imported:
        verification = verify_engines(program, sequences, ["numpy", *engines], deadline)
    else:
        verification = _against_network(program, folder, sequences, engines, deadline)
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


def _against_network(
    program: Program,
    folder: RunFolder,
    sequences: Sequences,
    engines: list[str],
    deadline: float | None,
) -> Verification:
    from conversion import verify as hold_against
    from spiking_gru.network import load_network

    network, _ = load_network(folder.path)
    return hold_against(program, network, sequences, engines, deadline)
