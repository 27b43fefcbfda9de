"""Kernels built ahead of time give the same bits at once, and are refused where they do not fit."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programs import OF_NUMBERS, random_program, random_sequences, taken_by

from hardware import Session, run, stream
from hardware.definition.emission import EMISSIONS
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.readout import READOUTS
from hardware.errors import EngineError, SettingError
from hardware.kernels import build as building
from hardware.kernels import library
from hardware.kernels.build import build
from hardware.kernels.calls import KERNELS, Kernel, Prepared
from hardware.kernels.fields import arguments_at
from hardware.kernels.library import CHOSEN_BY, COMPILE, TARGETS, Target, found
from hardware.sequences.sparse import SparseSequences

BUILT = found()
HOST = next(target for target in TARGETS if target.fits())


def bits() -> str:
    """A hash of what programs of every kind compute: runs, streams and sessions."""
    hashed = hashlib.sha256()
    encoders, formulations = [*OF_NUMBERS, "tokens"], list(FORMULATIONS)
    for seed in range(2 * len(formulations)):
        encoder = encoders[seed % len(encoders)]
        program = random_program(
            seed,
            5,
            (7, 6),
            bidirectional=seed % 4 == 3,
            encoder=encoder,
            formulation=formulations[seed % len(formulations)],
            emit=list(EMISSIONS)[seed % len(EMISSIONS)],
            readout=list(READOUTS)[seed % len(READOUTS)],
        )
        sequences = taken_by(program.encoder, random_sequences(seed, 5, [6, 4], activity=0.6))
        for _, _, values in run(program, sequences, strict=False).quantities():
            hashed.update(np.asarray(values, dtype=np.int64).tobytes())
        for given in (sequences, SparseSequences.of(sequences)):
            for scores in stream(program, given, strict=False):
                hashed.update(scores.tobytes())
        if not program.bidirectional:
            with Session(program, strict=False) as session:
                hashed.update(session.steps(sequences.values[:6]).tobytes())
    # Long enough that the share of sources that send is measured.
    program, long = random_program(0), random_sequences(0, 3, [700] * 4)
    for _ in range(2):
        hashed.update(run(program, long, strict=False, threads=1).scores.tobytes())
        for scores in stream(program, long, strict=False, threads=1):
            hashed.update(scores.tobytes())
    return hashed.hexdigest()


def gradients() -> str:
    """A hash of the gradients of a training step; nothing without torch."""
    try:
        import torch
        from networks import random_network
    except ImportError:
        return ""
    hashed = hashlib.sha256()
    for seed, formulation in enumerate(FORMULATIONS):
        network = random_network(seed, formulation=formulation).train()
        torch.manual_seed(seed)
        network(torch.randn(4, 3, 3), torch.tensor([4, 2, 3])).square().sum().backward()
        for parameter in network.parameters():
            if parameter.grad is not None:
                hashed.update(parameter.grad.numpy().tobytes())
    return hashed.hexdigest()


def in_a_process(uses: str, **environment: str) -> str:
    """Return the output of this file as a script, with kernels from a library or compiled."""
    own = {CHOSEN_BY: uses, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    done = subprocess.run(
        [sys.executable, __file__], env={**os.environ, **own}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


needs_library = pytest.mark.skipif(
    BUILT.code is None, reason=f"no library of kernels is in use: {BUILT.reason}"
)


@needs_library
def test_a_library_has_every_kernel_and_each_gives_the_bits_of_a_compiled_one(
    tmp_path: Path,
) -> None:
    *of_library, compiled = in_a_process("library", NUMBA_CACHE_DIR=str(tmp_path)).split()
    assert compiled == "0"
    assert list(tmp_path.iterdir()) == []
    *of_numba, compiled = in_a_process(COMPILE).split()
    assert compiled != "0"
    assert of_library == of_numba


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of libraries."""
    built = tmp_path / "built"
    built.mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(library, "FOLDER", built)
    monkeypatch.setattr(building, "KERNELS", [])
    found.cache_clear()
    yield built
    found.cache_clear()


def add(form: Any, address: int) -> int:
    values, number = arguments_at(form, address)
    for i in range(len(values)):
        values[i] += number
    return 3


@pytest.fixture
def adds(folder: Path) -> Callable[[np.ndarray, float], int]:
    """A kernel of its own, of which a library has been built."""
    kernel = Kernel(add)
    KERNELS.remove(kernel)
    building.KERNELS.append(kernel)

    def workload() -> None:
        assert kernel(np.zeros(2), 0.5) == 3

    assert build(HOST, workload, folder) == 1
    found.cache_clear()
    other = Kernel(add)
    KERNELS.remove(other)
    return other


def has_compiled(kernel: Any) -> bool:
    return bool(kernel.results)


@pytest.mark.usefixtures("adds")
def test_a_built_kernel_is_not_compiled(adds: Any) -> None:
    values = np.arange(3.0)
    assert adds(values, 0.5) == 3
    assert values.tolist() == [0.5, 1.5, 2.5]
    assert not has_compiled(adds)


def test_arguments_of_another_type_are_compiled(adds: Any) -> None:
    values = np.arange(3)
    assert adds(values, 2) == 3
    assert values.tolist() == [2, 3, 4]
    assert has_compiled(adds)


def test_a_kernel_of_other_sources_is_compiled(adds: Any) -> None:
    adds.version = "another"
    assert adds(np.zeros(1), 0.5) == 3
    assert has_compiled(adds)


@pytest.mark.parametrize("size", [0, 100, -1])
def test_a_damaged_library_is_refused(adds: Any, folder: Path, size: int) -> None:
    file = folder / HOST.file
    file.write_bytes(file.read_bytes()[:size])
    assert f"{file} is damaged: remove it" in found().reason
    assert adds(np.zeros(1), 0.5) == 3
    assert has_compiled(adds)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"checksum": 1}', "\x00"])
def test_damaged_facts_are_refused(adds: Any, folder: Path, text: str) -> None:
    (folder / HOST.facts).write_text(text)
    assert f"{folder / HOST.facts} is damaged: remove it" in found().reason
    assert adds(np.zeros(1), 0.5) == 3


def test_a_library_without_facts_is_refused(adds: Any, folder: Path) -> None:
    (folder / HOST.facts).unlink()
    assert HOST.facts in found().reason
    assert adds(np.zeros(1), 0.5) == 3


def test_a_library_for_a_better_processor_is_refused_and_the_next_is_taken(
    adds: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    better = Target("better", HOST.machine, HOST.cpu, ("avx9000",))
    (folder / better.file).write_bytes((folder / HOST.file).read_bytes())
    monkeypatch.setattr(library, "TARGETS", (better,))
    assert found().reason == "kernels-better.so needs a processor with avx9000"
    monkeypatch.setattr(library, "TARGETS", (better, HOST))
    found.cache_clear()
    assert found().target == HOST.name
    assert adds(np.zeros(1), 0.5) == 3
    assert not has_compiled(adds)


def test_a_library_for_another_kind_of_machine_is_not_looked_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Target("other", "pdp11", "pdp11", ())
    (folder / other.file).touch()
    monkeypatch.setattr(library, "TARGETS", (other,))
    assert found().reason == "none was built for this kind of machine"


def test_a_variable_asks_for_compiled_kernels(adds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOSEN_BY, COMPILE)
    assert found().reason == "SPIKING_GRU_KERNELS=compile asks for none"
    assert adds(np.zeros(1), 0.5) == 3
    assert has_compiled(adds)


@pytest.mark.usefixtures("folder")
def test_a_value_that_the_variable_does_not_take_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOSEN_BY, "libary")
    with pytest.raises(SettingError, match="did you mean 'library'"):
        found()


def test_without_a_compiler_nothing_is_built(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(EngineError, match="no C compiler was found: install one, or name it in CC"):
        build(HOST, lambda: None, folder)
    assert list(folder.iterdir()) == []


def test_a_linker_that_fails_is_quoted_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", f"{sys.executable} -c \"raise SystemExit('no space')\"")
    with pytest.raises(EngineError, match="could not link the kernels: no space"):
        build(HOST, lambda: None, folder)
    assert list(folder.iterdir()) == []


def test_an_argument_is_replaced_by_one_of_the_same_type() -> None:
    kernel = Kernel(add)
    KERNELS.remove(kernel)
    first, second = np.zeros(2), np.zeros(3)
    prepared = Prepared(kernel, first, 1.5)
    prepared.give(0, second)
    assert prepared() == 3
    assert (first.tolist(), second.tolist()) == ([0, 0], [1.5, 1.5, 1.5])


def test_facts_name_the_checksum_and_the_sources(adds: Any, folder: Path) -> None:
    facts = json.loads((folder / HOST.facts).read_text())
    code = (folder / HOST.file).read_bytes()
    assert facts["checksum"] == hashlib.sha256(code).hexdigest()
    assert facts["sources"] == building.sources()


if __name__ == "__main__":
    print(bits(), gradients(), sum(len(kernel.results) for kernel in KERNELS))
