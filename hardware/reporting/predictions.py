"""One row for each frame, where a program answers every frame."""

from __future__ import annotations

import numpy as np

from hardware.reporting.per_inference import Columns, by_output, of_each_head
from hardware.reporting.study import Study
from hardware.runs.answers import answers


def predictions(run: Study) -> Columns | None:
    """Return sample, frame, answer and target of each frame.

    None for a program that answers once for each sequence.
    """
    if not run.program.readout.answers_every_step:
        return None
    frames = run.trace.lengths // run.program.encoder.steps
    first = np.repeat(np.cumsum(frames) - frames, frames)
    columns: Columns = {
        "sample": np.repeat(np.arange(len(frames)), frames).tolist(),
        "frame": (np.arange(len(first)) - first).tolist(),
    }
    return columns | of_each_head(run, _answers_of_frames)


def _answers_of_frames(run: Study) -> Columns:
    """Return the answer and the target of each frame."""
    found = answers(run.answering, run.answered, per_frame=True)
    known = run.targets is not None and len(run.targets) == len(found)
    targets = run.targets if known else None
    if run.names_classes:
        columns: Columns = {"predicted": [run.named(answer) for answer in found]}
        if targets is not None:
            columns["actual"] = [run.named(target) for target in targets]
        return columns
    columns = by_output("value", found)
    return columns if targets is None else columns | by_output("target", targets)
