"""Formulations: the gates of a neuron and how they act. Each is a row of `FORMULATIONS`.

Everything else about a formulation is derived from its row here, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from hardware.errors import SettingError

GATES = ("reset", "update", "forget", "candidate", "output")
"""All gates, in the order in which their rows are stacked."""

MIXING = ("update", "forget")
"""Names of the gate that mixes the old state and the candidate."""

EMISSION, RESET, OUTPUT = "emission", "reset", "output"
"""Recurrent messages: e; r ⊙ e; the emission that h would have before its output gate."""


class Message(NamedTuple):
    """One kind of recurrent message in a step."""

    stream: str
    """EMISSION, RESET or OUTPUT."""

    gates: tuple[str, ...]
    """The gates whose recurrent synapses receive it."""

    tick: int
    """The tick of the step, from 1, in which their products are there."""


@dataclass(frozen=True)
class Formulation:
    """Which gates there are and how they act; `hardware.definition.cell.step` is the equation."""

    gates: tuple[str, ...]
    reset: str | None = None
    """Where r multiplies: `after` the product, r ⊙ (U_c e + d_c), `before` it, U_c (r ⊙ e)."""

    update: str = "keeps"
    """Whether the mixing gate `keeps` the old state or `writes` the candidate."""

    candidate_input: bool = True
    """Whether W_c x is part of the candidate."""

    recurrent: tuple[str, ...] = GATES
    """The gates that receive recurrent messages, the candidate included."""

    def __post_init__(self) -> None:
        for name in ("gates", "recurrent"):
            names = getattr(self, name)
            if not (isinstance(names, tuple) and set(names) <= {*GATES}):
                raise SettingError(
                    f"not a formulation: {name} are {names!r}, expected a tuple of "
                    f"{', '.join(GATES)}"
                )
        # In the order of the gates, and without gates that are not there: equal rows are equal.
        object.__setattr__(self, "recurrent", tuple(g for g in self.gates if g in self.recurrent))
        for fault, found in self._faults().items():
            if found:
                raise SettingError(f"not a formulation: {self}: {fault}")

    def _faults(self) -> dict[str, bool]:
        gates, recurrent = self.gates, self.recurrent_gates
        return {
            f"gates must come once each, in the order {', '.join(GATES)}": gates
            != tuple(gate for gate in GATES if gate in gates),
            f"it needs one mixing gate, {' or '.join(MIXING)}, and a candidate": len(
                {*MIXING} & {*gates}
            )
            != 1
            or "candidate" not in gates,
            "reset must be None, 'after' or 'before'": self.reset not in (None, "after", "before"),
            "a reset gate and a place of the reset go together": ("reset" in gates)
            != (self.reset is not None),
            "update must be 'keeps' or 'writes'": self.update not in ("keeps", "writes"),
            "candidate_input must be True or False": not isinstance(self.candidate_input, bool),
            "a reset needs a candidate that receives recurrent messages": self.reset is not None
            and "candidate" not in recurrent,
            "the candidate must receive the input or recurrent messages": not self.candidate_input
            and "candidate" not in recurrent,
        }

    @cached_property
    def input_gates(self) -> tuple[str, ...]:
        """The gates with input synapses."""
        return tuple(g for g in self.gates if g != "candidate" or self.candidate_input)

    @property
    def recurrent_gates(self) -> tuple[str, ...]:
        """The gates with recurrent synapses."""
        return self.recurrent

    @cached_property
    def mixing(self) -> str:
        """The gate that mixes the old state and the candidate."""
        return next(gate for gate in self.gates if gate in MIXING)

    @property
    def resets_after(self) -> bool:
        """Whether r multiplies the recurrent product and its bias: r ⊙ (U_c e + d_c)."""
        return self.reset == "after"

    @property
    def resets_before(self) -> bool:
        """Whether r multiplies what is sent: U_c (r ⊙ e)."""
        return self.reset == "before"

    @property
    def writes(self) -> bool:
        """Whether the mixing gate is the share of the candidate, not of the old state."""
        return self.update == "writes"

    @property
    def has_output(self) -> bool:
        return "output" in self.gates

    @property
    def output_waits(self) -> bool:
        """Whether the output gate waits for a message of the step, what h would emit."""
        return "output" in self.recurrent_gates

    @property
    def ticks(self) -> int:
        """Ticks of a step: one, and one for each message that waits for a gate of the step."""
        return 1 + self.resets_before + self.output_waits

    @property
    def gate_products(self) -> int:
        """Multiplications inside a neuron: two of the mix, one of each other gate that acts."""
        return 2 + (self.reset is not None) + self.has_output

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The recurrent messages of a step, in the order of their ticks."""
        of_reset = ("candidate",) if self.resets_before else ()
        of_output = ("output",) if self.output_waits else ()
        waiting = of_reset + of_output
        found = (
            Message(EMISSION, tuple(g for g in self.recurrent_gates if g not in waiting), 1),
            Message(RESET, of_reset, 2),
            Message(OUTPUT, of_output, self.ticks),
        )
        return tuple(message for message in found if message.gates)


THREE = ("reset", "update", "candidate")

FORMULATIONS = {
    "torch": Formulation(THREE, reset="after"),
    "keep": Formulation(THREE, reset="before"),
    "write": Formulation(THREE, reset="before", update="writes"),
    "output-gated": Formulation(
        (*THREE, "output"), reset="before", update="writes", candidate_input=False
    ),
    "forget": Formulation(("forget", "candidate")),
    "minimal": Formulation(("update", "candidate"), recurrent=()),
}
