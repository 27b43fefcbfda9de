"""Weights of classes and of heads in the loss, as texts of the command line say them."""

from __future__ import annotations

from math import isfinite

from hardware.errors import SettingError
from spiking_gru.settings.names import CLASS_WEIGHTS, one_of


def weights_of_classes(text: str) -> str | tuple[float, ...]:
    """Return a name of `CLASS_WEIGHTS`, or one number for each class."""
    if text in CLASS_WEIGHTS:
        return text
    try:
        weights = tuple(float(weight) for weight in text.split(","))
    except ValueError:
        weights = ()
    if not weights or not all(isfinite(weight) and weight > 0 for weight in weights):
        raise SettingError(
            f"class weights are {text!r:.60}: expected {one_of(CLASS_WEIGHTS)}, "
            f"or a number above 0 for each class, such as 1,2.5"
        )
    return weights


def weights_of_heads(given: str) -> dict[str, float]:
    """Return weights by the name of the head, of those heads that have one."""
    found: dict[str, float] = {}
    for text in filter(None, given.split(",")):
        name, _, number = text.rpartition("=")
        try:
            weight = float(number)
        except ValueError:
            weight = 0.0
        if not name.strip() or not isfinite(weight) or weight <= 0:
            raise SettingError(
                f"head weights are {given!r:.60}: expected a number above 0 for "
                f"each head, such as digit=1,speaker=0.5"
            )
        found[name.strip()] = weight
    return found
