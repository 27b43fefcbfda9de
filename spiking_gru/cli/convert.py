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


def convert(
    run: Run,
    out: Annotated[
        Path | None, typer.Option(help="The program file.", show_default="RUN/program.sgru")
    ] = None,
    send: Annotated[
        str,
        typer.Option(
            help="Messages of spiking layers: values, changes, or auto, which counts the "
            "synaptic operations of both on validation data."
        ),
    ] = "auto",
    data: Annotated[
        str | None,
        typer.Option(
            help="The data of the run in another place, or other data of the same form.",
            show_default=False,
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print how conversion changed every gate's numbers.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Convert the trained network into a program that fits the chip.

    Proves that every value fits in 24 bits, and compares the program with the network on 8
    sequences, bit for bit. The program needs no torch.
    """
    voice = Voice(as_json)
    voice.result(convert_run(folder_of(run), out, voice, explain, send, data))


def convert_run(
    folder: RunFolder,
    out: Path | None,
    voice: Voice,
    explained: bool = False,
    send: str = "auto",
    data: str | None = None,
) -> dict[str, Any]:
    require_torch("conversion")
    from dataclasses import asdict

    from conversion import conversion_of, explain
    from conversion.of_network import COMPARED, GOLDEN, first
    from conversion.of_pair import convert_pair
    from conversion.sending import WAYS
    from conversion.verification import require_equal
    from hardware.errors import choose
    from hardware.reporting.build import versions
    from hardware.runs.golden import golden_samples
    from spiking_gru.data.registry import load
    from spiking_gru.saved import load_trained
    from spiking_gru.seq2seq import Seq2Seq

    choose("way of sending", send, WAYS)
    training = folder.training()
    network, _ = load_trained(folder.path)
    provenance = {
        # The data set goes by its name: a path of this machine means nothing elsewhere.
        "settings": {**training["settings"], "data": training["dataset"]["name"]},
        "dataset": training["dataset"],
        "test_in_training": training["test"],
        "versions": versions(),
    }
    dataset = folder.dataset() if data is None else load(data, training["settings"]["seed"])
    # The test part tells what a program costs, so it chooses nothing.
    seen = dataset.validation if len(dataset.validation) else dataset.training
    if isinstance(network, Seq2Seq):
        pair = convert_pair(network, provenance, send=send, samples=seen)
        pair.save(out or folder.program)
        voice.say("every number of both programs proven to fit 24 bits")
        voice.say(f"equal to the networks in every bit on {min(COMPARED, len(seen))} sequences")
        voice.wrote([out or folder.program])
        return {"program": str(out or folder.program), "digests": pair.digests}
    conversion = conversion_of(network, provenance, send=send, samples=seen.sequences)
    samples = first(dataset.test.sequences, COMPARED)
    require_equal(conversion.program, network, samples)
    program = golden_samples(conversion.program, first(samples, GOLDEN))
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
    for choice in conversion.sending:
        voice.say(str(choice))
    voice.wrote([target])
    return {
        "program": str(target),
        "digest": program.digest,
        "max_steps": program.max_steps,
        "verified_sequences": len(samples),
        "sending": [choice.fields() for choice in conversion.sending],
        "explanation": [
            {**asdict(row), "bound_bits": row.bound_bits, "headroom_bits": row.headroom_bits}
            for row in rows
        ],
    }
