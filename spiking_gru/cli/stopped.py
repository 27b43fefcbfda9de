"""Messages about a training or a search that is stopped, and about one that continues."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.display import number_of
from spiking_gru.cli.console import Voice

if TYPE_CHECKING:
    from spiking_gru.training import Callback

NOUNS = {"train": "training", "search": "search"}
"""Names of the work of a command."""


@contextmanager
def told_when_stopped(command: str, path: Path, is_saved: Callable[[], bool]) -> Iterator[None]:
    """Say on one line how to go on with a command that a signal stops in the block."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as stop:
        if not is_saved():
            raise
        code = stop.code if isinstance(stop, SystemExit) else 128 + signal.SIGINT
        sys.stderr.write(
            f"spiking-gru: interrupted; the {NOUNS[command]} is saved: go on with `spiking-gru "
            f"{command} --out {path} --resume`, or with the same command\n"
        )
        raise SystemExit(code) from None


def of_phases(voice: Voice) -> Callback:
    """Return a callback that says how much of each phase was trained before."""
    from spiking_gru.training import Callback, PhaseReport

    class Phases(Callback):
        def on_phase(self, report: PhaseReport) -> None:
            if report.done is not None:
                voice.say(
                    f"{report.phase}: {report.done} of {number_of(report.epochs, 'epoch')} were "
                    f"trained before"
                )

    return Phases()
