"""The report as one self-contained HTML page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import jinja2

from hardware.reporting import units
from hardware.reporting.device_table import BOUND_TITLES, errors_of_model, measured_text, use_lines
from hardware.reporting.early_exit import points_in
from hardware.reporting.heads import each
from hardware.reporting.markup import Figures
from hardware.reporting.methods import Method, constants, methods
from hardware.reporting.metrics import METRICS
from hardware.reporting.schema import Report
from hardware.reporting.study import Study

MOST_CLASSES = 30
"""Up to which tables of classes and of outputs are whole."""


def render_page(report: Report, run: Study) -> str:
    """The whole page; it loads nothing from anywhere."""
    from hardware.reporting import charts  # matplotlib is slow to import
    from hardware.reporting.answers_chart import answers, outputs_drawn
    from hardware.reporting.core_map import core_map
    from hardware.reporting.early_exit_chart import early_exit_chart
    from hardware.reporting.error_chart import by_output
    from hardware.reporting.figures import for_both
    from hardware.reporting.training_chart import training

    exits = points_in(report)
    return fill(
        "page.html.j2",
        report.as_json(),
        report=report,
        rasters=[for_both(partial(_raster, run, sample.sample)) for sample in report.samples],
        energy=for_both(partial(charts.energy, report)),
        by_layer=for_both(partial(charts.by_layer, report)),
        metric=for_both(partial(charts.metric, report)),
        answers=for_both(partial(answers, run)),
        outputs_drawn=outputs_drawn(run),
        answers_frames=run.program.readout.answers_every_step,
        training=for_both(partial(training, report)),
        metrics=METRICS,
        early_exit=for_both(partial(early_exit_chart, exits, effort="energy_j")) if exits else "",
        spread=for_both(partial(charts.spread, report)),
        cores=for_both(partial(core_map, run.placements[run.charged])),
        sent=units.sent(report.emits),
        emitted=units.emitted(report.emits),
        mark="*" if "core_dynamic" in report.chips[report.charged].inherited else "",
        measure=measure_of(report),
        items="frames" if report.targets and report.targets.per_frame else "samples",
        each_class=report.by_class is not None and len(report.classes) <= MOST_CLASSES,
        each_output=report.by_output is not None and 1 < len(report.by_output) <= MOST_CLASSES,
        by_output=for_both(partial(by_output, run)),
        matrix=report.confusion is not None and len(report.classes) <= MOST_CLASSES,
        mistakes=mistakes(report),
        methods=methods_of_heads(report),
        constants=constants(run.chips[run.charged]),
        bounds=BOUND_TITLES,
        model=run.model,
        errors=errors_of_model(report.chips[report.charged], report.cost_model),
        use_lines=use_lines(report.use, report.chips[report.charged]),
        measured_text=measured_text(report.measured),
        most_classes=MOST_CLASSES,
        provenance=json.dumps(report.provenance, indent=2, sort_keys=True),
    )


def measure_of(report: Report) -> str:
    """The title of the section with the metrics; of several heads with the name of the first."""
    measure = METRICS[report.headline].measure
    return f"{report.head}: {measure}" if report.head else measure.capitalize()


def methods_of_heads(report: Report) -> list[Method]:
    """The methods of all heads, each once."""
    found: list[Method] = []
    for of_head in each(report):
        found += [method for method in methods(of_head) if method not in found]
    return found


def _raster(run: Study, sequence: int, width: float) -> str:
    from hardware.reporting.raster import raster

    targets = None if run.names_classes else run.targets_of(sequence)
    return raster(run.answering, run.answered, sequence, width, targets=targets)


def fill(template: str, content: Mapping[str, Any], **more: Any) -> str:
    """A template with the figures of `content`, which it shows by their place there."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hardware.reporting", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        joules=units.joules,
        percent=units.percent,
        whole=units.whole,
        ratio=units.ratio,
        pointer=pointer_part,
        unbroken=unbroken,
    )
    return environment.get_template(template).render(figure=Figures(content), **more)


def unbroken(text: str) -> str:
    """No line ends between a figure and its unit."""
    return re.sub(r"(?<=\d) (?=[mµnp]?[Js]\b)", "\u00a0", text)


def pointer_part(name: str) -> str:
    """A field's name as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def mistakes(report: Report, most: int = 10) -> list[tuple[str, str, int]]:
    """The pairs that were taken for each other most often: actual, named, how often."""
    found = [
        (report.classes[actual], report.classes[named], number)
        for actual, row in enumerate(report.confusion or [])
        for named, number in enumerate(row)
        if number and actual != named
    ]
    return sorted(found, key=lambda pair: -pair[2])[:most]
