"""Kernels are compiled once: for every program, every memory, every process."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from inspect import getsource
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware import Session, run, stream
from hardware.engines.event_driven import arrivals, encoding, products, updates
from hardware.engines.event_driven.encoding import encode, encode_events, encode_nonzero, list_rows
from hardware.engines.event_driven.layers import run_layer
from hardware.engines.event_driven.readouts import run_readout
from hardware.errors import KernelCacheWarning
from hardware.kernels import cache, files
from hardware.kernels.cache import compiled
from hardware.kernels.library import CHOSEN_BY, COMPILE
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
    compiled = [len(kernel.addresses) for kernel in kernels]
    for values in (as_it_may_come(frames), only_read):
        assert np.array_equal(scores_of(foreign, values), expected)
    assert [len(kernel.addresses) for kernel in kernels] == compiled


def test_a_second_process_compiles_nothing() -> None:
    code = (
        "from programs import random_program, random_sequences\n"
        "from hardware import run, stream\n"
        "from hardware.engines.event_driven import encoding, layers, readouts\n"
        "run(random_program(0), random_sequences(0, 3, [2]))\n"
        "list(stream(random_program(0), random_sequences(0, 3, [2])))\n"
        "some = layers.run_layer, readouts.run_readout, encoding.encode, encoding.list_rows\n"
        "for kernel in some:\n"
        "    assert sum(kernel.compiled.stats.cache_hits.values()) == 1, kernel\n"
        "    assert not kernel.compiled.stats.cache_misses, kernel\n"
    )
    compile_all = {"PYTHONPATH": os.pathsep.join(sys.path), CHOSEN_BY: COMPILE}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **compile_all},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which kernels are kept."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(files, "_warned", False)
    return tmp_path / "kept"


OUTER = """
from pathlib import Path
import numba
from hardware.kernels.cache import compiled

@numba.njit
def number():
    return 41

def answer(x):
    return number() + x

answer = compiled(answer, Path(__file__).parents[1] / "further.txt")
"""


class Kernel(NamedTuple):
    """A kernel in a file of its own, as a new process finds it."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "kernels" / "outer.py"

    def write(self, number: int) -> None:
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(OUTER.replace("41", str(number)))
        (self.folder / "further.txt").touch()

    def loaded(self) -> Any:
        """The kernel in a module that is loaded anew."""
        spec = spec_from_file_location("outer", self.file)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.answer

    def answered(self) -> tuple[int, int]:
        """The answer, and how many compilations were spared."""
        answer = self.loaded()
        return answer(0), sum(answer.stats.cache_hits.values())


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    made = Kernel(tmp_path)
    made.write(41)
    return made


def test_a_kernel_is_compiled_once_for_each_type(kept: Path, kernel: Kernel) -> None:
    assert kernel.answered() == (41, 0)
    assert kernel.answered() == (41, 1)
    assert kernel.loaded()(0.5) == 41.5
    assert len(list(kept.iterdir())) == 2
    assert kernel.answered() == (41, 1)


def test_a_change_of_any_source_compiles_a_kernel_again(kept: Path, kernel: Kernel) -> None:
    assert kernel.answered() == (41, 0)
    (kernel.file.parent / "beside.py").write_text("ANOTHER = 'file of the folder'")
    assert kernel.answered() == (41, 0)
    (kernel.folder / "further.txt").write_text("a further source")
    assert kernel.answered() == (41, 0)
    assert kernel.answered() == (41, 1)


def test_a_change_with_an_older_date_compiles_a_kernel_again(kept: Path, kernel: Kernel) -> None:
    assert kernel.answered() == (41, 0)
    kernel.write(42)
    os.utime(kernel.file, (0, 0))
    assert kernel.answered() == (42, 0)
    assert len(list(kept.iterdir())) == 1


def test_a_new_date_alone_compiles_nothing(kept: Path, kernel: Kernel) -> None:
    assert kernel.answered() == (41, 0)
    os.utime(kernel.file)
    assert kernel.answered() == (41, 1)


def test_a_damaged_kernel_is_compiled_again(kept: Path, kernel: Kernel) -> None:
    assert kernel.answered() == (41, 0)
    (file,) = kept.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert kernel.answered() == (41, 0)
    assert kernel.answered() == (41, 1)


def test_a_kernel_runs_where_it_can_be_kept_nowhere(
    kept: Path, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.touch()
    monkeypatch.setattr(tempfile, "tempdir", str(kept))
    with pytest.warns(KernelCacheWarning, match="every process compiles them again"):
        assert kernel.answered() == (41, 0)
    assert kernel.answered() == (41, 0)


def test_a_kernel_without_a_source_is_not_kept(kept: Path) -> None:
    exec("def answer(): return 41", names := {})
    answer = compiled(names["answer"])
    assert answer() == 41
    assert not kept.exists()


def test_a_kernel_that_uses_variables_around_it_is_refused() -> None:
    around = 41

    def answer() -> int:
        return around

    with pytest.raises(ValueError, match="answer uses variables of the function around it"):
        compiled(answer)


def test_a_compilation_is_announced_once(
    kept: Path, kernel: Kernel, caplog: pytest.LogCaptureFixture
) -> None:
    cache.announce.cache_clear()
    for x in (0, 0.5, 0):
        kernel.loaded()(x)
    assert caplog.messages == [
        "compiling kernels for this machine, once: usually less than a minute"
    ]
    caplog.clear()
    cache.announce.cache_clear()
    kernel.loaded()(0)
    assert caplog.messages == []


@pytest.mark.parametrize(
    "module", [arrivals, encoding, products, updates], ids=lambda module: module.__name__
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
        spliced = "spliced" in map(ast.unparse, function.decorator_list)
        assert not (spliced and read | written), f"{function.name}: a promise of its callers"
        writing += bool(written)
    assert writing
