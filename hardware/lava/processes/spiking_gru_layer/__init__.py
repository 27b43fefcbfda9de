"""A spiking GRU layer as one Lava process, with a model of synapses and neurons, and a fused one.

::

    s_in ─► Dense W ─► GatedNeurons ─► s_out              the structural model
                       ▲          │
                       └─ Dense U ◄┘

A layer whose neurons receive no recurrent message has no U. The fused model computes the same in
one process, for one sample or a batch of them. Both answer in the same tick: a step first sees in
tick t + 1 what arrives in tick t, as behind any Lava Dense, and s_out carries the answer in tick
t + n of a formulation whose steps take n ticks.
"""

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.model.sub.model import AbstractSubProcessModel
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.dense.process import Dense
from lava.utils.weightutils import SignMode

from hardware.errors import InputError, SettingError
from hardware.lava.clock import recurrent_matrix
from hardware.lava.processes.frame_source import FrameSource
from hardware.lava.processes.fused_layer import FusedLayer
from hardware.lava.processes.gated_neurons import FeedforwardNeurons, GatedNeurons
from hardware.lava.processes.model import Process, parameter_names
from hardware.lava.scores import FusedReadout
from hardware.lava.shared_arrays import Feed
from hardware.lava.starts import LayerFiles
from hardware.lava.synapses import RecurrentSynapses, recurs_graded
from hardware.program.model import Layer

GRADED_BITS = 16
ALL_WEIGHT_BITS = 9
"""Bits of a weight in Lava's Dense. With mixed signs, 9 keep all 8 bits of int8."""


def dense(weights, name, graded):
    """Return synapses with exactly these weights; the sign mode is named, not left to a guess."""
    return Dense(
        weights=weights.astype(np.int32),
        num_weight_bits=ALL_WEIGHT_BITS,
        sign_mode=SignMode.MIXED,
        num_message_bits=GRADED_BITS if graded else 0,
        name=name,
    )


class SpikingGRULayer(Process):
    """One layer of a program: events in on `s_in`, what its neurons emit out on `s_out`.

    Parameters
    ----------
    layer : hardware.program.model.Layer
        Weights, gate parameters, thresholds and initial membrane, as `convert` gives them.
    graded_input : bool
        Whether `s_in` carries numbers; if not, any message counts as one spike.
    input_changes : bool
        Whether `s_in` carries by how much a value has changed, as of a send-on-delta source.
    clocked : bool
        Whether a step begins only where a message on `clock_in` says so (see hardware.lava.clock),
        which also resets the layer where a sequence begins. If not, step follows step.
    batch : int, optional
        Samples at once: every port gets a first axis of this size. Fused model only.
    feed : hardware.lava.shared_arrays.Feed, optional
        Frames and clock messages of a session; they replace `s_in` and `clock_in`.
    readout : hardware.lava.scores.FusedReadout, optional
        Readout of a session that this process steps, in the ticks in which a ReadoutLayer behind it
        would. Fused model only.

    files : hardware.lava.starts.LayerFiles, optional
        Shared arrays of a session: the states in which sequences start, and the state after a step.
        Without them sequences start as the layer says.

    `s_out` carries emissions, or their changes where the layer's emission sends those: the receiver
    must then add them up, as a SpikingGRULayer with `input_changes` does.
    `membrane_out` carries the membrane in every tick, on the state grid. `state_out` carries it on
    the gate grid where a step ends, which is what a readout of the last membrane sees.
    """

    def __new__(cls, *given: Any, **arguments: Any) -> Any:
        layer = arguments.get("layer")
        for wrong in (*given, *([] if layer is None or isinstance(layer, Layer) else [layer])):
            raise InputError(
                f"the layer is a {type(wrong).__name__}, expected a layer of a program by name: "
                f"SpikingGRULayer(layer=program.layers[0])"
            )
        recurrent = layer is None or layer.cell.row.messages
        return super().__new__(cls if recurrent else FeedforwardGRULayer)

    def __init__(
        self,
        *,
        layer: Layer,
        graded_input: bool = True,
        input_changes: bool = False,
        clocked: bool = False,
        batch: int | None = None,
        feed: Feed | None = None,
        readout: FusedReadout | None = None,
        files: LayerFiles | None = None,
        name: str | None = None,
    ) -> None:
        if batch is not None and batch < 1:
            raise SettingError(f"batch is {batch!r}, expected at least 1, or None for no batch")
        super().__init__(
            layer=layer,
            graded_input=graded_input,
            input_changes=input_changes,
            clocked=clocked,
            batch=batch,
            feed=feed,
            readout=readout,
            files=files,
            name=name or layer.name,
        )
        n, lead = layer.neurons, () if batch is None else (batch,)
        self.s_in = InPort(shape=(*lead, layer.inputs))
        self.clock_in = InPort(shape=lead or (1,))
        self.s_out = OutPort(shape=(*lead, n))
        self.clock_out = OutPort(shape=lead or (1,))
        self.state_out = OutPort(shape=(*lead, n))
        self.membrane_out = OutPort(shape=(*lead, n))
        self.input_weights = Var(shape=layer.input_weights.shape, init=layer.input_weights)
        if layer.cell.row.messages:
            recurrent = recurrent_matrix(layer)
            self.recurrent_weights = Var(shape=recurrent.shape, init=recurrent)
        for parameter in parameter_names(layer):
            values = getattr(layer.gate, parameter)
            setattr(self, parameter, Var(shape=values.shape, init=values))
        self.membrane = Var(
            shape=(*lead, n), init=np.broadcast_to(layer.initial_membrane, (*lead, n)).copy()
        )
        self.emitted = Var(
            shape=(*lead, n), init=np.broadcast_to(layer.initial_emission, (*lead, n)).copy()
        )


class FeedforwardGRULayer(SpikingGRULayer):
    """A layer without recurrent synapses; `SpikingGRULayer(...)` is one if its formulation says so.

    Lava finds a model by the class of its process, and refuses a model with Vars that the process
    lacks. So processes without recurrent Vars are a class of their own.
    """


class StructuralLayer(AbstractSubProcessModel):
    """The layer as the chip would hold it: matrices of synapses, and the neurons between them."""

    def __init__(self, proc):
        layer = proc.proc_params["layer"]
        if proc.proc_params["batch"] is not None:
            raise SettingError(
                f"{proc.name}: batch is {proc.proc_params['batch']}, but synapses of Lava's own "
                f"take one sample at a time: use the fused model, or no batch"
            )
        if proc.proc_params["readout"] is not None:
            raise SettingError(
                f"{proc.name}: only the fused model steps a readout itself: connect a ReadoutLayer "
                f"instead"
            )
        recurrent = bool(layer.cell.row.messages)
        self.W = dense(
            layer.input_weights, f"{proc.name}.W", graded=proc.proc_params["graded_input"]
        )
        self.neurons = (GatedNeurons if recurrent else FeedforwardNeurons)(
            layer=layer,
            input_changes=proc.proc_params["input_changes"],
            clocked=proc.proc_params["clocked"],
            files=proc.proc_params["files"],
            name=f"{proc.name}.neurons",
        )
        proc.in_ports.s_in.connect(self.W.in_ports.s_in)
        if proc.proc_params["feed"] is not None:
            self.frames = FrameSource(
                channels=layer.inputs, feed=proc.proc_params["feed"], name=f"{proc.name}.frames"
            )
            self.frames.out_ports.s_out.connect(self.W.in_ports.s_in)
            self.frames.out_ports.clock_out.connect(self.neurons.in_ports.clock_in)
        self.W.out_ports.a_out.connect(self.neurons.in_ports.input_current)
        if recurrent:
            self.U = dense(
                recurrent_matrix(layer), f"{proc.name}.U", graded=recurs_graded(layer.cell)
            )
            self.neurons.out_ports.recurrent_out.connect(self.U.in_ports.s_in)
            self.U.out_ports.a_out.connect(self.neurons.in_ports.recurrent_current)
            proc.vars.recurrent_weights.alias(self.U.vars.weights)
        proc.in_ports.clock_in.connect(self.neurons.in_ports.clock_in)
        for port in ("s_out", "clock_out", "state_out", "membrane_out"):
            getattr(self.neurons.out_ports, port).connect(getattr(proc.out_ports, port))
        proc.vars.input_weights.alias(self.W.vars.weights)
        for var in (*parameter_names(layer), "membrane", "emitted"):
            getattr(proc.vars, var).alias(getattr(self.neurons.vars, var))


@implements(proc=SpikingGRULayer, protocol=LoihiProtocol)
@tag("fixed_pt")
class StructuralSpikingGRULayer(StructuralLayer):
    """Two matrices of synapses, and the neurons between them."""


@implements(proc=FeedforwardGRULayer, protocol=LoihiProtocol)
@tag("fixed_pt")
class StructuralFeedforwardGRULayer(StructuralLayer):
    """One matrix of synapses, and the neurons behind it."""


@implements(proc=SpikingGRULayer, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class FusedSpikingGRULayer(FusedLayer):
    """The whole layer in one process."""

    recurrent_weights: np.ndarray = LavaPyType(np.ndarray, np.int64)
    recurrent_shift: np.ndarray = LavaPyType(np.ndarray, np.int64)
    recurrent_bias: np.ndarray = LavaPyType(np.ndarray, np.int64)

    def on_var_update(self):
        super().on_var_update()
        self.U = RecurrentSynapses(self.recurrent_weights, self.cell)

    def product(self):
        return self.U.product()


@implements(proc=FeedforwardGRULayer, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class FusedFeedforwardGRULayer(FusedLayer):
    """The whole layer in one process, without recurrent synapses."""
