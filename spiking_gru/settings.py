"""Settings of a network and of its training; every field is an option of `train`.

Needs no torch, so that the command line can list its options at once.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from hardware.definition.decision import DECISIONS, ONE_OF
from hardware.definition.emission import EMISSIONS, RESET_MECHANISMS
from hardware.definition.formulation import FORMULATIONS
from hardware.definition.limits import FEWEST_TOKENS, MOST_TOKENS, MOST_WEIGHTS, WIDEST
from hardware.errors import SettingError, choose, name_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardware.definition.cell import Cell
    from hardware.definition.target import Head, Target


def _one_of(names: Iterable[str]) -> str:
    """The names as a phrase: `a, b or c`."""
    *others, last = names
    return f"{', '.join(others)} or {last}"


OPTIMISERS = ("adamw", "adam", "sgd")
SCHEDULES = ("cosine", "linear", "constant")
CLASS_WEIGHTS = ("none", "balanced")

BASELINES = {"gru": ("gru",), "lstm": ("lstm",), "state": ("state",), "none": ()}
"""The kinds of baselines that each name stands for."""

BASELINE_SIZES = {
    "hidden": ("hidden",),
    "parameters": ("parameters",),
    "both": ("hidden", "parameters"),
}
"""Sizes that a baseline shares with the spiking network; with `both` it is trained twice."""

DEVICES = {"auto": ("cuda", "cpu"), "cpu": ("cpu",), "cuda": ("cuda",)}
"""The kinds of devices that each name stands for; the first that torch finds trains."""


TEACHER = "gru"
"""The baseline that teaches the spiking network with --distil."""


OFTEN = 256
"""Tokens of a vocabulary that are each seen often."""

SPIKES = "binary"
"""The emission of a network that is built without one."""

SPIKES_ABOVE = 0.3
"""The threshold of spikes that training takes unless told otherwise."""


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _CalledByUsers
else:

    class _CalledByUsers(type(BaseModel)):
        """Makes a wrong call of a class one SettingError; files are validated without a call."""

        def __call__(self, **given):
            for name in given:
                choose("setting", name, self.model_fields)
            try:
                return super().__call__(**given)
            except ValidationError as error:
                from hardware.files.disk import first_fault

                raise SettingError(first_fault(error)) from error


class NetworkChoices(BaseModel, metaclass=_CalledByUsers):
    """Settings of a network for any data."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    hidden: int = Field(128, ge=1, le=8192, description="Neurons in each layer.")
    layers: int = Field(1, ge=1, le=16, description="Layers.")
    bidirectional: bool = Field(False, description="Read every sequence backward as well.")
    formulation: str = Field("torch", description=f"{_one_of(FORMULATIONS)}.")
    emit: str | None = Field(
        None,
        description=f"{_one_of(EMISSIONS)}; graded is send-on-delta. Unless told otherwise binary "
        "for classes, graded for values.",
    )
    reset_mechanism: str = Field(
        "subtract", description=f"After a spike: {_one_of(RESET_MECHANISMS)}."
    )
    activation: str = Field("hard", description="How σ and tanh are computed: hard or table.")
    threshold: float | None = Field(
        None,
        ge=0,
        lt=1,
        description=f"Where a neuron fires, or sends. Unless told otherwise {SPIKES_ABOVE} for "
        "spikes; for graded 0.1 with classes, 0.05 with values.",
    )
    learn_threshold: bool = Field(False, description="Learn the threshold of each layer.")
    learn_initial_state: bool = Field(False, description="Learn the membranes at the start.")
    bits: int = Field(8, ge=2, le=8, description="Bits of a weight, 2 to 8.")
    encoder: str | None = Field(
        None,
        description="graded, send-on-delta, rate, latency, level-crossing, population; events for "
        "counts of an event camera, tokens for text. As the data ask unless told otherwise.",
    )
    encoder_threshold: float = Field(
        0.25,
        ge=0,
        le=7,
        description="In standard deviations: the change that send-on-delta sends; the distance of "
        "two levels of level-crossing.",
    )
    encoder_steps: int = Field(4, ge=1, le=256, description="rate, latency: steps of a frame.")
    encoder_fields: int = Field(
        8, ge=2, le=32, description="population: receptive fields of a channel."
    )
    embedding: int = Field(
        0,
        ge=0,
        le=4096,
        description="tokens: values of a token's embedding, which is multiplied into the first "
        "layer's weights; 0 is none.",
    )
    leak: int = Field(4, ge=1, le=8, description="leaky: a score loses 2^-leak at each step.")
    dropout: float = Field(0.3, ge=0, lt=1, description="Share of emissions dropped in training.")

    def _cell(self, emit: str) -> Cell:
        from hardware.definition.cell import Cell

        return Cell(
            formulation=self.formulation,
            emit=emit,
            reset_mechanism=self.reset_mechanism,
            activation=self.activation,
            weight_bits=self.bits,
        )

    @model_validator(mode="after")
    def _names_are_known(self) -> NetworkChoices:
        from hardware.definition.encoder import ENCODERS

        if self.encoder is not None:
            choose("encoder", self.encoder, ENCODERS)
        if self.embedding and self.encoder and not ENCODERS[self.encoder].by_token:
            raise SettingError(
                f"embedding is {self.embedding}, but the encoder {self.encoder!r} sends no tokens: "
                f"use the encoder tokens, or leave the embedding out"
            )
        spiking = self._cell(self.emit or SPIKES).spiking
        if self.emit and spiking and self.threshold == 0:
            raise SettingError(
                f"threshold is 0 with {self.emit} spikes: it must lie between 0 and 1, or a "
                f"neuron would fire whenever it is not silent"
            )
        return self


class HeadSettings(BaseModel):
    """One of several targets of a network: classes, or the scale and offset of each value."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    classes: tuple[str, ...] = Field((), max_length=WIDEST)
    scale: tuple[float, ...] = Field((), max_length=WIDEST)
    offset: tuple[float, ...] = Field((), max_length=WIDEST)
    decision: str = ONE_OF

    @property
    def head(self) -> Head:
        from hardware.definition.target import Head, Target

        target = Target(self.classes, self.scale, self.offset, self.decision)
        outputs = target.row.outputs(len(self.classes)) if self.classes else len(self.scale)
        return Head(self.name, target, outputs)


class NetworkSettings(NetworkChoices):
    """All settings from which a network is built."""

    emit: str = SPIKES
    threshold: float = Field(SPIKES_ABOVE, ge=0, lt=1)
    encoder: str = "graded"
    channels: int = Field(ge=1, le=WIDEST)
    tokens: int = Field(0, ge=0, le=MOST_TOKENS)
    """Tokens of each channel, for the encoder `tokens`."""

    task: str = "classify"
    readout: str = "mean"
    classes: tuple[str, ...] = Field((), max_length=WIDEST)
    scale: tuple[float, ...] = Field((), max_length=WIDEST)
    """Unit of each value, for a task of values."""

    offset: tuple[float, ...] = Field((), max_length=WIDEST)
    decision: str | None = None
    """The way from scores to classes; that of the task unless told otherwise."""

    preprocessing: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Names and settings of the steps on the host that make frames, as a program states them."""

    vocabulary: dict[str, Any] | None = None
    """The vocabulary of texts, as a program states it."""

    heads: tuple[HeadSettings, ...] = ()
    """Several targets, in place of classes, scale and offset."""

    @model_serializer(mode="wrap")
    def _without_what_is_none(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what there is none of and older files did not have."""
        content: dict[str, Any] = fields(self)
        for name in ("heads", "tokens", "embedding", "vocabulary"):
            if not getattr(self, name):
                del content[name]
        return content

    @property
    def cell(self) -> Cell:
        return self._cell(self.emit)

    @property
    def target(self) -> Target:
        from hardware.definition.target import Target
        from spiking_gru.data.tasks import row_of

        row = row_of(self.task)
        if self.heads:
            return Target(heads=tuple(settings.head for settings in self.heads))
        decision = self.decision or row.decision
        return Target(self.classes, self.scale, self.offset, decision)

    @property
    def outputs(self) -> int:
        if self.heads:
            return sum(head.outputs for head in self.target.heads)
        classes = len(self.classes)
        return self.target.row.outputs(classes) if classes else len(self.scale)

    @property
    def states(self) -> int:
        """Values that the readout of the last layer sees, and 1 for its biases."""
        return self.hidden * (2 if self.bidirectional else 1) + 1

    @property
    def sources(self) -> int:
        """Number of sources of the first layer: the channels, their receptive fields or tokens."""
        from hardware.definition.encoder import ENCODERS

        row = ENCODERS[self.encoder]
        of_each = self.encoder_fields if row.by_field else self.tokens if row.by_token else 1
        return self.channels * of_each

    @property
    def at_once(self) -> float | None:
        """Inputs by which the first weights are scaled; None for the sources of the encoder.

        Of tokens those that send at a step. Columns of many tokens begin smaller: a token that is
        seldom seen keeps its first column, which is noise.
        """
        return self.channels * max(1.0, self.tokens / OFTEN) if self.tokens else None

    @property
    def trained_weights(self) -> int:
        """Weights that are trained: those of an embedding in place of its product's."""
        if not self.embedding:
            return self.weights
        row, directions = self.cell.row, 2 if self.bidirectional else 1
        received = len(row.input_gates) * directions * self.hidden
        return (
            self.weights
            - received * self.sources
            + self.embedding * (received + directions * self.sources)
        )

    @property
    def parts(self) -> tuple[NetworkSettings, ...]:
        """The settings of each network: of this one alone."""
        return (self,)

    def sized(self, hidden: int) -> NetworkSettings:
        """Return the same settings with that many neurons in each layer."""
        return self.model_copy(update={"hidden": hidden})

    @property
    def weights(self) -> int:
        """Weights of all layers and of the readout, as a program has them."""
        row, directions = self.cell.row, 2 if self.bidirectional else 1
        states = directions * self.hidden
        inputs = self.sources + (self.layers - 1) * states
        received = len(row.input_gates) * inputs
        received += self.layers * len(row.recurrent_gates) * self.hidden
        return states * (received + self.outputs)

    @model_validator(mode="after")
    def _can_be_converted(self) -> NetworkSettings:
        from hardware.definition.readout import READOUTS

        choose("readout", self.readout, READOUTS)
        for fault in filter(None, map(name_fault, self.target.names)):
            raise SettingError(f"classes: {fault}: choose another name")
        given = bool(self.classes or self.scale or self.offset)
        if not self.outputs or len(self.target.offset) != len(self.scale) or (self.heads and given):
            raise SettingError(
                f"{len(self.classes)} classes, {len(self.scale)} scales and {len(self.offset)} "
                f"offsets: expected classes, or a scale and an offset of each value"
            )
        if not self.sources:
            raise SettingError(
                f"the encoder is {self.encoder!r}, but there are {self.tokens} tokens: give the "
                f"number of tokens of the data, {FEWEST_TOKENS} to {MOST_TOKENS:,}"
            )
        if self.sources > WIDEST:
            raise SettingError(
                f"{self.channels} channels of {self.sources // self.channels} receptive fields or "
                f"tokens are {self.sources:,} inputs, but a layer takes {WIDEST:,}: use fewer"
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
    truncate: int = Field(
        0,
        ge=0,
        description="Frames after which gradients end and the weights change; the state is "
        "carried on. 0 takes whole sequences.",
    )
    baseline: str = Field(
        "gru",
        description=f"Ordinary networks to compare with: {_one_of(BASELINES)}; several with commas "
        "between them.",
    )
    baseline_size: str = Field(
        "hidden",
        description="What a baseline has in common with the network: hidden size, parameters or "
        "both (one of each).",
    )
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
    warp: float = Field(
        0.0, ge=0, lt=1, description="Augmentation: how far a change of speed moves a frame."
    )
    shift: float = Field(
        0.0, ge=0, lt=1, description="Augmentation: shifts by up to this share of a length."
    )
    time_mask: float = Field(
        0.0, ge=0, lt=1, description="Augmentation: silences a stretch of up to this share."
    )
    channel_mask: float = Field(
        0.0, ge=0, lt=1, description="Augmentation: silences each channel with this probability."
    )
    distil: float = Field(
        0.0, ge=0, le=1, description="Weight of the loss against a teacher: the GRU of the run."
    )
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="Share given to all classes.")
    class_weights: str = Field(
        "none",
        description="Weights of the classes in the loss: none, balanced (rare classes count more), "
        "or a number for each class with commas between them.",
    )
    decision: str | None = Field(
        None,
        description=f"How scores name classes: {_one_of(DECISIONS)}; sign gives two classes one "
        "output. As the task asks unless told otherwise.",
    )
    head_weights: str = Field(
        "",
        description="Weights of the heads in the loss, such as digit=1,speaker=0.5; 1 unless told "
        "otherwise.",
    )
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
    device: str = Field(
        "auto", description="auto, cpu or cuda; auto is cuda where torch finds one, else cpu."
    )

    def resolved(self, task: str, encoder: str = "graded") -> TrainingSettings:
        """Return these settings with emission, threshold and readout chosen for a task.

        Those that were given stay; so does an encoder, which is else the one that data ask for.
        """
        from spiking_gru.data.tasks import OF_HEADS, row_of

        row = row_of(task)
        if task in OF_HEADS and self.decision not in (None, row.decision):
            raise SettingError(
                f"the decision is {self.decision!r}, but the data have several heads: leave it out"
            )
        emit = self.emit or row.emit
        usual = SPIKES_ABOVE if EMISSIONS[emit].spiking else row.changes_above
        return self.model_copy(
            update={
                "emit": emit,
                "encoder": self.encoder or encoder,
                "threshold": usual if self.threshold is None else self.threshold,
                "readout": self.readout or row.readout,
                "decision": self.decision or row.decision,
            }
        )

    @property
    def quantised_rate(self) -> float:
        """The learning rate of quantised epochs; pruned weights need a higher one to adapt."""
        return self.quantised_learning_rate or (4e-3 if self.prune else 1e-3)

    @property
    def baselines(self) -> tuple[str, ...]:
        """The kinds of baselines, each once."""
        named = [choose("baseline", name.strip(), BASELINES) for name in self.baseline.split(",")]
        return tuple(dict.fromkeys(kind for name in named for kind in BASELINES[name]))

    @property
    def weights_of_classes(self) -> str | tuple[float, ...]:
        """The weights of the classes: a name of `CLASS_WEIGHTS`, or one number for each class."""
        if self.class_weights in CLASS_WEIGHTS:
            return self.class_weights
        try:
            weights = tuple(float(text) for text in self.class_weights.split(","))
        except ValueError:
            weights = ()
        if not weights or not all(isfinite(weight) and weight > 0 for weight in weights):
            raise SettingError(
                f"class weights are {self.class_weights!r:.60}: expected {_one_of(CLASS_WEIGHTS)}, "
                f"or a number above 0 for each class, such as 1,2.5"
            )
        return weights

    @property
    def weights_of_heads(self) -> dict[str, float]:
        """The weights of heads by name, of those that have one."""
        found: dict[str, float] = {}
        for text in filter(None, self.head_weights.split(",")):
            name, _, number = text.rpartition("=")
            try:
                weight = float(number)
            except ValueError:
                weight = 0.0
            if not name.strip() or not isfinite(weight) or weight <= 0:
                raise SettingError(
                    f"head weights are {self.head_weights!r:.60}: expected a number above 0 for "
                    f"each head, such as digit=1,speaker=0.5"
                )
            found[name.strip()] = weight
        return found

    @field_validator("head_weights", mode="before")
    @classmethod
    def _as_pairs(cls, given: Any) -> Any:
        """Take a dict of numbers by name as well."""
        if isinstance(given, dict):
            return ",".join(f"{name}={weight}" for name, weight in given.items())
        return given

    @field_validator("class_weights", mode="before")
    @classmethod
    def _as_text(cls, given: Any) -> Any:
        """Take a list of numbers as well."""
        return given if isinstance(given, str) else ",".join(f"{weight}" for weight in given)

    @model_validator(mode="after")
    def _recipe_is_known(self) -> TrainingSettings:
        _ = self.weights_of_classes, self.weights_of_heads  # refuse others
        if self.decision is not None:
            choose("decision", self.decision, DECISIONS)
        choose("optimiser", self.optimiser, OPTIMISERS)
        choose("schedule", self.schedule, SCHEDULES)
        choose("device", self.device, DEVICES)
        choose("baseline size", self.baseline_size, BASELINE_SIZES)
        _ = self.baselines  # refuses an unknown one
        if self.distil and TEACHER not in self.baselines:
            raise SettingError(
                f"distil is {self.distil:g}, but the baseline is {self.baseline!r}: expected one "
                f"that teaches: add {TEACHER} to --baseline, or leave --distil out"
            )
        return self

    def network(
        self, channels: int, classes: tuple[str, ...] = (), task: str = "classify", **target: Any
    ) -> NetworkSettings:
        """Return the network to train, for data with these channels and classes.

        For values `target` has `scale` and `offset`, for several targets `heads`.
        """
        resolved = self.resolved(task)
        names = (*NetworkChoices.model_fields, "readout", "decision")
        chosen = {name: getattr(resolved, name) for name in names}
        target |= {"task": task}
        return NetworkSettings(channels=channels, classes=classes, **target, **chosen)
