"""torch.compile computes the same bits; exporters would write constants and are refused."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from networks import random_network
from torch import nn

from hardware.errors import ExportError
from spiking_gru import SpikingGRU, SpikingGRUCell

# torch's compiler and exporters warn about their own code.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

EXPORTERS = {
    "torch.jit.trace": lambda module, x: torch.jit.trace(module, x),
    "torch.onnx.export": lambda module, x: torch.onnx.export(
        module, (x,), io.BytesIO(), dynamo=False
    ),
    "torch.export": lambda module, x: torch.export.export(module, (x,)),
}


def compiled_and_plain(backend: str) -> None:
    """Compare results and gradients of a compiled model, float and quantised, over new lengths."""
    torch.manual_seed(0)
    gru = SpikingGRU(3, 5, 2, bidirectional=True, threshold=0.1)
    model = nn.Sequential(nn.Linear(4, 3), gru)
    compiled = torch.compile(model, backend=backend)
    for quantised in (False, True):
        for cell in gru.cells:
            cell.quantised = quantised
        for steps in (6, 9):
            x = torch.randn(steps, 3, 4)
            found, expected = compiled(x)[0], model(x)[0]
            assert torch.equal(found, expected)
            gradients = [
                torch.autograd.grad(emitted.sum(), gru.cells[0].weight_hh)[0]
                for emitted in (found, expected)
            ]
            assert torch.equal(*gradients)


def test_a_compiled_layer_gives_the_same_results_and_gradients() -> None:
    compiled_and_plain("eager")


@pytest.mark.long
def test_a_layer_compiled_by_inductor_gives_the_same_results_and_gradients() -> None:
    compiled_and_plain("inductor")


def test_a_compiled_cell_and_a_compiled_network_give_the_same_results() -> None:
    cell, x = SpikingGRUCell(3, 5), torch.randn(4, 3)
    assert torch.equal(torch.compile(cell, backend="eager")(x)[1], cell(x)[1])
    network = random_network(0, channels=3, hidden=8).eval().quantise()
    frames, lengths = 9 * torch.randn(7, 2, 3), torch.tensor([7, 5])
    compiled = torch.compile(network, backend="eager")
    assert torch.equal(compiled(frames, lengths), network(frames, lengths))


@pytest.mark.parametrize("exporter", EXPORTERS.values(), ids=EXPORTERS)
@pytest.mark.parametrize(
    ("module", "x"),
    [(SpikingGRU(3, 5), torch.zeros(6, 2, 3)), (SpikingGRUCell(3, 5), torch.zeros(2, 3))],
    ids=["layer", "cell"],
)
def test_exporters_are_refused(exporter: Callable, module: nn.Module, x: torch.Tensor) -> None:
    with pytest.raises(ExportError, match=r"cannot be traced or exported.*conversion\.convert"):
        exporter(module, x)


def test_the_compiler_is_not_imported_with_the_layers() -> None:
    code = (
        "import sys, spiking_gru; spiking_gru.SpikingGRU; assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
