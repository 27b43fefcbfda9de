"""The files of a translation: the trace of each half, and the texts.

The texts must be those that the decoder's trace has received, and that trace must begin where the
encoder's ends. So files of different runs are never taken for one translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.token_rows import same_rows
from hardware.errors import InputError
from hardware.files.disk import one_line, read_tensors, write_tensors
from hardware.files.sealed import tensors_checksum
from hardware.program.pair import HALVES, ProgramPair
from hardware.program.start import start_of
from hardware.runs.trace import Trace
from hardware.runs.traced_layers import same_initial
from hardware.runs.translation import Translation, received
from hardware.sequences.dense import Sequences

SCHEMA = "1"
FILE_LIMIT = 2**30
"""Bytes of the file of texts."""

TEXTS = "translation.safetensors"
TRACES = {half: f"{half}.trace.safetensors" for half in HALVES}
"""Name of the file of each half's trace."""

COLUMNS = ("lengths", "tokens", "costs", "ended", "decoder_steps")
"""Tensors of the file of texts, each one dimension of int64."""


def save_translation(found: Translation, folder: str | Path) -> list[Path]:
    """Write the trace of each half and the texts to a folder; their paths."""
    folder = Path(folder)
    for half, trace in found.traces.items():
        trace.save(folder / TRACES[half])
    columns = (
        [len(tokens) for tokens in found.tokens],
        [token for tokens in found.tokens for token in tokens],
        found.costs,
        found.ended,
        found.decoder_steps,
    )
    tensors = {
        name: np.array(column, dtype=np.int64)
        for name, column in zip(COLUMNS, columns, strict=True)
    }
    about = {
        "translation_schema": SCHEMA,
        **dict(zip(HALVES, found.pair.digests, strict=True)),
        "most": str(found.most),
        "beam": str(found.beam),
    }
    sealed = {**about, "sha256": tensors_checksum(tensors, about)}
    write_tensors(folder / TEXTS, tensors, sealed)
    return [*(folder / name for name in TRACES.values()), folder / TEXTS]


def load_translation(pair: ProgramPair, folder: str | Path) -> Translation:
    """Read a translation by this pair; an InputError that says what is wrong with any other."""
    folder = Path(folder)
    file = folder / TEXTS
    traces = [Trace.load(folder / name) for name in TRACES.values()]
    try:
        found = _restored(pair, traces, *read_tensors(file, FILE_LIMIT))
        _require_of_one_run(found)
    except KeyError as error:
        raise _unusable(file, f"has no {one_line(error)}") from error
    except InputError as error:
        raise _unusable(file, str(error).removeprefix(f"{file}: ")) from error
    return found


def _unusable(file: Path, reason: str) -> InputError:
    return InputError(f"{file}: {reason}: make it again with `spiking-gru run`")


def _restored(
    pair: ProgramPair, traces: list[Trace], tensors: dict[str, NDArray[Any]], about: dict[str, str]
) -> Translation:
    if about.get("translation_schema") != SCHEMA:
        raise InputError(f"not a translation of schema {SCHEMA}")
    described = {name: text for name, text in about.items() if name != "sha256"}
    if tensors_checksum(tensors, described) != about["sha256"]:
        raise InputError("the checksum is wrong: the file is damaged")
    for half, digest, trace in zip(HALVES, pair.digests, traces, strict=True):
        if not digest == about[half] == trace.program_digest:
            raise InputError(f"the {half} is another program than the one that was run")
    lengths, tokens, costs, ended, steps = (_column(tensors, name) for name in COLUMNS)
    if lengths.sum() != len(tokens):
        raise InputError(f"the texts have {lengths.sum()} tokens, but {len(tokens)} are here")
    return Translation(
        pair,
        tuple(tuple(part.tolist()) for part in np.split(tokens, np.cumsum(lengths)[:-1])),
        tuple(costs.tolist()),
        tuple(map(bool, ended.tolist())),
        tuple(steps.tolist()),
        encoder_trace=traces[0],
        decoder_trace=traces[1],
        most=_number(about, "most"),
        beam=_number(about, "beam"),
    )


def _column(tensors: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.int64]:
    found = tensors[name]
    if found.ndim != 1 or found.dtype != np.int64 or found.min(initial=0) < 0:
        raise InputError(
            f"{name} have shape {found.shape} of {found.dtype}, expected whole numbers from 0 in "
            f"one dimension of int64"
        )
    return found


def _number(about: Mapping[str, str], name: str) -> int:
    text = about[name]
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise InputError(f"{name} is {one_line(text)[:60]!r}, expected a whole number from 1")
    return int(text)


def _require_of_one_run(found: Translation) -> None:
    """Refuse texts and traces that were not made together."""
    decoder, read, written = found.pair.decoder, found.encoder_trace, found.decoder_trace
    columns = (found.tokens, found.costs, found.ended, found.decoder_steps, read.lengths)
    if {len(column) for column in columns} != {len(written.lengths)}:
        raise InputError("the texts and the traces are of different numbers of sources")
    events, steps = decoder.encode(Sequences.of(received(found.tokens, found.most)))
    if not (np.array_equal(steps, written.lengths) and same_rows(events, written.events)):
        raise InputError("the decoder's trace is of other texts")
    start = start_of(decoder, read.final_state, len(read.lengths))
    assert start is not None
    if not same_initial(start.membranes, written.initial):
        raise InputError("the decoder's trace does not begin where the encoder's ends")
