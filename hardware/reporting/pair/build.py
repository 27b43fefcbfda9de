"""From a study of a translation to its report, and to that of each half."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hardware.cost.dense_gru import DenseWork, Measured, dense_gru
from hardware.program.pair import HALVES
from hardware.reporting.build import (
    chip_figures,
    counted,
    make_report,
    versions,
)
from hardware.reporting.curves import History, curves_of
from hardware.reporting.demand import NO_DEMAND, Demand
from hardware.reporting.devices import Use, devices_of, used
from hardware.reporting.metrics import wilson
from hardware.reporting.networks import TrainedNetwork
from hardware.reporting.pair.networks import networks_of_pair
from hardware.reporting.pair.schema import PAIR_SCHEMA, PairReport, PartFigures, TextFigures
from hardware.reporting.pair.study import PairStudy
from hardware.reporting.rivals import mean_range, rival_figures
from hardware.reporting.schema import DatasetPart, Report, Verified
from hardware.reporting.verdict import verdict

SHOWN_WRONG, SHOWN_RIGHT = 10, 5
"""Texts on the page, at most."""

Verifications = Mapping[str, Mapping[str, Any]]
"""The content of the verification of each half, by its name."""


def half_reports(
    run: PairStudy,
    *,
    dataset: str,
    fingerprint: str | None = None,
    verification: Verifications | None = None,
    measured: Mapping[str, Sequence[Measured]] | None = None,
    demand: Demand = NO_DEMAND,
) -> dict[str, Report]:
    """Return the report of each half by its name."""
    return {
        half: make_report(
            study,
            dataset=f"{dataset}, {half}",
            fingerprint=fingerprint,
            verification=(verification or {}).get(half),
            measured=(measured or {}).get(half, ()),
            demand=demand,
        )
        for half, study in run.halves.items()
    }


def make_pair_report(
    run: PairStudy,
    halves: Mapping[str, Report],
    *,
    trained: Mapping[str, TrainedNetwork] | None = None,
    history: History = (),
    best_epochs: Mapping[str, int] | None = None,
    demand: Demand = NO_DEMAND,
) -> PairReport:
    """Return the report of a translation from those of its halves.

    `trained` has pairs of networks to compare with; `history`, `best_epochs` and `demand` are as
    for `make_report`.
    """
    found, read = run.translation, halves[HALVES[0]]
    counts = [study.counts for study in run.halves.values()]
    parts = {
        half: PartFigures(per_inference=report.per_inference, chips=report.chips)
        for half, report in halves.items()
    }
    chips = run.halves[HALVES[0]].chips
    both = PartFigures(
        per_inference=counted(*counts),
        chips={name: chip_figures(chips[name], cost) for name, cost in run.costs.items()},
    )
    dense = rival_figures("dense pair of GRUs", _dense(run), run.digital)
    use = Use(
        chips[run.charged],
        both.chips[run.charged],
        frames=run.frames,
        ticks=float(sum(part.ticks.mean() for part in counts)),
        ticks_of_answer=None,
        multiply_accumulates=dense.multiply_accumulates,
        demand=demand,
    )
    devices = devices_of(use, [dense], [])
    of_use = used(use, devices)
    networks = networks_of_pair(run, trained or {})
    operations = run.costs[run.charged].core_dynamic_by_operation_j
    return PairReport(
        schema_number=PAIR_SCHEMA,
        dataset=DatasetPart(
            name=read.dataset.name.removesuffix(f", {HALVES[0]}"),
            fingerprint=read.dataset.fingerprint,
            test_samples=len(found.texts),
        ),
        networks=networks,
        curves=curves_of(history, best_epochs or {}, networks),
        engine=found.decoder_trace.engine,
        beam=found.beam,
        most=found.most,
        ended=float(np.mean(found.ended)),
        exact_match_interval=None if run.right is None else wilson(run.right.sum(), len(run.right)),
        verification=_verified(halves),
        emits=read.emits,
        chip=read.chip,
        charged=run.charged,
        **parts,
        both=both,
        handed_over=sum(layer.neurons for layer in found.pair.decoder.layers),
        cost_model=run.halves[HALVES[0]].model.name,
        dense_gru=dense,
        devices=devices,
        use=of_use,
        conclusion=verdict(
            devices,
            {name: mean_range(joules) for name, joules in operations.items()},
            of_use,
            both.chips[run.charged],
            run.halves[HALVES[0]].model.name,
        ),
        texts=_texts(run),
        provenance=dict(found.pair.decoder.provenance),
        versions=versions(),
    )


def _verified(halves: Mapping[str, Report]) -> Verified | None:
    """Return the verification of both halves, where both were verified."""
    known = [report.verification for report in halves.values() if report.verification is not None]
    if len(known) < len(halves):
        return None
    return Verified(
        engines=known[0].engines,
        spikes_compared=sum(of_half.spikes_compared for of_half in known),
        mismatches=sum(of_half.mismatches for of_half in known),
    )


def _dense(run: PairStudy) -> DenseWork:
    """Return the work of dense GRUs of the same sizes; the encoder has no readout."""
    read, written = (dense_gru(study.program, study.counts) for study in run.halves.values())
    readout = run.halves[HALVES[0]].program.readout.weights.size
    without = read._replace(
        multiply_accumulates=read.multiply_accumulates - readout,
        weights_read=read.weights_read - readout,
        stored=read.stored - readout,
    )
    return without.then(written)


def _texts(run: PairStudy) -> list[TextFigures]:
    """Return the first texts that are wrong, then the first of the others."""
    found, right = run.translation, run.right
    is_wrong = np.zeros(len(found.texts), dtype=bool) if right is None else ~right
    wrong, others = np.flatnonzero(is_wrong).tolist(), np.flatnonzero(~is_wrong).tolist()
    return [
        TextFigures(
            sample=i,
            source=None if found.sources is None else found.sources[i],
            written=found.texts[i],
            expected=None if run.expected is None else run.expected[i],
            ended=found.ended[i],
            bits=found.bits[i],
        )
        for i in [*wrong[:SHOWN_WRONG], *others[:SHOWN_RIGHT]]
    ]
