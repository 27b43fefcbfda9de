"""`spiking-gru run` of an encoder and a decoder: the test part is translated."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hardware.display import number_of
from hardware.errors import InputError
from spiking_gru.cli.pair_inputs import pair_inputs
from spiking_gru.cli.reported import say_without_parquet

if TYPE_CHECKING:
    from hardware.program.pair import ProgramPair
    from spiking_gru.cli.console import Voice
    from spiking_gru.run_folder import RunFolder


class Asked(NamedTuple):
    """Options of `run`."""

    data: str | None
    engine: str
    out: Path | None
    options: dict[str, Any]


def translate_run(
    pair: ProgramPair, folder: RunFolder, asked: Asked, voice: Voice
) -> dict[str, Any]:
    """Translate sources, and write the texts and the trace of each half to a folder."""
    from hardware.reporting.files import tables_of, write_files
    from hardware.reporting.pair.study import texts_by_source
    from hardware.runs.decoding import translate
    from hardware.runs.translation_files import save_translation

    inputs = pair_inputs(folder, pair, asked.data)
    place = asked.out or folder.translation_on(None if inputs.is_own else asked.data)
    if place.exists() and not place.is_dir():
        raise InputError(f"{place} is a file, expected a folder for three files: choose another")
    start = time.perf_counter()
    with voice.busy(f"{asked.engine}: translating {len(inputs.sources)} sources"):
        found = translate(pair, inputs.sources, engine=asked.engine, **asked.options)
    seconds = time.perf_counter() - start
    tables = tables_of(texts_by_source(found, inputs.expected), "translations")
    written = [*save_translation(found, place), *write_files(tables, place)]
    right = None if inputs.expected is None else float(found.right(inputs.expected).mean())
    steps = {half: int(trace.lengths.sum()) for half, trace in found.traces.items()}
    texts, read = number_of(len(found.texts), "text"), number_of(steps["encoder"], "step")
    voice.say(
        f"{asked.engine}: {texts}, {read} of the encoder and {steps['decoder']:,} of the decoder "
        f"in {seconds:.1f} s" + ("" if right is None else f", exact match {100 * right:.2f} %")
    )
    unended = found.ended.count(False)
    if unended:
        voice.say(f"{unended} of the texts did not end within {found.most} tokens")
    voice.wrote(written)
    say_without_parquet(voice, "translations")
    return {
        "engine": asked.engine,
        "sequences": len(found.texts),
        "steps": steps,
        "seconds": seconds,
        "exact_match": right,
        "texts": found.texts,
        "bits": found.bits,
        "ended": found.ended,
        "files": [str(file) for file in written],
    }
