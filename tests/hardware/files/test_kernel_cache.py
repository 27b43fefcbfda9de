"""Kernels are compiled once: for every program, every memory, every process."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from dataclasses import replace
from inspect import getsource
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware import Session, run, stream
from hardware.engines.event_driven import arrivals, encoding, updates
from hardware.engines.event_driven.encoding import encode, encode_events, encode_nonzero, list_rows
from hardware.engines.event_driven.kernels import run_layer, run_readout
from hardware.files.kernel_cache import forget_outdated
from hardware.program.model import Program
from hardware.sequences.dense import Sequences
from hardware.sequences.sparse import SparseSequences


@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_no_order_of_anyone_s_memory_makes_kernels_compile_anew(offset: float) -> None:
    made = random_program(0, channels=4, hidden=(4,))
    made = replace(made, encoder=replace(made.encoder, offset=np.full(4, offset)))

    def as_it_may_come(values: np.ndarray) -> np.ndarray:
        foreign = np.asfortranarray(values)
        foreign.setflags(write=False)
        return foreign

    layer, gate = made.layers[0], made.layers[0].gate
    foreign = replace(
        made,
        encoder=replace(made.encoder, offset=as_it_may_come(made.encoder.offset)),
        layers=(
            replace(
                layer,
                input_weights=as_it_may_come(layer.input_weights),
                initial_membrane=as_it_may_come(layer.initial_membrane),
                gate=replace(gate, **{k: as_it_may_come(v) for k, v in vars(gate).items()}),
            ),
        ),
        readouts=(
            replace(
                made.readout,
                weights=as_it_may_come(made.readout.weights),
                bias=as_it_may_come(made.readout.bias),
            ),
        ),
    )
    frames = random_sequences(0, 4, [6], activity=0.5).values
    only_read = frames.copy()
    only_read.setflags(write=False)
    kernels = (run_layer, run_readout, encode, encode_nonzero, encode_events, list_rows)

    def scores_of(program: Program, values: np.ndarray) -> list[np.ndarray]:
        with Session(program) as session:
            steps = [session.step(frame) for frame in values]
            lengths = np.array([6])
            lengths.setflags(write=values.flags.writeable)
            checked = Sequences(values, lengths)
            sparse = SparseSequences.of(checked)
            for array in (sparse.values, sparse.columns, sparse.edges):
                array.setflags(write=values.flags.writeable)
            return [
                run(program, [values]).scores[0],
                next(stream(program, [values])),
                next(stream(program, checked)),
                next(stream(program, sparse)),
                session.run(checked)[0],
                steps[-1],
            ]

    expected = scores_of(made, frames)
    compiled = [len(kernel.signatures) for kernel in kernels]
    for values in (as_it_may_come(frames), only_read):
        assert np.array_equal(scores_of(foreign, values), expected)
    assert [len(kernel.signatures) for kernel in kernels] == compiled


def test_a_second_process_compiles_nothing() -> None:
    code = (
        "from programs import random_program, random_sequences\n"
        "from hardware import run, stream\n"
        "from hardware.engines.event_driven import encoding, kernels\n"
        "run(random_program(0), random_sequences(0, 3, [2]))\n"
        "list(stream(random_program(0), random_sequences(0, 3, [2])))\n"
        "both = kernels.run_layer, kernels.run_readout\n"
        "one = encoding.encode, encoding.list_rows\n"
        "for kernel in (*both, *one):\n"
        "    assert not kernel.stats.cache_misses, kernel\n"
        "    assert sum(kernel.stats.cache_hits.values()) == 1 + (kernel in both), kernel\n"
    )
    run(random_program(0), random_sequences(0, 3, [2]))
    list(stream(random_program(0), random_sequences(0, 3, [2])))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_an_index_older_than_a_source_is_forgotten(tmp_path: Path) -> None:
    old, new, source = (tmp_path / name for name in ("old.nbi", "new.nbi", "source.py"))
    for age, path in enumerate((old, source, new)):
        path.touch()
        os.utime(path, ns=(0, 10**18 + age))
    forget_outdated([old, new], [source])
    assert not old.exists()
    assert new.exists()


def test_a_change_of_what_is_inlined_compiles_a_kernel_anew(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    folder.mkdir()
    (folder / "outer.py").write_text(
        "from inner import number\n"
        "from hardware.files.kernel_cache import compiled\n"
        "@compiled\n"
        "def answer():\n"
        "    return number()\n"
        "print(answer(), sum(answer.stats.cache_hits.values()))\n"
    )

    def answered(number: int, age: int) -> str:
        inner = folder / "inner.py"
        inner.write_text(f"import numba\n@numba.njit\ndef number():\n    return {number}\n")
        os.utime(inner, (time.time() - age, time.time() - age))
        done = subprocess.run(
            [sys.executable, "-B", folder / "outer.py"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert answered(41, age=60) == "41 0"
    assert answered(41, age=60) == "41 1"
    assert answered(42, age=0) == "42 0"


def test_a_change_of_a_further_source_compiles_a_nested_kernel_again(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "kernels", tmp_path / "elsewhere.py"
    folder.mkdir()
    elsewhere.touch()
    (folder / "outer.py").write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from hardware.files.kernel_cache import compiled\n"
        "def nested():\n"
        "    def answer():\n"
        "        return 41\n"
        "    return compiled(answer, Path(sys.argv[1]))\n"
        "answer = nested()\n"
        "print(answer(), sum(answer.stats.cache_hits.values()))\n"
    )

    def answered(age: int) -> str:
        os.utime(elsewhere, (time.time() - age, time.time() - age))
        command = [sys.executable, "-B", folder / "outer.py", elsewhere]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.check_output(command, env=environment, text=True).strip()

    assert answered(age=60) == "41 0"
    assert answered(age=60) == "41 1"
    assert answered(age=0) == "41 0"


@pytest.mark.parametrize(
    "module", [arrivals, encoding, updates], ids=lambda module: module.__name__
)
def test_no_function_puts_into_what_it_reads_by_at(module: ModuleType) -> None:
    functions = [
        node for node in ast.parse(getsource(module)).body if isinstance(node, ast.FunctionDef)
    ]
    writing = 0
    for function in functions:
        calls = [
            node
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        read, written = (
            {ast.unparse(call.args[0]) for call in calls if call.func.id == name}
            for name in ("at", "put")
        )
        assert not read & written, function.name
        writing += bool(written)
    assert writing
