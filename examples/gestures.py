"""Write a folder of recordings to learn with: four gestures of eight people, as CSV files.

    python examples/gestures.py FOLDER

Each file has the three axes of an accelerometer on a wrist, 50 rows a second, in units of gravity.
`index.csv` names the gesture and the person of each file. People differ in strength, tempo and
in how they wear the sensor. The recordings are generated: real ones vary more.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

PEOPLE = ("ann", "ben", "cem", "dia", "eva", "fay", "gus", "hal")
RATE, REPETITIONS = 50, 10
GESTURES = {
    # name: (frequency in Hz, strength on each axis, phase of each axis)
    "circle": (1.2, (1.0, 1.0, 0.1), (0.0, 0.25, 0.0)),
    "shake": (3.0, (1.4, 0.2, 0.1), (0.0, 0.0, 0.0)),
    "wave": (1.6, (1.2, 0.3, 0.3), (0.0, 0.1, 0.2)),
    "nod": (1.4, (0.2, 0.3, 1.2), (0.0, 0.0, 0.1)),
}


def recording(gesture: str, strength: float, tempo: float, tilt: float, rng: np.random.Generator):
    """One to two seconds of a gesture (rows, 3)."""
    hertz, axes, phases = GESTURES[gesture]
    seconds = np.arange(int(rng.integers(RATE, 2 * RATE))) / RATE
    turns = hertz * tempo * rng.uniform(0.9, 1.1) * seconds + rng.uniform()
    moved = strength * np.array(axes) * np.sin(2 * np.pi * (turns[:, None] + phases))
    moved[:, 2] += 1.0  # gravity
    c, s = np.cos(tilt), np.sin(tilt)
    worn = moved @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    return worn + rng.normal(0, 0.25, worn.shape)


def write(folder: Path) -> None:
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    index = ["file,label,group"]
    for person in PEOPLE:
        habits = rng.uniform(0.6, 1.4), rng.uniform(0.8, 1.25), rng.uniform(-0.6, 0.6)
        for gesture in GESTURES:
            for number in range(REPETITIONS):
                name = f"{person}-{gesture}-{number}.csv"
                rows = recording(gesture, *habits, rng)
                np.savetxt(folder / name, rows, "%.4f", ",", header="x,y,z", comments="")
                index.append(f"{name},{gesture},{person}")
    (folder / "index.csv").write_text("\n".join(index) + "\n")
    print(f"{len(index) - 1} recordings of {len(PEOPLE)} people in {folder}")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
