"""Bytes become a program: docs/format.md."""

from typing import Any

from independent.checksums import manifest_checksum, program_digest, tensor_checksum
from independent.container import RefusedError, split
from independent.fields import array, integer, members, name, one_of, string
from independent.limits import check_layer, check_readout
from independent.migration import migrated
from independent.parts import COUNT, Shelf, encoder_of, layer_of, readout_of
from independent.program import Golden, Layer, Program
from independent.strict_json import parse
from independent.tensors import Tensor, read_tensors

MANIFEST_BYTES = 1_048_576
FIELDS = (
    "format",
    "schema_number",
    "encoder",
    "layers",
    "readouts",
    "max_steps",
    "vocabulary",
    "preprocessing",
    "golden",
    "provenance",
    "sha256",
    "manifest_sha256",
)
FINITE32 = 3.5e38


def read(file: bytes) -> Program:
    """Return the program of a `.sgru` file, or refuse the file."""
    text, tensor_file = split(file)
    if len(text) > MANIFEST_BYTES:
        raise RefusedError(f"the manifest has {len(text)} bytes")
    manifest, tensors = parse(text), read_tensors(tensor_file)
    check_sums(manifest, tensors)
    return program_of(*migrated(manifest, tensors))


def check_sums(manifest: Any, tensors: dict[str, Tensor]) -> None:
    """Refuse a file whose format, schema or checksums differ."""
    if not isinstance(manifest, dict) or manifest.get("format") != "spiking-gru program":
        raise RefusedError("not a program of spiking-gru")
    schema = integer(manifest.get("schema_number"), 1, 3)
    if schema > 1 and manifest.get("manifest_sha256") != manifest_checksum(manifest):
        raise RefusedError("the checksum of the manifest differs")
    sums = {name: tensor_checksum(tensor) for name, tensor in tensors.items()}
    if manifest.get("sha256") != sums:
        raise RefusedError("the checksum of a tensor differs")


def program_of(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> Program:
    """Return the program of a manifest of schema 3 and its tensors."""
    members(manifest, FIELDS)
    check_host_fields(manifest)
    shelf = Shelf(tensors)
    encoder = encoder_of(manifest["encoder"], shelf)
    described = [
        members(layer, ("name", "sources", "synapses", "backward", "cell"))
        for layer in array(manifest["layers"], 1, 64)
    ]
    levels = levels_of(described)
    sources = check_names(described, levels, array(manifest["readouts"], 1, 1))
    layers: list[Layer] = []
    inputs, sent, alternatives = encoder.sources, encoder.largest, encoder.alternatives
    if inputs > COUNT:
        raise RefusedError(f"the encoder has {inputs} sources")
    for level in levels:
        for i in level:
            layers.append(layer_of(i, described[i], inputs, shelf))
            check_layer(layers[i], sent, alternatives)
        first, last = layers[level[0]], layers[level[-1]]
        if (first.emit, first.gate_fraction) != (last.emit, last.gate_fraction):
            raise RefusedError("the layers of a level differ in emit or gate_fraction")
        inputs, sent = sum(layers[i].neurons for i in level), first.largest
        alternatives = 1
    readout = readout_of(manifest["readouts"][0], inputs, shelf)
    check_readout(readout, layers[-1], manifest["max_steps"])
    golden = golden_of(manifest, encoder.steps, len(encoder.offset), shelf)
    if shelf.left:
        raise RefusedError(f"unknown tensors: {sorted(shelf.left)}")
    digest = program_digest(manifest, sources)
    return Program(
        encoder, layers, levels, readout, manifest["max_steps"], golden, digest, manifest
    )


def check_host_fields(manifest: dict[str, Any]) -> None:
    """Check the fields that no engine reads, and `max_steps`."""
    if manifest["max_steps"] is not None:
        integer(manifest["max_steps"], 1, 2**31 - 1)
    check_vocabulary(manifest["vocabulary"], manifest["encoder"])
    for step in array(manifest["preprocessing"]):
        members(step, ("name", "settings"))
        name(step["name"])
        if not isinstance(step["settings"], dict):
            raise RefusedError("settings are an object")
    if not isinstance(manifest["provenance"], dict):
        raise RefusedError("provenance is an object")


def check_vocabulary(vocabulary: Any, encoder: dict[str, Any]) -> None:
    """Check the vocabulary; an empty array is none."""
    if vocabulary == []:
        return
    members(vocabulary, ("kind", "lower", "merges", "pieces"))
    if vocabulary["kind"] not in ("characters", "words", "subwords"):
        raise RefusedError("an unknown kind of vocabulary")
    if not isinstance(vocabulary["lower"], bool):
        raise RefusedError("lower is a boolean")
    pieces = [string(piece) for piece in array(vocabulary["pieces"])]
    if not all(pieces) or len(set(pieces)) < len(pieces):
        raise RefusedError("a piece is empty or there twice")
    for pair in array(vocabulary["merges"]):
        if len(array(pair)) != 2:
            raise RefusedError("a merge is of two pieces")
        for piece in pair:
            string(piece)
    if vocabulary["merges"] and vocabulary["kind"] != "subwords":
        raise RefusedError("only subwords have merges")
    if encoder["kind"] != "tokens" or encoder.get("fields") != len(pieces) + 1:
        raise RefusedError("the vocabulary does not fit the encoder")


def levels_of(layers: list[dict[str, Any]]) -> list[list[int]]:
    """Return the numbers of each level's layers."""
    levels: list[list[int]] = []
    for i, layer in enumerate(layers):
        if not isinstance(layer["backward"], bool):
            raise RefusedError("backward is true or false")
        if not layer["backward"]:
            levels.append([i])
        elif levels and len(levels[-1]) == 1:
            levels[-1].append(i)
        else:
            raise RefusedError("a backward layer follows its forward layer")
    return levels


def check_names(
    layers: list[dict[str, Any]], levels: list[list[int]], readouts: list[Any]
) -> list[list[str]]:
    """Check names, synapses and sources, and return each layer's sources."""
    names = [name(layer["name"]) for layer in layers]
    others = [name(r["name"]) for r in readouts if isinstance(r, dict) and "name" in r]
    if len({"encoder", *names, *others}) != 1 + len(names) + len(others):
        raise RefusedError("two parts have one name")
    result: list[list[str]] = []
    heard = ["encoder"]
    for level in levels:
        for i in level:
            one_of(layers[i]["synapses"], ("dense",))
            if layers[i]["sources"] not in ([], heard):
                raise RefusedError(f"layer {i} has other sources than {heard}")
            result.append(heard)
        heard = [names[i] for i in level]
    return result


def golden_of(manifest: dict[str, Any], steps: int, channels: int, shelf: Shelf) -> list[Golden]:
    """Return the golden samples."""
    samples = []
    for i, digest in enumerate(array(manifest["golden"], 0, 64)):
        if len(string(digest)) != 64 or set(digest) - set("0123456789abcdef"):
            raise RefusedError("a digest has 64 lowercase hexadecimal digits")
        frames = shelf.take(f"golden.{i}.frames", "F32", (None, channels), -FINITE32, FINITE32)
        if len(frames.rows()) * steps > (manifest["max_steps"] or float("inf")):
            raise RefusedError("a golden sample takes more than max_steps steps")
        samples.append(Golden(frames.rows(), digest))
    return samples
