"""The bridge: a trained network becomes a program, and is proven equal to it."""

from conversion.convert import Conversion, conversion_of, convert
from conversion.explain import Explanation, explain
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
from conversion.verify import Verification, verify

__all__ = [
    "Calibration",
    "Conversion",
    "Deployment",
    "Explanation",
    "ForeignGRU",
    "Grids",
    "Thresholds",
    "Verification",
    "calibrate",
    "conversion_of",
    "convert",
    "deploy",
    "explain",
    "from_keras_weights",
    "from_onnx",
    "from_torch_gru",
    "verify",
]
