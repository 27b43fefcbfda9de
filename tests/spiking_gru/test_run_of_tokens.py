"""`spiking-gru run` of a program that takes tokens, and of one that ends sequences early."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from programs import random_program

TOKENS = np.array([[1], [2], [0], [2], [1]], dtype=np.float32)


def test_a_run_of_tokens_says_nothing_of_clamped_inputs(tmp_path: Path, call: Any) -> None:
    random_program(4, channels=1, encoder="tokens").save(tmp_path / "p.sgru")
    labels = np.array(["class 0", "class 1"])
    np.savez(tmp_path / "data.npz", values=TOKENS, lengths=[3, 2], labels=labels)
    words = ("run", tmp_path / "p.sgru", "--data", tmp_path / "data.npz", "--json")
    code, out, err = call(*words, "--out", tmp_path / "t")
    assert code == 0, err
    assert json.loads(out)["clamped_inputs"] is None
    assert "2 sequences, 5 steps in" in err
    assert "clamped" not in err
