"""Train on a folder of recordings that is larger than the memory which training takes.

    python benchmarks/larger_than_memory.py [GIB] [PLACE]

Writes a folder of NPZ recordings of about GIB gibibytes (3 unless told otherwise) below PLACE,
trains one short epoch in a process of its own, and prints the time and the peak memory of it.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CHANNELS = 250
LENGTHS = (500, 1500)
"""Frames of the shortest and of the longest recording."""

TRAIN = ("--hidden", "8", "--epochs", "0", "--quantised-epochs", "1", "--baseline", "none")


def write_recordings(place: Path, size: int) -> int:
    """Write recordings with this number of bytes in all; return their number."""
    rng, number, written = np.random.default_rng(0), 0, 0
    while written < size:
        label = number % 2
        frames = rng.standard_normal((rng.integers(*LENGTHS), CHANNELS), dtype=np.float32)
        (place / "ab"[label]).mkdir(parents=True, exist_ok=True)
        np.savez(place / "ab"[label] / f"{number:05}.npz", values=frames + np.float32(label / 4))
        number, written = number + 1, written + frames.nbytes
    return number


def main(size: int, place: str | None) -> None:
    with tempfile.TemporaryDirectory(dir=place) as folder:
        data, run = Path(folder, "data"), Path(folder, "run")
        number = write_recordings(data, size)
        start = time.perf_counter()
        command = ["train", "--data", str(data), "--out", str(run), *TRAIN]
        subprocess.run([sys.executable, "-m", "spiking_gru", *command], check=True)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(
        f"{number} recordings of {size / 2**30:.1f} GiB in all: trained in {seconds:.0f} s, peak "
        f"memory {peak / 2**30:.2f} GiB"
    )


if __name__ == "__main__":
    gibibytes = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    main(round(gibibytes * 2**30), sys.argv[2] if len(sys.argv) > 2 else None)
