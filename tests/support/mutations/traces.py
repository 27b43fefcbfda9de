"""Traces that no run leaves behind, under a checksum that is right."""

from __future__ import annotations

import numpy as np
from sealing import NAMES, sealed_trace, trace_parts

from mutations.registry import Mutation, one_of, place_in

OPTIONAL = ("saturations", "clamped")
OPTIONAL_TEXTS = ("decision", "heads", "layers")
"""Without one of them a file is that of an earlier release, or of another trace."""

SEALED_TRACE_MUTATIONS: dict[str, Mutation] = {}


def trace_mutation(change: Mutation) -> Mutation:
    SEALED_TRACE_MUTATIONS[change.__name__] = change
    return change


@trace_mutation
def arrays_of_another_type(rng: np.random.Generator, content: bytes) -> bytes:
    about, tensors = trace_parts(content)
    name = one_of(rng, tensors)
    kinds = [kind for kind in NAMES if kind.kind == "f" or str(kind) in ("uint32", "uint64")]
    with np.errstate(all="ignore"):
        tensors[name] = tensors[name].astype(one_of(rng, kinds))
    return sealed_trace(about, tensors)


@trace_mutation
def arrays_of_another_shape(rng: np.random.Generator, content: bytes) -> bytes:
    about, tensors = trace_parts(content)
    name = one_of(rng, tensors)
    array = tensors[name]
    odd = [array[:0], array[np.newaxis], array[..., np.newaxis], array.ravel()[0].reshape(())]
    odd += [array[:-1], np.concatenate([array, array, array, array])]
    odd += [array.ravel(), array[:, :0]] if array.ndim > 1 else []
    if array.ndim > 1 and name != "scores":
        odd += [np.concatenate([array, array], axis=1)] if name.endswith("emitted") else []
    tensors[name] = one_of(rng, odd)
    return sealed_trace(about, tensors)


@trace_mutation
def counts_below_zero(rng: np.random.Generator, content: bytes) -> bytes:
    about, tensors = trace_parts(content)
    array = tensors[one_of(rng, ("lengths", *OPTIONAL))]
    array.flat[place_in(rng, array.ravel())] = one_of(rng, (-1, -(2**31), -(2**63)))
    return sealed_trace(about, tensors)


@trace_mutation
def lengths_that_do_not_fit(rng: np.random.Generator, content: bytes) -> bytes:
    about, tensors = trace_parts(content)
    lengths = tensors["lengths"]
    frames = int(lengths.sum())
    most = 2**63 - 1
    tensors["lengths"] = np.array(
        one_of(rng, ([most, most, 2 + frames], [frames + 1], [0] * 2 + [frames], [most], [1], [])),
        dtype=np.int64,
    )
    if rng.integers(2) and len(tensors["lengths"]):
        rows = np.zeros((len(tensors["lengths"]), tensors["scores"].shape[1]), np.int64)
        tensors["scores"] = rows
    return sealed_trace(about, tensors)


@trace_mutation
def arrays_missing_or_too_many(rng: np.random.Generator, content: bytes) -> bytes:
    about, tensors = trace_parts(content)
    name = one_of(rng, tensors)
    odd = (
        "x", "", "layers.99.emitted", "layers.-1.emitted", "layers.00.emitted", "layers.x.emitted",
        "layers.9.membranes", ".emitted", "a\nb", "n" * 10**5, "\ud800", "\x1b[2J",
    )  # fmt: skip
    array = tensors[name]
    if rng.integers(2) and name not in OPTIONAL:
        del tensors[name]
    if name in tensors or rng.integers(2):
        tensors[one_of(rng, odd)] = array
    return sealed_trace(about, tensors)


@trace_mutation
def another_description(rng: np.random.Generator, content: bytes) -> bytes:
    about, tensors = trace_parts(content)
    name = one_of(rng, about)
    odd = ("", "a\nb", "\x1b[2J", "x" * 10**5, "\ud800", "\u202e")
    if rng.integers(3):
        about[name] = one_of(rng, odd)
    elif rng.integers(2) and name not in OPTIONAL_TEXTS:
        del about[name]
    else:
        about[one_of(rng, ("surprise", "\n", "__class__"))] = "x"
    return sealed_trace(about, tensors)
