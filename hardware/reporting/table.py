"""The report in the terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hardware.reporting.compare import Compared
from hardware.reporting.device_table import (
    devices_table,
    errors_of_model,
    measured_text,
    titled,
    use_lines,
)
from hardware.reporting.front_end import front_end_text
from hardware.reporting.heads import each
from hardware.reporting.markup import SHOWN
from hardware.reporting.metrics import METRICS
from hardware.reporting.schema import (
    ChipFigures,
    ClampedInputs,
    DeviceFigures,
    NetworkFigures,
    Networks,
    Range,
    Report,
    UseFigures,
    Verified,
)
from hardware.reporting.units import emitted, joules, percent, sent, span, whole

COSTS = (
    ("energy_j", "core_dynamic", "core, dynamic"),
    ("energy_j", "core_static", "static, cores in use"),
    ("energy_j", "chip_static", "static, whole chip"),
    ("energy_j", "host", "host and I/O"),
    ("latency_s", "core", "time on the cores"),
    ("latency_s", "host", "time for the host"),
)
"""Fields of `ChipFigures`, each with its title."""

COUNTS = {
    "synaptic_operations": "synaptic operations",
    "neuron_updates": "neuron updates",
}


def print_report(report: Report, console: Console) -> None:
    """Metrics, verification, counts and energy."""
    for of_head in each(report):
        console.print(_metrics(of_head))
    print_verification(report.verification, report.emits, console)
    if report.clamped_inputs is not None:
        console.print(_clamped(report.clamped_inputs), highlight=False, markup=False)
    if report.front_end is not None:
        console.print(front_end_text(report.front_end), highlight=False, markup=False)
    if any(network.has_size for network in report.networks[:-1]):
        console.print(networks_table(report))
        console.print(about_networks(report), style="dim")
    console.print(_counts(report))
    console.print(_energy(report))
    charged = report.chips[report.charged]
    errors = errors_of_model(charged, report.cost_model)
    console.print(errors, style="dim", highlight=False, markup=False)
    print_notes(report.chips.values(), console)
    print_devices(report.devices, report.use, charged, console)
    console.print(measured_text(report.measured), style="dim", highlight=False, markup=False)
    console.print(report.conclusion, highlight=False, markup=False)


def print_verification(found: Verified | None, emits: str, console: Console) -> None:
    """Print how many values differ between engines, where they were compared."""
    if found is None:
        return
    console.print(
        f"Differing values between {escape(', '.join(found.engines))}: "
        f"[bold]{whole(found.mismatches)}[/] ({whole(found.spikes_compared)} "
        f"{emitted(emits)} compared, with their membranes and scores)",
        highlight=False,
    )


def print_devices(
    devices: Sequence[DeviceFigures], use: UseFigures, chip: ChipFigures, console: Console
) -> None:
    """Print the devices, and what the use asks of the charged chip."""
    console.print(devices_table(devices))
    for line in use_lines(use, chip):
        console.print(line, highlight=False, markup=False)


def print_notes(chips: Iterable[ChipFigures], console: Console) -> None:
    """Print what the marks next to the figures of chips mean."""
    for chip in chips:
        for other in sorted(set(chip.inherited.values())):
            console.print(
                f"* figures inherited from {escape(other)}: none is public for {escape(chip.name)}",
                style="dim",
            )
        if chip.note:
            console.print(f"† {escape(chip.note)}", style="dim")


def _clamped(found: ClampedInputs) -> str:
    text = (
        f"Clamped inputs: {percent(found.share)}; of channel {found.channel}, which has the most, "
        f"{percent(found.largest_share)}"
    )
    return text if found.warning is None else f"{text}\nWarning: {found.warning}"


def print_comparison(compared: Compared, console: Console) -> None:
    """Both runs next to each other, and the ratio of the second to the first."""
    table = titled(
        f"{escape(compared.dataset)} on {escape(compared.chip)}{'†' if compared.note else ''}: "
        "nominal (low – high)",
        "",
        escape(compared.a.name),
        escape(compared.b.name),
        "ratio",
    )
    for row in compared.figures.values():
        mark = "*" if row.scope in compared.a.inherited else ""
        ratio = "–" if row.ratio is None else SHOWN["ratio"](row.ratio)
        table.add_row(row.title + mark, *(_side(side, row.unit) for side in (row.a, row.b)), ratio)
    console.print(table)
    for other in sorted(set(compared.a.inherited.values())):
        console.print(
            f"* figures inherited from {escape(other)}: none is public for {escape(compared.chip)}",
            style="dim",
        )
    if compared.note:
        console.print(f"† {escape(compared.note)}", style="dim")


def _side(figure: Range | float | None, unit: str) -> str:
    if isinstance(figure, Range):
        return span(figure.nominal, figure.low, figure.high, unit)
    return as_text(figure, unit)


def _metrics(report: Report) -> Table:
    """Every metric of the task that is known of a network, a row for each network."""
    shown = report.known_metrics
    table = titled(
        f"{escape(_about(report))}: {METRICS[report.headline].measure} on {_tested(report)}",
        "network",
        *(METRICS[name].title for name in shown),
    )
    for network in report.networks:
        row = [as_text(network.metrics[name], METRICS[name].unit) for name in shown]
        if network is report.deployed:
            table.add_row(f"{_title(network)} ({escape(report.engine)} engine)", *row)
        elif set(row) != {"–"}:
            table.add_row(_title(network), *row)
    if report.accuracy_interval is not None:
        low, high = report.accuracy_interval
        table.add_row("  95 % interval", f"{percent(low)} – {percent(high)}")
    return table


def _about(report: Report) -> str:
    """The name of the data, and of the head whose metrics follow."""
    return f"{report.dataset.name}, {report.head}" if report.head else report.dataset.name


def networks_table(report: Networks) -> Table:
    """The size of each network, and what an inference of it does."""
    table = titled(
        "Size, and operations and energy per inference",
        "network",
        "hidden",
        "parameters",
        "operations",
        "energy",
    )
    for network in report.networks:
        if not network.has_size:
            continue
        table.add_row(
            _title(network),
            as_text(network.hidden, "count"),
            as_text(network.parameters, "count"),
            as_text(network.operations, "count"),
            *[joules(energy) for energy in list(network.energy_j.values())[:1]] or ["–"],
        )
    return table


def about_networks(report: Networks) -> str:
    """How operations and energy of the rows were counted."""
    formats = next((list(n.energy_j) for n in report.networks if n.dense and n.energy_j), [])
    dense = f"dense networks: multiply-accumulates, {formats[0]} with memory; " if formats else ""
    return f"{dense}program: synaptic operations, core dynamic energy"


def _title(network: NetworkFigures) -> str:
    return escape(network.title)


def _tested(report: Report) -> str:
    samples, targets = f"{report.dataset.test_samples} test samples", report.targets
    if targets is None or not (targets.per_frame or targets.missing):
        return samples
    missing = f", {whole(targets.missing)} missing" if targets.missing else ""
    return f"{whole(targets.known)} targets{missing}, of {samples}"


def as_text(value: float | None, unit: str) -> str:
    """Return a figure as text; a dash where it is not known."""
    return "–" if value is None else SHOWN[unit](value)


def _counts(report: Report) -> Table:
    table = titled("Per inference", "count", "mean", "median", "95th percentile")
    for field, title in {"spikes": sent(report.emits), **COUNTS}.items():
        spread = getattr(report.per_inference, field)
        table.add_row(title, whole(spread.mean), whole(spread.median), whole(spread.p95))
    return table


def _energy(report: Report) -> Table:
    table = titled(
        "Energy and time per inference: nominal (low – high)",
        "",
        *(chip_title(chip) for chip in report.chips.values()),
    )
    for kind, scope, title in COSTS:
        table.add_row(title, *(cost_of(chip, kind, scope) for chip in report.chips.values()))
    return table


def chip_title(chip: ChipFigures) -> str:
    marks = "†" if chip.note else ""
    return f"{escape(chip.name)}{marks} ({chip.cores} core{'s' if chip.cores > 1 else ''})"


def inherited_name(kind: str, scope: str) -> str:
    """Return the name of a scope's energy or time in `ChipFigures.inherited`."""
    return scope if kind == "energy_j" else f"{scope}_time"


def cost_of(chip: ChipFigures, kind: str, scope: str) -> str:
    """Return a figure of a chip with its range, and a mark where another chip's is taken."""
    figures = getattr(getattr(chip, kind), scope)
    mark = "*" if inherited_name(kind, scope) in chip.inherited else ""
    unit = "J" if kind == "energy_j" else "s"
    return span(figures.nominal, figures.low, figures.high, unit) + mark
