"""Manifests that are wrong, in files where every checksum but sometimes their own is right."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from sealing import joined, members_of, sealed_manifest, taken_apart

from mutations.registry import (
    HUGE,
    mutation,
    one_of,
)


def inner_objects(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Every object of the manifest but what is free to hold anything."""
    layers = manifest["layers"]
    cells = [layer["cell"] for layer in layers]
    readout = manifest["readouts"][0]
    return [manifest, manifest["encoder"], readout, readout["target"], *layers, *cells]


def resealed(content: bytes, manifest: dict[str, Any]) -> bytes:
    """The file with another manifest, whose own checksum is right."""
    return joined(sealed_manifest(manifest), members_of(content)[1])


@mutation
def a_field_missing(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, _ = taken_apart(content)
    part = one_of(rng, inner_objects(manifest))
    del part[one_of(rng, part)]
    return resealed(content, manifest)


@mutation
def a_field_unknown(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, _ = taken_apart(content)
    name = one_of(rng, ("surprise", "__class__", "py/object", "", "\n", "x" * 10**5, "gain2"))
    one_of(rng, inner_objects(manifest))[name] = one_of(rng, (1, None, "x", {}, "os.system"))
    return resealed(content, manifest)


@mutation
def a_field_of_another_type(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, _ = taken_apart(content)
    part = one_of(rng, inner_objects(manifest))
    name = one_of(rng, part)
    others = [None, True, "7", [1], {"a": {}}, 7.5, 10**30, "\ud800", "x" * 10**5, ["y" * 10**5]]
    same = {"provenance": dict, "sha256": dict, "max_steps": type(None), "backward": bool}
    kind = same.get(name, type(part[name]))
    part[name] = one_of(
        rng, [v for v in others if type(v) is not kind and (name, v) != ("gain", 7.5)]
    )
    if name == "gain" and part[name] == 10**30:
        part[name] = "1.0"
    return resealed(content, manifest)


@mutation
def a_number_out_of_range(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, _ = taken_apart(content)
    numbers = [
        (part, name)
        for part in inner_objects(manifest)
        for name, value in part.items()
        if type(value) is int and name != "schema_number"
    ]
    part, name = one_of(rng, numbers)
    part[name] = one_of(rng, (-(10**6), *HUGE, *(-n for n in HUGE)))
    return resealed(content, manifest)


@mutation
def a_name_that_is_none(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, _ = taken_apart(content)
    odd = one_of(rng, ("", "a\nb", "\x1b[2J", "x" * 201, "\ud800", "\u202e", "\0", "lstm"))
    choices = ["formulation", "emit", "activation", "reset_mechanism", "kind", "readout", "format"]
    where = one_of(rng, choices if odd == "lstm" else [*choices, "classes", "layer", "golden"])
    if where == "classes":
        manifest["readouts"][0]["target"]["classes"][0] = odd
    elif where == "golden":
        manifest["golden"][0] = odd
    elif where == "layer":
        one_of(rng, manifest["layers"])["name"] = odd
    elif where in ("kind", "readout"):
        part = manifest["encoder"] if where == "kind" else manifest["readouts"][0]
        part["kind"] = odd
    elif where == "format":
        manifest["format"] = odd
    else:
        one_of(rng, manifest["layers"])["cell"][where] = odd
    return resealed(content, manifest)


@mutation
def lists_of_another_length(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, _ = taken_apart(content)
    name = one_of(rng, ("layers", "readouts", "classes", "golden"))
    part = manifest["readouts"][0]["target"] if name == "classes" else manifest
    values = part[name]
    odd = one_of(rng, (values[:-1], values + values[:1], values * 40, values * 2000))
    part[name] = odd if name != "classes" or odd else ["x"] * (len(values) + 1)
    return resealed(content, manifest)


@mutation
def another_schema(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, _ = taken_apart(content)
    manifest["schema_number"] = one_of(
        rng, (0, -1, 1, 2, 4, 99, True, False, 2.0, "2", None, [2], {}, 10**30, 10**60)
    )
    text = resealed(content, manifest)
    if rng.integers(2):  # as schema 1 was: without the manifest's own checksum
        return text
    return joined(json.dumps(manifest).encode(), members_of(content)[1])


@mutation
def text_that_is_no_manifest(rng: np.random.Generator, content: bytes) -> bytes:
    manifest, weights = members_of(content)
    text = manifest.decode()
    gain = f'"gain": {json.loads(text)["readouts"][0]["gain"]}'
    first = text.index('"classes"')
    deep = '"provenance": {"a": ' + "[" * 100 + "]" * 100 + "}"
    wide = "".join(f'"k{i}": 1,' for i in range(60_000))
    keys = "{" + ",".join(f'"k{i}":{i}' for i in range(9_000)) + "}"
    odd = one_of(
        rng,
        (
            text.replace(gain, '"gain": NaN'), text.replace(gain, '"gain": -Infinity'),
            text.replace(gain, '"gain": 1e999'), text.replace(gain, gain + ", " + gain),
            text.replace(gain, '"gain": 1' + "0" * 100_000),
            text.replace(gain, '"gain": 1.' + "0" * 900_000),
            text[:first] + '"classes": [], ' + text[first:], "{" + wide + text[1:],
            text[:first] + deep + ", " + text[first:], "[" + text + "]", "[" * 900_000,
            '{"a":' * 150_000, "[" * 60 + "]" * 60, "[]", "null", '"x"', "", "{}", "\ufeff" + text,
            text + " " * 2**21, text + "{}", keys, "[" + "[]," * 300_000 + "[]]",
            text.replace('"', "'"),
            "[" + "1e308," * 150_000 + "1]", '{"schema_number": 2, "manifest_sha256": {"a": []}}',
        ),
    )  # fmt: skip
    bad = (odd.encode(), text.encode("utf-16"), manifest.replace(b"class", b"cl\xe4ss", 1))
    return joined(one_of(rng, (bad[0], bad[0], bad[0], bad[0], bad[1], bad[2])), weights)


@mutation
def a_value_changed_under_its_checksum(rng: np.random.Generator, content: bytes) -> bytes:
    """A manifest that is as sound as the one before, but not the one that was written."""
    manifest, _ = taken_apart(content)
    choice = one_of(rng, ("gain", "provenance", "class", "name", "max_steps", "golden", "sha256"))
    if choice == "gain":
        manifest["readouts"][0]["gain"] *= 2
    elif choice == "provenance":
        manifest["provenance"]["seed"] = "another"
    elif choice == "class":
        manifest["readouts"][0]["target"]["classes"].reverse()
    elif choice == "name":
        manifest["layers"][0]["name"] += " "
    elif choice == "max_steps":
        manifest["max_steps"] = 999
    elif choice == "golden":
        manifest["golden"][0] = "0" * 64
    else:
        manifest["sha256"]["readouts.0.bias"] = "0" * 64
    text = json.dumps(manifest, indent=2, sort_keys=True).encode()
    return joined(text, members_of(content)[1])
