"""Lava's semantics without its processes: every process model in a thread, a queue a channel.

A network runs in milliseconds here, so a test can try hundreds of random ones. Other tests compare
a few with Lava itself.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from hardware.lava import shared_arrays
from hardware.lava.child import PROGRAM
from hardware.lava.compat import import_lava
from hardware.lava.session import LavaSession
from hardware.program.model import Program

import_lava()

from lava.magma.core.model.py.type import LavaPyType  # noqa: E402
from lava.proc.dense.models import PyDenseModelBitAcc  # noqa: E402
from lava.proc.dense.process import Dense  # noqa: E402

from hardware.lava.network import Options, build  # noqa: E402
from hardware.lava.processes import (  # noqa: E402
    frame_source,
    gated_neurons,
    readout_layer,
    recorder,
    sequence_buffer,
    spiking_gru_layer,
)

LEAVES = {
    Dense: PyDenseModelBitAcc,
    frame_source.FrameSource: frame_source.PyFrameSource,
    gated_neurons.FeedforwardNeurons: gated_neurons.PyFeedforwardNeurons,
    gated_neurons.GatedNeurons: gated_neurons.PyGatedNeurons,
    readout_layer.ReadoutLayer: readout_layer.FusedReadoutLayer,
    readout_layer.ScoreAccumulator: readout_layer.PyScoreAccumulator,
    recorder.Recorder: recorder.PyRecorder,
    sequence_buffer.SequenceBuffer: sequence_buffer.PySequenceBuffer,
    spiking_gru_layer.FeedforwardGRULayer: spiking_gru_layer.FusedFeedforwardGRULayer,
    spiking_gru_layer.SpikingGRULayer: spiking_gru_layer.FusedSpikingGRULayer,
}
STRUCTURES = {
    readout_layer.ReadoutLayer: readout_layer.StructuralReadoutLayer,
    spiking_gru_layer.FeedforwardGRULayer: spiking_gru_layer.StructuralFeedforwardGRULayer,
    spiking_gru_layer.SpikingGRULayer: spiking_gru_layer.StructuralSpikingGRULayer,
}
STOP = object()
OPENING = threading.Lock()
open_file = shared_arrays._open


def open_alone(file: Path) -> np.ndarray:
    """NumPy reads a header with `ast`, which several threads cannot use at once on Python 3.11."""
    with OPENING:
        return open_file(file)


shared_arrays._open = open_alone


class Port:
    """Both kinds of port: channels are queues, several that arrive are added up."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape, self.csp_ports = shape, []

    def send(self, values: np.ndarray) -> None:
        assert values.shape == self.shape, f"sends {values.shape}, expected {self.shape}"
        for queue in self.csp_ports:
            queue.put(values.copy())

    def recv(self) -> np.ndarray:
        total = np.zeros(self.shape, dtype=np.int32)
        for queue in self.csp_ports:
            arrived = queue.get()
            if arrived is STOP:
                raise InterruptedError
            total = total + arrived
        return total


def connected(start: Any) -> list[Any]:
    """All processes of the network of one."""
    found, left = [], [start]
    while left:
        process = left.pop()
        if process in found:
            continue
        found.append(process)
        for port in process.out_ports:
            left += [end.process for end in port.get_dst_ports()]
        for port in process.in_ports:
            left += [end.process for end in port.get_src_ports()]
    return found


class Network:
    """The network of a process, ready to run."""

    def __init__(self, start: Any, structural: bool) -> None:
        leaves: list[Any] = []
        for process in connected(start):
            structure = STRUCTURES.get(type(process)) if structural else None
            if structure is None:
                leaves.append(process)
            else:
                process.register_sub_procs(structure(process).find_sub_procs())
                leaves += list(process.procs)
        self.models = {process.name: self._model(process) for process in leaves}
        for process in leaves:
            for port in process.out_ports:
                for end in port.get_dst_ports():
                    if end.process.name in self.models and end.process in leaves:
                        queue: SimpleQueue[Any] = SimpleQueue()
                        getattr(self.models[process.name], port.name).csp_ports.append(queue)
                        getattr(self.models[end.process.name], end.name).csp_ports.append(queue)

    def _model(self, process: Any) -> Any:
        model = LEAVES[type(process)](process.proc_params)
        for var in process.vars:
            values = np.zeros(var.shape, dtype=getattr(type(model), var.name).d_type)
            values[:] = var.init
            setattr(model, var.name, values)
        for port in [*process.in_ports, *process.out_ports]:
            assert isinstance(getattr(type(model), port.name), LavaPyType)
            setattr(model, port.name, Port(port.shape))
        return model

    def run(self, ticks: int) -> None:
        """Run this number of ticks of every process; raise the first error of any."""
        errors: list[BaseException] = []

        def run_model(model: Any) -> None:
            try:
                for _ in range(ticks):
                    model.time_step += 1
                    model.run_spk()
            except BaseException as error:
                errors.append(error)
                self.stop()

        threads = [threading.Thread(target=run_model, args=(m,)) for m in self.models.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        raised = [error for error in errors if not isinstance(error.__cause__, InterruptedError)]
        if raised:
            raise raised[0]

    def run_with(
        self, process: Any, frames: np.ndarray, clock: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """Return the messages of a process in every tick while these frames come to its `s_in`."""
        given = {"s_in": frames}
        if clock is not None:
            given["clock_in"] = clock
        for name, messages in given.items():
            for queue in self._outside(process.in_ports, name, "get_dst_ports"):
                for message in messages:
                    queue.put(message)
        sent = {port.name: self._outside(process.out_ports, port.name, "get_src_ports")
                for port in process.out_ports}  # fmt: skip
        self.run(len(frames))
        return {name: np.array([queues[0].get() for _ in frames]) for name, queues in sent.items()}

    def _outside(self, ports: Any, name: str, ends: str) -> list[SimpleQueue[Any]]:
        """New channels between the outside and a process's port, or those it is made of."""
        port = getattr(ports, name)
        inner = getattr(port, ends)()
        leaves = [end for end in inner if end.process.name in self.models] or [port]
        queues = []
        for end in leaves:
            queue: SimpleQueue[Any] = SimpleQueue()
            getattr(self.models[end.process.name], end.name).csp_ports.append(queue)
            queues.append(queue)
        return queues

    def stop(self) -> None:
        for model in self.models.values():
            for port in vars(model).values():
                for queue in port.csp_ports if isinstance(port, Port) else ():
                    queue.put(STOP)


class ThreadSupervisor:
    """In place of the one that starts a child."""

    def __init__(self, deadline: float) -> None:
        self.folder = Path(tempfile.mkdtemp())

    def ask(self, do: str, deadline: float, **request: Any) -> None:
        getattr(self, do)(**request)

    def open(self, structural: bool, batch: int | None, record: list[str]) -> None:
        program = Program.load(self.folder / PROGRAM)
        options = Options(self.folder, not structural, batch, record)
        self.network = Network(build(program, options), structural)

    def run(self, ticks: int) -> None:
        self.network.run(ticks)

    def stop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    end = stop


class ThreadedSession(LavaSession):
    supervisor_type = ThreadSupervisor  # type: ignore[assignment]
