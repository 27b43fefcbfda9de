"""The engines: input events to spikes, membranes and scores, all with the same bits."""

from hardware.engines.registry import ENGINES, Recording, engine_named

__all__ = ["ENGINES", "Recording", "engine_named"]
