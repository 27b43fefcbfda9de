"""From a trace and what was measured before it to a report."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from hardware.chip import CHIPS, Chip, load_chip
from hardware.cost import Cost, estimate
from hardware.counts import Counts, count
from hardware.dense import BREAK_EVEN, DenseGRU, delta_gru, dense_gru, spikes_per_synapse
from hardware.errors import InputError
from hardware.files import first_fault
from hardware.program import Program
from hardware.reporting.schema import (
    SCHEMA,
    Accuracy,
    ChipFigures,
    DatasetPart,
    DenseFigures,
    Energy,
    Latency,
    LayerFigures,
    PerInference,
    Range,
    Report,
    Spread,
    Verified,
)
from hardware.reporting.verdict import verdict
from hardware.trace import Trace

PACKAGES = ("spiking-gru", "numpy", "numba", "torch", "snntorch", "lava-nc")


def make_report(
    program: Program,
    trace: Trace,
    *,
    dataset: str,
    labels: NDArray[np.int64] | None = None,
    trained: Mapping[str, float] | None = None,
    verification: Mapping[str, Any] | None = None,
    chip: str = "loihi2",
) -> Report:
    """The report of one run.

    `trained` holds the accuracies of `baseline_gru`, `float` and `quantised`; `verification` is the
    content of `verification.json`. `chip` is a name or a description file; beside one of your own
    stands Loihi 2.
    """
    shown = CHIPS if chip in CHIPS else ("loihi2", chip)
    chips = {name: load_chip(name) for name in shown}
    if labels is not None and len(labels) != len(trace.lengths):
        raise InputError(f"{len(labels)} labels for a trace of {len(trace.lengths)} sequences")
    counts = count(trace, program)
    costs = {name: estimate(trace, program, description) for name, description in chips.items()}
    figures = {name: _chip_figures(chips[name], costs[name]) for name in shown}
    dense = dense_gru(program, counts)
    trained = trained or {}
    deployed = None if labels is None else float((trace.predictions == labels).mean())
    per_synapse = float(spikes_per_synapse(counts).mean())
    dense_energy = {name: float(energy.mean()) for name, energy in dense.energy_j.items()}
    delta = delta_gru(program, trace)
    skipping = float(delta.energy_j["int8"].mean())
    rivals = {
        **{
            f"the {name} arithmetic of a dense GRU": energy for name, energy in dense_energy.items()
        },
        "the int8 arithmetic of one that skips what has not changed": skipping,
    }
    return Report(
        schema_number=SCHEMA,
        dataset=DatasetPart(name=dataset, test_samples=len(trace.lengths)),
        classes=list(program.classes),
        accuracy=Accuracy(
            baseline_gru=trained.get("baseline_gru"),
            float_=trained.get("float"),
            quantised=trained.get("quantised"),
            deployed=deployed,
        ),
        verification=_verified(verification, trace.program_digest),
        engine=trace.engine,
        chip=figures[chip].name,
        per_inference=PerInference(
            steps=_spread(counts.steps),
            input_events=_spread(counts.input_events),
            spikes=_spread(counts.spikes),
            synaptic_operations=_spread(counts.synaptic_operations),
            neuron_updates=_spread(counts.neuron_updates),
        ),
        energy_j=figures[chip].energy_j,
        latency_s=figures[chip].latency_s,
        layers=_layers(counts, costs[chip]),
        chips=figures,
        dense_gru=_dense_figures(dense),
        delta_gru=_dense_figures(delta),
        spikes_per_synapse=per_synapse,
        break_even=BREAK_EVEN,
        conclusion=verdict(
            figures[chip],
            {
                name: float(energy[1].mean())
                for name, energy in costs[chip].core_dynamic_by_operation_j.items()
            },
            rivals,
            {name: float(energy.mean()) for name, energy in dense.device_j.items()},
            per_synapse,
        ),
        provenance=dict(program.provenance),
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Python and the packages that matter here; a package that is absent is left out."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _verified(summary: Mapping[str, Any] | None, program_digest: str) -> Verified | None:
    """What the report says of a verification, which is as foreign as any file's content."""
    if summary is None:
        return None
    if not isinstance(summary, Mapping):
        raise InputError(
            f"the verification is a {type(summary).__name__}, expected an object with the field "
            f"'program_digest': run `spiking-gru verify` again"
        )
    if summary.get("program_digest") != program_digest:
        raise InputError("the verification is of another program: run `spiking-gru verify` again")
    known = {name: summary[name] for name in Verified.model_fields if name in summary}
    try:
        return Verified.model_validate(known, strict=True)
    except ValidationError as error:
        raise InputError(
            f"the verification is not usable: {first_fault(error)}: run `spiking-gru verify` again"
        ) from error


def _spread(values: NDArray[np.int64]) -> Spread:
    return Spread(
        mean=float(values.mean()),
        median=float(np.median(values)),
        p95=float(np.percentile(values, 95)),
    )


def _range(values: NDArray[np.float64]) -> Range:
    low, nominal, high = (float(v) for v in values.mean(axis=1))
    return Range(low=low, nominal=nominal, high=high)


def _layers(counts: Counts, priced: Cost) -> list[LayerFigures]:
    return [
        LayerFigures(
            name=layer.name,
            neurons=layer.neurons,
            synapses=layer.synapses,
            spikes=float(layer.spikes.mean()),
            synaptic_operations=float(layer.synaptic_operations.mean()),
            neuron_updates=float(layer.neuron_updates.mean()),
            firing_rate=float(layer.spikes.sum() / (layer.neurons * counts.steps.sum())),
            core_dynamic_j=float(energy[1].mean()),
        )
        for layer, energy in zip(counts.layers, priced.core_dynamic_by_layer_j, strict=True)
    ]


def _dense_figures(found: DenseGRU) -> DenseFigures:
    return DenseFigures(
        multiply_accumulates=float(found.multiply_accumulates.mean()),
        energy_j={name: float(energy.mean()) for name, energy in found.energy_j.items()},
        device_j={name: float(energy.mean()) for name, energy in found.device_j.items()},
    )


def _chip_figures(chip: Chip, priced: Cost) -> ChipFigures:
    return ChipFigures(
        name=chip.name,
        cores=priced.cores,
        runs_gated_neurons=chip.gated_neurons,
        note=chip.gated_neurons_note,
        inherited=priced.inherited,
        energy_j=Energy(
            core_dynamic=_range(priced.core_dynamic_j),
            core_static=_range(priced.core_static_j),
            host=_range(priced.host_j),
        ),
        latency_s=Latency(core=_range(priced.core_s), host=_range(priced.host_s)),
    )
