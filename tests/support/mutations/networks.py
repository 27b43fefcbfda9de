"""Network folders: `model.json` and `model.safetensors`, carried here as a zip of the two."""

from __future__ import annotations

import numpy as np
from sealing import NAMES, joined, members_of, network_parts, sealed_folder, sealed_network

from mutations.damage import DAMAGE
from mutations.registry import HUGE, WEIGHTS_MUTATIONS, Mutation, one_of, place_in

NETWORK_DAMAGE: dict[str, Mutation] = {}
"""Damage that the checksum of a network must notice."""

SEALED_NETWORK_MUTATIONS: dict[str, Mutation] = {}
"""Other contents under a right checksum."""

for name, change in WEIGHTS_MUTATIONS.items():

    def in_weights(rng: np.random.Generator, content: bytes, change: Mutation = change) -> bytes:
        settings, weights = members_of(content)
        return joined(settings, change(rng, weights))

    NETWORK_DAMAGE[f"{name} in the tensors"] = in_weights

for change in DAMAGE:

    def in_settings(rng: np.random.Generator, content: bytes, change: Mutation = change) -> bytes:
        settings, weights = members_of(content)
        return joined(change(rng, settings), weights)

    NETWORK_DAMAGE[f"{change.__name__} in the settings"] = in_settings


def sealed_mutation(change: Mutation) -> Mutation:
    SEALED_NETWORK_MUTATIONS[change.__name__] = change
    return change


ODD = (
    *HUGE, -1, 0, 0.0, 1, 7, 8192, 0.5, -0.5, 0.9999, 1e300, 1e-300, True, None, "", "7", "torch",
    "a\nb", "\x1b[2J", "x" * 10**5, [], {}, [1], {"a": {}}, ["a"], ["a", "b", "c"], ["a", "a\nb"],
    ["x" * 10**4] * 20, ["x"] * 60_000, "state", "rate", "last", "table", "zero", "minimal",
)  # fmt: skip


@sealed_mutation
def settings_that_are_others(rng: np.random.Generator, content: bytes) -> bytes:
    about, tensors = network_parts(content)
    for _ in range(int(rng.integers(1, 4))):
        about["settings"][one_of(rng, about["settings"])] = one_of(rng, ODD)
    return sealed_network(about, tensors)


@sealed_mutation
def networks_that_are_huge(rng: np.random.Generator, content: bytes) -> bytes:
    about, tensors = network_parts(content)
    sizes = {
        "hidden": (4096, 8192), "layers": (1, 16), "channels": (2**16, 2**40),
        "bidirectional": (True, False),
    }  # fmt: skip
    for name, values in sizes.items():
        if rng.integers(2) or name == "hidden":
            about["settings"][name] = one_of(rng, values)
    return sealed_network(about, tensors)


@sealed_mutation
def fields_missing_or_unknown(rng: np.random.Generator, content: bytes) -> bytes:
    about, _ = network_parts(content)
    part = one_of(rng, (about, about["settings"]))
    if rng.integers(2):
        del part[one_of(rng, part)]
    else:
        part[one_of(rng, ("surprise", "", "\n", "__class__", "x" * 10**5))] = one_of(rng, ODD)
    weights = members_of(content)[1]
    return sealed_folder(one_of(rng, (about, about, about, [about], None, "x")), weights)


@sealed_mutation
def tensors_that_are_others(rng: np.random.Generator, content: bytes) -> bytes:
    about, tensors = network_parts(content)
    name = one_of(rng, tensors)
    array = tensors[name]
    odd = [array[np.newaxis], array[..., np.newaxis], array.ravel()[:0]]
    odd += [array[:-1], np.concatenate([array, array]), array.ravel()] if array.ndim else []
    choice = one_of(rng, ("shape", "type", "missing", "further", "named"))
    if choice == "shape":
        tensors[name] = one_of(rng, odd)
    elif choice == "type":
        with np.errstate(all="ignore"):
            tensors[name] = array.astype(one_of(rng, NAMES))
    else:
        if choice != "further":
            del tensors[name]
        if choice != "missing":
            tensors[one_of(rng, ("x", "", "gru.cells.9.weight_ih", "a\nb", "n" * 10**5))] = array
    return sealed_network(about, tensors)


@sealed_mutation
def numbers_that_are_none(rng: np.random.Generator, content: bytes) -> bytes:
    about, tensors = network_parts(content)
    name = one_of(rng, [name for name, array in tensors.items() if array.dtype.kind == "f"])
    numbers = tensors[name].reshape(-1)
    numbers[place_in(rng, numbers)] = one_of(rng, (np.nan, np.inf, -np.inf, 1e30, -1e30))
    return sealed_network(about, tensors)
