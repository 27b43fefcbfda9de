"""Lines of the command line about a training that is stopped, or goes on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hardware.display import number_of
from spiking_gru.cli.console import Voice

if TYPE_CHECKING:
    from spiking_gru.run_folder import RunFolder
    from spiking_gru.training import Callback


@contextmanager
def told_when_stopped(folder: RunFolder) -> Iterator[None]:
    """Say on one line how to go on with a training that a signal stops in the block."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as stop:
        if not folder.has_checkpoint:
            raise
        code = stop.code if isinstance(stop, SystemExit) else 128 + signal.SIGINT
        sys.stderr.write(
            f"spiking-gru: interrupted; the training is saved: go on with `spiking-gru train --out "
            f"{folder.path} --resume`, or with the same command\n"
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
