from __future__ import annotations

import json
import os
import platform
import re
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from reports import LABELS, PROGRAM, SEQUENCES

import hardware
import spiking_gru
from hardware.errors import InputError
from spiking_gru import host
from spiking_gru.host import (
    FEWEST_ROUNDS,
    Load,
    has_onnx,
    onnx_gru,
    processor,
    time_gru,
    time_together,
    torch_gru,
)


def test_a_gru_is_timed_round_after_round() -> None:
    seconds = time_gru(12, (16,), 20)
    assert len(seconds) > FEWEST_ROUNDS
    assert min(seconds) > 0


def test_layers_of_different_widths_in_both_directions_are_timed_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shapes = []
    forward = torch.nn.GRU.forward

    def noted(self: torch.nn.GRU, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        shapes.append((self.input_size, self.hidden_size, self.bidirectional, tuple(frames.shape)))
        assert torch.get_num_threads() == 1
        return forward(self, frames)

    monkeypatch.setattr(torch.nn.GRU, "forward", noted)
    time_gru(3, (5, 4), 7, bidirectional=True)
    assert shapes[:2] == [(3, 5, True, (7, 1, 3)), (10, 4, True, (7, 1, 10))]


def test_a_measurement_leaves_threads_and_random_numbers_as_they_were() -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    time_gru(2, (3,), 2)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("shape", [(0, (3,), 2), (2, (), 2), (2, (3, 0), 2), (2, (3,), 0)])
def test_a_gru_of_nothing_is_refused(shape: tuple[int, tuple[int, ...], int]) -> None:
    with pytest.raises(InputError, match="expected at least one of each"):
        time_gru(*shape)


def test_without_a_name_the_processor_is_its_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pathlib.Path.read_text", lambda *_: "processor : 0\n")
    assert processor() == (platform.processor() or platform.machine())


def test_the_processor_has_a_name_and_the_machine_none() -> None:
    assert processor()
    assert platform.node() not in processor()


def test_the_documentation_measures_and_reports_a_gru(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[2] / "docs" / "report.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?time_gru.*?)^```", text, re.DOTALL | re.MULTILINE)[-1:]
    code = code.split("```python\n")[-1]
    trace = hardware.run(PROGRAM, SEQUENCES)
    monkeypatch.chdir(tmp_path)
    test = SimpleNamespace(targets=LABELS)
    exec(code, {"sg": spiking_gru, "program": PROGRAM, "trace": trace, "test": test})
    found = json.loads((tmp_path / "runs" / "vowels" / "report.json").read_text())["measured"][0]
    assert (found["network"], found["frames"]) == ("torch.nn.GRU", 15)
    assert 0 < found["least_s"] <= found["median_s"]


def test_rounds_of_several_networks_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    runs = {name: partial(order.append, name) for name in ("a", "b")}
    monkeypatch.setattr(host, "WITHIN_S", 0.0)
    found = time_together(runs)
    assert order == ["a", "b"] * (1 + FEWEST_ROUNDS)
    assert {name: len(seconds) for name, seconds in found.items()} == {"a": 3, "b": 3}


@pytest.mark.skipif(not has_onnx(), reason="needs onnx and onnxruntime")
@pytest.mark.parametrize("bidirectional", [False, True])
def test_onnx_runtime_runs_layers_of_the_same_shapes(bidirectional: bool) -> None:
    shape = (3, (5, 4), 7)
    of_torch = torch_gru(*shape, bidirectional=bidirectional)()
    (of_onnx,) = onnx_gru(*shape, bidirectional=bidirectional)()  # type: ignore[misc]
    assert of_onnx.shape == tuple(of_torch.shape)  # type: ignore[attr-defined]
    weights = sum(w.size for w in onnx_weights(*shape[:2], bidirectional))
    layers = [torch.nn.GRU(n, m, bidirectional=bidirectional) for n, m in widths(bidirectional)]
    assert weights == sum(
        w.numel() for g in layers for n, w in g.named_parameters() if "weight" in n
    )


def widths(bidirectional: bool) -> list[tuple[int, int]]:
    """Inputs and neurons of two layers of 5 and 4 neurons behind 3 channels."""
    return [(3, 5), (10 if bidirectional else 5, 4)]


def onnx_weights(channels: int, neurons: tuple[int, ...], bidirectional: bool) -> list[np.ndarray]:
    import onnx

    model = onnx.load_model_from_string(host._onnx_model(channels, neurons, bidirectional))
    found = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    return [array for name, array in found.items() if name != "shape"]


def test_the_load_is_what_other_processes_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stat, ticks = tmp_path / "stat", os.sysconf("SC_CLK_TCK")

    def write(user: float, idle: float) -> None:
        stat.write_text(f"cpu {int(user * ticks)} 0 0 {int(idle * ticks)} 0 0 0 0 0 0\ncpu0 0\n")

    own, now = [5.0], [100.0]
    monkeypatch.setattr(host, "STAT", stat)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("time.process_time", lambda: own[0])
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    write(1000, 50)
    found = Load()
    # In 10 s of 2 cores this process worked for 9 s and others for 5.
    write(1014, 56)
    own[0], now[0] = 14.0, 110.0
    assert found.of_others == pytest.approx(0.25)
    own[0] = 200.0
    assert found.of_others == 0.0
    stat.unlink()
    assert found.of_others is None
    assert Load().of_others is None
    stat.write_text("intr 1\n")
    assert Load().of_others is None


@pytest.mark.skipif(not host.STAT.is_file(), reason="only Linux has it")
def test_the_work_of_this_process_is_no_load_of_others() -> None:
    before, start = Load(), time.process_time()
    while time.process_time() < start + 0.2:
        pass
    assert before.of_others is not None
    assert before.of_others < 1.0
