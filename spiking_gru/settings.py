"""Settings of a network and of its training; every field is an option of `train`.

Needs no torch, so that the command line can list its options at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.limits import MOST_WEIGHTS, WIDEST
from hardware.errors import SettingError, choose, name_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardware.definition.cell import Cell
    from hardware.definition.readout import Target


def _one_of(names: Iterable[str]) -> str:
    """The names as a phrase: `a, b or c`."""
    *others, last = names
    return f"{', '.join(others)} or {last}"


OPTIMISERS = ("adamw", "adam", "sgd")
SCHEDULES = ("cosine", "linear", "constant")


class NetworkChoices(BaseModel):
    """Settings of a network for any data."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    hidden: int = Field(128, ge=1, le=8192, description="Neurons in each layer.")
    layers: int = Field(1, ge=1, le=16, description="Layers.")
    bidirectional: bool = Field(False, description="Read every sequence backward as well.")
    formulation: str = Field("torch", description=f"{_one_of(FORMULATIONS)}.")
    emit: str = Field("binary", description=f"{_one_of(EMISSIONS)}; graded is send-on-delta.")
    reset_mechanism: str = Field(
        "subtract", description=f"After a spike: {_one_of(RESET_MECHANISMS)}."
    )
    activation: str = Field("hard", description="How σ and tanh are computed: hard or table.")
    threshold: float = Field(0.3, ge=0, lt=1, description="Where a neuron fires, or sends.")
    learn_threshold: bool = Field(False, description="Learn the threshold of each layer.")
    learn_initial_state: bool = Field(False, description="Learn the membranes at the start.")
    bits: int = Field(8, ge=2, le=8, description="Bits of a weight, 2 to 8.")
    encoder: str = Field("graded", description="graded, send-on-delta, rate or latency.")
    encoder_threshold: float = Field(
        0.25, ge=0, le=7, description="send-on-delta: the change sent, in standard deviations."
    )
    encoder_steps: int = Field(4, ge=1, le=256, description="rate, latency: steps of a frame.")
    leak: int = Field(4, ge=1, le=8, description="leaky: a score loses 2^-leak at each step.")
    dropout: float = Field(0.3, ge=0, lt=1, description="Share of emissions dropped in training.")

    @property
    def cell(self) -> Cell:
        from hardware.definition.cell import Cell

        return Cell(
            formulation=self.formulation,
            emit=self.emit,
            reset_mechanism=self.reset_mechanism,
            activation=self.activation,
            weight_bits=self.bits,
        )

    @model_validator(mode="after")
    def _names_are_known(self) -> NetworkChoices:
        from hardware.definition.encoder import ENCODERS

        choose("encoder", self.encoder, ENCODERS)
        if self.cell.spiking and self.threshold == 0:
            raise SettingError(
                f"threshold is 0 with {self.emit} spikes: it must lie between 0 and 1, or a "
                f"neuron would fire whenever it is not silent"
            )
        return self


class NetworkSettings(NetworkChoices):
    """All settings from which a network is built."""

    channels: int = Field(ge=1, le=WIDEST)
    task: str = "classify"
    readout: str = "mean"
    classes: tuple[str, ...] = Field((), max_length=WIDEST)
    scale: tuple[float, ...] = Field((), max_length=WIDEST)
    """Unit of each value, for a task of values."""

    offset: tuple[float, ...] = Field((), max_length=WIDEST)

    @property
    def target(self) -> Target:
        from hardware.definition.readout import Target

        return Target(self.classes, self.scale, self.offset)

    @property
    def outputs(self) -> int:
        return len(self.classes) or len(self.scale)

    @property
    def weights(self) -> int:
        """Weights of all layers and of the readout."""
        row, directions = self.cell.row, 2 if self.bidirectional else 1
        states = directions * self.hidden
        inputs = self.channels + (self.layers - 1) * states
        received = len(row.input_gates) * inputs
        received += self.layers * len(row.recurrent_gates) * self.hidden
        return states * (received + self.outputs)

    @model_validator(mode="after")
    def _can_be_converted(self) -> NetworkSettings:
        from hardware.definition.readout import READOUTS

        choose("readout", self.readout, READOUTS)
        for fault in filter(None, map(name_fault, self.classes)):
            raise SettingError(f"classes: {fault}: choose another name")
        if not self.outputs or len(self.target.offset) != len(self.scale):
            raise SettingError(
                f"{len(self.classes)} classes, {len(self.scale)} scales and {len(self.offset)} "
                f"offsets: expected classes, or a scale and an offset of each value"
            )
        if self.weights > MOST_WEIGHTS:
            raise SettingError(
                f"{self.hidden} neurons in {self.layers} layers have {self.weights:,} weights, "
                f"but a program holds {MOST_WEIGHTS:,}: use fewer neurons or layers"
            )
        return self


class TrainingSettings(NetworkChoices):
    """Settings of a training run."""

    data: str = Field("japanese-vowels", description="A data set by name or by path.")
    readout: str | None = Field(
        None,
        description="mean, count, leaky, last or step; mean for classes, last for values, step for "
        "frames unless told otherwise.",
    )
    epochs: int = Field(
        40, ge=0, description="Epochs in floating point; 0 quantises from the start."
    )
    quantised_epochs: int = Field(
        20, ge=1, description="Epochs in the chip's arithmetic, after those."
    )
    patience: int = Field(
        0, ge=0, description="Epochs without improvement that end a phase; 0 never does."
    )
    batch: int = Field(32, ge=1, description="Sequences in a batch.")
    optimiser: str = Field("adamw", description=f"{_one_of(OPTIMISERS)}.")
    schedule: str = Field(
        "cosine", description=f"How the learning rate falls over a phase: {_one_of(SCHEDULES)}."
    )
    learning_rate: float = Field(4e-3, gt=0, description="Of the first phase.")
    quantised_learning_rate: float | None = Field(
        None,
        gt=0,
        description="Of quantised epochs: 1e-3 unless told otherwise, 4e-3 with --prune.",
    )
    prune: float = Field(
        0.0, ge=0, lt=1, description="Share of the layers' weights that become 0, in those epochs."
    )
    weight_decay: float = Field(1e-2, ge=0, description="The optimiser's.")
    noise: float = Field(0.4, ge=0, description="Noise on frames, in standard deviations.")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="Share given to all classes.")
    gradient_norm: float = Field(1.0, gt=0, description="Gradients are clipped to it.")
    energy_weight: float = Field(
        0.0, ge=0, description="Loss for each µJ that emissions cost in synapses; 0 ignores it."
    )
    synaptic_operation_pj: float = Field(
        23.6, gt=0, description="Energy of one, for --energy-weight (Loihi 1's, Davies 2018)."
    )
    averaging: float = Field(
        0.99, ge=0, lt=1, description="Decay, a step, of the averaged weights that are kept."
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="The same seed (and --threads) gives the same result."
    )
    threads: int = Field(
        1, ge=1, le=1024, description="Threads of torch; more help only large networks."
    )

    @property
    def quantised_rate(self) -> float:
        """The learning rate of quantised epochs; pruned weights need a higher one to adapt."""
        return self.quantised_learning_rate or (4e-3 if self.prune else 1e-3)

    @model_validator(mode="after")
    def _recipe_is_known(self) -> TrainingSettings:
        choose("optimiser", self.optimiser, OPTIMISERS)
        choose("schedule", self.schedule, SCHEDULES)
        return self

    def network(
        self, channels: int, classes: tuple[str, ...] = (), task: str = "classify", **target: Any
    ) -> NetworkSettings:
        """Return the network to train, for data with these channels and classes.

        For values `target` has `scale` and `offset`.
        """
        from spiking_gru.data.tasks import TASKS

        chosen = {name: getattr(self, name) for name in NetworkChoices.model_fields}
        readout = TASKS[task].readout if self.readout is None else self.readout
        target |= {"task": task, "readout": readout}
        try:
            return NetworkSettings(channels=channels, classes=classes, **target, **chosen)
        except ValidationError as error:
            from hardware.files.disk import first_fault

            raise SettingError(first_fault(error)) from error
