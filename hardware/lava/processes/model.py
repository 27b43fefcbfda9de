"""The base of all processes and process models of ours."""

from dataclasses import replace

from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.process.process import AbstractProcess

NEURON_PARAMETERS = ("input_shift", "bias", "threshold")
RECURRENT_PARAMETERS = ("recurrent_shift", "recurrent_bias")
"""Fields of GateParameters that are Vars; the recurrent ones only of layers with such synapses."""


class Process(AbstractProcess):
    """A process of ours. It has a runtime attribute even if its arguments are refused."""

    _runtime = None


class TickError(RuntimeError):
    """An error in a process: (its name, the tick, what was raised)."""

    @property
    def tick(self):
        return self.args[1]

    def __str__(self):
        return "process {!r} failed in tick {}: {}".format(*self.args)


class TickModel(PyLoihiProcessModel):
    """A model whose `tick` is one time step; an error in it says which process and tick it was."""

    def run_spk(self):
        try:
            self.tick()
        except Exception as error:
            name = self.proc_params["name"]
            raise TickError(name, self.time_step, repr(error)) from error

    def tick(self):
        raise NotImplementedError


def parameter_names(layer):
    """Return the fields of GateParameters that a process of this layer has as Vars."""
    return NEURON_PARAMETERS + (RECURRENT_PARAMETERS if layer.cell.row.messages else ())


def gate_parameters(model):
    """Return the integers of gated neurons, from the Vars that hold them."""
    layer = model.layer
    held = {name: getattr(model, name) for name in parameter_names(layer)}
    return replace(layer.gate, **held)
