"""Single inferences: which to show, the most expensive ones, and how all are spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.reporting.schema import Distribution, Range, Sample, Spread
from hardware.reporting.study import Study, known

MOST_EXPENSIVE = 5
BINS = 24


def spread(values: NDArray[np.int64] | NDArray[np.float64]) -> Spread:
    return Spread(
        mean=float(values.mean()),
        median=float(np.median(values)),
        p95=float(np.percentile(values, 95)),
    )


def shown_samples(run: Study) -> list[Sample]:
    """The inference of median energy, the most expensive, and the one with the largest error.

    Of several with the same error it is the most expensive.
    """
    energy = run.cost.core_dynamic_j[1]
    by_energy = np.argsort(energy, kind="stable")
    chosen: dict[int, str] = {int(by_energy[(len(by_energy) - 1) // 2]): "median energy"}
    chosen.setdefault(int(energy.argmax()), "most expensive")
    largest = 0.0 if run.errors is None else np.nan_to_num(run.errors).max()
    if largest > 0:
        wrong = np.flatnonzero(run.errors == largest)
        worst = int(wrong[energy[wrong].argmax()])
        before = f"{chosen[worst]}, " if worst in chosen else ""
        chosen[worst] = f"{before}{_why_wrong(run)}"
    return [_sample(run, sequence, why) for sequence, why in chosen.items()]


def _why_wrong(run: Study) -> str:
    if not run.names_classes:
        return "largest error"
    return "most wrong frames" if run.per_frame else "wrong answer"


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
    values, targets = run.values_of(sequence)
    low, nominal, high = (float(bound) for bound in run.cost.core_dynamic_j[:, sequence])
    scores = run.trace.final_scores[sequence] * 2.0**run.program.readout.exponent
    return Sample(
        sample=sequence,
        why=why,
        predicted=predicted,
        actual=actual,
        values=values,
        targets=targets,
        error=None if run.errors is None else known(float(run.errors[sequence])),
        scores=scores.tolist(),
        steps=int(run.counts.steps[sequence]),
        spikes=int(run.counts.spikes[sequence]),
        synaptic_operations=int(run.counts.synaptic_operations[sequence]),
        core_dynamic_j=Range(low=low, nominal=nominal, high=high),
    )
