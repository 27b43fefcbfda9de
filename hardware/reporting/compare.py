"""Two reports side by side: the same data, two programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hardware.definition.decision import DECISIONS
from hardware.errors import InputError
from hardware.files.disk import json_text, write_text
from hardware.reporting.heads import each
from hardware.reporting.metrics import METRICS
from hardware.reporting.page import fill
from hardware.reporting.schema import ChipFigures, Range, Report, Strict
from hardware.reporting.units import sent

SCHEMA = 3


class Side(Strict):
    """One of the two runs."""

    name: str
    engine: str
    cores: int
    inherited: dict[str, str]


class Row(Strict):
    """A figure of both runs; `ratio` is that of the nominal figures, the second by the first.

    It is None where the first is 0 or a figure is not known.
    """

    title: str
    unit: str
    scope: str
    """The scope of cost whose inherited figures it rests on; empty for what is counted."""

    a: Range | float | None
    b: Range | float | None
    ratio: float | None


class Compared(Strict):
    schema_number: int
    dataset: str
    test_samples: int
    chip: str
    note: str
    """Meaning of its figures if the programs could not run on this chip."""

    a: Side
    b: Side
    figures: dict[str, Row]

    def as_json(self) -> dict[str, Any]:
        """As `compare.json` holds it."""
        content = self.model_dump(mode="json")
        content["schema"] = content.pop("schema_number")
        return content


def compare_reports(a: Report, b: Report, names: tuple[str, str]) -> Compared:
    """Both reports' figures; an InputError where they are of different data or chips."""
    for title, of_a, of_b in (
        ("kind of answer", _kind(a), _kind(b)),
        ("data set", a.dataset.name, b.dataset.name),
        ("fingerprint of the data set", a.dataset.fingerprint, b.dataset.fingerprint),
        ("number of test samples", a.dataset.test_samples, b.dataset.test_samples),
        ("chip", a.chip, b.chip),
        ("cost model", a.cost_model, b.cost_model),
    ):
        if of_a != of_b:
            raise InputError(
                f"the {title} of {names[0]} is {of_a!r}, that of {names[1]} {of_b!r}: only "
                f"reports of the same data, chip and cost model can be compared"
            )
    return Compared(
        schema_number=SCHEMA,
        dataset=a.dataset.name,
        test_samples=a.dataset.test_samples,
        chip=a.chip,
        note=_charged(a).note,
        a=_side(a, names[0]),
        b=_side(b, names[1]),
        figures={
            name: Row(title=title, unit=unit, scope=scope, a=of_a, b=of_b, ratio=_ratio(of_a, of_b))
            for name, title, unit, scope, of_a, of_b in _figures(a, b)
        },
    )


def write_comparison(compared: Compared, folder: Path) -> list[Path]:
    """`compare.json` and `compare.html`, once both could be made."""
    content = compared.as_json()
    texts = {
        folder / "compare.json": json_text(content),
        folder / "compare.html": fill("compare.html.j2", content, compared=compared),
    }
    for path, text in texts.items():
        write_text(path, text)
    return list(texts)


Figure = Range | float | None


def _figures(a: Report, b: Report) -> Iterator[tuple[str, str, str, str, Figure, Figure]]:
    """Name, title, unit, scope, and both figures."""
    yield from _metrics(a, b)
    messages = dict.fromkeys(sent(side.emits) for side in (a, b))
    for name, title in (
        ("spikes", " or ".join(messages)),
        ("synaptic_operations", "synaptic operations"),
        ("neuron_updates", "neuron updates"),
    ):
        of_a, of_b = (getattr(side.per_inference, name).mean for side in (a, b))
        yield name, title, "count", "", of_a, of_b
    for name, title in (
        ("core_dynamic", "core, dynamic"),
        ("core_static", "static, in use"),
        ("chip_static", "static, chip"),
        ("host", "host and I/O"),
    ):
        yield f"{name}_j", title, "J", name, getattr(a.energy_j, name), getattr(b.energy_j, name)
    for name, title in (("core", "time on the cores"), ("host", "time for the host")):
        of_a, of_b = (getattr(side.latency_s, name) for side in (a, b))
        yield f"{name}_s", title, "s", f"{name}_time", of_a, of_b
    cores_a, cores_b = (float(_charged(side).cores) for side in (a, b))
    yield "cores", "cores in use", "count", "", cores_a, cores_b
    weights_a, weights_b = (float(sum(layer.synapses for layer in side.layers)) for side in (a, b))
    yield "synapses", "synapses", "count", "", weights_a, weights_b


def _metrics(a: Report, b: Report) -> Iterator[tuple[str, str, str, str, Figure, Figure]]:
    """Metrics of the networks; of several heads those of each, with its name before theirs."""
    for of_a, of_b in zip(each(a), each(b), strict=True):
        head = of_a.head if a.heads else None
        before = (f"{head}_", f"{head}: ") if head else ("", "")
        for name, title, unit, scope, *both in _metrics_of(of_a, of_b):
            yield before[0] + name, before[1] + title, unit, scope, both[0], both[1]


def _metrics_of(a: Report, b: Report) -> Iterator[tuple[str, str, str, str, Figure, Figure]]:
    """The first metric of each network, and the others of the deployed program."""
    of_a, of_b = ({network.name: network for network in side.networks} for side in (a, b))
    last = a.deployed.name
    names = [name for name in {**of_a, **of_b} if name != last]
    for metric in a.metrics:
        row = METRICS[metric]
        for name in [*names, last] if metric == a.headline else [last]:
            both = [side[name].metrics[metric] if name in side else None for side in (of_a, of_b)]
            yield f"{metric}_{name}", f"{row.title}, {name}", row.unit, "", both[0], both[1]


def _side(report: Report, name: str) -> Side:
    chip = _charged(report)
    return Side(name=name, engine=report.engine, cores=chip.cores, inherited=chip.inherited)


def _kind(report: Report) -> str:
    if report.heads:
        return ", ".join(f"{r.head}: {_kind(r)}" for r in each(report))
    if not report.classes:
        return "values"
    return "several classes" if DECISIONS[report.decision].several else "classes"


def _charged(report: Report) -> ChipFigures:
    return report.chips[report.charged]


def _ratio(a: Figure, b: Figure) -> float | None:
    of_a, of_b = (value.nominal if isinstance(value, Range) else value for value in (a, b))
    return None if not of_a or of_b is None else of_b / of_a
