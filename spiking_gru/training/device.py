"""The device that trains: named, or found."""

from __future__ import annotations

import torch

from hardware.errors import SettingError, choose
from spiking_gru.settings import DEVICES


def chosen_device(name: str) -> torch.device:
    """Return the device of a setting; an error where torch does not find it here."""
    preferred = DEVICES[choose("device", name, DEVICES)]
    found = {"cpu": True, "cuda": torch.cuda.is_available()}
    for kind in preferred:
        if found[kind]:
            return torch.device(kind)
    raise SettingError(
        f"the device is {name!r}, but torch {torch.__version__} finds none on this machine: "
        f"install a driver and a torch built for CUDA, or choose the device cpu"
    )
