"""Counts against NeuroBench's, where it is installed, on a network built of nn.Linear."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from programs import random_program, random_sequences

from hardware.cost.counts import Counts, count
from hardware.program.model import Program
from hardware.runs.run import run
from hardware.runs.trace import Trace

torch = pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("neurobench")
    from neurobench.metrics.static import ConnectionSparsity, Footprint
    from neurobench.metrics.workload import ActivationSparsity, SynapticOperations
    from neurobench.models import TorchModel


class Replay(torch.nn.Module):
    """A program's sets of synapses as nn.Linear, and its emissions as activations."""

    def __init__(self, program: Program, number: torch.dtype) -> None:
        super().__init__()
        matrices = []
        for layer in program.layers:
            matrices += [layer.input_weights, layer.recurrent_weights]
        matrices.append(program.readout.weights)
        self.synapses = torch.nn.ModuleList(linear(weights, number) for weights in matrices)
        self.neurons = torch.nn.ModuleList(torch.nn.Identity() for _ in program.layers)

    def forward(self, streams: list[torch.Tensor]) -> torch.Tensor:
        """`streams`: what the first layer sees, then what each layer emits."""
        for i, neurons in enumerate(self.neurons):
            self.synapses[2 * i](streams[i])
            self.synapses[2 * i + 1](neurons(streams[i + 1]))
        return self.synapses[-1](streams[-1])


def linear(weights: np.ndarray, number: torch.dtype) -> torch.nn.Linear:
    made = torch.nn.Linear(*reversed(weights.shape), bias=False)
    made.weight = torch.nn.Parameter(torch.tensor(weights, dtype=number), requires_grad=False)
    return made


@pytest.fixture(params=[1, 2, 3])
def found(request: pytest.FixtureRequest) -> tuple[Program, Trace, Counts]:
    program = random_program(request.param, hidden=(6, 5))
    for layer in program.layers:
        layer.input_weights[::2, 0] = layer.recurrent_weights[1::3, 1:] = 0
    trace = run(program, random_sequences(request.param, 3, [7, 4]))
    return program, trace, count(trace, program)


def test_synaptic_operations_and_activation_sparsity_agree_with_neurobench(
    found: tuple[Program, Trace, Counts],
) -> None:
    program, trace, counts = found
    model = TorchModel(Replay(program, torch.float32))
    model.add_activation_module(torch.nn.Identity)
    model.register_hooks()
    metric, sparsity = SynapticOperations(), ActivationSparsity()
    streams = [torch.tensor(v, dtype=torch.float32) for v in (trace.events, *trace.emitted)]
    model(streams)
    # One sample of NeuroBench's holds all of ours.
    operations = metric(model, None, (streams[0][None], None))
    assert operations["Effective_MACs"] == counts.total("multiply_accumulates").sum()
    assert operations["Effective_ACs"] == counts.total("accumulates").sum()
    assert operations["Dense"] == counts.total("dense_synaptic_operations").sum()
    assert sparsity(model, None, None) == pytest.approx(counts.activation_sparsity)


def test_connection_sparsity_and_footprint_agree_with_neurobench(
    found: tuple[Program, Trace, Counts],
) -> None:
    program, _, counts = found
    model = TorchModel(Replay(program, torch.int8))
    assert counts.connection_sparsity > 0.1
    assert ConnectionSparsity()(model) == pytest.approx(counts.connection_sparsity, abs=5e-5)
    assert Footprint()(model) == counts.footprint_bytes
