"""What every process and process model of ours has in common."""

from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.process.process import AbstractProcess

from hardware.definition.cell import GateParameters


class Process(AbstractProcess):
    """A process of ours; one whose arguments were refused goes without a further word."""

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

    def gate_parameters(self):
        """The integers of gated neurons, from the Vars that hold them."""
        return GateParameters(
            self.input_shift,
            self.recurrent_shift,
            self.bias,
            self.recurrent_bias,
            self.threshold,
        )
