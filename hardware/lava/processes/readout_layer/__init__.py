"""The readout as one Lava process: scores that build up where the messages arrive.

::

    s_in ─► Dense V ─► ScoreAccumulator ─► score_out      the structural model

The fused model computes the same in one process, for one sample or a batch of them.
"""

from pathlib import Path

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.model.sub.model import AbstractSubProcessModel
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from hardware.definition.readout import Readout
from hardware.errors import SettingError
from hardware.lava.processes.model import Process, TickModel
from hardware.lava.processes.spiking_gru_layer import dense
from hardware.lava.scores import Scores
from hardware.lava.synapses import Synapses


class ScoreAccumulator(Process):
    """The readout's step for every message on its current, from zero in every sequence.

    With a folder, scores are written to the shared arrays there.
    """

    def __init__(
        self,
        *,
        readout: Readout,
        input_changes: bool = False,
        clocked: bool = False,
        folder: str | None = None,
        name: str = "scores",
    ) -> None:
        super().__init__(
            readout=readout, input_changes=input_changes, clocked=clocked, folder=folder, name=name
        )
        shape = readout.bias.shape
        self.current = InPort(shape=shape)
        self.clock_in = InPort(shape=(1,))
        self.score_out = OutPort(shape=shape)
        self.clock_out = OutPort(shape=(1,))
        self.score = Var(shape=shape, init=np.zeros(shape, dtype=np.int64))


class ReadoutLayer(Process):
    """The readout of a program: messages in on `s_in`, scores out on `score_out`.

    Parameters
    ----------
    readout : hardware.definition.readout.Readout
    graded_input, input_changes, clocked, batch : as in SpikingGRULayer
    folder : str, optional
        Write to the shared arrays there the scores at each sequence's end, or of every step where
        the readout answers at every step.
    """

    def __init__(
        self,
        *,
        readout: Readout,
        graded_input: bool = True,
        input_changes: bool = False,
        clocked: bool = False,
        batch: int | None = None,
        folder: Path | None = None,
        name: str = "readout",
    ) -> None:
        super().__init__(
            readout=readout,
            graded_input=graded_input,
            input_changes=input_changes,
            clocked=clocked,
            batch=batch,
            folder=None if folder is None else str(folder),
            name=name,
        )
        lead = () if batch is None else (batch,)
        outputs, inputs = readout.weights.shape
        self.s_in = InPort(shape=(*lead, inputs))
        self.clock_in = InPort(shape=lead or (1,))
        self.score_out = OutPort(shape=(*lead, outputs))
        self.clock_out = OutPort(shape=lead or (1,))
        self.weights = Var(shape=readout.weights.shape, init=readout.weights)
        self.score = Var(shape=(*lead, outputs), init=0)


@implements(proc=ReadoutLayer, protocol=LoihiProtocol)
@tag("fixed_pt")
class StructuralReadoutLayer(AbstractSubProcessModel):
    """A matrix of synapses, and the neurons that accumulate."""

    def __init__(self, proc):
        parameters = proc.proc_params
        if parameters["batch"] is not None:
            raise SettingError(
                f"{proc.name}: batch is {parameters['batch']}, but synapses of Lava's own take one "
                f"sample at a time: use the fused model, or no batch"
            )
        self.V = dense(
            parameters["readout"].weights, f"{proc.name}.V", graded=parameters["graded_input"]
        )
        self.scores = ScoreAccumulator(
            readout=parameters["readout"],
            input_changes=parameters["input_changes"],
            clocked=parameters["clocked"],
            folder=parameters["folder"],
            name=f"{proc.name}.scores",
        )
        proc.in_ports.s_in.connect(self.V.in_ports.s_in)
        proc.in_ports.clock_in.connect(self.scores.in_ports.clock_in)
        self.V.out_ports.a_out.connect(self.scores.in_ports.current)
        self.scores.out_ports.score_out.connect(proc.out_ports.score_out)
        self.scores.out_ports.clock_out.connect(proc.out_ports.clock_out)
        proc.vars.weights.alias(self.V.vars.weights)
        proc.vars.score.alias(self.scores.vars.score)


def scores(parameters, lanes, width):
    """The scores of a process with these parameters."""
    return Scores(
        parameters["readout"],
        np.zeros((lanes, width), dtype=np.int64),
        clocked=parameters["clocked"],
        input_changes=parameters["input_changes"],
        folder=parameters["folder"],
    )


@implements(proc=ScoreAccumulator, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyScoreAccumulator(TickModel):
    """The synapses have done the product already."""

    current: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=24)
    clock_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=3)
    score_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    clock_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=3)
    score: np.ndarray = LavaPyType(np.ndarray, np.int64)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.scores = scores(proc_params, lanes=1, width=proc_params["readout"].outputs)

    def tick(self):
        score = self.score.reshape(1, -1)
        self.scores.arrived[0] += self.current.recv()
        done = self.scores.step(score, lambda product: product)
        self.score_out.send(self.score.astype(np.int32))
        self.clock_out.send(done.astype(np.int32))
        self.scores.receive(score, self.clock_in.recv())


@implements(proc=ReadoutLayer, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class FusedReadoutLayer(TickModel):
    """The whole readout in one process; a lane for each sample of a batch."""

    s_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=16)
    clock_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32, precision=3)
    score_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)
    clock_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=3)
    weights: np.ndarray = LavaPyType(np.ndarray, np.int64)
    score: np.ndarray = LavaPyType(np.ndarray, np.int64)

    def __init__(self, proc_params):
        super().__init__(proc_params)
        self.lanes = proc_params["batch"] or 1
        self.scores = scores(proc_params, self.lanes, proc_params["readout"].weights.shape[1])
        self.V = None

    def on_var_update(self):
        """Take up weights that were set."""
        self.V = Synapses(self.weights)

    def tick(self):
        if self.V is None:
            self.on_var_update()
        score = self.score.reshape(self.lanes, -1)
        done = self.scores.step(score, self.V)
        self.score_out.send(self.score.astype(np.int32))
        self.clock_out.send(done.astype(np.int32))
        self.scores.receive(score, self.clock_in.recv())
        message = self.s_in.recv().reshape(self.lanes, -1)
        self.scores.arrived += message if self.proc_params["graded_input"] else message.astype(bool)
