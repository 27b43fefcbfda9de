"""The Triton kernels equal the plain loop under Triton's interpreter, and compile for a GPU."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from typing import Any

import pytest
import torch
from formulations import ROWS, with_row

from hardware.definition.arithmetic import ACTIVATIONS
from hardware.definition.emission import EMISSIONS
from hardware.definition.formulation import FORMULATIONS, Formulation
from spiking_gru import SpikingGRUCell
from spiking_gru.sequence import sequence

pytest.importorskip("triton", reason="Triton is not installed")


@pytest.fixture(scope="module", autouse=True)
def _interpreter() -> Any:
    """Triton decides at import whether its kernels are interpreted."""
    if "spiking_gru.fused.phases_triton" in sys.modules:
        pytest.skip("Triton's kernels are compiled already")
    before = os.environ.get("TRITON_INTERPRET")
    os.environ["TRITON_INTERPRET"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["TRITON_INTERPRET"]
        else:
            os.environ["TRITON_INTERPRET"] = before


def results(way: str, cell: SpikingGRUCell, x: torch.Tensor, lengths: torch.Tensor | None) -> Any:
    """All four results of a sequence, and the gradients of everything that goes in, in one row."""
    cell.zero_grad()
    start = [x.new_zeros(4, cell.hidden_size), x.new_full((4, cell.hidden_size), 0.125)]
    inputs = [tensor.clone().requires_grad_() for tensor in (x, *start)]
    found = sequence(cell.arithmetic, cell.prepared(), cell.spike_grad, *inputs, lengths, way=way)
    sum((r * torch.linspace(-1, 1, r.numel()).view_as(r)).sum() for r in found).backward()
    tensors = (*inputs, *cell.parameters())
    gradients = [torch.zeros_like(t) if t.grad is None else t.grad for t in tensors]
    return found, torch.cat([gradient.flatten() for gradient in gradients])


@pytest.mark.parametrize("formulation", list(FORMULATIONS))
@pytest.mark.parametrize("emit", list(EMISSIONS))
def test_the_kernels_equal_the_plain_loop(formulation: str, emit: str) -> None:
    assert_equal_to_the_loop(formulation, emit)


@pytest.mark.parametrize("row", ROWS[5::40])
def test_the_kernels_take_any_valid_formulation(row: Formulation) -> None:
    with with_row(row) as name:
        assert_equal_to_the_loop(name, "binary")


def assert_equal_to_the_loop(formulation: str, emit: str) -> None:
    resets = {"binary": ("subtract", "zero", "none"), "signed": ("zero",)}.get(emit, ("none",))
    surrogates: list[Any] = [None, lambda v: (v > 0).float() + (v - v.detach()) / (1 + v.abs())]
    for i, (activation, quantised) in enumerate(product(ACTIVATIONS, (False, True))):
        torch.manual_seed(i)
        cell = SpikingGRUCell(
            3,
            5,
            formulation=formulation,
            emit=emit,
            activation=activation,
            reset_mechanism=resets[i % len(resets)],
            threshold=0.1,
            learn_threshold=i % 2 == 0,
            spike_grad=surrogates[i // 2],
        )
        cell.quantised = quantised
        x = (2 * torch.randn(5, 4, 3) * 32).round() / 32
        lengths = torch.tensor([5, 2, 1, 4]) if i % 2 else None
        expected, expected_gradient = results("loop", cell, x, lengths)
        found, gradient = results("triton", cell, x, lengths)
        for ours, theirs in zip(found, expected, strict=True):
            assert not quantised or torch.equal(ours, theirs)
            assert torch.allclose(ours, theirs, rtol=0, atol=1e-6)
        assert expected_gradient.norm() > 0
        assert (gradient - expected_gradient).norm() <= 1e-6 * expected_gradient.norm()


COMPILE = """
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from hardware.definition.cell import Cell
from hardware.definition.formulation import FORMULATIONS
from spiking_gru.fused import backward_triton, forward_triton, phases_triton, settings
from spiking_gru.quantise import IntegerArithmetic
from spiking_gru.surrogate import ATan

NUMBERS = ("size", "hidden", "count", "received")
TYPES = {"living": "*i8"} | dict.fromkeys(NUMBERS, "i32")

def build(kernel, k):
    constants = phases_triton.constants_of(kernel, k) | {"BLOCK": 256}
    names, types = kernel.arg_names, TYPES | dict.fromkeys(constants, "constexpr")
    signature = {name: types.get(name, "*fp32") for name in names}
    given = {(i,): constants[name] for i, name in enumerate(names) if name in constants}
    source = ASTSource(kernel, signature, given)
    built = compile(source, GPUTarget("cuda", 80, 32), {"enable_fp_fusion": False})
    print(len(built.asm["cubin"]) > 0, "fma.rn.f32" in built.asm["ptx"])

for formulation in FORMULATIONS:
    cell = Cell(formulation, emit="signed", activation="table")
    for k in settings.forward_settings(IntegerArithmetic(cell)):
        build(forward_triton.forward_kernel, k)
    for k in settings.backward_settings(cell, True, ATan(), True):
        build(backward_triton.backward_kernel, k)
"""


def test_every_kernel_compiles_for_a_gpu_and_fuses_no_rounding_away(tmp_path: Any) -> None:
    environment = {**os.environ, "TRITON_CACHE_DIR": str(tmp_path), "TRITON_INTERPRET": "0"}
    said = subprocess.check_output([sys.executable, "-c", COMPILE], text=True, env=environment)
    lines = said.splitlines()
    stages = sum(row.ticks for row in FORMULATIONS.values())
    assert lines == ["True False"] * (2 * stages)
