"""Numbers as people read them."""

from __future__ import annotations

from hardware.definition.emission import EMISSIONS

PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def prefix_of(value: float) -> tuple[float, str]:
    """The largest prefix that leaves at least one digit before the point, once rounded."""
    for factor, prefix in PREFIXES:
        if value >= 0.9995 * factor:
            return factor, prefix
    return PREFIXES[-1]


def digits(scaled: float) -> str:
    """Three significant digits below a thousand."""
    places = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    return f"{scaled:.{places}f}"


def with_prefix(value: float, unit: str) -> str:
    """Three significant digits and an SI prefix: 3.88e-06 J is `3.88 µJ`."""
    factor, prefix = prefix_of(value)
    return f"{digits(value / factor)} {prefix}{unit}"


def span(nominal: float, low: float, high: float, unit: str) -> str:
    """A figure and its range in one unit: `3.88 (3.82 – 5.79) µJ`."""
    factor, prefix = prefix_of(nominal)
    shown = digits(nominal / factor)
    return f"{shown} ({digits(low / factor)} – {digits(high / factor)}) {prefix}{unit}"


def joules(value: float) -> str:
    return with_prefix(value, "J")


def tick(value: float) -> str:
    """Joules next to an axis, as short as can be: `10 µJ`."""
    factor, prefix = prefix_of(value)
    return f"{value / factor:.3g} {prefix}J"


def seconds(value: float) -> str:
    return with_prefix(value, "s")


def watts(value: float) -> str:
    return with_prefix(value, "W")


def duration(time_s: float) -> str:
    """Return a long time in its largest unit: `3.20 days`."""
    for unit, length in (("years", 365 * 86_400), ("days", 86_400), ("hours", 3600)):
        if time_s >= length:
            return f"{digits(time_s / length)} {unit}"
    return f"{digits(time_s / 60)} minutes" if time_s >= 60 else seconds(time_s)


def ratio(value: float) -> str:
    """Three digits; of what is small, two."""
    return digits(value) if value >= 0.1 else f"{value:.2g}"


def count_or_rate(value: float) -> str:
    """Three digits, and whole numbers of a thousand and more with their thousands apart."""
    return whole(value) if value >= 999.5 else ratio(value)


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"


def value(number: float) -> str:
    """Four significant digits, in the unit of the target: `-0.01230`."""
    return f"{number:#.4g}".rstrip(".")


def whole(value: float) -> str:
    """A count with its thousands apart."""
    return f"{value:,.0f}"


def sent(emits: str) -> str:
    """The messages of layers, in the plural."""
    row = EMISSIONS[emits]
    if not row.spiking:
        return "values sent"
    return "changes of spikes" if row.by_change else "spikes"


def emitted(emits: str) -> str:
    """The emissions of neurons, sent or not, in the plural."""
    return "spikes" if EMISSIONS[emits].spiking else "values"
