"""Build libraries of kernels: `python -m spiking_gru.workflows.kernels [--all]`.

Without `--all`, one for the processor of this machine, if it is not there yet.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from conversion import convert
from hardware.cost.energy import estimate
from hardware.errors import EngineError, InputError
from hardware.kernels.build import build, environment, linker, sources
from hardware.kernels.library import FOLDER, TARGETS, Target, facts_of, loaded
from hardware.program.model import Program
from hardware.runs.batch_session import BatchSession
from hardware.runs.run import run
from hardware.runs.session import Session
from hardware.runs.stream import stream
from hardware.sequences.sparse import SparseSequences
from spiking_gru.fused.backends import backend
from spiking_gru.network import Network
from spiking_gru.settings import NetworkSettings

WIDE = 2**31 - 1
"""A bias for which a program needs 64-bit integers."""

CHANNELS, STEPS = 2, 3


def workload() -> None:
    """Call every kernel, with every type of arguments that it can have."""
    for network in networks():
        train(network)
        for program in programs(network):
            call_kernels(program)


def networks() -> Iterator[Network]:
    """Yield a network of numbers and one of tokens."""
    for settings in ({"encoder": "graded"}, {"encoder": "tokens", "tokens": 4}):
        given = NetworkSettings(hidden=4, channels=CHANNELS, classes=("a", "b"), **settings)
        yield Network.build(given)


def train(network: Network) -> None:
    """Compute the gradients of one batch, whose second sequence is shorter."""
    lengths = torch.tensor([STEPS, STEPS - 1])
    network(torch.ones(STEPS, len(lengths), CHANNELS), lengths).sum().backward()


def programs(network: Network) -> Iterator[Program]:
    """Yield the program of a network, and one that sends for a 0; each also in 64 bits."""
    program = convert(network)
    (layer,) = program.layers
    gate = replace(layer.gate, bias=np.full_like(layer.gate.bias, WIDE))
    encoders = [program.encoder]
    if not program.encoder.row.by_token:
        encoders.append(replace(program.encoder, offset=np.full(CHANNELS, 0.5)))
    for encoder in encoders:
        for layers in ((layer,), (replace(layer, gate=gate),)):
            yield replace(program, encoder=encoder, layers=layers)


def call_kernels(program: Program) -> None:
    """Run a program in every way."""
    frames = np.ones((STEPS, CHANNELS), dtype=np.float32)
    for dense in ("always", "never"):
        estimate(run(program, [frames], strict=False, dense=dense), program)
    for given in ([frames], SparseSequences.of([frames])):
        list(stream(program, given, strict=False))
    with Session(program, strict=False) as session:
        session.steps(frames)
        session.step(frames[0])
    with BatchSession(program, batch=1, strict=False) as rows:
        rows.step(frames[:1])


def build_for(target: Target) -> bool:
    """Build the library of a target in a process of its own; return whether that succeeded."""
    print(f"building kernels for {target.name}", flush=True)
    with tempfile.TemporaryDirectory() as kept:
        command = [sys.executable, "-m", __spec__.name, "--target", target.name]
        return not subprocess.run(command, env=environment(target, Path(kept))).returncode


def main(arguments: list[str]) -> int:
    """Run the command; return its exit status."""
    if arguments[:1] == ["--target"]:
        (target,) = (each for each in TARGETS if each.name == arguments[1])
        try:
            built = build(target, workload, FOLDER)
        except EngineError as error:
            print(error, file=sys.stderr)
            return 2
        print(f"wrote {FOLDER / target.file}: {built} kernels")
        return 0
    backend("numba")  # imports the kernels of training
    fitting = [target for target in TARGETS if target.fits()]
    wanted = fitting if "--all" in arguments else fitting[:1]
    missing = [target for target in wanted if not is_current(target)]
    if missing and linker() is None:
        print("no C compiler was found: kernels are compiled when they are first used")
        return 0
    done = [build_for(target) for target in missing]
    return 0 if all(done) else 1


def is_current(target: Target) -> bool:
    """Return whether a library is there, undamaged and of these sources."""
    try:
        loaded(target)
        return facts_of(target).sources == sources()
    except (InputError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
