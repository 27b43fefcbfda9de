"""Which way does a shape move? Raw events of a simulated event camera, decided as they arrive.

    python examples/events.py --seeds 0 1 2

Each of 2,048 channels has the events of one pixel that became brighter, or darker. Training sees
every clip at some other places as well. The program answers after each frame, and a clip ends as
soon as the answer is clear: a curve shows accuracy against synaptic operations.
"""

from dataclasses import replace

import numpy as np
from figures import DEPLOYED, Row, accuracy
from worked import as_command, each_seed, parser

import hardware
import spiking_gru as sg
from hardware.reporting.early_exit_chart import early_exit_figure
from spiking_gru.data import load
from spiking_gru.data.sources.moving_shapes import SIDE

SETTINGS = {
    "hidden": 64,
    "emit": "graded",
    "threshold": 0.1,
    "epochs": 4,
    "quantised_epochs": 4,
    "prune": 0.5,
}
COPIES = 3
"""Other places at which training sees each clip."""

MARGINS = (0.5, 1, 1.5, 2, 3, 4)
"""Leads of the best class, in logits, at which a clip ends."""

MARGIN = 2
"""The margin of the clip whose decisions are printed."""


def moved(part, rng):
    """Return the clips of a part, each at another place of the torus."""
    clips, maps = part.sequences, (2, SIDE, SIDE)
    frames = np.repeat(np.arange(len(clips.edges) - 1), np.diff(clips.edges))
    clip = np.repeat(np.arange(len(clips)), clips.lengths)[frames]
    down, right = rng.integers(SIDE, size=(2, len(clips)))[:, clip]
    polarity, y, x = np.unravel_index(clips.columns, maps)
    columns = np.ravel_multi_index((polarity, y + down, x + right), maps, mode="wrap")
    made = hardware.SparseSequences.from_events(
        frames, columns, clips.values, lengths=clips.lengths, channels=clips.channels
    )
    return replace(part, sequences=made)


def with_moved(data, copies, seed):
    """Return a data set whose training part has some copies of each clip at other places."""
    rng = np.random.default_rng(seed)
    training = [data.training, *(moved(data.training, rng) for _ in range(copies))]
    parts = [*(("train", part) for part in training)]
    parts += [("validation", data.validation), ("test", data.test)]
    return sg.Dataset.from_lists(
        hardware.SparseSequences.joined([part.sequences for _, part in parts]),
        np.concatenate([part.labels for _, part in parts]),
        parts=[name for name, part in parts for _ in range(len(part))],
        classes=data.classes,
        name=data.name,
        licence=data.licence,
    )


def decisions(program, clip):
    """Yield the decision after each frame and its lead, until the lead is `MARGIN`."""
    with hardware.Session(program) as session:
        for frame in clip.frames():
            session.step(frame)
            second, best = np.sort(session.values)[-2:]
            yield program.classes[session.values.argmax()], best - second
            if best - second >= MARGIN:
                return


def tables(job):
    data = with_moved(load("moving-shapes", job.seed), COPIES, job.seed)
    of_clips = job.run("moving-shapes", data, SETTINGS, {"accuracy": accuracy})
    folder = job.folder / "moving-shapes"
    program = hardware.Program.load(folder / "program.sgru")
    trace = hardware.Trace.load(folder / "trace.safetensors")
    part = data.validation if job.validate else data.test
    points = hardware.early_exit_curve(program, trace, part.labels, MARGINS)
    early_exit_figure(points).savefig(folder / "early-exit.png", dpi=150)
    print(f"a clip that moves {program.classes[part.labels[0]]}: frame, decision, lead")
    for frame, (decision, lead) in enumerate(decisions(program, part.sequences.take([0])), 1):
        print(f"{frame:>2} {decision:<10} {lead:.2f}")
    whole = len(points) - 1
    curve = {
        DEPLOYED if i == whole else f"margin {point.margin:g}": Row(
            "whole clips" if i == whole else f"margin {point.margin:g}",
            False,
            {
                "accuracy": point.accuracy,
                "frames": point.frames,
                "operations": point.operations,
                "energy": point.energy_j,
            },
        )
        for i, point in enumerate(points)
    }
    return {"moving-shapes": of_clips, "moving-shapes, early exit": curve}


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/events"))
