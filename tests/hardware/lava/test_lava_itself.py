"""Lava's own processes keep their rules on this Python; ours rely on them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "support" / "lava_ground.py"
NETWORKS = (
    "lif", "dense_graded", "dense_spikes", "dense_of_eight_bits", "two_dense", "sparse", "monitor",
    "virtual_ports",
)  # fmt: skip
STEPS = 8
rng = np.random.default_rng(0)
GRADED = rng.integers(-20, 21, (4, STEPS))
SPIKES = rng.integers(0, 2, (4, STEPS))
WEIGHTS = rng.integers(-128, 128, (3, 4))


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *NETWORKS], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return {name: np.array(values) for name, values in said.items()}


def a_tick_later(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros_like(values[:, :1]), values[:, :-1]], axis=1)


def integrate_and_fire(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """v ← v·(1 − 512/4096) + 64·a + 64, towards zero; a spike, and v ← 0, where v > 64 · 20."""
    v, voltages, spikes = np.zeros(4, dtype=int), [], []
    for t in range(STEPS):
        v = np.sign(v) * (np.abs(v) * (4096 - 512) >> 12) + 64 * a[:, t] + 64
        spikes.append(v > 64 * 20)
        v = np.where(spikes[-1], 0, v)
        voltages.append(v)
    return np.array(voltages).T, np.array(spikes, dtype=int).T


def test_a_lif_integrates_leaks_and_fires(found: dict[str, Any]) -> None:
    _, spikes = integrate_and_fire(GRADED)
    assert spikes.any()
    np.testing.assert_array_equal(found["lif"], spikes)


def test_a_dense_multiplies_a_tick_later(found: dict[str, Any]) -> None:
    np.testing.assert_array_equal(found["dense_graded"], a_tick_later(WEIGHTS @ GRADED))


def test_without_message_bits_a_message_is_a_spike(found: dict[str, Any]) -> None:
    np.testing.assert_array_equal(found["dense_spikes"], a_tick_later(WEIGHTS @ SPIKES))


def test_of_eight_bits_with_a_sign_the_last_is_cut(found: dict[str, Any]) -> None:
    even = WEIGHTS // 2 * 2
    np.testing.assert_array_equal(found["dense_of_eight_bits"], a_tick_later(even @ SPIKES))


def test_each_dense_on_the_way_delays_by_one_tick(found: dict[str, Any]) -> None:
    through = np.eye(4, 3, dtype=int) @ (WEIGHTS @ GRADED)
    np.testing.assert_array_equal(found["two_dense"], a_tick_later(a_tick_later(through)))


def test_a_sparse_is_a_dense(found: dict[str, Any]) -> None:
    np.testing.assert_array_equal(found["sparse"], found["dense_graded"])


def test_a_monitor_sees_vars_and_ports(found: dict[str, Any]) -> None:
    np.testing.assert_array_equal(found["monitor"], integrate_and_fire(GRADED))


def test_virtual_ports_turn_and_flatten(found: dict[str, Any]) -> None:
    turned = GRADED.reshape(2, 2, STEPS).transpose(1, 0, 2).reshape(4, STEPS)
    np.testing.assert_array_equal(found["virtual_ports"], turned)
