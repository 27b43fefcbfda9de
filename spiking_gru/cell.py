"""The spiking GRU cell as a snnTorch neuron."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar
from weakref import WeakSet

import snntorch
import torch
from torch import Tensor, nn
from typing_extensions import Unpack

from hardware.definition.cell import Cell, CellSettings, cell_of
from hardware.errors import InputError, SettingError
from spiking_gru import functional
from spiking_gru.eager import eagerly
from spiking_gru.functional import CellParameters
from spiking_gru.inputs import check_values
from spiking_gru.quantise import (
    Arithmetic,
    FloatArithmetic,
    IntegerArithmetic,
    exactly,
)
from spiking_gru.surrogate import ATan


def check_threshold(threshold: Tensor, cell: Cell) -> None:
    """|h| ≤ 1 by construction: a threshold outside (0, 1) is never or always crossed.

    Where changes are sent, a threshold of 0 is allowed: every change is sent.
    """
    if not cell.emission.has_threshold:
        return
    low, high = float(threshold.min()), float(threshold.max())
    if low < 0 or high >= 1 or (low == 0 and cell.spiking) or low != low:
        raise SettingError(
            f"threshold is {low if low <= 0 else high:g}: the membrane stays within ±1, so a "
            f"threshold must lie between 0 and 1"
        )


class SpikingGRUCell(snntorch.SpikingNeuron):
    """A gated recurrent spiking neuron layer: `spk, mem = cell(x, spk, mem)`.

    The equations are in `spiking_gru.functional.step`, the settings in `hardware.Cell`.
    Parameters have torch.nn.GRUCell's names. Their rows are in the order of the cell's gates:
    `weight_ih` has those of the gates with input synapses, `weight_hh` and `bias_hh` those of the
    gates with recurrent synapses, `bias_ih` those of all gates. With an `embedding` of D values,
    `weight_ih` has D columns and is multiplied by `embedding` (D, inputs). For `torch` the shapes
    are torch.nn.GRUCell's. With `quantised` on, the forward pass is the chip's integer arithmetic,
    bit for bit. Without `bias` both biases are 0.
    """

    spk: Tensor
    mem: Tensor
    _cells: ClassVar[WeakSet[SpikingGRUCell]] = WeakSet()

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        bias: bool = True,
        threshold: float | Tensor = 0.3,
        spike_grad: Callable[[Tensor], Tensor] | None = None,
        init_hidden: bool = False,
        output: bool = False,
        learn_threshold: bool = False,
        learn_initial_state: bool = False,
        embedding: int = 0,
        at_once: float | None = None,
        graded_spikes_factor: float | Tensor = 1.0,
        learn_graded_spikes_factor: bool = False,
        surrogate_disable: bool = False,
        **cell: Unpack[CellSettings],
    ) -> None:
        for name, size in (("input_size", input_size), ("hidden_size", hidden_size)):
            if size < 1:
                raise SettingError(f"{name} is {size}: expected at least 1")
        self.cell = cell_of(cell)
        check_threshold(torch.as_tensor(threshold), self.cell)
        factor = torch.as_tensor(graded_spikes_factor)
        self.scales_spikes = learn_graded_spikes_factor or bool((factor != 1).any())
        if self.scales_spikes and (not self.cell.spiking or self.cell.row.output_waits):
            raise SettingError(
                f"graded_spikes_factor scales spikes: with emit={self.cell.emit!r} and "
                f"formulation={self.cell.formulation!r} it must stay 1"
            )
        super().__init__(
            threshold=threshold,
            spike_grad=spike_grad or ATan(),
            init_hidden=init_hidden,
            learn_threshold=learn_threshold,
            reset_mechanism=self.cell.reset_mechanism,
            output=output,
            graded_spikes_factor=factor,
            learn_graded_spikes_factor=learn_graded_spikes_factor,
            surrogate_disable=surrogate_disable,
        )
        # snnTorch's own list would keep every cell alive for the life of the process.
        snntorch.SpikingNeuron.instances.remove(self)
        SpikingGRUCell._cells.add(self)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.quantised = False
        row = self.cell.row
        receiving = len(row.recurrent_gates) * hidden_size
        self.at_once = at_once or input_size
        width = embedding or input_size
        self.weight_ih = nn.Parameter(torch.empty(len(row.input_gates) * hidden_size, width))
        self.weight_hh = nn.Parameter(torch.empty(receiving, hidden_size))
        self.bias_ih: Tensor
        self.bias_hh: Tensor
        for name, size in (("bias_ih", len(row.gates) * hidden_size), ("bias_hh", receiving)):
            if bias:
                self.register_parameter(name, nn.Parameter(torch.empty(size)))
            else:  # zeros that are neither trained nor saved
                self.register_buffer(name, torch.zeros(size), persistent=False)
        if learn_initial_state:
            self.initial_state = nn.Parameter(torch.zeros(hidden_size))
        else:
            self.register_parameter("initial_state", None)
        if embedding:
            self.embedding = nn.Parameter(torch.empty(embedding, input_size))
        else:
            self.register_parameter("embedding", None)
        self.register_buffer("spk", torch.zeros(0), persistent=False)
        self.register_buffer("mem", torch.zeros(0), persistent=False)
        self.register_load_state_dict_pre_hook(_drop_unread_weights)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw each matrix uniformly within ±1/√(its inputs), biases within ±1/√hidden_size.

        The number of inputs is `at_once`, or the number of values of an embedding. An embedding
        begins as standard normal numbers divided by the root of `at_once`.

        torch.nn.GRUCell also bounds the input weights by the hidden size. With few inputs the
        membrane then hardly reaches a threshold, and spikes carry too little gradient.
        """
        inputs = self.at_once if self.embedding is None else self.weight_ih.shape[1]
        by_inputs, by_hidden = 1 / math.sqrt(inputs), 1 / math.sqrt(self.hidden_size)
        nn.init.uniform_(self.weight_ih, -by_inputs, by_inputs)
        for parameter in (self.weight_hh, self.bias_ih, self.bias_hh):
            if isinstance(parameter, nn.Parameter):
                nn.init.uniform_(parameter, -by_hidden, by_hidden)
        if self.embedding is not None:
            nn.init.normal_(self.embedding, std=1 / math.sqrt(self.at_once))

    def input_matrix(self, exact: bool) -> Tensor:
        """Return the input weights (input gates · hidden, inputs), multiplied by the embedding.

        With `exact` the sums are in float64, so that rounding to the type of the weights gives the
        same bits on any machine.
        """
        if self.embedding is None:
            return self.weight_ih
        if not exact:
            return self.weight_ih @ self.embedding
        return (self.weight_ih.double() @ self.embedding.double()).to(self.weight_ih.dtype)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, {self.cell}, quantised={self.quantised}"

    @property
    def arithmetic(self) -> Arithmetic:
        return IntegerArithmetic(self.cell) if self.quantised else FloatArithmetic(self.cell)

    def prepared(self) -> CellParameters:
        """Return the parameters in this cell's arithmetic: on their grids when quantised."""
        arithmetic, hidden, row = self.arithmetic, self.hidden_size, self.cell.row
        # A matrix of no gates splits into one block of no rows.
        recurrent = self.weight_hh.split(hidden)
        bias, inside = self.summed_biases()
        if row.resets_after:
            inside = arithmetic.weight_grid(
                inside, recurrent[row.recurrent_gates.index("candidate")]
            )
        of_input = self.input_matrix(exact=self.quantised).split(hidden)
        return CellParameters(
            input_weights=torch.cat([arithmetic.weights(w) for w in of_input]),
            recurrent_weights=torch.cat([arithmetic.weights(w) for w in recurrent]),
            bias=arithmetic.parameter(bias),
            recurrent_bias=inside,
            threshold=arithmetic.parameter(self.clamped_threshold()),
        )

    def summed_biases(self) -> tuple[Tensor, Tensor]:
        """Return one bias for each gate, and the candidate's recurrent bias inside the reset.

        The second bias is added inside the reset `after` the product, so the sum leaves it out.
        Without such a reset it is 0.
        """
        row, hidden = self.cell.row, self.hidden_size
        bias_hh = dict(zip(row.recurrent_gates, self.bias_hh.split(hidden), strict=False))
        nothing = self.bias_ih.new_zeros(hidden)
        inside = bias_hh.pop("candidate") if row.resets_after else nothing
        return self.bias_ih + torch.cat([bias_hh.get(g, nothing) for g in row.gates]), inside

    def clamped_threshold(self) -> Tensor:
        """Return the threshold, clamped to the range that conversion takes.

        A threshold outside this range would be crossed always or never. It may be 0 if changes are
        sent.
        """
        if not self.cell.emission.has_threshold:
            return self.threshold
        least = 2.0**-self.cell.state_fraction
        return self.threshold.clamp(least if self.cell.spiking else 0, 1 - least)

    def clamped_initial_state(self) -> Tensor:
        """The membrane that a sequence starts from, within ±1."""
        if self.initial_state is None:
            return self.weight_hh.new_zeros(self.hidden_size)
        return self.initial_state.clamp(-1, 1)

    def first_state(self, batch: int) -> tuple[Tensor, Tensor]:
        """Return the state before a sequence: no emission, and membranes empty or as learnt."""
        zeros = self.weight_hh.new_zeros(batch, self.hidden_size)
        if self.initial_state is None:
            return zeros, zeros
        return self.starting_from(self.clamped_initial_state().expand_as(zeros))

    def starting_from(self, membrane: Tensor) -> tuple[Tensor, Tensor]:
        """Return the state before sequences that start from these membranes, within ±1.

        They are rounded to the state grid if the cell is quantised, straight through for gradients.
        """
        membrane = self.arithmetic.parameter(membrane)
        sends_state = not self.cell.emission.has_threshold
        emitted = self.arithmetic.gate(membrane) if sends_state else torch.zeros_like(membrane)
        return emitted, membrane

    @eagerly
    def forward(self, input_: Tensor, spk: Tensor | None = None, mem: Tensor | None = None) -> Any:
        check_values("input", input_, self.weight_hh, self.quantised)
        if input_.ndim != 2 or input_.shape[1] != self.input_size:
            raise InputError(
                f"input has shape {tuple(input_.shape)}, expected (batch, {self.input_size})"
            )
        if self.init_hidden:
            if spk is not None or mem is not None:
                raise TypeError("with init_hidden=True the cell keeps spk and mem itself")
            spk, mem = self.spk, self.mem
        silent, empty = self.first_state(len(input_))
        spk = silent if spk is None or spk.shape != silent.shape else spk
        mem = empty if mem is None or mem.shape != empty.shape else mem
        for name, state in (("spk", spk), ("mem", mem)):
            check_values(name, state, self.weight_hh, False)
        parameters, arithmetic = self.prepared(), self.arithmetic
        with exactly(self.quantised, input_):
            current = functional.input_current(arithmetic, parameters, input_)
            spk, mem = functional.step(arithmetic, parameters, self.spike_grad, current, spk, mem)
        if self.scales_spikes:
            spk = spk * arithmetic.event(self.graded_spikes_factor)
        if self.init_hidden:
            self.spk, self.mem = spk, mem
        return spk if self.init_hidden and not self.output else (spk, mem)

    def reset_mem(self) -> tuple[Tensor, Tensor]:
        """Clear the state that `init_hidden=True` keeps."""
        self.spk = torch.zeros_like(self.spk)
        self.mem = torch.zeros_like(self.mem)
        return self.spk, self.mem

    @classmethod
    def detach_hidden(cls) -> None:
        """Detach the state of every existing cell from its graph, for truncated backpropagation."""
        for cell in cls._cells:
            cell.spk, cell.mem = cell.spk.detach(), cell.mem.detach()

    @classmethod
    def reset_hidden(cls) -> None:
        """Clear the state of every existing cell."""
        for cell in cls._cells:
            cell.reset_mem()


def _drop_unread_weights(module: nn.Module, state: dict[str, Any], prefix: str, *_: object) -> None:
    """Drop the input weights of gates that see no input: earlier versions saved them."""
    assert isinstance(module, SpikingGRUCell)
    row, name = module.cell.row, f"{prefix}weight_ih"
    saved = state.get(name)
    if saved is None or len(saved) == len(module.weight_ih):
        return
    if len(saved) == len(row.gates) * module.hidden_size:
        blocks = dict(zip(row.gates, saved.split(module.hidden_size), strict=True))
        state[name] = torch.cat([blocks[gate] for gate in row.input_gates])
