"""Kernels keep the promise of `at` and `put`: without it they give the same bits.

Run as a script, this file prints the bits of the kernels that its environment asks for.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from programs import OF_NUMBERS, random_program, random_sequences

from hardware import Program, run, stream
from hardware.definition.arithmetic import ACTIVATIONS, WORD_LIMIT
from hardware.definition.emission import EMISSIONS
from hardware.definition.formulation import FORMULATIONS
from hardware.engines.event_driven.intrinsics import PLAIN_MEMORY, PROMISED
from hardware.engines.event_driven.layout import Layout
from hardware.kernels.library import CHOSEN_BY, COMPILE
from hardware.sequences.dense import Sequences


def some_programs() -> Iterator[tuple[Program, Sequences]]:
    """Programs whose layers are wider than a vector, and that all run on one kind of kernel."""
    for seed in range(48):
        rng = np.random.default_rng(seed)
        channels, *hidden = (int(n) for n in rng.integers(1, 140, 3))
        program = random_program(
            seed,
            channels,
            tuple(hidden),
            bidirectional=seed % 3 == 0,
            initial=seed % 2 == 0,
            encoder=str(rng.choice(OF_NUMBERS)),
            formulation=list(FORMULATIONS)[seed % len(FORMULATIONS)],
            emit=str(rng.choice(list(EMISSIONS))),
            activation=str(rng.choice(list(ACTIVATIONS))),
        )
        assert Layout(program).number is np.int32
        yield program, random_sequences(seed, channels, [9, 14], activity=0.5)


def beyond_the_word(program: Program) -> Program:
    """The program with biases over the word: its streams run on the kernels of `run`."""
    layer = program.layers[0]
    gate = replace(layer.gate, bias=layer.gate.bias + 2 * WORD_LIMIT)
    return replace(program, layers=(replace(layer, gate=gate), *program.layers[1:]))


def bits() -> str:
    """A hash of every number of every run, and of the scores of streams."""
    found = hashlib.sha256()
    for program, sequences in some_programs():
        trace = run(program, sequences, threads=1)
        for _, _, values in trace.quantities():
            found.update(values.astype(np.int64).tobytes())
        found.update(np.asarray(trace.saturations, dtype=np.int64).tobytes())
        watched = beyond_the_word(program)
        assert Layout(watched).watched
        for scores in stream(watched, sequences, strict=False, threads=1):
            found.update(scores.tobytes())
    return found.hexdigest()


@pytest.mark.long
def test_kernels_without_the_promise_give_the_same_bits(tmp_path: Path) -> None:
    own = {PLAIN_MEMORY: "1", CHOSEN_BY: COMPILE, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, __file__],
        env={**os.environ, **own, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", bits()]


if __name__ == "__main__":
    print(PROMISED, bits())
