"""Anyone's GRU: weights of torch, Keras and ONNX become an event-driven program."""

from conversion.foreign.calibration import Calibration, Point, calibrate
from conversion.foreign.deployment import Deployment, Grids, Thresholds, deploy
from conversion.foreign.gru import ForeignGRU
from conversion.foreign.keras_gru import from_keras_weights
from conversion.foreign.onnx_gru import from_onnx
from conversion.foreign.torch_gru import from_torch_gru

__all__ = [
    "Calibration",
    "Deployment",
    "ForeignGRU",
    "Grids",
    "Point",
    "Thresholds",
    "calibrate",
    "deploy",
    "from_keras_weights",
    "from_onnx",
    "from_torch_gru",
]
