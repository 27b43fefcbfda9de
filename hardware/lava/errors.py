"""The error of a Lava session that fails."""

from __future__ import annotations

from hardware.errors import EngineError


class LavaError(EngineError):
    """A session that failed: the process, its phase and step, and its own traceback.

    Steps are ticks of the session, from 1. An unknown field is None.
    """

    def __init__(
        self,
        reason: str,
        phase: str,
        process: str | None = None,
        step: int | None = None,
        trace: str = "",
    ) -> None:
        self.reason, self.phase, self.process = reason, phase, process
        self.step, self.trace = step, trace
        where = f"in phase {phase!r}"
        if process is not None:
            where += f", process {process!r}"
        if step is not None:
            where += f", step {step}"
        super().__init__(f"Lava {reason} ({where})" + (f":\n{trace}" if trace else ""))
