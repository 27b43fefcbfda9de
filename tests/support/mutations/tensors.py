"""Tensors of wrong numbers, types and shapes, in files where every checksum is right."""

from __future__ import annotations

import numpy as np
from sealing import NAMES, sealed, taken_apart

from mutations.registry import (
    mutation,
    one_of,
    place_in,
)


@mutation
def numbers_that_are_none(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, tensors = taken_apart(content)
    array = tensors[one_of(rng, ("encoder.gain", "encoder.offset", "golden.0.frames"))]
    array.flat[place_in(rng, array.ravel())] = one_of(rng, (np.nan, np.inf, -np.inf))
    if array.dtype == np.float64 and rng.integers(2):
        array.flat[0] = one_of(rng, (1e300, -1e101))
    return sealed(manifest, tensors)


@mutation
def numbers_out_of_range(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, tensors = taken_apart(content)
    layer = f"layers.{int(rng.integers(len(manifest['layers'])))}"
    choices = (
        (f"{layer}.input_weights", (-128, -(2**7) + 0)),
        (f"{layer}.recurrent_weights", (-128,)),
        ("readouts.0.weights", (-128,)),
        (f"{layer}.input_shift", (32, -32, 64, -64, 2**31 - 1, -(2**31))),
        (f"{layer}.recurrent_shift", (32, -32, 64, -64, 2**31 - 1, -(2**31))),
        (f"{layer}.threshold", (-1, -(2**31))),
        (f"{layer}.initial_membrane", (2**14 + 1, -(2**14) - 1, 2**31 - 1, -(2**31))),
        (f"{layer}.recurrent_bias", (2**31 - 1, -(2**31))),
        ("readouts.0.bias", (2**31 - 1, -(2**31))),
    )
    name, values = one_of(rng, [choice for choice in choices if choice[0] in tensors])
    array = tensors[name]
    array.flat[place_in(rng, array.ravel())] = one_of(rng, values)
    if name.endswith("recurrent_bias"):
        tensors[f"{layer}.recurrent_shift"][:] = 31
    return sealed(manifest, tensors)


@mutation
def weights_of_too_many_bits(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, tensors = taken_apart(content)
    i = int(rng.integers(len(manifest["layers"])))
    array = tensors[f"layers.{i}.{one_of(rng, ('input', 'recurrent'))}_weights"]
    bits = int(rng.integers(2, 8))
    manifest["layers"][i]["cell"]["weight_bits"] = bits
    array.flat[place_in(rng, array.ravel())] = one_of(rng, (1, -1)) * 2 ** (bits - 1)
    return sealed(manifest, tensors)


@mutation
def sums_that_overflow(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, tensors = taken_apart(content)
    layer = f"layers.{int(rng.integers(len(manifest['layers'])))}"
    if rng.integers(3):
        matrix = one_of(rng, ("input", "recurrent"))
        tensors[f"{layer}.{matrix}_weights"][:] = 1
        tensors[f"{layer}.{matrix}_shift"][:] = 31
    else:
        tensors["readouts.0.weights"][:] = 1
        manifest["readouts"][0]["shift"] = 31
    return sealed(manifest, tensors)


@mutation
def tensors_of_another_kind(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, tensors = taken_apart(content)
    name = one_of(rng, tensors)
    array = tensors[name]
    kind = one_of(rng, [dtype for dtype in NAMES if dtype != array.dtype])
    with np.errstate(all="ignore"):
        tensors[name] = array.astype(kind)
    return sealed(manifest, tensors)


@mutation
def tensors_of_another_shape(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, tensors = taken_apart(content)
    name = one_of(rng, tensors)
    array = tensors[name]
    choices = [array[:0], array[np.newaxis], array[..., np.newaxis], array.ravel()[0].reshape(())]
    choices += [array.ravel()] if array.ndim > 1 else []
    if not name.startswith("golden"):
        choices += [array[:-1], np.concatenate([array, array])]
    tensors[name] = one_of(rng, choices)
    return sealed(manifest, tensors)


@mutation
def tensors_missing_or_too_many(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, tensors = taken_apart(content)
    name = one_of(rng, tensors)
    odd = one_of(
        rng,
        (
            "x", "encoder", "layers.99.bias", "layers.-1.bias", "layers.00.bias", "encoder.kind",
            "golden.7.frames", "../escape", "a\nb", "n" * 10**5,
        ),
    )  # fmt: skip
    array = tensors[name]
    if rng.integers(2):
        del tensors[name]
    if name in tensors or rng.integers(2):
        tensors[odd] = array
    return sealed(manifest, tensors)


@mutation
def a_file_that_is_large(rng: np.random.Generator, content: bytes) -> bytes:
    """About as large as a file may be, or larger; what is wrong with it is found late."""
    if rng.integers(8):
        return content + bytes(one_of(rng, (2**26, *[2**20] * 7)))
    manifest, tensors = taken_apart(content)
    rows = len(tensors["layers.0.input_weights"])
    tensors["layers.0.input_weights"] = np.zeros((rows, 60 * 2**20 // rows), np.int8)
    return sealed(manifest, tensors)
