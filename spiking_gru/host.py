"""How long ordinary GRUs take on this machine, to compare with a chip's time."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import nn

from hardware.errors import InputError

WITHIN_S, FEWEST_ROUNDS = 0.5, 3
"""Seconds of all rounds of one network, and the fewest rounds."""

Runs = Mapping[str, Callable[[], object]]


def time_gru(
    channels: int, widths: Sequence[int], frames: int, *, bidirectional: bool = False
) -> list[float]:
    """Return the seconds of one sequence through a float32 `torch.nn.GRU`, round after round.

    There is a layer of every width. It is one thread's time. A first round is not counted, and what
    the sequence and the weights hold makes no difference.
    """
    run = torch_gru(channels, widths, frames, bidirectional=bidirectional)
    return time_together({"torch": run})["torch"]


def time_together(runs: Runs) -> dict[str, list[float]]:
    """Return the seconds of each run, round after round: each once, then each again.

    They use one thread of torch. A first round is not counted.
    """
    found: dict[str, list[float]] = {name: [] for name in runs}
    with _one_thread(), torch.inference_mode():
        for run in runs.values():
            run()
        end = time.perf_counter() + WITHIN_S * len(runs)
        rounds = 0
        while rounds < FEWEST_ROUNDS or time.perf_counter() < end:
            for name, run in runs.items():
                start = time.perf_counter()
                run()
                found[name].append(time.perf_counter() - start)
            rounds += 1
    return found


def torch_gru(
    channels: int, widths: Sequence[int], frames: int, *, bidirectional: bool = False
) -> Callable[[], object]:
    """Return a run of one sequence through a float32 `torch.nn.GRU` of every width."""
    if not widths or min(channels, frames, *widths) < 1:
        raise InputError(
            f"a GRU of {channels} channels and widths {list(widths)} over {frames} frames: "
            f"expected at least one of each"
        )
    with torch.random.fork_rng(devices=[]):
        layers, width = [], channels
        for neurons in widths:
            layers.append(nn.GRU(width, neurons, bidirectional=bidirectional))
            width = neurons * (2 if bidirectional else 1)
        sequence = torch.randn(frames, 1, channels)

    def run() -> object:
        values = sequence
        for layer in layers:
            values, _ = layer(values)
        return values

    return run


def has_onnx() -> bool:
    """Return whether ONNX Runtime can run a network here."""
    return all(find_spec(name) for name in ("onnx", "onnxruntime"))


def onnx_gru(
    channels: int, widths: Sequence[int], frames: int, *, bidirectional: bool = False
) -> Callable[[], object]:
    """Return a run of one sequence through the same layers in ONNX Runtime, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        _onnx_model(channels, widths, bidirectional), options, providers=["CPUExecutionProvider"]
    )
    sequence = np.random.default_rng(0).normal(size=(frames, 1, channels)).astype(np.float32)
    return lambda: session.run(None, {"x": sequence})


def _onnx_model(channels: int, widths: Sequence[int], bidirectional: bool) -> bytes:
    """Return a chain of GRU layers; between them directions are put next to each other."""
    from onnx import TensorProto, helper, numpy_helper

    rng, ways = np.random.default_rng(0), 2 if bidirectional else 1
    nodes, weights, seen, name = [], [], channels, "x"
    shape = numpy_helper.from_array(np.array([0, 1, -1]), "shape")
    for i, neurons in enumerate(widths):
        for matrix, columns in (("W", seen), ("R", neurons)):
            values = rng.normal(size=(ways, 3 * neurons, columns)).astype(np.float32)
            weights.append(numpy_helper.from_array(values, f"{matrix}{i}"))
        nodes += [
            helper.make_node(
                "GRU",
                [name, f"W{i}", f"R{i}"],
                [f"y{i}"],
                hidden_size=neurons,
                direction="bidirectional" if bidirectional else "forward",
                linear_before_reset=1,
            ),
            helper.make_node("Transpose", [f"y{i}"], [f"t{i}"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", [f"t{i}", "shape"], [f"x{i}"]),
        ]
        name, seen = f"x{i}", ways * neurons
    graph = helper.make_graph(
        nodes,
        "gru",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1, channels])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)],
        [*weights, shape],
    )
    opsets = [helper.make_opsetid("", 14)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class Load:
    """The share of the machine's cores that other processes use, from its making on."""

    def __init__(self) -> None:
        self._before = _seconds_at_work()

    @property
    def of_others(self) -> float | None:
        """None where the system does not tell; this process and its threads are left out."""
        now = _seconds_at_work()
        if now is None or self._before is None:
            return None
        machine, own, passed = (a - b for a, b in zip(now, self._before, strict=True))
        return min(1.0, max(0.0, (machine - own) / max(passed, 1e-9) / (os.cpu_count() or 1)))


STAT = Path("/proc/stat")
AT_WORK = (0, 1, 2, 5, 6, 7)
"""Columns of the first line of STAT: user, nice, system, interrupts and a guest's stolen time."""


def _seconds_at_work() -> tuple[float, float, float] | None:
    """Return the seconds that all cores have worked, those of this process, and the time."""
    try:
        name, *ticks = STAT.read_text("ascii").splitlines()[0].split()
        worked = sum(int(ticks[column]) for column in AT_WORK) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None
    return (worked, time.process_time(), time.monotonic()) if name == "cpu" else None


def processor() -> str:
    """Return the processor's model as Linux names it, or its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
