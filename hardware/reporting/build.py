"""From a study of a run, and what was measured before it, to a report."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from hardware.cost.chip import Chip
from hardware.cost.counts import Counts
from hardware.cost.dense_gru import (
    BREAK_EVEN,
    Measured,
    dense_gru,
    events_per_use,
)
from hardware.cost.energy import Cost
from hardware.cost.microcode import step_program
from hardware.cost.projections import inputs_by_change
from hardware.errors import InputError
from hardware.files.disk import first_fault
from hardware.program.model import Program
from hardware.reporting.curves import History, curves_of
from hardware.reporting.demand import NO_DEMAND, Demand
from hardware.reporting.devices import Use, devices_of, used
from hardware.reporting.early_exit import exits_in_report
from hardware.reporting.front_end import front_end_of
from hardware.reporting.heads import heads_of
from hardware.reporting.metrics import (
    accuracy_interval,
    by_class,
    by_output,
    confusion,
    known_targets_of,
)
from hardware.reporting.networks import DEPLOYED, Trained, as_trained, networks_of
from hardware.reporting.rivals import (
    Skipping,
    mean_range,
    measured_figures,
    rival_figures,
    skipping_gru,
)
from hardware.reporting.samples import distribution, shown_samples, spread
from hardware.reporting.schema import (
    SCHEMA,
    ChipFigures,
    ClampedInputs,
    DatasetPart,
    Energy,
    Latency,
    LayerFigures,
    PerInference,
    Report,
    Verified,
)
from hardware.reporting.study import Study
from hardware.reporting.verdict import verdict
from hardware.runs.clamped import clamped_inputs

PACKAGES = ("spiking-gru", "numpy", "numba", "torch", "snntorch", "lava-nc")


def make_report(
    run: Study,
    *,
    dataset: str,
    fingerprint: str | None = None,
    trained: Trained | None = None,
    history: History = (),
    best_epochs: Mapping[str, int] | None = None,
    verification: Mapping[str, Any] | None = None,
    measured: Measured | Sequence[Measured] = (),
    demand: Demand = NO_DEMAND,
    skipping: Skipping | None = None,
) -> Report:
    """Return the report of one run.

    `trained` holds networks to compare with by name, in the order of the report: of each its
    metrics by the names of `METRICS`, its accuracy alone, or a `TrainedNetwork`. `history` has the
    epochs of each phase that trained one of them, `best_epochs` the kept epoch of each.
    `verification` is the content of `verification.json`; `fingerprint` is that of the data set;
    `measured` is what other networks took on the host, `demand` the use that is asked for.
    `skipping` is a GRU that skips, calibrated in training; without it the threshold is 0.
    """
    program, trace, counts, priced = run.program, run.trace, run.counts, run.cost
    if not len(trace.lengths):
        raise InputError(
            "the trace holds no sequence, so nothing can be said per inference: run the program on "
            "at least one"
        )
    figures = {name: chip_figures(run.chips[name], run.costs[name]) for name in run.chips}
    charged = figures[run.charged]
    dense = rival_figures("dense GRU", dense_gru(program, counts), run.digital)
    delta = skipping_gru(run, skipping)
    clocked = measured_figures([measured] if isinstance(measured, Measured) else measured)
    by_operation = {
        name: mean_range(energy) for name, energy in priced.core_dynamic_by_operation_j.items()
    }
    use = Use(
        run.chips[run.charged],
        charged,
        frames=run.frames,
        ticks=float(counts.ticks.mean()),
        ticks_of_answer=None if program.bidirectional else answer_ticks(program),
        multiply_accumulates=dense.multiply_accumulates,
        demand=demand,
    )
    devices = devices_of(use, [dense, delta], clocked)
    of_use = used(use, devices)
    networks = networks_of(run, trained or {})
    return Report(
        schema_number=SCHEMA,
        dataset=DatasetPart(name=dataset, fingerprint=fingerprint, test_samples=len(trace.lengths)),
        classes=list(run.answering.classes),
        decision=run.answering.readout.target.decision,
        targets=known_targets_of(run),
        networks=networks,
        accuracy_interval=accuracy_interval(run),
        curves=curves_of(history, best_epochs or {}, networks, run.head),
        by_class=by_class(run),
        by_output=by_output(run),
        confusion=confusion(run),
        verification=_verified(verification, trace.program_digest),
        clamped_inputs=_clamped(run),
        front_end=front_end_of(run),
        engine=trace.engine,
        emits=program.layers[0].cell.emit,
        readout=program.readout.kind,
        window=program.readout.window or None,
        chip=charged.name,
        charged=run.charged,
        per_inference=counted(counts),
        host_operations=float(run.host_operations.mean()),
        energy_j=charged.energy_j,
        core_dynamic_by_operation_j=by_operation,
        latency_s=charged.latency_s,
        layers=_layers(run),
        early_exit=exits_in_report(run),
        distribution=distribution(run),
        samples=shown_samples(run),
        chips=figures,
        cost_model=run.model.name,
        dense_gru=dense,
        delta_gru=delta,
        measured=clocked,
        devices=devices,
        use=of_use,
        events_per_use=float(events_per_use(program, counts).mean()),
        break_even=BREAK_EVEN,
        conclusion=verdict(devices, by_operation, of_use, charged, run.model.name),
        head=run.head or None,
        heads=heads_of(
            run,
            {name: as_trained(given).metrics for name, given in (trained or {}).items()},
            DEPLOYED,
        ),
        provenance=dict(program.provenance),
        versions=versions(),
    )


def answer_ticks(program: Program) -> int:
    """Return the ticks from a frame to the answer to it, of a program that reads forwards."""
    return int(program.ticks(np.array([program.encoder.steps]))[0])


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
    """Return the report's figures of a verification, whose content is untrusted like any file's."""
    if summary is None:
        return None
    if not isinstance(summary, Mapping):
        raise InputError(
            f"the verification is a {type(summary).__name__}, expected an object with the field "
            f"'program_digest': run `spiking-gru verify` again"
        )
    if summary.get("program_digest") != program_digest:
        raise InputError(
            "the verification is that of a different program: run `spiking-gru verify` again"
        )
    known = {name: summary[name] for name in Verified.model_fields if name in summary}
    try:
        return Verified.model_validate(known, strict=True)
    except ValidationError as error:
        raise InputError(
            f"the verification is not usable: {first_fault(error)}: run `spiking-gru verify` again"
        ) from error


def _clamped(run: Study) -> ClampedInputs | None:
    found = clamped_inputs(run.trace, run.program)
    if found is None:
        return None
    worst = int(found.counts.argmax())
    return ClampedInputs(
        share=found.share,
        largest_share=float(found.by_channel[worst]),
        channel=worst,
        warning=found.warning(run.program.encoder),
    )


def counted(*parts: Counts) -> PerInference:
    """Return how the counts of inferences are spread; those of several programs are added up."""
    return PerInference(
        **{
            name: spread(np.sum([getattr(part, name) for part in parts], axis=0))
            for name in PerInference.model_fields
        }
    )


def _layers(run: Study) -> list[LayerFigures]:
    counts, priced, cores = run.counts, run.cost, run.placements[run.charged].cores
    changes, charged = inputs_by_change(run.program), "instructions" in run.model.energy
    instructions = [
        step_program(layer.cell, by_change).always if charged else None
        for layer, by_change in zip(run.program.layers, changes, strict=True)
    ]
    return [
        LayerFigures(
            name=layer.name,
            cores=of_layer,
            neurons=layer.neurons,
            synapses=layer.synapses,
            spikes=float(layer.spikes.mean()),
            synaptic_operations=float(layer.synaptic_operations.mean()),
            neuron_updates=float(layer.neuron_updates.mean()),
            firing_rate=float(layer.spikes.sum() / (layer.neurons * counts.steps.sum())),
            instructions_per_step=listed,
            core_dynamic_j=mean_range(energy),
        )
        for layer, energy, of_layer, listed in zip(
            counts.layers,
            priced.core_dynamic_by_layer_j,
            cores,
            [*instructions, None],
            strict=True,
        )
    ]


def chip_figures(chip: Chip, priced: Cost) -> ChipFigures:
    return ChipFigures(
        name=chip.name,
        cores=priced.cores,
        chips=priced.chips,
        runs_gated_neurons=chip.gated_neurons,
        note=chip.gated_neurons_note,
        inherited=priced.inherited,
        energy_j=Energy(
            core_dynamic=mean_range(priced.core_dynamic_j),
            core_static=mean_range(priced.core_static_j),
            chip_static=mean_range(priced.chip_static_j),
            host=mean_range(priced.host_j),
        ),
        latency_s=Latency(core=mean_range(priced.core_s), host=mean_range(priced.host_s)),
        bound_s=_nominal(priced.bound_s),
        needed_s=_nominal(priced.needed_s),
    )


def _nominal(found: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    """Return the nominal figures, means over the inferences."""
    return {name: float(values[1].mean()) for name, values in found.items()}
