"""The sequence function against the plain loop, in values and gradients."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from typing import Any

import pytest
import torch
from snntorch import surrogate as snntorch_surrogate

from hardware.definition.arithmetic import ACTIVATIONS
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.formulation import FORMULATIONS
from hardware.errors import SettingError
from hardware.kernels.library import CHOSEN_BY, COMPILE
from spiking_gru import SpikingGRU, SpikingGRUCell
from spiking_gru.fused import backward, way
from spiking_gru.sequence import sequence
from spiking_gru.surrogate import ATan

PRECISION = {"torch": (torch.float64, 1e-12), "numba": (torch.float32, 1e-6)}
"""The type in which a way is compared with the plain loop, and its gradients' relative error."""

SPIKES = [name for name, row in EMISSIONS.items() if row.spiking and not row.by_change]
"""Emissions that reset; their twins on change compute the same."""


def cell_of(seed: int = 0, **settings: Any) -> SpikingGRUCell:
    torch.manual_seed(seed)
    return SpikingGRUCell(3, 17, threshold=0.15, learn_threshold=True, **settings)


def some_input(dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """(9, 4, 3) on the grid of input events."""
    torch.manual_seed(1)
    return ((2 * torch.randn(9, 4, 3) * 32).round() / 32).to(dtype)


LENGTHS = torch.tensor([9, 4, 1, 6])


def outputs_and_gradients(
    way: str, cell: SpikingGRUCell, x: torch.Tensor, lengths: torch.Tensor | None
) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
    """All four results of a sequence, and the gradients of everything that goes in, in one row."""
    cell.zero_grad()
    generator = torch.Generator().manual_seed(0)
    fired = (torch.arange(4 * cell.hidden_size).view(4, -1) % 3 == 0).to(x)
    start = [fired, x.new_full((4, cell.hidden_size), 0.125)]
    inputs = [tensor.clone().requires_grad_() for tensor in (x, *start)]
    results = sequence(cell.arithmetic, cell.prepared(), cell.spike_grad, *inputs, lengths, way=way)
    total = sum((r * torch.randn(r.shape, generator=generator).to(r)).sum() for r in results)
    total.backward()
    tensors = (*inputs, *cell.parameters())
    gradients = [torch.zeros_like(t) if t.grad is None else t.grad for t in tensors]
    return results, torch.cat([gradient.flatten() for gradient in gradients])


def assert_equal_to_the_loop(way: str, cell: SpikingGRUCell, precision: float) -> None:
    x = some_input(cell.weight_ih.dtype)
    for lengths in (None, LENGTHS):
        expected, expected_gradient = outputs_and_gradients("loop", cell, x, lengths)
        found, gradient = outputs_and_gradients(way, cell, x, lengths)
        for ours, theirs in zip(found, expected, strict=True):
            if cell.quantised:
                assert torch.equal(ours, theirs)
            assert torch.allclose(ours, theirs, rtol=0, atol=1e-6)
        assert expected_gradient.norm() > 0
        assert (gradient - expected_gradient).norm() <= precision * expected_gradient.norm()


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backward, "CHUNK", 4)  # two whole chunks of the nine steps, and a rest


@pytest.mark.parametrize("way", list(PRECISION))
@pytest.mark.parametrize("formulation", list(FORMULATIONS))
@pytest.mark.parametrize("emit", list(EMISSIONS))
def test_every_cell_equals_the_plain_loop(way: str, formulation: str, emit: str) -> None:
    dtype, precision = PRECISION[way]
    resets = RESET_MECHANISMS if emit in SPIKES else ("subtract",)
    for reset, activation, quantised in product(resets, ACTIVATIONS, (False, True)):
        cell = cell_of(
            formulation=formulation, emit=emit, reset_mechanism=reset, activation=activation
        ).to(dtype)
        cell.quantised = quantised
        assert_equal_to_the_loop(way, cell, precision)


@pytest.mark.parametrize("way", list(PRECISION))
@pytest.mark.parametrize("emit", SPIKES)
@pytest.mark.parametrize("formulation", ["torch", "output-gated"])
@pytest.mark.parametrize(
    "surrogate",
    [
        snntorch_surrogate.fast_sigmoid(),
        snntorch_surrogate.atan(),
        snntorch_surrogate.sigmoid(),
        snntorch_surrogate.straight_through_estimator(),
        snntorch_surrogate.triangular(),
        snntorch_surrogate.spike_rate_escape(slope=5),  # 25 multiplies gradients by up to 1e6
        snntorch_surrogate.SFS(),
        ATan(alpha=1.0),
    ],
    ids=lambda s: "ours" if isinstance(s, ATan) else s.__qualname__.split(".")[0],
)  # snnTorch 1.0.0's own LSO and SSO fail or draw at random
def test_every_surrogate_gives_the_gradients_of_the_plain_loop(
    way: str, emit: str, formulation: str, surrogate: Any
) -> None:
    # In float32, because in float64 snnTorch's surrogates round gradients to float32.
    cell = cell_of(formulation=formulation, emit=emit, spike_grad=surrogate)
    assert_equal_to_the_loop(way, cell, 1e-6)


@pytest.mark.parametrize("way", list(PRECISION))
@pytest.mark.parametrize("formulation", list(FORMULATIONS))
def test_a_threshold_of_each_neuron_gets_its_own_gradient(way: str, formulation: str) -> None:
    torch.manual_seed(0)
    thresholds = torch.rand(17) / 4 + 0.05
    cell = SpikingGRUCell(
        3, 17, threshold=thresholds, learn_threshold=True, formulation=formulation
    )
    assert_equal_to_the_loop(way, cell, 1e-6)
    assert cell.threshold.grad.abs().min() > 0


@pytest.mark.parametrize("way", list(PRECISION))
@pytest.mark.parametrize("used", ["emitted", "membranes", "last", "columns"])
def test_any_part_of_the_results_may_be_used(way: str, used: str) -> None:
    """Whatever has no gradient, or one that lies otherwise in memory, is dealt with."""
    gradients = []
    for each in ("loop", way):
        cell = cell_of(formulation="keep")
        emitted, membranes, _, last = sequence(
            cell.arithmetic,
            cell.prepared(),
            cell.spike_grad,
            some_input(),
            *cell.first_state(4),
            None,
            way=each,
        )
        weights = torch.linspace(-1, 1, emitted.numel()).view(17, 4, 9).permute(2, 1, 0)
        total = {
            "emitted": emitted.sum(),
            "membranes": (membranes * weights).sum(),
            "last": last.sum(),
            "columns": (emitted * weights).sum(),
        }[used]
        total.backward()
        gradients.append(torch.cat([p.grad.flatten() for p in cell.parameters()]))
    assert (gradients[0] - gradients[1]).norm() <= 1e-6 * gradients[0].norm()


@pytest.mark.parametrize("formulation", list(FORMULATIONS))
def test_bfloat16_is_as_near_to_float32_as_the_plain_loop(formulation: str) -> None:
    x = some_input()
    settings = {"formulation": formulation, "emit": "state", "activation": "table"}
    errors: dict[str, list[float]] = {"loop": [], "torch": []}
    for seed in range(8):
        _, exact = outputs_and_gradients("loop", cell_of(seed, **settings), x, LENGTHS)
        for each, found in errors.items():
            cell = cell_of(seed, **settings).bfloat16()
            results, gradient = outputs_and_gradients(each, cell, x.bfloat16(), LENGTHS)
            assert {r.dtype for r in results} == {gradient.dtype} == {torch.bfloat16}
            found.append(float((gradient.float() - exact).norm() / exact.norm()))
    assert sum(errors["torch"]) <= 1.1 * sum(errors["loop"])
    assert max(errors["torch"]) < 0.02


def test_the_way_follows_from_type_device_and_surrogate(monkeypatch: pytest.MonkeyPatch) -> None:
    x, fire = torch.zeros(1, 1, 1), ATan()
    assert way(x, fire) == "numba"
    assert way(x.double(), fire) == way(x.bfloat16(), fire) == "torch"
    assert way(x, snntorch_surrogate.fast_sigmoid()) == "numba"
    assert way(x, torch.sigmoid) == "loop"  # no step function, as the kernels take it
    with torch.autocast("cpu"):
        assert way(x, fire) == "loop"
    monkeypatch.setitem(sys.modules, "numba", None)
    assert way(x, fire) == "torch"


def test_a_way_that_is_not_known_is_refused_by_name() -> None:
    cell = cell_of()
    with pytest.raises(SettingError, match="unknown way 'numbra': did you mean 'numba'"):
        outputs_and_gradients("numbra", cell, some_input(), None)


def test_without_numba_the_same_bits_come_out() -> None:
    program = """
import sys, torch
if sys.argv[1] == "without":
    sys.modules["numba"] = None
from spiking_gru import SpikingGRU
torch.manual_seed(0)
gru = SpikingGRU(3, 8, threshold=0.1)
gru.cells[0].quantised = True
emitted, state = gru((torch.randn(20, 4, 3) * 32).round() / 32)
emitted.sum().backward()
print(emitted.nonzero().flatten().tolist(), state.membrane.tolist())
assert ("spiking_gru.fused.phases_numba" in sys.modules) == (sys.argv[1] == "with")
"""
    outputs = [
        subprocess.check_output([sys.executable, "-c", program, numba], text=True)
        for numba in ("with", "without")
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 500


def test_a_second_derivative_is_refused_and_not_wrong() -> None:
    gru, x = SpikingGRU(3, 8, emit="state"), torch.randn(6, 2, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(gru(x)[0].square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_backward_twice_gives_the_same_gradients() -> None:
    torch.manual_seed(0)
    gru, x = SpikingGRU(3, 8, threshold=0.1), torch.randn(6, 2, 3)
    total = gru(x)[0].sum()
    total.backward(retain_graph=True)
    first = gru.cells[0].weight_hh.grad.clone()
    gru.zero_grad()
    total.backward()
    assert torch.equal(gru.cells[0].weight_hh.grad, first)


@pytest.mark.parametrize("formulation", list(FORMULATIONS))
@pytest.mark.parametrize("segment", [1, 3, 4, 100])
def test_recomputing_segments_changes_nothing(formulation: str, segment: int) -> None:
    results = []
    for every in (None, segment):
        torch.manual_seed(0)
        gru = SpikingGRU(3, 8, 2, threshold=0.1, formulation=formulation, recompute_every=every)
        x, lengths = torch.randn(10, 3, 3), torch.tensor([10, 2, 7])
        emitted, state = gru(x, lengths=lengths)
        (emitted.sum() + state.membrane.sum() + state.emitted.sum()).backward()
        # A parameter without rows may have no gradient.
        gradients = [p.grad for p in gru.parameters() if p.numel()]
        results.append((emitted, *state, *gradients))
    for ours, theirs in zip(*results, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_our_default_surrogate_is_that_of_snntorch() -> None:
    v = torch.linspace(-2, 2, 101)
    slopes = []
    for surrogate in (ATan(alpha=2.0), snntorch_surrogate.atan(alpha=2.0)):
        at = v.clone().requires_grad_()
        surrogate(at).sum().backward()
        slopes.append(at.grad)
    assert torch.allclose(*slopes)
    assert torch.equal(ATan()(v), (v > 0).float())


def test_what_numba_compiled_is_found_again_by_the_next_process() -> None:
    program = """
import torch
from spiking_gru import SpikingGRU
from spiking_gru.fused.phases_numba import KERNELS
for formulation, emit in (("torch", "binary"), ("minimal", "graded")):
    SpikingGRU(1, 1, formulation=formulation, emit=emit)(torch.ones(2, 1, 1))[0].sum().backward()
print(*(sum(kernel.compiled.stats.cache_hits.values()) for kernel in KERNELS))
"""
    command, compiled = [sys.executable, "-c", program], {**os.environ, CHOSEN_BY: COMPILE}
    hits = [subprocess.check_output(command, text=True, env=compiled).split() for _ in range(2)]
    assert hits[1] == ["1", "1"]
