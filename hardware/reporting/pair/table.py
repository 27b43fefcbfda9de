"""The report of a translation in the terminal, within 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hardware.reporting.device_table import errors_of_model, titled
from hardware.reporting.metrics import METRICS
from hardware.reporting.pair.schema import PairReport
from hardware.reporting.table import (
    COSTS,
    COUNTS,
    about_networks,
    as_text,
    chip_title,
    cost_of,
    inherited_name,
    networks_table,
    print_devices,
    print_notes,
    print_verification,
)
from hardware.reporting.units import percent, sent, whole


def print_pair_report(report: PairReport, console: Console) -> None:
    """Metrics, verification, counts and energy of both halves and of their sum."""
    console.print(_metrics(report))
    console.print(
        "exact match: of whole texts; others: of tokens after the right ones", style="dim"
    )
    print_verification(report.verification, report.emits, console)
    if any(network.has_size for network in report.networks[:-1]):
        console.print(networks_table(report))
        console.print(about_networks(report), style="dim")
    console.print(_counts(report))
    console.print(_energy(report))
    charged = report.both.chips[report.charged]
    errors = errors_of_model(charged, report.cost_model)
    console.print(errors, style="dim", highlight=False, markup=False)
    print_notes([charged], console)
    print_devices(report.devices, report.use, charged, console)
    console.print(report.conclusion, highlight=False, markup=False)


def _metrics(report: PairReport) -> Table:
    """Every metric that is known of a network, a row for each network."""
    shown = report.known_metrics
    table = titled(
        f"{escape(report.dataset.name)}: exact match on {report.dataset.test_samples} test samples",
        "network",
        *(METRICS[name].title for name in shown),
    )
    for network in report.networks:
        engine = f" ({escape(report.engine)} engine)" if network is report.deployed else ""
        values = [as_text(network.metrics[name], METRICS[name].unit) for name in shown]
        table.add_row(f"{escape(network.title)}{engine}", *values)
    if report.exact_match_interval is not None:
        low, high = report.exact_match_interval
        table.add_row("  95 % interval", f"{percent(low)} – {percent(high)}")
    return table


def _counts(report: PairReport) -> Table:
    table = titled("Per text, means", "count", *report.parts)
    for field, title in {"steps": "time steps", "spikes": sent(report.emits), **COUNTS}.items():
        spreads = [getattr(part.per_inference, field) for part in report.parts.values()]
        table.add_row(title, *(whole(spread.mean) for spread in spreads))
    return table


def _energy(report: PairReport) -> Table:
    """The nominal cost of each half, and that of both with its range."""
    both = report.both.chips[report.charged]
    table = titled(
        f"Energy and time per text on {chip_title(both)}: nominal (low – high)", "", *report.parts
    )
    for kind, scope, title in COSTS:
        unit = "J" if kind == "energy_j" else "s"
        halves = [part.chips[report.charged] for part in (report.encoder, report.decoder)]
        figures = [getattr(getattr(chip, kind), scope).nominal for chip in halves]
        mark = "*" if inherited_name(kind, scope) in both.inherited else ""
        table.add_row(
            title, *(as_text(value, unit) + mark for value in figures), cost_of(both, kind, scope)
        )
    return table
