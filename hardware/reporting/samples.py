"""Single inferences: which to show, the most expensive ones, and how all are spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.reporting.schema import Distribution, Range, Sample, Spread
from hardware.reporting.study import Study

MOST_EXPENSIVE = 5
BINS = 24


def spread(values: NDArray[np.int64] | NDArray[np.float64]) -> Spread:
    return Spread(
        mean=float(values.mean()),
        median=float(np.median(values)),
        p95=float(np.percentile(values, 95)),
    )


def shown_samples(run: Study) -> list[Sample]:
    """The inference of median energy, the most expensive, and the dearest wrongly named one."""
    energy = run.cost.core_dynamic_j[1]
    by_energy = np.argsort(energy, kind="stable")
    chosen: dict[int, str] = {int(by_energy[(len(by_energy) - 1) // 2]): "median energy"}
    chosen.setdefault(int(energy.argmax()), "most expensive")
    if run.labels is not None:
        wrong = np.flatnonzero(run.trace.predictions != run.labels)
        if len(wrong):
            worst = int(wrong[energy[wrong].argmax()])
            before = f"{chosen[worst]}, " if worst in chosen else ""
            chosen[worst] = f"{before}wrongly named"
    return [_sample(run, sequence, why) for sequence, why in chosen.items()]


def distribution(run: Study) -> Distribution:
    """A histogram of core dynamic energy, and the inferences at its upper end."""
    energy = run.cost.core_dynamic_j[1]
    least, most = float(energy.min()), float(energy.max())
    inferences, edges = np.array([len(energy)]), np.array([least, most])
    if least < most:
        inferences, edges = np.histogram(energy, min(BINS, max(1, len(energy) // 4)))
    order = np.argsort(-energy, kind="stable")[:MOST_EXPENSIVE]
    return Distribution(
        core_dynamic_j=spread(energy),
        least_j=least,
        most_j=most,
        bin_edges_j=edges.tolist(),
        inferences=inferences.tolist(),
        most_expensive=[_sample(run, int(i), "most expensive") for i in order],
    )


def _sample(run: Study, sequence: int, why: str) -> Sample:
    predicted, actual = run.class_of(sequence)
    low, nominal, high = (float(bound) for bound in run.cost.core_dynamic_j[:, sequence])
    scores = run.trace.final_scores[sequence] * 2.0**run.program.readout.exponent
    return Sample(
        sample=sequence,
        why=why,
        predicted=predicted,
        actual=actual,
        scores=scores.tolist(),
        steps=int(run.counts.steps[sequence]),
        spikes=int(run.counts.spikes[sequence]),
        synaptic_operations=int(run.counts.synaptic_operations[sequence]),
        core_dynamic_j=Range(low=low, nominal=nominal, high=high),
    )
