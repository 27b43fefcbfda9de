"""The networks that a report compares: those trained or known before, and the program itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hardware.cost.dense_gru import dense_network
from hardware.errors import InputError
from hardware.program.model import Program
from hardware.reporting.heads import of_head, require_metrics
from hardware.reporting.metrics import known_or_none, metrics_of
from hardware.reporting.rivals import energies
from hardware.reporting.schema import NetworkFigures
from hardware.reporting.study import Study

TITLES = {
    "gru": "torch.nn.GRU",
    "lstm": "torch.nn.LSTM",
    "float": "spiking GRU, float",
    "quantised": "spiking GRU, quantised",
}
"""Titles of networks that are given by their name alone; any other is called by its name."""

DEPLOYED = "deployed"
"""The name of the program among the networks."""


@dataclass(frozen=True)
class TrainedNetwork:
    """A network that was tested on the same data as the program."""

    metrics: Mapping[str, float]
    """By the names of `METRICS`; with heads by `HEAD/METRIC`."""

    title: str = ""
    dense: bool = False
    """Whether it multiplies every weight at every step; else it sends events."""

    hidden: int | None = None
    parameters: int | None = None
    layer_weights: int | None = None
    """Weights that a step meets; without them a dense network has no operations."""

    encoder_weights: int | None = None
    """Those of them in the encoder of a pair."""

    readout_weights: int = 0


Trained = Mapping[str, float | Mapping[str, float] | TrainedNetwork]
"""Networks by name; of each its metrics by name, its accuracy alone, or all that is known."""


def networks_of(run: Study, trained: Trained) -> list[NetworkFigures]:
    """Return a row for each network in the order given, and the deployed program last."""
    if DEPLOYED in trained:
        raise InputError(
            f"trained has a network {DEPLOYED!r}, which is the name of the program itself: choose "
            f"another name"
        )
    deployed = _deployed(run)
    rows = [_trained(run, name, given, deployed) for name, given in trained.items()]
    return [*_naive(run, deployed), *rows, deployed]


def _naive(run: Study, deployed: NetworkFigures) -> list[NetworkFigures]:
    """Return a row for each naive forecast: it has metrics, and neither weights nor operations."""
    return [
        NetworkFigures(
            name=f"naive: {name}",
            title=f"naive: {name}",
            dense=False,
            naive=True,
            hidden=None,
            parameters=None,
            metrics={metric: known_or_none(vars(found)[metric]) for metric in deployed.metrics},
            spikes=None,
            operations=None,
            energy_j={},
        )
        for name, found in run.naive_metrics.items()
    ]


def as_trained(given: float | Mapping[str, float] | TrainedNetwork) -> TrainedNetwork:
    """Return what is known of a network in one form."""
    if isinstance(given, TrainedNetwork):
        return given
    return TrainedNetwork(given if isinstance(given, Mapping) else {"accuracy": given})


def _trained(
    run: Study,
    name: str,
    given: float | Mapping[str, float] | TrainedNetwork,
    deployed: NetworkFigures,
) -> NetworkFigures:
    given = as_trained(given)
    require_metrics(f"trained[{name!r}]", given.metrics, run)
    metrics = of_head(given.metrics, run.head)
    operations, energy = None, {}
    if given.dense and given.layer_weights is not None:
        weights = given.layer_weights, given.readout_weights
        cost = dense_network(*weights, run.program, run.counts)
        operations = float(cost.multiply_accumulates.mean())
        energy = energies(cost, run.digital)
    return NetworkFigures(
        name=name,
        title=given.title or TITLES.get(name, name),
        dense=given.dense,
        hidden=given.hidden,
        parameters=given.parameters,
        metrics={metric: metrics.get(metric) for metric in deployed.metrics},
        spikes=None,
        operations=operations,
        energy_j=energy,
    )


def _deployed(run: Study) -> NetworkFigures:
    program = run.program
    widths = {layer.neurons for layer in program.layers}
    return NetworkFigures(
        name=DEPLOYED,
        title="deployed program",
        dense=False,
        hidden=widths.pop() if len(widths) == 1 else None,
        parameters=_parameters(program),
        metrics=metrics_of(run),
        spikes=float(run.counts.spikes.mean()),
        operations=float(run.counts.synaptic_operations.mean()),
        energy_j={"core_dynamic": float(run.cost.core_dynamic_j[1].mean())},
    )


def _parameters(program: Program) -> int:
    """Return the weights and biases of a program."""
    return layer_parameters(program) + program.readout.weights.size + program.readout.bias.size


def layer_parameters(program: Program) -> int:
    """Return the weights and biases of a program's layers."""
    layers = [
        layer.input_weights.size
        + layer.recurrent_weights.size
        + layer.gate.bias.size
        + layer.gate.recurrent_bias.size * layer.cell.row.resets_after
        for layer in program.layers
    ]
    return sum(layers)
