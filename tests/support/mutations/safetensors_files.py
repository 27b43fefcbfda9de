"""Tensors that are described falsely."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from sealing import NAMES, header_and_data, with_header

from mutations.registry import (
    HUGE,
    of_weights,
    one_of,
)


@of_weights
def a_header_of_another_length(rng: np.random.Generator, weights: bytes) -> bytes:
    length = int.from_bytes(weights[:8], "little")
    other = one_of(
        rng,
        (0, 1, 7, length - 1, length + 1, len(weights), 2**20, 2**20 + 1, 2**31, 2**63, 2**64 - 1),
    )
    return other.to_bytes(8, "little") + weights[8:]


@of_weights
def a_header_that_is_none(rng: np.random.Generator, weights: bytes) -> bytes:
    header, data = header_and_data(weights)
    text = json.dumps(header).encode()
    many = {f"t{i}": {"dtype": "I8", "shape": [0], "data_offsets": [0, 0]} for i in range(9000)}
    return with_header(
        one_of(
            rng,
            (
                b"", b"[]", b"null", b"{", b"[" * 500_000, b'{"a":' * 100_000, b"\xff" * 100,
                text.decode().encode("utf-16"), b"\xef\xbb\xbf" + text, text + b"{}", many,
                text[:3] + b"\xff" + text[4:], b"0" * 2**20, b" " * 2**21 + text,
                {**header, "__metadata__": {"a": "b"}}, {**header, "__metadata__": 1},
                {**header, "__metadata__": {"a": 1}}, list(header),
                b'{"a":' + b"9" * 900_000 + b"}",
            ),
        ),
        data,
    )  # fmt: skip


def a_tensor_changed(
    rng: np.random.Generator, weights: bytes, key: str, choices: Callable[[dict], Any]
) -> bytes:
    header, data = header_and_data(weights)
    about = header[one_of(rng, header.keys() - {"__metadata__"})]
    about[key] = one_of(rng, choices(about))
    return with_header(header, data)


@of_weights
def a_shape_that_is_none(rng: np.random.Generator, weights: bytes) -> bytes:
    return a_tensor_changed(
        rng,
        weights,
        "shape",
        lambda about: (
            *([size] for size in HUGE), [2**32, 2**32], [2**31, 2**33], [0, 2**62], [2**62, 0, 4],
            [-1], [-1, -1], [-2, -3], [1.0], [True], ["3"], None, 3, {}, [[]], [1] * 70,
            [1] * 9_000, [10**30] * 20_000, [*about["shape"][::-1], 1], [*about["shape"], 2], [0],
        ),
    )  # fmt: skip


@of_weights
def offsets_that_are_none(rng: np.random.Generator, weights: bytes) -> bytes:
    def choices(about: dict) -> tuple:
        begin, end = about["data_offsets"]
        return (
            [end, begin], [begin + 1, end + 1], [begin - 1, end - 1], [begin, end + 1], [begin],
            [0, end - begin] if begin else [1, end + 1], [begin, end, end], [-1, end - begin - 1],
            [begin, 2**63], [2**64, 2**64 + end - begin], [str(begin), str(end)], None, [True, end],
            [float(begin), float(end)],
        )  # fmt: skip

    return a_tensor_changed(rng, weights, "data_offsets", choices)


@of_weights
def a_type_that_is_none(rng: np.random.Generator, weights: bytes) -> bytes:
    return a_tensor_changed(
        rng,
        weights,
        "dtype",
        lambda about: [
            *sorted({*NAMES.values()} - {about["dtype"]}),
            *("BOOL", "BF16", "F8_E4M3", "C64", "O", "<i4", "object", "i1", "", "f4", "V8"),
            *(None, 1, [], ["I8"], {"a": 1}),
        ],
    )


@of_weights
def names_that_are_twice(rng: np.random.Generator, weights: bytes) -> bytes:
    header, data = header_and_data(weights)
    name = one_of(rng, header)
    text = json.dumps(header)
    twice = "{" + f"{json.dumps(name)}: {json.dumps(header[name])}, " + text[1:]
    first = json.dumps(one_of(rng, header.keys() - {name}))
    renamed = text.replace(json.dumps(name) + ":", first + ":", 1)
    return with_header(one_of(rng, (twice, renamed)).encode(), data)


def held(about: dict, data: bytes) -> tuple:
    """Type, shape and bytes of a tensor."""
    begin, end = about["data_offsets"]
    return about["dtype"], about["shape"], data[begin:end]


@of_weights
def tensors_that_are_others(rng: np.random.Generator, weights: bytes) -> bytes:
    header, data = header_and_data(weights)
    name = one_of(rng, header.keys() - {"__metadata__"})
    own = header[name]
    # Swapped with one that holds the same, it would be the identical program.
    other = one_of(
        rng,
        {
            n
            for n, about in header.items()
            if n != "__metadata__" and held(about, data) != held(own, data)
        },
    )
    changed = {
        "missing": {n: about for n, about in header.items() if n != name},
        "named anew": {f"{n}\n" if n == name else n: about for n, about in header.items()},
        "aliased": {**header, "alias": header[name]},
        "unknown field": {**header, name: {**header[name], "code": "import os"}},
        "no fields": {**header, name: {}},
        "a list": {**header, name: []},
        "swapped": {**header, name: header[other], other: header[name]},
        "long name": {**header, "n" * 10**5: header[name]},
    }
    return with_header(one_of(rng, changed.values()), data + one_of(rng, (b"", b"", b"x")))
