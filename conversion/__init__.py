"""The bridge: a trained network becomes a program, and is proven equal to it; so does any GRU.

Names are imported when they are first used, so that what needs no torch does not load it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conversion.explanation import Explanation, explain
    from conversion.foreign import (
        Calibration,
        Deployment,
        ForeignGRU,
        Grids,
        Thresholds,
        calibrate,
        deploy,
        from_keras_weights,
        from_onnx,
        from_torch_gru,
    )
    from conversion.nir_export import export_nir
    from conversion.of_network import conversion_of, convert
    from conversion.of_pair import convert_pair, verify_pair
    from conversion.passes import Conversion
    from conversion.verification import network_trace, verify

_HOMES = {
    "Calibration": "conversion.foreign",
    "Conversion": "conversion.passes",
    "Deployment": "conversion.foreign",
    "Explanation": "conversion.explanation",
    "ForeignGRU": "conversion.foreign",
    "Grids": "conversion.foreign",
    "Thresholds": "conversion.foreign",
    "calibrate": "conversion.foreign",
    "conversion_of": "conversion.of_network",
    "convert": "conversion.of_network",
    "convert_pair": "conversion.of_pair",
    "deploy": "conversion.foreign",
    "explain": "conversion.explanation",
    "export_nir": "conversion.nir_export",
    "from_keras_weights": "conversion.foreign",
    "from_onnx": "conversion.foreign",
    "from_torch_gru": "conversion.foreign",
    "network_trace": "conversion.verification",
    "verify": "conversion.verification",
    "verify_pair": "conversion.of_pair",
}

__all__ = [
    "Calibration",
    "Conversion",
    "Deployment",
    "Explanation",
    "ForeignGRU",
    "Grids",
    "Thresholds",
    "calibrate",
    "conversion_of",
    "convert",
    "convert_pair",
    "deploy",
    "explain",
    "export_nir",
    "from_keras_weights",
    "from_onnx",
    "from_torch_gru",
    "network_trace",
    "verify",
    "verify_pair",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'conversion' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
