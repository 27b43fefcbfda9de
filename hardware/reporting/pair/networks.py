"""The networks that the report of a translation compares: trained pairs, and the programs."""

from __future__ import annotations

from collections.abc import Mapping

from hardware.cost.dense_gru import dense_network
from hardware.errors import InputError, choose
from hardware.program.pair import HALVES
from hardware.reporting.metrics import require_in_range
from hardware.reporting.networks import DEPLOYED, TITLES, TrainedNetwork, layer_parameters
from hardware.reporting.pair.study import PairStudy
from hardware.reporting.rivals import energies
from hardware.reporting.schema import NetworkFigures

PAIR_METRICS = ("exact_match", "accuracy", "perplexity")
"""Metrics of a pair: of whole texts, and of tokens after the right ones before them."""


def networks_of_pair(run: PairStudy, trained: Mapping[str, TrainedNetwork]) -> list[NetworkFigures]:
    """Return a row for each pair of networks in the order given, and the programs last."""
    if DEPLOYED in trained:
        raise InputError(
            f"trained has a network {DEPLOYED!r}, which is the name of the programs themselves: "
            f"choose another name"
        )
    return [*(_trained(run, name, given) for name, given in trained.items()), _deployed(run)]


def _trained(run: PairStudy, name: str, given: TrainedNetwork) -> NetworkFigures:
    owner = f"trained[{name!r}]"
    for metric, value in given.metrics.items():
        require_in_range(owner, choose(f"metric in {owner}", metric, PAIR_METRICS), value)
    operations, energy = None, {}
    if given.dense and given.layer_weights is not None and given.encoder_weights is not None:
        of_decoder = given.layer_weights - given.encoder_weights, given.readout_weights
        weights = dict(zip(HALVES, ((given.encoder_weights, 0), of_decoder), strict=True))
        read, written = (
            dense_network(*weights[half], study.program, study.counts)
            for half, study in run.halves.items()
        )
        cost = read.then(written)
        operations = float(cost.multiply_accumulates.mean())
        energy = energies(cost, run.digital)
    return NetworkFigures(
        name=name,
        title=given.title or TITLES.get(name, name),
        dense=given.dense,
        hidden=given.hidden,
        parameters=given.parameters,
        metrics={metric: given.metrics.get(metric) for metric in PAIR_METRICS},
        spikes=None,
        operations=operations,
        energy_j=energy,
    )


def _deployed(run: PairStudy) -> NetworkFigures:
    pair = run.translation.pair
    widths = {layer.neurons for program in pair.halves.values() for layer in program.layers}
    readout = pair.decoder.readout
    counts = [study.counts for study in run.halves.values()]
    metrics: dict[str, float | None] = dict.fromkeys(PAIR_METRICS)
    if run.right is not None:
        metrics["exact_match"] = float(run.right.mean())
    return NetworkFigures(
        name=DEPLOYED,
        title="deployed programs",
        dense=False,
        hidden=widths.pop() if len(widths) == 1 else None,
        parameters=sum(layer_parameters(program) for program in pair.halves.values())
        + readout.weights.size
        + readout.bias.size,
        metrics=metrics,
        spikes=float(sum(part.spikes.mean() for part in counts)),
        operations=float(sum(part.synaptic_operations.mean() for part in counts)),
        energy_j={"core_dynamic": float(run.costs[run.charged].core_dynamic_j[1].mean())},
    )
