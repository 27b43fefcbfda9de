"""`spiking-gru convert`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spiking_gru.cli.console import Voice
from spiking_gru.cli.options import Debug, Json, Run
from spiking_gru.cli.workplace import folder_of, require_torch

if TYPE_CHECKING:
    from spiking_gru.run_folder import RunFolder

SAMPLES = 8
"""Sequences on which the new program is held against the network before it is handed out."""

GOLDEN_SAMPLES = 3
"""Of these, so many travel in the file, to show that it still computes the same."""


def convert(
    run: Run,
    out: Annotated[
        Path | None, typer.Option(help="The program file.", show_default="RUN/program.sgru")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what became of every gate's numbers.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Convert the trained network into a program that fits the chip.

    Proves that every value fits in 24 bits, and compares the program with the network on 8
    sequences, bit for bit. The program needs no torch.
    """
    voice = Voice(as_json)
    voice.result(convert_run(folder_of(run), out, voice, explain))


def convert_run(
    folder: RunFolder, out: Path | None, voice: Voice, explained: bool = False
) -> dict[str, Any]:
    require_torch("conversion")
    from dataclasses import asdict

    import numpy as np

    from conversion import conversion_of, explain
    from conversion.verification import require_equal
    from hardware.reporting.build import versions
    from hardware.runs.golden import golden_samples
    from spiking_gru.network import load_network

    training = folder.training()
    network, _ = load_network(folder.path)
    provenance = {
        # The data set goes by its name: a path of this machine means nothing elsewhere.
        "settings": {**training["settings"], "data": training["dataset"]["name"]},
        "dataset": training["dataset"],
        "test_in_training": training["test"],
        "versions": versions(),
    }
    conversion = conversion_of(network, provenance)
    program = conversion.program
    test = folder.dataset().test.sequences
    samples = test.take(np.arange(min(SAMPLES, len(test))))
    require_equal(program, network, samples)
    program = golden_samples(program, samples.take(np.arange(min(GOLDEN_SAMPLES, len(samples)))))
    target = out or folder.program
    program.save(target)
    rows = explain(conversion)
    if explained:
        voice.show_explanations(rows)
    limit = (
        "" if program.max_steps is None else f", for sequences of up to {program.max_steps} steps"
    )
    voice.say(f"every number proven to fit 24 bits{limit}")
    voice.say(f"equal to the network in every bit on {len(samples)} sequences")
    voice.wrote([target])
    return {
        "program": str(target),
        "digest": program.digest,
        "max_steps": program.max_steps,
        "verified_sequences": len(samples),
        "explanation": [
            {**asdict(row), "bound_bits": row.bound_bits, "headroom_bits": row.headroom_bits}
            for row in rows
        ],
    }
