"""The checks of a trace that comes from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardware.definition.decision import DECISIONS
from hardware.errors import InputError, choose, name_fault
from hardware.files.disk import one_line
from hardware.files.sealed import tensors_checksum
from hardware.runs.traced_events import TOKENS

if TYPE_CHECKING:
    from hardware.runs.trace import Trace

SCHEMA = 2

TYPES = {
    "lengths": ("int64",),
    "event": ("int16",),
    "emission": ("uint8", "int8", "int16", "int32", "int64"),
    "membrane": ("int32", "int64"),
    "score": ("int64",),
}
"""Types of each quantity in a file."""

ABOUT = {"engine", "program_digest", "schema", "sha256", "decision", "heads", "layers", TOKENS}
"""Names of the texts that describe the tensors in a file."""

DIGEST = re.compile("[0-9a-f]{64}")


def check_whole(tensors: Mapping[str, NDArray[Any]], about: Mapping[str, str]) -> None:
    """Refuse a file of another schema, or one whose content has changed since it was written."""
    if about.get("schema") != str(SCHEMA):
        found = one_line(repr(about.get("schema")))
        raise InputError(f"not a trace of schema {SCHEMA} (found {found})")
    described = {name: text for name, text in about.items() if name != "sha256"}
    if tensors_checksum(tensors, described) != about["sha256"]:
        raise InputError("the checksum is wrong: the file is damaged")


def check_names(trace: Trace, further: Set[str]) -> None:
    """Refuse a trace without the names of engine and program, or with parts that are unknown."""
    fault = name_fault(trace.engine)
    if fault is not None:
        raise InputError(f"engine: {fault}")
    if not DIGEST.fullmatch(trace.program_digest):
        digest = one_line(repr(trace.program_digest))
        raise InputError(f"program_digest is {digest}, expected a SHA-256")
    if further:
        name = one_line(repr(min(further)))
        raise InputError(f"holds {name}, which is no part of a trace")


def check_shapes(trace: Trace) -> None:
    """Refuse arrays that differ in sequences, frames or neurons."""
    for quantity, owner, values in [("lengths", "trace", trace.lengths), *trace.quantities()]:
        dimensions = 1 if quantity == "lengths" else 2
        types = TYPES[quantity]
        if values.ndim != dimensions or str(values.dtype) not in types or not all(values.shape[1:]):
            raise InputError(
                f"{quantity} of {owner} has shape {values.shape} of {values.dtype}, expected "
                f"{' or '.join(types)} in {dimensions} dimensions"
            )
    if not trace.emitted or trace.lengths.min(initial=1) < 1:
        raise InputError("holds no layer, or a sequence without a step")
    # Each is bounded first: the sum of numbers of any size could wrap around.
    longest = int(trace.lengths.max(initial=0))
    frames = longest if longest > len(trace.events) else int(trace.lengths.sum(dtype=np.int64))
    for quantity, owner, values in trace.quantities():
        allowed = (len(trace.lengths), frames) if quantity == "score" else (frames,)
        if len(values) not in allowed:
            raise InputError(
                f"{quantity} of {owner} has {len(values)} rows, expected "
                f"{' or '.join(map(str, allowed))}"
            )
    for i, (emitted, membranes) in enumerate(zip(trace.emitted, trace.membranes, strict=True)):
        if emitted.shape != membranes.shape:
            raise InputError(
                f"layer {i} has emissions of shape {emitted.shape}, but membranes of "
                f"{membranes.shape}"
            )


def check_counts(trace: Trace) -> None:
    """Refuse counts that are no whole numbers from 0 on, one for each layer or channel."""
    layers, (steps, sources) = len(trace.emitted), trace.events.shape
    channels = sources
    if trace.clamped is not None and trace.clamped.size and sources % trace.clamped.size == 0:
        channels = trace.clamped.size  # each with as many sources
    of_layers = f"3 of each of {layers} layers and the readout"
    for name, found, expected, meaning in (
        ("saturations", trace.saturations, (layers + 1, 3), of_layers),
        ("clamped", trace.clamped, (channels,), f"one of each of {channels} channels"),
    ):
        if found is None:
            continue
        if found.shape != expected or found.dtype != np.int64:
            raise InputError(
                f"{name} have shape {found.shape} of {found.dtype}, expected {expected} of int64: "
                f"{meaning}"
            )
        if found.min() < 0:
            raise InputError(f"a count of {name} is {found.min()}, expected 0 or more")
    if trace.clamped is not None and trace.clamped.max() > steps:
        raise InputError(
            f"a count of clamped is {trace.clamped.max()}, expected at most {steps}, the steps"
        )


def check_values(trace: Trace) -> None:
    """Refuse values that are not finite, or not one for each score; and an unknown decision."""
    choose("decision", trace.decision, DECISIONS)
    found, expected = trace.values, trace.scores.shape
    if found is None:
        return
    if found.shape != expected or found.dtype != np.float64:
        raise InputError(
            f"values have shape {found.shape} of {found.dtype}, expected {expected} of float64: "
            f"one for each score"
        )
    if not np.isfinite(found).all():
        raise InputError(f"a value is {found[~np.isfinite(found)][0]}, expected finite numbers")
