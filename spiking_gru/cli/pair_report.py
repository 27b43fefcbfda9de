"""`spiking-gru report` of an encoder and a decoder."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hardware.errors import InputError
from hardware.program.pair import HALVES, ProgramPair
from spiking_gru.cli.host_times import on_this_host
from spiking_gru.cli.pair_inputs import PairInputs, pair_inputs
from spiking_gru.cli.reported import Asked, Made, trained_networks, verification_of

if TYPE_CHECKING:
    from hardware.runs.translation import Translation
    from spiking_gru.run_folder import RunFolder


def made_of_pair(folder: RunFolder, pair: ProgramPair, asked: Asked) -> Made:
    """Return the report of a translation, and those of the halves."""
    from hardware.reporting import (
        PAIR_METRICS,
        half_reports,
        make_pair_report,
        pair_contents_of,
        pair_study,
        print_pair_report,
    )

    origin = folder.origin()
    inputs = pair_inputs(folder, pair, asked.data)
    place = asked.trace or folder.translation_on(None if inputs.is_own else asked.data)
    found = _translation(folder, pair, inputs, place, asked.data)
    run = pair_study(
        found,
        inputs.expected,
        asked.chip,
        cost_model=asked.cost_model,
        rival=asked.rival,
        objective=asked.objective,
    )
    halves = half_reports(
        run,
        dataset=inputs.name,
        fingerprint=inputs.fingerprint,
        verification=_verification(folder),
        measured={half: on_this_host(study) for half, study in run.halves.items() if asked.measure},
        demand=asked.of_use,
    )
    own: dict[str, Any] = {"demand": asked.of_use}
    if inputs.is_own:
        own |= {
            "trained": trained_networks(origin, PAIR_METRICS),
            "history": origin.get("history", ()),
            "best_epochs": origin.get("best_epochs"),
        }
    content = make_pair_report(run, halves, **own)
    files = pair_contents_of(content, halves, run)
    return Made(content.as_json(), files, partial(print_pair_report, content), inputs.is_own)


def _verification(folder: RunFolder) -> dict[str, Any] | None:
    """Return the verification of each half, if there is one."""
    found = verification_of(folder)
    if found is None:
        return None
    halves = found.get("halves")
    if not isinstance(halves, dict) or sorted(halves) != sorted(HALVES):
        raise InputError(
            f"{folder.verification} is of one program, but {folder.program} holds an encoder and a "
            f"decoder: run `spiking-gru verify {folder.path}` again"
        )
    return halves


def _translation(
    folder: RunFolder, pair: ProgramPair, inputs: PairInputs, place: Path, data: str | None
) -> Translation:
    """Return the translation to report; an error where it is of other sources."""
    from hardware.definition.token_rows import same_rows
    from hardware.runs.translation_files import TEXTS, load_translation
    from hardware.sequences.dense import Sequences

    again = f"spiking-gru run {folder.path}" + (f" --data {data}" if data else "")
    if not (place / TEXTS).is_file():
        raise InputError(f"{place / TEXTS} is missing: run `{again}` first")
    found = load_translation(pair, place)
    events, steps = pair.encoder.encode(Sequences.of(inputs.sources, pair.encoder.encoder.channels))
    trace = found.encoder_trace
    if not (np.array_equal(steps, trace.lengths) and same_rows(events, trace.events)):
        raise InputError(
            f"{place / TEXTS} is of other data than {inputs.name}: run `{again}` first"
        )
    return found
