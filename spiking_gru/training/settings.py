"""What a training run is told. Every field is an option of `spiking-gru train` or its default."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from spiking_gru.network import NetworkSettings


class TrainingSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    data: str = "japanese-vowels"
    hidden: int = Field(128, ge=1, le=8192)
    layers: int = Field(1, ge=1, le=16)
    bidirectional: bool = False
    formulation: str = "torch"
    emit: str = "binary"
    reset_mechanism: str = "subtract"
    bits: int = Field(8, ge=2, le=8)
    epochs: int = Field(40, ge=0)
    """Epochs in floating point; with 0 the network is quantised from the start."""

    quantised_epochs: int = Field(20, ge=1)
    batch: int = Field(32, ge=1)
    learning_rate: float = Field(4e-3, gt=0)
    quantised_learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(1e-2, ge=0)
    noise: float = Field(0.4, ge=0)
    """Standard deviations of Gaussian noise added to standardised frames in training."""
    dropout: float = Field(0.3, ge=0, lt=1)
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    gradient_norm: float = Field(1.0, gt=0)
    averaging: float = Field(0.99, ge=0, lt=1)
    """Decay, at each step, of the moving average of the weights that is validated and kept."""

    threshold: float = Field(0.3, gt=0, lt=1)
    activation: str = "hard"
    seed: int = Field(0, ge=0, lt=2**32)
    threads: int = Field(1, ge=1)
    """Threads of torch. One is as fast as two for networks of a few hundred neurons, gives the same
    bits on any number of cores, and does not starve when something else runs beside it.
    """

    def network(self, channels: int, classes: tuple[str, ...]) -> NetworkSettings:
        """The network to train, for data of so many channels and these classes."""
        shared = set(NetworkSettings.model_fields) & set(TrainingSettings.model_fields)
        return NetworkSettings(
            channels=channels,
            classes=classes,
            weight_bits=self.bits,
            **{name: getattr(self, name) for name in shared},
        )

    @model_validator(mode="after")
    def _makes_a_network(self) -> TrainingSettings:
        self.network(1, ("any",))  # refuses settings that no network has
        return self
