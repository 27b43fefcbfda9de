"""SpikingGRU: layers of gated spiking neurons over a sequence, called like torch.nn.GRU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, overload

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence
from typing_extensions import Unpack

from hardware.definition.cell import CellSettings
from hardware.errors import InputError, RangeError, SettingError, choose
from spiking_gru.call_forms import TensorOrPacked, call_of
from spiking_gru.cell import SpikingGRUCell
from spiking_gru.eager import eagerly
from spiking_gru.inputs import Lengths, check_values, lengths_of
from spiking_gru.sequence import sequence
from spiking_gru.sources import are_sources, check_sources


class State(NamedTuple):
    """State for the continuation of a sequence; each (layers · directions, batch, hidden).

    Of one sequence without a batch each is (layers · directions, hidden). `membrane` is
    torch.nn.GRU's `h_n`.
    """

    emitted: Tensor
    membrane: Tensor


ROUNDING = 1e-5
"""How far rounding can take the membrane of a network in floats beyond ±1."""


class Activity(NamedTuple):
    """Every emission and every membrane of one cell; each (steps, batch, hidden)."""

    emitted: Tensor
    membranes: Tensor


class SpikingGRU(nn.Module):
    """Layers of spiking GRU cells over a sequence.

    `spikes, state = gru(x, h0)` takes what torch.nn.GRU takes, and `spikes` has the form of x:
    (steps, batch, input_size), (batch, steps, input_size) with `batch_first`, one sequence (steps,
    input_size), or a PackedSequence. `h0` has the membranes (layers · directions, batch,
    hidden_size), or is the `state` of an earlier call. `lengths` are the steps of each sequence, as
    a tensor or a list; beyond a sequence's length nothing fires.

    Where few inputs send, x can hold the numbers of these inputs instead, from 1 on, as int64 of
    shape (steps, batch, at once); 0 sends nothing.
    An `embedding` of D values for each input is multiplied into the weights of the first layer.
    `at_once` is the number of inputs that are expected to send at a step, by default all.
    This number bounds the first weights.
    Further arguments are the settings of `hardware.definition.cell.Cell`: `formulation`, `emit`, ….

    `recompute_every=N` trades time for memory: of every N steps only the first state is kept for
    the backward pass. The state dictionary of a torch.nn.GRU of the same size loads as it is.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        threshold: float = 0.3,
        spike_grad: Callable[[Tensor], Tensor] | None = None,
        learn_threshold: bool = False,
        learn_initial_state: bool = False,
        embedding: int = 0,
        at_once: float | None = None,
        recompute_every: int | None = None,
        **cell: Unpack[CellSettings],
    ) -> None:
        super().__init__()
        if num_layers < 1:
            raise SettingError(f"num_layers is {num_layers}: expected at least 1")
        if recompute_every is not None and recompute_every < 1:
            raise SettingError(f"recompute_every is {recompute_every}: expected at least 1")
        if not 0 <= dropout < 1:
            raise SettingError(f"dropout is {dropout}: expected at least 0 and less than 1")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.bias = bias
        self.batch_first = batch_first
        self.recompute_every = recompute_every
        self.dropout = nn.Dropout(dropout)
        width = hidden_size * self.directions
        self.cells = nn.ModuleList(
            SpikingGRUCell(
                input_size if layer == 0 else width,
                hidden_size,
                bias=bias,
                threshold=threshold,
                spike_grad=spike_grad,
                learn_threshold=learn_threshold,
                learn_initial_state=learn_initial_state,
                embedding=0 if layer else embedding,
                at_once=None if layer else at_once,
                **cell,
            )
            for layer in range(num_layers)
            for _ in range(self.directions)
        )
        self.register_load_state_dict_pre_hook(_rename_torch_parameters)  # type: ignore[no-untyped-call]
        self.to(device=device, dtype=dtype)

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    def layers(self) -> Iterator[tuple[SpikingGRUCell, ...]]:
        """The cells of each layer: forward, and backward where there is one."""
        cells = [cell for cell in self.cells if isinstance(cell, SpikingGRUCell)]
        for i in range(0, len(cells), self.directions):
            yield tuple(cells[i : i + self.directions])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the cells' layers in a program, in the order of a `State`."""
        return tuple(
            f"layer {i} backward" if backward else f"layer {i}"
            for i in range(self.num_layers)
            for backward in range(self.directions)
        )

    def starting_from(self, membranes: Mapping[str, Tensor], batch: int) -> State:
        """Return the state of sequences that start from these membranes, by layer name.

        They are (hidden,) for all sequences or (batch, hidden) for each, within ±1, and receive
        gradients; layers that are not named start as they would. Pass the result to the call as its
        `state`: a program's `initial_state` gives the same bits when quantised.
        """
        for name in membranes:
            choose("layer", name, self.names)
        cells = [cell for cells in self.layers() for cell in cells]
        states = []
        for name, cell in zip(self.names, cells, strict=True):
            if name not in membranes:
                states.append(cell.first_state(batch))
                continue
            given, hidden = membranes[name], self.hidden_size
            check_values(f"the initial membrane of {name}", given, cell.weight_hh, False)
            if given.shape not in ((hidden,), (batch, hidden)):
                raise InputError(
                    f"{name}: the initial membrane has shape {tuple(given.shape)}, expected a "
                    f"number for each of {hidden} neurons, or that for each of {batch} sequences"
                )
            largest = float(given.detach().abs().max())
            if largest > 1 + ROUNDING:
                raise RangeError(
                    f"{name}: an initial membrane is {largest:.4g} from 0, expected at most 1: "
                    f"the range proof covers no other"
                )
            states.append(cell.starting_from(given.clamp(-1, 1).expand(batch, hidden)))
        emitted, membrane = (torch.stack(parts) for parts in zip(*states, strict=True))
        return State(emitted, membrane)

    def state_of(self, h0: Tensor, batched: bool = True) -> State:
        """Return the state of sequences that start from membranes, as torch.nn.GRU's `h_0`.

        They are (layers · directions, batch, hidden), or without the batch for one sequence. A
        quantised network takes membranes within ±1, as `starting_from`; in floats they are free.
        """
        check_values("h0", h0, next(self.parameters()), False)
        membranes = h0 if batched else h0.unsqueeze(1) if h0.ndim == 2 else h0
        if membranes.ndim != 3 or len(membranes) != len(self.cells):
            shape = "(layers · directions, batch, hidden)" if batched else "(layers, hidden)"
            raise InputError(
                f"h0 has shape {tuple(h0.shape)}, expected {shape} with {len(self.cells)} in front"
            )
        cells = [cell for cells in self.layers() for cell in cells]
        if any(cell.quantised for cell in cells):
            of_layers = dict(zip(self.names, membranes, strict=True))
            return self.starting_from(of_layers, membranes.shape[1])
        states = [cell.starting_from(m) for cell, m in zip(cells, membranes, strict=True)]
        return State(*(torch.stack(parts) for parts in zip(*states, strict=True)))

    @overload
    def forward(
        self, x: Tensor, hx: Tensor | State | None = None, lengths: Lengths | None = None
    ) -> tuple[Tensor, State]: ...

    @overload
    def forward(
        self, x: PackedSequence, hx: Tensor | State | None = None
    ) -> tuple[PackedSequence, State]: ...

    def forward(
        self,
        x: TensorOrPacked,
        hx: Tensor | State | None = None,
        lengths: Lengths | None = None,
    ) -> tuple[TensorOrPacked, State]:
        call = call_of(x, lengths, self.batch_first)
        if isinstance(hx, Tensor):
            state: State | None = self.state_of(hx, call.batched)
        elif hx is None or call.batched:
            state = hx
        else:
            state = State(*(part.unsqueeze(1) for part in hx))
        activities, end = self.activities(call.x, state, call.lengths)
        emitted = torch.cat([a.emitted for a in activities[-self.directions :]], dim=-1)
        if not call.batched:
            end = State(*(part.squeeze(1) for part in end))
        return call.restored(emitted), end

    def flatten_parameters(self) -> None:
        """Do nothing: torch.nn.GRU's weights are laid out for cuDNN, these have no such layout."""

    @eagerly
    def activities(
        self, x: Tensor, state: State | None = None, lengths: Lengths | None = None
    ) -> tuple[list[Activity], State]:
        """Return every cell's emissions and membranes, for x of shape (steps, batch, input_size).

        A backward cell's activity is in the order of its input: its last step comes first.
        """
        self._check(x, state)
        if lengths is not None:
            lengths = lengths_of(lengths, len(x), x.shape[1], x.device)
        activities: list[Activity] = []
        ends: list[tuple[Tensor, Tensor]] = []
        for number, cells in enumerate(self.layers()):
            arriving = self.dropout(x) if number else x
            outputs = []
            for backward, cell in enumerate(cells):
                i = len(ends)
                start = (
                    cell.first_state(x.shape[1]) if state is None else (state[0][i], state[1][i])
                )
                seen = reverse(arriving, lengths) if backward else arriving
                emitted, membranes, *end = sequence(
                    cell.arithmetic,
                    cell.prepared(),
                    cell.spike_grad,
                    seen,
                    *start,
                    lengths,
                    self.recompute_every,
                )
                if backward:
                    emitted, membranes = reverse(emitted, lengths), reverse(membranes, lengths)
                activities.append(Activity(emitted, membranes))
                outputs.append(emitted)
                ends.append((end[0], end[1]))
            x = torch.cat(outputs, dim=-1)
        emitted, membranes = (torch.stack(parts) for parts in zip(*ends, strict=True))
        return activities, State(emitted, membranes)

    def _check(self, x: Tensor, state: State | None) -> None:
        weights = next(self.parameters())
        by_source = isinstance(x, Tensor) and x.ndim == 3 and are_sources(x)
        if by_source:
            check_sources(x, self.input_size)
        else:
            quantised = any(c.quantised for cells in self.layers() for c in cells)
            check_values("x", x, weights, quantised)
        if x.ndim != 3 or (x.shape[2] != self.input_size and not by_source):
            raise InputError(
                f"x has shape {tuple(x.shape)} (steps, batch, features), expected "
                f"{self.input_size} features"
            )
        steps, batch, _ = x.shape
        if not steps:
            raise InputError("x has 0 steps: expected at least one")
        expected = (len(self.cells), batch, self.hidden_size)
        for name, part in zip(State._fields, state or (), strict=False):
            check_values(f"the state's {name}", part, weights, False)
            if part.shape != expected:
                raise InputError(
                    f"state has shape {tuple(part.shape)}, expected (layers · directions, batch, "
                    f"hidden) = {expected}"
                )


def reverse(x: Tensor, lengths: Tensor | None) -> Tensor:
    """The steps of each sequence from its last to its first; padding stays where it is."""
    if lengths is None:
        return x.flip(0)
    steps = torch.arange(len(x), device=x.device).unsqueeze(-1)
    order = torch.where(steps < lengths, lengths - 1 - steps, steps)
    return x.gather(0, order.unsqueeze(-1).expand_as(x))


def _rename_torch_parameters(
    module: nn.Module, state: dict[str, Any], prefix: str, *_: object
) -> None:
    """Take torch.nn.GRU's names for ours; thresholds and the like stay as they are."""
    assert isinstance(module, SpikingGRU)
    if f"{prefix}weight_ih_l0" not in state:
        return
    for i in range(len(module.cells)):
        layer, backward = divmod(i, module.directions)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            theirs = f"{prefix}{name}_l{layer}{'_reverse' if backward else ''}"
            if theirs in state:
                state[f"{prefix}cells.{i}.{name}"] = state.pop(theirs)
    for name, value in module.state_dict(prefix=prefix).items():
        if not name.endswith(("weight_ih", "weight_hh", "bias_ih", "bias_hh")):
            state.setdefault(name, value)
