"""Engines that `verify` compares: which they are, what is said of them, what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hardware.errors import InputError

if TYPE_CHECKING:
    from hardware.runs.trace import Trace
    from hardware.runs.verification import Verification
    from spiking_gru.cli.console import Voice
    from spiking_gru.run_folder import RunFolder

TORCH = "torch"
"""The network itself, as one more engine."""


class Asked(NamedTuple):
    """Options of `verify`."""

    source: Path
    engines: Sequence[str]
    data: str | None = None
    out: Path | None = None
    traces_to: Path | None = None
    deadline: float | None = None


def engines_of(given: Sequence[str], source: Path, folder: RunFolder) -> list[str]:
    """Return the engines to compare, the first of them the one that others are compared with."""
    first = TORCH if source.is_dir() and not folder.is_imported else "numpy"
    names = list(given) or [first, "events", "lava"]
    if len(names) == 1 and names != [first]:
        names = [first, *names]
    if TORCH in names and not (folder.path / "model.json").exists():
        raise without_network(source)
    return names


def without_network(source: Path) -> InputError:
    return InputError(
        f"{source} holds no network of torch: give the folder of a run that was trained, or engine "
        f"numpy, the definition"
    )


def say(verification: Verification, voice: Voice, half: str = "") -> None:
    """Say how many values differ, of a pair's half with its name before."""
    before = f"{half}, " if half else ""
    for comparison in verification.comparisons:
        differing = sum(comparison.mismatches.values())
        compared = sum(comparison.compared.values())
        engines = " ↔ ".join(comparison.engines)
        voice.say(f"{before}{engines}: {differing} of {compared:,} values differ")
        for layer, quantities in comparison.by_layer.items():
            parts = ", ".join(f"{number} {name}s" for name, number in quantities.items())
            voice.say(f"  {layer}: {parts}")
        if comparison.first is not None:
            voice.say(f"  first at {comparison.first}")
            voice.say(f"  classes that differ: {comparison.differing_classes}")


def keep(folder: Path, traces: Sequence[Trace]) -> list[Path]:
    """Write each trace to a file, and a picture for each that parts from the first."""
    from hardware.reporting.divergence import draw_divergence
    from hardware.runs.comparison import compare

    written = []
    for trace in traces:
        written.append(folder / f"{trace.engine}.safetensors")
        trace.save(written[-1])
        first = compare(traces[0], trace).first
        if first is not None:
            picture = folder / f"{trace.engine}.svg"
            written.append(draw_divergence(traces[0], trace, first, picture))
    return written
