"""Settings of a Seq2Seq: those of its two networks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from spiking_gru.settings.network import NetworkSettings


class PairSettings(BaseModel):
    """All settings from which an encoder and a decoder are built."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoder: NetworkSettings
    decoder: NetworkSettings

    @property
    def parts(self) -> tuple[NetworkSettings, ...]:
        """The settings of each network."""
        return self.encoder, self.decoder

    @property
    def hidden(self) -> int:
        """Neurons in each layer of both."""
        return self.decoder.hidden

    def sized(self, hidden: int) -> PairSettings:
        """Return the same settings with that many neurons in each layer."""
        return PairSettings(encoder=self.encoder.sized(hidden), decoder=self.decoder.sized(hidden))
