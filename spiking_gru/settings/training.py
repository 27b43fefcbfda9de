"""Settings of a training run; every field is an option of `train`."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from hardware.definition.decision import DECISIONS
from hardware.definition.emission import EMISSIONS
from hardware.errors import SettingError, choose
from spiking_gru.settings.choices import SPIKES_ABOVE, NetworkChoices
from spiking_gru.settings.names import (
    BASELINE_SIZES,
    BASELINES,
    DEVICES,
    OPTIMISERS,
    SCHEDULES,
    TEACHER,
    one_of,
)
from spiking_gru.settings.network import NetworkSettings
from spiking_gru.settings.weights import weights_of_classes, weights_of_heads


class TrainingSettings(NetworkChoices):
    """Settings of a training run."""

    data: str = Field("japanese-vowels", description="A data set by name or by path.")
    readout: str | None = Field(
        None,
        description="mean, count, leaky, sliding, tumbling, last or step. Default: mean for "
        "classes, last for values, step for frames.",
    )
    epochs: int = Field(
        40, ge=0, description="Epochs in floating point; 0 quantises from the start."
    )
    quantised_epochs: int = Field(
        20, ge=1, description="Epochs in the chip's arithmetic, after the epochs in floating point."
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
        description=f"Ordinary networks to compare with: {one_of(BASELINES)}; several with commas "
        "between them.",
    )
    baseline_size: str = Field(
        "hidden",
        description="Size that a baseline shares with the network: hidden size, parameters, both "
        "(one of each), accuracy (the smallest as accurate) or all.",
    )
    optimiser: str = Field("adamw", description=f"{one_of(OPTIMISERS)}.")
    schedule: str = Field(
        "cosine", description=f"Fall of the learning rate over a phase: {one_of(SCHEDULES)}."
    )
    learning_rate: float = Field(4e-3, gt=0, description="Learning rate of the first phase.")
    quantised_learning_rate: float | None = Field(
        None,
        gt=0,
        description="Learning rate of quantised epochs. Default: 1e-3, with --prune 4e-3.",
    )
    prune: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of the layers' weights that become 0 in quantised epochs.",
    )
    weight_decay: float = Field(1e-2, ge=0, description="Weight decay of the optimiser.")
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
    label_smoothing: float = Field(
        0.1, ge=0, lt=1, description="Share of a target that is spread over all classes."
    )
    class_weights: str = Field(
        "none",
        description="Weights of the classes in the loss: none, balanced (rare classes count more), "
        "or a number for each class with commas between them.",
    )
    decision: str | None = Field(
        None,
        description=f"Way from scores to classes: {one_of(DECISIONS)}; sign gives two classes one "
        "output. Default: by the task.",
    )
    head_weights: str = Field(
        "",
        description="Weights of the heads in the loss, such as digit=1,speaker=0.5. Default: 1 "
        "each.",
    )
    gradient_norm: float = Field(
        1.0, gt=0, description="Largest norm of gradients; larger ones are clipped."
    )
    energy_weight: float = Field(
        0.0, ge=0, description="Loss for each µJ that emissions and input events cost in synapses."
    )
    synaptic_operation_pj: float = Field(
        23.6,
        gt=0,
        description="pJ of a synaptic operation, for --energy-weight (Loihi 1, Davies 2018).",
    )
    averaging: float = Field(
        0.99,
        ge=0,
        lt=1,
        description="Decay per step of the moving average of weights, which is kept.",
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="The same seed (and --threads) gives the same result."
    )
    threads: int = Field(
        1, ge=1, le=1024, description="Threads of torch; more than 1 help only large networks."
    )
    device: str = Field(
        "auto", description="auto, cpu or cuda; auto is cuda if torch finds it, otherwise cpu."
    )

    def resolved(self, task: str, encoder: str = "graded") -> TrainingSettings:
        """Return these settings with emission, threshold and readout chosen for a task.

        Given settings stay. The encoder is the given one, else the one that the data need.
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
        return weights_of_classes(self.class_weights)

    @property
    def weights_of_heads(self) -> dict[str, float]:
        """The weights of heads by name, of those that have one."""
        return weights_of_heads(self.head_weights)

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
