"""A process that trains is killed by SIGKILL at random moments, many of them within a write."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import killed_training
import pytest
from stopped_training import results_of

from spiking_gru.replacement import settle

KILLS = 10


def started(folder: Path, threads: int) -> subprocess.Popen[str]:
    program = Path(killed_training.__file__)
    search = os.pathsep.join(filter(None, (str(program.parent), *sys.path)))
    return subprocess.Popen(
        [sys.executable, str(program), str(folder), str(threads)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": search, "OMP_NUM_THREADS": str(threads)},
    )


def undisturbed(folder: Path, threads: int) -> float:
    """Train without a kill; return the seconds that it took."""
    with started(folder, threads) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        start = time.monotonic()
        assert process.stdout.readline() == "ended\n"
        return time.monotonic() - start


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("threads", [1, 2])
def test_ten_kills_at_random_moments_leave_the_same_weights(threads: int, tmp_path: Path) -> None:
    takes_s = undisturbed(tmp_path / "whole", threads)
    whole, lives, kills, run = results_of(tmp_path / "whole"), random.Random(threads), 0, 0
    while kills < KILLS:
        run += 1
        folder = tmp_path / f"run-{run}"
        while True:
            with started(folder, threads) as process:
                assert process.stdout is not None
                if process.stdout.readline() == "ended\n":
                    break
                time.sleep(lives.uniform(0, takes_s / 4))
                process.kill()
                kills += process.wait() != 0
            settle(folder)
        assert results_of(folder) == whole
        assert not list(folder.glob(".*"))
    print(f"{threads} threads: {kills} kills in {run} trainings of {takes_s:.1f} s")
