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
from hardware.errors import SettingError
from spiking_gru import functional
from spiking_gru.functional import CellParameters
from spiking_gru.quantise import Arithmetic, FloatArithmetic, IntegerArithmetic
from spiking_gru.surrogate import ATan


def check_threshold(threshold: Tensor, cell: Cell) -> None:
    """|h| ≤ 1 by construction: a threshold outside (0, 1) is never or always crossed.

    A graded event needs no threshold: at 0 every change is sent.
    """
    if cell.emit == "state":
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
    Parameters have torch.nn.GRUCell's names and shapes, rows in the order of the cell's gates
    (reset, update, candidate for `torch`). With `quantised` on, the forward pass is the chip's
    integer arithmetic, bit for bit.
    """

    spk: Tensor
    mem: Tensor
    _cells: ClassVar[WeakSet[SpikingGRUCell]] = WeakSet()

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        threshold: float | Tensor = 0.3,
        spike_grad: Callable[[Tensor], Tensor] | None = None,
        init_hidden: bool = False,
        output: bool = False,
        learn_threshold: bool = False,
        learn_initial_state: bool = False,
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
        if self.scales_spikes and (not self.cell.spiking or self.cell.products_in_turn > 2):
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
        rows = len(self.cell.gates) * hidden_size
        self.weight_ih = nn.Parameter(torch.empty(rows, input_size))
        self.weight_hh = nn.Parameter(torch.empty(rows, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(rows))
        self.bias_hh = nn.Parameter(torch.empty(rows))
        if learn_initial_state:
            self.initial_state = nn.Parameter(torch.zeros(hidden_size))
        else:
            self.register_parameter("initial_state", None)
        self.register_buffer("spk", torch.zeros(0), persistent=False)
        self.register_buffer("mem", torch.zeros(0), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Each matrix uniform within ±1/√(its inputs), biases within ±1/√hidden_size.

        torch.nn.GRUCell bounds the input weights by the hidden size as well; with few inputs the
        membrane then hardly reaches a threshold, and little is learnt through spikes.
        """
        by_inputs, by_hidden = 1 / math.sqrt(self.input_size), 1 / math.sqrt(self.hidden_size)
        nn.init.uniform_(self.weight_ih, -by_inputs, by_inputs)
        for parameter in (self.weight_hh, self.bias_ih, self.bias_hh):
            nn.init.uniform_(parameter, -by_hidden, by_hidden)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, {self.cell}, quantised={self.quantised}"

    @property
    def arithmetic(self) -> Arithmetic:
        return IntegerArithmetic(self.cell) if self.quantised else FloatArithmetic(self.cell)

    def prepared(self) -> CellParameters:
        """The parameters as this cell's arithmetic sees them: on their grids when quantised."""
        arithmetic, hidden = self.arithmetic, self.hidden_size
        recurrent = self.weight_hh.split(hidden)
        bias, recurrent_bias = self.summed_biases()
        candidate = recurrent[self.cell.gates.index("candidate")]
        return CellParameters(
            input_weights=torch.cat([arithmetic.weights(w) for w in self.weight_ih.split(hidden)]),
            recurrent_weights=torch.cat([arithmetic.weights(w) for w in recurrent]),
            bias=arithmetic.parameter(bias),
            recurrent_bias=arithmetic.weight_grid(recurrent_bias, candidate),
            threshold=arithmetic.parameter(self.clamped_threshold()),
        )

    def summed_biases(self) -> tuple[Tensor, Tensor]:
        """One bias for each gate, and the candidate's recurrent one.

        The latter stands inside the reset of formulation `torch`, so there it is not in the sum;
        elsewhere it is, and what stands inside is nothing.
        """
        bias_hh = list(self.bias_hh.split(self.hidden_size))
        inside = torch.zeros_like(bias_hh[0])
        if self.cell.formulation == "torch":
            candidate = self.cell.gates.index("candidate")
            inside, bias_hh[candidate] = bias_hh[candidate], inside
        return self.bias_ih + torch.cat(bias_hh), inside

    def clamped_threshold(self) -> Tensor:
        """The threshold, kept between the least step of the state grid and 1, where it means one.

        A learnt threshold may not leave that range: it would be crossed always or never.
        """
        if not self.cell.spiking:
            return self.threshold
        least = 2.0**-self.cell.state_fraction
        return self.threshold.clamp(least, 1 - least)

    def clamped_initial_state(self) -> Tensor:
        """The membrane that a sequence starts from, within ±1."""
        if self.initial_state is None:
            return self.weight_hh.new_zeros(self.hidden_size)
        return self.initial_state.clamp(-1, 1)

    def first_state(self, batch: int) -> tuple[Tensor, Tensor]:
        """What a sequence starts from: nothing emitted, and membranes empty or as learnt."""
        zeros = self.weight_hh.new_zeros(batch, self.hidden_size)
        if self.initial_state is None:
            return zeros, zeros
        membrane = self.arithmetic.parameter(self.clamped_initial_state()).expand_as(zeros)
        emitted = self.arithmetic.gate(membrane) if self.cell.emit == "state" else zeros
        return emitted, membrane

    def forward(self, input_: Tensor, spk: Tensor | None = None, mem: Tensor | None = None) -> Any:
        if input_.ndim != 2 or input_.shape[1] != self.input_size:
            raise SettingError(
                f"input has shape {tuple(input_.shape)}, expected (batch, {self.input_size})"
            )
        if self.init_hidden:
            if spk is not None or mem is not None:
                raise TypeError("with init_hidden=True the cell keeps spk and mem itself")
            spk, mem = self.spk, self.mem
        silent, empty = self.first_state(len(input_))
        spk = silent if spk is None or spk.shape != silent.shape else spk
        mem = empty if mem is None or mem.shape != empty.shape else mem

        parameters, arithmetic = self.prepared(), self.arithmetic
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
        """Cut the graph behind every living cell's state, for truncated backpropagation."""
        for cell in cls._cells:
            cell.spk, cell.mem = cell.spk.detach(), cell.mem.detach()

    @classmethod
    def reset_hidden(cls) -> None:
        """Clear every living cell's state."""
        for cell in cls._cells:
            cell.reset_mem()
