"""A program in memory: the manifest and the tensors, one object for each part."""

from typing import Any, NamedTuple

Row = tuple[int, ...]
Matrix = list[Row]


class Formulation(NamedTuple):
    """A row of docs/format.md, "Formulations"."""

    gates: tuple[str, ...]
    input_gates: tuple[str, ...]
    recurrent_gates: tuple[str, ...]
    reset: str
    mixing: str
    mixing_gate_scales: str


RESET_UPDATE = ("reset", "update", "candidate")
OUTPUT = ("reset", "update", "candidate", "output")
FORGET = ("forget", "candidate")
MINIMAL = ("update", "candidate")

FORMULATIONS = {
    "torch": Formulation(RESET_UPDATE, RESET_UPDATE, RESET_UPDATE, "after", "update", "h"),
    "keep": Formulation(RESET_UPDATE, RESET_UPDATE, RESET_UPDATE, "before", "update", "h"),
    "write": Formulation(RESET_UPDATE, RESET_UPDATE, RESET_UPDATE, "before", "update", "c"),
    "output-gated": Formulation(
        OUTPUT, ("reset", "update", "output"), OUTPUT, "before", "update", "c"
    ),
    "forget": Formulation(FORGET, FORGET, FORGET, "none", "forget", "h"),
    "minimal": Formulation(MINIMAL, MINIMAL, (), "none", "update", "h"),
}
BINARY, SIGNED = ("binary", "binary-on-change"), ("signed", "signed-on-change")
SPIKES = (*BINARY, *SIGNED)
EMISSIONS = (*SPIKES, "state", "graded")
ENCODERS = (
    "graded",
    "send-on-delta",
    "rate",
    "latency",
    "level-crossing",
    "population",
    "events",
    "tokens",
)
WINDOWED = ("sliding", "tumbling")
READOUTS = ("mean", "count", "leaky", *WINDOWED, "last", "step")


class Encoder(NamedTuple):
    """The encoder's fields and tensors."""

    kind: str
    limit: int
    threshold: int
    steps: int
    fields: int
    offset: tuple[float, ...]
    gain: tuple[float, ...]

    @property
    def sources(self) -> int:
        """The number of events of a step."""
        return len(self.offset) * self.fields

    @property
    def largest(self) -> int:
        """The largest magnitude of an event."""
        if self.kind == "level-crossing":
            return 2 * (self.limit // self.threshold)
        if self.kind == "population":
            return 32
        return self.limit if self.kind in ("graded", "send-on-delta", "events") else 1

    @property
    def alternatives(self) -> int:
        """Adjacent sources of which at most one sends at a step."""
        return self.fields if self.kind == "tokens" else 1


class Layer(NamedTuple):
    """A layer: blocks, shifts and biases are found by the name of their gate."""

    formulation: Formulation
    emit: str
    reset_mechanism: str
    activation: str
    gate_fraction: int
    state_fraction: int
    backward: bool
    input_weights: dict[str, Matrix]
    input_shift: dict[str, int]
    recurrent_weights: dict[str, Matrix]
    recurrent_shift: dict[str, int]
    bias: dict[str, Row]
    recurrent_bias: Row
    threshold: Row
    initial_membrane: Row

    @property
    def neurons(self) -> int:
        """The number of neurons."""
        return len(self.threshold)

    @property
    def spikes(self) -> bool:
        """Whether the layer emits spikes; if not, it emits states."""
        return self.emit in SPIKES

    @property
    def largest(self) -> int:
        """The largest magnitude of an emission."""
        return 1 if self.spikes else 2**self.gate_fraction


class Head(NamedTuple):
    """The target of consecutive outputs; the name is empty where it is the only one."""

    name: str
    outputs: int
    classes: list[str]
    decision: str
    scale: list[float]
    offset: list[float]


class Readout(NamedTuple):
    """The readout's fields and tensors."""

    kind: str
    exponent: int
    gain: float
    shift: int
    leak: int
    window: int
    heads: list[Head]
    weights: Matrix
    bias: Row


class Golden(NamedTuple):
    """A golden sample: the frames and the digest of what follows from them."""

    frames: list[tuple[float, ...]]
    digest: str


class Program(NamedTuple):
    """A program of schema 3. `levels` has the numbers of each level's layers."""

    encoder: Encoder
    layers: list[Layer]
    levels: list[list[int]]
    readout: Readout
    max_steps: int | None
    golden: list[Golden]
    digest: str
    manifest: dict[str, Any]
