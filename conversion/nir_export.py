"""The linear parts of a program and its integrating readout, as a `.nir` file.

A gated layer has no lossless form there: NIR has no node for the product of two signals. Nothing
is ever read from a `.nir` file here.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from hardware.definition.readout import Readout
from hardware.errors import MissingPackageError, SettingError, choose
from hardware.files.disk import read_bytes, write_bytes
from hardware.program.model import Program

PARTS = ("encoder", "readout", "all")


def export_nir(program: Program, path: str | Path, part: str = "readout") -> Path:
    """Write one part of a program as NIR; refuse `all` with the reason.

    `encoder` is the standardisation without its rounding; `readout` the weights, biases and the
    integrator, one NIR time unit a step. Values are scores in real numbers, before the scale and
    offset of a target.
    """
    choose("part", part, PARTS)
    if part == "all":
        layer = program.layers[0]
        raise SettingError(
            f"{layer.name} is gated ({layer.cell.formulation}): its gates multiply signals with "
            f"each other, and NIR has no node for that: export part 'encoder' or 'readout'"
        )
    if part == "encoder" and program.encoder.row.by_token:
        raise SettingError(
            "the encoder takes tokens, and NIR has no node for them: export part 'readout'"
        )
    nir = _nir()
    chain = _encoder(nir, program) if part == "encoder" else _readout(nir, program)
    leaving = {} if part == "encoder" else _leaving(nir, program.readout)
    edges = [*pairwise(["input", *chain, "output"]), *pairwise(_way(leaving))]
    shapes = [np.array([n]) for n in _widths(program, part)]
    nodes = {"input": nir.Input(shapes[0]), **chain, **leaving, "output": nir.Output(shapes[1])}
    graph = nir.NIRGraph(nodes, edges)
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder) / "part.nir"
        nir.write(temporary, graph)
        write_bytes(Path(path), read_bytes(temporary))
    return Path(path)


def _nir() -> Any:
    try:
        import nir
    except ImportError as error:
        raise MissingPackageError(
            'writing NIR needs the package nir: pip install "spiking-gru[nir]"'
        ) from error
    return nir


def _widths(program: Program, part: str) -> tuple[int, int]:
    if part == "encoder":
        return program.encoder.channels, program.encoder.channels
    return program.readout.weights.shape[1], program.readout.outputs


def _encoder(nir: Any, program: Program) -> dict[str, Any]:
    gain = program.encoder.gain * 2.0**program.encoder.exponent
    return {"standardise": nir.Affine(np.diag(gain), -program.encoder.offset * gain)}


def _readout(nir: Any, program: Program) -> dict[str, Any]:
    readout, cell = program.readout, program.layers[-1].cell
    fraction = cell.gate_fraction if readout.sees_membranes else cell.event_fraction
    weights = readout.weights * 2.0 ** (readout.exponent + readout.shift + fraction)
    chain = {"weights": nir.Affine(weights, readout.bias * 2.0**readout.exponent)}
    one = np.ones(readout.outputs)
    if readout.row.leaks:
        # τ dv/dt = −v + R I, a unit of time a step: v ← v − v · 2^-leak + I
        slow = one * 2.0**readout.leak
        chain["integrate"] = nir.LI(tau=slow, r=slow, v_leak=0 * one)
    elif readout.row.tumbles:
        raise SettingError(
            f"the readout is {readout.kind!r}, and NIR has no node for a sum that begins again: "
            f"export part 'encoder', or train the readout sliding"
        )
    elif readout.row.adds_up:
        chain["integrate"] = nir.I(r=one)
    return chain


def _leaving(nir: Any, readout: Readout) -> dict[str, Any]:
    """The nodes that take a current out of the sum again when it leaves the window."""
    if not readout.row.slides:
        return {}
    one = np.ones(readout.outputs)
    return {"delay": nir.Delay(delay=readout.window * one), "negate": nir.Scale(scale=-one)}


def _way(leaving: dict[str, Any]) -> list[str]:
    """The names from the currents to their sum, by way of these nodes."""
    return ["weights", *leaving, "integrate"] if leaving else []
