"""Baselines: ordinary recurrent networks with the encoder, the readout and the recipe of ours."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from spiking_gru.encoder import Encoder
from spiking_gru.model import Carried, SequenceModel
from spiking_gru.network import Network, make_readout
from spiking_gru.readout import Seen
from spiking_gru.seq2seq import Seq2Seq
from spiking_gru.settings import BASELINE_SIZES, NetworkSettings, PairSettings, TrainingSettings
from spiking_gru.sources import are_sources, one_hot
from spiking_gru.training.seeds import phase_seed


class TorchBaseline(SequenceModel):
    """The task without spikes: the hidden states of a `torch.nn` cell take the place of spikes.

    Input weights begin uniform within ±1/√inputs, as those of the spiking GRU; recurrent weights
    orthogonal, gate by gate; biases as torch draws them, with 1 added to the gate `remembers`.
    With torch's own initialisation the baseline learns less in as many epochs.
    """

    def __init__(
        self,
        cell: type[nn.GRU | nn.LSTM],
        remembers: int | None,
        settings: NetworkSettings,
        encoder: Encoder,
    ) -> None:
        super().__init__(
            copy.deepcopy(encoder),
            make_readout(settings, event_fraction=0),
            settings.target,
            settings.task,
            settings.dropout,
        )
        self.directions = 2 if settings.bidirectional else 1
        self.embedding: nn.Embedding | None = None
        if settings.embedding:
            self.embedding = nn.Embedding(settings.sources + 1, settings.embedding, padding_idx=0)
        self.recurrent = cell(
            settings.embedding or settings.sources,
            settings.hidden,
            settings.layers,
            bidirectional=settings.bidirectional,
        )
        for name, parameter in self.recurrent.named_parameters():
            gates = parameter.detach().split(settings.hidden)
            if name.startswith("weight_ih"):
                first = "_l0" in name and not settings.embedding
                inputs = (first and settings.at_once) or parameter.shape[1]
                bound = 1 / math.sqrt(inputs)
                nn.init.uniform_(parameter, -bound, bound)
            elif name.startswith("weight_hh"):
                for gate in gates:
                    nn.init.orthogonal_(gate)
            elif name.startswith("bias_ih") and remembers is not None:
                gates[remembers].add_(1)

    def heard(
        self, events: Tensor, steps: Tensor, state: Carried | None, counted: bool = False
    ) -> tuple[Seen, Carried]:
        """The hidden states of the last layer, zero beyond each length, and its last ones."""
        if self.embedding is not None:
            events = self.embedding(events).sum(-2)
        elif are_sources(events):
            events = one_hot(events, self.encoder.sources, self.readout.weight.dtype)
        packed = nn.utils.rnn.pack_padded_sequence(events, steps.cpu(), enforce_sorted=False)
        start = state[0] if state is not None and len(state) == 1 else state  # one of a GRU
        states, ends = self.recurrent(packed, start)
        end = (ends,) if isinstance(ends, Tensor) else ends
        emitted, _ = nn.utils.rnn.pad_packed_sequence(states, total_length=len(events))
        return Seen(emitted, torch.cat(list(end[0][-self.directions :]), dim=-1), steps), end

    @property
    def state_shape(self) -> tuple[int, int]:
        return self.recurrent.num_layers * self.directions, self.recurrent.hidden_size

    @property
    def is_bidirectional(self) -> bool:
        return self.directions > 1


class StateBaseline(Network):
    """The spiking GRU's own formulation as an ordinary GRU: at every step it sends its state."""

    def heard(
        self, events: Tensor, steps: Tensor, state: Carried | None, counted: bool = False
    ) -> tuple[Seen, Carried]:
        """Return the emissions of the network; no baseline counts its operations."""
        return super().heard(events, steps, state)


@dataclass(frozen=True)
class Gates:
    """Blocks of weights of a cell, by what multiplies them, and its blocks of biases."""

    input: int
    recurrent: int
    biases: int
    embedded: int = 0
    """Weights of all embeddings."""


@dataclass(frozen=True)
class Baseline:
    """One kind of baseline."""

    title: str
    gates: Callable[[NetworkSettings], Gates]
    build: Callable[[NetworkSettings, Encoder], SequenceModel]

    def parameters(self, about: NetworkSettings | PairSettings) -> int:
        """Return the parameters of all cells and of the readout that answers."""
        unused = sum(part.outputs * part.states for part in about.parts[:-1])
        return sum(map(self._of_network, about.parts)) - unused

    def _of_network(self, settings: NetworkSettings) -> int:
        gates, directions = self.gates(settings), 2 if settings.bidirectional else 1
        states, cells = directions * settings.hidden, directions * settings.layers
        width = settings.embedding or settings.sources
        inputs = directions * width + (cells - directions) * states
        of_cells = gates.input * inputs + cells * (gates.recurrent * settings.hidden + gates.biases)
        return of_cells * settings.hidden + settings.outputs * (states + 1) + gates.embedded


def _state_gates(settings: NetworkSettings) -> Gates:
    row = settings.cell.row
    received = len(row.recurrent_gates)
    biases = len(row.gates) + received + settings.learn_initial_state
    directions = 2 if settings.bidirectional else 1
    embedded = directions * settings.embedding * settings.sources
    return Gates(len(row.input_gates), received, biases, embedded)


def _torch_gates(gates: int, settings: NetworkSettings) -> Gates:
    return Gates(gates, gates, 2 * gates, settings.embedding * (settings.sources + 1))


def _build_state(settings: NetworkSettings, encoder: Encoder) -> SequenceModel:
    sends_state = settings.model_copy(update={"emit": "state", "learn_threshold": False})
    network = StateBaseline.build(sends_state)
    network.encoder = copy.deepcopy(encoder)
    return network


GRU = Baseline("torch.nn.GRU", partial(_torch_gates, 3), partial(TorchBaseline, nn.GRU, None))
LSTM = Baseline("torch.nn.LSTM", partial(_torch_gates, 4), partial(TorchBaseline, nn.LSTM, 1))
STATE = Baseline("same cell, sends its state", _state_gates, _build_state)

BASELINES = {"gru": GRU, "lstm": LSTM, "state": STATE}


@dataclass(frozen=True)
class Chosen:
    """A baseline to train, with the settings of its size."""

    name: str
    title: str
    row: Baseline
    settings: NetworkSettings | PairSettings

    def build(self, encoder: Encoder | Sequence[Encoder], seed: int) -> SequenceModel:
        """Return the baseline as its training finds it; of a pair with the encoders of both."""
        torch.manual_seed(phase_seed(seed, self.name, "weights"))
        encoders = [encoder] if isinstance(encoder, Encoder) else encoder
        of_parts = zip(self.settings.parts, encoders, strict=True)
        return whole([self.row.build(settings, given) for settings, given in of_parts])


def whole(models: Sequence[SequenceModel]) -> SequenceModel:
    """Return the only model, or the encoder and the decoder as one."""
    return Seq2Seq(*models) if len(models) > 1 else models[0]


def chosen_baselines(
    settings: TrainingSettings, about: NetworkSettings | PairSettings, parameters: int
) -> list[Chosen]:
    """Return the baselines of a training run, for a spiking network of that many parameters.

    One at equal hidden size has the name of its kind, one at equal parameters `KIND-parameters`.
    Where both sizes are the same, it is trained once, by its first name.
    """
    chosen: list[Chosen] = []
    for kind in settings.baselines:
        row, widths = BASELINES[kind], set[int]()
        sizes = {
            "hidden": (kind, row.title, about.hidden),
            "parameters": (
                f"{kind}-parameters",
                f"{row.title}, same parameters",
                nearest_hidden(row, about, parameters),
            ),
        }
        for size in BASELINE_SIZES[settings.baseline_size]:
            if size not in sizes:  # known after training only
                continue
            name, title, hidden = sizes[size]
            if hidden not in widths:
                chosen.append(Chosen(name, title, row, about.sized(hidden)))
            widths.add(hidden)
    return chosen


def nearest_hidden(row: Baseline, about: NetworkSettings | PairSettings, parameters: int) -> int:
    """Return the hidden size whose number of parameters is nearest to `parameters`."""

    def at(hidden: int) -> int:
        return row.parameters(about.sized(hidden))

    low, high = 1, 2
    while at(high) < parameters:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at(middle) < parameters else (low, middle)
    return low if parameters - at(low) <= at(high) - parameters else high
