"""Times on this machine that a report shows: of ordinary GRUs, and of the program itself."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.cost.dense_gru import Measured
    from hardware.reporting import Study


def on_this_host(run: Study) -> list[Measured]:
    """Time the program's layers as ordinary GRUs, and the program, over one median sequence.

    Rounds of all are interleaved, each on one thread. Empty where torch is not installed.
    """
    if not find_spec("torch"):
        return []
    from hardware.cost.dense_gru import Measured
    from spiking_gru.host import Load, has_onnx, onnx_gru, processor, time_together, torch_gru

    program = run.program
    sequence = _median_sequence(run)
    frames = int(run.trace.lengths[sequence]) // program.encoder.steps
    shape = program.encoder.channels, [level[0].neurons for level in program.levels], frames
    both = program.bidirectional
    runs: dict[str, Callable[[], object]] = {"torch": torch_gru(*shape, bidirectional=both)}
    if has_onnx():
        runs["onnxruntime"] = onnx_gru(*shape, bidirectional=both)
    runs["events"] = _events(run, sequence)
    load = Load()
    times = time_together(runs)
    busy = load.of_others
    return [
        Measured(
            network=TITLES[name],
            machine=processor(),
            software=f"{PACKAGES[name]} {version(PACKAGES[name])}",
            threads=1,
            batch=1,
            frames=frames,
            rounds=len(seconds),
            least_s=min(seconds),
            median_s=median(seconds),
            load=busy,
        )
        for name, seconds in times.items()
    ]


TITLES = {
    "torch": "torch.nn.GRU",
    "onnxruntime": "ONNX Runtime's GRU",
    "events": "the program, events engine",
}
PACKAGES = {"torch": "torch", "onnxruntime": "onnxruntime", "events": "spiking-gru"}


def _median_sequence(run: Study) -> int:
    import numpy as np

    lengths = run.trace.lengths
    return int(np.argsort(lengths, kind="stable")[(len(lengths) - 1) // 2])


def _events(run: Study, sequence: int) -> Callable[[], object]:
    """Return a run of the program's own steps of a sequence, recorded as `run` records them."""
    import numpy as np

    from hardware.engines.event_driven.engine import execute

    start, steps = int(run.trace.starts[sequence]), int(run.trace.lengths[sequence])
    events, lengths = run.trace.events[start : start + steps], np.array([steps])
    return lambda: execute(run.program, events, lengths, threads=1)
