"""Archives of NumPy's arrays that are damaged, or that hold something else than they say."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from mutations.damage import DAMAGE
from mutations.registry import Mutation, one_of
from mutations.zips import archive_of, bomb, entry

DATA_DAMAGE: dict[str, Mutation] = {change.__name__: change for change in DAMAGE}
"""Damage that the checksums of a zip must notice."""

DATA_MUTATIONS: dict[str, Mutation] = {}
"""Whole archives of other arrays."""


def data_mutation(change: Mutation) -> Mutation:
    DATA_MUTATIONS[change.__name__] = change
    return change


def arrays_in(content: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content)) as archive:
        return dict(archive)


def members_in(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def archived(arrays: dict[str, np.ndarray], packed: bool = False) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(buffer, **arrays)
    return buffer.getvalue()


def npy(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """A `.npy` file of any header."""
    text = header.encode("latin1") + b"\n"
    size = len(text).to_bytes(2 if version == (1, 0) else 4, "little")
    return b"\x93NUMPY" + bytes(version) + size + text + data


@data_mutation
def an_array_that_is_another(rng: np.random.Generator, content: bytes) -> bytes:
    arrays = arrays_in(content)
    name = one_of(rng, arrays)
    array = arrays[name]
    kinds = ("f2", "f8", "i1", "u8", "c8", "U3", "S3", "?", "M8[s]", "m8[s]", "V8", "f4,i4")
    with np.errstate(all="ignore"):
        other = one_of(
            rng,
            (
                array[:0], array[np.newaxis], array[:-1], np.concatenate([array, array]),
                array.ravel()[0], np.zeros(array.shape, one_of(rng, kinds)), np.zeros(array.shape),
                np.full(array.shape, one_of(rng, (np.nan, np.inf, 1e300, -1, 2**62))),
                np.full(array.shape, one_of(rng, (-1, 0, 7, 2**62, -(2**63), 2**63 - 1))),
                array[..., np.newaxis], np.array("abc"), np.zeros((0, 2**40)), np.zeros(0),
            ),
        )  # fmt: skip
    if rng.integers(8) == 0:
        del arrays[name]
    else:
        arrays[name] = np.asarray(other)
    return archived(arrays, bool(rng.integers(2)))


@data_mutation
def lengths_that_do_not_fit(rng: np.random.Generator, content: bytes) -> bytes:
    arrays = arrays_in(content)
    lengths = arrays[one_of(rng, ("train_lengths", "test_lengths"))]
    lengths[int(rng.integers(len(lengths)))] += one_of(rng, (1, -1, 2**62, -(2**63), 10**9))
    return archived(arrays)


@data_mutation
def a_header_that_lies(rng: np.random.Generator, content: bytes) -> bytes:
    members = members_in(content)
    name = one_of(rng, members)
    shape = one_of(
        rng,
        (
            "(1099511627776,)", "(4294967296, 4294967296)", "(-1,)", "(-1, -1)", "(2.0,)", "3",
            "(0, 4611686018427387904)", "(True,)", "()", "(1,)", "(" + "1," * 70 + ")", "None",
            "(268435456,)", "(9" + "9" * 5000 + ",)", "(" * 200 + ")" * 200, "[1]", "(1,) * 9",
        ),
    )  # fmt: skip
    kind = one_of(
        rng,
        (
            "'<f4'", "'<f8'", "'|O'", "'<U999999999'", "'|V0'", "'<U0'", "'|V2147483647'", "'x'",
            "[('a', '<f4')]", "[('a', '<f4', (100000000,))]", "'<f4,' * 9", "None", "{}", "'>f16'",
            "{[]: 1}", "__import__('os')", "'<M8[s]'", "'|b1'", "1j", "'\\ud800'", "[" * 90,
        ),
    )  # fmt: skip
    header = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}"
    odd = ("", "{}", "{" * 5000, "(" * 9999, "-" * 9999 + "1", " " * 60_000, "\x00", "1L", header)
    header = one_of(rng, (header, header, header, one_of(rng, odd)))
    version = one_of(rng, ((1, 0), (2, 0), (3, 0), (0, 0), (9, 9)))
    members[name] = npy(header, one_of(rng, (b"", bytes(64), bytes(2**20))), version)
    return archive(members, one_of(rng, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


@data_mutation
def members_that_are_none(rng: np.random.Generator, content: bytes) -> bytes:
    members = members_in(content)
    name = one_of(rng, members)
    members[one_of(rng, ("notes.txt", "../escape.npy", "x/", "a\nb.npy", name, ".npy"))] = one_of(
        rng, (b"", b"\x93NUMPY", b"hello", b"\x80\x04.", b"PK\x03\x04", members[name][:-1])
    )
    return archive(members)


@data_mutation
def packed_beyond_measure(rng: np.random.Generator, content: bytes) -> bytes:
    method = one_of(rng, (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    name = one_of(rng, (*members_in(content), "", "/", "a\nb")).encode()
    size = one_of(rng, (2**28, 2**29, 2**31, 2**32 - 1, 100, 0))
    local, central = entry(name, bomb(method), method=method, size=size)
    return archive_of([local], [central])


@data_mutation
def labels_and_names(rng: np.random.Generator, content: bytes) -> bytes:
    arrays = arrays_in(content)
    labels = arrays[one_of(rng, ("train_labels", "test_labels"))]
    labels[int(rng.integers(len(labels)))] = one_of(rng, (-1, 20261129, 2**62, -(2**63), 30))
    names = one_of(rng, (["a", "b\n", "c"], ["a"], ["", "b", "c"], ["x" * 10**5, "y", "z"], [1]))
    if rng.integers(2):
        arrays["classes"] = np.array(names)
    return archived(arrays)


@data_mutation
def values_that_may_be(rng: np.random.Generator, content: bytes) -> bytes:
    """Another sound data set."""
    arrays = arrays_in(content)
    name = one_of(rng, ("train_values", "test_values"))
    arrays[name] = (arrays[name] * 9).astype(one_of(rng, ("f2", "f8", "i1", "i8", ">f4")))
    return archived(arrays, bool(rng.integers(2)))
